/* SPDX-License-Identifier: Apache-2.0 */
/* Each graph is written for a batch of 3, then asked for 3, 1, 8 and back: results for the samples that both
 * sizes have must be the same, and going there and back must give the same graph. */
#include <string.h>

#include "backend/plan.h"
#include "base/rng.h"
#include "graph/build.h"
#include "graph/differentiate.h"
#include "graph/passes.h"
#include "support/passes.h"
#include "support/unit.h"

enum { BATCH = 3 };

typedef struct rebatch_row {
  const char *name;
  void (*build)(bwi_graph *g, int64_t n); /* one input (n, ...), outputs (n, ...) */
} rebatch_row;

static bwi_id input(bwi_graph *g, int64_t n, bwi_dims rest) {
  bwi_dims shape = {.n = rest.n + 1, .v = {n}};
  memcpy(shape.v + 1, rest.v, rest.n * sizeof *rest.v);
  return any_input(g, shape);
}

/* --- what functions do with a batch --- */

static void flatten(bwi_graph *g, int64_t n) {
  one_output(g, bwi_reshape(g, input(g, n, (bwi_dims){3, {4, 5, 2}}), &(bwi_dims){2, {n, 40}}));
}

static void merge_and_part(bwi_graph *g, int64_t n) { /* as a Linear over tokens does */
  const bwi_id tokens = bwi_reshape(g, input(g, n, (bwi_dims){2, {7, 4}}), &(bwi_dims){2, {7 * n, 4}});
  const bwi_id mixed = bwi_matmul(g, tokens, any_constant(g, (bwi_dims){2, {4, 5}}));
  const bwi_params parts = {.i = {0}, .v = {{2, {n, 7}}}};
  one_output(g, bwi_apply(g, BWI_Unflatten, &parts, 1, &mixed));
}

static void tokens_first(bwi_graph *g, int64_t n) { /* the batch is the inner axis while merged */
  const bwi_id turned = bwi_transpose(g, input(g, n, (bwi_dims){2, {7, 4}}), &(bwi_dims){3, {1, 0, 2}});
  const bwi_id mixed = bwi_matmul(g, bwi_reshape(g, turned, &(bwi_dims){2, {7 * n, 4}}),
                                  any_constant(g, (bwi_dims){2, {4, 4}}));
  one_output(g,
             bwi_transpose(g, bwi_reshape(g, mixed, &(bwi_dims){3, {7, n, 4}}), &(bwi_dims){3, {1, 0, 2}}));
}

static void bias(bwi_graph *g, int64_t n) {
  const bwi_id wide = bwi_broadcast(g, any_constant(g, (bwi_dims){1, {4}}), &(bwi_dims){2, {n, 4}});
  one_output(g, bwi_add(g, input(g, n, (bwi_dims){1, {4}}), wide));
}

static void channels_that_equal_the_batch(bwi_graph *g, int64_t n) {
  const bwi_id eps = bwi_broadcast(g, any_constant(g, (bwi_dims){0}), &(bwi_dims){1, {BATCH}});
  const bwi_id scale =
      bwi_broadcast(g, bwi_add(g, any_constant(g, (bwi_dims){1, {BATCH}}), eps), &(bwi_dims){2, {n, BATCH}});
  one_output(g, bwi_multiply(g, input(g, n, (bwi_dims){1, {BATCH}}), scale));
}

static void initial_state(bwi_graph *g, int64_t n) { /* as a recurrent layer starts */
  const bwi_id h = bwi_broadcast(g, any_constant(g, (bwi_dims){0}), &(bwi_dims){2, {n, 4}});
  const bwi_id moved = bwi_matmul(g, h, any_constant(g, (bwi_dims){2, {4, 5}}));
  one_output(g, bwi_add(g, moved, input(g, n, (bwi_dims){1, {5}})));
}

static void class_token(bwi_graph *g, int64_t n) {
  const bwi_id x = input(g, n, (bwi_dims){2, {6, 4}});
  const bwi_id token = bwi_broadcast(g, any_constant(g, (bwi_dims){3, {1, 1, 4}}), &(bwi_dims){3, {n, 1, 4}});
  one_output(g, bwi_apply(g, BWI_Concatenate, &(bwi_params){.i = {1}}, 2, (bwi_id[]){token, x}));
}

static void mean_over_pixels(bwi_graph *g, int64_t n) {
  const bwi_id x = input(g, n, (bwi_dims){2, {6, 4}});
  const bwi_id mean = bwi_scale(g, bwi_reduce(g, BWI_SUM, x, &(bwi_dims){1, {1}}), 1.0 / 6);
  one_output(g, bwi_subtract(g, x, bwi_broadcast(g, mean, &(bwi_dims){3, {n, 6, 4}})));
}

static void slice_of_channels(bwi_graph *g, int64_t n) {
  const bwi_dims start = {2, {0, 1}}, end = {2, {n, 5}}, strides = {2, {1, 2}};
  one_output(g, bwi_slice(g, input(g, n, (bwi_dims){1, {6}}), &start, &end, &strides));
}

static void update_of_a_slice(bwi_graph *g, int64_t n) {
  const bwi_id x = input(g, n, (bwi_dims){1, {4}});
  const bwi_id zeros = bwi_broadcast(g, any_constant(g, (bwi_dims){0}), &(bwi_dims){2, {n, 9}});
  const bwi_params where = {.i = {4}, .v = {{2, {0, 3}}, {2, {n, 7}}, {2, {1, 1}}}};
  one_output(g, bwi_apply(g, BWI_SliceUpdate, &where, 2, (bwi_id[]){zeros, x}));
}

static void chosen_columns(bwi_graph *g, int64_t n) {
  const uint32_t columns[] = {2, 0};
  const bwi_id in[] = {input(g, n, (bwi_dims){1, {4}}),
                       bwi_constant(g, BW_U32, &(bwi_dims){1, {2}}, columns)};
  const bwi_params gather = {.v = {{1, {1}}, {2, {n, 1}}}};
  const bwi_id gathered = bwi_apply(g, BWI_Gather, &gather, 2, in); /* (2, n, 1) */
  one_output(g, bwi_transpose(g, gathered, &(bwi_dims){3, {1, 0, 2}}));
}

static void overlapping_windows(bwi_graph *g, int64_t n) {
  const bwi_id x = bwi_reshape(g, input(g, n, (bwi_dims){3, {5, 5, 2}}), &(bwi_dims){1, {n * 50}});
  const bwi_params windows = {.v = {{6, {n, 2, 2, 3, 3, 2}}, {6, {50, 20, 4, 10, 2, 1}}}};
  const bwi_id greatest =
      bwi_reduce(g, BWI_MAX, bwi_apply(g, BWI_AsStrided, &windows, 1, &x), &(bwi_dims){2, {3, 4}});
  one_output(g, greatest);
}

/* Row k of the input times the matrix that its greatest element chooses, with the derivative. */
static void choose_matrices(bwi_graph *g, int64_t n, bwi_id rows) {
  const bwi_id x = bwi_graph_input(g, 0);
  const bwi_id greatest = bwi_apply(g, BWI_ArgReduce, &(bwi_params){.i = {1, 1}}, 1, &x);
  const bwi_id in[] = {bwi_reshape(g, x, &(bwi_dims){3, {n, 1, 4}}),
                       any_constant(g, (bwi_dims){3, {4, 4, 2}}), rows,
                       bwi_reshape(g, greatest, &(bwi_dims){1, {n}})};
  const bwi_id y = bwi_reshape(g, bwi_apply(g, BWI_GatherMM, NULL, 4, in), &(bwi_dims){2, {n, 2}});
  const bwi_id cotangent = bwi_input(g, BW_F32, &bwi_graph_node(g, y)->shape, 1);
  bwi_id outputs[2] = {y, BWI_NONE};
  bwi_differentiate(g, BWI_EXACT, 1, &y, &cotangent, 1, &x, &outputs[1]);
  assert_int_equal(bwi_graph_set_outputs(g, 2, outputs, NULL), BW_OK);
}

static void chosen_matrices(bwi_graph *g, int64_t n) {
  (void)input(g, n, (bwi_dims){1, {4}});
  choose_matrices(g, n, bwi_arange(g, BW_U32, 0, n));
}

static void chosen_matrices_after_folding(bwi_graph *g, int64_t n) {
  uint32_t counting[64];
  assert_true(n <= 64);
  for (uint32_t k = 0; k < (uint32_t)n; k++) counting[k] = k;
  (void)input(g, n, (bwi_dims){1, {4}});
  choose_matrices(g, n, bwi_constant(g, BW_U32, &(bwi_dims){1, {n}}, counting));
}

static void padded(bwi_graph *g, int64_t n) {
  const bwi_params pad = {.v = {{2, {0, 1}}, {2, {0, 1}}, {2, {0, 2}}}};
  one_output(g, bwi_apply(g, BWI_Pad, &pad, 2,
                          (bwi_id[]){input(g, n, (bwi_dims){1, {4}}), any_constant(g, (bwi_dims){0})}));
}

static void gradient(bwi_graph *g, int64_t n) {
  overlapping_windows(g, n);
  const bwi_id y = bwi_graph_output(g, 0), x = bwi_graph_input(g, 0);
  const bwi_id cotangent = bwi_input(g, BW_F32, &bwi_graph_node(g, y)->shape, 1);
  bwi_id outputs[2] = {y, BWI_NONE};
  bwi_differentiate(g, BWI_EXACT, 1, &y, &cotangent, 1, &x, &outputs[1]);
  assert_int_equal(bwi_graph_set_outputs(g, 2, outputs, NULL), BW_OK);
}

static void gradient_that_is_zero(bwi_graph *g, int64_t n) {
  const bwi_id x = input(g, n, (bwi_dims){1, {4}}), y = bwi_unary(g, BWI_StopGradient, x);
  const bwi_id cotangent = bwi_input(g, BW_F32, &bwi_graph_node(g, y)->shape, 1);
  bwi_id outputs[2] = {y, BWI_NONE};
  bwi_differentiate(g, BWI_EXACT, 1, &y, &cotangent, 1, &x, &outputs[1]);
  assert_int_equal(bwi_graph_set_outputs(g, 2, outputs, NULL), BW_OK);
}

static const rebatch_row rows[] = {
    {"flatten", flatten},
    {"merge and part", merge_and_part},
    {"tokens first", tokens_first},
    {"bias", bias},
    {"channels that equal the batch", channels_that_equal_the_batch},
    {"initial state", initial_state},
    {"class token", class_token},
    {"mean over pixels", mean_over_pixels},
    {"slice of channels", slice_of_channels},
    {"update of a slice", update_of_a_slice},
    {"chosen columns", chosen_columns},
    {"overlapping windows", overlapping_windows},
    {"chosen matrices", chosen_matrices},
    {"chosen matrices after folding", chosen_matrices_after_folding},
    {"padded", padded},
    {"gradient", gradient},
    {"gradient that is zero", gradient_that_is_zero},
};

/* --- checks --- */

static bwi_graph *new_graph(void) {
  bwi_graph *g = NULL;
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  return g;
}

static bwi_graph *rebatch(const char *name, const bwi_graph *g, int64_t batch) {
  bwi_graph *out = NULL;
  bw_error err;
  if (bwi_pass_rebatch(&out, g, batch, &err) != BW_OK) fail_msg("%s to %d: %s", name, (int)batch, err.text);
  return out;
}

static bwi_plan *run(const bwi_graph *g, bwi_weights *weights) {
  static const bwi_backend *const backends[] = {&bwi_backend_ref};
  bwi_plan *plan = NULL;
  assert_int_equal(bwi_plan_create(&plan, g, 1, backends, weights, 0, NULL), BW_OK);
  for (uint32_t k = 0; k < bwi_graph_n_inputs(g);
       k++) /* fewer draws are a prefix of more: the same samples */
    bwi_rng_uniform(bwi_plan_input(plan, k), (size_t)bwi_node_count(bwi_graph_node(g, bwi_graph_input(g, k))),
                    (bwi_rng_key){.stream = k}, 0, -1, 1);
  assert_int_equal(bwi_plan_run(plan, 0, NULL), BW_OK);
  assert_int_equal(bwi_plan_run(plan, 1, NULL), BW_OK);
  return plan;
}

/* The samples that both batches have give the same bits. */
static void check_samples(const char *name, const bwi_graph *a, const bwi_graph *b) {
  bwi_weights *weights = NULL;
  assert_int_equal(bwi_weights_create(&weights, NULL), BW_OK);
  bwi_plan *x = run(a, weights), *y = run(b, weights);
  for (uint32_t k = 0; k < bwi_graph_n_outputs(a); k++) {
    const size_t m = bwi_node_bytes(bwi_graph_node(a, bwi_graph_output(a, k)));
    const size_t n = bwi_node_bytes(bwi_graph_node(b, bwi_graph_output(b, k)));
    if (memcmp(bwi_plan_output(x, k), bwi_plan_output(y, k), m < n ? m : n) != 0)
      fail_msg("%s: output %u is another in another batch", name, k);
  }
  bwi_plan_free(x);
  bwi_plan_free(y);
  bwi_weights_free(weights);
}

static void test_rows(void **state) {
  (void)state;
  static const int64_t batches[] = {3, 1, 8};
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
    for (size_t b = 0; b < sizeof batches / sizeof batches[0]; b++) {
      bwi_graph *g = new_graph();
      rows[k].build(g, BATCH);
      bwi_graph *clear = rebatch(rows[k].name, g, bwi_clear_batch(g));
      bwi_graph *there = rebatch(rows[k].name, clear, batches[b]),
                *back = rebatch(rows[k].name, clear, BATCH);
      check_samples(rows[k].name, g, there);
      check_same_function(rows[k].name, g, back, 0);
      bwi_graph_free(g);
      bwi_graph_free(clear);
      bwi_graph_free(there);
      bwi_graph_free(back);
    }
  }
}

/* What was traced with a batch of 1 shows less of where the batch is; most functions work all the same, and a
 * batch that was merged into the axis before it is refused. */
static void test_batch_of_one(void **state) {
  (void)state;
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
    bwi_graph *g = new_graph(), *none = NULL;
    if (rows[k].build == tokens_first) {
      tokens_first(g, 1);
      assert_int_equal(bwi_pass_rebatch(&none, g, 8, NULL), BW_EUNSUPPORTED);
      bwi_graph_free(g);
      continue;
    }
    rows[k].build(g, 1);
    bwi_graph *there = rebatch(rows[k].name, g, 8);
    check_samples(rows[k].name, g, there);
    bwi_graph_free(g);
    bwi_graph_free(there);
  }
}

/* --- what has no free batch --- */

static void part_of_the_batch(bwi_graph *g, int64_t n) {
  const bwi_dims start = {2, {0, 0}}, end = {2, {n - 1, 4}}, strides = {2, {1, 1}};
  one_output(g, bwi_slice(g, input(g, n, (bwi_dims){1, {4}}), &start, &end, &strides));
}

static void mean_over_the_batch(bwi_graph *g, int64_t n) {
  one_output(g, bwi_reduce(g, BWI_SUM, input(g, n, (bwi_dims){1, {4}}), &(bwi_dims){1, {0}}));
}

static void padded_batch(bwi_graph *g, int64_t n) {
  const bwi_params pad = {.v = {{1, {0}}, {1, {1}}, {1, {1}}}};
  one_output(g, bwi_apply(g, BWI_Pad, &pad, 2,
                          (bwi_id[]){input(g, n, (bwi_dims){1, {4}}), any_constant(g, (bwi_dims){0})}));
}

static void every_other_sample(bwi_graph *g, int64_t n) {
  const bwi_id x = input(g, n, (bwi_dims){1, {4}});
  const bwi_params view = {.v = {{2, {2, 4}}, {2, {8, 1}}}};
  one_output(g, bwi_apply(g, BWI_AsStrided, &view, 1, &x));
}

static void constant_of_the_batch(bwi_graph *g, int64_t n) {
  one_output(g, bwi_add(g, input(g, n, (bwi_dims){1, {4}}), any_constant(g, (bwi_dims){2, {n, 4}})));
}

static void test_refusals(void **state) {
  (void)state;
  static const struct {
    rebatch_row row;
    const char *sentence;
  } refusals[] = {
      {{"part of the batch", part_of_the_batch}, "the function takes a part of the batch"},
      {{"mean over the batch", mean_over_the_batch},
       "output 0 does not follow the batch: with 8 samples it has shape (1, 4)"},
      {{"padded batch", padded_batch}, "the function pads the batch"},
      {{"every other sample", every_other_sample}, "AsStrided: the batch is not the outermost axis"},
      {{"constant of the batch", constant_of_the_batch}, "Add: shapes (8, 4) and (3, 4) do not broadcast"},
  };
  static const char start[] = "the function was exported for 3 samples and does not allow another number: ";
  for (size_t k = 0; k < sizeof refusals / sizeof refusals[0]; k++) {
    bwi_graph *g = new_graph(), *out = NULL;
    bw_error err = {0};
    refusals[k].row.build(g, BATCH);
    assert_int_equal(bwi_pass_rebatch(&out, g, 8, &err), BW_EUNSUPPORTED);
    assert_null(out);
    assert_memory_equal(err.text, start, sizeof start - 1);
    assert_string_equal(err.text + sizeof start - 1, refusals[k].sentence);
    bwi_graph_free(g);
  }
}

static bw_status to_eight(bwi_graph **out, const bwi_graph *g, bw_error *err) {
  return bwi_pass_rebatch(out, g, 8, err);
}

static void class_token_of_a_batch(bwi_graph *g) {
  class_token(g, BATCH);
}

static void test_without_memory(void **state) {
  (void)state;
  assert_true(sweep_pass(class_token_of_a_batch, to_eight) > 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),
      cmocka_unit_test(test_batch_of_one),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
