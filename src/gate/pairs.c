/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/pairs.h"

#include <string.h>

#include "base/utf8.h"

#define LONGEST_KEY 400 /* bytes, escapes and all; longer ones are none that matter */

static uint32_t hex_of(uint8_t c) {
  if (c >= '0' && c <= '9') return (uint32_t)(c - '0');
  if (c >= 'a' && c <= 'f') return (uint32_t)(c - 'a') + 10;
  return c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10 : 0;
}

/* The character that the escape at value[at], behind its backslash, stands for; *at moves behind it. */
static uint32_t read_escape(bwi_bytes value, size_t *at) {
  const uint8_t c = value.data[(*at)++];
  uint32_t code = 0;
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'u': break;
    default: return c;
  }
  for (int i = 0; i < 4 && *at < value.size; i++) code = code << 4 | hex_of(value.data[(*at)++]);
  return code >= 0xD800 && code < 0xE000 ? 0xFFFD : code; /* halves of a pair say nothing here */
}

size_t bwi_pair_unescape(char *to, size_t capacity, bwi_bytes value) {
  size_t n = 0, at = 0;
  while (at < value.size && n + 4 < capacity) {
    const uint8_t c = value.data[at++];
    if (c == '\\' && at < value.size)
      n += bwi_utf8_encode(to + n, read_escape(value, &at));
    else
      to[n++] = (char)c;
  }
  to[n] = '\0';
  return n;
}

/* The string that begins with the quote at `at`; false if it does not end. */
static bool read_string(bwi_bytes text, size_t at, bwi_bytes *value) {
  for (size_t i = at + 1; i < text.size; i++) {
    if (text.data[i] == '\\') {
      i++;
    } else if (text.data[i] == '"') {
      *value = (bwi_bytes){text.data + at + 1, i - at - 1};
      return true;
    }
  }
  return false;
}

static size_t skip_blanks(bwi_bytes text, size_t at) {
  while (at < text.size && (text.data[at] == ' ' || (text.data[at] >= '\t' && text.data[at] <= '\r'))) at++;
  return at;
}

/* Whether the quote at `at` closes or opens a string: an even number of backslashes stands before it. */
static bool is_bare(bwi_bytes text, size_t at) {
  size_t n = 0;
  while (n < at && text.data[at - n - 1] == '\\') n++;
  return n % 2 == 0;
}

/* The key that ends before the colon at `at`. */
static bool read_key(bwi_bytes text, size_t at, bwi_bytes *key) {
  while (at > 0 && (text.data[at - 1] == ' ' || (text.data[at - 1] >= '\t' && text.data[at - 1] <= '\r')))
    at--;
  if (at == 0 || text.data[at - 1] != '"' || !is_bare(text, at - 1)) return false;
  const size_t close = at - 1;
  for (size_t i = close; i > 0 && close - i < LONGEST_KEY; i--)
    if (text.data[i - 1] == '"' && is_bare(text, i - 1)) {
      *key = (bwi_bytes){text.data + i, close - i};
      return true;
    }
  return false;
}

bw_status bwi_pairs_each(bwi_bytes text, bwi_pair_fn visit, void *payload, bw_error *err) {
  char name[BWI_PAIR_KEY_BYTES];
  for (size_t at = 0; at < text.size; at++) {
    const uint8_t *colon = memchr(text.data + at, ':', text.size - at);
    if (colon == NULL) return BW_OK;
    at = (size_t)(colon - text.data);
    bwi_pair pair = {.key = name};
    bwi_bytes key;
    if (!read_key(text, at, &key)) continue;
    (void)bwi_pair_unescape(name, sizeof name, key);
    pair.offset = (size_t)(key.data - text.data);
    const size_t start = skip_blanks(text, at + 1);
    pair.is_text = start < text.size && text.data[start] == '"' && read_string(text, start, &pair.value);
    const bw_status status = visit(payload, &pair, err);
    if (status != BW_OK) return status;
  }
  return BW_OK;
}
