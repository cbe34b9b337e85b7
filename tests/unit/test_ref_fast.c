/* SPDX-License-Identifier: Apache-2.0 */
/* Expected values: MLX 0.32.4 on the CPU. */
#include <math.h>

#include "support/rows.h"
#include "support/unit.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define FLOAT_SUMS 1e-6 /* MLX sums in float32 */

static void test_norms(void **state) {
  (void)state;
  static const row rows[] = {
      {.name = "layer norm",
       .prim = BWI_LayerNorm,
       .params = {.f = {1e-5}},
       .n_in = 3,
       .in = {MATRIX(BW_F32, 2, 3, 1, 2, 3, 4, 5, 6), VECTOR(BW_F32, 3, 1, 2, 3), VECTOR(BW_F32, 3, 0, 1, 0)},
       .out = MATRIX(BW_F32, 2, 3, -1.22473562, 1, 3.67420673, -1.22473562, 1, 3.67420673),
       .tolerance = FLOAT_SUMS},
      {.name = "layer norm without weights",
       .prim = BWI_LayerNorm,
       .params = {.f = {0}},
       .n_in = 3,
       .in = {VECTOR(BW_F32, 2, 1, 3), SCALAR(BW_F32, 1), SCALAR(BW_F32, 0)},
       .out = VECTOR(BW_F32, 2, -1, 1)},
      {.name = "root mean square",
       .prim = BWI_RMSNorm,
       .params = {.f = {1e-5}},
       .n_in = 2,
       .in = {MATRIX(BW_F32, 2, 3, 1, 2, 3, 4, 5, 6), VECTOR(BW_F32, 3, 1, 2, 3)},
       .out = MATRIX(BW_F32, 2, 3, 0.462909549, 1.8516382, 4.16618586, 0.789541841, 1.97385454, 3.55293846),
       .tolerance = FLOAT_SUMS},
  };
  check_rows(rows, COUNT(rows));
}

static void test_rope(void **state) {
  (void)state;
  static const row rows[] = {
      {.name = "halves",
       .prim = BWI_RoPE,
       .params = {.i = {4, 0, 1}, .f = {100, 0.5}},
       .n_in = 2,
       .in = {CUBE(BW_F32, 1, 2, 4, 1, 2, 3, 4, 5, 6, 7, 8), SCALAR(BW_I32, 1)},
       .out = CUBE(BW_F32, 1, 2, 4, -0.560694098, 1.79758382, 3.11217308, 4.09495926, -3.18878555, 5.17135763,
                   7.98947048, 8.55903435),
       .tolerance = FLOAT_SUMS},
      {.name = "neighbours, some channels",
       .prim = BWI_RoPE,
       .params = {.i = {2, 1, 1}, .f = {100, 1}},
       .n_in = 2,
       .in = {CUBE(BW_F32, 1, 2, 4, 1, 2, 3, 4, 5, 6, 7, 8), SCALAR(BW_I32, 3)},
       .out = CUBE(BW_F32, 1, 2, 4, -1.27223253, -1.83886504, 3, 4, 1.27259684, -7.70587444, 7, 8),
       .tolerance = FLOAT_SUMS},
      {.name = "frequencies, an offset a sample",
       .prim = BWI_RoPE,
       .params = {.i = {4, 0, 1}, .f = {0, 1}},
       .n_in = 3,
       .in = {CUBE(BW_F32, 2, 1, 4, 1, 2, 3, 4, 5, 6, 7, 8), VECTOR(BW_I32, 2, 1, 2),
              VECTOR(BW_F32, 2, 1, 4)},
       .out = CUBE(BW_F32, 2, 1, 4, -1.98411059, 0.948208988, 2.46237779, 4.37045765, -8.44581604, 1.4300909,
                   1.63345909, 9.89721394),
       .tolerance = FLOAT_SUMS},
      {.name = "backwards",
       .prim = BWI_RoPE,
       .params = {.i = {2, 0, 0}, .f = {100, 1}},
       .n_in = 2,
       .in = {CUBE(BW_F32, 1, 1, 2, 1, 0), SCALAR(BW_I32, 1)},
       .out = CUBE(BW_F32, 1, 1, 2, 0.54030230587, -0.84147098481),
       .tolerance = FLOAT_SUMS},
  };
  check_rows(rows, COUNT(rows));
}

#define QKV                                                                                       \
  HYPER(BW_F32, 1, 2, 2, 2, 1, 0, 0, 1, 1, 1, 2, 0), HYPER(BW_F32, 1, 1, 3, 2, 1, 2, 3, 1, 0, 1), \
      HYPER(BW_F32, 1, 1, 3, 1, 1, 2, 4)

static void test_attention(void **state) {
  (void)state;
  static const row rows[] = {
      {.name = "two heads share keys",
       .prim = BWI_ScaledDotProductAttention,
       .params = {.f = {0.5}},
       .n_in = 3,
       .in = {QKV},
       .out = HYPER(BW_F32, 1, 2, 2, 1, 2.04926491, 2.09627438, 1.91240442, 1.96982491),
       .tolerance = FLOAT_SUMS},
      {.name = "causal, the last query sees all",
       .prim = BWI_ScaledDotProductAttention,
       .params = {.i = {1}, .f = {0.5}},
       .n_in = 3,
       .in = {QKV},
       .out = HYPER(BW_F32, 1, 2, 2, 1, 1.7310586, 2.09627438, 1.62245941, 1.96982491),
       .tolerance = FLOAT_SUMS},
      {.name = "mask, one row all of it",
       .prim = BWI_ScaledDotProductAttention,
       .params = {.f = {0.5}},
       .n_in = 4,
       .in = {QKV, MATRIX(BW_BOOL, 2, 3, 1, 0, 1, 0, 0, 0)},
       .out = HYPER(BW_F32, 1, 2, 2, 1, 2.132622, 2.33333349, 1.80682433, 2.33333349),
       .tolerance = FLOAT_SUMS},
      {.name = "added mask",
       .prim = BWI_ScaledDotProductAttention,
       .params = {.f = {0.5}},
       .n_in = 4,
       .in = {QKV, MATRIX(BW_F32, 1, 3, 0, -1, 1)},
       .out = HYPER(BW_F32, 1, 2, 2, 1, 2.62965679, 2.79998684, 2.38365173, 2.21194172),
       .tolerance = FLOAT_SUMS},
      {.name = "sinks",
       .prim = BWI_ScaledDotProductAttention,
       .params = {.i = {0, 1}, .f = {0.5}},
       .n_in = 4,
       .in = {QKV, VECTOR(BW_F32, 2, 0.5, -1)},
       .out = HYPER(BW_F32, 1, 2, 2, 1, 1.66441274, 1.64533877, 1.86174417, 1.93984532),
       .tolerance = FLOAT_SUMS},
  };
  check_rows(rows, COUNT(rows));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_norms),
      cmocka_unit_test(test_rope),
      cmocka_unit_test(test_attention),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
