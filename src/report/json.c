/* SPDX-License-Identifier: Apache-2.0 */
/* JSON, for programs. Keys are stable; new ones may be added. */
#include <math.h>

#include "base/json.h"
#include "report/report.h"

static void put_number(bwi_json_writer *w, const char *key, double value) {
  bwi_json_key(w, key);
  bwi_json_number(w, value);
}

static void put_int(bwi_json_writer *w, const char *key, uint64_t value) {
  bwi_json_key(w, key);
  bwi_json_int(w, (int64_t)value);
}

static void put_bool(bwi_json_writer *w, const char *key, bool value) {
  bwi_json_key(w, key);
  bwi_json_bool(w, value);
}

static void put_rate(bwi_json_writer *w, const char *key, const bw_rate *rate) {
  bwi_json_key(w, key);
  bwi_json_open(w, '{');
  put_number(w, "value", rate->value);
  put_number(w, "low", rate->low);
  put_number(w, "high", rate->high);
  put_int(w, "hits", rate->hits);
  put_int(w, "trials", rate->trials);
  bwi_json_close(w, '}');
}

static void put_query_points(bwi_json_writer *w, const bw_query_point *points, uint32_t n) {
  bwi_json_key(w, "by_queries");
  bwi_json_open(w, '[');
  for (uint32_t i = 0; i < n; i++) {
    bwi_json_open(w, '{');
    put_int(w, "queries", points[i].queries);
    put_rate(w, "broken", &points[i].broken);
    put_number(w, "median_distance", points[i].median_distance);
    bwi_json_close(w, '}');
  }
  bwi_json_close(w, ']');
}

static void put_attacks(bwi_json_writer *w, const bwi_report *r) {
  const bw_query_point *points = r->query_points;
  bwi_json_key(w, "attacks");
  bwi_json_open(w, '[');
  for (uint32_t i = 0; i < r->summary.n_attacks; i++) {
    const bw_attack_summary *a = &r->attacks[i];
    bwi_json_open(w, '{');
    bwi_json_text(w, "name", a->name);
    bwi_json_text(w, "configuration", a->configuration);
    put_int(w, "attacked", a->attacked);
    put_int(w, "broken", a->broken);
    put_int(w, "broken_8bit", a->broken_8bit);
    put_rate(w, "remaining", &a->remaining);
    put_number(w, "mean_distance", a->mean_distance);
    put_number(w, "median_distance", a->median_distance);
    put_int(w, "forwards", a->forwards);
    put_int(w, "backwards", a->backwards);
    put_number(w, "seconds", a->seconds);
    put_bool(w, "nearest", a->nearest != 0);
    put_query_points(w, points, a->n_query_points);
    bwi_json_close(w, '}');
    points += a->n_query_points;
  }
  bwi_json_close(w, ']');
}

static void put_checks(bwi_json_writer *w, const bwi_report *r) {
  bwi_json_key(w, "checks");
  bwi_json_open(w, '[');
  for (uint32_t i = 0; i < r->summary.n_checks; i++) {
    const bw_check_result *c = &r->checks[i];
    bwi_json_open(w, '{');
    put_int(w, "number", c->number);
    bwi_json_text(w, "name", c->name);
    bwi_json_text(w, "rule", c->rule);
    bwi_json_text(w, "finding", c->finding);
    bwi_json_text(w, "outcome", bwi_report_outcome(c->outcome));
    put_bool(w, "blocks", c->blocks != 0);
    bwi_json_close(w, '}');
  }
  bwi_json_close(w, ']');
}

static void put_curve(bwi_json_writer *w, const bwi_report *r) {
  bwi_json_key(w, "curve");
  bwi_json_open(w, '[');
  for (uint32_t i = 0; i < r->summary.n_budgets; i++) {
    bwi_json_open(w, '{');
    put_number(w, "eps", r->budgets[i].eps);
    put_rate(w, "robust_accuracy", &r->budgets[i].robust_accuracy);
    bwi_json_close(w, '}');
  }
  bwi_json_close(w, ']');
}

static void put_classes(bwi_json_writer *w, const bwi_report *r) {
  bwi_json_key(w, "classes");
  bwi_json_open(w, '[');
  for (uint32_t i = 0; i < r->summary.n_classes; i++) {
    const bw_class_row *c = &r->classes[i];
    bwi_json_open(w, '{');
    put_int(w, "label", (uint64_t)c->label);
    put_int(w, "count", c->count);
    put_int(w, "clean_right", c->clean_right);
    put_int(w, "robust", c->robust);
    bwi_json_key(w, "confused_with");
    if (c->confused_with >= 0)
      bwi_json_int(w, c->confused_with);
    else
      bwi_json_null(w);
    bwi_json_close(w, '}');
  }
  bwi_json_close(w, ']');
}

typedef double (*column_fn)(const bw_evaluated_sample *sample);
static double origin(const bw_evaluated_sample *s) {
  return (double)s->origin;
}
static double label(const bw_evaluated_sample *s) {
  return s->label;
}
static double clean_prediction(const bw_evaluated_sample *s) {
  return s->clean_prediction;
}
static double adversarial_prediction(const bw_evaluated_sample *s) {
  return s->adversarial_prediction;
}
static double broken_by(const bw_evaluated_sample *s) {
  return s->broken_by;
}
static double distance(const bw_evaluated_sample *s) {
  return (double)s->distance;
}

/* Columns, because there may be very many samples. broken_by is a position in "attacks", -1 for none. */
static void put_samples(bwi_json_writer *w, const bwi_report *r) {
  static const struct {
    const char *name;
    column_fn value;
  } columns[] = {{"origin", origin},
                 {"label", label},
                 {"clean_prediction", clean_prediction},
                 {"adversarial_prediction", adversarial_prediction},
                 {"broken_by", broken_by},
                 {"distance", distance}};
  bwi_json_key(w, "per_sample");
  bwi_json_open(w, '{');
  for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
    bwi_json_key(w, columns[c].name);
    bwi_json_open(w, '[');
    for (uint64_t i = 0; i < r->n_samples; i++) bwi_json_number(w, columns[c].value(&r->samples[i]));
    bwi_json_close(w, ']');
  }
  bwi_json_close(w, '}');
}

static void put_gate(bwi_json_writer *w, const bwi_report *r, const bw_report_options *o) {
  const int gate = bwi_report_gate(r, o);
  put_number(w, "fail_under", o->fail_under);
  bwi_json_key(w, "gate");
  if (gate >= 0)
    bwi_json_string(w, gate ? "passed" : "failed");
  else
    bwi_json_null(w);
}

void bwi_report_json(bwi_buffer *out, const bwi_report *r, const bw_report_options *o) {
  bwi_json_writer w = {.out = out};
  const bw_evaluation_summary *e = &r->summary;
  char verdict[256];
  bwi_report_verdict(verdict, sizeof verdict, r, o);
  bwi_json_open(&w, '{');
  bwi_json_text(&w, "bulwark", bw_version());
  bwi_json_text(&w, "model", o->model_path);
  bwi_json_text(&w, "model_digest", r->model_digest);
  bwi_json_text(&w, "data", o->data_path);
  bwi_json_text(&w, "data_digest", r->data_digest);
  put_bool(&w, "export_checked", r->pair_checked != 0);
  bwi_json_text(&w, "precision", bwi_report_precision(r->search));
  bwi_json_text(&w, "norm", bwi_report_norm(e->norm));
  put_number(&w, "eps", e->eps);
  put_int(&w, "seed", r->seed);
  put_number(&w, "confidence", r->confidence);
  put_bool(&w, "complete", e->complete != 0);
  put_bool(&w, "blocked", e->blocked != 0);
  put_rate(&w, "clean_accuracy", &e->clean_accuracy);
  put_rate(&w, "robust_accuracy", &e->robust_accuracy);
  put_gate(&w, r, o);
  bwi_json_text(&w, "verdict", verdict);
  put_attacks(&w, r);
  put_checks(&w, r);
  put_curve(&w, r);
  put_classes(&w, r);
  put_samples(&w, r);
  put_number(&w, "seconds", e->seconds);
  bwi_json_close(&w, '}');
  bwi_buffer_text(out, "\n");
}
