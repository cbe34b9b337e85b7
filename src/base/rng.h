/* SPDX-License-Identifier: Apache-2.0 */
/* Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as
 * easy as 1, 2, 3"). A draw is a pure function of (seed, sample, stream, step, index), so a verdict
 * does not depend on batch size, thread count or the other samples. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct bwi_rng_key {
  uint64_t seed;
  uint32_t sample; /* index of the sample in its data set */
  uint32_t stream; /* which use: one number per purpose, for example attack id * 64 + restart */
} bwi_rng_key;

/* n <= 2^34 draws for one (key, step). Draw i depends on (key, step, i) alone, so fewer draws are a
 * prefix of more. */
void bwi_rng_u32(uint32_t *out, size_t n, bwi_rng_key key, uint32_t step);
void bwi_rng_uniform(float *out, size_t n, bwi_rng_key key, uint32_t step, float lo, float hi); /* [lo, hi) */
void bwi_rng_normal(float *out, size_t n, bwi_rng_key key, uint32_t step); /* Box-Muller, mean 0, sd 1 */

/* One Philox4x32-10 block, exposed for the published test vectors. */
void bwi_philox4x32(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2]);

#endif
