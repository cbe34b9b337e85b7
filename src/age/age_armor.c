/* SPDX-License-Identifier: Apache-2.0 */
#include "age/age_armor.h"

#include <string.h>

#include "base/base64.h"
#include "base/memory.h"

#define LINE_CHARACTERS 64
#define MOST_SPACE_BYTES 1024 /* around the armour */

static const char begin_line[] = "-----BEGIN AGE ENCRYPTED FILE-----";
static const char end_line[] = "-----END AGE ENCRYPTED FILE-----";

static bool is_space(uint8_t c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bw_status bwi_age_is_armored(bool *out, bwi_age_input *in, bw_error *err) {
  bwi_bytes bytes;
  BW_TRY(bwi_age_input_peek(&bytes, in, 1, err));
  *out = bytes.size > 0 && (is_space(bytes.data[0]) || bytes.data[0] == '-');
  return BW_OK;
}

/* ---- reading ---- */

static bw_status skip_space(bwi_age_input *text, bw_error *err) {
  bwi_bytes bytes;
  size_t n = 0;
  BW_TRY(bwi_age_input_peek(&bytes, text, MOST_SPACE_BYTES + 1, err));
  while (n < bytes.size && is_space(bytes.data[n])) n++;
  if (n > MOST_SPACE_BYTES)
    return BW_FAIL_AT(err, BW_EFORMAT, text->offset, "armour: more than %d bytes of white space",
                      MOST_SPACE_BYTES);
  bwi_age_input_skip(text, n);
  return BW_OK;
}

/* Without its end, which is LF, CRLF, or that of the input. *taken is its size with the end. */
static bw_status peek_line(bwi_bytes *out, size_t *taken, bwi_age_input *text, bw_error *err) {
  bwi_bytes bytes;
  BW_TRY(bwi_age_input_peek(&bytes, text, LINE_CHARACTERS + 2, err));
  const size_t most = bytes.size < LINE_CHARACTERS + 2 ? bytes.size : LINE_CHARACTERS + 2;
  const uint8_t *end = most > 0 ? memchr(bytes.data, '\n', most) : NULL;
  size_t n = end != NULL ? (size_t)(end - bytes.data) : most;
  *taken = end != NULL ? n + 1 : n;
  if (end != NULL && n > 0 && bytes.data[n - 1] == '\r') n--;
  if (n > LINE_CHARACTERS)
    return BW_FAIL_AT(err, BW_EFORMAT, text->offset, "armour: a line of more than %d characters",
                      LINE_CHARACTERS);
  *out = (bwi_bytes){bytes.data, n};
  return BW_OK;
}

static bool line_is(bwi_bytes line, const char *wanted) {
  return line.size == strlen(wanted) && memcmp(line.data, wanted, line.size) == 0;
}

static bw_status take_line(bwi_age_input *text, const char *wanted, bw_error *err) {
  bwi_bytes line;
  size_t taken = 0;
  BW_TRY(peek_line(&line, &taken, text, err));
  if (!line_is(line, wanted))
    return BW_FAIL_AT(err, BW_EFORMAT, text->offset, "armour: here should be \"%s\"", wanted);
  bwi_age_input_skip(text, taken);
  return BW_OK;
}

static bw_status finish_reading(bwi_age_dearmor *a, bw_error *err) {
  bwi_bytes rest;
  BW_TRY(take_line(a->text, end_line, err));
  BW_TRY(skip_space(a->text, err));
  BW_TRY(bwi_age_input_peek(&rest, a->text, 1, err));
  if (rest.size > 0) return BW_FAIL_AT(err, BW_EFORMAT, a->text->offset, "armour: something follows its end");
  a->ended = true;
  return BW_OK;
}

static bw_status decode_line(bwi_age_dearmor *a, bwi_bytes line, bw_error *err) {
  bwi_bytes decoded;
  bw_error why = {.offset = 0};
  const bw_status status = bwi_base64_decode(&decoded, line, BWI_BASE64, &why);
  if (status != BW_OK) return BW_FAIL_AT(err, status, a->text->offset + why.offset, "armour: %s", why.text);
  a->at = 0;
  a->size = decoded.size;
  memcpy(a->line, decoded.data, decoded.size);
  bwi_free((void *)decoded.data);
  return BW_OK;
}

/* Only the last line may hold less than all of them do. */
static bw_status next_line(bwi_age_dearmor *a, bw_error *err) {
  if (!a->begun) {
    BW_TRY(skip_space(a->text, err));
    BW_TRY(take_line(a->text, begin_line, err));
    a->begun = true;
  }
  bwi_bytes line;
  size_t taken = 0;
  BW_TRY(peek_line(&line, &taken, a->text, err));
  if (a->last || line_is(line, end_line)) return finish_reading(a, err);
  if (line.size == 0)
    return BW_FAIL_AT(err, BW_EFORMAT, a->text->offset, "armour: an empty line, or a missing end");
  BW_TRY(decode_line(a, line, err));
  a->last = a->size < BWI_AGE_LINE_BYTES;
  bwi_age_input_skip(a->text, taken);
  return BW_OK;
}

static bw_status read_bytes(void *payload, void *data, size_t size, size_t *got, bw_error *err) {
  bwi_age_dearmor *a = payload;
  *got = 0;
  while (*got < size && !a->ended) {
    if (a->at == a->size) {
      BW_TRY(next_line(a, err));
      continue;
    }
    const size_t left = a->size - a->at, room = size - *got, n = left < room ? left : room;
    memcpy((uint8_t *)data + *got, a->line + a->at, n);
    a->at += n;
    *got += n;
  }
  return BW_OK;
}

bw_age_reader bwi_age_dearmor_reader(bwi_age_dearmor *armor) {
  return (bw_age_reader){read_bytes, armor};
}

/* ---- writing ---- */

static bw_status flush_text(const bwi_age_armor *a, bwi_buffer *text, bw_error *err) {
  bw_status status = BW_OK;
  if (text->failed)
    status = BW_FAIL(err, BW_ENOMEM, "no memory for armour");
  else if (text->size > 0)
    status = a->text.write(a->text.payload, text->data, text->size, err);
  bwi_buffer_free(text);
  return status;
}

static void put_begin(bwi_age_armor *a, bwi_buffer *text) {
  if (!a->begun) bwi_buffer_format(text, "%s\n", begin_line);
  a->begun = true;
}

static void put_line(bwi_age_armor *a, bwi_buffer *text) {
  bwi_base64_encode(text, (bwi_bytes){a->line, a->size}, BWI_BASE64);
  bwi_buffer_text(text, "\n");
  a->size = 0;
}

static bw_status write_bytes(void *payload, const void *data, size_t size, bw_error *err) {
  bwi_age_armor *a = payload;
  bwi_buffer text = {0};
  put_begin(a, &text);
  for (size_t done = 0; done < size;) {
    const size_t room = BWI_AGE_LINE_BYTES - a->size, left = size - done, n = left < room ? left : room;
    memcpy(a->line + a->size, (const uint8_t *)data + done, n);
    a->size += n;
    done += n;
    if (a->size == BWI_AGE_LINE_BYTES) put_line(a, &text);
  }
  return flush_text(a, &text, err);
}

bw_age_writer bwi_age_armor_writer(bwi_age_armor *armor) {
  return (bw_age_writer){write_bytes, armor};
}

bw_status bwi_age_armor_finish(bwi_age_armor *armor, bw_error *err) {
  bwi_buffer text = {0};
  put_begin(armor, &text);
  if (armor->size > 0) put_line(armor, &text);
  bwi_buffer_format(&text, "%s\n", end_line);
  return flush_text(armor, &text, err);
}
