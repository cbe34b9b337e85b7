/* SPDX-License-Identifier: Apache-2.0 */
/* Philox4x32-10: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy
 * as 1, 2, 3", SC 2011, section 3.2. Counter words: block index, step, sample, stream. Key: the seed. */
#include "base/rng.h"

#include <math.h>
#include <string.h>

#define ROUNDS 10
#define LANES 64 /* blocks side by side in vectors; gcc unrolls a loop over fewer instead */
#define BATCH (4 * (size_t)LANES)

static const uint32_t multiplier_0 = 0xD2511F53, multiplier_1 = 0xCD9E8D57;
static const uint32_t weyl_0 = 0x9E3779B9, weyl_1 = 0xBB67AE85;

typedef struct lanes {
  uint32_t word[4][LANES];
} lanes;

static void philox(lanes *x, uint32_t key_0, uint32_t key_1) {
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < LANES; i++) {
      const uint64_t product_0 = (uint64_t)multiplier_0 * x->word[0][i];
      const uint64_t product_1 = (uint64_t)multiplier_1 * x->word[2][i];
      x->word[0][i] = (uint32_t)(product_1 >> 32) ^ x->word[1][i] ^ key_0;
      x->word[1][i] = (uint32_t)product_1;
      x->word[2][i] = (uint32_t)(product_0 >> 32) ^ x->word[3][i] ^ key_1;
      x->word[3][i] = (uint32_t)product_0;
    }
    key_0 += weyl_0;
    key_1 += weyl_1;
  }
}

void bwi_philox4x32(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2]) {
  lanes x;
  for (int w = 0; w < 4; w++)
    for (int i = 0; i < LANES; i++) x.word[w][i] = counter[w];
  philox(&x, key[0], key[1]);
  for (int w = 0; w < 4; w++) out[w] = x.word[w][0];
}

/* Draws [first, first + BATCH); first is a multiple of BATCH. */
static void draw(uint32_t out[BATCH], size_t first, bwi_rng_key key, uint32_t step) {
  lanes x;
  for (uint32_t i = 0; i < LANES; i++) {
    x.word[0][i] = (uint32_t)(first / 4) + i;
    x.word[1][i] = step;
    x.word[2][i] = key.sample;
    x.word[3][i] = key.stream;
  }
  philox(&x, (uint32_t)key.seed, (uint32_t)(key.seed >> 32));
  for (int i = 0; i < LANES; i++)
    for (int w = 0; w < 4; w++) out[4 * i + w] = x.word[w][i];
}

static size_t batch_size(size_t n, size_t first) {
  return n - first < BATCH ? n - first : BATCH;
}

void bwi_rng_u32(uint32_t *out, size_t n, bwi_rng_key key, uint32_t step) {
  uint32_t words[BATCH];
  for (size_t first = 0; first < n; first += BATCH) {
    draw(words, first, key, step);
    memcpy(out + first, words, batch_size(n, first) * sizeof *out);
  }
}

void bwi_rng_uniform(float *out, size_t n, bwi_rng_key key, uint32_t step, float lo, float hi) {
  const float width = hi - lo;
  const float largest = nextafterf(hi, lo); /* rounding of lo + width * u may reach hi */
  uint32_t words[BATCH];
  float values[BATCH];
  for (size_t first = 0; first < n; first += BATCH) {
    draw(words, first, key, step);
    for (size_t i = 0; i < BATCH; i++) {
      /* 24 bits, all that a float holds; int32_t because vectors convert it in one instruction. */
      const float value = lo + width * ((float)(int32_t)(words[i] >> 8) * 0x1p-24f);
      values[i] = value < largest ? value : largest;
    }
    memcpy(out + first, values, batch_size(n, first) * sizeof *out);
  }
}

static inline uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static inline float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* The natural logarithm of a normal float above 0: of the power of two, and of what is left, from the root of
 * one half to the root of 2, by the series of the inverse hyperbolic tangent. */
static inline float logarithm(float u) {
  const uint32_t bits = bits_of(u), root_of_half = 0x3F3504F3;
  const int32_t power = (int32_t)(bits - root_of_half) >> 23;
  const float rest = float_of(bits - ((uint32_t)power << 23));
  const float s = (rest - 1) / (rest + 1), ss = s * s;
  const float series = 1 + ss * (1.0F / 3 + ss * (1.0F / 5 + ss * (1.0F / 7 + ss * (1.0F / 9))));
  return (float)power * 0.693147181F + 2 * s * series;
}

/* The two normal numbers that two words make (Box and Muller). Sine and cosine by their series within an
 * eighth of a turn; which quarter it is says how they are swapped and signed, by bits, as branches would keep
 * the loop out of vectors. */
static inline void normal_pair(uint32_t first, uint32_t second, float *x, float *y) {
  const float u = ((float)(int32_t)(first >> 1) + 0.5F) * 0x1p-31F; /* (0, 1] */
  const float radius = sqrtf(-2 * logarithm(u));
  const uint32_t quarter = (second + (UINT32_C(1) << 29)) >> 30;
  const float t = (float)(int32_t)(second - (quarter << 30)) * (1.57079633F * 0x1p-30F), tt = t * t;
  const float sine =
      t * (1 + tt * (-1.0F / 6 + tt * (1.0F / 120 + tt * (-1.0F / 5040 + tt * (1.0F / 362880)))));
  const float cosine = 1 + tt * (-1.0F / 2 + tt * (1.0F / 24 + tt * (-1.0F / 720 + tt * (1.0F / 40320))));
  const uint32_t swap = (bits_of(sine) ^ bits_of(cosine)) & (0 - (quarter & 1));
  const uint32_t sign_x = (quarter + 1) >> 1 << 31, sign_y = quarter >> 1 << 31;
  *x = radius * float_of((bits_of(cosine) ^ swap) ^ sign_x);
  *y = radius * float_of((bits_of(sine) ^ swap) ^ sign_y);
}

/* Arithmetic only, no libm: vectors do it, and every libm gives the same numbers. */
void bwi_rng_normal(float *out, size_t n, bwi_rng_key key, uint32_t step) {
  uint32_t words[BATCH];
  float values[BATCH];
  for (size_t first = 0; first < n; first += BATCH) {
    draw(words, first, key, step);
    for (size_t i = 0; i < BATCH; i += 2) normal_pair(words[i], words[i + 1], &values[i], &values[i + 1]);
    memcpy(out + first, values, batch_size(n, first) * sizeof *out);
  }
}
