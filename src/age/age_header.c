/* SPDX-License-Identifier: Apache-2.0 */
#include "age/age_header.h"

#include <string.h>

#include "base/base64.h"
#include "base/memory.h"
#include "crypto/secret.h"

#define LINE_CHARACTERS 64
#define MAC_CHARACTERS 43

static const char version_line[] = "age-encryption.org/v1";
static const char version_start[] = "age-encryption.org/";

/* ---- reading ---- */

static bool starts_with(bwi_bytes bytes, const char *text) {
  const size_t size = strlen(text);
  return bytes.data != NULL && bytes.size >= size && memcmp(bytes.data, text, size) == 0;
}

static bwi_bytes rest(const bwi_cursor *c) {
  return (bwi_bytes){c->bytes.data + c->at, bwi_cursor_left(c)};
}

/* Takes a line, without its LF. */
static bwi_bytes take_line(bwi_cursor *c, const char *what) {
  const bwi_bytes left = rest(c);
  const uint8_t *end = left.size > 0 ? memchr(left.data, '\n', left.size) : NULL;
  if (end == NULL) {
    (void)bwi_cursor_fail(c, BW_EFORMAT, "truncated: %s has no end", what);
    return (bwi_bytes){NULL, 0};
  }
  const bwi_bytes line = bwi_cursor_take(c, (size_t)(end - left.data), what);
  (void)bwi_cursor_take(c, 1, what);
  return line;
}

/* Words of visible characters with one space between them. */
static bool are_arguments(bwi_bytes line) {
  bool in_word = false;
  for (size_t i = 0; i < line.size; i++) {
    const bool visible = line.data[i] > ' ' && line.data[i] < 0x7F;
    if (!visible && (line.data[i] != ' ' || !in_word)) return false;
    in_word = visible;
  }
  return in_word;
}

static void take_version(bwi_cursor *c) {
  if (!starts_with(rest(c), version_start)) {
    (void)bwi_cursor_fail(c, BW_EFORMAT, "not an age file: it does not begin with %s", version_start);
    return;
  }
  bwi_cursor ahead = *c;
  const bwi_bytes line = take_line(&ahead, "the version line");
  if (ahead.status == BW_OK && !are_arguments(line))
    (void)bwi_cursor_fail(&ahead, BW_EFORMAT, "a version line that is not visible characters and LF");
  const size_t shown = line.size < 64 ? line.size : 64;
  if (ahead.status == BW_OK && (line.size != strlen(version_line) || !starts_with(line, version_line)))
    (void)bwi_cursor_fail(&ahead, BW_EUNSUPPORTED, "\"%.*s\" is not the version that is read here, %s",
                          (int)shown, (const char *)line.data, version_line);
  *c = ahead;
}

/* Decodes text that begins at `start` of the cursor's bytes. */
static bwi_bytes decode(bwi_cursor *c, size_t start, bwi_bytes text) {
  bwi_bytes decoded = {NULL, 0};
  bw_error why = {.offset = 0};
  const bw_status status = bwi_base64_decode(&decoded, text, BWI_BASE64_BARE, &why);
  if (status != BW_OK) {
    c->at = start + (why.offset != BW_NO_OFFSET ? (size_t)why.offset : 0);
    (void)bwi_cursor_fail(c, status, "%s", why.text);
  }
  return decoded;
}

/* Full lines and one shorter. */
static void take_body(bwi_cursor *c, bwi_buffer *body) {
  for (size_t n = LINE_CHARACTERS; n == LINE_CHARACTERS && c->status == BW_OK;) {
    const size_t start = c->at;
    const bwi_bytes line = take_line(c, "the body of a stanza");
    n = line.size;
    if (n > LINE_CHARACTERS) {
      c->at = start;
      (void)bwi_cursor_fail(c, BW_EFORMAT, "a line of more than %d characters in a stanza", LINE_CHARACTERS);
    } else if (c->status == BW_OK) {
      const bwi_bytes decoded = decode(c, start, line);
      bwi_buffer_put(body, decoded.data, decoded.size);
      bwi_free((void *)decoded.data);
    }
  }
  if (body->failed) (void)bwi_cursor_fail(c, BW_ENOMEM, "no memory for the body of a stanza");
}

static void add_stanza(bwi_cursor *c, bwi_age_header *header, bwi_age_stanza stanza) {
  const size_t count = header->count;
  if ((count & (count - 1)) == 0) { /* room is the next power of two */
    const size_t room = count == 0 ? 1 : 2 * count;
    bwi_age_stanza *grown = bwi_realloc(header->stanzas, count, room, sizeof stanza);
    if (grown == NULL) {
      bwi_free((void *)stanza.body.data);
      (void)bwi_cursor_fail(c, BW_ENOMEM, "no memory for a stanza");
      return;
    }
    header->stanzas = grown;
  }
  header->stanzas[header->count++] = stanza;
}

static void take_stanza(bwi_cursor *c, bwi_age_header *header) {
  bwi_buffer body = {0};
  const size_t start = c->at;
  (void)bwi_cursor_take(c, 3, "the start of a stanza");
  const bwi_bytes line = take_line(c, "the first line of a stanza");
  if (c->status == BW_OK && !are_arguments(line)) {
    c->at = start;
    (void)bwi_cursor_fail(c, BW_EFORMAT,
                          "a stanza needs arguments of visible characters, one space between them");
  }
  if (c->status == BW_OK) take_body(c, &body);
  if (c->status == BW_OK)
    add_stanza(c, header, (bwi_age_stanza){line, {(uint8_t *)body.data, body.size}, start});
  else
    bwi_buffer_free(&body);
}

static void take_mac(bwi_cursor *c, bwi_age_header *header) {
  const size_t start = c->at;
  header->authenticated = (bwi_bytes){c->bytes.data, start + 3};
  const bwi_bytes line = take_line(c, "the line of the MAC");
  if (c->status != BW_OK) return;
  if (!starts_with(line, "--- ") || line.size != 4 + MAC_CHARACTERS) {
    c->at = start;
    (void)bwi_cursor_fail(c, BW_EFORMAT, "here should be \"--- \" and a MAC of %d characters",
                          MAC_CHARACTERS);
    return;
  }
  const bwi_bytes mac = decode(c, start + 4, (bwi_bytes){line.data + 4, MAC_CHARACTERS});
  if (mac.size == sizeof header->mac) memcpy(header->mac, mac.data, mac.size);
  bwi_free((void *)mac.data);
}

bw_status bwi_age_header_parse(bwi_age_header *out, bwi_bytes bytes, bw_error *err) {
  bwi_age_header header = {0};
  bwi_cursor c = bwi_cursor_over(bytes, err);
  take_version(&c);
  while (c.status == BW_OK && starts_with(rest(&c), "-> ")) take_stanza(&c, &header);
  if (c.status == BW_OK && !starts_with(rest(&c), "---"))
    (void)bwi_cursor_fail(&c, BW_EFORMAT, "here should be a stanza (\"-> \") or the MAC (\"---\")");
  if (c.status == BW_OK && header.count == 0)
    (void)bwi_cursor_fail(&c, BW_EFORMAT, "a header without a recipient");
  if (c.status == BW_OK) take_mac(&c, &header);
  header.size = c.at;
  if (c.status == BW_OK)
    *out = header;
  else
    bwi_age_header_clear(&header);
  return c.status;
}

void bwi_age_header_clear(bwi_age_header *header) {
  for (size_t i = 0; i < header->count; i++) bwi_free((void *)header->stanzas[i].body.data);
  bwi_free(header->stanzas);
  *header = (bwi_age_header){0};
}

/* Whether the bytes hold the line of the MAC to its end. No line of a header before it begins so. */
static bool holds_header(bwi_bytes bytes) {
  for (size_t at = 0; at + 4 < bytes.size; at++) {
    const uint8_t *line = memchr(bytes.data + at, '\n', bytes.size - at);
    if (line == NULL) return false;
    at = (size_t)(line - bytes.data);
    const bwi_bytes next = {line + 1, bytes.size - at - 1};
    if (starts_with(next, "--")) return memchr(next.data, '\n', next.size) != NULL;
  }
  return false;
}

bw_status bwi_age_header_read(bwi_age_header *out, bwi_age_input *in, bw_error *err) {
  bwi_bytes bytes = {NULL, 0};
  for (size_t wanted = sizeof version_start - 1;; wanted = 2 * bytes.size) {
    const bool all = wanted >= BWI_AGE_WINDOW_BYTES;
    BW_TRY(bwi_age_input_peek(&bytes, in, all ? BWI_AGE_WINDOW_BYTES : wanted, err));
    if (in->ended || !starts_with(bytes, version_start) || holds_header(bytes)) break;
    if (all) return BW_FAIL(err, BW_ELIMIT, "a header of more than %zu bytes", BWI_AGE_WINDOW_BYTES);
  }
  return bwi_age_header_parse(out, bytes, err);
}

/* ---- stanzas ---- */

bool bwi_age_stanza_arguments(bwi_bytes *out, const bwi_age_stanza *stanza, size_t n) {
  bwi_bytes left = stanza->line;
  for (size_t i = 0; i < n; i++) {
    const uint8_t *space = left.size > 0 ? memchr(left.data, ' ', left.size) : NULL;
    if ((space == NULL) != (i == n - 1)) return false;
    out[i] = (bwi_bytes){left.data, space != NULL ? (size_t)(space - left.data) : left.size};
    if (space != NULL) left = (bwi_bytes){space + 1, left.size - out[i].size - 1};
  }
  return true;
}

bool bwi_age_stanza_is(const bwi_age_stanza *stanza, const char *type) {
  const size_t size = strlen(type);
  return starts_with(stanza->line, type) && (stanza->line.size == size || stanza->line.data[size] == ' ');
}

bw_status bwi_age_stanza_decode(uint8_t *out, size_t size, const bwi_age_stanza *stanza, bwi_bytes argument,
                                bw_error *err) {
  bwi_bytes decoded = {NULL, 0};
  const bw_status status = bwi_base64_decode(&decoded, argument, BWI_BASE64_BARE, NULL);
  if (status == BW_ENOMEM) return BW_FAIL(err, BW_ENOMEM, "no memory for an argument");
  const bool fits = status == BW_OK && decoded.size == size;
  if (fits) memcpy(out, decoded.data, size);
  bwi_free((void *)decoded.data);
  if (!fits)
    return BW_FAIL_AT(err, BW_EFORMAT, stanza->offset,
                      "a stanza whose argument is not the base64 of %zu bytes", size);
  return BW_OK;
}

/* ---- the MAC ---- */

static bw_status compute_mac(uint8_t mac[BWI_KDF_BYTES], bwi_bytes authenticated, bwi_age_secrets *s,
                             bw_error *err) {
  const bwi_bytes file_key = {s->file_key, sizeof s->file_key}, none = {NULL, 0};
  BW_TRY(bwi_hkdf(s->derived, file_key, none, "header", err));
  return bwi_hmac(mac, s->derived, authenticated, err);
}

bw_status bwi_age_header_check(const bwi_age_header *header, bwi_age_secrets *secrets, bw_error *err) {
  uint8_t mac[BWI_KDF_BYTES];
  BW_TRY(compute_mac(mac, header->authenticated, secrets, err));
  if (!bwi_secret_equal(mac, header->mac, sizeof mac))
    return BW_FAIL_AT(err, BW_EUNTRUSTED, header->authenticated.size - 3,
                      "the header was altered: its MAC does not fit the file key");
  return BW_OK;
}

/* ---- writing ---- */

void bwi_age_header_begin(bwi_buffer *out) {
  bwi_buffer_format(out, "%s\n", version_line);
}

void bwi_age_header_add(bwi_buffer *out, const char *type, bwi_bytes argument, const char *more,
                        bwi_bytes body) {
  bwi_buffer_format(out, "-> %s ", type);
  bwi_base64_encode(out, argument, BWI_BASE64_BARE);
  bwi_buffer_format(out, "%s\n", more);
  bwi_base64_encode(out, body, BWI_BASE64_BARE);
  bwi_buffer_text(out, "\n");
}

bw_status bwi_age_header_finish(bwi_buffer *out, bwi_age_secrets *secrets, bw_error *err) {
  uint8_t mac[BWI_KDF_BYTES];
  bwi_buffer_text(out, "---");
  if (out->failed) return BW_FAIL(err, BW_ENOMEM, "no memory for a header");
  BW_TRY(compute_mac(mac, (bwi_bytes){(const uint8_t *)out->data, out->size}, secrets, err));
  bwi_buffer_text(out, " ");
  bwi_base64_encode(out, (bwi_bytes){mac, sizeof mac}, BWI_BASE64_BARE);
  bwi_buffer_text(out, "\n");
  return out->failed ? BW_FAIL(err, BW_ENOMEM, "no memory for a header") : BW_OK;
}
