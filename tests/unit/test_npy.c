/* SPDX-License-Identifier: Apache-2.0 */
#include "format/npy.h"

#include <string.h>

#include "base/dims.h"
#include "base/memory.h"
#include "format/formats.h"
#include "support/refusals.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define NO_LIMIT SIZE_MAX

static bw_array *read_array(const char *name) {
  char path[128] = "fuzz/corpus/npy/";
  bw_array *array = NULL;
  bw_error err = {BW_OK, 0, ""};
  strncat(path, name, sizeof path - strlen(path) - 1);
  const bwi_bytes bytes = tests_file(path);
  if (bwi_npy_read(&array, bytes, NO_LIMIT, &err) != BW_OK) fail_msg("%s: %s", name, err.text);
  bwi_free((void *)bytes.data);
  return array;
}

/* Elements are the bytes 0, 1, 2, ... unless said otherwise. */
static const struct {
  const char *name;
  bw_dtype dtype;
  bwi_dims shape;
} readable[] = {
    {"ok-f4", BW_F32, {2, {2, 3}}},          {"ok-version-2", BW_F32, {2, {2, 3}}},
    {"ok-version-3", BW_F32, {2, {2, 3}}},   {"ok-vector", BW_F32, {1, {6}}},
    {"ok-fortran-vector", BW_F32, {1, {6}}}, {"ok-double-quotes", BW_F32, {2, {2, 3}}},
};

static void reads_what_numpy_writes(void **state) {
  (void)state;
  for (size_t k = 0; k < COUNT(readable); k++) {
    bw_array *array = read_array(readable[k].name);
    assert_int_equal(bw_array_dtype(array), readable[k].dtype);
    assert_int_equal(bw_array_rank(array), readable[k].shape.n);
    assert_memory_equal(bw_array_shape(array), readable[k].shape.v, readable[k].shape.n * sizeof(int64_t));
    const uint8_t *bytes = bw_array_view(array);
    for (size_t i = 0; i < bw_array_bytes(array); i++) assert_int_equal(bytes[i], i);
    bw_array_free(array);
  }
}

static void reads_every_dtype(void **state) {
  (void)state;
  static const struct {
    const char *name;
    bw_dtype dtype;
    int64_t count;
  } rows[] = {{"ok-bool", BW_BOOL, 6},  {"ok-u1", BW_U8, 6},    {"ok-i1", BW_I8, 6},
              {"ok-i8", BW_I64, 6},     {"ok-f8", BW_F64, 6},   {"ok-f2", BW_F16, 6},
              {"ok-scalar", BW_F32, 1}, {"ok-empty", BW_F32, 0}};
  for (size_t k = 0; k < COUNT(rows); k++) {
    bw_array *array = read_array(rows[k].name);
    assert_int_equal(bw_array_dtype(array), rows[k].dtype);
    assert_int_equal(bw_array_count(array), rows[k].count);
    bw_array_free(array);
  }
}

/* Stored a(0,0), a(1,0), a(0,1), ...: element k of the file is at row k % 2, column k / 2. */
static void transposes_fortran_order(void **state) {
  (void)state;
  bw_array *array = read_array("ok-fortran");
  const uint8_t *bytes = bw_array_view(array);
  for (size_t k = 0; k < 6; k++)
    for (size_t b = 0; b < 4; b++) assert_int_equal(bytes[((k % 2) * 3 + k / 2) * 4 + b], 4 * k + b);
  bw_array_free(array);
}

/* clang-format off */
static const refusal refusals[] = {
    {"format-behind-newline", 69, "the header does not end with blanks and a newline here"},
    {"format-bool-2", 128, "an array of type bool holds other bytes than 0 and 1"},
    {"format-empty", 0, "truncated: npy preamble needs 8 bytes, 0 left"},
    {"format-escape", 24, "a string in the header holds character 92"},
    {"format-header-length", 10, "truncated: npy header needs 65535 bytes, 142 left"},
    {"format-key-twice", 27, "the header has a key that is unknown or repeats"},
    {"format-key-unknown", 27, "the header has a key that is unknown or repeats"},
    {"format-magic", 0, "no npy file"},
    {"format-no-comma", 26, "the header lacks a ',' here"},
    {"format-no-newline", 77, "the header does not end with blanks and a newline here"},
    {"format-no-shape", 50, "the header lacks a key"},
    {"format-not-a-dict", 10, "the header lacks a '{' here"},
    {"format-order", 49, "fortran_order is neither True nor False"},
    {"format-shape-comma", 63, "the shape lacks a ',' here"},
    {"format-shape-digits", 79, "the shape holds no number of 1 to 18 digits here"},
    {"format-shape-empty-item", 63, "the shape holds no number of 1 to 18 digits here"},
    {"format-shape-huge", 128, "the shape takes 399999999999999996 bytes and the file holds 24"},
    {"format-shape-list", 60, "the header lacks a '(' here"},
    {"format-shape-long", 62, "the shape lacks a ',' here"},
    {"format-shape-negative", 61, "the shape holds no number of 1 to 18 digits here"},
    {"format-shape-number", 63, "the shape is a number and no tuple"},
    {"format-shape-overflow", 128, "shape (999999999999999999, 999999999999999999) has a negative extent or overflows"},
    {"format-trailing", 128, "the shape takes 24 bytes and the file holds 25"},
    {"format-truncated", 128, "the shape takes 24 bytes and the file holds 23"},
    {"format-unclosed-key", 32, "a string in the header holds character 10"},
    {"format-unclosed", 25, "a string in the header holds character 10"},
    {"limit-header", 0, "an npy header of 131132 bytes; the limit is 65536"},
    {"unsupported-big-endian", 20, "dtype '>f4' is big-endian, which is not supported"},
    {"unsupported-complex", 20, "dtype '<c8' is complex, which is not supported"},
    {"unsupported-f4-without-order", 20, "dtype '|f4' is not supported"},
    {"unsupported-object", 20, "dtype '|O' means Python objects, which would have to be unpickled; that can run code"},
    {"unsupported-rank-11", 91, "more than 10 dimensions"},
    {"unsupported-string", 20, "dtype '<U3' is not supported"},
    {"unsupported-structured", 20, "a structured dtype is not supported"},
    {"unsupported-version-4", 0, "npy version 4.0 is not supported"},
    {"unsupported-void", 20, "dtype '|V2' is not supported"},
};
/* clang-format on */

static bw_status read_and_free(bwi_bytes bytes, bw_error *err) {
  bw_array *array = NULL;
  const bw_status status = bwi_npy_read(&array, bytes, NO_LIMIT, err);
  if (status != BW_OK) assert_null(array);
  bw_array_free(array);
  return status;
}

static void refuses_what_is_wrong(void **state) {
  (void)state;
  check_refusals("npy", refusals, COUNT(refusals), read_and_free);
}

static void refuses_every_truncation(void **state) {
  (void)state;
  check_truncations("fuzz/corpus/npy/ok-fortran", read_and_free);
}

static void keeps_the_limit(void **state) {
  (void)state;
  const bwi_bytes bytes = tests_file("fuzz/corpus/npy/ok-f4");
  bw_array *array = NULL;
  bw_error err;
  assert_int_equal(bwi_npy_read(&array, bytes, 23, &err), BW_ELIMIT);
  assert_null(array);
  assert_int_equal(bwi_npy_read(&array, bytes, 24, &err), BW_OK);
  bw_array_free(array);
  bwi_free((void *)bytes.data);
}

/* As numpy.save of NumPy 2.4 writes them; the rest of the 118 bytes of header is blanks and a newline. */
static void writes_numpys_bytes(void **state) {
  (void)state;
  static const struct {
    bwi_dims shape;
    const char *header;
  } rows[] = {
      {{0, {0}}, "{'descr': '<f4', 'fortran_order': False, 'shape': (), }"},
      {{1, {3}}, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }"},
      {{2, {2, 3}}, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"},
  };
  for (size_t k = 0; k < COUNT(rows); k++) {
    bw_array *array = NULL;
    bwi_buffer out = {0};
    assert_int_equal(bw_array_create(&array, BW_F32, rows[k].shape.n, rows[k].shape.v, NULL), BW_OK);
    memset(bw_array_data(array), 0x41, bw_array_bytes(array));
    assert_int_equal(bwi_npy_write(&out, array, NULL), BW_OK);
    assert_int_equal(out.size, 128 + bw_array_bytes(array));
    assert_memory_equal(out.data, "\x93NUMPY\x01\x00\x76\x00", 10);
    assert_memory_equal(out.data + 10, rows[k].header, strlen(rows[k].header));
    for (size_t i = 10 + strlen(rows[k].header); i < 127; i++) assert_int_equal(out.data[i], ' ');
    assert_int_equal(out.data[127], '\n');
    assert_memory_equal(out.data + 128, bw_array_view(array), bw_array_bytes(array));
    bwi_buffer_free(&out);
    bw_array_free(array);
  }
}

static void refuses_to_write_bfloat16(void **state) {
  (void)state;
  bw_array *array = NULL;
  bwi_buffer out = {0};
  bw_error err;
  assert_int_equal(bw_array_create(&array, BW_BF16, 0, NULL, NULL), BW_OK);
  assert_int_equal(bwi_npy_write(&out, array, &err), BW_EUNSUPPORTED);
  assert_string_equal(err.text, "npy has no type for bfloat16");
  assert_int_equal(out.size, 0);
  bw_array_free(array);
}

static bw_status read_and_write(void *payload) {
  bw_array *array = NULL;
  bwi_buffer out = {0};
  bw_status status = bwi_npy_read(&array, *(const bwi_bytes *)payload, NO_LIMIT, NULL);
  if (status == BW_OK) status = bwi_npy_write(&out, array, NULL);
  bwi_buffer_free(&out);
  bw_array_free(array);
  return status;
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  bwi_bytes bytes = tests_file("fuzz/corpus/npy/ok-fortran");
  assert_true(sweep_allocations(read_and_write, &bytes) >= 4);
  bwi_free((void *)bytes.data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_what_numpy_writes),
      cmocka_unit_test(reads_every_dtype),
      cmocka_unit_test(transposes_fortran_order),
      cmocka_unit_test(refuses_what_is_wrong),
      cmocka_unit_test(refuses_every_truncation),
      cmocka_unit_test(keeps_the_limit),
      cmocka_unit_test(writes_numpys_bytes),
      cmocka_unit_test(refuses_to_write_bfloat16),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
