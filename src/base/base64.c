/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include "base/memory.h"

static bool is_url(bwi_base64_form form) {
  return form == BWI_BASE64_URL || form == BWI_BASE64_URL_BARE;
}

static bool is_padded(bwi_base64_form form) {
  return form == BWI_BASE64 || form == BWI_BASE64_URL;
}

static char digit_of(uint32_t value, bwi_base64_form form) {
  if (value < 26) return (char)('A' + value);
  if (value < 52) return (char)('a' + (value - 26));
  if (value < 62) return (char)('0' + (value - 52));
  if (value == 62) return is_url(form) ? '-' : '+';
  return is_url(form) ? '_' : '/';
}

void bwi_base64_encode(bwi_buffer *out, bwi_bytes bytes, bwi_base64_form form) {
  for (size_t at = 0; at < bytes.size; at += 3) {
    const size_t n = bytes.size - at < 3 ? bytes.size - at : 3;
    uint32_t group = 0;
    for (size_t i = 0; i < n; i++) group |= (uint32_t)bytes.data[at + i] << (16 - 8 * i);
    char text[4];
    for (size_t i = 0; i < 4; i++) text[i] = i <= n ? digit_of(group >> (18 - 6 * i) & 63, form) : '=';
    bwi_buffer_put(out, text, is_padded(form) ? 4 : n + 1);
  }
}

/* 64 for what is no digit. */
static uint32_t value_of(uint8_t digit, bwi_base64_form form) {
  if (digit >= 'A' && digit <= 'Z') return (uint32_t)(digit - 'A');
  if (digit >= 'a' && digit <= 'z') return (uint32_t)(digit - 'a') + 26;
  if (digit >= '0' && digit <= '9') return (uint32_t)(digit - '0') + 52;
  if (digit == (is_url(form) ? '-' : '+')) return 62;
  if (digit == (is_url(form) ? '_' : '/')) return 63;
  return 64;
}

/* Digits without the padding, whose length must be right. */
static bw_status count_digits(size_t *out, bwi_bytes text, bwi_base64_form form, bw_error *err) {
  size_t n = text.size;
  if (is_padded(form)) {
    if (n % 4 != 0) return BW_FAIL_AT(err, BW_EFORMAT, n, "base64 of %zu characters, not a multiple of 4", n);
    for (int i = 0; i < 2 && n > 0 && text.data[n - 1] == '='; i++) n--;
  }
  if (n % 4 == 1) return BW_FAIL_AT(err, BW_EFORMAT, n, "truncated: base64 of %zu digits", n);
  *out = n;
  return BW_OK;
}

/* One group of 2 to 4 digits, which are n - 1 bytes. */
static bw_status decode_group(uint8_t *out, bwi_bytes text, size_t at, size_t n, bwi_base64_form form,
                              bw_error *err) {
  uint32_t group = 0;
  for (size_t i = 0; i < n; i++) {
    const uint32_t value = value_of(text.data[at + i], form);
    if (value == 64) return BW_FAIL_AT(err, BW_EFORMAT, at + i, "no base64 digit");
    group |= value << (18 - 6 * i);
  }
  for (size_t i = 0; i + 1 < n; i++) out[i] = (uint8_t)(group >> (16 - 8 * i));
  if ((group << (8 * (n - 1)) & 0xFFFFFF) != 0)
    return BW_FAIL_AT(err, BW_EFORMAT, at + n - 1, "the last base64 digit has bits that belong to no byte");
  return BW_OK;
}

bw_status bwi_base64_decode(bwi_bytes *out, bwi_bytes text, bwi_base64_form form, bw_error *err) {
  size_t n_digits = 0;
  BW_TRY(count_digits(&n_digits, text, form, err));
  const size_t size = n_digits / 4 * 3 + (n_digits % 4 == 0 ? 0 : n_digits % 4 - 1);
  uint8_t *data = bwi_alloc(size, 1);
  if (data == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to decode %zu bytes", size);
  for (size_t at = 0; at < n_digits; at += 4) {
    const size_t n = n_digits - at < 4 ? n_digits - at : 4;
    const bw_status status = decode_group(data + at / 4 * 3, text, at, n, form, err);
    if (status != BW_OK) {
      bwi_free(data);
      return status;
    }
  }
  *out = (bwi_bytes){data, size};
  return BW_OK;
}
