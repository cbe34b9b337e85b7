/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/memory.h"
#include "format/formats.h"
#include "support/refusals.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define NO_LIMIT SIZE_MAX

static bwi_archive read_archive(const char *name) {
  char path[128] = "fuzz/corpus/safetensors/";
  bwi_archive archive = {0};
  bw_error err = {BW_OK, 0, ""};
  strncat(path, name, sizeof path - strlen(path) - 1);
  const bwi_bytes bytes = tests_file(path);
  if (bwi_safetensors_read(&archive, bytes, NO_LIMIT, &err) != BW_OK) fail_msg("%s: %s", name, err.text);
  bwi_free((void *)bytes.data);
  return archive;
}

static void reads_every_dtype(void **state) {
  (void)state;
  static const struct {
    const char *name;
    bw_dtype dtype;
  } rows[] = {{"BOOL", BW_BOOL}, {"U8", BW_U8},     {"I8", BW_I8},   {"U16", BW_U16}, {"I16", BW_I16},
              {"F16", BW_F16},   {"BF16", BW_BF16}, {"U32", BW_U32}, {"I32", BW_I32}, {"F32", BW_F32},
              {"U64", BW_U64},   {"I64", BW_I64},   {"F64", BW_F64}};
  bwi_archive archive = read_archive("ok-every-dtype");
  assert_int_equal(archive.count, COUNT(rows));
  for (size_t k = 0; k < COUNT(rows); k++) {
    const bw_array *array = bwi_archive_find(&archive, rows[k].name);
    assert_non_null(array);
    assert_int_equal(bw_array_dtype(array), rows[k].dtype);
    assert_int_equal(bw_array_rank(array), 0);
  }
  bwi_archive_clear(&archive);
}

/* In the order of the header, whatever the order of the data. */
static void reads_tensors_in_any_order(void **state) {
  (void)state;
  bwi_archive archive = read_archive("ok-two-unordered");
  assert_int_equal(archive.count, 2);
  assert_string_equal(archive.names[0], "b");
  assert_string_equal(archive.names[1], "a");
  bwi_archive_clear(&archive);
}

static void reads_metadata_padding_and_nothing(void **state) {
  (void)state;
  static const struct {
    const char *name;
    size_t count;
  } rows[] = {{"ok-none", 0}, {"ok-metadata", 1}, {"ok-padded", 1}, {"ok-empty-tensor", 2}, {"ok-one", 1}};
  for (size_t k = 0; k < COUNT(rows); k++) {
    bwi_archive archive = read_archive(rows[k].name);
    assert_int_equal(archive.count, rows[k].count);
    bwi_archive_clear(&archive);
  }
}

static void reads_elements(void **state) {
  (void)state;
  static const uint8_t header[] = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
  uint8_t file[8 + sizeof header - 1 + 4] = {sizeof header - 1};
  const float value = -1.5F;
  memcpy(file + 8, header, sizeof header - 1);
  memcpy(file + 8 + sizeof header - 1, &value, 4);
  bwi_archive archive = {0};
  assert_int_equal(bwi_safetensors_read(&archive, (bwi_bytes){file, sizeof file}, NO_LIMIT, NULL), BW_OK);
  assert_memory_equal(bw_array_view(archive.arrays[0]), &value, 4);
  bwi_archive_clear(&archive);
}

/* clang-format off */
static const refusal refusals[] = {
    {"format-bool-2", 64, "tensor \"a\" of type BOOL holds another byte than 0 and 1"},
    {"format-empty", 0, "truncated: safetensors header needs 8 bytes, 0 left"},
    {"format-field-more", 13, "tensor \"a\" needs dtype, shape, two data_offsets, no more"},
    {"format-header-length", 0, "truncated: safetensors header needs 4611686018427387904 bytes, 54 left"},
    {"format-header-short", 0, "truncated: safetensors header needs 54 bytes, 12 left"},
    {"format-hole", 13, "tensor \"a\" starts at 4, not where the last ends: 0"},
    {"format-json", 9, "JSON: a key was expected"},
    {"format-json-twice", 66, "JSON: the key \"a\" is there twice"},
    {"format-metadata-list", 24, "__metadata__ is no object"},
    {"format-metadata-number", 29, "__metadata__ holds something other than strings"},
    {"format-name-escape", 21, "tensor \"?[2J\" starts at 4, not where the last ends: 0"},
    {"format-no-dtype", 8, "a tensor's dtype is missing or no string"},
    {"format-no-object", 8, "the header is no JSON object"},
    {"format-no-offsets", 8, "a tensor's data_offsets is missing or no list"},
    {"format-no-shape", 8, "a tensor's shape is missing or no list"},
    {"format-offsets-outside", 13, "tensor \"a\" lies outside the 8 bytes of data"},
    {"format-offsets-reversed", 13, "tensor \"a\" lies outside the 8 bytes of data"},
    {"format-offsets-three", 13, "tensor \"a\" needs dtype, shape, two data_offsets, no more"},
    {"format-overlap", 66, "tensor \"b\" starts at 4, not where the last ends: 8"},
    {"format-same-place", 66, "tensor \"b\" starts at 0, not where the last ends: 8"},
    {"format-shape-fraction", 37, "shape holds something other than an integer >= 0"},
    {"format-shape-negative", 37, "shape holds something other than an integer >= 0"},
    {"format-shape-overflow", 13, "shape (4611686018427387904, 4) has a negative extent or overflows"},
    {"format-shape-text", 37, "shape holds something other than an integer >= 0"},
    {"format-size", 13, "tensor \"a\" has 8 bytes; its shape takes 12"},
    {"format-tensor-no-object", 13, "tensor \"a\" is not described by an object"},
    {"format-trailing", 70, "1 bytes follow the last tensor"},
    {"format-truncated", 13, "tensor \"a\" lies outside the 7 bytes of data"},
    {"limit-deep", 40, "JSON: nested deeper than 32"},
    {"unsupported-dtype", 22, "dtype \"F8_E4M3\" is not supported"},
    {"unsupported-rank-11", 57, "shape has more than 10 items"},
};
/* clang-format on */

static bw_status read_and_free(bwi_bytes bytes, bw_error *err) {
  bwi_archive archive = {0};
  const bw_status status = bwi_safetensors_read(&archive, bytes, NO_LIMIT, err);
  if (status != BW_OK) assert_null(archive.arrays);
  bwi_archive_clear(&archive);
  return status;
}

static void refuses_what_is_wrong(void **state) {
  (void)state;
  check_refusals("safetensors", refusals, COUNT(refusals), read_and_free);
}

static void refuses_every_truncation(void **state) {
  (void)state;
  check_truncations("fuzz/corpus/safetensors/ok-every-dtype", read_and_free);
}

static void keeps_the_limit(void **state) {
  (void)state;
  const bwi_bytes bytes = tests_file("fuzz/corpus/safetensors/ok-two-unordered");
  bwi_archive archive = {0};
  bw_error err;
  assert_int_equal(bwi_safetensors_read(&archive, bytes, 15, &err), BW_ELIMIT);
  assert_int_equal(bwi_safetensors_read(&archive, bytes, 16, &err), BW_OK);
  bwi_archive_clear(&archive);
  bwi_free((void *)bytes.data);
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  assert_true(check_allocations("fuzz/corpus/safetensors/ok-two-unordered", read_and_free) > 8);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_every_dtype),
      cmocka_unit_test(reads_tensors_in_any_order),
      cmocka_unit_test(reads_metadata_padding_and_nothing),
      cmocka_unit_test(reads_elements),
      cmocka_unit_test(refuses_what_is_wrong),
      cmocka_unit_test(refuses_every_truncation),
      cmocka_unit_test(keeps_the_limit),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
