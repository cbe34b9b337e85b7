/* SPDX-License-Identifier: Apache-2.0 */
/* Every derivative against central differences of the reference backend, in double. */
#include "graph/differentiate.h"

#include <math.h>
#include <string.h>

#include "backend/plan.h"
#include "base/memory.h"
#include "base/rng.h"
#include "graph/build.h"
#include "graph/primitive.h"
#include "support/sweep.h"
#include "support/unit.h"

#define MAX_OPERANDS 5
#define MAX_VALUES 512

/* Rounding costs about 1e-16 / STEP = 1e-11 of the difference, cutting the series STEP^2 = 1e-10 times the
 * third derivative, which is below 100 in all rows. */
#define STEP 1e-5
#define TOLERANCE 1e-7

typedef struct row {
  const char *name;
  bwi_prim prim;
  uint32_t n_in;
  bwi_dims in[MAX_OPERANDS]; /* float64 operands, all differentiated with respect to */
  bwi_params params;
  double lo, hi;                                   /* where the operands' values lie; both 0: (-1, 1) */
  bwi_id (*build)(bwi_graph *g, const bwi_id *in); /* instead of applying prim to the operands */
} row;

/* A function of doubles, its cotangent c and its derivative, ready to run. */
typedef struct function {
  bwi_graph *g;
  bwi_weights *weights;
  bwi_plan *plan;
  uint32_t n_in;
  int64_t counts[MAX_OPERANDS], out_count;
} function;

/* Uniform in (lo, hi), and never near zero or each other's mirror by accident: 53 random bits. */
static void fill(double *out, int64_t n, uint32_t stream, double lo, double hi) {
  uint32_t bits[2 * MAX_VALUES];
  assert_true(n <= MAX_VALUES);
  bwi_rng_u32(bits, 2 * (size_t)n, (bwi_rng_key){.seed = 11, .stream = stream}, 0);
  for (int64_t i = 0; i < n; i++)
    out[i] = lo + (hi - lo) * (((double)bits[2 * i] + (double)bits[2 * i + 1] * 0x1p-32) * 0x1p-32);
}

static bwi_id apply_row(const row *r, bwi_graph *g, const bwi_id *in) {
  return r->build != NULL ? r->build(g, in) : bwi_apply(g, r->prim, &r->params, r->n_in, in);
}

/* Builds y and the gradients of sum(c * y); fails the test when that is refused. */
static void build_function(function *f, const row *r) {
  bw_error err = {.text = ""};
  bwi_id in[MAX_OPERANDS], outputs[MAX_OPERANDS + 1];
  *f = (function){.n_in = r->n_in};
  assert_int_equal(bwi_graph_create(&f->g, NULL), BW_OK);
  for (uint32_t k = 0; k < r->n_in; k++) {
    in[k] = bwi_input(f->g, BW_F64, &r->in[k], 0);
    f->counts[k] = bwi_node_count(bwi_graph_node(f->g, in[k]));
  }
  const bwi_id y = outputs[0] = apply_row(r, f->g, in);
  if (y == BWI_NONE) {
    bwi_graph_status(f->g, &err);
    fail_msg("%s: %s", r->name, err.text);
  }
  f->out_count = bwi_node_count(bwi_graph_node(f->g, y));
  const bwi_id c = bwi_input(f->g, BW_F64, &bwi_graph_node(f->g, y)->shape, 1);
  bwi_differentiate(f->g, BWI_EXACT, 1, &y, &c, r->n_in, in, outputs + 1);
  if (bwi_graph_set_outputs(f->g, r->n_in + 1, outputs, &err) != BW_OK) fail_msg("%s: %s", r->name, err.text);
  const bwi_backend *backends[] = {&bwi_backend_ref};
  assert_int_equal(bwi_weights_create(&f->weights, NULL), BW_OK);
  if (bwi_plan_create(&f->plan, f->g, 1, backends, f->weights, 0, &err) != BW_OK)
    fail_msg("%s: %s", r->name, err.text);
}

static void free_function(function *f) {
  bwi_plan_free(f->plan);
  bwi_weights_free(f->weights);
  bwi_graph_free(f->g);
}

/* sum(c * y) at the operands that the plan holds. */
static double weighted_sum(const function *f, const double *c) {
  assert_int_equal(bwi_plan_run(f->plan, 0, NULL), BW_OK);
  const double *y = bwi_plan_output(f->plan, 0);
  double sum = 0;
  for (int64_t i = 0; i < f->out_count; i++) sum += c[i] * y[i];
  return sum;
}

static void check_operand(const function *f, const row *r, uint32_t k, const double *c,
                          const double *gradient) {
  double *x = bwi_plan_input(f->plan, k);
  for (int64_t i = 0; i < f->counts[k]; i++) {
    const double at = x[i];
    x[i] = at + STEP;
    const double above = weighted_sum(f, c);
    x[i] = at - STEP;
    const double below = weighted_sum(f, c);
    x[i] = at;
    const double slope = (above - below) / (2 * STEP);
    if (!(fabs(gradient[i] - slope) <= TOLERANCE * (1 + fabs(slope))))
      fail_msg("%s: operand %u, element %d: %.12g, by differences %.12g", r->name, k, (int)i, gradient[i],
               slope);
  }
}

static void check_row(const row *r) {
  function f;
  double c[MAX_VALUES], gradients[MAX_OPERANDS][MAX_VALUES];
  build_function(&f, r);
  const bool has_range = r->lo != 0 || r->hi != 0;
  for (uint32_t k = 0; k < f.n_in; k++)
    fill(bwi_plan_input(f.plan, k), f.counts[k], k + 1, has_range ? r->lo : -1, has_range ? r->hi : 1);
  fill(c, f.out_count, 0, -1, 1);
  memcpy(bwi_plan_input(f.plan, f.n_in), c, (size_t)f.out_count * sizeof *c);
  assert_int_equal(bwi_plan_run(f.plan, 0, NULL), BW_OK);
  assert_int_equal(bwi_plan_run(f.plan, 1, NULL), BW_OK);
  for (uint32_t k = 0; k < f.n_in; k++)
    memcpy(gradients[k], bwi_plan_output(f.plan, k + 1), (size_t)f.counts[k] * sizeof(double));
  for (uint32_t k = 0; k < f.n_in; k++) check_operand(&f, r, k, c, gradients[k]);
  free_function(&f);
}

static void check_rows(const row *rows, size_t count) {
  for (size_t i = 0; i < count; i++) check_row(&rows[i]);
}

#define CHECK(rows) check_rows(rows, sizeof rows / sizeof *rows)

static void test_unary(void **state) {
  (void)state;
  static const row rows[] = {
      {"abs", BWI_Abs, 1, .in = {{1, {5}}}},
      {"arccos", BWI_ArcCos, 1, .in = {{1, {5}}}, .lo = -0.9, .hi = 0.9},
      {"arccosh", BWI_ArcCosh, 1, .in = {{1, {5}}}, .lo = 1.2, .hi = 3},
      {"arcsin", BWI_ArcSin, 1, .in = {{1, {5}}}, .lo = -0.9, .hi = 0.9},
      {"arcsinh", BWI_ArcSinh, 1, .in = {{1, {5}}}},
      {"arctan", BWI_ArcTan, 1, .in = {{1, {5}}}},
      {"arctanh", BWI_ArcTanh, 1, .in = {{1, {5}}}, .lo = -0.9, .hi = 0.9},
      {"ceil", BWI_Ceil, 1, .in = {{1, {5}}}},
      {"cos", BWI_Cos, 1, .in = {{1, {5}}}},
      {"cosh", BWI_Cosh, 1, .in = {{1, {5}}}},
      {"erf", BWI_Erf, 1, .in = {{1, {5}}}},
      {"erfinv", BWI_ErfInv, 1, .in = {{1, {5}}}, .lo = -0.8, .hi = 0.8},
      {"exp", BWI_Exp, 1, .in = {{1, {5}}}},
      {"expm1", BWI_Expm1, 1, .in = {{1, {5}}}},
      {"floor", BWI_Floor, 1, .in = {{1, {5}}}},
      {"log2", BWI_Log, 1, .in = {{1, {5}}}, {.i = {0}}, 0.5, 2},
      {"log10", BWI_Log, 1, .in = {{1, {5}}}, {.i = {1}}, 0.5, 2},
      {"log", BWI_Log, 1, .in = {{1, {5}}}, {.i = {2}}, 0.5, 2},
      {"log1p", BWI_Log1p, 1, .in = {{1, {5}}}, .lo = -0.5, .hi = 2},
      {"negative", BWI_Negative, 1, .in = {{1, {5}}}},
      {"sigmoid", BWI_Sigmoid, 1, .in = {{1, {5}}}},
      {"sign", BWI_Sign, 1, .in = {{1, {5}}}},
      {"sin", BWI_Sin, 1, .in = {{1, {5}}}},
      {"sinh", BWI_Sinh, 1, .in = {{1, {5}}}},
      {"sqrt", BWI_Sqrt, 1, .in = {{1, {5}}}, .lo = 0.5, .hi = 2},
      {"rsqrt", BWI_Sqrt, 1, .in = {{1, {5}}}, {.i = {1}}, 0.5, 2},
      {"square", BWI_Square, 1, .in = {{1, {5}}}},
      {"tan", BWI_Tan, 1, .in = {{1, {5}}}},
      {"tanh", BWI_Tanh, 1, .in = {{1, {5}}}},
  };
  CHECK(rows);
}

static bwi_id build_select(bwi_graph *g, const bwi_id *in) {
  return bwi_select(g, bwi_binary(g, BWI_Less, in[0], in[1]), bwi_binary(g, BWI_Multiply, in[0], in[0]),
                    in[1]);
}

static void test_binary(void **state) {
  (void)state;
  static const row rows[] = {
      {"add", BWI_Add, 2, .in = {{2, {2, 3}}, {2, {2, 3}}}},
      {"add with a vector", BWI_Add, 2, .in = {{2, {2, 3}}, {1, {3}}}},
      {"add with both broadcast", BWI_Add, 2, .in = {{3, {2, 1, 3}}, {2, {4, 1}}}},
      {"arctan2", BWI_ArcTan2, 2, .in = {{1, {5}}, {1, {5}}}},
      {"divide", BWI_Divide, 2, .in = {{1, {5}}, {1, {5}}}, .lo = 0.5, .hi = 2},
      {"log-add-exp", BWI_LogAddExp, 2, .in = {{1, {5}}, {1, {5}}}},
      {"maximum", BWI_Maximum, 2, .in = {{1, {9}}, {1, {9}}}},
      {"minimum", BWI_Minimum, 2, .in = {{1, {9}}, {.n = 0}}},
      {"multiply", BWI_Multiply, 2, .in = {{2, {2, 3}}, {1, {3}}}},
      {"power", BWI_Power, 2, .in = {{1, {5}}, {1, {5}}}, .lo = 0.5, .hi = 2},
      {"remainder", BWI_Remainder, 2, .in = {{1, {5}}, {1, {5}}}, .lo = 0.5, .hi = 2},
      {"subtract", BWI_Subtract, 2, .in = {{1, {3}}, {2, {2, 1}}}},
      {"select", .n_in = 2, .in = {{1, {9}}, {1, {9}}}, .build = build_select},
  };
  CHECK(rows);
}

static void test_reduce(void **state) {
  (void)state;
  static const row rows[] = {
      {"log-sum-exp", BWI_LogSumExp, 1, .in = {{2, {2, 4}}}},
      {"softmax", BWI_Softmax, 1, .in = {{2, {2, 4}}}},
      {"sum", BWI_Reduce, 1, .in = {{3, {2, 3, 2}}}, {.i = {2}, .v = {{2, {0, 2}}}}},
      {"product", BWI_Reduce, 1, .in = {{2, {2, 4}}}, {.i = {3}, .v = {{1, {1}}}}},
      {"product over two axes", BWI_Reduce, 1, .in = {{3, {2, 3, 2}}}, {.i = {3}, .v = {{2, {2, 0}}}}},
      {"product over no axis", BWI_Reduce, 1, .in = {{1, {2}}}, {.i = {3}}},
      {"least", BWI_Reduce, 1, .in = {{2, {2, 4}}}, {.i = {4}, .v = {{1, {1}}}}},
      {"greatest", BWI_Reduce, 1, .in = {{3, {2, 3, 2}}}, {.i = {5}, .v = {{2, {0, 2}}}}},
      {"running greatest", BWI_Scan, 1, .in = {{2, {2, 5}}}, {.i = {0, 1, 0, 1}}},
      {"running greatest from the end", BWI_Scan, 1, .in = {{2, {5, 2}}}, {.i = {0, 0, 1, 1}}},
      {"running least", BWI_Scan, 1, .in = {{2, {2, 5}}}, {.i = {1, 1, 0, 1}}},
      {"running sum", BWI_Scan, 1, .in = {{2, {2, 5}}}, {.i = {2, 1, 0, 1}}},
      {"running sum of those before", BWI_Scan, 1, .in = {{2, {2, 5}}}, {.i = {2, 1, 0, 0}}},
      {"running sum of those after", BWI_Scan, 1, .in = {{2, {5, 2}}}, {.i = {2, 0, 1, 0}}},
      {"running product", BWI_Scan, 1, .in = {{2, {2, 5}}}, {.i = {3, 1, 0, 1}}},
      {"running product of those before", BWI_Scan, 1, .in = {{2, {2, 5}}}, {.i = {3, 1, 0, 0}}},
      {"running product of those after", BWI_Scan, 1, .in = {{2, {2, 5}}}, {.i = {3, 1, 1, 0}}},
      {"running log-add-exp", BWI_Scan, 1, .in = {{2, {2, 5}}}, {.i = {4, 1, 0, 1}}},
      {"running log-add-exp from the end", BWI_Scan, 1, .in = {{2, {2, 5}}}, {.i = {4, 1, 1, 1}}},
  };
  CHECK(rows);
}

/* Exclusive scans whose first result is infinite whatever the operand. */
static bwi_id build_scan_without_first(bwi_graph *g, const bwi_id *in, int64_t kind, int64_t reverse) {
  const bwi_id y = bwi_apply(g, BWI_Scan, &(bwi_params){.i = {kind, 0, reverse, 0}}, 1, in);
  return reverse ? bwi_slice_axis(g, y, 0, 0, 4) : bwi_slice_axis(g, y, 0, 1, 5);
}

static bwi_id build_greatest_before(bwi_graph *g, const bwi_id *in) {
  return build_scan_without_first(g, in, 0, 0);
}

static bwi_id build_least_after(bwi_graph *g, const bwi_id *in) {
  return build_scan_without_first(g, in, 1, 1);
}

static bwi_id build_log_add_exp_before(bwi_graph *g, const bwi_id *in) {
  return build_scan_without_first(g, in, 4, 0);
}

static void test_exclusive_scans(void **state) {
  (void)state;
  static const row rows[] = {
      {"greatest before", .n_in = 1, .in = {{1, {5}}}, .build = build_greatest_before},
      {"least after", .n_in = 1, .in = {{1, {5}}}, .build = build_least_after},
      {"log-add-exp before", .n_in = 1, .in = {{1, {5}}}, .build = build_log_add_exp_before},
  };
  CHECK(rows);
}

static void test_shape(void **state) {
  (void)state;
  static const row rows[] = {
      {"overlapping windows",
       BWI_AsStrided,
       1,
       .in = {{1, {9}}},
       {.i = {1}, .v = {{2, {3, 3}}, {2, {2, 1}}}}},
      {"windows backwards",
       BWI_AsStrided,
       1,
       .in = {{2, {2, 3}}},
       {.i = {5}, .v = {{2, {2, 2}}, {2, {-3, -1}}}}},
      {"windows summed",
       BWI_AsStridedGradient,
       1,
       .in = {{2, {3, 3}}},
       {.i = {1}, .v = {{1, {9}}, {2, {2, 1}}}}},
      {"broadcast", BWI_Broadcast, 1, .in = {{2, {3, 1}}}, {.v = {{3, {2, 3, 4}}}}},
      {"concatenate", BWI_Concatenate, 3, .in = {{2, {2, 1}}, {2, {2, 3}}, {2, {2, 2}}}, {.i = {1}}},
      {"copy", BWI_Copy, 1, .in = {{1, {3}}}},
      {"expand dims", BWI_ExpandDims, 1, .in = {{1, {3}}}, {.v = {{2, {0, 2}}}}},
      {"flatten", BWI_Flatten, 1, .in = {{3, {2, 3, 2}}}, {.i = {1, 2}}},
      {"pad", BWI_Pad, 2, .in = {{2, {2, 3}}, {.n = 0}}, {.v = {{1, {1}}, {1, {2}}, {1, {1}}}}},
      {"reshape", BWI_Reshape, 1, .in = {{2, {2, 3}}}, {.v = {{1, {6}}}}},
      {"slice", BWI_Slice, 1, .in = {{2, {4, 5}}}, {.v = {{2, {1, 0}}, {2, {4, 5}}, {2, {1, 2}}}}},
      {"slice backwards",
       BWI_Slice,
       1,
       .in = {{2, {4, 5}}},
       {.v = {{2, {3, 4}}, {2, {-5, 0}}, {2, {-2, -1}}}}},
      {"squeeze", BWI_Squeeze, 1, .in = {{3, {1, 3, 1}}}, {.v = {{2, {0, 2}}}}},
      {"transpose", BWI_Transpose, 1, .in = {{3, {2, 3, 4}}}, {.v = {{3, {2, 0, 1}}}}},
      {"unflatten", BWI_Unflatten, 1, .in = {{2, {2, 6}}}, {.i = {1}, .v = {{2, {2, 3}}}}},
  };
  CHECK(rows);
}

static void test_slice_update(void **state) {
  (void)state;
  static const char *const names[] = {"by max", "by min", "by sum", "by product", "by nothing"};
  for (int64_t kind = 0; kind < 5; kind++) {
    const row r = {.name = names[kind],
                   .prim = BWI_SliceUpdate,
                   .n_in = 2,
                   .in = {{2, {4, 5}}, {2, {2, 3}}},
                   .params = {.i = {kind}, .v = {{2, {3, 0}}, {2, {-5, 5}}, {2, {-2, 2}}}}};
    check_row(&r);
  }
}

static bwi_id indices(bwi_graph *g, const bwi_dims *shape, const int32_t *values) {
  return bwi_constant(g, BW_I32, shape, values);
}

static bwi_id build_gather(bwi_graph *g, const bwi_id *in) {
  const int32_t rows[] = {3, 0, 3, -1}, columns[] = {1, 1, 1, 0};
  const bwi_dims shape = {2, {2, 2}};
  const bwi_params params = {.v = {{2, {0, 1}}, {3, {1, 1, 2}}}};
  return bwi_apply(g, BWI_Gather, &params, 3,
                   (bwi_id[]){in[0], indices(g, &shape, rows), indices(g, &shape, columns)});
}

static bwi_id build_gather_axis(bwi_graph *g, const bwi_id *in) {
  const int32_t columns[] = {1, 1, 2, -1, 0, 0};
  return bwi_apply(g, BWI_GatherAxis, &(bwi_params){.i = {1}}, 2,
                   (bwi_id[]){in[0], indices(g, &(bwi_dims){2, {2, 3}}, columns)});
}

static bwi_id build_scatter(bwi_graph *g, const bwi_id *in, int64_t kind, int32_t second) {
  const int32_t rows[] = {2, second};
  const bwi_params params = {.i = {kind}, .v = {{1, {0}}}};
  return bwi_apply(g, BWI_Scatter, &params, 3,
                   (bwi_id[]){in[0], indices(g, &(bwi_dims){1, {2}}, rows), in[1]});
}

static bwi_id build_scatter_max(bwi_graph *g, const bwi_id *in) {
  return build_scatter(g, in, 0, 2);
}

static bwi_id build_scatter_min(bwi_graph *g, const bwi_id *in) {
  return build_scatter(g, in, 1, 0);
}

static bwi_id build_scatter_sum(bwi_graph *g, const bwi_id *in) {
  return build_scatter(g, in, 2, 2);
}

static bwi_id build_scatter_none(bwi_graph *g, const bwi_id *in) {
  return build_scatter(g, in, 4, 0);
}

static bwi_id build_scatter_axis(bwi_graph *g, const bwi_id *in, int64_t kind) {
  const int32_t columns[] = {1, kind == 0 ? 1 : 0, 2, 0};
  return bwi_apply(g, BWI_ScatterAxis, &(bwi_params){.i = {kind, 1}}, 3,
                   (bwi_id[]){in[0], indices(g, &(bwi_dims){2, {2, 2}}, columns), in[1]});
}

static bwi_id build_scatter_axis_sum(bwi_graph *g, const bwi_id *in) {
  return build_scatter_axis(g, in, 0);
}

static bwi_id build_scatter_axis_none(bwi_graph *g, const bwi_id *in) {
  return build_scatter_axis(g, in, 1);
}

static bwi_id build_masked_scatter(bwi_graph *g, const bwi_id *in) {
  const uint8_t mask[] = {0, 1, 1, 0, 1, 0, 0, 1};
  const bwi_id chosen = bwi_constant(g, BW_BOOL, &(bwi_dims){2, {2, 4}}, mask);
  return bwi_apply(g, BWI_MaskedScatter, NULL, 3, (bwi_id[]){in[0], chosen, in[1]});
}

static bwi_id build_dynamic_slice(bwi_graph *g, const bwi_id *in) {
  const int32_t start[] = {1};
  return bwi_apply(g, BWI_DynamicSlice, &(bwi_params){.v = {{1, {1}}, {2, {2, 2}}}}, 2,
                   (bwi_id[]){in[0], indices(g, &(bwi_dims){1, {1}}, start)});
}

static bwi_id build_dynamic_slice_update(bwi_graph *g, const bwi_id *in) {
  const int32_t start[] = {1};
  return bwi_apply(g, BWI_DynamicSliceUpdate, &(bwi_params){.v = {{1, {1}}}}, 3,
                   (bwi_id[]){in[0], in[1], indices(g, &(bwi_dims){1, {1}}, start)});
}

static void test_index(void **state) {
  (void)state;
  static const row rows[] = {
      {"gather", .n_in = 1, .in = {{3, {4, 3, 2}}}, .build = build_gather},
      {"gather along", .n_in = 1, .in = {{2, {2, 4}}}, .build = build_gather_axis},
      {"scatter max", .n_in = 2, .in = {{2, {4, 3}}, {3, {2, 1, 3}}}, .build = build_scatter_max},
      {"scatter min", .n_in = 2, .in = {{2, {4, 3}}, {3, {2, 1, 2}}}, .build = build_scatter_min},
      {"scatter sum", .n_in = 2, .in = {{2, {4, 3}}, {3, {2, 1, 3}}}, .build = build_scatter_sum},
      {"scatter", .n_in = 2, .in = {{2, {4, 3}}, {3, {2, 2, 2}}}, .build = build_scatter_none},
      {"scatter sum along", .n_in = 2, .in = {{2, {2, 3}}, {2, {2, 2}}}, .build = build_scatter_axis_sum},
      {"scatter along", .n_in = 2, .in = {{2, {2, 3}}, {2, {2, 2}}}, .build = build_scatter_axis_none},
      {"masked scatter", .n_in = 2, .in = {{2, {2, 4}}, {2, {2, 3}}}, .build = build_masked_scatter},
      {"dynamic slice", .n_in = 1, .in = {{2, {2, 4}}}, .build = build_dynamic_slice},
      {"dynamic slice update", .n_in = 2, .in = {{2, {3, 4}}, {2, {3, 2}}},
       .build = build_dynamic_slice_update},
      {"sort", BWI_Sort, 1, .in = {{2, {2, 6}}}, {.i = {1}}},
      {"sort columns", BWI_Sort, 1, .in = {{2, {6, 2}}}, {.i = {0}}},
      {"partition", BWI_Partition, 1, .in = {{2, {2, 6}}}, {.i = {2, 1}}},
  };
  CHECK(rows);
}

static bwi_id build_gather_mm(bwi_graph *g, const bwi_id *in) {
  const int32_t left[] = {0, 2, 2, 1}, right[] = {1, 1, 0, 1};
  const bwi_dims shape = {2, {2, 2}};
  return bwi_apply(g, BWI_GatherMM, NULL, 4,
                   (bwi_id[]){in[0], in[1], indices(g, &shape, left), indices(g, &shape, right)});
}

static bwi_id build_block_masked(bwi_graph *g, const bwi_id *in) {
  const uint8_t mask[] = {1};
  const bwi_id out_mask = bwi_constant(g, BW_BOOL, &(bwi_dims){2, {1, 1}}, mask);
  return bwi_apply(g, BWI_BlockMaskedMM, &(bwi_params){.i = {32}}, 5,
                   (bwi_id[]){in[0], in[1], out_mask, in[2], in[3]});
}

/* 4-bit values of 2 rows of 32, one group each. */
static bwi_id packed(bwi_graph *g) {
  const uint32_t words[] = {0x01234567, 0x89abcdef, 0x13579bdf, 0x02468ace,
                            0xfedcba98, 0x76543210, 0xdeadbeef, 0x0badcafe};
  return bwi_constant(g, BW_U32, &(bwi_dims){2, {2, 4}}, words);
}

static bwi_id build_quantized(bwi_graph *g, const bwi_id *in) {
  return bwi_apply(g, BWI_QuantizedMatmul, &(bwi_params){.i = {32, 4, 0, 1}}, 4,
                   (bwi_id[]){in[0], packed(g), in[1], in[2]});
}

static bwi_id build_quantized_input(bwi_graph *g, const bwi_id *in) {
  const double scales[] = {0.1, -0.2}, biases[] = {0.3, 0.4};
  const bwi_dims shape = {2, {2, 1}};
  return bwi_apply(g, BWI_QuantizedMatmul, &(bwi_params){.i = {32, 4, 0, 0}}, 4,
                   (bwi_id[]){in[0], packed(g), bwi_constant(g, BW_F64, &shape, scales),
                              bwi_constant(g, BW_F64, &shape, biases)});
}

static bwi_id build_dequantize(bwi_graph *g, const bwi_id *in) {
  return bwi_apply(g, BWI_Dequantize, &(bwi_params){.i = {32, 4}}, 3, (bwi_id[]){packed(g), in[0], in[1]});
}

static void test_matmul(void **state) {
  (void)state;
  static const row rows[] = {
      {"matrices", BWI_Matmul, 2, .in = {{2, {2, 3}}, {2, {3, 4}}}},
      {"a batch by a matrix", BWI_Matmul, 2, .in = {{3, {2, 2, 3}}, {2, {3, 4}}}},
      {"a matrix by a batch", BWI_Matmul, 2, .in = {{2, {2, 3}}, {3, {2, 3, 4}}}},
      {"batches that broadcast", BWI_Matmul, 2, .in = {{4, {2, 1, 2, 3}}, {3, {3, 3, 2}}}},
      {"product and sum", BWI_AddMM, 3, .in = {{3, {2, 2, 3}}, {2, {3, 4}}, {1, {4}}}, {.f = {0.5, 2}}},
      {"gathered", .n_in = 2, .in = {{3, {3, 2, 3}}, {3, {2, 3, 2}}}, .build = build_gather_mm},
      {"block masks", .n_in = 4, .in = {{2, {1, 34}}, {2, {34, 2}}, {2, {1, 2}}, {2, {2, 1}}},
       .build = build_block_masked},
      {"quantised, with its tables", .n_in = 3, .in = {{2, {2, 32}}, {2, {2, 1}}, {2, {2, 1}}},
       .build = build_quantized},
      {"quantised", .n_in = 1, .in = {{3, {2, 2, 2}}}, .build = build_quantized_input},
      {"quantised, of a vector with its tables", .n_in = 3, .in = {{1, {32}}, {2, {2, 1}}, {2, {2, 1}}},
       .build = build_quantized},
      {"quantised, of a vector", .n_in = 1, .in = {{1, {2}}}, .build = build_quantized_input},
      {"dequantise", .n_in = 2, .in = {{2, {2, 1}}, {2, {2, 1}}}, .build = build_dequantize},
      {"hadamard", BWI_Hadamard, 1, .in = {{2, {2, 8}}}, {.f = {0.5}}},
  };
  CHECK(rows);
}

/* strides, low and high padding, kernel and input dilation */
#define STEPS(s, l, h, d, e)                  \
  {                                           \
    {1, {s}}, {1, {l}}, {1, {h}}, {1, {d}}, { \
      1, {                                    \
        e                                     \
      }                                       \
    }                                         \
  }

static void test_convolution(void **state) {
  (void)state;
  static const row rows[] = {
      {"plain",
       BWI_Convolution,
       2,
       .in = {{3, {2, 6, 2}}, {3, {3, 3, 2}}},
       {.i = {1}, .v = STEPS(1, 0, 0, 1, 1)}},
      {"padded",
       BWI_Convolution,
       2,
       .in = {{3, {2, 6, 2}}, {3, {3, 3, 2}}},
       {.i = {1}, .v = STEPS(1, 1, 2, 1, 1)}},
      {"padded past the kernel",
       BWI_Convolution,
       2,
       .in = {{3, {1, 4, 1}}, {3, {2, 2, 1}}},
       {.i = {1}, .v = STEPS(2, 5, 4, 1, 1)}},
      {"with a stride that leaves a rest",
       BWI_Convolution,
       2,
       .in = {{3, {2, 8, 2}}, {3, {3, 3, 2}}},
       {.i = {1}, .v = STEPS(3, 1, 0, 1, 1)}},
      {"dilated kernel",
       BWI_Convolution,
       2,
       .in = {{3, {2, 8, 1}}, {3, {2, 3, 1}}},
       {.i = {1}, .v = STEPS(2, 1, 1, 2, 1)}},
      {"dilated input",
       BWI_Convolution,
       2,
       .in = {{3, {2, 5, 1}}, {3, {2, 3, 1}}},
       {.i = {1}, .v = STEPS(1, 1, 2, 1, 3)}},
      {"all at once",
       BWI_Convolution,
       2,
       .in = {{3, {2, 5, 1}}, {3, {2, 3, 1}}},
       {.i = {1, 1}, .v = STEPS(2, 1, 2, 2, 3)}},
      {"all at once, padded past the kernel",
       BWI_Convolution,
       2,
       .in = {{3, {1, 4, 1}}, {3, {1, 2, 1}}},
       {.i = {1}, .v = STEPS(2, 7, 6, 3, 2)}},
      {"flipped",
       BWI_Convolution,
       2,
       .in = {{3, {2, 6, 2}}, {3, {3, 3, 2}}},
       {.i = {1, 1}, .v = STEPS(1, 0, 0, 1, 1)}},
      {"groups",
       BWI_Convolution,
       2,
       .in = {{3, {2, 6, 4}}, {3, {6, 3, 2}}},
       {.i = {2}, .v = STEPS(2, 1, 0, 1, 1)}},
      {"depthwise",
       BWI_Convolution,
       2,
       .in = {{3, {2, 6, 3}}, {3, {3, 3, 1}}},
       {.i = {3}, .v = STEPS(1, 0, 0, 1, 1)}},
      {"two axes, groups, flipped",
       BWI_Convolution,
       2,
       .in = {{4, {1, 5, 4, 4}}, {4, {4, 3, 2, 2}}},
       {.i = {2, 1}, .v = {{2, {2, 1}}, {2, {1, 0}}, {2, {0, 1}}, {2, {1, 2}}, {2, {1, 1}}}}},
      {"three axes",
       BWI_Convolution,
       2,
       .in = {{5, {1, 3, 3, 3, 1}}, {5, {2, 2, 2, 2, 1}}},
       {.i = {1}, .v = {{3, {1, 2, 1}}, {3, {0, 1, 0}}, {3, {0, 0, 1}}, {3, {1, 1, 1}}, {3, {1, 1, 2}}}}},
  };
  CHECK(rows);
}

static bwi_id build_rope(bwi_graph *g, const bwi_id *in, int64_t traditional, int64_t forward) {
  const bwi_params params = {.i = {4, traditional, forward}, .f = {100, 0.5}};
  return bwi_apply(g, BWI_RoPE, &params, 2, (bwi_id[]){in[0], bwi_scalar(g, BW_I32, 3)});
}

static bwi_id build_rope_forward(bwi_graph *g, const bwi_id *in) {
  return build_rope(g, in, 0, 1);
}

static bwi_id build_rope_backward(bwi_graph *g, const bwi_id *in) {
  return build_rope(g, in, 1, 0);
}

static bwi_id build_rope_frequencies(bwi_graph *g, const bwi_id *in) {
  const double frequencies[] = {1.5, 20};
  const int32_t offsets[] = {1, 7};
  const bwi_params params = {.i = {4, 0, 1}, .f = {0, 1}};
  return bwi_apply(g, BWI_RoPE, &params, 3,
                   (bwi_id[]){in[0], indices(g, &(bwi_dims){1, {2}}, offsets),
                              bwi_constant(g, BW_F64, &(bwi_dims){1, {2}}, frequencies)});
}

/* Queries that see some keys only; the last sees none. */
static bwi_id build_masked_attention(bwi_graph *g, const bwi_id *in) {
  const uint8_t visible[] = {1, 0, 1, 0, 1, 1, 0, 0, 0};
  const bwi_id mask = bwi_constant(g, BW_BOOL, &(bwi_dims){2, {3, 3}}, visible);
  return bwi_apply(g, BWI_ScaledDotProductAttention, &(bwi_params){.i = {0, 1}, .f = {0.7}}, 5,
                   (bwi_id[]){in[0], in[1], in[2], mask, in[3]});
}

/* The same node as queries, keys and values. */
static bwi_id build_self_attention(bwi_graph *g, const bwi_id *in) {
  return bwi_apply(g, BWI_ScaledDotProductAttention, &(bwi_params){.i = {1}, .f = {0.7}}, 3,
                   (bwi_id[]){in[0], in[0], in[0]});
}

/* Keys that are made of the queries, values made of the keys. */
static bwi_id build_chained_attention(bwi_graph *g, const bwi_id *in) {
  const bwi_id k = bwi_unary(g, BWI_Sin, in[0]), v = bwi_unary(g, BWI_Exp, k);
  return bwi_apply(g, BWI_ScaledDotProductAttention, &(bwi_params){.f = {0.7}}, 3, (bwi_id[]){in[0], k, v});
}

static void test_fast(void **state) {
  (void)state;
  static const row rows[] = {
      {"layer norm", BWI_LayerNorm, 3, .in = {{2, {2, 5}}, {1, {5}}, {1, {5}}}, {.f = {1e-3}}},
      {"layer norm with scalars", BWI_LayerNorm, 3, .in = {{2, {2, 5}}}, {.f = {1e-3}}},
      {"rms norm", BWI_RMSNorm, 2, .in = {{2, {2, 5}}, {1, {5}}}, {.f = {1e-3}}},
      {"rotation", .n_in = 1, .in = {{4, {1, 2, 3, 6}}}, .build = build_rope_forward},
      {"rotation back", .n_in = 1, .in = {{3, {2, 3, 6}}}, .build = build_rope_backward},
      {"rotation by frequencies", .n_in = 1, .in = {{4, {2, 1, 3, 4}}}, .build = build_rope_frequencies},
      {"attention",
       BWI_ScaledDotProductAttention,
       3,
       .in = {{4, {1, 2, 3, 4}}, {4, {1, 2, 5, 4}}, {4, {1, 2, 5, 3}}},
       {.f = {0.5}}},
      {"causal attention of groups",
       BWI_ScaledDotProductAttention,
       3,
       .in = {{4, {1, 4, 3, 2}}, {4, {1, 2, 5, 2}}, {4, {1, 2, 5, 3}}},
       {.i = {1}, .f = {0.5}}},
      {"attention with a mask that is added",
       BWI_ScaledDotProductAttention,
       4,
       .in = {{4, {2, 4, 3, 2}}, {4, {2, 2, 3, 2}}, {4, {2, 2, 3, 2}}, {4, {1, 4, 3, 3}}},
       {.f = {0.5}}},
      {"attention with a mask that broadcasts",
       BWI_ScaledDotProductAttention,
       4,
       .in = {{4, {2, 4, 3, 2}}, {4, {2, 2, 3, 2}}, {4, {2, 2, 3, 2}}, {1, {3}}},
       {.f = {0.5}}},
      {"masked attention with sinks", .n_in = 4,
       .in = {{4, {1, 2, 3, 2}}, {4, {1, 2, 3, 2}}, {4, {1, 2, 3, 2}}, {1, {2}}},
       .build = build_masked_attention},
      {"self-attention", .n_in = 1, .in = {{4, {1, 2, 3, 2}}}, .build = build_self_attention},
      {"chained attention", .n_in = 1, .in = {{4, {1, 2, 3, 2}}}, .build = build_chained_attention},
  };
  CHECK(rows);
}

static void test_pooling(void **state) {
  (void)state;
  static const row rows[] = {
      {"max pool", BWI_MaxPool, 1, .in = {{4, {2, 5, 6, 2}}}, {.v = {{2, {3, 2}}, {2, {2, 2}}}}},
      {"average pool", BWI_AvgPool, 1, .in = {{4, {2, 5, 6, 2}}}, {.v = {{2, {3, 2}}, {2, {2, 1}}}}},
  };
  CHECK(rows);
}

/* The derivative of a derivative: x^2 by way of its gradient 2 x. */
static bwi_id build_gradient_of_cube(bwi_graph *g, const bwi_id *in) {
  const bwi_id cube = bwi_multiply(g, in[0], bwi_unary(g, BWI_Square, in[0]));
  const bwi_id ones = bwi_broadcast(g, bwi_scalar(g, BW_F64, 1), &bwi_graph_node(g, in[0])->shape);
  bwi_id gradient;
  bwi_differentiate(g, BWI_EXACT, 1, &cube, &ones, 1, in, &gradient);
  return gradient;
}

/* One value used in several places, some of them deep. */
static bwi_id build_shared(bwi_graph *g, const bwi_id *in) {
  bwi_id x = in[0];
  for (int i = 0; i < 4; i++) x = bwi_add(g, bwi_unary(g, BWI_Sin, x), bwi_multiply(g, x, in[0]));
  return bwi_multiply(g, x, in[0]);
}

static void test_compositions(void **state) {
  (void)state;
  static const row rows[] = {
      {"twice", .n_in = 1, .in = {{1, {4}}}, .build = build_gradient_of_cube},
      {"shared", .n_in = 1, .in = {{1, {4}}}, .build = build_shared},
  };
  CHECK(rows);
}

/* --- where there is no slope: MLX's values, from mlx 0.32 --- */

typedef struct edge_row {
  const char *name;
  bwi_prim prim;
  uint32_t n_in;
  bwi_params params;
  int64_t n;
  double in[2][5], gradients[2][5]; /* of the sum of the results */
} edge_row;

static void check_edge(const edge_row *r) {
  function f;
  row as_row = {.name = r->name, .prim = r->prim, .n_in = r->n_in, .params = r->params};
  for (uint32_t k = 0; k < r->n_in; k++) as_row.in[k] = (bwi_dims){1, {r->n}};
  build_function(&f, &as_row);
  for (uint32_t k = 0; k < r->n_in; k++)
    memcpy(bwi_plan_input(f.plan, k), r->in[k], (size_t)r->n * sizeof(double));
  double *c = bwi_plan_input(f.plan, r->n_in);
  for (int64_t i = 0; i < f.out_count; i++) c[i] = 1;
  assert_int_equal(bwi_plan_run(f.plan, 0, NULL), BW_OK);
  assert_int_equal(bwi_plan_run(f.plan, 1, NULL), BW_OK);
  for (uint32_t k = 0; k < r->n_in; k++) {
    const double *gradient = bwi_plan_output(f.plan, k + 1);
    for (int64_t i = 0; i < r->n; i++) {
      const double wanted = r->gradients[k][i];
      const bool same = isnan(wanted)   ? isnan(gradient[i])
                        : isinf(wanted) ? gradient[i] == wanted
                                        : fabs(gradient[i] - wanted) < 1e-5;
      if (!same)
        fail_msg("%s: operand %u, element %d: %g, MLX has %g", r->name, k, (int)i, gradient[i], wanted);
    }
  }
  free_function(&f);
}

static void test_edges(void **state) {
  (void)state;
  static const edge_row rows[] = {
      {"maximum of equals",
       BWI_Maximum,
       2,
       .params = {{0}},
       3,
       {{1, 2, 0}, {1, 1, 3}},
       {{0, 1, 0}, {1, 0, 1}}},
      {"minimum of equals",
       BWI_Minimum,
       2,
       .params = {{0}},
       3,
       {{1, 2, 0}, {1, 1, 3}},
       {{0, 0, 1}, {1, 1, 0}}},
      {"maximum of NaN", BWI_Maximum, 2, .params = {{0}}, 2, {{NAN, 1}, {0, 0}}, {{0, 1}, {0, 0}}},
      {"minimum of NaN", BWI_Minimum, 2, .params = {{0}}, 2, {{0, 0}, {NAN, 1}}, {{0, 1}, {0, 0}}},
      {"abs of zeros", BWI_Abs, 1, .params = {{0}}, 4, {{0, -0.0, 1, -2}}, {{0, 0, 1, -1}}},
      {"sqrt of zero", BWI_Sqrt, 1, .params = {{0}}, 2, {{0, 4}}, {{INFINITY, 0.25}}},
      {"rsqrt", BWI_Sqrt, 1, {.i = {1}}, 2, {{1, 4}}, {{-0.5, -0.0625}}},
      {"power of zeros",
       BWI_Power,
       2,
       .params = {{0}},
       5,
       {{0, 0, 2, -2, 0}, {2, 0, 3, 2, 1}},
       {{0, NAN, 12, -4, 1}, {0, 0, 5.545177459716797, NAN, 0}}},
      {"greatest of equals", BWI_Reduce, 1, {.i = {5}, .v = {{1, {0}}}}, 3, {{1, 3, 3}}, {{0, 0.5, 0.5}}},
      {"product with a zero", BWI_Reduce, 1, {.i = {3}, .v = {{1, {0}}}}, 3, {{1, 3, 0}}, {{0, 0, 3}}},
      {"product with two zeros", BWI_Reduce, 1, {.i = {3}, .v = {{1, {0}}}}, 3, {{1, 0, 0}}, {{0, 0, 0}}},
      {"running product past a zero", BWI_Scan, 1, {.i = {3, 0, 0, 1}}, 3, {{1, 0, 2}}, {{1, 3, 0}}},
      {"running product before a zero",
       BWI_Scan,
       1,
       {.i = {3, 0, 0, 0}},
       5,
       {{1, 3, 2, 3, 0}},
       {{28, 9, 12, 6, 0}}},
      {"running product from a zero",
       BWI_Scan,
       1,
       {.i = {3, 0, 1, 1}},
       5,
       {{1, 3, 2, 3, 0}},
       {{0, 0, 0, 0, 46}}},
      {"running product after, from a zero",
       BWI_Scan,
       1,
       {.i = {3, 0, 1, 0}},
       5,
       {{1, 3, 2, 3, 0}},
       {{0, 0, 0, 0, 28}}},
      {"running greatest of equals", BWI_Scan, 1, {.i = {0, 0, 0, 1}}, 4, {{1, 3, 2, 3}}, {{1, 2, 0, 1}}},
      {"running greatest from the end",
       BWI_Scan,
       1,
       {.i = {0, 0, 1, 1}},
       5,
       {{1, 3, 2, 3, 0}},
       {{0, 2, 0, 2, 1}}},
      {"running least", BWI_Scan, 1, {.i = {1, 0, 0, 1}}, 4, {{1, 3, 2, 3}}, {{4, 0, 0, 0}}},
      {"running log-add-exp",
       BWI_Scan,
       1,
       {.i = {4, 0, 0, 1}},
       4,
       {{1, 3, 2, 3}},
       {{1.2632981538772583, 1.9455245733261108, 0.39169126749038696, 0.3994863033294678}}},
      {"remainder", BWI_Remainder, 2, .params = {{0}}, 2, {{5, -5}, {3, 3}}, {{1, 1}, {-1, 2}}},
      {"round", BWI_Round, 1, .params = {{0}}, 2, {{0.5, 0.1}}, {{0, 0}}},
      {"stop-gradient", BWI_StopGradient, 1, .params = {{0}}, 2, {{0.5, 0.1}}, {{0, 0}}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) check_edge(&rows[i]);
}

/* --- the shape of the derivative's graph --- */

static void test_only_what_is_needed_is_built(void **state) {
  (void)state;
  bwi_graph *g = NULL;
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  const bwi_dims shape = {2, {2, 2}};
  const bwi_id x = bwi_input(g, BW_F32, &shape, 0), w = bwi_input(g, BW_F32, &shape, 0);
  const bwi_id y = bwi_matmul(g, bwi_unary(g, BWI_Exp, x), w), c = bwi_input(g, BW_F32, &shape, 1);
  const uint32_t before = bwi_graph_count(g);
  bwi_id gradient;
  bwi_differentiate(g, BWI_EXACT, 1, &y, &c, 1, &x, &gradient);
  assert_int_equal(bwi_graph_count(g) - before, 3); /* transpose of w, product, times exp(x) */
  assert_int_equal(bwi_graph_node(g, gradient)->stage, 1);
  bwi_graph_free(g);
}

static void test_independent_variables_get_zeros(void **state) {
  (void)state;
  bwi_graph *g = NULL;
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  const bwi_dims shape = {1, {2}};
  const bwi_id x = bwi_input(g, BW_F32, &shape, 0), other = bwi_input(g, BW_F16, &shape, 0);
  const bwi_id integer = bwi_astype(g, x, BW_I32), back = bwi_astype(g, integer, BW_F32);
  const bwi_id outputs[] = {bwi_unary(g, BWI_Exp, back), integer};
  const bwi_id cotangents[] = {bwi_input(g, BW_F32, &shape, 1), bwi_input(g, BW_I32, &shape, 1)};
  const bwi_id wrt[] = {x, other, integer};
  bwi_id gradients[3];
  bwi_differentiate(g, BWI_EXACT, 2, outputs, cotangents, 3, wrt, gradients);
  assert_int_equal(bwi_graph_status(g, NULL), BW_OK);
  assert_int_equal(gradients[0], bwi_zeros_like(g, x));
  assert_int_equal(gradients[1], bwi_zeros_like(g, other));
  assert_int_equal(gradients[2], bwi_zeros_like(g, integer));
  bwi_graph_free(g);
}

/* What is behind a flat operation has a derivative; it reaches what is before it only straight through. */
static void test_straight_through(void **state) {
  (void)state;
  static const bwi_prim flat[] = {BWI_Round, BWI_Floor, BWI_Ceil, BWI_Sign, BWI_StopGradient};
  for (size_t k = 0; k < sizeof flat / sizeof *flat; k++) {
    bwi_graph *g = NULL;
    assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
    const bwi_dims shape = {1, {2}};
    const bwi_id x = bwi_input(g, BW_F32, &shape, 0), c = bwi_input(g, BW_F32, &shape, 1);
    const bwi_id inner = bwi_unary(g, flat[k], x), y = bwi_unary(g, BWI_Exp, inner);
    bwi_id exact = BWI_NONE, through = BWI_NONE, wanted = BWI_NONE;
    bwi_differentiate(g, BWI_EXACT, 1, &y, &c, 1, &x, &exact);
    bwi_differentiate(g, BWI_STRAIGHT_THROUGH, 1, &y, &c, 1, &x, &through);
    bwi_differentiate(g, BWI_EXACT, 1, &y, &c, 1, &inner, &wanted);
    assert_int_equal(bwi_graph_status(g, NULL), BW_OK);
    assert_int_equal(exact, bwi_zeros_like(g, x));
    assert_int_equal(through, wanted);
    assert_true(through != exact);
    bwi_graph_free(g);
  }
}

static void test_several_outputs_and_inner_variables(void **state) {
  (void)state;
  bwi_graph *g = NULL;
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  const bwi_dims shape = {1, {2}};
  const bwi_id x = bwi_input(g, BW_F32, &shape, 0), inner = bwi_unary(g, BWI_Negative, x);
  const bwi_id outputs[] = {inner, bwi_unary(g, BWI_Negative, inner)};
  const bwi_id c = bwi_input(g, BW_F32, &shape, 1), d = bwi_input(g, BW_F32, &shape, 1);
  const bwi_id wrt[] = {x, inner};
  bwi_id gradients[2];
  bwi_differentiate(g, BWI_EXACT, 2, outputs, (bwi_id[]){c, d}, 2, wrt, gradients);
  assert_int_equal(gradients[1], bwi_add(g, c, bwi_unary(g, BWI_Negative, d)));
  assert_int_equal(gradients[0], bwi_unary(g, BWI_Negative, gradients[1]));
  bwi_graph_free(g);
}

typedef bwi_id build_fn(bwi_graph *g, bwi_id x);

static bwi_id scatter_product(bwi_graph *g, bwi_id x) {
  return build_scatter(g, (bwi_id[]){x, bwi_zeros(g, BW_F64, &(bwi_dims){3, {2, 1, 4}})}, 3, 0);
}

static bwi_id view_as_half(bwi_graph *g, bwi_id x) {
  return bwi_apply(g, BWI_View, &(bwi_params){.dtype = BW_F16}, 1, &x);
}

static bwi_id rope_frequencies(bwi_graph *g, bwi_id x) {
  const bwi_id tokens = bwi_zeros(g, BW_F64, &(bwi_dims){3, {1, 2, 32}});
  const bwi_id row_of_16 = bwi_reshape(g, x, &(bwi_dims){1, {16}});
  return bwi_apply(g, BWI_RoPE, &(bwi_params){.i = {32}, .f = {0, 1}}, 3,
                   (bwi_id[]){tokens, bwi_scalar(g, BW_I32, 0), row_of_16});
}

static void test_what_has_no_derivative(void **state) {
  (void)state;
  static const struct {
    const char *name;
    build_fn *build;
  } rows[] = {
      {"Scatter by product", scatter_product},
      {"View", view_as_half},
      {"RoPE", rope_frequencies},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bwi_graph *g = NULL;
    bw_error err = {.text = ""};
    assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
    const bwi_id x = bwi_input(g, BW_F64, &(bwi_dims){2, {4, 4}}, 0), y = rows[i].build(g, x);
    if (y == BWI_NONE) {
      bwi_graph_status(g, &err);
      fail_msg("%s: %s", rows[i].name, err.text);
    }
    const bwi_id c = bwi_zeros_like(g, y);
    bwi_id gradient = 0;
    bwi_differentiate(g, BWI_EXACT, 1, &y, &c, 1, &x, &gradient);
    assert_int_equal(gradient, BWI_NONE);
    assert_int_equal(bwi_graph_status(g, &err), BW_EUNSUPPORTED);
    if (strstr(err.text, rows[i].name) == NULL) fail_msg("%s is not named: %s", rows[i].name, err.text);
    bwi_graph_free(g);
  }
}

static void test_wrong_arguments(void **state) {
  (void)state;
  const bwi_dims shape = {1, {2}}, other = {1, {3}};
  static const struct {
    bwi_id output, cotangent, variable;
    bw_status status;
  } rows[] = {
      {9, 1, 0, BW_EINVAL}, {0, 9, 0, BW_EINVAL},    {0, 1, 9, BW_EINVAL},
      {0, 2, 0, BW_EINVAL}, {0, BWI_NONE, 0, BW_OK},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bwi_graph *g = NULL;
    bwi_id gradient = 0;
    assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
    bwi_input(g, BW_F32, &shape, 0);
    bwi_input(g, BW_F32, &shape, 1);
    bwi_input(g, BW_F32, &other, 1);
    bwi_differentiate(g, BWI_EXACT, 1, &rows[i].output, &rows[i].cotangent, 1, &rows[i].variable, &gradient);
    assert_int_equal(bwi_graph_status(g, NULL), rows[i].status);
    assert_int_equal(gradient, BWI_NONE);
    bwi_graph_free(g);
  }
}

static bw_status differentiate_once(void *payload) {
  (void)payload;
  bwi_graph *g = NULL;
  bw_status status = bwi_graph_create(&g, NULL);
  if (status != BW_OK) return status;
  const bwi_dims shape = {4, {1, 2, 3, 2}};
  const bwi_id x = bwi_input(g, BW_F64, &shape, 0), c = bwi_input(g, BW_F64, &shape, 1);
  const bwi_id y = build_self_attention(g, &x);
  bwi_id gradient;
  bwi_differentiate(g, BWI_EXACT, 1, &y, &c, 1, &x, &gradient);
  status = bwi_graph_status(g, NULL);
  bwi_graph_free(g);
  return status;
}

static void test_allocation_failures(void **state) {
  (void)state;
  assert_true(sweep_allocations(differentiate_once, NULL) > 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_unary),
      cmocka_unit_test(test_binary),
      cmocka_unit_test(test_reduce),
      cmocka_unit_test(test_exclusive_scans),
      cmocka_unit_test(test_shape),
      cmocka_unit_test(test_slice_update),
      cmocka_unit_test(test_index),
      cmocka_unit_test(test_matmul),
      cmocka_unit_test(test_convolution),
      cmocka_unit_test(test_fast),
      cmocka_unit_test(test_pooling),
      cmocka_unit_test(test_compositions),
      cmocka_unit_test(test_edges),
      cmocka_unit_test(test_only_what_is_needed_is_built),
      cmocka_unit_test(test_independent_variables_get_zeros),
      cmocka_unit_test(test_straight_through),
      cmocka_unit_test(test_several_outputs_and_inner_variables),
      cmocka_unit_test(test_what_has_no_derivative),
      cmocka_unit_test(test_wrong_arguments),
      cmocka_unit_test(test_allocation_failures),
  };
  return cmocka_run_group_tests_name("differentiate", tests, NULL, NULL);
}
