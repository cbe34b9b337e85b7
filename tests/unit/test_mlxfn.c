/* SPDX-License-Identifier: Apache-2.0 */
/* Files that MLX wrote (tests/unit/data/mlxfn), and files put together by hand for every layout and for
 * every way to be wrong (tests/fuzz/make_corpus.py). */
#include "format/mlxfn.h"

#include <string.h>

#include "base/memory.h"
#include "support/refusals.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bwi_mlxfn *read_file(const char *path, bwi_bytes *bytes) {
  bwi_mlxfn *file = NULL;
  bw_error err = {BW_OK, 0, ""};
  *bytes = tests_file(path);
  if (bwi_mlxfn_read(&file, *bytes, NULL, NULL, NULL, &err) != BW_OK)
    fail_msg("%s: %s at %lld", path, err.text, (long long)err.offset);
  return file;
}

static void free_file(bwi_mlxfn *file, bwi_bytes bytes) {
  bwi_mlxfn_free(file);
  bwi_free((void *)bytes.data);
}

static const bwi_mlxfn_value *find_primitive(const bwi_mlxfn *file, const char *name) {
  const bwi_mlxfn_function *f = &file->functions[0];
  for (uint32_t i = 0; i < f->n_values; i++)
    if (f->values[i].primitive != NULL && strcmp(f->values[i].primitive, name) == 0) return &f->values[i];
  return NULL;
}

static void check_state(const char *where, const bwi_mlxfn_value *value, const bwi_mlxfn_state *wanted) {
  for (size_t k = 0; k < COUNT(wanted->i); k++)
    if (value->state.i[k] != wanted->i[k])
      fail_msg("%s: %s: i[%zu] is %lld, wanted %lld", where, value->primitive, k,
               (long long)value->state.i[k], (long long)wanted->i[k]);
  for (size_t k = 0; k < COUNT(wanted->f); k++)
    if (memcmp(&value->state.f[k], &wanted->f[k], sizeof wanted->f[k]) != 0)
      fail_msg("%s: %s: f[%zu] is %g, wanted %g", where, value->primitive, k, value->state.f[k],
               wanted->f[k]);
  for (size_t k = 0; k < COUNT(wanted->v); k++)
    if (!bwi_dims_equal(&value->state.v[k], &wanted->v[k]))
      fail_msg("%s: %s: v[%zu]", where, value->primitive, k);
  if (value->state.dtype != wanted->dtype) fail_msg("%s: %s: dtype", where, value->primitive);
}

#define DIMS(n, ...) \
  {                  \
    n, {             \
      __VA_ARGS__    \
    }                \
  }

/* ---- files of real releases ---- */

static const struct {
  const char *path, *version, *layout;
} releases[] = {
    {"unit/data/mlxfn/0.25.2.mlxfn", "0.25.2", "0.25.2"},
    {"unit/data/mlxfn/0.26.2.mlxfn", "0.26.2", "0.26.2"},
    {"unit/data/mlxfn/0.29.0.mlxfn", "0.29.0", "0.29.0"},
    {"unit/data/mlxfn/0.31.2.mlxfn", "0.31.2", "0.31.2"},
    {"unit/data/mlxfn/0.32.1.mlxfn", "0.32.1", "0.32.1"},
    {"unit/data/mlxfn/0.32.4.mlxfn", "0.32.4", "0.32.4"},
};

/* What export.py asked for, whatever the layout. */
static const struct {
  const char *name;
  bwi_mlxfn_state state;
} exported[] = {
    {"AddMM", {.f = {0.5, 2.0}}},
    {"Arange", {.f = {0.0, 108.0, 1.0}}},
    {"AsStrided", {.i = {1}, .v = {DIMS(4, 2, 3, 2, 2), DIMS(4, 24, 6, 3, 1)}}},
    {"View", {.dtype = BW_I32}},
    {"Convolution",
     {.i = {1, 0}, .v = {DIMS(2, 2, 1), DIMS(2, 1, 0), DIMS(2, 1, 0), DIMS(2, 1, 1), DIMS(2, 1, 1)}}},
    {"Hadamard", {.f = {0.25}}},
    {"Pad", {.v = {DIMS(3, 0, 1, 2), DIMS(3, 0, 1, 0), DIMS(3, 0, 2, 0)}}},
    {"QuantizedMatmul", {.i = {32, 4, 0, 1}}},
    {"Scan", {.i = {2, 2, 1, 0}}},
    {"SliceUpdate", {.i = {4}, .v = {DIMS(3, 0, 1, 0), DIMS(3, 2, 3, 6), DIMS(3, 1, 1, 2)}}},
    {"Split", {.i = {1}, .v = {DIMS(1, 2)}}},
};

static void reads_what_releases_wrote(void **state) {
  (void)state;
  for (size_t k = 0; k < COUNT(releases); k++) {
    bwi_bytes bytes;
    bwi_mlxfn *file = read_file(releases[k].path, &bytes);
    assert_string_equal(file->version, releases[k].version);
    assert_string_equal(file->layout, releases[k].layout);
    assert_string_equal(file->metadata, "");
    assert_int_equal(file->n_functions, 1);
    assert_false(file->shapeless);
    for (size_t i = 0; i < COUNT(exported); i++) {
      const bwi_mlxfn_value *value = find_primitive(file, exported[i].name);
      if (value == NULL) fail_msg("%s holds no %s", releases[k].path, exported[i].name);
      check_state(releases[k].path, value, &exported[i].state);
    }
    free_file(file, bytes);
  }
}

/* ---- every primitive in every layout ---- */

static const char *const layouts[] = {"0.22.0", "0.23.0", "0.23.2", "0.24.0", "0.25.0", "0.25.2", "0.26.2",
                                      "0.29.0", "0.29.1", "0.30.0", "0.31.2", "0.32.1", "0.32.2", "0.32.4"};

/* make_corpus.py's states where layouts differ; from: the first layout (an index) that has the field. */
static const struct {
  const char *name;
  size_t from;
  bwi_mlxfn_state state;
} varied[] = {
    {"Convolution",
     0,
     {.i = {1, 0}, .v = {DIMS(2, 2, 1), DIMS(2, 1, 0), DIMS(2, 1, 0), DIMS(2, 1, 2), DIMS(2, 1, 1)}}},
    {"Convolution",
     5,
     {.i = {1, 0}, .v = {DIMS(2, 2, 1), DIMS(2, 1, 0), DIMS(2, 0, 1), DIMS(2, 1, 2), DIMS(2, 1, 1)}}},
    {"FFT", 0, {.i = {0, 1, 0}, .v = {DIMS(2, 0, 1)}}},
    {"FFT", 13, {.i = {0, 1, 1}, .v = {DIMS(2, 0, 1)}}},
    {"GatherMM", 0, {.i = {0}}},
    {"GatherMM", 4, {.i = {1, 0}}},
    {"GatherQMM", 0, {.i = {32, 4, 0, 1, 0, 0}}},
    {"GatherQMM", 4, {.i = {32, 4, 0, 1, 0, 1}}},
    {"Quantize", 0, {.i = {32, 4, 0, 0}}},
    {"QuantizedMatmul", 0, {.i = {32, 4, 0, 1}}},
    {"QuantizedMatmul", 7, {.i = {32, 4, 1, 1}}},
    {"SVD", 0, {.i = {1}}},
    {"ScaledDotProductAttention", 0, {.f = {0.125}}},
    {"ScaledDotProductAttention", 8, {.i = {0, 1}, .f = {0.125}}},
    {"ScaledDotProductAttention", 12, {.i = {0, 1, 0, 1}, .f = {0.125}}},
    {"SliceUpdate", 0, {.i = {4}, .v = {DIMS(1, 1), DIMS(1, 3), DIMS(1, 2)}}},
    {"SliceUpdate", 10, {.i = {2}, .v = {DIMS(1, 1), DIMS(1, 3), DIMS(1, 2)}}},
    {"Eigh", 0, {.i = {1, 1}}},
    {"RoPE", 0, {.i = {4, 1, 1}, .f = {10000.0, 0.5}}},
    {"NumberOfElements", 0, {.i = {1}, .v = {DIMS(2, 0, 1)}, .dtype = BW_F32}},
};

static void reads_every_primitive_in_every_layout(void **state) {
  (void)state;
  for (size_t k = 0; k < COUNT(layouts); k++) {
    char path[64] = "fuzz/corpus/mlxfn/ok-every-";
    bwi_bytes bytes;
    strncat(path, layouts[k], sizeof path - strlen(path) - 1);
    bwi_mlxfn *file = read_file(path, &bytes);
    assert_string_equal(file->layout, layouts[k]);
    for (size_t i = 0; i < COUNT(varied); i++) {
      const bool has_later = i + 1 < COUNT(varied) && strcmp(varied[i].name, varied[i + 1].name) == 0;
      if (k < varied[i].from || (has_later && k >= varied[i + 1].from)) continue;
      const bwi_mlxfn_value *value = find_primitive(file, varied[i].name);
      assert_non_null(value);
      check_state(path, value, &varied[i].state);
    }
    free_file(file, bytes);
  }
}

/* ---- structure ---- */

static void reads_two_functions_that_share_a_constant(void **state) {
  (void)state;
  bwi_bytes bytes;
  bwi_mlxfn *file = read_file("fuzz/corpus/mlxfn/ok-two-functions", &bytes);
  assert_int_equal(file->n_functions, 2);
  const bwi_mlxfn_function *first = &file->functions[0], *second = &file->functions[1];
  assert_int_equal(first->n_inputs, 1);
  assert_int_equal(first->n_keywords, 0);
  assert_int_equal(second->n_inputs, 2);
  assert_int_equal(second->n_keywords, 1);
  assert_string_equal(second->keywords[0], "bias");
  assert_int_equal(second->n_values, 5);
  assert_int_equal(second->n_outputs, 3);
  assert_int_equal(second->outputs[0], 4); /* the last call */
  assert_int_equal(second->outputs[1], 2); /* the constant */
  assert_int_equal(second->outputs[2], 0); /* an input */
  assert_int_equal(second->values[2].kind, BWI_MLXFN_CONSTANT);
  assert_ptr_equal(second->values[2].data.data, first->values[1].data.data);
  assert_int_equal(second->values[2].data.size, 8);
  assert_string_equal(second->values[3].primitive, "Multiply");
  assert_int_equal(second->values[3].operands[0], 0);
  assert_int_equal(second->values[3].operands[1], 2);
  free_file(file, bytes);
}

static void numbers_several_outputs(void **state) {
  (void)state;
  bwi_bytes bytes;
  bwi_mlxfn *file = read_file("fuzz/corpus/mlxfn/ok-split", &bytes);
  const bwi_mlxfn_function *f = &file->functions[0];
  assert_int_equal(f->n_values, 4);
  for (uint32_t i = 1; i < 4; i++) {
    assert_int_equal(f->values[i].output, i - 1);
    assert_int_equal(f->values[i].n_outputs, 3);
    assert_int_equal(f->values[i].first_output, 1);
    assert_int_equal(f->values[i].n_operands, 1);
    assert_int_equal(f->values[i].operands[0], 0);
  }
  free_file(file, bytes);
}

static void reads_flags_and_metadata(void **state) {
  (void)state;
  bwi_bytes bytes;
  bwi_mlxfn *file = read_file("fuzz/corpus/mlxfn/ok-shapeless", &bytes);
  assert_true(file->shapeless);
  free_file(file, bytes);
  file = read_file("fuzz/corpus/mlxfn/ok-metadata", &bytes);
  assert_string_equal(file->metadata, "{\"made\": \"by hand\"}");
  free_file(file, bytes);
}

/* ---- choice of the layout ---- */

static void finds_the_layout_where_the_version_misleads(void **state) {
  (void)state;
  static const struct {
    const char *path, *layout;
  } rows[] = {
      {"fuzz/corpus/mlxfn/ok-development-build", "0.32.4"},
      {"fuzz/corpus/mlxfn/ok-newer-release", "0.32.4"},
      {"fuzz/corpus/mlxfn/ok-mislabelled", "0.31.2"},
      {"fuzz/corpus/mlxfn/ok-convolution-release", "0.26.2"},
  };
  for (size_t k = 0; k < COUNT(rows); k++) {
    bwi_bytes bytes;
    bwi_mlxfn *file = read_file(rows[k].path, &bytes);
    assert_string_equal(file->layout, rows[k].layout);
    free_file(file, bytes);
  }
}

/* payload: the layout to accept; NULL for none. */
static bw_status accept_layout(void *payload, const bwi_mlxfn *candidate, bw_error *err) {
  if (payload != NULL && strcmp(payload, candidate->layout) == 0) return BW_OK;
  return BW_FAIL_AT(err, BW_EFORMAT, 7, "not layout %s", candidate->layout);
}

static bw_status accept_without_memory(void *payload, const bwi_mlxfn *candidate, bw_error *err) {
  (void)payload;
  (void)candidate;
  return BW_FAIL(err, BW_ENOMEM, "no memory");
}

static void asks_who_knows_the_meaning(void **state) {
  (void)state;
  char layout[] = "0.25.2";
  bw_error err = {BW_OK, 0, ""};
  bwi_mlxfn *file = NULL;
  const bwi_bytes bytes = tests_file("fuzz/corpus/mlxfn/format-ambiguous");
  assert_int_equal(bwi_mlxfn_read(&file, bytes, NULL, accept_layout, layout, &err), BW_OK);
  assert_string_equal(file->layout, "0.25.2");
  assert_int_equal(find_primitive(file, "Convolution")->state.v[1].v[0], 2); /* what 0.26.2 writes first */
  bwi_mlxfn_free(file);
  file = NULL;
  assert_int_equal(bwi_mlxfn_read(&file, bytes, NULL, accept_layout, NULL, &err), BW_EFORMAT);
  assert_string_equal(err.text, "not layout 0.26.2"); /* the reason of the layout that the version names */
  assert_int_equal(err.offset, 7);
  assert_int_equal(bwi_mlxfn_read(&file, bytes, NULL, accept_without_memory, NULL, &err), BW_ENOMEM);
  assert_null(file);
  bwi_free((void *)bytes.data);
}

/* ---- refusals ---- */

/* clang-format off */
static const refusal refusals[] = {
    {"format-ambiguous", 0, "ambiguous: the file means one thing if MLX 0.26.2 wrote it and another if 0.25.2 did; its version 0.26.2.dev20250601 does not decide"},
    {"format-asstrided-offset", 192, "state holds an offset beyond 2^63"},
    {"format-astype-size", 161, "state is number 10 of 8 bytes, which is no dtype"},
    {"format-call-as-input", 173, "id 0x2 is said to be an input and is none"},
    {"format-constant-2-62", 120, "shape (2147483647, 2147483647, 2147483647) has a negative extent or overflows"},
    {"format-constant-bool", 139, "a constant of type bool holds another byte than 0 and 1"},
    {"format-constant-negative", 120, "shape (-4,) has a negative extent or overflows"},
    {"format-constant-twice", 124, "id 0x2 is defined twice"},
    {"format-count-negative", 14, "function count is -1"},
    {"format-count-too-high", 191, "truncated: keyword list needs 8 bytes, 0 left"},
    {"format-count-too-low", 226, "323 bytes follow the last function"},
    {"format-cycle", 127, "operand has id 0x2, which nothing before defines"},
    {"format-device", 139, "device type 5 is neither 0 nor 1"},
    {"format-dtype-0.22-bf16-today", 132, "dtype is number 11 of 2 bytes, which is no dtype"},
    {"format-dtype-99", 132, "dtype is number 99 of 4 bytes, which is no dtype"},
    {"format-dtype-negative", 132, "dtype is number -1 of 4 bytes, which is no dtype"},
    {"format-dtype-size", 132, "dtype is number 10 of 0 bytes, which is no dtype"},
    {"format-eigh-text", 159, "state names a triangle that is neither \"L\" nor \"U\""},
    {"format-eigh-triangle", 159, "state names a triangle that is neither \"L\" nor \"U\""},
    {"format-empty", 0, "truncated: MLX version needs 8 bytes, 0 left"},
    {"format-fewer-ids", 35, "0 input ids, 1 inputs and 0 keywords do not fit together"},
    {"format-fft-axis", 158, "state has an item beyond 2^63"},
    {"format-forward", 127, "operand has id 0x3, which nothing before defines"},
    {"format-has-primitive-byte", 108, "has_primitive is 2; a truth value is 0 or 1"},
    {"format-id-of-input", 100, "id 0x1 is defined twice"},
    {"format-id-twice", 173, "id 0x2 is defined twice"},
    {"format-input-met-twice", 110, "input 0 is met twice"},
    {"format-input-negative", 59, "shape (-4,) has a negative extent or overflows"},
    {"format-input-twice", 84, "id 0x1 is defined twice"},
    {"format-is-constant-byte", 109, "is_constant is 7; a truth value is 0 or 1"},
    {"format-keyword-control", 35, "keyword holds a control character"},
    {"format-keyword-twice", 27, "keyword 1 repeats"},
    {"format-keywords-over-inputs", 53, "1 input ids, 1 inputs and 2 keywords do not fit together"},
    {"format-metadata-nul", 19, "metadata holds a control character"},
    {"format-no-function", 14, "function count is 0"},
    {"format-no-operands", 139, "Abs has 0 operands; 1 to 1 are right"},
    {"format-no-outputs", 76, "the function has no outputs"},
    {"format-no-such-input", 100, "id 0x2 is said to be an input and is none"},
    {"format-operand-unknown", 127, "operand has id 0x4d, which nothing before defines"},
    {"format-output-unknown", 84, "output has id 0x9, which nothing before defines"},
    {"format-quantize-mode", 171, "state holds 4 where 0 to 3 is defined"},
    {"format-reduce-77", 161, "state holds 77 where 0 to 5 is defined"},
    {"format-reduce-negative", 161, "state holds -1 where 0 to 5 is defined"},
    {"format-shape-negative", 166, "shape (2, -1) has a negative extent or overflows"},
    {"format-shape-overflow", 166, "shape (2147483647, 2147483647, 2147483647) has a negative extent or overflows"},
    {"format-shapeless-byte", 18, "shapeless is 2; a truth value is 0 or 1"},
    {"format-siblings-2-62", 180, "truncated: sibling count is 4611686018427387904 items of at least 1 bytes, 99 left"},
    {"format-softmax-byte", 162, "state is 2; a truth value is 0 or 1"},
    {"format-split-dtypes", 264, "4 dtypes for 3 outputs"},
    {"format-split-ids", 188, "2 ids for 3 outputs"},
    {"format-split-ids-twice", 110, "id 0x3 is defined twice"},
    {"format-split-negative", 188, "shape (-1,) has a negative extent or overflows"},
    {"format-split-not-itself", 188, "id 0x2 is not among its own outputs"},
    {"format-split-parts", 180, "Split cannot have 2 outputs"},
    {"format-split-shapes", 220, "2 shapes for 3 outputs"},
    {"format-split-siblings", 180, "Split cannot have 2 outputs"},
    {"format-string-length", 0, "no .mlxfn file: it does not begin with a version of MLX"},
    {"format-tape-2-40", 92, "truncated: tape is 1099511627776 items of at least 10 bytes, 0 left"},
    {"format-trailing", 191, "1 bytes follow the last function"},
    {"format-truncated-constant", 137, "truncated: constant needs 4194304 bytes, 97 left"},
    {"format-two-operands", 155, "Abs has 2 operands; 1 to 1 are right"},
    {"format-vector-2-62", 27, "truncated: keyword list is 4611686018427387904 items of at least 8 bytes, 156 left"},
    {"format-version-empty", 0, "no .mlxfn file: it does not begin with a version of MLX"},
    {"format-version-not-text", 0, "no .mlxfn file: it does not begin with a version of MLX"},
    {"format-version-too-long", 0, "no .mlxfn file: it does not begin with a version of MLX"},
    {"limit-count", 14, "2147483647 functions, the limit is 64"},
    {"limit-inputs", 35, "input ids is 65, the limit is 64"},
    {"limit-operands", 119, "operand list is 65, the limit is 64"},
    {"limit-outputs", 76, "output ids is 65, the limit is 64"},
    {"limit-siblings", 180, "sibling count is 80, the limit is 63"},
    {"unsupported-astype-complex", 161, "state is complex64, which is not supported"},
    {"unsupported-constant-complex", 132, "dtype is complex64, which is not supported"},
    {"unsupported-custom-kernel", 147, "CustomKernel holds executable source code or a compiled binary for a GPU, which is never run"},
    {"unsupported-custom-kernel-0.30", 139, "CustomKernel holds executable source code or a compiled binary for a GPU, which is never run"},
    {"unsupported-input-complex", 71, "dtype is complex64, which is not supported"},
    {"unsupported-primitive", 147, "unknown primitive \"Frobnicate\""},
    {"unsupported-primitive-escape", 147, "unknown primitive \"?[31mAbs\""},
    {"unsupported-primitive-long", 147, "unknown primitive \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""},
    {"unsupported-primitive-prefix", 147, "unknown primitive \"Ab\""},
    {"unsupported-rank-11", 120, "shape has 11 items; at most 10 are supported"},
    {"unsupported-transpose-rank", 164, "state has 11 items; at most 10 are supported"},
};
/* clang-format on */

static bw_status read_and_free(bwi_bytes bytes, bw_error *err) {
  bwi_mlxfn *file = NULL;
  const bw_status status = bwi_mlxfn_read(&file, bytes, NULL, NULL, NULL, err);
  if (status != BW_OK) assert_null(file);
  bwi_mlxfn_free(file);
  return status;
}

static void refuses_what_is_wrong(void **state) {
  (void)state;
  check_refusals("mlxfn", refusals, COUNT(refusals), read_and_free);
}

static void names_the_place(void **state) {
  (void)state;
  bw_error err;
  const bwi_bytes bytes = tests_file("fuzz/corpus/mlxfn/format-truncated-constant");
  assert_int_equal(read_and_free(bytes, &err), BW_EFORMAT);
  assert_string_equal(err.text, "function 0, tape entry 1: truncated: constant needs 4194304 bytes, 97 left");
  assert_int_equal(read_and_free(bytes, NULL), BW_EFORMAT);
  bwi_free((void *)bytes.data);
}

static void keeps_limits(void **state) {
  (void)state;
  static const struct {
    const char *name;
    bwi_mlxfn_limits limits;
    bw_status status;
  } rows[] = {
      {"as many as there are", {2, 8, 1 << 20}, BW_OK},
      {"functions", {1, 8, 1 << 20}, BW_ELIMIT},
      {"values of both functions", {2, 7, 1 << 20}, BW_ELIMIT},
      {"memory for the first function", {2, 8, 2000}, BW_ELIMIT},
      {"no memory at all", {2, 8, 0}, BW_ELIMIT},
  };
  const bwi_bytes bytes = tests_file("fuzz/corpus/mlxfn/ok-two-functions");
  for (size_t k = 0; k < COUNT(rows); k++) {
    bwi_mlxfn *file = NULL;
    const bw_status status = bwi_mlxfn_read(&file, bytes, &rows[k].limits, NULL, NULL, NULL);
    if (status != rows[k].status) fail_msg("%s: %s", rows[k].name, bw_status_text(status));
    bwi_mlxfn_free(file);
  }
  bwi_free((void *)bytes.data);
}

static void refuses_every_truncation(void **state) {
  (void)state;
  static const char *const paths[] = {"fuzz/corpus/mlxfn/ok-two-functions", "fuzz/corpus/mlxfn/ok-split",
                                      "fuzz/corpus/mlxfn/ok-two-functions-0.26.2",
                                      "fuzz/corpus/mlxfn/ok-metadata"};
  for (size_t k = 0; k < COUNT(paths); k++) check_truncations(paths[k], read_and_free);
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  static const char *const paths[] = {"fuzz/corpus/mlxfn/ok-two-functions", "fuzz/corpus/mlxfn/ok-split"};
  for (size_t k = 0; k < COUNT(paths); k++) assert_true(check_allocations(paths[k], read_and_free) > 5);
  bwi_mlxfn_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_what_releases_wrote),
      cmocka_unit_test(reads_every_primitive_in_every_layout),
      cmocka_unit_test(reads_two_functions_that_share_a_constant),
      cmocka_unit_test(numbers_several_outputs),
      cmocka_unit_test(reads_flags_and_metadata),
      cmocka_unit_test(finds_the_layout_where_the_version_misleads),
      cmocka_unit_test(asks_who_knows_the_meaning),
      cmocka_unit_test(refuses_what_is_wrong),
      cmocka_unit_test(names_the_place),
      cmocka_unit_test(keeps_limits),
      cmocka_unit_test(refuses_every_truncation),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
