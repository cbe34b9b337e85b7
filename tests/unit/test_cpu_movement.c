/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"
#include "support/versus.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define F32(values, ...) \
  { BW_F32, {__VA_ARGS__}, values, false, 0 }

/* Moving changes no bits, whatever the dtype. */
static void test_views(void **state) {
  (void)state;
  static const versus_row rows[] = {
      {.name = "transpose",
       .prim = BWI_Transpose,
       .params = {.v = {{2, {1, 0}}}},
       .n_in = 1,
       .in = {F32(EDGES, 2, {37, 19})}},
      {.name = "transpose inside of a sample",
       .prim = BWI_Transpose,
       .params = {.v = {{4, {0, 3, 1, 2}}}},
       .n_in = 1,
       .in = {F32(ANY, 4, {BATCH, 5, 3, 7})}},
      {.name = "transpose of bytes",
       .prim = BWI_Transpose,
       .params = {.v = {{3, {2, 0, 1}}}},
       .n_in = 1,
       .in = {{BW_BOOL, {3, {3, 1, 5}}, ANY, false, 0}}},
      {.name = "transpose of halves",
       .prim = BWI_Transpose,
       .params = {.v = {{2, {1, 0}}}},
       .n_in = 1,
       .in = {{BW_BF16, {2, {3, 5}}, EDGES, false, 0}}},
      {.name = "transpose of long integers",
       .prim = BWI_Transpose,
       .params = {.v = {{2, {1, 0}}}},
       .n_in = 1,
       .in = {{BW_I64, {2, {3, 5}}, ANY, false, 0}}},
      {.name = "broadcast of a scalar",
       .prim = BWI_Broadcast,
       .params = {.v = {{2, {3, 5}}}},
       .n_in = 1,
       .in = {F32(ANY, 0, {0})}},
      {.name = "broadcast of a middle axis",
       .prim = BWI_Broadcast,
       .params = {.v = {{4, {BATCH, 2, 5, 3}}}},
       .n_in = 1,
       .in = {F32(ANY, 4, {BATCH, 1, 5, 1})}},
      {.name = "overlapping windows",
       .prim = BWI_AsStrided,
       .params = {.i = {2}, .v = {{3, {4, 3, 2}}, {3, {2, 2, 5}}}},
       .n_in = 1,
       .in = {F32(ANY, 1, {19})}},
      {.name = "backwards in steps",
       .prim = BWI_AsStrided,
       .params = {.i = {18}, .v = {{2, {3, 4}}, {2, {-5, -1}}}},
       .n_in = 1,
       .in = {F32(ANY, 1, {19})}},
  };
  check_versus(rows, COUNT(rows));
}

static void test_slices(void **state) {
  (void)state;
  static const versus_row rows[] = {
      {.name = "slice",
       .prim = BWI_Slice,
       .params = {.v = {{3, {0, 1, 2}}, {3, {BATCH, 4, 7}}, {3, {1, 1, 1}}}},
       .n_in = 1,
       .in = {F32(ANY, 3, {BATCH, 5, 9})}},
      {.name = "slice backwards",
       .prim = BWI_Slice,
       .params = {.v = {{3, {0, 4, 8}}, {3, {BATCH, -6, -10}}, {3, {1, -1, -3}}}},
       .n_in = 1,
       .in = {F32(ANY, 3, {BATCH, 5, 9})}},
      {.name = "slice to nothing",
       .prim = BWI_Slice,
       .params = {.v = {{2, {0, 3}}, {2, {4, 3}}, {2, {1, 1}}}},
       .n_in = 1,
       .in = {F32(ANY, 2, {4, 5})}},
      {.name = "write a slice in steps",
       .prim = BWI_SliceUpdate,
       .params = {.i = {4}, .v = {{2, {0, 1}}, {2, {BATCH, 9}}, {2, {1, 3}}}},
       .n_in = 2,
       .in = {F32(ANY, 2, {BATCH, 9}), F32(ANY, 2, {BATCH, 3})}},
      {.name = "write a slice backwards",
       .prim = BWI_SliceUpdate,
       .params = {.i = {4}, .v = {{2, {0, 7}}, {2, {BATCH, -10}}, {2, {1, -2}}}},
       .n_in = 2,
       .in = {F32(ANY, 2, {BATCH, 9}), F32(ANY, 2, {BATCH, 4})}},
  };
  check_versus(rows, COUNT(rows));
}

static void test_joined(void **state) {
  (void)state;
  static const versus_row rows[] = {
      {.name = "pad",
       .prim = BWI_Pad,
       .params = {.v = {{2, {1, 3}}, {2, {2, 0}}, {2, {1, 3}}}},
       .n_in = 2,
       .in = {F32(ANY, 4, {BATCH, 3, 2, 5}), F32(POSITIVE, 0, {0})}},
      {.name = "pad bytes",
       .prim = BWI_Pad,
       .params = {.v = {{1, {0}}, {1, {1}}, {1, {2}}}},
       .n_in = 2,
       .in = {{BW_U8, {1, {5}}, ANY, false, 0}, {BW_U8, {0, {0}}, ANY, false, 0}}},
      {.name = "concatenate last axes",
       .prim = BWI_Concatenate,
       .params = {.i = {2}},
       .n_in = 3,
       .in = {F32(ANY, 3, {BATCH, 3, 1}), F32(ANY, 3, {BATCH, 3, 17}), F32(ANY, 3, {BATCH, 3, 4})}},
      {.name = "concatenate first axes",
       .prim = BWI_Concatenate,
       .params = {.i = {0}},
       .n_in = 2,
       .in = {F32(ANY, 2, {3, 5}), F32(ANY, 2, {1, 5})}},
  };
  check_versus(rows, COUNT(rows));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_views),
      cmocka_unit_test(test_slices),
      cmocka_unit_test(test_joined),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
