/* SPDX-License-Identifier: Apache-2.0 */
#include "log/note.h"

#include <string.h>

#include "base/base64.h"
#include "base/hex.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "crypto/signature.h"

static const char dash[] = "\xE2\x80\x94 "; /* U+2014 and a space: how a signature's line begins */
#define DASH_BYTES (sizeof dash - 1)

enum { ED25519 = 1, ID_BYTES = 4 };

/* ---- reading ---- */

/* Whether the character is a space as Unicode has it (White_Space); controls are refused elsewhere. */
static bool is_space(const uint8_t *c, size_t length) {
  static const char *const others[] = {" ",
                                       "\xC2\x85",
                                       "\xC2\xA0",
                                       "\xE1\x9A\x80",
                                       "\xE2\x80\xA8",
                                       "\xE2\x80\xA9",
                                       "\xE2\x80\xAF",
                                       "\xE2\x81\x9F",
                                       "\xE3\x80\x80"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (strlen(others[i]) == length && memcmp(c, others[i], length) == 0) return true;
  return length == 3 && c[0] == 0xE2 && c[1] == 0x80 && c[2] >= 0x80 && c[2] <= 0x8A; /* U+2000 to U+200A */
}

static bool is_name(bwi_bytes name) {
  for (size_t at = 0; at < name.size;) {
    const size_t length = bwi_utf8_length(name.data + at, name.size - at);
    if (length == 0 || name.data[at] < 0x20 || name.data[at] == '+' || is_space(name.data + at, length))
      return false;
    at += length;
  }
  return name.size > 0;
}

static bw_status check_characters(bwi_bytes bytes, bw_error *err) {
  for (size_t at = 0; at < bytes.size;) {
    const size_t length = bwi_utf8_length(bytes.data + at, bytes.size - at);
    if (length == 0) return BW_FAIL_AT(err, BW_EFORMAT, at, "a note must be UTF-8");
    if (bytes.data[at] < 0x20 && bytes.data[at] != '\n')
      return BW_FAIL_AT(err, BW_EFORMAT, at, "a control character in a note");
    at += length;
  }
  return BW_OK;
}

/* Behind the last empty line; 0 if there is none, or nothing behind it. */
static size_t find_signatures(bwi_bytes bytes) {
  for (size_t at = bytes.size; at >= 3; at--)
    if (bytes.data[at - 2] == '\n' && bytes.data[at - 3] == '\n') return at - 1;
  return 0;
}

static bw_status read_signature(bwi_note_signature *out, bwi_bytes line, size_t offset, bw_error *err) {
  if (line.size < DASH_BYTES || memcmp(line.data, dash, DASH_BYTES) != 0)
    return BW_FAIL_AT(err, BW_EFORMAT, offset, "a signature's line must begin with an em dash and a space");
  const bwi_bytes rest = {line.data + DASH_BYTES, line.size - DASH_BYTES};
  const uint8_t *space = memchr(rest.data, ' ', rest.size);
  const size_t name_bytes = space == NULL ? rest.size : (size_t)(space - rest.data);
  out->name = (bwi_bytes){rest.data, name_bytes};
  if (space == NULL || !is_name(out->name))
    return BW_FAIL_AT(err, BW_EFORMAT, offset, "a signature's line must have a name, a space and base64");
  out->base64 = (bwi_bytes){space + 1, rest.size - name_bytes - 1};
  return BW_OK;
}

bw_status bwi_note_read(bwi_note *out, bwi_bytes bytes, bw_error *err) {
  if (bytes.size > BWI_NOTE_MAX_BYTES)
    return BW_FAIL(err, BW_ELIMIT, "a note of %zu bytes; the limit is %zu", bytes.size, BWI_NOTE_MAX_BYTES);
  BW_TRY(check_characters(bytes, err));
  size_t at = find_signatures(bytes);
  if (at == 0 || at == bytes.size || bytes.data[bytes.size - 1] != '\n')
    return BW_FAIL_AT(err, BW_EFORMAT, bytes.size,
                      "a note must end with an empty line and lines of signatures");
  bwi_note note = {.text = {bytes.data, at - 1}};
  while (at < bytes.size) {
    const uint8_t *end = memchr(bytes.data + at, '\n', bytes.size - at);
    const bwi_bytes line = {bytes.data + at, (size_t)(end - bytes.data) - at};
    if (note.n_signatures == BWI_NOTE_MAX_SIGNATURES)
      return BW_FAIL_AT(err, BW_ELIMIT, at, "more than %d signatures", BWI_NOTE_MAX_SIGNATURES);
    BW_TRY(read_signature(&note.signatures[note.n_signatures++], line, at, err));
    at += line.size + 1;
  }
  *out = note;
  return BW_OK;
}

/* ---- keys ---- */

/* The first bytes of SHA-256(name, line feed, type, public key). */
static bw_status key_id(uint8_t id[ID_BYTES], const char *name, const uint8_t raw[BWI_ED25519_BYTES],
                        bw_error *err) {
  uint8_t digest[BWI_DIGEST_MAX_BYTES];
  bwi_buffer text = {0};
  bwi_buffer_format(&text, "%s\n%c", name, ED25519);
  bwi_buffer_put(&text, raw, BWI_ED25519_BYTES);
  bw_status status = text.failed ? BW_FAIL(err, BW_ENOMEM, "no memory for a key's name")
                                 : bwi_digest(digest, BWI_SHA256, text.data, text.size, err);
  bwi_buffer_free(&text);
  if (status == BW_OK) memcpy(id, digest, ID_BYTES);
  return status;
}

static bw_status fill_key(bwi_note_key *out, const char *name, bw_error *err) {
  uint8_t raw[BWI_ED25519_BYTES];
  if (!is_name((bwi_bytes){(const uint8_t *)name, strlen(name)}))
    return BW_FAIL(err, BW_EINVAL,
                   "the name of a log must be a text without spaces and plus, such as example.org/data");
  BW_TRY(bwi_key_ed25519(raw, out->key, err));
  BW_TRY(key_id(out->id, name, raw, err));
  out->name = bwi_strdup(name);
  return out->name == NULL ? BW_FAIL(err, BW_ENOMEM, "no memory for a key's name") : BW_OK;
}

bw_status bwi_note_key_create(bwi_note_key *out, const char *name, bwi_key *key, bw_error *err) {
  bwi_note_key made = {.key = key};
  const bw_status status = fill_key(&made, name, err);
  if (status == BW_OK)
    *out = made;
  else
    bwi_note_key_clear(&made);
  return status;
}

void bwi_note_key_clear(bwi_note_key *key) {
  bwi_free(key->name);
  bwi_key_free(key->key);
  *key = (bwi_note_key){0};
}

/* The parts of "name+1a2b3c4d+base64"; the name holds no plus, base64 may. */
static bool split_key(bwi_bytes parts[3], bwi_bytes text) {
  if (text.size > 0 && text.data[text.size - 1] == '\n') text.size--;
  for (int i = 0; i < 2; i++) {
    const uint8_t *plus = text.size > 0 ? memchr(text.data, '+', text.size) : NULL;
    if (plus == NULL) return false;
    const size_t length = (size_t)(plus - text.data);
    parts[i] = (bwi_bytes){text.data, length};
    text = (bwi_bytes){plus + 1, text.size - length - 1};
  }
  parts[2] = text;
  return is_name(parts[0]);
}

static bw_status read_named_key(bwi_note_key *out, const char *name, const uint8_t id[ID_BYTES],
                                bwi_bytes raw, bw_error *err) {
  bwi_key *key = NULL;
  bwi_note_key made = {0};
  if (raw.size != 1 + BWI_ED25519_BYTES || raw.data[0] != ED25519)
    return BW_FAIL(err, BW_EFORMAT, "the key of a log must be Ed25519 (signature type 1)");
  BW_TRY(bwi_key_from_ed25519(&key, raw.data + 1, err));
  BW_TRY(bwi_note_key_create(&made, name, key, err));
  if (memcmp(made.id, id, ID_BYTES) != 0) {
    bwi_note_key_clear(&made);
    return BW_FAIL(err, BW_EFORMAT, "the key's digest is not the one written before it");
  }
  *out = made;
  return BW_OK;
}

bw_status bwi_note_key_read(bwi_note_key *out, bwi_bytes text, bw_error *err) {
  bwi_bytes parts[3], raw = {0};
  uint8_t id[ID_BYTES];
  if (!split_key(parts, text) || !bwi_hex_decode(id, sizeof id, (const char *)parts[1].data, parts[1].size))
    return BW_FAIL(err, BW_EFORMAT,
                   "the key of a log must be a text such as example.org/log+1a2b3c4d+ATY0...");
  char *name = bwi_alloc(parts[0].size + 1, 1);
  if (name == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a key's name");
  memcpy(name, parts[0].data, parts[0].size);
  bw_status status = bwi_base64_decode(&raw, parts[2], BWI_BASE64, err);
  if (status == BW_OK) status = read_named_key(out, name, id, raw, err);
  bwi_free((void *)(uintptr_t)raw.data);
  bwi_free(name);
  return status;
}

bw_status bwi_note_key_write(bwi_buffer *out, const bwi_note_key *key, bw_error *err) {
  uint8_t raw[1 + BWI_ED25519_BYTES] = {ED25519};
  char id[2 * ID_BYTES + 1];
  BW_TRY(bwi_key_ed25519(raw + 1, key->key, err));
  bwi_hex_encode(id, key->id, ID_BYTES);
  bwi_buffer_format(out, "%s+%s+", key->name, id);
  bwi_base64_encode(out, (bwi_bytes){raw, sizeof raw}, BWI_BASE64);
  bwi_buffer_text(out, "\n");
  return out->failed ? BW_FAIL(err, BW_ENOMEM, "no memory for a key's text") : BW_OK;
}

/* ---- signing and checking ---- */

bw_status bwi_note_sign(bwi_buffer *out, bwi_bytes text, const bwi_note_key *key, bw_error *err) {
  bwi_bytes signature = {0};
  bwi_buffer blob = {0};
  if (text.size == 0 || text.data[text.size - 1] != '\n' || check_characters(text, NULL) != BW_OK)
    return BW_FAIL(err, BW_EINVAL, "the text of a note must be lines of UTF-8");
  BW_TRY(bwi_signature_make(&signature, key->key, text, err));
  bwi_buffer_put(&blob, key->id, ID_BYTES);
  bwi_buffer_put(&blob, signature.data, signature.size);
  bwi_buffer_put(out, text.data, text.size);
  bwi_buffer_format(out, "\n%s%s ", dash, key->name);
  bwi_base64_encode(out, (bwi_bytes){(const uint8_t *)blob.data, blob.size}, BWI_BASE64);
  bwi_buffer_text(out, "\n");
  const bool failed = out->failed || blob.failed;
  bwi_free((void *)(uintptr_t)signature.data);
  bwi_buffer_free(&blob);
  return failed ? BW_FAIL(err, BW_ENOMEM, "no memory for a note") : BW_OK;
}

static bool has_name(const bwi_note_signature *signature, const char *name) {
  return signature->name.size == strlen(name) &&
         memcmp(signature->name.data, name, signature->name.size) == 0;
}

/* Signatures of other keys, which may share the name or the id, say nothing; one of this key must hold. */
static bw_status check_signature(bool *found, const bwi_note *note, const bwi_note_signature *signature,
                                 const bwi_note_key *key, bw_error *err) {
  bwi_bytes blob = {0};
  bw_status status = bwi_base64_decode(&blob, signature->base64, BWI_BASE64, err);
  if (status == BW_OK && blob.size > ID_BYTES && memcmp(blob.data, key->id, ID_BYTES) == 0) {
    const bwi_bytes bare = {blob.data + ID_BYTES, blob.size - ID_BYTES};
    *found = true;
    if (!bwi_signature_holds(key->key, note->text, bare))
      status =
          BW_FAIL(err, BW_EUNTRUSTED, "the signature of %s does not hold: the text was changed", key->name);
  }
  bwi_free((void *)(uintptr_t)blob.data);
  return status;
}

bw_status bwi_note_check(const bwi_note *note, const bwi_note_key *key, bw_error *err) {
  bool found = false;
  for (size_t i = 0; i < note->n_signatures; i++)
    if (has_name(&note->signatures[i], key->name))
      BW_TRY(check_signature(&found, note, &note->signatures[i], key, err));
  return found ? BW_OK : BW_FAIL(err, BW_EUNTRUSTED, "no signature by the key of %s", key->name);
}
