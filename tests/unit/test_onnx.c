/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX models, and with them the wire format of protocol buffers. */
#include "format/onnx.h"

#include <string.h>

#include "base/memory.h"
#include "support/refusals.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct tally {
  size_t tensors, nodes;
  bwi_onnx_tensor last;
} tally;

static bw_status count_tensor(void *payload, const bwi_onnx_tensor *tensor, bw_error *err) {
  tally *t = payload;
  (void)err;
  t->tensors++;
  t->last = *tensor;
  return BW_OK;
}

static bw_status count_node(void *payload, bwi_bytes domain, bwi_bytes name, uint64_t offset, bw_error *err) {
  tally *t = payload;
  (void)err;
  (void)offset;
  assert_true(domain.size > 0 && name.size > 0);
  t->nodes++;
  return BW_OK;
}

static bw_status read_and_free(bwi_bytes bytes, bw_error *err) {
  tally t = {0};
  const bwi_onnx_visitor visitor = {&t, count_tensor, count_node};
  return bwi_onnx_walk(bytes, &visitor, err);
}

/* clang-format off */
static const refusal refusals[] = {
    {"format-empty", 0, "the model has no graph"},
    {"format-external-nowhere", 13, "a tensor lies in another file, but which is not said"},
    {"format-field-long", 8, "truncated: a field needs 4294967295 bytes, 0 left"},
    {"format-field-zero", 53, "field number 0 does not exist"},
    {"format-group", 53, "wire type 3 is not in use"},
    {"format-inside", 17, "truncated: field size needs 1 bytes, 0 left"},
    {"format-no-graph", 0, "the model has no graph"},
    {"format-shape-negative", 13, "a tensor's shape has a negative extent or overflows"},
    {"format-shape-overflow", 13, "a tensor's shape has a negative extent or overflows"},
    {"format-tensor-none", 13, "a tensor has a shape and no elements"},
    {"format-tensor-size", 13, "a tensor's elements do not take what its shape says"},
    {"format-tensor-twice", 13, "a tensor has its elements twice"},
    {"format-truncated", 50, "truncated: field size needs 1 bytes, 0 left"},
    {"format-typed-size", 13, "a tensor's elements do not take what its shape says"},
    {"format-varint", 54, "field goes beyond 64 bits"},
    {"limit-graphs", 20031, "more than 10000 graphs"},
    {"unsupported-typed-parts", 13, "a tensor's elements come in parts"},
    {"unsupported-typed-single", 13, "a tensor's elements come in parts"},
};
/* clang-format on */

static void refuses_what_is_wrong(void **state) {
  (void)state;
  check_refusals("onnx", refusals, COUNT(refusals), read_and_free);
}

static tally tally_of(const char *name) {
  char path[128] = "fuzz/corpus/onnx/";
  strncat(path, name, sizeof path - strlen(path) - 1);
  const bwi_bytes bytes = tests_file(path);
  tally t = {0};
  const bwi_onnx_visitor visitor = {&t, count_tensor, count_node};
  assert_true(bwi_onnx_begins(bytes));
  assert_int_equal(bwi_onnx_walk(bytes, &visitor, NULL), BW_OK);
  bwi_free((void *)bytes.data);
  return t;
}

static void finds_every_tensor(void **state) {
  (void)state;
  static const struct {
    const char *name;
    size_t tensors;
  } cases[] = {{"ok-empty-graph", 0}, {"ok-small", 1},      {"ok-nested", 1},   {"ok-packed", 1},
               {"ok-sparse", 2},      {"ok-attributes", 4}, {"ok-functions", 4}};
  for (size_t k = 0; k < COUNT(cases); k++) {
    const tally t = tally_of(cases[k].name);
    if (t.tensors != cases[k].tensors) fail_msg("%s: %zu tensors", cases[k].name, t.tensors);
  }
}

static void finds_operators_of_others(void **state) {
  (void)state;
  assert_int_equal(tally_of("ok-small").nodes, 0);
  assert_int_equal(tally_of("ok-domain").nodes, 1);
}

static void reads_where_tensors_lie(void **state) {
  (void)state;
  const bwi_bytes bytes = tests_file("fuzz/corpus/onnx/ok-external");
  tally t = {0};
  const bwi_onnx_visitor visitor = {&t, count_tensor, count_node};
  assert_int_equal(bwi_onnx_walk(bytes, &visitor, NULL), BW_OK);
  assert_true(t.last.external);
  assert_int_equal(t.last.location.size, strlen("weights.bin"));
  assert_memory_equal(t.last.location.data, "weights.bin", t.last.location.size);
  assert_int_equal(t.last.external_bytes, 8);
  assert_int_equal(t.last.bytes, 8);
  assert_int_equal(t.last.dtype, BW_F32);
  bwi_free((void *)bytes.data);
}

static void tells_models_from_others(void **state) {
  (void)state;
  static const struct {
    uint8_t bytes[4];
    size_t size;
    bool begins;
  } cases[] = {{{8, 8, 0x12, 0}, 4, true},    {{8, 8, 0x3A, 0}, 4, true},   {{0}, 0, false},
               {{8, 0, 0x12, 0}, 4, false},   {{10, 8, 0x12, 0}, 4, false}, {{8, 8}, 2, false},
               {{8, 8, 0xFF, 0xFF}, 4, false}};
  for (size_t k = 0; k < COUNT(cases); k++)
    if (bwi_onnx_begins((bwi_bytes){cases[k].bytes, cases[k].size}) != cases[k].begins)
      fail_msg("case %zu", k);
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  assert_true(check_allocations("fuzz/corpus/onnx/ok-nested", read_and_free) >= 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refuses_what_is_wrong),     cmocka_unit_test(finds_every_tensor),
      cmocka_unit_test(finds_operators_of_others), cmocka_unit_test(reads_where_tensors_lie),
      cmocka_unit_test(tells_models_from_others),  cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
