/* SPDX-License-Identifier: Apache-2.0 */
/* Three things can make logits wrong without an error: MLX's exporter writes the memory of a constant
 * that is not contiguous as if it were; an extent was mistaken for the batch; the function mixes the
 * samples of a batch. The first shows against MLX's own results, the second as soon as another batch size
 * is run, the third when a sample stands among copies of itself instead of the others. */
#include "model/check.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/rng.h"
#include "format/formats.h"

#define MAX_PAIR_BYTES ((size_t)1 << 30)

/* Samples with the logits that they should have. */
typedef struct expectation {
  uint64_t n;
  float *samples;     /* (n, d) */
  float *logits;      /* (n, classes) */
  const char *origin; /* who computed the logits */
} expectation;

static void clear(expectation *e) {
  bwi_free(e->samples);
  bwi_free(e->logits);
}

static bw_status allocate(expectation *e, uint64_t n, const bw_model *model, bw_error *err) {
  e->n = n;
  e->samples = bwi_alloc((size_t)n, (size_t)model->d * sizeof(float));
  e->logits = bwi_alloc((size_t)n, model->n_classes * sizeof(float));
  if (e->samples == NULL || e->logits == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to check a model");
  return BW_OK;
}

/* --- expectations --- */

/* The pair's path, the caller's; NULL where no pair lies beside the file. */
static bw_status find_pair(char **out, const char *path, bw_error *err) {
  static const char from[] = ".mlxfn", to[] = ".pair.npz";
  const size_t length = strlen(path), stem = length - (sizeof from - 1);
  *out = NULL;
  if (length < sizeof from || strcmp(path + stem, from) != 0) return BW_OK;
  char *pair = bwi_alloc(stem + sizeof to, 1);
  if (pair == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a path");
  memcpy(pair, path, stem);
  memcpy(pair + stem, to, sizeof to);
  if (access(pair, F_OK) == 0) {
    *out = pair;
  } else {
    bwi_free(pair);
  }
  return BW_OK;
}

static bw_status take_array(float *to, const bwi_archive *pair, const char *name, uint64_t count,
                            bw_error *err) {
  const bw_array *array = bwi_archive_find(pair, name);
  bw_array *converted = NULL;
  if (array == NULL || (uint64_t)bw_array_count(array) != count)
    return BW_FAIL(err, BW_EFORMAT, "the input/output pair beside the model has no array %s that fits it",
                   name);
  BW_TRY(bw_array_convert(&converted, array, BW_F32, err));
  memcpy(to, bw_array_view(converted), (size_t)count * sizeof(float));
  bw_array_free(converted);
  return BW_OK;
}

static bw_status read_pair(expectation *e, const bw_model *model, const char *path, bw_error *err) {
  bwi_bytes bytes = {0};
  bwi_archive pair = {0};
  bw_status status = bwi_file_read(&bytes, path, MAX_PAIR_BYTES, err);
  if (status != BW_OK) return status;
  status = bwi_npz_read(&pair, bytes, MAX_PAIR_BYTES, err);
  const bw_array *in = status == BW_OK ? bwi_archive_find(&pair, "in0") : NULL;
  if (status == BW_OK && (in == NULL || bw_array_rank(in) != model->shape.n + 1 || bw_array_shape(in)[0] < 1))
    status = BW_FAIL(err, BW_EFORMAT, "the input/output pair beside the model has no array in0 that fits it");
  if (status == BW_OK) status = allocate(e, (uint64_t)bw_array_shape(in)[0], model, err);
  if (status == BW_OK) status = take_array(e->samples, &pair, "in0", e->n * (uint64_t)model->d, err);
  if (status == BW_OK) status = take_array(e->logits, &pair, "out0", e->n * model->n_classes, err);
  e->origin = "MLX";
  bwi_archive_clear(&pair);
  bwi_free((void *)(uintptr_t)bytes.data);
  return status;
}

/* Fills e->logits with what the function as it was exported gives for e->n samples, its own batch. */
static bw_status run_traced(expectation *e, const float *samples, const bwi_engine *engine, bw_error *err) {
  bwi_graph *typed = NULL;
  BW_TRY(bwi_float32_boundary(&typed, engine->traced, err));
  const bw_status status = bwi_engine_run_once(e->logits, engine, typed, samples, err);
  e->origin = "the function as it was exported";
  bwi_graph_free(typed);
  return status;
}

static bw_status expect_traced(expectation *e, const bwi_engine *engine, bw_error *err) {
  const bw_model *model = &engine->base;
  const int64_t batch = bwi_graph_node(engine->traced, bwi_graph_input(engine->traced, 0))->shape.v[0];
  BW_TRY(allocate(e, (uint64_t)batch, model, err));
  bwi_rng_uniform(e->samples, (size_t)(batch * model->d), (bwi_rng_key){0}, 0, model->lower, model->upper);
  return run_traced(e, e->samples, engine, err);
}

/* The pair where there is one, else the function itself. */
static bw_status expect(expectation *e, bwi_engine *engine, const char *path, bw_error *err) {
  char *pair = NULL;
  BW_TRY(find_pair(&pair, path, err));
  const bw_status status =
      pair != NULL ? read_pair(e, &engine->base, pair, err) : expect_traced(e, engine, err);
  engine->base.pair_checked = pair != NULL && status == BW_OK;
  bwi_free(pair);
  return status;
}

/* --- comparison --- */

/* As a share of the greatest logit. It tells a wrong file from rounding, of which deep networks in half
 * precision have much; wrong constants are wrong by the whole size of a logit. */
static double tolerance(bw_dtype dtype) {
  return dtype == BW_F32 ? 1e-3 : dtype == BW_F16 ? 2e-2 : 1e-1;
}

static double greatest_size(const float *values, size_t count) {
  double greatest = 0;
  for (size_t k = 0; k < count; k++)
    if (isfinite(values[k]) && fabs((double)values[k]) > greatest) greatest = fabs((double)values[k]);
  return greatest;
}

/* The first place where two lists differ by more than `most`, or where only one is NaN; count if none. */
static size_t find_difference(const float *a, const float *b, size_t count, double most) {
  for (size_t k = 0; k < count; k++) {
    if (isnan(a[k]) != isnan(b[k])) return k;
    if (a[k] != b[k] && !(fabs((double)a[k] - (double)b[k]) <= most) && !isnan(a[k])) return k;
  }
  return count;
}

/* Whether the session's logits are the expected ones; BW_EFORMAT and a sentence if not. */
static bw_status compare(bwi_session *session, const expectation *e, double most, bw_error *err) {
  const size_t classes = session->model->n_classes, count = (size_t)e->n * classes;
  float *logits = bwi_alloc(count, sizeof *logits);
  if (logits == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to check a model");
  bw_status status = bwi_session_logits(session, e->n, e->samples, BWI_PASS_DIRECT, logits, err);
  const size_t at = status == BW_OK ? find_difference(logits, e->logits, count, most) : count;
  if (at < count)
    status = BW_FAIL(err, BW_EFORMAT, "logit %zu of sample %zu is %g, but %s computes %g", at % classes,
                     at / classes, (double)logits[at], e->origin, (double)e->logits[at]);
  bwi_free(logits);
  return status;
}

/* The last sample among copies of itself. */
static bw_status compare_alone(bwi_session *session, const expectation *e, double most, bw_error *err) {
  const size_t d = (size_t)session->model->d, classes = session->model->n_classes, last = (size_t)e->n - 1;
  expectation copies = {.origin = e->origin};
  bw_status status = allocate(&copies, e->n, session->model, err);
  for (size_t k = 0; status == BW_OK && k <= last; k++) {
    memcpy(copies.samples + k * d, e->samples + last * d, d * sizeof(float));
    memcpy(copies.logits + k * classes, e->logits + last * classes, classes * sizeof(float));
  }
  if (status == BW_OK) status = compare(session, &copies, most, err);
  clear(&copies);
  return status;
}

/* Whether the function at its own batch size, with no pass applied, computes what MLX did. */
static bw_status compare_traced(bool *same, const bwi_engine *engine, const expectation *pair, double most,
                                bw_error *err) {
  expectation own = {0};
  *same = false;
  if ((int64_t)pair->n != bwi_graph_node(engine->traced, bwi_graph_input(engine->traced, 0))->shape.v[0])
    return BW_OK;
  bw_status status = allocate(&own, pair->n, &engine->base, err);
  if (status == BW_OK) status = run_traced(&own, pair->samples, engine, err);
  if (status == BW_OK) {
    const size_t count = (size_t)own.n * engine->base.n_classes;
    *same = find_difference(own.logits, pair->logits, count, most) == count;
  }
  clear(&own);
  return status;
}

/* Why the logits differ. */
static bw_status explain(const bw_error *difference, const bwi_engine *engine, const expectation *e,
                         double most, bw_error *err) {
  bool faithful = true;
  if (engine->base.pair_checked) BW_TRY(compare_traced(&faithful, engine, e, most, err));
  if (!faithful)
    return BW_FAIL(err, BW_EFORMAT, "%s: the file does not hold the model that was exported",
                   difference->text);
  return BW_FAIL(err, BW_EUNSUPPORTED,
                 "%s: samples influence each other, or the batch size cannot be changed", difference->text);
}

bw_status bwi_check_model(bwi_engine *engine, const char *path, bw_error *err) {
  expectation e = {0};
  bwi_session *session = NULL;
  bw_error why;
  bw_status status = expect(&e, engine, path, err);
  if (status == BW_OK) status = bwi_session_open(&session, &engine->base, err);
  if (status == BW_OK) {
    const double most =
        tolerance(bwi_graph_node(engine->traced, bwi_graph_output(engine->traced, 0))->dtype) *
        greatest_size(e.logits, (size_t)e.n * engine->base.n_classes);
    status = compare(session, &e, most, &why);
    if (status == BW_OK) status = compare_alone(session, &e, most, &why);
    if (status == BW_EFORMAT) {
      status = explain(&why, engine, &e, most, err);
    } else if (status != BW_OK) {
      BW_FAIL(err, status, "%s", why.text);
    }
  }
  bwi_session_free(session);
  clear(&e);
  return status;
}
