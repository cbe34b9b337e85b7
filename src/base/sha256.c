/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 as FIPS 180-4 section 6.2 has it. */
#include "base/sha256.h"

#include <string.h>

/* Section 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, int n) {
  return (x >> n) | (x << (32 - n));
}

static void expand(uint32_t w[64], const uint8_t block[64]) {
  for (size_t t = 0; t < 16; t++)
    w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 | (uint32_t)block[4 * t + 2] << 8 |
           block[4 * t + 3];
  for (int t = 16; t < 64; t++) {
    const uint32_t s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ (w[t - 15] >> 3);
    const uint32_t s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ (w[t - 2] >> 10);
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
}

/* One round. The standard's variable k (a is 0, h is 7) is s[(k - turn) mod 8]: turning the names costs
 * nothing once the rounds are unrolled, moving the values does. */
static inline void run_round(uint32_t s[8], unsigned turn, uint32_t input) {
  const uint32_t a = s[-turn & 7], b = s[(1 - turn) & 7], c = s[(2 - turn) & 7], e = s[(4 - turn) & 7];
  const uint32_t f = s[(5 - turn) & 7], g = s[(6 - turn) & 7], h = s[(7 - turn) & 7];
  const uint32_t sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
  const uint32_t sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
  const uint32_t t1 = h + sum1 + ((e & f) ^ (~e & g)) + input;
  s[(3 - turn) & 7] += t1;
  s[(7 - turn) & 7] = t1 + sum0 + ((a & b) ^ (a & c) ^ (b & c));
}

static void compress(uint32_t state[8], const uint8_t block[64]) {
  uint32_t w[64], s[8];
  expand(w, block);
  memcpy(s, state, sizeof s);
  for (unsigned t = 0; t < 64; t += 8) {
    run_round(s, 0, round_constants[t] + w[t]);
    run_round(s, 1, round_constants[t + 1] + w[t + 1]);
    run_round(s, 2, round_constants[t + 2] + w[t + 2]);
    run_round(s, 3, round_constants[t + 3] + w[t + 3]);
    run_round(s, 4, round_constants[t + 4] + w[t + 4]);
    run_round(s, 5, round_constants[t + 5] + w[t + 5]);
    run_round(s, 6, round_constants[t + 6] + w[t + 6]);
    run_round(s, 7, round_constants[t + 7] + w[t + 7]);
  }
  for (int i = 0; i < 8; i++) state[i] += s[i];
}

void bwi_sha256_init(bwi_sha256 *hash) {
  static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memset(hash, 0, sizeof *hash);
  memcpy(hash->state, start, sizeof start);
}

void bwi_sha256_add(bwi_sha256 *hash, const void *data, size_t size) {
  const uint8_t *bytes = data;
  size_t held = (size_t)(hash->total_bytes % 64);
  hash->total_bytes += size;
  while (size > 0) {
    if (held == 0 && size >= 64) {
      compress(hash->state, bytes);
      bytes += 64;
      size -= 64;
      continue;
    }
    const size_t part = size < 64 - held ? size : 64 - held;
    memcpy(hash->block + held, bytes, part);
    held = (held + part) % 64;
    bytes += part;
    size -= part;
    if (held == 0) compress(hash->state, hash->block);
  }
}

void bwi_sha256_hex(bwi_sha256 *hash, char hex[65]) {
  const uint64_t bits = hash->total_bytes * 8;
  const uint8_t one = 0x80, zero = 0;
  bwi_sha256_add(hash, &one, 1);
  while (hash->total_bytes % 64 != 56) bwi_sha256_add(hash, &zero, 1);
  uint8_t length[8];
  for (int i = 0; i < 8; i++) length[i] = (uint8_t)(bits >> (56 - 8 * i));
  bwi_sha256_add(hash, length, 8);
  static const char digits[] = "0123456789abcdef";
  for (int i = 0; i < 64; i++) hex[i] = digits[(hash->state[i / 8] >> (28 - 4 * (i % 8))) & 15];
  hex[64] = '\0';
}
