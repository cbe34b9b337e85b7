/* SPDX-License-Identifier: Apache-2.0 */
/* GGUF headers. */
#include "format/gguf.h"

#include <string.h>

#include "base/memory.h"
#include "support/refusals.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bw_status read_and_free(bwi_bytes bytes, bw_error *err) {
  bwi_gguf file = {0};
  const bw_status status = bwi_gguf_read(&file, bytes, bytes.size, err);
  bwi_gguf_clear(&file);
  return status;
}

/* clang-format off */
static const refusal refusals[] = {
    {"format-alignment", 53, "general.alignment is no multiple of 8, or above 4096"},
    {"format-alignment-type", 53, "general.alignment is no multiple of 8, or above 4096"},
    {"format-array-long", 41, "truncated: array is 1125899906842624 items of at least 8 bytes, 0 left"},
    {"format-bool", 37, "truth value is 2; a truth value is 0 or 1"},
    {"format-empty", 0, "truncated: magic needs 4 bytes, 0 left"},
    {"format-hole", 24, "a tensor starts at 32, not where the last one ends: 0"},
    {"format-key-empty", 24, "a key of 0 bytes"},
    {"format-key-twice", 52, "two metadata have one key"},
    {"format-magic", 0, "no GGUF file"},
    {"format-name-empty", 24, "a tensor's name has 0 bytes"},
    {"format-name-twice", 90, "two tensors have one name"},
    {"format-offset-far", 24, "a tensor starts at 4611686018427387904, not where the last one ends: 0"},
    {"format-offset-odd", 24, "a tensor starts at 1, not where the last one ends: 0"},
    {"format-overlap", 57, "a tensor starts at 32, not where the last one ends: 64"},
    {"format-pairs-many", 16, "truncated: metadata is 1152921504606846976 items of at least 13 bytes, 0 left"},
    {"format-rank", 33, "5 dimensions; 4 are the most"},
    {"format-shape-block", 24, "a tensor's shape overflows or is no whole number of blocks"},
    {"format-shape-negative", 24, "a tensor's shape overflows or is no whole number of blocks"},
    {"format-shape-overflow", 24, "a tensor's shape overflows or is no whole number of blocks"},
    {"format-short", 24, "a tensor of 16 bytes goes beyond the file"},
    {"format-string-long", 37, "truncated: string is 1125899906842624 items of at least 1 bytes, 0 left"},
    {"format-tensors-many", 8, "truncated: tensors is 1152921504606846976 items of at least 24 bytes, 8 left"},
    {"format-trailing", 24, "17 bytes follow the last tensor"},
    {"format-truncated", 61, "truncated: array is 2 items of at least 8 bytes, 15 left"},
    {"unsupported-array-of-arrays", 49, "a value of type 9 is not supported here"},
    {"unsupported-big-endian", 4, "GGUF version 50331648 is not supported"},
    {"unsupported-tensor-type", 24, "tensor type 4 is not supported"},
    {"unsupported-value-type", 37, "a value of type 13 is not supported here"},
    {"unsupported-version-1", 4, "GGUF version 1 is not supported"},
};
/* clang-format on */

static void refuses_what_is_wrong(void **state) {
  (void)state;
  check_refusals("gguf", refusals, COUNT(refusals), read_and_free);
}

static void reads_tensors_and_texts(void **state) {
  (void)state;
  const bwi_bytes bytes = tests_file("fuzz/corpus/gguf/ok-two");
  bwi_gguf file;
  assert_int_equal(bwi_gguf_read(&file, bytes, bytes.size, NULL), BW_OK);
  assert_int_equal(file.version, 3);
  assert_int_equal(file.n_tensors, 2);
  assert_memory_equal(file.tensors[0].name.data, "a", 1);
  assert_true(file.tensors[0].readable);
  assert_int_equal(file.tensors[0].dtype, BW_F32);
  assert_int_equal(file.tensors[0].bytes, 16);
  assert_string_equal(file.tensors[1].type, "Q4_0");
  assert_false(file.tensors[1].readable);
  assert_int_equal(file.tensors[1].bytes, 36);
  assert_int_equal(file.tensors[1].begin, 32);
  assert_int_equal(file.data_offset % 32, 0);
  assert_int_equal(file.data_offset + 32 + 36, bytes.size);
  bwi_gguf_clear(&file);
  bwi_free((void *)bytes.data);
}

/* The data may be missing from what is in memory, the header may not. */
static void reads_a_header_alone(void **state) {
  (void)state;
  const bwi_bytes bytes = tests_file("fuzz/corpus/gguf/ok-two");
  bwi_gguf file;
  bwi_bytes head = bytes;
  head.size -= 32 + 36;
  assert_int_equal(bwi_gguf_read(&file, head, bytes.size, NULL), BW_OK);
  bwi_gguf_clear(&file);
  head.size -= 64;
  assert_int_equal(bwi_gguf_read(&file, head, bytes.size, NULL), BW_EFORMAT);
  bwi_free((void *)bytes.data);
}

static void refuses_every_truncation(void **state) {
  (void)state;
  check_truncations("fuzz/corpus/gguf/ok-two", read_and_free);
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  assert_int_equal(check_allocations("fuzz/corpus/gguf/ok-two", read_and_free), 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refuses_what_is_wrong),
      cmocka_unit_test(reads_tensors_and_texts),
      cmocka_unit_test(reads_a_header_alone),
      cmocka_unit_test(refuses_every_truncation),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
