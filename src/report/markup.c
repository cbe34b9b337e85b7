/* SPDX-License-Identifier: Apache-2.0 */
/* Escaping, and pictures inside a page. */
#include "report/markup.h"

void bwi_markup_text(bwi_buffer *out, const char *text) {
  for (; *text != '\0'; text++) {
    const unsigned char c = (unsigned char)*text;
    switch (c) {
      case '&': bwi_buffer_text(out, "&amp;"); break;
      case '<': bwi_buffer_text(out, "&lt;"); break;
      case '>': bwi_buffer_text(out, "&gt;"); break;
      case '"': bwi_buffer_text(out, "&quot;"); break;
      case '\'': bwi_buffer_text(out, "&#39;"); break;
      default:
        if (c >= 0x20 || c == '\n' || c == '\t') bwi_buffer_put(out, text, 1);
    }
  }
}

void bwi_markup_base64(bwi_buffer *out, const void *data, size_t size) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unsigned char *bytes = data;
  for (size_t i = 0; i < size; i += 3) {
    const size_t left = size - i;
    const uint32_t word = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                          (left > 2 ? bytes[i + 2] : 0);
    const char group[4] = {digits[word >> 18], digits[(word >> 12) & 63],
                           left > 1 ? digits[(word >> 6) & 63] : '=', left > 2 ? digits[word & 63] : '='};
    bwi_buffer_put(out, group, sizeof group);
  }
}
