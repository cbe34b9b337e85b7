/* SPDX-License-Identifier: Apache-2.0 */
#include "age/age_keys.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "age/bech32.h"
#include "base/file.h"
#include "base/memory.h"
#include "crypto/random.h"
#include "crypto/secret.h"

#define RECIPIENT_PREFIX "age"
#define IDENTITY_PREFIX "age-secret-key-"
#define MOST_FILE_BYTES ((size_t)32 << 10)
#define COUNT_CHARACTERS(text) (sizeof(text) - 1)

_Static_assert(BWI_BECH32_CHARACTERS(COUNT_CHARACTERS(RECIPIENT_PREFIX), BWI_X25519_BYTES) <
                   BW_AGE_RECIPIENT_BYTES,
               "the text of a recipient fits");

bw_status bw_age_keys_create(bw_age_keys **out, bw_error *err) {
  bw_age_keys *keys = bwi_alloc(1, sizeof *keys);
  if (keys == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for keys");
  *out = keys;
  return BW_OK;
}

void bw_age_keys_free(bw_age_keys *keys) {
  if (keys == NULL) return;
  for (bwi_age_identity *identity = keys->identities; identity != NULL;) {
    bwi_age_identity *next = identity->next;
    bwi_secret_free(identity);
    identity = next;
  }
  bwi_secret_free(keys->passphrase);
  bwi_free(keys->recipients);
  bwi_free(keys);
}

/* ---- parsing ---- */

static bool starts_with(bwi_bytes text, const char *start) {
  const size_t size = strlen(start);
  return text.size >= size && memcmp(text.data, start, size) == 0;
}

bw_status bwi_age_recipient_parse(uint8_t out[BWI_X25519_BYTES], bwi_bytes text, bw_error *err) {
  const size_t start = COUNT_CHARACTERS(RECIPIENT_PREFIX) + 1;
  if (starts_with(text, "ssh-") || starts_with(text, "age1pq1") || starts_with(text, "age1tag"))
    return BW_FAIL(err, BW_EUNSUPPORTED, "only X25519 recipients (age1...) are supported");
  /* The data of bech32 has no digit 1: a second one belongs to the name of a plugin. */
  if (starts_with(text, RECIPIENT_PREFIX "1") && memchr(text.data + start, '1', text.size - start) != NULL)
    return BW_FAIL(err, BW_EUNSUPPORTED, "recipients of plugins are not supported, only X25519 (age1...)");
  return bwi_bech32_decode(out, BWI_X25519_BYTES, RECIPIENT_PREFIX, text, err);
}

bw_status bwi_age_identity_parse(uint8_t out[BWI_X25519_BYTES], bwi_bytes text, bw_error *err) {
  if (starts_with(text, "AGE-PLUGIN-") || starts_with(text, "AGE-SECRET-KEY-PQ-"))
    return BW_FAIL(err, BW_EUNSUPPORTED, "only X25519 identities (AGE-SECRET-KEY-1...) are supported");
  if (starts_with(text, "-----BEGIN") || starts_with(text, "age-encryption.org/"))
    return BW_FAIL(err, BW_EUNSUPPORTED,
                   "not a plain identity file (AGE-SECRET-KEY-1...); decrypt an encrypted one first");
  return bwi_bech32_decode(out, BWI_X25519_BYTES, IDENTITY_PREFIX, text, err);
}

/* ---- adding ---- */

static bw_status add_recipient(bw_age_keys *keys, bwi_bytes text, bw_error *err) {
  uint8_t recipient[BWI_X25519_BYTES];
  BW_TRY(bwi_age_recipient_parse(recipient, text, err));
  const size_t n = keys->n_recipients;
  void *grown = bwi_realloc(keys->recipients, n, n + 1, sizeof recipient);
  if (grown == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a recipient");
  keys->recipients = grown;
  memcpy(keys->recipients[keys->n_recipients++], recipient, sizeof recipient);
  return BW_OK;
}

static bw_status add_identity(bw_age_keys *keys, bwi_bytes text, bw_error *err) {
  bwi_age_identity *identity = bwi_secret_alloc(sizeof *identity);
  if (identity == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory that can be locked");
  bw_status status = bwi_age_identity_parse(identity->secret, text, err);
  if (status == BW_OK) status = bwi_x25519_public(identity->recipient, identity->secret, err);
  if (status != BW_OK) {
    bwi_secret_free(identity);
    return status;
  }
  identity->next = keys->identities;
  keys->identities = identity;
  return BW_OK;
}

bw_status bw_age_keys_add_recipient(bw_age_keys *keys, const char *text, bw_error *err) {
  return add_recipient(keys, (bwi_bytes){(const uint8_t *)text, strlen(text)}, err);
}

/* ---- files with a key a line ---- */

typedef bw_status (*add_fn)(bw_age_keys *keys, bwi_bytes text, bw_error *err);

static bwi_bytes trim(bwi_bytes line) {
  while (line.size > 0 && isspace(line.data[line.size - 1]) != 0) line.size--;
  return line;
}

static bw_status add_lines(bw_age_keys *keys, bwi_bytes text, const char *path, add_fn add, bw_error *err) {
  size_t n_keys = 0;
  for (size_t at = 0, number = 1; at < text.size; number++) {
    const uint8_t *end = memchr(text.data + at, '\n', text.size - at);
    const size_t size = end != NULL ? (size_t)(end - text.data) - at : text.size - at;
    const bwi_bytes line = trim((bwi_bytes){text.data + at, size});
    at += size + 1;
    if (line.size == 0 || line.data[0] == '#') continue;
    bw_error why = {.status = BW_OK};
    const bw_status status = add(keys, line, &why);
    if (status != BW_OK) return BW_FAIL(err, status, "%s, line %zu: %s", path, number, why.text);
    n_keys++;
  }
  return n_keys > 0 ? BW_OK : BW_FAIL(err, BW_EFORMAT, "%s holds no key", path);
}

static bw_status add_file(bw_age_keys *keys, const char *path, add_fn add, bw_error *err) {
  size_t size = 0;
  uint8_t *text = bwi_secret_alloc(MOST_FILE_BYTES);
  if (text == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory that can be locked");
  bw_status status = bwi_file_read_into(text, MOST_FILE_BYTES, &size, path, err);
  if (status == BW_OK) status = add_lines(keys, (bwi_bytes){text, size}, path, add, err);
  bwi_secret_free(text);
  return status;
}

bw_status bw_age_keys_add_recipients(bw_age_keys *keys, const char *path, bw_error *err) {
  return add_file(keys, path, add_recipient, err);
}

bw_status bw_age_keys_add_identities(bw_age_keys *keys, const char *path, bw_error *err) {
  return add_file(keys, path, add_identity, err);
}

bw_status bw_age_keys_read_passphrase(bw_age_keys *keys, int descriptor, bool confirm, bw_error *err) {
  char *passphrase = NULL;
  size_t size = 0;
  BW_TRY(bwi_secret_read_passphrase(&passphrase, &size, descriptor, confirm, err));
  bwi_secret_free(keys->passphrase);
  keys->passphrase = passphrase;
  keys->passphrase_bytes = size;
  return BW_OK;
}

/* ---- a new identity ---- */

typedef struct identity_text {
  uint8_t secret[BWI_X25519_BYTES];
  char text[BWI_BECH32_CHARACTERS(COUNT_CHARACTERS(IDENTITY_PREFIX), BWI_X25519_BYTES) + 1];
  char file[256];
} identity_text;

static bw_status make_identity(identity_text *t, char recipient[BW_AGE_RECIPIENT_BYTES], bw_error *err) {
  uint8_t public[BWI_X25519_BYTES];
  BW_TRY(bwi_random_bytes(t->secret, sizeof t->secret, err));
  BW_TRY(bwi_x25519_public(public, t->secret, err));
  bwi_bech32_encode(recipient, RECIPIENT_PREFIX, (bwi_bytes){public, sizeof public});
  bwi_bech32_encode(t->text, IDENTITY_PREFIX, (bwi_bytes){t->secret, sizeof t->secret});
  for (char *c = t->text; *c != '\0'; c++) *c = (char)toupper((unsigned char)*c);
  (void)snprintf(t->file, sizeof t->file, "# public key: %s\n%s\n", recipient, t->text);
  return BW_OK;
}

bw_status bw_age_new_identity(const char *path, char recipient[BW_AGE_RECIPIENT_BYTES], bw_error *err) {
  char text[BW_AGE_RECIPIENT_BYTES];
  identity_text *t = bwi_secret_alloc(sizeof *t);
  if (t == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory that can be locked");
  bw_status status = make_identity(t, text, err);
  if (status == BW_OK) status = bwi_file_create_private(path, t->file, strlen(t->file), err);
  if (status == BW_OK) memcpy(recipient, text, sizeof text);
  bwi_secret_free(t);
  return status;
}
