/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/verification.h"

#include <inttypes.h>

#include "base/json.h"

void bw_verification_free(bw_verification *verification) {
  if (verification == NULL) return;
  bwi_arena_free(verification->arena);
  bwi_free(verification);
}

bool bw_verification_holds(const bw_verification *verification) {
  return verification->holds;
}
uint32_t bw_verification_signers_wanted(const bw_verification *verification) {
  return verification->wanted;
}
size_t bw_verification_count(const bw_verification *verification) {
  return verification->count;
}
const bw_seal_signer *bw_verification_signer(const bw_verification *verification, size_t bundle) {
  return &verification->bundles[bundle].signer;
}
const bw_difference *bw_verification_difference(const bw_verification *verification, size_t bundle,
                                                uint64_t i) {
  return &verification->bundles[bundle].differences.items[i];
}

uint64_t bw_verification_files(const bw_verification *verification) {
  for (size_t i = 0; i < verification->count; i++)
    if (verification->bundles[i].signer.holds) return verification->bundles[i].n_files;
  return 0;
}

/* ---- for people ---- */

static const char *const kind_names[] = {
    [BW_DIFFERENCE_CHANGED] = "changed", [BW_DIFFERENCE_MISSING] = "missing",
    [BW_DIFFERENCE_ADDED] = "added",     [BW_DIFFERENCE_RENAMED] = "renamed",
    [BW_DIFFERENCE_SWAPPED] = "swapped", [BW_DIFFERENCE_SYMLINK] = "symlink",
    [BW_DIFFERENCE_SPECIAL] = "special", [BW_DIFFERENCE_MODE] = "mode"};

static void put_difference(bwi_buffer *out, const bw_difference *d) {
  bwi_buffer_format(out, "  %-8s ", kind_names[d->kind]);
  bwi_buffer_plain(out, d->path);
  if (d->other != NULL) {
    bwi_buffer_text(out, d->kind == BW_DIFFERENCE_RENAMED ? " -> " : " <-> ");
    bwi_buffer_plain(out, d->other);
  }
  bwi_buffer_text(out, "\n");
  if (d->expected != NULL) bwi_buffer_format(out, "           expected %s\n", d->expected);
  if (d->found != NULL) bwi_buffer_format(out, "           found    %s\n", d->found);
}

static void put_bundle(bwi_buffer *out, const bwi_verified *b) {
  const bw_seal_signer *s = &b->signer;
  bwi_buffer_text(out, s->holds ? "holds " : "FAILS ");
  bwi_buffer_plain(out, s->bundle);
  bwi_buffer_text(out, s->problem != NULL ? ": " : ", sealed by ");
  bwi_buffer_plain(out, s->problem != NULL ? s->problem : s->name);
  if (s->problem == NULL)
    bwi_buffer_format(out, " (%.16s...), %" PRIu64 " files", s->fingerprint, b->n_files);
  if (s->n_differences > 0) bwi_buffer_format(out, ", %" PRIu64 " differences:", s->n_differences);
  bwi_buffer_text(out, "\n");
  for (size_t i = 0; i < s->n_ignored; i++) {
    bwi_buffer_text(out, "  left out ");
    bwi_buffer_plain(out, s->ignored[i]);
    bwi_buffer_text(out, "\n");
  }
  for (size_t i = 0; i < b->differences.count; i++) put_difference(out, &b->differences.items[i]);
}

static void put_text(bwi_buffer *out, const bw_verification *v) {
  for (size_t i = 0; i < v->count; i++) put_bundle(out, &v->bundles[i]);
  if (v->count == 1) return;
  bwi_buffer_format(out, "%s: %" PRIu32 " different signers are wanted\n", v->holds ? "holds" : "FAILS",
                    v->wanted);
}

/* ---- JSON ---- */

static void json_difference(bwi_json_writer *w, const bw_difference *d) {
  bwi_json_open(w, '{');
  bwi_json_text(w, "kind", kind_names[d->kind]);
  bwi_json_text(w, "path", d->path);
  bwi_json_text(w, "other", d->other);
  bwi_json_text(w, "expected", d->expected);
  bwi_json_text(w, "found", d->found);
  bwi_json_close(w, '}');
}

static void json_bundle(bwi_json_writer *w, const bwi_verified *b) {
  bwi_json_open(w, '{');
  bwi_json_text(w, "bundle", b->signer.bundle);
  bwi_json_key(w, "holds");
  bwi_json_bool(w, b->signer.holds);
  bwi_json_text(w, "problem", b->signer.problem);
  bwi_json_text(w, "signer", b->signer.name);
  bwi_json_text(w, "fingerprint", b->signer.fingerprint);
  if (b->signer.problem == NULL) {
    bwi_json_key(w, "files");
    bwi_json_int(w, (int64_t)b->n_files);
    bwi_json_key(w, "ignored");
    bwi_json_open(w, '[');
    for (size_t i = 0; i < b->signer.n_ignored; i++) bwi_json_string(w, b->signer.ignored[i]);
    bwi_json_close(w, ']');
  }
  bwi_json_key(w, "differences");
  bwi_json_open(w, '[');
  for (size_t i = 0; i < b->differences.count; i++) json_difference(w, &b->differences.items[i]);
  bwi_json_close(w, ']');
  bwi_json_close(w, '}');
}

static void put_json(bwi_buffer *out, const bw_verification *v) {
  bwi_json_writer w = {.out = out};
  bwi_json_open(&w, '{');
  bwi_json_key(&w, "holds");
  bwi_json_bool(&w, v->holds);
  bwi_json_key(&w, "signers_wanted");
  bwi_json_int(&w, v->wanted);
  bwi_json_key(&w, "bundles");
  bwi_json_open(&w, '[');
  for (size_t i = 0; i < v->count; i++) json_bundle(&w, &v->bundles[i]);
  bwi_json_close(&w, ']');
  bwi_json_close(&w, '}');
  bwi_buffer_text(out, "\n");
}

bw_status bw_verification_text(char **text, const bw_verification *verification, bool json, bw_error *err) {
  bwi_buffer out = {0};
  if (json)
    put_json(&out, verification);
  else
    put_text(&out, verification);
  if (out.failed) {
    bwi_buffer_free(&out);
    return BW_FAIL(err, BW_ENOMEM, "no memory for a report");
  }
  *text = out.data;
  return BW_OK;
}
