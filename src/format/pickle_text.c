/* SPDX-License-Identifier: Apache-2.0 */
#include "format/pickle_text.h"

#include <string.h>

#include "base/utf8.h"

static uint32_t digit_of(uint8_t c) {
  if (c >= '0' && c <= '9') return (uint32_t)(c - '0');
  if (c >= 'a' && c <= 'f') return (uint32_t)(c - 'a') + 10;
  return c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10 : UINT32_MAX;
}

/* At most `most` digits of the base from text[*at] on; *at moves behind them. */
static uint32_t read_digits(bwi_bytes text, size_t *at, size_t most, uint32_t base) {
  uint32_t value = 0;
  const size_t end = text.size - *at > most ? *at + most : text.size;
  for (; *at < end && digit_of(text.data[*at]) < base; (*at)++)
    value = value * base + digit_of(text.data[*at]);
  return value;
}

/* The character behind a backslash that stands for another one; 0 if it does not. */
static uint8_t plain_escape(uint8_t c) {
  static const char from[] = "\\'\"abfnrtv", to[] = "\\'\"\a\b\f\n\r\t\v";
  const char *found = c == 0 ? NULL : strchr(from, c);
  return found == NULL ? 0 : (uint8_t)to[found - from];
}

size_t bwi_pickle_unquote(uint8_t *to, bwi_bytes line) {
  while (line.size > 0 && (line.data[line.size - 1] == ' ' || line.data[line.size - 1] == '\r')) line.size--;
  if (line.size < 2 || line.data[0] != line.data[line.size - 1] ||
      (line.data[0] != '\'' && line.data[0] != '"'))
    return SIZE_MAX;
  const bwi_bytes text = {line.data + 1, line.size - 2};
  size_t n = 0, at = 0;
  while (at < text.size) {
    const uint8_t c = text.data[at++];
    const uint8_t next = c == '\\' && at < text.size ? text.data[at] : 0;
    if (plain_escape(next) != 0) {
      to[n++] = plain_escape(next);
      at++;
    } else if (next == 'x') {
      at++;
      to[n++] = (uint8_t)read_digits(text, &at, 2, 16);
    } else if (next >= '0' && next <= '7') {
      to[n++] = (uint8_t)read_digits(text, &at, 3, 8);
    } else {
      to[n++] = c;
    }
  }
  return n;
}

size_t bwi_pickle_unescape(uint8_t *to, bwi_bytes line) {
  size_t n = 0, at = 0;
  while (at < line.size) {
    const uint8_t c = line.data[at++];
    const uint8_t next = c == '\\' && at < line.size ? line.data[at] : 0;
    const size_t width = next == 'u' ? 4 : next == 'U' ? 8 : 0;
    size_t end = at + 1;
    const uint32_t code = width > 0 ? read_digits(line, &end, width, 16) : 0;
    const bool is_code =
        width > 0 && end == at + 1 + width && code <= 0x10FFFF && (code & 0xFFFFF800) != 0xD800;
    if (is_code) {
      n += bwi_utf8_encode((char *)to + n, code);
      at = end;
    } else {
      to[n++] = c;
    }
  }
  return n;
}

bool bwi_pickle_integer(bwi_bytes line, int64_t *out) {
  size_t at = 0, end = line.size;
  const bool negative = end > 0 && line.data[0] == '-';
  if (end > 0 && (negative || line.data[0] == '+')) at++;
  if (end > at && line.data[end - 1] == 'L') end--;
  if (at == end || end - at > 18) return false;
  int64_t value = 0;
  for (; at < end; at++) {
    if (line.data[at] < '0' || line.data[at] > '9') return false;
    value = 10 * value + (line.data[at] - '0');
  }
  *out = negative ? -value : value;
  return true;
}

bool bwi_pickle_is_number(bwi_bytes line) {
  bool has_digit = false;
  for (size_t i = 0; i < line.size; i++) {
    const uint8_t c = line.data[i];
    if (c == 0 || strchr("0123456789+-.eELinfa\r", c) == NULL) return false;
    has_digit = has_digit || c == 'n' || (c >= '0' && c <= '9'); /* or of nan and inf */
  }
  return has_digit;
}
