/* SPDX-License-Identifier: Apache-2.0 */
/* A model file's description, as lines for people or as JSON. */
#include <inttypes.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"
#include "model/info.h"

/* CustomKernel, the one primitive that carries code, is refused while reading. */
#define EXECUTABLE "nothing in the file is code; the primitives above are interpreted"

/* --- for people --- */

/* Text from a file is shown without what a terminal would take for a command. */
static void write_foreign(bwi_buffer *b, const char *text) {
  for (const char *c = text; *c != '\0'; c++) bwi_buffer_put(b, *c >= ' ' && *c <= '~' ? c : "?", 1);
}

static void write_array(bwi_buffer *b, const char *what, const bwi_mlxfn_array *a, const char *keyword) {
  char shape[64];
  bwi_buffer_format(b, "  %-12s%s %s", what, bw_dtype_name(a->dtype),
                    bwi_dims_text(shape, sizeof shape, &a->shape));
  if (keyword != NULL) {
    bwi_buffer_text(b, "  keyword ");
    write_foreign(b, keyword);
  }
  bwi_buffer_text(b, "\n");
}

static const char *keyword_of(const bwi_mlxfn_function *f, uint32_t input) {
  const uint32_t first = f->n_inputs - f->n_keywords;
  return input < first ? NULL : f->keywords[input - first];
}

static void write_uses(bwi_buffer *b, const bwi_function_info *info) {
  bwi_buffer_text(b, "  primitives");
  for (uint32_t k = 0; k < info->n_uses; k++)
    bwi_buffer_format(b, "%s%s %" PRIu32, k == 0 ? "  " : ", ", info->uses[k].name, info->uses[k].count);
  bwi_buffer_text(b, info->n_uses == 0 ? "  none\n" : "\n");
  for (uint32_t k = 0; k < info->n_uses; k++)
    if (!info->uses[k].supported)
      bwi_buffer_format(b, "  unsupported %s, first as value %" PRIu32 "\n", info->uses[k].name,
                        info->uses[k].first_value);
}

static void write_function(bwi_buffer *b, const bwi_mlxfn_function *f, const bwi_function_info *info,
                           uint32_t number) {
  bwi_buffer_format(b, "function %" PRIu32 "\n", number);
  for (uint32_t k = 0; k < f->n_inputs; k++) write_array(b, "input", &f->values[k].array, keyword_of(f, k));
  for (uint32_t k = 0; k < f->n_outputs; k++) write_array(b, "output", &f->values[f->outputs[k]].array, NULL);
  write_uses(b, info);
  bwi_buffer_format(b, "  parameters  %" PRIu64 " in %" PRIu64 " arrays, %" PRIu64 " bytes\n",
                    info->constant_elements, info->n_constants, info->constant_bytes);
  if (info->problem[0] != '\0') {
    bwi_buffer_format(b, "  cannot run  %s\n", info->problem);
  } else {
    bwi_buffer_format(b, "  operations  %" PRIu64 "\n  digest      %s\n", info->operations, info->digest);
  }
}

static void write_text(bwi_buffer *b, const bw_model_info *info) {
  const bwi_mlxfn *file = info->file;
  bwi_buffer_text(b, "written by    MLX ");
  write_foreign(b, file->version);
  bwi_buffer_format(b, ", layout %s%s\nmetadata      ", file->layout, file->shapeless ? ", shapeless" : "");
  write_foreign(b, file->metadata[0] != '\0' ? file->metadata : "none");
  bwi_buffer_text(b, "\n");
  for (uint32_t k = 0; k < file->n_functions; k++)
    write_function(b, &file->functions[k], &info->functions[k], k);
  bwi_buffer_text(b, "executed      " EXECUTABLE "\n");
}

/* --- as JSON --- */

static void put_count(bwi_json_writer *w, const char *key, uint64_t count) {
  bwi_json_key(w, key);
  bwi_json_int(w, count > INT64_MAX ? INT64_MAX : (int64_t)count);
}

static void put_array(bwi_json_writer *w, const bwi_mlxfn_array *a, const char *keyword) {
  bwi_json_open(w, '{');
  bwi_json_text(w, "dtype", bw_dtype_name(a->dtype));
  bwi_json_key(w, "shape");
  bwi_json_open(w, '[');
  for (uint32_t d = 0; d < a->shape.n; d++) bwi_json_int(w, a->shape.v[d]);
  bwi_json_close(w, ']');
  if (keyword != NULL) bwi_json_text(w, "keyword", keyword);
  bwi_json_close(w, '}');
}

static void put_uses(bwi_json_writer *w, const bwi_function_info *info) {
  bwi_json_key(w, "primitives");
  bwi_json_open(w, '{');
  for (uint32_t k = 0; k < info->n_uses; k++) put_count(w, info->uses[k].name, info->uses[k].count);
  bwi_json_close(w, '}');
  bwi_json_key(w, "unsupported");
  bwi_json_open(w, '{');
  for (uint32_t k = 0; k < info->n_uses; k++)
    if (!info->uses[k].supported) put_count(w, info->uses[k].name, info->uses[k].first_value);
  bwi_json_close(w, '}');
}

static void put_function(bwi_json_writer *w, const bwi_mlxfn_function *f, const bwi_function_info *info) {
  bwi_json_open(w, '{');
  bwi_json_key(w, "inputs");
  bwi_json_open(w, '[');
  for (uint32_t k = 0; k < f->n_inputs; k++) put_array(w, &f->values[k].array, keyword_of(f, k));
  bwi_json_close(w, ']');
  bwi_json_key(w, "outputs");
  bwi_json_open(w, '[');
  for (uint32_t k = 0; k < f->n_outputs; k++) put_array(w, &f->values[f->outputs[k]].array, NULL);
  bwi_json_close(w, ']');
  put_uses(w, info);
  put_count(w, "parameters", info->constant_elements);
  put_count(w, "parameter_arrays", info->n_constants);
  put_count(w, "parameter_bytes", info->constant_bytes);
  if (info->problem[0] != '\0') {
    bwi_json_text(w, "problem", info->problem);
  } else {
    put_count(w, "operations", info->operations);
    bwi_json_text(w, "digest", info->digest);
  }
  bwi_json_close(w, '}');
}

static void write_json(bwi_buffer *b, const bw_model_info *info) {
  bwi_json_writer w = {.out = b};
  bwi_json_open(&w, '{');
  bwi_json_text(&w, "mlx_version", info->file->version);
  bwi_json_text(&w, "layout", info->file->layout);
  bwi_json_text(&w, "metadata", info->file->metadata);
  bwi_json_key(&w, "shapeless");
  bwi_json_bool(&w, info->file->shapeless);
  bwi_json_key(&w, "functions");
  bwi_json_open(&w, '[');
  for (uint32_t k = 0; k < info->file->n_functions; k++)
    put_function(&w, &info->file->functions[k], &info->functions[k]);
  bwi_json_close(&w, ']');
  bwi_json_key(
      &w, "executed"); /* code that using the file would run; always empty, because such files are refused */
  bwi_json_open(&w, '[');
  bwi_json_close(&w, ']');
  bwi_json_close(&w, '}');
  bwi_buffer_text(b, "\n");
}

bw_status bw_model_info_text(char **out, const bw_model_info *info, int json, bw_error *err) {
  bwi_buffer b = {0};
  (json ? write_json : write_text)(&b, info);
  char *text = b.failed ? NULL : bwi_strdup(b.data);
  bwi_buffer_free(&b);
  if (text == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for the description of a file");
  *out = text;
  return BW_OK;
}

void bw_text_free(char *text) {
  bwi_free(text);
}
