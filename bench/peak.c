/* SPDX-License-Identifier: Apache-2.0 */
/* The most float32 operations that one core does: chains of fused multiply-adds that touch no memory. Built
 * once per instruction set, like the kernels. */
#include "peak.h"

#include "backend/cpu/simd/vector.h"

enum { CHAINS = 12, STEPS = 20000 }; /* as many chains as two units of a few cycles' latency need */

double VARIANT(peak)(float factor, float *result) {
  vf sums[CHAINS];
  for (int k = 0; k < CHAINS; k++) sums[k] = vf_all((float)k);
  for (int i = 0; i < STEPS; i++)
    UNROLL for (int k = 0; k < CHAINS; k++) sums[k] = sums[k] * vf_all(factor) + vf_all(factor);
  for (int k = 1; k < CHAINS; k++) sums[0] += sums[k];
  *result = sums[0][0]; /* so that the chains are not left out */
  return 2.0 * LANES * CHAINS * STEPS;
}
