/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses the instruction set, once and by what the processor says. */
#include "backend/cpu/simd/simd.h"

extern const bwi_simd bwi_simd_baseline;
#if defined(__x86_64__)
extern const bwi_simd bwi_simd_avx2, bwi_simd_avx512;
#endif

const bwi_simd *bwi_simd_best(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return &bwi_simd_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &bwi_simd_avx2;
#endif
  return &bwi_simd_baseline;
}
