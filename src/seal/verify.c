/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/options.h"
#include "seal/compare.h"
#include "seal/measure.h"
#include "seal/seal_paths.h"
#include "seal/trust.h"
#include "seal/verification.h"

/* A bundle on its way to a verdict. */
typedef struct checking {
  const bw_verify_options *options;
  const char *path;
  const char *const *bundles; /* all: none is part of what it seals */
  char *beside;               /* the one there is when none was named */
  bwi_trust trust;
  bw_verification *v;
  bwi_manifest measured; /* kept, for the next bundle has mostly the same serialization */
  bwi_ignore ignore;     /* as measured with */
} checking;

void bw_verify_options_init(bw_verify_options *options, size_t struct_size) {
  const bw_verify_options standard = {.struct_size = struct_size};
  bwi_options_init(options, struct_size, &standard, sizeof standard);
}

static bw_status no_memory(bw_error *err) {
  return BW_FAIL(err, BW_ENOMEM, "no memory to verify");
}

/* ---- what is there ---- */

static bw_status gather_ignored(bwi_ignore *out, const checking *c, const bwi_serialization *how,
                                bw_error *err) {
  BW_TRY(bwi_ignore_standard(out, err));
  for (size_t i = 0; i < how->n_ignore; i++) BW_TRY(bwi_ignore_add(out, how->ignore[i], err));
  for (size_t i = 0; i < c->v->count; i++) BW_TRY(bwi_ignore_file(out, c->path, c->bundles[i], err));
  return BW_OK;
}

static bool same_serialization(const bwi_serialization *a, const bwi_serialization *b) {
  if (a->hash != b->hash || a->shard_bytes != b->shard_bytes || a->allow_symlinks != b->allow_symlinks ||
      a->modes != b->modes || a->n_ignore != b->n_ignore)
    return false;
  for (size_t i = 0; i < a->n_ignore; i++)
    if (strcmp(a->ignore[i], b->ignore[i]) != 0) return false;
  return true;
}

/* Measures as the seal says, unless the last one said the same. */
static bw_status measure(checking *c, const bwi_manifest *sealed, bw_error *err) {
  bwi_ignore ignore = {0};
  bwi_serialization how = sealed->how;
  bw_status status = gather_ignored(&ignore, c, &sealed->how, err);
  how.ignore = ignore.items;
  how.n_ignore = ignore.count;
  if (status == BW_OK && (c->measured.arena == NULL || !same_serialization(&c->measured.how, &how))) {
    bwi_manifest_clear(&c->measured);
    status = bwi_measure(&c->measured, c->path, &how, c->options->threads, c->options->progress, err);
    if (status == BW_OK) {
      bwi_ignore_clear(&c->ignore);
      c->ignore = ignore;
      return BW_OK;
    }
  }
  bwi_ignore_clear(&ignore);
  return status;
}

/* model-signing calls a single file ".", the specification by its name. */
static void name_single(bwi_manifest *sealed, const bwi_manifest *found) {
  const bool single = found->n_files == 1 && strcmp(found->files[0].path, BWI_MANIFEST_WHOLE) == 0;
  if (!single || sealed->n_files != 1 || strchr(sealed->files[0].path, '/') != NULL) return;
  if (strcmp(sealed->files[0].path, sealed->name) == 0) sealed->files[0].path = BWI_MANIFEST_WHOLE;
}

/* A seal that holds says nothing of what it leaves out, so that is told. */
static bw_status keep_ignored(const checking *c, bwi_verified *verified, const bwi_serialization *how,
                              bw_error *err) {
  const char **ignored = bwi_arena_get(c->v->arena, how->n_ignore, sizeof *ignored);
  if (ignored == NULL) return no_memory(err);
  for (size_t i = 0; i < how->n_ignore; i++) {
    if (bwi_ignore_is_standard(how->ignore[i])) continue;
    const char *path = bwi_arena_strdup(c->v->arena, how->ignore[i]);
    if (path == NULL) return no_memory(err);
    ignored[verified->signer.n_ignored++] = path;
  }
  verified->signer.ignored = ignored;
  return BW_OK;
}

static bw_status compare(checking *c, bwi_verified *verified, bwi_bytes statement, bw_error *err) {
  bwi_manifest sealed = {0};
  BW_TRY(bwi_manifest_read(&sealed, statement, err));
  bw_status status = keep_ignored(c, verified, &sealed.how, err);
  if (status == BW_OK) status = measure(c, &sealed, err);
  if (status == BW_OK) {
    name_single(&sealed, &c->measured);
    verified->n_files = sealed.n_files;
    status = bwi_compare(&verified->differences, c->v->arena, &sealed, &c->measured, err);
  }
  bwi_manifest_clear(&sealed);
  return status;
}

/* ---- a bundle ---- */

static bw_status check_signature(checking *c, bwi_verified *verified, const bwi_bundle *bundle,
                                 bw_error *err) {
  bwi_buffer name = {0};
  bw_error why = {0};
  bw_status status = bwi_trust_check(verified->fingerprint, &name, &c->trust, bundle, &why);
  if (status == BW_EUNTRUSTED) {
    verified->signer.problem = bwi_arena_strdup(c->v->arena, why.text);
    status = verified->signer.problem != NULL ? BW_OK : no_memory(err);
  } else if (status == BW_OK) {
    verified->signer.fingerprint = verified->fingerprint;
    verified->signer.name =
        name.failed ? NULL : bwi_arena_strdup(c->v->arena, name.size > 0 ? name.data : "");
    if (verified->signer.name == NULL) status = no_memory(err);
  } else if (err != NULL) {
    *err = why;
  }
  bwi_buffer_free(&name);
  return status;
}

static bw_status check_bundle(checking *c, bwi_verified *verified, const bwi_bundle *bundle, bw_error *err) {
  BW_TRY(check_signature(c, verified, bundle, err));
  if (verified->signer.problem != NULL) return BW_OK;
  if (strcmp(bundle->envelope.type, BWI_DSSE_IN_TOTO) != 0)
    return BW_FAIL(err, BW_EUNSUPPORTED, "the payload is %.80s; known is " BWI_DSSE_IN_TOTO,
                   bundle->envelope.type);
  BW_TRY(compare(c, verified, bundle->envelope.payload, err));
  verified->signer.n_differences = verified->differences.count;
  verified->signer.holds = verified->differences.count == 0;
  return BW_OK;
}

static bw_status check_file(checking *c, size_t i, bw_error *err) {
  bwi_bytes json = {NULL, 0};
  bwi_bundle bundle = {0};
  bwi_verified *verified = &c->v->bundles[i];
  verified->signer.bundle = bwi_arena_strdup(c->v->arena, c->bundles[i]);
  if (verified->signer.bundle == NULL) return no_memory(err);
  BW_TRY(bwi_file_read(&json, c->bundles[i], BWI_BUNDLE_MAX_BYTES, err));
  bw_error why = {0};
  bw_status status = bwi_bundle_read(&bundle, json, &why);
  bwi_free((void *)json.data);
  if (status != BW_OK) return BW_FAIL_AT(err, status, why.offset, "%s: %s", c->bundles[i], why.text);
  status = check_bundle(c, verified, &bundle, err);
  bwi_bundle_clear(&bundle);
  return status;
}

/* ---- all of them ---- */

/* By key, or by identity: one who has two certificates is one. */
static bool same_signer(const bwi_verified *a, const bwi_verified *b) {
  return strcmp(a->fingerprint, b->fingerprint) == 0 || strcmp(a->signer.name, b->signer.name) == 0;
}

/* Nobody counts twice. */
static uint32_t count_signers(const bw_verification *v) {
  uint32_t count = 0;
  for (size_t i = 0; i < v->count; i++) {
    const bwi_verified *b = &v->bundles[i];
    bool counts = b->signer.holds;
    for (size_t k = 0; k < i && counts; k++)
      counts = !v->bundles[k].signer.holds || !same_signer(&v->bundles[k], b);
    count += counts;
  }
  return count;
}

static bw_status make_verdict(checking *c, size_t n_bundles, bw_error *err) {
  bw_verification *v = c->v;
  v->arena = bwi_arena_create(0);
  if (v->arena == NULL) return no_memory(err);
  v->bundles = bwi_arena_get(v->arena, n_bundles, sizeof *v->bundles);
  if (v->bundles == NULL) return no_memory(err);
  v->count = n_bundles;
  v->wanted = c->options->signers != 0 ? c->options->signers : (uint32_t)n_bundles;
  if (v->wanted > n_bundles)
    return BW_FAIL(err, BW_EINVAL, "%u signers are wanted of %zu seals", (unsigned)v->wanted, n_bundles);
  for (size_t i = 0; i < n_bundles; i++) BW_TRY(check_file(c, i, err));
  v->holds = count_signers(v) >= v->wanted;
  return BW_OK;
}

static bw_status run(checking *c, bw_error *err) {
  const bw_verify_options *o = c->options;
  BW_TRY(bwi_trust_open(&c->trust, o, err));
  if (o->n_bundles > 0) {
    c->bundles = o->bundles;
    return make_verdict(c, o->n_bundles, err);
  }
  BW_TRY(bwi_seal_beside(&c->beside, c->path, NULL, err));
  c->bundles = (const char *const *)&c->beside;
  return make_verdict(c, 1, err);
}

bw_status bw_verify(bw_verification **out, const char *path, const bw_verify_options *options,
                    bw_error *err) {
  bw_verify_options own;
  bw_verify_options_init(&own, sizeof own);
  bwi_options_take(&own, sizeof own, options, options->struct_size);
  bw_verification *v = bwi_alloc(1, sizeof *v);
  if (v == NULL) return no_memory(err);
  checking c = {.options = &own, .path = path, .trust = {.options = &own}, .v = v};
  const bw_status status = run(&c, err);
  bwi_trust_clear(&c.trust);
  bwi_manifest_clear(&c.measured);
  bwi_ignore_clear(&c.ignore);
  bwi_free(c.beside);
  if (status == BW_OK)
    *out = v;
  else
    bw_verification_free(v);
  return status;
}
