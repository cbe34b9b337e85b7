/* SPDX-License-Identifier: Apache-2.0 */
#include <bulwark/seal.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/path.h"
#include "seal/bundle.h"
#include "seal/measure.h"
#include "seal/seal_paths.h"

enum { CHAIN_MAX_BYTES = 1 << 20 };

typedef struct sealing {
  const bw_seal_options *options;
  char *output;
  bwi_ignore ignore;
  bwi_key *key;
  bwi_manifest manifest;
  bwi_buffer statement, text;
  bwi_bundle bundle;
} sealing;

void bw_seal_options_init(bw_seal_options *options, size_t struct_size) {
  const bw_seal_options standard = {.struct_size = struct_size, .passphrase_fd = -1};
  bwi_options_init(options, struct_size, &standard, sizeof standard);
}

/* ---- the signer ---- */

static bw_status read_chain(bwi_certificates **out, const char *path, bw_error *err) {
  bwi_bytes pem = {NULL, 0};
  bw_error why;
  BW_TRY(bwi_file_read(&pem, path, CHAIN_MAX_BYTES, err));
  const bw_status status = bwi_certificates_read(out, pem, &why);
  bwi_free((void *)pem.data);
  return status == BW_OK ? BW_OK : BW_FAIL(err, status, "%s: %s", path, why.text);
}

static bw_status check_chain(const sealing *s, const char *path, bw_error *err) {
  bwi_key *certified = NULL;
  BW_TRY(bwi_certificate_key(&certified, s->bundle.chain, 0, err));
  const bool same = bwi_key_same(certified, s->key);
  bwi_key_free(certified);
  return same ? BW_OK
              : BW_FAIL(err, BW_EINVAL, "the first certificate of %s is not of the key that signs", path);
}

static bw_status open_signer(sealing *s, bw_error *err) {
  const bw_seal_options *o = s->options;
  if (o->key_path == NULL) return BW_FAIL(err, BW_EINVAL, "a private key is needed to seal");
  BW_TRY(bwi_key_read_private(&s->key, o->key_path, o->passphrase_fd, err));
  BW_TRY(bwi_key_fingerprint(s->bundle.hint, s->key, err));
  if (o->certificate_path == NULL) return BW_OK;
  BW_TRY(read_chain(&s->bundle.chain, o->certificate_path, err));
  return check_chain(s, o->certificate_path, err);
}

/* ---- the statement ---- */

static bw_status check_measured(const bwi_manifest *m, bw_error *err) {
  if (m->n_odd > 0)
    return BW_FAIL(err, BW_EINVAL, "%s is %s; it cannot be sealed%s", m->odd[0].path,
                   m->odd[0].kind == BWI_WALK_SYMLINK ? "a symlink" : "a device, pipe or socket",
                   m->odd[0].kind == BWI_WALK_SYMLINK && !m->how.allow_symlinks
                       ? ", unless symlinks to files are allowed"
                       : "");
  if (m->n_files == 0) return BW_FAIL(err, BW_EINVAL, "there are no files to seal");
  return BW_OK;
}

static bw_status make_statement(sealing *s, const char *path, bw_error *err) {
  const bw_seal_options *o = s->options;
  const bwi_serialization how = {.hash = o->blake2b ? BWI_BLAKE2B : BWI_SHA256,
                                 .shard_bytes = o->shard_bytes,
                                 .allow_symlinks = o->allow_symlinks,
                                 .modes = o->modes,
                                 .ignore = s->ignore.items,
                                 .n_ignore = s->ignore.count};
  BW_TRY(bwi_measure(&s->manifest, path, &how, o->threads, o->progress, err));
  BW_TRY(check_measured(&s->manifest, err));
  return bwi_manifest_write(&s->statement, &s->manifest, err);
}

/* ---- all of it ---- */

static bw_status run(sealing *s, const char *path, bw_error *err) {
  const bw_seal_options *o = s->options;
  BW_TRY(bwi_seal_beside(&s->output, path, o->output_path, err));
  BW_TRY(bwi_ignore_standard(&s->ignore, err));
  for (size_t i = 0; i < o->n_ignore; i++) BW_TRY(bwi_ignore_add(&s->ignore, o->ignore[i], err));
  BW_TRY(bwi_ignore_file(&s->ignore, path, s->output, err));
  BW_TRY(open_signer(s, err));
  BW_TRY(make_statement(s, path, err));
  const bwi_bytes payload = {(const uint8_t *)s->statement.data, s->statement.size};
  BW_TRY(bwi_envelope_sign(&s->bundle.envelope, BWI_DSSE_IN_TOTO, payload, s->key, err));
  BW_TRY(bwi_bundle_write(&s->text, &s->bundle, err));
  return bwi_file_write(s->output, s->text.data, s->text.size, err);
}

bw_status bw_seal(bw_sealed *out, const char *path, const bw_seal_options *options, bw_error *err) {
  bw_seal_options own;
  bw_seal_options_init(&own, sizeof own);
  bwi_options_take(&own, sizeof own, options, options->struct_size);
  sealing s = {.options = &own};
  const bw_status status = run(&s, path, err);
  if (status == BW_OK && out != NULL) {
    out->n_files = s.manifest.n_files;
    bwi_hex_encode(out->root, s.manifest.root, sizeof s.manifest.root);
    memcpy(out->fingerprint, s.bundle.hint, sizeof out->fingerprint);
  }
  bwi_free(s.output);
  bwi_ignore_clear(&s.ignore);
  bwi_key_free(s.key);
  bwi_manifest_clear(&s.manifest);
  bwi_buffer_free(&s.statement);
  bwi_buffer_free(&s.text);
  bwi_bundle_clear(&s.bundle);
  return status;
}
