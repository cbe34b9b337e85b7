/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/trust.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/memory.h"

enum { FILE_MAX_BYTES = 1 << 20 }; /* of keys, certificates and revocations */

/* ---- what is trusted ---- */

static bw_status no_memory(bw_error *err) {
  return BW_FAIL(err, BW_ENOMEM, "no memory for what is trusted");
}

/* Puts the file's name before what is wrong with its bytes. */
static bw_status name_file(bw_status status, const char *path, const bw_error *why, bw_error *err) {
  return status == BW_OK ? BW_OK : BW_FAIL(err, status, "%s: %s", path, why->text);
}

static bw_status read_key(bwi_key **out, const char *path, bw_error *err) {
  bwi_bytes pem = {NULL, 0};
  bw_error why;
  BW_TRY(bwi_file_read(&pem, path, FILE_MAX_BYTES, err));
  const bw_status status = bwi_key_read_public(out, pem, &why);
  bwi_free((void *)pem.data);
  return name_file(status, path, &why, err);
}

static bw_status read_roots(bwi_trust *t, const char *path, bw_error *err) {
  bwi_bytes pem = {NULL, 0};
  bw_error why;
  BW_TRY(bwi_file_read(&pem, path, FILE_MAX_BYTES, err));
  const bw_status status = bwi_certificates_read(&t->roots, pem, &why);
  bwi_free((void *)pem.data);
  return name_file(status, path, &why, err);
}

/* A line: 64 hexadecimal digits, then what the owner wants to say about it; or nothing, or '#' and anything.
 */
static bw_status read_line(bwi_trust *t, const char *line, size_t size, size_t number, const char *path,
                           bw_error *err) {
  uint8_t digest[32];
  if (size == 0 || line[0] == '#') return BW_OK;
  const bool whole = size >= 64 && (size == 64 || line[64] == ' ' || line[64] == '\t' || line[64] == '\r');
  if (!whole || !bwi_hex_decode(digest, sizeof digest, line, 64))
    return BW_FAIL(err, BW_EFORMAT, "%s: line %zu must begin with a fingerprint, 64 hexadecimal digits", path,
                   number);
  bwi_hex_encode(t->revoked[t->n_revoked++], digest, sizeof digest);
  return BW_OK;
}

static bw_status read_lines(bwi_trust *t, bwi_bytes text, const char *path, bw_error *err) {
  size_t n_lines = 1;
  for (size_t i = 0; i < text.size; i++) n_lines += text.data[i] == '\n';
  t->revoked = bwi_alloc(n_lines, sizeof *t->revoked);
  if (t->revoked == NULL) return no_memory(err);
  const char *at = (const char *)text.data;
  for (size_t left = text.size, number = 1; left > 0; number++) {
    const char *end = memchr(at, '\n', left);
    const size_t size = end != NULL ? (size_t)(end - at) : left, taken = size + (end != NULL);
    BW_TRY(read_line(t, at, size, number, path, err));
    at += taken;
    left -= taken;
  }
  return BW_OK;
}

static bw_status read_revoked(bwi_trust *t, const char *path, bw_error *err) {
  bwi_bytes text = {NULL, 0};
  BW_TRY(bwi_file_read(&text, path, FILE_MAX_BYTES, err));
  const bw_status status = read_lines(t, text, path, err);
  bwi_free((void *)text.data);
  return status;
}

static bw_status check_options(const bw_verify_options *o, bw_error *err) {
  if (o->n_keys == 0 && o->root_path == NULL)
    return BW_FAIL(err, BW_EINVAL,
                   "nobody is trusted: a public key, or a root certificate and an identity, is needed");
  if (o->root_path != NULL && o->n_identities == 0)
    return BW_FAIL(err, BW_EINVAL,
                   "a root certificate without an identity would trust whomever it has certified");
  if (o->root_path == NULL && o->n_identities > 0)
    return BW_FAIL(err, BW_EINVAL, "an identity needs the root certificate that vouches for it");
  return BW_OK;
}

static bw_status open_files(bwi_trust *t, bw_error *err) {
  const bw_verify_options *o = t->options;
  BW_TRY(check_options(o, err));
  t->keys = bwi_alloc(o->n_keys, sizeof *t->keys);
  if (t->keys == NULL) return no_memory(err);
  for (size_t i = 0; i < o->n_keys; i++) BW_TRY(read_key(&t->keys[i], o->keys[i], err));
  if (o->root_path != NULL) BW_TRY(read_roots(t, o->root_path, err));
  if (o->revoked_path != NULL) BW_TRY(read_revoked(t, o->revoked_path, err));
  return BW_OK;
}

bw_status bwi_trust_open(bwi_trust *out, const bw_verify_options *options, bw_error *err) {
  bwi_trust t = {.options = options, .time = options->time != 0 ? options->time : (int64_t)time(NULL)};
  const bw_status status = open_files(&t, err);
  if (status == BW_OK)
    *out = t;
  else
    bwi_trust_clear(&t);
  return status;
}

void bwi_trust_clear(bwi_trust *trust) {
  for (size_t i = 0; i < trust->options->n_keys && trust->keys != NULL; i++) bwi_key_free(trust->keys[i]);
  bwi_free(trust->keys);
  bwi_certificates_free(trust->roots);
  bwi_free(trust->revoked);
  trust->keys = NULL;
  trust->roots = NULL;
  trust->revoked = NULL;
}

/* ---- who signed ---- */

static bw_status check_revoked(const bwi_trust *t, const char *fingerprint, const char *what, bw_error *err) {
  for (size_t i = 0; i < t->n_revoked; i++)
    if (strcmp(t->revoked[i], fingerprint) == 0)
      return BW_FAIL(err, BW_EUNTRUSTED, "the %s %.16s... is revoked", what, fingerprint);
  return BW_OK;
}

/* A hint only chooses the key; without one each is tried. */
static bw_status check_key(char fingerprint[BWI_FINGERPRINT_BYTES], bwi_buffer *name, const bwi_trust *t,
                           const bwi_bundle *b, bw_error *err) {
  bool hinted = false;
  for (size_t i = 0; i < t->options->n_keys; i++) {
    BW_TRY(bwi_key_fingerprint(fingerprint, t->keys[i], err));
    if (b->hint[0] != '\0' && strcmp(b->hint, fingerprint) != 0) continue;
    hinted = true;
    bool holds = false;
    BW_TRY(bwi_envelope_check(&holds, &b->envelope, t->keys[i], err));
    if (!holds) continue;
    bwi_buffer_text(name, t->options->keys[i]);
    return check_revoked(t, fingerprint, "key", err);
  }
  if (hinted)
    return BW_FAIL(err, BW_EUNTRUSTED,
                   "the signature does not hold: the seal was altered, or made by another key");
  return BW_FAIL(err, BW_EUNTRUSTED, "signed by the key %.16s..., which is not trusted", b->hint);
}

/* The first trusted identity that the certificate is for; NULL: none. */
static const char *identity_of(const bwi_trust *t, const bwi_certificates *chain) {
  for (size_t i = 0; i < t->options->n_identities; i++)
    if (bwi_certificate_has_name(chain, t->options->identities[i])) return t->options->identities[i];
  return NULL;
}

/* Says who it is instead. */
static bw_status fail_identity(const bwi_certificates *chain, bw_error *err) {
  bwi_buffer names = {0};
  bwi_certificate_names(&names, chain);
  const bw_status status = names.failed ? no_memory(err)
                                        : BW_FAIL(err, BW_EUNTRUSTED, "signed by %.150s, who is not trusted",
                                                  names.size > 0 ? names.data : "nobody");
  bwi_buffer_free(&names);
  return status;
}

static bw_status check_chain_revoked(const bwi_trust *t, const bwi_certificates *chain, bw_error *err) {
  char fingerprint[BWI_FINGERPRINT_BYTES];
  for (size_t i = 0; i < bwi_certificates_count(chain); i++) {
    bwi_key *key = NULL;
    BW_TRY(bwi_certificate_fingerprint(fingerprint, chain, i, err));
    BW_TRY(check_revoked(t, fingerprint, "certificate", err));
    /* An issuer may have a key of a kind that signs no bundle. */
    if (bwi_certificate_key(&key, chain, i, NULL) != BW_OK) continue;
    const bw_status status = bwi_key_fingerprint(fingerprint, key, err);
    bwi_key_free(key);
    BW_TRY(status);
    BW_TRY(check_revoked(t, fingerprint, "key", err));
  }
  return BW_OK;
}

static bw_status check_chain(char fingerprint[BWI_FINGERPRINT_BYTES], bwi_buffer *name, const bwi_trust *t,
                             const bwi_bundle *b, bw_error *err) {
  bwi_key *key = NULL;
  bool holds = false;
  if (t->roots == NULL)
    return BW_FAIL(err, BW_EUNTRUSTED, "signed with a certificate, and no root is trusted");
  BW_TRY(bwi_certificates_check(b->chain, t->roots, t->time, err));
  const char *identity = identity_of(t, b->chain);
  if (identity == NULL) return fail_identity(b->chain, err);
  bwi_buffer_text(name, identity);
  BW_TRY(check_chain_revoked(t, b->chain, err));
  bw_status status = bwi_certificate_key(&key, b->chain, 0, err);
  if (status != BW_OK) return status;
  status = bwi_key_fingerprint(fingerprint, key, err);
  if (status == BW_OK) status = bwi_envelope_check(&holds, &b->envelope, key, err);
  if (status == BW_OK && !holds)
    status = BW_FAIL(err, BW_EUNTRUSTED,
                     "the signature does not hold: the seal was altered, or made by another key");
  bwi_key_free(key);
  return status;
}

bw_status bwi_trust_check(char fingerprint[BWI_FINGERPRINT_BYTES], bwi_buffer *name, const bwi_trust *trust,
                          const bwi_bundle *bundle, bw_error *err) {
  return bundle->chain == NULL ? check_key(fingerprint, name, trust, bundle, err)
                               : check_chain(fingerprint, name, trust, bundle, err);
}
