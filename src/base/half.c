/* SPDX-License-Identifier: Apache-2.0 */
/* IEEE 754 binary16 and bfloat16 by their bits. NaNs keep their sign and the payload bits that fit. */
#include "base/half.h"

#include <string.h>

static float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/* bits / 2^shift, to nearest, ties to even; 1 <= shift <= 31, no overflow for finite floats. */
static uint32_t shift_to_nearest(uint32_t bits, uint32_t shift) {
  const uint32_t just_below_half = (1u << (shift - 1)) - 1;
  return (bits + just_below_half + (bits >> shift & 1u)) >> shift;
}

float bwi_f16_to_f32(uint16_t bits) {
  const uint32_t sign = (uint32_t)(bits & 0x8000u) << 16;
  const uint32_t magnitude = bits & 0x7FFFu;
  if (magnitude >= 0x7C00u) return float_of(sign | 0x7F800000u | (magnitude & 0x3FFu) << 13);
  /* Below the normal range the value is a multiple of 2^-24, exact in f32. */
  if (magnitude < 0x0400u) return float_of(sign | bits_of((float)magnitude * 0x1p-24f));
  return float_of(sign | ((magnitude << 13) + ((127u - 15u) << 23)));
}

uint16_t bwi_f32_to_f16(float value) {
  const uint32_t bits = bits_of(value);
  const uint32_t sign = bits >> 16 & 0x8000u;
  const uint32_t magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u) {
    const uint32_t payload = magnitude >> 13 & 0x3FFu;
    return (uint16_t)(sign | 0x7C00u | (payload == 0 ? 0x200u : payload));
  }
  if (magnitude >= 0x47800000u) return (uint16_t)(sign | 0x7C00u); /* 2^16 and up: infinite */
  if (magnitude >= 0x38800000u) /* 2^-14 and up: normal; rounding up may reach infinity, rightly */
    return (uint16_t)(sign | shift_to_nearest(magnitude - ((127u - 15u) << 23), 13));
  if (magnitude < 0x33000000u) return (uint16_t)sign; /* below half of the smallest, 2^-25 */
  const uint32_t significand = (magnitude & 0x7FFFFFu) | 0x800000u;
  return (uint16_t)(sign | shift_to_nearest(significand, 126u - (magnitude >> 23)));
}

float bwi_bf16_to_f32(uint16_t bits) {
  return float_of((uint32_t)bits << 16);
}

uint16_t bwi_f32_to_bf16(float value) {
  const uint32_t bits = bits_of(value);
  const uint32_t kept = bits >> 16;
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return (uint16_t)((kept & 0x7Fu) == 0 ? kept | 0x40u : kept);
  return (uint16_t)shift_to_nearest(bits, 16);
}
