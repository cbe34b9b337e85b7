/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/resume.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "crypto/digest.h"
#include "format/formats.h"

/* ---- the key: everything that results depend on ---- */

static void add_configuration(bwi_hash *hash, const bw_evaluation *e, const char *data_digest) {
  char line[320];
  snprintf(line, sizeof line,
           "bulwark %s resume 2\nmodel %s classes %" PRIu32 " precision %d\ndata %s\nseed %" PRIu64
           " budgets %" PRIu32 "\n",
           bw_version(), e->model_digest, e->n_model_classes, (int)e->search, data_digest, e->seed,
           e->n_budgets);
  bwi_hash_add(hash, line, strlen(line));
  bwi_hash_add(hash, e->surrogate_digest, strlen(e->surrogate_digest));
  for (uint32_t k = 0; k < e->suite.n_attacks; k++) {
    bwi_hash_add(hash, e->suite.attacks[k].class->info.name, strlen(e->suite.attacks[k].class->info.name));
    bwi_hash_add(hash, &e->suite.attacks[k].norm, sizeof e->suite.attacks[k].norm);
    bwi_hash_add(hash, &e->suite.attacks[k].eps, sizeof e->suite.attacks[k].eps);
    bwi_hash_add(hash, e->suite.attacks[k].values, sizeof e->suite.attacks[k].values);
    bwi_hash_add(hash, e->suite.attacks[k].common, sizeof e->suite.attacks[k].common);
  }
  bwi_hash_add(hash, e->clean.predictions, e->count * sizeof *e->clean.predictions);
}

static bw_status make_key(const bw_evaluation *e, char key[65], bw_error *err) {
  char data_digest[65];
  bwi_hash *hash = NULL;
  BW_TRY(bw_dataset_digest(e->dataset, data_digest, err));
  BW_TRY(bwi_hash_create(&hash, BWI_SHA256, err));
  add_configuration(hash, e, data_digest);
  const bw_status status = bwi_hash_end_hex(hash, key, err);
  bwi_hash_free(hash);
  return status;
}

/* ---- a stage as arrays ---- */

enum { BROKEN, BROKEN_8BIT, PREDICTIONS, DISTANCES, LATE_GAINS, BY_QUERIES, TOTALS, N_FIELDS };
static const char *const field_names[N_FIELDS] = {"broken",     "broken_8bit", "predictions", "distances",
                                                  "late_gains", "by_queries",  "totals"};
static const bw_dtype field_dtypes[N_FIELDS] = {BW_U8, BW_U8, BW_I32, BW_F32, BW_F32, BW_F64, BW_F64};
enum { N_TOTALS = 10, N_BY_QUERIES = BWI_QUERY_STEPS * sizeof(bwi_query_state) / sizeof(double) };

/* How many values it has for so many samples. */
static int64_t count_of(int field, uint64_t n_samples) {
  return field == TOTALS ? N_TOTALS : field == BY_QUERIES ? N_BY_QUERIES : (int64_t)n_samples;
}

static void *field_of(bwi_stage *stage, int field) {
  void *const fields[] = {stage->broken,    stage->broken_8bit, stage->predictions,
                          stage->distances, stage->late_gains,  stage->by_queries};
  return fields[field];
}

static void totals_out(const bwi_stage_totals *t, double out[N_TOTALS]) {
  const double all[N_TOTALS] = {(double)t->forwards,    (double)t->backwards,
                                (double)t->n_broken,    (double)t->n_refused,
                                (double)t->n_silent,    (double)t->n_invalid,
                                (double)t->n_disagreed, t->mean_distance,
                                t->median_distance,     t->seconds};
  memcpy(out, all, sizeof all);
}

static bwi_stage_totals totals_in(const double *in) {
  return (bwi_stage_totals){
      .forwards = (uint64_t)in[0],
      .backwards = (uint64_t)in[1],
      .n_broken = (uint64_t)in[2],
      .n_refused = (uint64_t)in[3],
      .n_silent = (uint64_t)in[4],
      .n_invalid = (uint64_t)in[5],
      .n_disagreed = (uint64_t)in[6],
      .mean_distance = in[7],
      .median_distance = in[8],
      .seconds = in[9],
  };
}

/* Stage k of suite and curve together. */
static bwi_stage *stage_at(bw_evaluation *e, uint32_t k) {
  return k < e->suite.n_attacks ? &e->stages[k] : &e->curve[k - e->suite.n_attacks];
}

static uint32_t count_stages(const bw_evaluation *e) {
  return e->suite.n_attacks + e->n_budgets;
}

/* ---- writing ---- */

typedef struct writer {
  char (*names)[32];
  bw_array **arrays;
  size_t count;
} writer;

static bw_status add_array(writer *w, const char *name, bw_dtype dtype, uint32_t rank, const int64_t *shape,
                           const void *values, bw_error *err) {
  BW_TRY(bw_array_create(&w->arrays[w->count], dtype, rank, shape, err));
  if (values != NULL) memcpy(bw_array_data(w->arrays[w->count]), values, bw_array_bytes(w->arrays[w->count]));
  snprintf(w->names[w->count++], sizeof *w->names, "%s", name);
  return BW_OK;
}

static bw_status add_stage(writer *w, bwi_stage *stage, uint32_t k, bw_error *err) {
  double totals[N_TOTALS];
  totals_out(&stage->totals, totals);
  for (int field = 0; field < N_FIELDS; field++) {
    char name[32];
    snprintf(name, sizeof name, "%" PRIu32 ".%s", k, field_names[field]);
    const int64_t count = count_of(field, stage->count);
    BW_TRY(add_array(w, name, field_dtypes[field], 1, &count,
                     field == TOTALS ? totals : field_of(stage, field), err));
  }
  return BW_OK;
}

/* The adversarial samples one after another, in the order of the data. */
static bw_status add_adversarial(writer *w, const bw_evaluation *e, size_t d, bw_error *err) {
  int64_t shape[2] = {0, (int64_t)d};
  for (uint64_t i = 0; i < e->count; i++) shape[0] += e->broken_by[i] >= 0;
  BW_TRY(add_array(w, "adversarial", BW_F32, 2, shape, NULL, err));
  float *to = bw_array_data(w->arrays[w->count - 1]);
  for (uint64_t i = 0; i < e->count; i++) {
    if (e->broken_by[i] < 0) continue;
    memcpy(to, e->adversarial[i], d * sizeof *to);
    to += d;
  }
  return BW_OK;
}

static size_t sample_size(const bw_dataset *dataset) {
  size_t d = 1;
  for (uint32_t i = 0; i < bw_dataset_rank(dataset); i++) d *= (size_t)bw_dataset_shape(dataset)[i];
  return d;
}

static void name_universal(char name[32], uint32_t k) {
  snprintf(name, 32, "%" PRIu32 ".universal", k);
}

static bw_status fill_writer(writer *w, const bw_evaluation *e, bw_error *err) {
  char key[65];
  const int64_t key_size = 64, count = (int64_t)e->count;
  BW_TRY(make_key(e, key, err));
  BW_TRY(add_array(w, "key", BW_U8, 1, &key_size, key, err));
  BW_TRY(add_array(w, "broken_by", BW_I32, 1, &count, e->broken_by, err));
  BW_TRY(add_adversarial(w, e, sample_size(e->dataset), err));
  for (uint32_t k = 0; k < count_stages(e); k++) {
    bwi_stage *stage = stage_at((bw_evaluation *)e, k);
    if (stage->count > 0) BW_TRY(add_stage(w, stage, k, err));
  }
  const int64_t d = (int64_t)sample_size(e->dataset);
  for (uint32_t k = 0; k < e->suite.n_attacks; k++) {
    char name[32];
    name_universal(name, k);
    if (e->universals[k] != NULL) BW_TRY(add_array(w, name, BW_F32, 1, &d, e->universals[k], err));
  }
  return BW_OK;
}

static bw_status write_file(const writer *w, const char **names, const char *path, bw_error *err) {
  bwi_buffer npz = {0};
  for (size_t i = 0; i < w->count; i++) names[i] = w->names[i];
  bw_status status = bwi_npz_write(&npz, w->count, names, (const bw_array *const *)w->arrays, false, err);
  if (status == BW_OK) status = bwi_file_write(path, npz.data, npz.size, err);
  bwi_buffer_free(&npz);
  return status;
}

bw_status bwi_resume_write(const bw_evaluation *e, const char *path, bw_error *err) {
  const size_t most = 3 + (size_t)count_stages(e) * N_FIELDS + e->suite.n_attacks;
  writer w = {.names = bwi_alloc(most, sizeof *w.names), .arrays = bwi_alloc(most, sizeof *w.arrays)};
  const char **names = bwi_alloc(most, sizeof *names);
  bw_status status = BW_OK;
  if (w.names == NULL || w.arrays == NULL || names == NULL)
    status = BW_FAIL(err, BW_ENOMEM, "no memory to keep finished work");
  else
    status = fill_writer(&w, e, err);
  if (status == BW_OK) status = write_file(&w, names, path, err);
  for (size_t i = 0; w.arrays != NULL && i < most; i++) bw_array_free(w.arrays[i]);
  bwi_free(names);
  bwi_free(w.arrays);
  bwi_free(w.names);
  return status;
}

/* ---- reading ---- */

/* An array of the expected dtype and shape, or NULL. */
static const void *take(const bwi_archive *archive, const char *name, bw_dtype dtype, uint32_t rank,
                        const int64_t *shape) {
  const bw_array *array = bwi_archive_find(archive, name);
  if (array == NULL || bw_array_dtype(array) != dtype || bw_array_rank(array) != rank) return NULL;
  for (uint32_t i = 0; i < rank; i++)
    if (bw_array_shape(array)[i] != shape[i]) return NULL;
  return bw_array_view(array);
}

static bool predictions_fit(const bw_evaluation *e, const int32_t *predictions) {
  for (uint64_t i = 0; i < e->count; i++)
    if (predictions[i] < 0 || (uint32_t)predictions[i] >= e->n_model_classes) return false;
  return true;
}

/* Fills stage k if the archive has all of it. */
static bw_status read_stage(bw_evaluation *e, const bwi_archive *archive, uint32_t k, const bw_attack *attack,
                            bw_error *err) {
  const void *fields[N_FIELDS];
  for (int field = 0; field < N_FIELDS; field++) {
    char name[32];
    snprintf(name, sizeof name, "%" PRIu32 ".%s", k, field_names[field]);
    const int64_t count = count_of(field, e->count);
    fields[field] = take(archive, name, field_dtypes[field], 1, &count);
    if (fields[field] == NULL) return BW_OK;
  }
  if (!predictions_fit(e, fields[PREDICTIONS]))
    return BW_FAIL(err, BW_EFORMAT, "the resume file holds a class that the model does not have");
  bwi_stage *stage = stage_at(e, k);
  BW_TRY(bwi_stage_create(stage, attack, e->count, err));
  for (int field = 0; field < TOTALS; field++)
    memcpy(field_of(stage, field), fields[field],
           (size_t)count_of(field, e->count) * bw_dtype_bytes(field_dtypes[field]));
  stage->totals = totals_in(fields[TOTALS]);
  return BW_OK;
}

static bw_status read_universals(bw_evaluation *e, const bwi_archive *archive, bw_error *err) {
  const int64_t d = (int64_t)sample_size(e->dataset);
  for (uint32_t k = 0; k < e->suite.n_attacks; k++) {
    char name[32];
    name_universal(name, k);
    const float *from = take(archive, name, BW_F32, 1, &d);
    if (from == NULL) continue;
    e->universals[k] = bwi_alloc((size_t)d, sizeof(float));
    if (e->universals[k] == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a universal perturbation");
    memcpy(e->universals[k], from, (size_t)d * sizeof(float));
  }
  return BW_OK;
}

static bw_status read_adversarial(bw_evaluation *e, const bwi_archive *archive, bw_error *err) {
  const size_t d = sample_size(e->dataset);
  const int64_t count = (int64_t)e->count;
  const int32_t *broken_by = take(archive, "broken_by", BW_I32, 1, &count);
  int64_t shape[2] = {0, (int64_t)d};
  for (uint64_t i = 0; broken_by != NULL && i < e->count; i++) shape[0] += broken_by[i] >= 0;
  const float *from = take(archive, "adversarial", BW_F32, 2, shape);
  if (broken_by == NULL || from == NULL)
    return BW_FAIL(err, BW_EFORMAT, "the resume file does not hold the adversarial samples");
  for (uint64_t i = 0; i < e->count; i++) {
    if (broken_by[i] < 0) continue;
    if ((uint32_t)broken_by[i] >= e->suite.n_attacks || e->stages[broken_by[i]].count == 0)
      return BW_FAIL(err, BW_EFORMAT, "the resume file names an attack that it does not hold");
    e->adversarial[i] = bwi_alloc(d, sizeof(float));
    if (e->adversarial[i] == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for adversarial samples");
    memcpy(e->adversarial[i], from, d * sizeof(float));
    e->broken_by[i] = broken_by[i];
    from += d;
  }
  return BW_OK;
}

static bw_status read_archive(bw_evaluation *e, const bwi_archive *archive, const char *path, bw_error *err) {
  char key[65];
  const int64_t key_size = 64;
  BW_TRY(make_key(e, key, err));
  const void *stored = take(archive, "key", BW_U8, 1, &key_size);
  if (stored == NULL || memcmp(stored, key, 64) != 0)
    return BW_FAIL(err, BW_EINVAL, "%s keeps the work of another model, data set or configuration", path);
  for (uint32_t k = 0; k < e->suite.n_attacks; k++)
    BW_TRY(read_stage(e, archive, k, &e->suite.attacks[k], err));
  const int32_t strongest = bwi_strongest(e, false);
  for (uint32_t k = 1; k < e->n_budgets && strongest >= 0; k++) {
    const bw_attack attack = bwi_attack_with_eps(&e->suite.attacks[strongest], e->budgets[k]);
    BW_TRY(read_stage(e, archive, e->suite.n_attacks + k, &attack, err));
  }
  BW_TRY(read_universals(e, archive, err));
  return read_adversarial(e, archive, err);
}

bw_status bwi_resume_read(bw_evaluation *e, const char *path, bw_error *err) {
  if (access(path, F_OK) != 0) return BW_OK;
  bwi_bytes bytes = {0};
  bwi_archive archive = {0};
  const size_t limit = (size_t)8 << 30;
  BW_TRY(bwi_file_read(&bytes, path, limit, err));
  bw_status status = bwi_npz_read(&archive, bytes, limit, err);
  bwi_free((void *)bytes.data);
  if (status == BW_OK) status = read_archive(e, &archive, path, err);
  bwi_archive_clear(&archive);
  return status;
}
