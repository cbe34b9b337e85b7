/* SPDX-License-Identifier: Apache-2.0 */
#include <bulwark/array.h>
#include <math.h>
#include <string.h>

#include "base/half.h"
#include "support/sweep.h"
#include "support/unit.h"

static bw_array *created(bw_dtype dtype, int64_t count) {
  bw_array *array = NULL;
  assert_int_equal(bw_array_create(&array, dtype, 1, &count, NULL), BW_OK);
  return array;
}

static bw_array *converted(const bw_array *array, bw_dtype dtype) {
  bw_array *out = NULL;
  assert_int_equal(bw_array_convert(&out, array, dtype, NULL), BW_OK);
  return out;
}

static void test_dtypes(void **state) {
  (void)state;
  static const struct {
    bw_dtype dtype;
    int number;
    size_t bytes;
    const char *name;
  } rows[] = {
      {BW_BOOL, 0, 1, "bool"},      {BW_U8, 1, 1, "uint8"},           {BW_U16, 2, 2, "uint16"},
      {BW_U32, 3, 4, "uint32"},     {BW_U64, 4, 8, "uint64"},         {BW_I8, 5, 1, "int8"},
      {BW_I16, 6, 2, "int16"},      {BW_I32, 7, 4, "int32"},          {BW_I64, 8, 8, "int64"},
      {BW_F16, 9, 2, "float16"},    {BW_F32, 10, 4, "float32"},       {BW_F64, 11, 8, "float64"},
      {BW_BF16, 12, 2, "bfloat16"}, {(bw_dtype)13, 13, 0, "unknown"}, {(bw_dtype)-1, -1, 0, "unknown"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal((int)rows[i].dtype, rows[i].number);
    assert_int_equal(bw_dtype_bytes(rows[i].dtype), rows[i].bytes);
    assert_string_equal(bw_dtype_name(rows[i].dtype), rows[i].name);
  }
}

static void test_create(void **state) {
  (void)state;
  const int64_t shape[] = {2, 3, 5};
  bw_array *array = NULL;
  assert_int_equal(bw_array_create(&array, BW_F32, 3, shape, NULL), BW_OK);
  assert_int_equal(bw_array_dtype(array), BW_F32);
  assert_int_equal(bw_array_rank(array), 3);
  assert_memory_equal(bw_array_shape(array), shape, sizeof shape);
  assert_int_equal(bw_array_count(array), 30);
  assert_int_equal(bw_array_bytes(array), 120);
  assert_ptr_equal(bw_array_data(array), bw_array_view(array));
  assert_int_equal((uintptr_t)bw_array_data(array) % 64, 0);
  const float *values = bw_array_view(array);
  for (int i = 0; i < 30; i++) assert_true(values[i] == 0);
  bw_array_free(array);
  bw_array_free(NULL);

  assert_int_equal(bw_array_create(&array, BW_I64, 0, NULL, NULL), BW_OK);
  assert_int_equal(bw_array_count(array), 1);
  bw_array_free(array);
}

static void test_create_refusals(void **state) {
  (void)state;
  static const struct {
    const char *name;
    bw_dtype dtype;
    uint32_t rank;
    int64_t shape[BW_MAX_RANK + 1];
    bw_status status;
  } rows[] = {
      {"empty", BW_F32, 2, {0, 5}, BW_OK},
      {"highest rank", BW_U8, BW_MAX_RANK, {1, 1, 1, 1, 1, 1, 1, 1, 1, 2}, BW_OK},
      {"rank", BW_U8, BW_MAX_RANK + 1, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, BW_EINVAL},
      {"negative", BW_U8, 2, {3, -1}, BW_EINVAL},
      {"negative beside zero", BW_U8, 2, {0, -1}, BW_EINVAL},
      {"dtype", (bw_dtype)13, 1, {1}, BW_EINVAL},
      {"count overflows", BW_U8, 2, {INT64_MAX, 3}, BW_ELIMIT},
      {"bytes overflow", BW_F64, 1, {INT64_MAX / 2}, BW_ELIMIT},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bw_array *array = NULL;
    bw_error err = {BW_OK, 0, ""};
    const bw_status status = bw_array_create(&array, rows[i].dtype, rows[i].rank, rows[i].shape, &err);
    if (status != rows[i].status || err.status != status || (array != NULL) != (status == BW_OK))
      fail_msg("%s: %s", rows[i].name, bw_status_text(status));
    bw_array_free(array);
  }
}

/* 0, 1 and 100 exist in every type but bool, so all 169 pairs are exact there and back. */
static void test_every_pair(void **state) {
  (void)state;
  static const double values[] = {0, 1, 100};
  bw_array *source = created(BW_F64, 3);
  memcpy(bw_array_data(source), values, sizeof values);
  for (int from = 0; from < BW_DTYPE_COUNT; from++) {
    for (int to = 0; to < BW_DTYPE_COUNT; to++) {
      bw_array *first = converted(source, (bw_dtype)from), *second = converted(first, (bw_dtype)to);
      bw_array *back = converted(second, BW_F64);
      assert_int_equal(bw_array_dtype(second), to);
      const double *got = bw_array_view(back);
      const double hundred = from == BW_BOOL || to == BW_BOOL ? 1 : 100;
      if (got[0] != 0 || got[1] != 1 || got[2] != hundred)
        fail_msg("%d to %d: %g %g %g", from, to, got[0], got[1], got[2]);
      bw_array_free(first);
      bw_array_free(second);
      bw_array_free(back);
    }
  }
  bw_array_free(source);
}

/* One f64 row to one integer, read back as int64 (uint64 as its bits). */
static void test_floats_to_integers_saturate(void **state) {
  (void)state;
  static const struct {
    double value;
    bw_dtype to;
    int64_t want;
  } rows[] = {
      {2.9, BW_I32, 2},
      {-2.9, BW_I32, -2},
      {-0.9, BW_U8, 0},
      {255.9, BW_U8, 255},
      {256, BW_U8, 255},
      {-1, BW_U8, 0},
      {127.5, BW_I8, 127},
      {128, BW_I8, 127},
      {-128.9, BW_I8, -128},
      {-129, BW_I8, -128},
      {1e30, BW_I64, INT64_MAX},
      {-1e30, BW_I64, INT64_MIN},
      {1e30, BW_U64, -1},
      {-1e30, BW_U64, 0},
      {0x1p63, BW_U64, INT64_MIN},
      {-0x1p63, BW_I64, INT64_MIN},
      {NAN, BW_I32, 0},
      {NAN, BW_U64, 0},
      {INFINITY, BW_I16, 32767},
      {-INFINITY, BW_I16, -32768},
      {70000, BW_U16, 65535},
      {5e9, BW_U32, 4294967295},
      {5e9, BW_I32, 2147483647},
      {NAN, BW_BOOL, 1},
      {0.25, BW_BOOL, 1},
      {-0.0, BW_BOOL, 0},
      {0x1.fffffffffffffp62, BW_I64, INT64_C(0x7FFFFFFFFFFFFC00)},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bw_array *source = created(BW_F64, 1);
    memcpy(bw_array_data(source), &rows[i].value, sizeof rows[i].value);
    bw_array *integer = converted(source, rows[i].to), *wide = converted(integer, BW_I64);
    const int64_t got = *(const int64_t *)bw_array_view(wide);
    if (got != rows[i].want)
      fail_msg("%g to %s: %lld", rows[i].value, bw_dtype_name(rows[i].to), (long long)got);
    bw_array_free(source);
    bw_array_free(integer);
    bw_array_free(wide);
  }
}

static void test_integers_to_integers_wrap(void **state) {
  (void)state;
  static const struct {
    int64_t value;
    bw_dtype to;
    int64_t want;
  } rows[] = {
      {300, BW_U8, 44},       {-1, BW_U8, 255},        {200, BW_I8, -56}, {-1, BW_U32, 4294967295},
      {65537, BW_I16, 1},     {256, BW_BOOL, 1},       {0, BW_BOOL, 0},   {-1, BW_U64, -1},
      {INT64_MIN, BW_I32, 0}, {INT64_MIN, BW_BOOL, 1},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bw_array *source = created(BW_I64, 1);
    memcpy(bw_array_data(source), &rows[i].value, sizeof rows[i].value);
    bw_array *narrow = converted(source, rows[i].to), *wide = converted(narrow, BW_I64);
    const int64_t got = *(const int64_t *)bw_array_view(wide);
    if (got != rows[i].want)
      fail_msg("%lld to %s: %lld", (long long)rows[i].value, bw_dtype_name(rows[i].to), (long long)got);
    bw_array_free(source);
    bw_array_free(narrow);
    bw_array_free(wide);
  }
}

static void test_integers_round_once_to_floats(void **state) {
  (void)state;
  /* Just above the midpoint of two floats; by way of double it would become the midpoint and round down. */
  const int64_t above_midpoint = (INT64_C(1) << 62) + (INT64_C(1) << 38) + 1;
  bw_array *source = created(BW_I64, 1), *big = created(BW_U64, 1);
  memcpy(bw_array_data(source), &above_midpoint, sizeof above_midpoint);
  memset(bw_array_data(big), 0xFF, 8);
  bw_array *single = converted(source, BW_F32), *wide = converted(big, BW_F64);
  assert_true(*(const float *)bw_array_view(single) == 0x1.000002p62F);
  assert_true(*(const double *)bw_array_view(wide) == 0x1p64);
  bw_array_free(source);
  bw_array_free(big);
  bw_array_free(single);
  bw_array_free(wide);
}

static void test_floats_to_halves(void **state) {
  (void)state;
  static const float values[] = {65520, 1.00048828125F, 1e-8F, -INFINITY, 3.140625F};
  bw_array *source = created(BW_F32, 5);
  memcpy(bw_array_data(source), values, sizeof values);
  bw_array *f16 = converted(source, BW_F16), *bf16 = converted(source, BW_BF16);
  for (int i = 0; i < 5; i++) {
    assert_int_equal(((const uint16_t *)bw_array_view(f16))[i], bwi_f32_to_f16(values[i]));
    assert_int_equal(((const uint16_t *)bw_array_view(bf16))[i], bwi_f32_to_bf16(values[i]));
  }
  bw_array_free(source);
  bw_array_free(f16);
  bw_array_free(bf16);
}

/* More elements than one chunk of the conversion, and any byte but 0 of a bool is true. */
static void test_long_arrays(void **state) {
  (void)state;
  bw_array *source = created(BW_BOOL, 1000);
  uint8_t *bytes = bw_array_data(source);
  for (int i = 0; i < 1000; i++) bytes[i] = (uint8_t)(i % 3);
  bw_array *out = converted(source, BW_I16);
  for (int i = 0; i < 1000; i++) assert_int_equal(((const int16_t *)bw_array_view(out))[i], i % 3 != 0);
  bw_array_free(out);
  const int64_t none = 0;
  bw_array *empty = NULL;
  assert_int_equal(bw_array_create(&empty, BW_F32, 1, &none, NULL), BW_OK);
  out = converted(empty, BW_U8);
  assert_int_equal(bw_array_count(out), 0);
  bw_array_free(out);
  bw_array_free(empty);
  assert_int_equal(bw_array_convert(&out, source, (bw_dtype)13, NULL), BW_EINVAL);
  bw_array_free(source);
}

static bw_status create_and_convert(void *payload) {
  (void)payload;
  const int64_t shape[] = {4, 4};
  bw_array *array = NULL, *other = NULL;
  bw_status status = bw_array_create(&array, BW_U8, 2, shape, NULL);
  if (status == BW_OK) status = bw_array_convert(&other, array, BW_F32, NULL);
  bw_array_free(array);
  bw_array_free(other);
  return status;
}

static void test_allocation_failures(void **state) {
  (void)state;
  assert_int_equal(sweep_allocations(create_and_convert, NULL), 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_dtypes),
      cmocka_unit_test(test_create),
      cmocka_unit_test(test_create_refusals),
      cmocka_unit_test(test_every_pair),
      cmocka_unit_test(test_floats_to_integers_saturate),
      cmocka_unit_test(test_integers_to_integers_wrap),
      cmocka_unit_test(test_integers_round_once_to_floats),
      cmocka_unit_test(test_floats_to_halves),
      cmocka_unit_test(test_long_arrays),
      cmocka_unit_test(test_allocation_failures),
  };
  return cmocka_run_group_tests_name("array", tests, NULL, NULL);
}
