/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "format/formats.h"
#include "support/refusals.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void reads_records(void **state) {
  (void)state;
  const bwi_bytes bytes = tests_file("fuzz/corpus/cifar10/ok-three");
  bw_array *images = NULL, *labels = NULL;
  assert_int_equal(bwi_cifar10_read(&images, &labels, bytes, SIZE_MAX, NULL), BW_OK);
  static const int64_t shape[] = {3, 3, 32, 32};
  assert_int_equal(bw_array_rank(images), 4);
  assert_memory_equal(bw_array_shape(images), shape, sizeof shape);
  assert_int_equal(bw_array_rank(labels), 1);
  assert_int_equal(bw_array_count(labels), 3);
  assert_memory_equal(bw_array_view(labels), "\x00\x07\x09", 3);
  const uint8_t *pixels = bw_array_view(images);
  for (size_t i = 0; i < 3072; i++) {
    assert_int_equal(pixels[i], 0);
    assert_int_equal(pixels[3072 + i], i % 251);
    assert_int_equal(pixels[6144 + i], 255);
  }
  bw_array_free(images);
  bw_array_free(labels);
  bwi_free((void *)bytes.data);
}

/* clang-format off */
static const refusal refusals[] = {
    {"format-empty", 0, "0 bytes are no whole number of records of 3073 bytes"},
    {"format-label-10", 0, "label 10 of record 0 is not one of 10 classes"},
    {"format-label-second", 3073, "label 255 of record 1 is not one of 10 classes"},
    {"format-long", 3073, "3074 bytes are no whole number of records of 3073 bytes"},
    {"format-short", 0, "3072 bytes are no whole number of records of 3073 bytes"},
};
/* clang-format on */

static bw_status read_and_free(bwi_bytes bytes, bw_error *err) {
  bw_array *images = NULL, *labels = NULL;
  const bw_status status = bwi_cifar10_read(&images, &labels, bytes, SIZE_MAX, err);
  if (status != BW_OK) assert_true(images == NULL && labels == NULL);
  bw_array_free(images);
  bw_array_free(labels);
  return status;
}

static void refuses_what_is_wrong(void **state) {
  (void)state;
  check_refusals("cifar10", refusals, COUNT(refusals), read_and_free);
}

static void refuses_every_truncation(void **state) {
  (void)state;
  check_truncations("fuzz/corpus/cifar10/ok-one", read_and_free);
}

static void keeps_the_limit(void **state) {
  (void)state;
  const bwi_bytes bytes = tests_file("fuzz/corpus/cifar10/ok-one");
  bw_array *images = NULL, *labels = NULL;
  bw_error err;
  assert_int_equal(bwi_cifar10_read(&images, &labels, bytes, 3072, &err), BW_ELIMIT);
  assert_int_equal(bwi_cifar10_read(&images, &labels, bytes, 3073, &err), BW_OK);
  bw_array_free(images);
  bw_array_free(labels);
  bwi_free((void *)bytes.data);
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  assert_true(check_allocations("fuzz/corpus/cifar10/ok-one", read_and_free) >= 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_records),
      cmocka_unit_test(refuses_what_is_wrong),
      cmocka_unit_test(refuses_every_truncation),
      cmocka_unit_test(keeps_the_limit),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
