/* SPDX-License-Identifier: Apache-2.0 */
#include "support/unit.h"
#include "support/versus.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define F32(values, ...) \
  { BW_F32, {__VA_ARGS__}, values, false, 0 }

/* A few sums of n terms in float32, a root and three products: some units of a typical element. */
#define NORM(text, primitive, n, eps, ...)                                                                  \
  {                                                                                                         \
    .name = text, .prim = primitive, .params = {.f = {eps}}, .in = {__VA_ARGS__}, .units = 8, .sums = true, \
    .n_in = n                                                                                               \
  }

static void test_norms(void **state) {
  (void)state;
  static const versus_row rows[] = {
      NORM("layer", BWI_LayerNorm, 3, 1e-5, F32(ANY, 3, {BATCH, 3, 37}), F32(ANY, 1, {37}),
           F32(ANY, 1, {37})),
      NORM("layer of few", BWI_LayerNorm, 3, 1e-5, F32(ANY, 2, {BATCH, 3}), F32(ANY, 1, {3}),
           F32(ANY, 1, {3})),
      NORM("layer of one", BWI_LayerNorm, 3, 1e-5, F32(ANY, 2, {BATCH, 1}), F32(ANY, 1, {1}),
           F32(ANY, 1, {1})),
      NORM("layer without weights", BWI_LayerNorm, 3, 1e-3, F32(ANY, 2, {BATCH, 64}), F32(POSITIVE, 0, {0}),
           F32(ANY, 0, {0})),
      NORM("layer, bias alone", BWI_LayerNorm, 3, 1e-3, F32(POSITIVE, 2, {BATCH, 21}), F32(POSITIVE, 0, {0}),
           F32(ANY, 1, {21})),
      NORM("root mean square", BWI_RMSNorm, 2, 1e-5, F32(ANY, 3, {BATCH, 2, 35}), F32(ANY, 1, {35})),
      NORM("root mean square without weights", BWI_RMSNorm, 2, 1e-5, F32(ANY, 2, {BATCH, 16}),
           F32(POSITIVE, 0, {0})),
  };
  check_versus(rows, COUNT(rows));
}

#define Q(h, l, d) F32(ANY, 4, {BATCH, h, l, d})
/* Scores of d products and a weighted mean of n values; exp turns a score's error into the weight's. */
#define ATTENTION(text, n, is_causal, has_sinks, ...)                                                 \
  {                                                                                                   \
    .name = text, .prim = BWI_ScaledDotProductAttention,                                              \
    .params = {.i = {is_causal, has_sinks}, .f = {0.5}}, .n_in = n, .in = {__VA_ARGS__}, .units = 16, \
    .sums = true                                                                                      \
  }

static void test_attention(void **state) {
  (void)state;
  static const versus_row rows[] = {
      ATTENTION("plain", 3, 0, 0, Q(3, 5, 8), Q(3, 7, 8), Q(3, 7, 6)),
      ATTENTION("one query, one key", 3, 0, 0, Q(1, 1, 3), Q(1, 1, 3), Q(1, 1, 2)),
      ATTENTION("shared keys", 3, 0, 0, Q(6, 5, 8), Q(2, 19, 8), Q(2, 19, 17)),
      ATTENTION("causal", 3, 1, 0, Q(2, 5, 8), Q(2, 7, 8), Q(2, 7, 6)),
      ATTENTION("causal, more queries than keys", 3, 1, 0, Q(2, 7, 8), Q(2, 5, 8), Q(2, 5, 6)),
      ATTENTION("added mask", 4, 0, 0, Q(2, 5, 8), Q(2, 7, 8), Q(2, 7, 6), F32(ANY, 2, {5, 7})),
      ATTENTION("added mask a head", 4, 0, 0, Q(2, 5, 8), Q(2, 7, 8), Q(2, 7, 6),
                F32(ANY, 4, {BATCH, 2, 1, 7})),
      ATTENTION("true or false", 4, 0, 0, Q(2, 5, 8), Q(2, 7, 8), Q(2, 7, 6),
                {BW_BOOL, {4, {BATCH, 1, 1, 7}}, ANY, false, 0}),
      ATTENTION("all hidden now and then", 4, 0, 0, Q(2, 9, 8), Q(2, 2, 8), Q(2, 2, 6),
                {BW_BOOL, {2, {9, 2}}, ANY, false, 0}),
      ATTENTION("sinks", 4, 0, 1, Q(2, 5, 8), Q(2, 7, 8), Q(2, 7, 6), F32(ANY, 1, {2})),
      ATTENTION("mask, sinks, causal", 5, 1, 1, Q(2, 5, 8), Q(1, 7, 8), Q(1, 7, 6),
                {BW_BOOL, {2, {5, 1}}, ANY, false, 0}, F32(ANY, 1, {2})),
      ATTENTION("many keys", 3, 0, 0, {BW_F32, {4, {1, 1, 100, 4}}, ANY, false, 0},
                {BW_F32, {4, {1, 1, 300, 4}}, ANY, false, 0}, {BW_F32, {4, {1, 1, 300, 5}}, ANY, false, 0}),
  };
  check_versus(rows, COUNT(rows));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_norms),
      cmocka_unit_test(test_attention),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
