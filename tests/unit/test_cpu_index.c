/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"
#include "support/versus.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define F32(values, ...) \
  { BW_F32, {__VA_ARGS__}, values, false, 0 }

#define INDICES(type, most, ...) \
  { type, {__VA_ARGS__}, POSITIONS, false, most }

static void test_gather(void **state) {
  (void)state;
  static const versus_row rows[] = {
      {.name = "rows of an embedding",
       .prim = BWI_Gather,
       .params = {.v = {{1, {0}}, {2, {1, 5}}}},
       .n_in = 2,
       .in = {{BW_F32, {2, {11, 5}}, ANY, true, 0}, INDICES(BW_I32, 11, 2, {BATCH, 3})}},
      {.name = "rows of bytes",
       .prim = BWI_Gather,
       .params = {.v = {{1, {0}}, {2, {1, 5}}}},
       .n_in = 2,
       .in = {{BW_BOOL, {2, {11, 5}}, ANY, true, 0}, INDICES(BW_I8, 11, 1, {BATCH})}},
      {.name = "two axes",
       .prim = BWI_Gather,
       .params = {.v = {{2, {0, 1}}, {3, {1, 1, 4}}}},
       .n_in = 3,
       .in = {F32(ANY, 3, {3, 5, 4}), INDICES(BW_I64, 3, 1, {BATCH}), INDICES(BW_I16, 5, 1, {BATCH})}},
      {.name = "several rows at once",
       .prim = BWI_Gather,
       .params = {.v = {{1, {1}}, {3, {1, 2, 4}}}},
       .n_in = 2,
       .in = {F32(ANY, 3, {1, 3, 4}), INDICES(BW_U8, 0, 1, {BATCH})}},
      {.name = "elements",
       .prim = BWI_Gather,
       .params = {.v = {{2, {1, 0}}, {2, {1, 1}}}},
       .n_in = 3,
       .in = {F32(ANY, 2, {3, 5}), INDICES(BW_I32, 5, 1, {BATCH}), INDICES(BW_I32, 3, 1, {BATCH})}},
  };
  check_versus(rows, COUNT(rows));
}

#define CAST(text, from, to, values)                                              \
  {                                                                               \
    .name = text, .prim = BWI_AsType, .params = {.dtype = to}, .n_in = 1, .in = { \
      {from, {2, {BATCH, 133}}, values, false, 0}                                 \
    }                                                                             \
  }
#define WIDE(text, from) CAST(text, from, BW_F32, ANY)

static void test_cast(void **state) {
  (void)state;
  static const versus_row rows[] = {
      WIDE("bool", BW_BOOL),
      WIDE("u8", BW_U8),
      WIDE("u16", BW_U16),
      WIDE("u32", BW_U32),
      WIDE("u64", BW_U64),
      WIDE("i8", BW_I8),
      WIDE("i16", BW_I16),
      WIDE("i32", BW_I32),
      WIDE("i64", BW_I64),
      CAST("f16", BW_F16, BW_F32, EDGES),
      CAST("f64", BW_F64, BW_F32, EDGES),
      CAST("bf16", BW_BF16, BW_F32, EDGES),
      CAST("to bool", BW_F32, BW_BOOL, EDGES),
      CAST("to f16", BW_F32, BW_F16, EDGES),
      CAST("to f64", BW_F32, BW_F64, EDGES),
      CAST("to bf16", BW_F32, BW_BF16, EDGES),
  };
  check_versus(rows, COUNT(rows));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gather),
      cmocka_unit_test(test_cast),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
