/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses the layout. A release says which it wrote; a development build only nearly, so for that, and
 * where the release's own does not fit, all layouts are tried and the file must have one meaning. */
#include "format/mlxfn.h"

#include <string.h>

#include "format/mlxfn_parse.h"

bwi_mlxfn_limits bwi_mlxfn_default_limits(void) {
  return (bwi_mlxfn_limits){.max_functions = 64, .max_values = 200000, .max_memory_bytes = (size_t)256 << 20};
}

/* ---- sameness of two parsed forms of the same bytes ---- */

static bool same_state(const bwi_mlxfn_state *a, const bwi_mlxfn_state *b) {
  for (size_t i = 0; i < sizeof a->v / sizeof *a->v; i++)
    if (!bwi_dims_equal(&a->v[i], &b->v[i])) return false;
  return memcmp(a->i, b->i, sizeof a->i) == 0 && memcmp(a->f, b->f, sizeof a->f) == 0 && a->dtype == b->dtype;
}

static bool same_list(const uint32_t *a, uint32_t n_a, const uint32_t *b, uint32_t n_b) {
  return n_a == n_b && (n_a == 0 || memcmp(a, b, n_a * sizeof *a) == 0);
}

static bool same_value(const bwi_mlxfn_value *a, const bwi_mlxfn_value *b) {
  if (a->kind != b->kind || a->array.dtype != b->array.dtype ||
      !bwi_dims_equal(&a->array.shape, &b->array.shape))
    return false;
  if (a->data.data != b->data.data || a->data.size != b->data.size) return false;
  if (a->output != b->output || a->n_outputs != b->n_outputs || a->first_output != b->first_output)
    return false;
  if (a->kind != BWI_MLXFN_PRIMITIVE) return true;
  return strcmp(a->primitive, b->primitive) == 0 && same_state(&a->state, &b->state) &&
         same_list(a->operands, a->n_operands, b->operands, b->n_operands);
}

static bool same_function(const bwi_mlxfn_function *a, const bwi_mlxfn_function *b) {
  if (a->n_keywords != b->n_keywords || a->n_inputs != b->n_inputs || a->n_values != b->n_values)
    return false;
  for (uint32_t i = 0; i < a->n_keywords; i++)
    if (strcmp(a->keywords[i], b->keywords[i]) != 0) return false;
  for (uint32_t i = 0; i < a->n_values; i++)
    if (!same_value(&a->values[i], &b->values[i])) return false;
  return same_list(a->outputs, a->n_outputs, b->outputs, b->n_outputs);
}

static bool same_file(const bwi_mlxfn *a, const bwi_mlxfn *b) {
  if (a->n_functions != b->n_functions || strcmp(a->metadata, b->metadata) != 0) return false;
  for (uint32_t i = 0; i < a->n_functions; i++)
    if (!same_function(&a->functions[i], &b->functions[i])) return false;
  return true;
}

/* ---- candidates ---- */

typedef struct search {
  bwi_bytes bytes;
  const bwi_mlxfn_limits *limits;
  bwi_mlxfn_accept accept;
  void *payload;
} search;

static bw_status try_layout(bwi_mlxfn **out, const search *s, bwi_mlxfn_layout layout, bw_error *err) {
  bwi_mlxfn *candidate = NULL;
  BW_TRY(bwi_mlxfn_parse(&candidate, s->bytes, layout, s->limits, err));
  const bw_status status = s->accept == NULL ? BW_OK : s->accept(s->payload, candidate, err);
  if (status == BW_OK)
    *out = candidate;
  else
    bwi_mlxfn_free(candidate);
  return status;
}

/* Adds what the layouts other than `named` make of the file to *found, which may be NULL. BW_EFORMAT if
 * there are two meanings. */
static bw_status try_others(bwi_mlxfn **found, const search *s, bwi_mlxfn_layout named, bw_error *err) {
  for (int k = 0; k < BWI_MLXFN_LAYOUT_COUNT; k++) {
    const bwi_mlxfn_layout layout = (bwi_mlxfn_layout)k;
    bwi_mlxfn *other = NULL;
    if (layout == named) continue;
    bw_error unused = {BW_OK, BW_NO_OFFSET, ""};
    const bw_status status = try_layout(&other, s, layout, &unused);
    if (status == BW_ENOMEM)
      return BW_FAIL(err, BW_ENOMEM, "no memory to try another layout of the .mlxfn file");
    if (status != BW_OK) continue;
    if (*found == NULL) {
      *found = other;
      continue;
    }
    const bool same = same_file(*found, other);
    bwi_mlxfn_free(other);
    if (!same)
      return BW_FAIL_AT(
          err, BW_EFORMAT, 0,
          "ambiguous: the file means one thing if MLX %s wrote it and another if %s did; its version %s "
          "does not decide",
          (*found)->layout, bwi_mlxfn_layout_name(layout), (*found)->version);
  }
  return BW_OK;
}

bw_status bwi_mlxfn_read(bwi_mlxfn **out, bwi_bytes bytes, const bwi_mlxfn_limits *limits,
                         bwi_mlxfn_accept accept, void *payload, bw_error *err) {
  const bwi_mlxfn_limits defaults = bwi_mlxfn_default_limits();
  const search s = {bytes, limits == NULL ? &defaults : limits, accept, payload};
  char version[BWI_MLXFN_VERSION_BYTES];
  bwi_cursor c = bwi_cursor_over(bytes, err);
  bwi_mlxfn_read_version(&c, version, sizeof version);
  if (c.status != BW_OK) return c.status;

  bwi_mlxfn_layout named = BWI_MLXFN_0_22_0;
  const bool is_release = bwi_mlxfn_layout_of(version, &named);
  bwi_mlxfn *found = NULL;
  bw_error why = {BW_OK, BW_NO_OFFSET, ""};
  bw_status status = try_layout(&found, &s, named, &why);
  if (status != BW_ENOMEM && !(status == BW_OK && is_release)) {
    const bw_status others = try_others(&found, &s, named, err);
    if (others != BW_OK) {
      bwi_mlxfn_free(found);
      return others;
    }
  }
  if (found == NULL) {
    if (err != NULL) *err = why;
    return status;
  }
  *out = found;
  return BW_OK;
}
