/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>

size_t bwi_utf8_length(const uint8_t *text, size_t left) {
  const uint8_t lead = text[0];
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (left < length) return 0;
  for (size_t i = 1; i < length; i++)
    if ((text[i] & 0xC0) != 0x80) return 0;
  if (lead == 0xE0 && text[1] < 0xA0) return 0; /* overlong */
  if (lead == 0xED && text[1] > 0x9F) return 0; /* surrogate */
  if (lead == 0xF0 && text[1] < 0x90) return 0; /* overlong */
  if (lead == 0xF4 && text[1] > 0x8F) return 0; /* above U+10FFFF */
  return length;
}

size_t bwi_utf8_encode(char out[4], uint32_t code) {
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  const size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  static const uint8_t lead[5] = {0, 0, 0xC0, 0xE0, 0xF0};
  for (size_t i = length - 1; i > 0; i--) {
    out[i] = (char)(0x80 | (code & 0x3F));
    code >>= 6;
  }
  out[0] = (char)(lead[length] | code);
  return length;
}

void bwi_utf8_make_plain(char *text) {
  size_t left = strlen(text);
  while (left > 0) {
    uint8_t *c = (uint8_t *)text;
    const size_t n = bwi_utf8_length(c, left);
    const bool control = c[0] < 0x20 || c[0] == 0x7F || (c[0] == 0xC2 && n == 2 && c[1] < 0xA0);
    const size_t step = n == 0 ? 1 : n;
    if (n == 0 || control) memset(text, '?', step);
    text += step;
    left -= step;
  }
}
