/* SPDX-License-Identifier: Apache-2.0 */
/* The results of an evaluation, as reports need them, and their renderings. Knows results, not methods:
 * whoever evaluated fills the struct. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <bulwark/evaluation.h>

#include "base/buffer.h"

typedef struct bwi_report_png {
  const void *data;
  size_t size;
} bwi_report_png;

/* One sample's row of pictures, each a PNG; all pictures of a report have one size. */
typedef struct bwi_report_picture {
  uint64_t origin; /* index in the data file */
  int32_t label, adversarial_prediction;
  float distance;
  const char *attack; /* name of the attack that broke it; NULL when it was not broken */
  bwi_report_png clean, adversarial, difference;
} bwi_report_picture;

/* What an attack adds to all samples alike, or puts on them. */
typedef struct bwi_report_universal {
  const char *attack;
  const char *kind; /* "universal perturbation", "patch" */
  const char *caption;
  bwi_report_png png;
} bwi_report_universal;

typedef struct bwi_report {
  bw_evaluation_summary summary;
  const bw_attack_summary *attacks;   /* summary.n_attacks */
  const bw_query_point *query_points; /* of attack after attack, attacks[k].n_query_points each */
  const bw_check_result *checks;      /* summary.n_checks */
  const bw_budget_point *budgets;     /* summary.n_budgets, by rising eps */
  const bw_class_row *classes;        /* summary.n_classes */
  uint64_t n_samples;
  const bw_evaluated_sample *samples; /* JSON and HTML */
  uint32_t n_pictures;
  const bwi_report_picture *pictures; /* HTML only */
  uint32_t n_universals;
  const bwi_report_universal *universals; /* HTML only */
  const char *model_digest, *data_digest;
  bw_precision search; /* of what attacks searched with */
  uint64_t seed;
  double confidence;
  int pair_checked; /* the model's export was compared with MLX's own outputs */
} bwi_report;

/* The gate's result: 1 passed, 0 failed, -1 when there is none. */
int bwi_report_gate(const bwi_report *report, const bw_report_options *options);
/* One sentence: what the figures are, and whether they may be relied on. */
void bwi_report_verdict(char *text, size_t bytes, const bwi_report *report, const bw_report_options *options);
const char *bwi_report_norm(bw_norm norm);                /* "Linf" */
const char *bwi_report_precision(bw_precision precision); /* "float32" */
const char *bwi_report_outcome(bw_check_outcome outcome); /* "passed" */
/* eps as people write it: "0.3", or "8/255" where that is shorter and exact. */
void bwi_report_eps(char *text, size_t bytes, double eps);

void bwi_report_text(bwi_buffer *out, const bwi_report *report, const bw_report_options *options);
void bwi_report_json(bwi_buffer *out, const bwi_report *report, const bw_report_options *options);
void bwi_report_junit(bwi_buffer *out, const bwi_report *report, const bw_report_options *options);
void bwi_report_html(bwi_buffer *out, const bwi_report *report, const bw_report_options *options);

#endif
