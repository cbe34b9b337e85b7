/* SPDX-License-Identifier: Apache-2.0 */
/* parity_compare DIR [NAME...]: what MLX computed (export_cases.py) against what we compute from the same
 * file. Of its functions the one that fits the case's inputs is imported, a shapeless one at their shapes,
 * and evaluated ref      with the reference backend, graph as it was exported; cpu      with all passes and
 * the fast backend, the reference backend where it has no kernel; finite   the derivative against central
 * differences, all in double, so that neither MLX nor rounding has a say. One line a case; exit code 1 if any
 * failed.
 *
 * Tolerance, where a case does not state its own: n units in the last place of the result's dtype, as a
 * share of |wanted| plus the root mean square of the whole array, since the terms of a sum are as large as
 * other elements even where they cancel in this one. n is 16, for some ten operations in a row that may
 * differ by a unit each, plus 4 times the root of the longest sum in the graph: errors of K terms added in
 * another order grow like the root of K. A gradient may be off by 2 units of the cotangents besides: the
 * derivative of, say, a sigmoid s is s (1 - s), and a unit of s near 1 is many units of 1 - s. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/plan.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/rng.h"
#include "format/formats.h"
#include "graph/build.h"
#include "graph/differentiate.h"
#include "graph/infer.h"
#include "graph/passes.h"
#include "model/import.h"
#include "model/operations.h"

#define MAX_ARRAYS BWI_MLXFN_MAX_INPUTS
#define MAX_BYTES ((size_t)1 << 30)

typedef struct parity_case {
  const char *name;
  bwi_graph *g;
  bwi_archive arrays;
  bwi_json *facts;
  bool differentiable;
  double rtol, atol; /* NaN: the default */
} parity_case;

/* --- files --- */

static bw_status read_file(bwi_bytes *out, const char *dir, const char *name, const char *suffix,
                           bw_error *err) {
  char path[1024];
  if ((size_t)snprintf(path, sizeof path, "%s/%s%s", dir, name, suffix) >= sizeof path)
    return BW_FAIL(err, BW_EINVAL, "path too long");
  return bwi_file_read(out, path, MAX_BYTES, err);
}

static void free_bytes(bwi_bytes bytes) {
  bwi_free((void *)(uintptr_t)bytes.data);
}

static double number_or_nan(const bwi_json *facts, const char *key) {
  const bwi_json_at at = bwi_json_find(facts, 0, key);
  return at >= 0 && bwi_json_kind_of(facts, at) == BWI_JSON_NUMBER ? bwi_json_number_of(facts, at)
                                                                   : (double)NAN;
}

static bool is_set(const bwi_json *facts, const char *key) {
  return bwi_json_number_of(facts, bwi_json_find(facts, 0, key)) != 0;
}

static bw_status load_facts(parity_case *c, const char *dir, bw_error *err) {
  bwi_bytes bytes = {0};
  bw_status status = read_file(&bytes, dir, c->name, ".json", err);
  if (status == BW_OK) status = bwi_json_parse(&c->facts, bytes, 1000, err);
  if (status == BW_OK) {
    c->differentiable = is_set(c->facts, "differentiable");
    c->rtol = number_or_nan(c->facts, "rtol");
    c->atol = number_or_nan(c->facts, "atol");
  }
  free_bytes(bytes);
  return status;
}

static bw_status load_arrays(parity_case *c, const char *dir, bw_error *err) {
  bwi_bytes bytes = {0};
  bw_status status = read_file(&bytes, dir, c->name, ".npz", err);
  if (status == BW_OK) status = bwi_npz_read(&c->arrays, bytes, MAX_BYTES, err);
  free_bytes(bytes);
  return status;
}

static const bw_array *find_array(const parity_case *c, const char *kind, uint32_t k) {
  char name[16];
  (void)snprintf(name, sizeof name, "%s%u", kind, k);
  return bwi_archive_find(&c->arrays, name);
}

static bwi_dims shape_of(const bw_array *array) {
  bwi_dims shape = {.n = bw_array_rank(array)};
  for (uint32_t d = 0; d < shape.n; d++) shape.v[d] = bw_array_shape(array)[d];
  return shape;
}

/* --- one function of the file --- */

static bool fits_keywords(const parity_case *c, const bwi_mlxfn_function *f) {
  uint32_t n = 0;
  bwi_json_at at = bwi_json_first(c->facts, bwi_json_find(c->facts, 0, "keywords"));
  for (; at >= 0; at = bwi_json_next(c->facts, at), n++)
    if (n >= f->n_keywords || strcmp(f->keywords[n], bwi_json_text_of(c->facts, at, NULL)) != 0) return false;
  return n == f->n_keywords;
}

/* Whether the function takes the case's inputs, as MLX chooses: by their number, names and shapes; where the
 * file is shapeless, only by the ranks of these. */
static bool fits_inputs(const parity_case *c, const bwi_mlxfn_function *f, bool any_shape) {
  if (!fits_keywords(c, f) || find_array(c, "in", f->n_inputs) != NULL) return false;
  for (uint32_t k = 0; k < f->n_inputs; k++) {
    const bw_array *array = find_array(c, "in", k);
    if (array == NULL) return false;
    const bwi_dims shape = shape_of(array), *stored = &f->values[k].array.shape;
    if (any_shape ? shape.n != stored->n : !bwi_dims_equal(&shape, stored)) return false;
  }
  return true;
}

/* At the case's shapes, not those that a shapeless file was exported with. */
static bw_status import_for_inputs(parity_case *c, const bwi_mlxfn *file, const bwi_mlxfn_function *f,
                                   bw_error *err) {
  const bwi_import_limits limits = bwi_import_default_limits();
  bwi_mlxfn_value *values = bwi_alloc(f->n_values, sizeof *values);
  if (values == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a copy of the function");
  memcpy(values, f->values, f->n_values * sizeof *values);
  for (uint32_t k = 0; k < f->n_inputs; k++) values[k].array.shape = shape_of(find_array(c, "in", k));
  bwi_mlxfn_function reshaped = *f;
  reshaped.values = values;
  const bwi_mlxfn one = {.shapeless = file->shapeless, .n_functions = 1, .functions = &reshaped};
  const bw_status status = bwi_import(&c->g, &one, 0, &limits, err);
  bwi_free(values);
  return status;
}

static bw_status import_for_batch(parity_case *c, const bwi_mlxfn *file, const bwi_mlxfn_function *f,
                                  bw_error *err) {
  const bwi_import_limits limits = bwi_import_default_limits();
  bwi_graph *traced = NULL, *clear = NULL;
  bw_status status = bwi_import(&traced, file, (uint32_t)(f - file->functions), &limits, err);
  if (status == BW_OK) status = bwi_pass_rebatch(&clear, traced, bwi_clear_batch(traced), err);
  if (status == BW_OK)
    status = bwi_pass_rebatch(&c->g, clear, bw_array_shape(find_array(c, "in", 0))[0], err);
  bwi_graph_free(traced);
  bwi_graph_free(clear);
  return status;
}

static bw_status import_function(parity_case *c, const bwi_mlxfn *file, bw_error *err) {
  const bool free_batch = is_set(c->facts, "free_batch");
  for (uint32_t k = 0; k < file->n_functions; k++) {
    const bwi_mlxfn_function *f = &file->functions[k];
    if (fits_inputs(c, f, free_batch || file->shapeless))
      return (free_batch ? import_for_batch : import_for_inputs)(c, file, f, err);
  }
  return BW_FAIL(err, BW_EINVAL, "none of the file's functions takes these inputs");
}

static bw_status load_graph(parity_case *c, const char *dir, bw_error *err) {
  bwi_bytes bytes = {0};
  bwi_mlxfn *file = NULL;
  const bwi_mlxfn_limits limits = bwi_mlxfn_default_limits();
  bw_status status = read_file(&bytes, dir, c->name, ".mlxfn", err);
  if (status == BW_OK) status = bwi_mlxfn_read(&file, bytes, &limits, bwi_import_accept, NULL, err);
  if (status == BW_OK) status = import_function(c, file, err);
  bwi_mlxfn_free(file);
  free_bytes(bytes);
  return status;
}

static bw_status load_case(parity_case *c, const char *dir, bw_error *err) {
  BW_TRY(load_facts(c, dir, err));
  BW_TRY(load_arrays(c, dir, err));
  return load_graph(c, dir, err);
}

static void clear_case(parity_case *c) {
  bwi_graph_free(c->g);
  bwi_archive_clear(&c->arrays);
  bwi_json_free(c->facts);
}

/* --- graphs --- */

/* Where the inputs and outputs of a graph with derivative come from in the case: inN and cotN, outN and
 * gradN. */
typedef struct face {
  uint32_t n_cotangents, n_gradients;
  uint32_t cotangents[MAX_ARRAYS], gradients[MAX_ARRAYS]; /* N of each */
} face;

static bw_status add_derivative(bwi_graph **out, face *f, const parity_case *c, const bwi_graph *forward,
                                bw_error *err) {
  bwi_graph *g = NULL;
  bwi_id outputs[2 * MAX_ARRAYS], from[MAX_ARRAYS], cotangents[MAX_ARRAYS], wrt[MAX_ARRAYS];
  BW_TRY(bwi_rewrite_graph(&g, forward, NULL, NULL, err));
  const uint32_t n_inputs = bwi_graph_n_inputs(g), n_outputs = bwi_graph_n_outputs(g);
  *f = (face){0};
  for (uint32_t k = 0; k < n_outputs; k++) {
    outputs[k] = bwi_graph_output(g, k);
    if (find_array(c, "cot", k) == NULL) continue;
    const bwi_node *n = bwi_graph_node(g, outputs[k]);
    from[f->n_cotangents] = outputs[k];
    cotangents[f->n_cotangents] = bwi_input(g, n->dtype, &n->shape, 1);
    f->cotangents[f->n_cotangents++] = k;
  }
  for (uint32_t k = 0; k < n_inputs; k++) {
    if (find_array(c, "grad", k) == NULL) continue;
    wrt[f->n_gradients] = bwi_graph_input(g, k);
    f->gradients[f->n_gradients++] = k;
  }
  bwi_differentiate(g, BWI_EXACT, f->n_cotangents, from, cotangents, f->n_gradients, wrt, outputs + n_outputs);
  const bw_status status = bwi_graph_set_outputs(g, n_outputs + f->n_gradients, outputs, err);
  if (status != BW_OK) {
    bwi_graph_free(g);
    return status;
  }
  *out = g;
  return BW_OK;
}

static bwi_id widen_packed(bwi_rewrite *r, const bwi_node *n, const bwi_params *params) {
  bwi_id in[BWI_MAX_OPERANDS];
  for (uint32_t k = 0; k < n->n_in; k++) in[k] = bwi_rewrite_map(r, n->in[k]);
  return bwi_apply(bwi_rewrite_new(r), BWI_Dequantize, params, n->n_in, in);
}

/* The graph with every float in double. */
static bwi_id widen(bwi_rewrite *r, bwi_id id, void *payload) {
  (void)payload;
  const bwi_node *n = bwi_graph_node(bwi_rewrite_old(r), id);
  bwi_graph *g = bwi_rewrite_new(r);
  if (!bwi_is_float(n->dtype)) return BWI_NONE;
  bwi_params params = *n->params;
  params.dtype = BW_F64;
  switch (n->prim) {
    case BWI_Input: return bwi_input(g, BW_F64, &n->shape, n->stage);
    case BWI_Constant: return bwi_astype(g, bwi_constant_borrowed(g, n->dtype, &n->shape, n->data), BW_F64);
    case BWI_AsType: return bwi_astype(g, bwi_rewrite_map(r, n->in[0]), BW_F64);
    case BWI_Arange: return bwi_apply(g, BWI_Arange, &params, 0, NULL);
    case BWI_Dequantize: return widen_packed(r, n, &params);
    case BWI_View:
      return bwi_graph_fail(g, BW_EUNSUPPORTED, "bytes seen as another type have no double form");
    default: return BWI_NONE;
  }
}

/* --- running --- */

/* Outputs of a run as doubles. */
typedef struct results {
  uint32_t count;
  double *values[2 * MAX_ARRAYS];
  size_t n_values[2 * MAX_ARRAYS];
} results;

static void clear_results(results *r) {
  for (uint32_t k = 0; k < r->count; k++) bwi_free(r->values[k]);
  r->count = 0;
}

static bw_status fill_input(bwi_plan *plan, uint32_t k, const bwi_node *n, const bw_array *from,
                            bw_error *err) {
  bw_array *converted = NULL;
  if (from == NULL || bw_array_count(from) != bwi_node_count(n))
    return BW_FAIL(err, BW_EFORMAT, "no array that fits input %u", k);
  BW_TRY(bw_array_convert(&converted, from, n->dtype, err));
  memcpy(bwi_plan_input(plan, k), bw_array_view(converted), bw_array_bytes(converted));
  bw_array_free(converted);
  return BW_OK;
}

static bw_status take_output(double **out, const void *data, const bwi_node *n, bw_error *err) {
  bw_array *raw = NULL, *wide = NULL;
  BW_TRY(bw_array_create(&raw, n->dtype, n->shape.n, n->shape.v, err));
  memcpy(bw_array_data(raw), data, bw_array_bytes(raw));
  bw_status status = bw_array_convert(&wide, raw, BW_F64, err);
  *out = status == BW_OK ? bwi_alloc((size_t)bw_array_count(wide), sizeof **out) : NULL;
  if (*out != NULL) memcpy(*out, bw_array_view(wide), bw_array_bytes(wide));
  if (status == BW_OK && *out == NULL) status = BW_FAIL(err, BW_ENOMEM, "no memory for an output");
  bw_array_free(raw);
  bw_array_free(wide);
  return status;
}

static bw_status take_outputs(results *r, const bwi_plan *plan, const bwi_graph *g, bw_error *err) {
  for (uint32_t k = 0; k < bwi_graph_n_outputs(g); k++) {
    const bwi_node *n = bwi_graph_node(g, bwi_graph_output(g, k));
    BW_TRY(take_output(&r->values[k], bwi_plan_output(plan, k), n, err));
    r->n_values[k] = (size_t)bwi_node_count(n);
    r->count = k + 1;
  }
  return BW_OK;
}

static bw_status run_stages(results *r, bwi_plan *plan, const bwi_graph *g, const face *f,
                            const parity_case *c, bw_error *err) {
  const uint32_t n_inputs = bwi_graph_n_inputs(c->g);
  for (uint32_t k = 0; k < bwi_graph_n_inputs(g); k++) {
    const bw_array *from =
        k < n_inputs ? find_array(c, "in", k) : find_array(c, "cot", f->cotangents[k - n_inputs]);
    BW_TRY(fill_input(plan, k, bwi_graph_node(g, bwi_graph_input(g, k)), from, err));
  }
  BW_TRY(bwi_plan_run(plan, 0, err));
  BW_TRY(bwi_plan_run(plan, 1, err));
  return take_outputs(r, plan, g, err);
}

static bw_status run_graph(results *r, const bwi_graph *g, bool fast, const face *f, const parity_case *c,
                           bw_error *err) {
  static const bwi_backend *const backends[] = {&bwi_backend_cpu, &bwi_backend_ref};
  bwi_weights *weights = NULL;
  bwi_plan *plan = NULL;
  bw_status status = bwi_weights_create(&weights, err);
  if (status == BW_OK)
    status =
        bwi_plan_create(&plan, g, fast ? 2 : 1, backends + (fast ? 0 : 1), weights, BWI_PLAN_DIRECT, err);
  if (status == BW_OK) status = run_stages(r, plan, g, f, c, err);
  bwi_plan_free(plan);
  bwi_weights_free(weights);
  return status;
}

/* --- comparison with MLX --- */

static double unit(bw_dtype dtype) {
  switch (dtype) {
    case BW_F16: return 0x1p-10;
    case BW_BF16: return 0x1p-7;
    case BW_F32: return 0x1p-23;
    default: return 0; /* integers are exact */
  }
}

static double longest_sum(const bwi_graph *g) {
  double longest = 1;
  for (uint32_t id = 0; id < bwi_graph_count(g); id++) {
    const int64_t count = bwi_node_count(bwi_graph_node(g, (bwi_id)id));
    if (count > 0) longest = fmax(longest, (double)bwi_operations(g, (bwi_id)id) / (double)count);
  }
  return longest;
}

typedef struct tolerance {
  double relative, absolute;
} tolerance;

/* Root mean square of what is finite. */
static double size_of(size_t count, const double *values) {
  double squares = 0;
  size_t finite = 0;
  for (size_t i = 0; i < count; i++) {
    if (!isfinite(values[i])) continue;
    squares += values[i] * values[i];
    finite++;
  }
  return finite == 0 ? 0 : sqrt(squares / (double)finite);
}

/* Of the case's cotangents together; 0 if it has none. */
static double cotangent_size(const parity_case *c) {
  double greatest = 0;
  for (uint32_t k = 0; k < bwi_graph_n_outputs(c->g); k++) {
    const bw_array *array = find_array(c, "cot", k);
    bw_array *wide = NULL;
    if (array == NULL || bw_array_convert(&wide, array, BW_F64, NULL) != BW_OK) continue;
    greatest = fmax(greatest, size_of((size_t)bw_array_count(wide), bw_array_view(wide)));
    bw_array_free(wide);
  }
  return greatest;
}

static tolerance tolerance_of(const parity_case *c, bool is_gradient, bw_dtype dtype, size_t count,
                              const double *wanted) {
  const double share = unit(dtype) * (16 + 4 * sqrt(longest_sum(c->g)));
  const double relative = isnan(c->rtol) ? share : c->rtol;
  const double floor = is_gradient ? 2 * unit(dtype) * cotangent_size(c) : 0;
  return (tolerance){.relative = relative,
                     .absolute = isnan(c->atol) ? relative * size_of(count, wanted) + floor : c->atol};
}

static bool is_close(double got, double wanted, tolerance t) {
  if (isnan(wanted)) return isnan(got);
  if (got == wanted) return true;
  return fabs(got - wanted) <= t.absolute + t.relative * fabs(wanted);
}

static bool compare_array(const parity_case *c, const char *how, const char *kind, uint32_t number,
                          bw_dtype dtype, const double *got, size_t count) {
  const bw_array *array = find_array(c, kind, number);
  bw_array *wide = NULL;
  if (array == NULL || (size_t)bw_array_count(array) != count ||
      bw_array_convert(&wide, array, BW_F64, NULL) != BW_OK) {
    printf("FAIL %s: %s: no %s%u of %zu elements in the npz\n", c->name, how, kind, number, count);
    return false;
  }
  const double *wanted = bw_array_view(wide);
  const tolerance t = tolerance_of(c, strcmp(kind, "grad") == 0, dtype, count, wanted);
  size_t n_wrong = 0, first = 0;
  for (size_t i = 0; i < count; i++)
    if (!is_close(got[i], wanted[i], t) && n_wrong++ == 0) first = i;
  if (n_wrong > 0)
    printf("FAIL %s: %s: %s%u: %zu of %zu elements differ, first [%zu]: %.9g, MLX has %.9g, tolerance %.3g\n",
           c->name, how, kind, number, n_wrong, count, first, got[first], wanted[first],
           t.absolute + t.relative * fabs(wanted[first]));
  bw_array_free(wide);
  return n_wrong == 0;
}

static bool compare_results(const parity_case *c, const char *how, const face *f, const results *r) {
  const uint32_t n_outputs = bwi_graph_n_outputs(c->g);
  bool good = true;
  for (uint32_t k = 0; k < n_outputs; k++)
    good = compare_array(c, how, "out", k, bwi_graph_node(c->g, bwi_graph_output(c->g, k))->dtype,
                         r->values[k], r->n_values[k]) &&
           good;
  for (uint32_t k = 0; k < f->n_gradients; k++) {
    const bw_dtype dtype = bwi_graph_node(c->g, bwi_graph_input(c->g, f->gradients[k]))->dtype;
    good = compare_array(c, how, "grad", f->gradients[k], dtype, r->values[n_outputs + k],
                         r->n_values[n_outputs + k]) &&
           good;
  }
  return good;
}

static bw_status fail_case(const parity_case *c, const char *how, bw_status status, const bw_error *err) {
  printf("FAIL %s: %s: %s: %s\n", c->name, how, bw_status_text(status), err->text);
  return status;
}

static bool check_reference(const parity_case *c) {
  bwi_graph *g = NULL;
  results r = {0};
  face f;
  bw_error err = {0};
  bw_status status = add_derivative(&g, &f, c, c->g, &err);
  if (status == BW_OK) status = run_graph(&r, g, false, &f, c, &err);
  const bool good =
      status == BW_OK ? compare_results(c, "ref", &f, &r) : fail_case(c, "ref", status, &err) == BW_OK;
  clear_results(&r);
  bwi_graph_free(g);
  return good;
}

static bool check_fast(const parity_case *c) {
  bwi_graph *prepared = NULL, *derived = NULL, *optimised = NULL;
  results r = {0};
  face f;
  bw_error err = {0};
  bw_status status = bwi_prepare(&prepared, c->g, bwi_ref_evaluate, &err);
  if (status == BW_OK) status = add_derivative(&derived, &f, c, prepared, &err);
  if (status == BW_OK) status = bwi_optimise(&optimised, derived, bwi_ref_evaluate, &err);
  if (status == BW_OK) status = run_graph(&r, optimised, true, &f, c, &err);
  const bool good =
      status == BW_OK ? compare_results(c, "cpu", &f, &r) : fail_case(c, "cpu", status, &err) == BW_OK;
  clear_results(&r);
  bwi_graph_free(prepared);
  bwi_graph_free(derived);
  bwi_graph_free(optimised);
  return good;
}

/* --- finite differences --- */

#define STEP 1e-5

/* sum over outputs of cotangent . output, with the floating inputs moved by `step` along the direction. */
static bw_status value_at(double *out, bwi_plan *plan, const bwi_graph *g, const face *f,
                          const parity_case *c, double step, bw_error *err) {
  results r = {0};
  for (uint32_t k = 0; k < f->n_gradients; k++) {
    const uint32_t input = f->gradients[k];
    const bwi_node *n = bwi_graph_node(g, bwi_graph_input(g, input));
    BW_TRY(fill_input(plan, input, n, find_array(c, "in", input), err));
    double *x = bwi_plan_input(plan, input);
    for (int64_t i = 0; i < bwi_node_count(n); i++) {
      float direction;
      bwi_rng_normal(&direction, 1, (bwi_rng_key){.sample = input, .stream = (uint32_t)i}, 0);
      x[i] += step * (double)direction;
    }
  }
  BW_TRY(bwi_plan_run(plan, 0, err));
  bw_status status = take_outputs(&r, plan, g, err);
  *out = 0;
  for (uint32_t k = 0; status == BW_OK && k < f->n_cotangents; k++) {
    const double *cotangent = bwi_plan_input(plan, bwi_graph_n_inputs(c->g) + k);
    for (size_t i = 0; i < r.n_values[f->cotangents[k]]; i++)
      *out += cotangent[i] * r.values[f->cotangents[k]][i];
  }
  clear_results(&r);
  return status;
}

/* gradient . direction. */
static double along_direction(const results *r, const face *f, const parity_case *c) {
  double sum = 0;
  for (uint32_t k = 0; k < f->n_gradients; k++) {
    const uint32_t at = bwi_graph_n_outputs(c->g) + k;
    for (size_t i = 0; i < r->n_values[at]; i++) {
      float direction;
      bwi_rng_normal(&direction, 1, (bwi_rng_key){.sample = f->gradients[k], .stream = (uint32_t)i}, 0);
      sum += r->values[at][i] * (double)direction;
    }
  }
  return sum;
}

typedef enum verdict { AGREES, DIFFERS, NOT_SMOOTH } verdict;

/* The slopes to both sides differ where the function has a corner there, as max(x, 0) has at 0; MLX's choice
 * among them is compared with MLX only. */
static verdict compare_slopes(const parity_case *c, double here, double below, double above,
                              double derivative, double size) {
  const double left = (here - below) / STEP, right = (above - here) / STEP,
               middle = (above - below) / (2 * STEP);
  const double most = 1e-4 * (size + fabs(derivative));
  if (!isfinite(derivative) || !isfinite(middle) || fabs(left - right) > 10 * most) return NOT_SMOOTH;
  if (fabs(middle - derivative) <= most) return AGREES;
  printf("FAIL %s: finite: the derivative along a direction is %.9g, differences give %.9g\n", c->name,
         derivative, middle);
  return DIFFERS;
}

static bw_status run_differences(verdict *out, const parity_case *c, const bwi_graph *g, const face *f,
                                 bw_error *err) {
  static const bwi_backend *const backends[] = {&bwi_backend_ref};
  bwi_weights *weights = NULL;
  bwi_plan *plan = NULL;
  results r = {0};
  double here = 0, below = 0, above = 0, squares = 0;
  bw_status status = bwi_weights_create(&weights, err);
  if (status == BW_OK) status = bwi_plan_create(&plan, g, 1, backends, weights, 0, err);
  if (status == BW_OK) status = run_stages(&r, plan, g, f, c, err);
  if (status == BW_OK) status = value_at(&here, plan, g, f, c, 0, err);
  if (status == BW_OK) status = value_at(&below, plan, g, f, c, -STEP, err);
  if (status == BW_OK) status = value_at(&above, plan, g, f, c, STEP, err);
  for (uint32_t k = bwi_graph_n_outputs(c->g); k < r.count; k++)
    for (size_t i = 0; i < r.n_values[k]; i++) squares += r.values[k][i] * r.values[k][i];
  if (status == BW_OK) *out = compare_slopes(c, here, below, above, along_direction(&r, f, c), sqrt(squares));
  clear_results(&r);
  bwi_plan_free(plan);
  bwi_weights_free(weights);
  return status;
}

static verdict check_differences(const parity_case *c) {
  bwi_graph *wide = NULL, *g = NULL;
  face f;
  bw_error err = {0};
  verdict v = NOT_SMOOTH;
  bw_status status = bwi_rewrite_graph(&wide, c->g, widen, NULL, &err);
  if (status == BW_OK) status = add_derivative(&g, &f, c, wide, &err);
  if (status == BW_OK) status = run_differences(&v, c, g, &f, &err);
  bwi_graph_free(wide);
  bwi_graph_free(g);
  if (status == BW_OK || status == BW_EUNSUPPORTED) return v;
  fail_case(c, "finite", status, &err);
  return DIFFERS;
}

/* --- all cases --- */

typedef struct totals {
  uint32_t passed, failed, skipped, differences;
} totals;

static void check_case(totals *t, const char *dir, const char *name) {
  parity_case c = {.name = name};
  bw_error err = {0};
  const bw_status status = load_case(&c, dir, &err);
  if (status != BW_OK) {
    fail_case(&c, "import", status, &err);
    t->failed++;
  } else {
    const bool ref = check_reference(&c), cpu = check_fast(&c);
    const verdict v = c.differentiable ? check_differences(&c) : NOT_SMOOTH;
    const bool good = ref && cpu && v != DIFFERS;
    if (good) printf("ok   %s%s\n", name, v == AGREES ? ", differences agree" : "");
    t->differences += v == AGREES;
    *(good ? &t->passed : &t->failed) += 1;
  }
  clear_case(&c);
}

/* All cases of index.json; those that MLX itself could not export are counted as skipped. */
static bw_status check_index(totals *t, const char *dir, bw_error *err) {
  bwi_bytes bytes = {0};
  bwi_json *index = NULL;
  bw_status status = read_file(&bytes, dir, "index", ".json", err);
  if (status == BW_OK) status = bwi_json_parse(&index, bytes, 100000, err);
  if (status == BW_OK) {
    bwi_json_at at = bwi_json_first(index, bwi_json_find(index, 0, "cases"));
    for (; at >= 0; at = bwi_json_next(index, at)) check_case(t, dir, bwi_json_text_of(index, at, NULL));
    at = bwi_json_first(index, bwi_json_find(index, 0, "failed"));
    for (; at >= 0; at = bwi_json_next(index, at), t->skipped++) {
      printf("SKIP %s: MLX: %s\n", bwi_json_key_of(index, at), bwi_json_text_of(index, at, NULL));
    }
  }
  bwi_json_free(index);
  free_bytes(bytes);
  return status;
}

int main(int argc, char **argv) {
  totals t = {0};
  bw_error err = {0};
  if (argc < 2) {
    fprintf(stderr, "usage: parity_compare DIR [NAME...]\n");
    return 2;
  }
  for (int k = 2; k < argc; k++) check_case(&t, argv[1], argv[k]);
  if (argc == 2 && check_index(&t, argv[1], &err) != BW_OK) {
    fprintf(stderr, "parity_compare: %s\n", err.text);
    return 2;
  }
  printf("%u passed, %u failed, %u skipped; %u also by finite differences\n", t.passed, t.failed, t.skipped,
         t.differences);
  return t.failed == 0 ? 0 : 1;
}
