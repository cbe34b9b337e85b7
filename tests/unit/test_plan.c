/* SPDX-License-Identifier: Apache-2.0 */
/* A plan shares and reuses memory; evaluating node by node into memory of their own does not. Both run the
 * same kernels, so they must agree to the bit, whatever was run before. */
#include "backend/plan.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "graph/build.h"
#include "support/sweep.h"
#include "support/unit.h"

enum { N_INPUTS = 3, N_OUTPUTS = 4, N_NODES = 60, MAX_COUNT = 64 };

static const bwi_backend *const backends[] = {&bwi_backend_ref};

/* --- random graphs --- */

typedef struct dice {
  uint64_t seed;
  uint32_t thrown;
} dice;

static uint32_t roll(dice *d, uint32_t sides) {
  uint32_t value;
  bwi_rng_u32(&value, 1, (bwi_rng_key){.seed = d->seed}, d->thrown++);
  return value % sides;
}

/* A node among the last `window`, of the shape that all rules below take and give. */
static bwi_id draw_node(const bwi_graph *g, dice *d, uint32_t window) {
  for (;;) {
    const uint32_t count = bwi_graph_count(g), back = roll(d, window < count ? window : count);
    const bwi_id id = (bwi_id)(count - 1 - back);
    if (bwi_dims_equal(&bwi_graph_node(g, id)->shape, &(bwi_dims){2, {4, 6}})) return id;
  }
}

/* One operand is a late node, so that chains grow and lives end. */
static bwi_id grow(bwi_graph *g, dice *d) {
  static const bwi_prim unary[] = {BWI_Negative, BWI_Abs, BWI_Floor, BWI_Tanh, BWI_StopGradient, BWI_Softmax};
  static const bwi_prim binary[] = {BWI_Add, BWI_Subtract, BWI_Multiply, BWI_Maximum};
  const bwi_dims shape = {2, {4, 6}}, flat = {1, {24}}, turned = {2, {6, 4}}, axes = {2, {1, 0}};
  const bwi_dims zeros = {2, {0, 0}}, ones = {2, {1, 1}};
  const bwi_id a = draw_node(g, d, 6);
  switch (roll(d, 8)) {
    case 0: return bwi_unary(g, unary[roll(d, 6)], a);
    case 1: return bwi_reshape(g, bwi_unary(g, BWI_Sin, bwi_reshape(g, a, &flat)), &shape);
    case 2: return bwi_reshape(g, bwi_transpose(g, a, &axes), &shape);
    case 3: return bwi_broadcast(g, bwi_reduce(g, BWI_SUM, a, &(bwi_dims){1, {roll(d, 2)}}), &shape);
    case 4: return bwi_transpose(g, bwi_reshape(g, a, &turned), &axes);
    case 5: return bwi_slice(g, a, &zeros, &shape, &ones); /* a view */
    default: return bwi_binary(g, binary[roll(d, 4)], a, draw_node(g, d, N_NODES));
  }
}

static bwi_graph *random_graph(uint64_t seed) {
  static const float constant[24] = {1, -2, 3, 0.5f, -0.25f};
  const bwi_dims shape = {2, {4, 6}};
  dice d = {.seed = seed};
  bwi_graph *g = NULL;
  bwi_id outputs[N_OUTPUTS];
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  bwi_input(g, BW_F32, &shape, 0);
  bwi_input(g, BW_F32, &shape, 0);
  bwi_constant(g, BW_F32, &shape, constant);
  while (bwi_graph_count(g) < N_NODES / 2) assert_true(grow(g, &d) != BWI_NONE);
  bwi_input(g, BW_F32, &shape, 1);
  while (bwi_graph_count(g) < N_NODES) assert_true(grow(g, &d) != BWI_NONE);
  for (uint32_t i = 0; i < N_OUTPUTS; i++) outputs[i] = draw_node(g, &d, i == 0 ? 6 : N_NODES);
  assert_int_equal(bwi_graph_set_outputs(g, N_OUTPUTS, outputs, NULL), BW_OK);
  return g;
}

/* --- the plain way --- */

typedef float values[MAX_COUNT];

/* Evaluates every node into memory of its own; out[i] is output i. */
static void evaluate_all(const bwi_graph *g, values *inputs, values *out) {
  bwi_graph *plain = NULL;
  bwi_id ids[N_NODES + 8];
  uint32_t n_inputs = 0;
  assert_int_equal(bwi_graph_create(&plain, NULL), BW_OK);
  for (bwi_id id = 0; id < (bwi_id)bwi_graph_count(g); id++) {
    const bwi_node *n = bwi_graph_node(g, id);
    values result;
    const void *data = n->prim == BWI_Input ? inputs[n_inputs++] : n->data;
    if (n->n_in > 0) {
      bwi_id in[3];
      for (uint32_t k = 0; k < n->n_in; k++) in[k] = ids[n->in[k]];
      assert_int_equal(
          bwi_ref_evaluate(plain, bwi_apply(plain, n->prim, n->params, n->n_in, in), result, NULL), BW_OK);
      data = result;
    }
    ids[id] = bwi_constant(plain, n->dtype, &n->shape, data);
  }
  for (uint32_t i = 0; i < bwi_graph_n_outputs(g); i++) {
    const bwi_node *n = bwi_graph_node(plain, ids[bwi_graph_output(g, i)]);
    memcpy(out[i], n->data, bwi_node_bytes(n));
  }
  bwi_graph_free(plain);
}

static void check_outputs(const bwi_plan *plan, const bwi_graph *g, values *wanted, bool only_stage_1) {
  for (uint32_t i = 0; i < bwi_graph_n_outputs(g); i++) {
    const bwi_node *n = bwi_graph_node(g, bwi_graph_output(g, i));
    if (only_stage_1 && n->stage == 0) continue;
    assert_memory_equal(bwi_plan_output(plan, i), wanted[i], bwi_node_bytes(n));
  }
}

static void fill_input(bwi_plan *plan, values *inputs, uint32_t i, dice *d) {
  for (uint32_t k = 0; k < 24; k++) inputs[i][k] = (float)roll(d, 100) / 32 - 1.5f;
  memcpy(bwi_plan_input(plan, i), inputs[i], 24 * sizeof(float));
}

static void run(bwi_plan *plan, uint32_t stage) {
  (void)bwi_memory_fail_after(1);
  assert_int_equal(bwi_plan_run(plan, stage, NULL), BW_OK);
  assert_int_equal(bwi_memory_fail_after(0), 1); /* it asked for no memory */
}

static void test_random_graphs(void **state) {
  (void)state;
  for (uint64_t seed = 0; seed < 100; seed++) {
    bwi_graph *g = random_graph(seed);
    bwi_plan *plan = NULL;
    values inputs[N_INPUTS], wanted[N_OUTPUTS];
    dice d = {.seed = seed + 1000};
    assert_int_equal(bwi_plan_create(&plan, g, 1, backends, NULL, 0, NULL), BW_OK);
    for (int round = 0; round < 3; round++) {
      for (uint32_t i = 0; i < N_INPUTS - 1; i++) fill_input(plan, inputs, i, &d);
      run(plan, 0);
      if (round > 0) check_outputs(plan, g, wanted, true); /* those of stage 1 are still of the last round */
      for (int again = 0; again < 3; again++) {
        fill_input(plan, inputs, N_INPUTS - 1, &d);
        run(plan, 1);
        evaluate_all(g, inputs, wanted);
        check_outputs(plan, g, wanted, false);
      }
    }
    bwi_plan_free(plan);
    bwi_graph_free(g);
  }
}

/* --- memory --- */

static bwi_graph *chain_of(uint32_t length, int64_t extent) {
  bwi_graph *g = NULL;
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  bwi_id id = bwi_input(g, BW_F32, &(bwi_dims){1, {extent}}, 0);
  for (uint32_t i = 0; i < length; i++) id = bwi_unary(g, i % 2 == 0 ? BWI_Sin : BWI_Cos, id);
  assert_int_equal(bwi_graph_set_outputs(g, 1, &id, NULL), BW_OK);
  return g;
}

static bwi_graph *chain(uint32_t length) {
  return chain_of(length, 1024);
}

static void test_in_place(void **state) {
  (void)state;
  bwi_graph *g = chain(9);
  bwi_plan *plan = NULL;
  assert_int_equal(bwi_plan_create(&plan, g, 1, backends, NULL, 0, NULL), BW_OK);
  assert_int_equal(bwi_plan_n_steps(plan), 9);
  assert_int_equal(bwi_plan_workspace_bytes(plan),
                   2 * 1024 * sizeof(float)); /* the input, which stays, and one more */
  bwi_plan_free(plan);
  bwi_graph_free(g);
}

static void test_workspace_limit(void **state) {
  (void)state;
  enum { NEEDED = 2 * 1024 * sizeof(float) };
  bwi_graph *g = chain(3);
  bwi_plan *plan = NULL;
  bwi_workspace *less = NULL, *enough = NULL;
  bw_error err;
  assert_int_equal(bwi_workspace_create(&less, NEEDED - 1, NULL), BW_OK);
  assert_int_equal(bwi_plan_create_in(&plan, less, g, 1, backends, NULL, 0, &err), BW_ELIMIT);
  assert_null(plan);
  assert_int_equal(bwi_workspace_create(&enough, NEEDED, NULL), BW_OK);
  assert_int_equal(bwi_plan_create_in(&plan, enough, g, 1, backends, NULL, 0, &err), BW_OK);
  bwi_plan_free(plan);
  bwi_workspace_free(less);
  bwi_workspace_free(enough);
  bwi_graph_free(g);
}

static void check_sines(bwi_plan *plan, int64_t extent) {
  float *in = bwi_plan_input(plan, 0);
  for (int64_t i = 0; i < extent; i++) in[i] = 0.5f;
  assert_int_equal(bwi_plan_run(plan, 0, NULL), BW_OK);
  const float *out = bwi_plan_output(plan, 0);
  for (int64_t i = 0; i < extent; i++) assert_float_equal(out[i], sin(0.5), 1e-7);
}

/* A second plan makes the workspace grow, and so move; the first one follows. */
static void test_shared_workspace(void **state) {
  (void)state;
  bwi_graph *small = chain(1), *large = chain_of(1, 100000);
  bwi_plan *first = NULL, *second = NULL;
  bwi_workspace *workspace = NULL;
  assert_int_equal(bwi_workspace_create(&workspace, SIZE_MAX, NULL), BW_OK);
  assert_int_equal(bwi_plan_create_in(&first, workspace, small, 1, backends, NULL, 0, NULL), BW_OK);
  check_sines(first, 1024);
  assert_int_equal(bwi_plan_create_in(&second, workspace, large, 1, backends, NULL, 0, NULL), BW_OK);
  check_sines(second, 100000);
  check_sines(first, 1024);
  check_sines(second, 100000);
  bwi_plan_free(first);
  bwi_plan_free(second);
  bwi_workspace_free(workspace);
  bwi_graph_free(small);
  bwi_graph_free(large);
}

/* -(a + b), wrong where b lies in the output. */
static bw_status negated_sum(void *payload, const void *const *in, void *out, void *scratch) {
  (void)payload, (void)scratch;
  const float *a = in[0], *b = in[1];
  float *y = out;
  for (int i = 0; i < 8; i++) y[i] = -a[i];
  for (int i = 0; i < 8; i++) y[i] -= b[i];
  return BW_OK;
}

static bw_status bind_negated_sum(bwi_kernel *out, const bwi_graph *g, bwi_id id, bwi_weights *weights,
                                  uint32_t flags, bw_error *err) {
  (void)weights, (void)flags;
  if (bwi_graph_node(g, id)->prim != BWI_Add) return BW_FAIL(err, BW_EUNSUPPORTED, "not a sum");
  *out = (bwi_kernel){.run = negated_sum, .in_place = 0, .name = "negated sum"};
  return BW_OK;
}

static void test_one_value_twice(void **state) {
  (void)state;
  static const bwi_backend negating = {.name = "negating", .bind = bind_negated_sum};
  const bwi_backend *const both[] = {&negating, &bwi_backend_ref};
  bwi_graph *g = NULL;
  bwi_plan *plan = NULL;
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  const bwi_id x = bwi_unary(g, BWI_Cos, bwi_input(g, BW_F32, &(bwi_dims){1, {8}}, 0)); /* cos 0 = 1 */
  const bwi_id sum = bwi_binary(g, BWI_Add, x, x);
  assert_int_equal(bwi_graph_set_outputs(g, 1, &sum, NULL), BW_OK);
  assert_int_equal(bwi_plan_create(&plan, g, 2, both, NULL, 0, NULL), BW_OK);
  run(plan, 0);
  for (int i = 0; i < 8; i++) assert_true(((const float *)bwi_plan_output(plan, 0))[i] == -2);
  bwi_plan_free(plan);
  bwi_graph_free(g);
}

static bw_status create_and_free(void *payload) {
  bwi_plan *plan = NULL;
  const bw_status status = bwi_plan_create(&plan, payload, 1, backends, NULL, 0, NULL);
  bwi_plan_free(plan);
  return status;
}

static void test_out_of_memory(void **state) {
  (void)state;
  bwi_graph *g = chain(3);
  assert_true(sweep_allocations(create_and_free, g) > 5);
  bwi_graph_free(g);
}

/* --- what is not computed --- */

static void test_outputs_that_are_not_steps(void **state) {
  (void)state;
  static const float data[4] = {1, 2, 3, 4};
  const bwi_dims square = {2, {2, 2}}, flat = {1, {4}};
  bwi_graph *g = NULL;
  bwi_plan *plan = NULL;
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  const bwi_id input = bwi_input(g, BW_F32, &square, 0), constant = bwi_constant(g, BW_F32, &square, data);
  const bwi_id unused = bwi_input(g, BW_F32, &square, 1);
  const bwi_id outputs[5] = {input, constant, bwi_reshape(g, input, &flat), bwi_reshape(g, constant, &flat),
                             input};
  (void)bwi_unary(g, BWI_Exp, unused); /* nothing needs it */
  assert_int_equal(bwi_graph_set_outputs(g, 5, outputs, NULL), BW_OK);
  assert_int_equal(bwi_plan_create(&plan, g, 1, backends, NULL, 0, NULL), BW_OK);
  assert_int_equal(bwi_plan_n_steps(plan), 0);
  memcpy(bwi_plan_input(plan, 0), data, sizeof data);
  memset(bwi_plan_input(plan, 1), 1, sizeof data);
  run(plan, 0);
  run(plan, 1);
  for (uint32_t i = 0; i < 5; i++) assert_memory_equal(bwi_plan_output(plan, i), data, sizeof data);
  bwi_plan_free(plan);
  bwi_graph_free(g);
}

static void test_views(void **state) {
  (void)state;
  bwi_graph *g = NULL;
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  const bwi_dims shape = {3, {1, 4, 6}}, two = {2, {4, 6}};
  const bwi_id x = bwi_input(g, BW_F32, &shape, 0);
  const struct {
    const char *name;
    bwi_id id;
    bool view;
  } rows[] = {
      {"reshape", bwi_reshape(g, x, &two), true},
      {"input", x, false},
      {"same dtype", bwi_apply(g, BWI_AsType, &(bwi_params){.dtype = BW_F32}, 1, &x), true},
      {"other dtype", bwi_astype(g, x, BW_F16), false},
      {"other name of the bytes", bwi_apply(g, BWI_View, &(bwi_params){.dtype = BW_U16}, 1, &x), true},
      {"broadcast to more axes", bwi_broadcast(g, x, &(bwi_dims){4, {1, 1, 4, 6}}), true},
      {"broadcast to more elements", bwi_broadcast(g, x, &(bwi_dims){3, {2, 4, 6}}), false},
      {"an axis of one moves", bwi_transpose(g, x, &(bwi_dims){3, {1, 0, 2}}), true},
      {"others change places", bwi_transpose(g, x, &(bwi_dims){3, {0, 2, 1}}), false},
      {"all", bwi_slice(g, x, &(bwi_dims){3, {0, 0, 0}}, &shape, &(bwi_dims){3, {1, 1, 1}}), true},
      {"a part", bwi_slice(g, x, &(bwi_dims){3, {0, 1, 0}}, &shape, &(bwi_dims){3, {1, 1, 1}}), false},
      {"backwards",
       bwi_slice(g, x, &(bwi_dims){3, {0, 0, -1}}, &(bwi_dims){3, {1, 4, -7}}, &(bwi_dims){3, {1, 1, -1}}),
       false},
      {"exp", bwi_unary(g, BWI_Exp, x), false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_true(rows[i].id != BWI_NONE);
    if (bwi_is_view(g, rows[i].id) != rows[i].view) fail_msg("%s", rows[i].name);
  }
  bwi_graph_free(g);
}

/* --- errors and measurements --- */

static bw_status refuse(bwi_kernel *out, const bwi_graph *g, bwi_id id, bwi_weights *weights, uint32_t flags,
                        bw_error *err) {
  (void)out, (void)g, (void)id, (void)weights, (void)flags;
  return BW_FAIL(err, BW_EUNSUPPORTED, "not me");
}

static void test_backends_in_order(void **state) {
  (void)state;
  static const bwi_backend none = {.name = "none", .bind = refuse};
  const bwi_backend *const both[] = {&none, &bwi_backend_ref};
  bwi_graph *g = chain(1);
  bwi_plan *plan = NULL;
  bw_error err;
  assert_int_equal(bwi_plan_create(&plan, g, 1, both, NULL, 0, &err), BW_EUNSUPPORTED);
  assert_null(plan);
  assert_string_equal(err.text, "node 1 (Sin, float32 (1024,)): no backend computes it");
  assert_int_equal(bwi_plan_create(&plan, g, 2, both, NULL, 0, &err), BW_OK);
  assert_string_equal(bwi_plan_step(plan, 0).kernel, "ref");
  bwi_plan_free(plan);
  bwi_plan_free(NULL);
  bwi_graph_free(g);
}

static void test_index_out_of_range(void **state) {
  (void)state;
  static const int32_t good = 3, bad = 4;
  bwi_graph *g = NULL;
  bwi_plan *plan = NULL;
  bw_error err;
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  const bwi_id in[2] = {bwi_input(g, BW_F32, &(bwi_dims){1, {4}}, 0),
                        bwi_input(g, BW_I32, &(bwi_dims){1, {1}}, 0)};
  const bwi_id id = bwi_apply(g, BWI_GatherAxis, NULL, 2, in);
  assert_int_equal(bwi_graph_set_outputs(g, 1, &id, NULL), BW_OK);
  assert_int_equal(bwi_plan_create(&plan, g, 1, backends, NULL, 0, NULL), BW_OK);
  memcpy(bwi_plan_input(plan, 1), &good, sizeof good);
  assert_int_equal(bwi_plan_run(plan, 0, &err), BW_OK);
  memcpy(bwi_plan_input(plan, 1), &bad, sizeof bad);
  assert_int_equal(bwi_plan_run(plan, 0, &err), BW_EFORMAT);
  assert_string_equal(err.text, "node 2 (GatherAxis): an index in the data is out of range");
  assert_int_equal(bwi_plan_run(plan, 2, &err), BW_EINVAL);
  bwi_plan_free(plan);
  bwi_graph_free(g);
}

static void test_profile(void **state) {
  (void)state;
  bwi_graph *g = chain(2);
  bwi_plan *plan = NULL;
  assert_int_equal(bwi_plan_create(&plan, g, 1, backends, NULL, 0, NULL), BW_OK);
  run(plan, 0);
  assert_int_equal(bwi_plan_step(plan, 1).runs, 0); /* off until asked for */
  bwi_plan_profile(plan, true);
  run(plan, 0);
  run(plan, 0);
  const bwi_step_profile step = bwi_plan_step(plan, 1);
  assert_int_equal(step.runs, 2);
  assert_int_equal(step.node, 2);
  assert_true(step.seconds > 0);
  bwi_plan_free(plan);
  bwi_graph_free(g);
}

/* y = exp(x) is the output, sin(x) is for the second stage alone. */
static void test_outputs_alone(void **state) {
  (void)state;
  bwi_graph *g = NULL;
  bwi_plan *plan = NULL;
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  const bwi_dims shape = {1, {8}};
  const bwi_id x = bwi_input(g, BW_F32, &shape, 0), c = bwi_input(g, BW_F32, &shape, 1);
  const bwi_id sine = bwi_unary(g, BWI_Sin, x),
               outputs[] = {bwi_unary(g, BWI_Exp, x), bwi_multiply(g, c, sine)};
  assert_int_equal(bwi_graph_set_outputs(g, 2, outputs, NULL), BW_OK);
  assert_int_equal(bwi_plan_create(&plan, g, 1, backends, NULL, 0, NULL), BW_OK);
  bwi_plan_profile(plan, true);
  for (int k = 0; k < 8; k++) ((float *)bwi_plan_input(plan, 0))[k] = (float)k;
  assert_int_equal(bwi_plan_run_outputs(plan, NULL), BW_OK);
  for (int k = 0; k < 8; k++)
    assert_float_equal(((const float *)bwi_plan_output(plan, 0))[k], expf((float)k), 1e-3F);
  for (uint32_t s = 0; s < bwi_plan_n_steps(plan); s++)
    assert_int_equal(bwi_plan_step(plan, s).runs, bwi_plan_step(plan, s).node == outputs[0]);
  run(plan, 0);
  for (uint32_t s = 0; s < bwi_plan_n_steps(plan); s++)
    if (bwi_plan_step(plan, s).node == sine) assert_int_equal(bwi_plan_step(plan, s).runs, 1);
  bwi_plan_free(plan);
  bwi_graph_free(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_random_graphs),
      cmocka_unit_test(test_in_place),
      cmocka_unit_test(test_workspace_limit),
      cmocka_unit_test(test_shared_workspace),
      cmocka_unit_test(test_one_value_twice),
      cmocka_unit_test(test_out_of_memory),
      cmocka_unit_test(test_outputs_that_are_not_steps),
      cmocka_unit_test(test_views),
      cmocka_unit_test(test_backends_in_order),
      cmocka_unit_test(test_index_out_of_range),
      cmocka_unit_test(test_profile),
      cmocka_unit_test(test_outputs_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
