/* SPDX-License-Identifier: Apache-2.0 */
#include "age/bech32.h"

#include <ctype.h>
#include <string.h>

#define CHECKSUM_CHARACTERS 6

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/* One step of the checksum, a BCH code over GF(32). */
static uint32_t add_value(uint32_t checksum, uint32_t value) {
  static const uint32_t generator[] = {0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3};
  const uint32_t top = checksum >> 25;
  checksum = (checksum & 0x1FFFFFF) << 5 ^ value;
  for (uint32_t i = 0; i < 5; i++)
    if ((top >> i & 1) != 0) checksum ^= generator[i];
  return checksum;
}

static uint32_t start_with(const char *prefix) {
  uint32_t checksum = 1;
  for (const char *c = prefix; *c != '\0'; c++) checksum = add_value(checksum, (uint32_t)(uint8_t)*c >> 5);
  checksum = add_value(checksum, 0);
  for (const char *c = prefix; *c != '\0'; c++) checksum = add_value(checksum, (uint8_t)*c & 31);
  return checksum;
}

static char *put_value(char *out, uint32_t *checksum, uint32_t value) {
  *checksum = add_value(*checksum, value);
  *out = alphabet[value];
  return out + 1;
}

void bwi_bech32_encode(char *out, const char *prefix, bwi_bytes bytes) {
  uint32_t checksum = start_with(prefix), bits = 0, n_bits = 0;
  for (const char *c = prefix; *c != '\0'; c++) *out++ = *c;
  *out++ = '1';
  for (size_t i = 0; i < bytes.size; i++) {
    bits = bits << 8 | bytes.data[i];
    for (n_bits += 8; n_bits >= 5; n_bits -= 5) out = put_value(out, &checksum, bits >> (n_bits - 5) & 31);
    bits &= 31;
  }
  if (n_bits > 0) out = put_value(out, &checksum, bits << (5 - n_bits) & 31);
  for (int i = 0; i < CHECKSUM_CHARACTERS; i++) checksum = add_value(checksum, 0);
  checksum ^= 1;
  for (int i = CHECKSUM_CHARACTERS - 1; i >= 0; i--) *out++ = alphabet[checksum >> (5 * i) & 31];
  *out = '\0';
}

/* ---- decoding ---- */

/* Letters of both cases would be two texts for the same bytes. */
static bw_status check_case(bwi_bytes text, bw_error *err) {
  bool lower = false, upper = false;
  for (size_t i = 0; i < text.size; i++) {
    lower = lower || islower(text.data[i]) != 0;
    upper = upper || isupper(text.data[i]) != 0;
    if (lower && upper) return BW_FAIL_AT(err, BW_EFORMAT, i, "a key mixes upper and lower case");
  }
  return BW_OK;
}

static bool has_prefix(bwi_bytes text, const char *prefix, size_t length) {
  if (text.size <= length || text.data[length] != '1') return false;
  for (size_t i = 0; i < length; i++)
    if (tolower(text.data[i]) != prefix[i]) return false;
  return true;
}

/* 0 to 31, or -1. */
static int value_of(uint8_t c) {
  const char *found = c != '\0' ? strchr(alphabet, tolower(c)) : NULL;
  return found != NULL ? (int)(found - alphabet) : -1;
}

static bw_status decode_values(uint8_t *out, bwi_bytes text, size_t start, uint32_t checksum, bw_error *err) {
  const size_t end = text.size - CHECKSUM_CHARACTERS;
  uint32_t bits = 0, n_bits = 0;
  for (size_t i = start; i < text.size; i++) {
    const int value = value_of(text.data[i]);
    if (value < 0) return BW_FAIL_AT(err, BW_EFORMAT, i, "a character that no key holds");
    checksum = add_value(checksum, (uint32_t)value);
    if (i >= end) continue;
    bits = bits << 5 | (uint32_t)value;
    n_bits += 5;
    if (n_bits >= 8) {
      n_bits -= 8;
      *out++ = (uint8_t)(bits >> n_bits);
      bits &= (1u << n_bits) - 1;
    }
  }
  if (checksum != 1) return BW_FAIL(err, BW_EFORMAT, "a key whose checksum is wrong: mistyped or cut short");
  if (bits != 0) return BW_FAIL_AT(err, BW_EFORMAT, end - 1, "a key with bits behind its last byte");
  return BW_OK;
}

bw_status bwi_bech32_decode(uint8_t *out, size_t size, const char *prefix, bwi_bytes text, bw_error *err) {
  const size_t length = strlen(prefix), start = length + 1;
  BW_TRY(check_case(text, err));
  if (!has_prefix(text, prefix, length))
    return BW_FAIL_AT(err, BW_EFORMAT, 0, "no key that begins with %s1", prefix);
  if (text.size != start + (8 * size + 4) / 5 + CHECKSUM_CHARACTERS)
    return BW_FAIL(err, BW_EFORMAT, "a key of %zu characters; one of %zu bytes has %zu", text.size, size,
                   start + (8 * size + 4) / 5 + CHECKSUM_CHARACTERS);
  const bw_status status = decode_values(out, text, start, start_with(prefix), err);
  if (status != BW_OK) memset(out, 0, size);
  return status;
}
