/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"

void bwi_hex_encode(char *out, const uint8_t *data, size_t size) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < size; i++) {
    out[2 * i] = digits[data[i] >> 4];
    out[2 * i + 1] = digits[data[i] & 15];
  }
  out[2 * size] = '\0';
}

/* 16 for what is no digit. */
static unsigned value_of(char digit) {
  if (digit >= '0' && digit <= '9') return (unsigned)(digit - '0');
  if (digit >= 'a' && digit <= 'f') return (unsigned)(digit - 'a') + 10;
  if (digit >= 'A' && digit <= 'F') return (unsigned)(digit - 'A') + 10;
  return 16;
}

bool bwi_hex_decode(uint8_t *out, size_t size, const char *text, size_t length) {
  if (length % 2 != 0 || length / 2 != size) return false;
  for (size_t i = 0; i < size; i++) {
    const unsigned high = value_of(text[2 * i]), low = value_of(text[2 * i + 1]);
    if (high == 16 || low == 16) return false;
    out[i] = (uint8_t)(high << 4 | low);
  }
  return true;
}
