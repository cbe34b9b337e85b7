/* SPDX-License-Identifier: Apache-2.0
 *
 * A suite of attacks, its soundness checks and its verdict. Stability: stable.
 */
#ifndef BULWARK_EVALUATION_H
#define BULWARK_EVALUATION_H

#include <bulwark/attack.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bw_evaluation_options {
  size_t struct_size;
  const char *attacks; /* comma-separated names with options, "pgd:steps=100:restarts=5,mi-fgsm"; each gets
                          what those before it left. One that is a sequence of others, such as autoattack,
                          counts as its parts. NULL: autoattack, or square for a model without gradients */
  const char *attack_options; /* for every attack, "eot=20:quantize=8"; NULL: none */
  bw_norm norm;               /* default BW_LINF */
  double eps;                 /* main budget; NaN: bw_attack_usual_eps */
  uint32_t
      n_budgets; /* curve: this many budgets in even steps up to 2 eps, besides 0; 0: no curve; default 8 */
  uint64_t samples; /* attack a random part of this size; 0: all */
  uint64_t seed;
  uint32_t threads, batch;
  int checks;              /* run the soundness checks that cost extra; default 1 */
  double confidence;       /* of the intervals; default 0.95 */
  const char *resume_path; /* file that keeps finished work so that an interrupted run can go on; NULL: none.
                              A file from another model, data set or configuration is refused (BW_EINVAL). */
  bw_progress progress;
  bw_model *surrogate; /* also attack what stands by transfer (attack "transfer"): with the gradients of this
                          model, which takes the same samples and knows the same classes; NULL: none */
} bw_evaluation_options;
BW_API void bw_evaluation_options_init(bw_evaluation_options *options, size_t struct_size);

typedef struct bw_evaluation bw_evaluation;

/* BW_ECANCEL: *out holds the attacks, budgets and checks that were finished, marked incomplete. Other
 * failures leave *out untouched: BW_EINVAL (an option, or shapes, classes or values of model and data that do
 * not fit), BW_EUNSUPPORTED, BW_ENOMEM, those of reading and writing the resume file. The data set must
 * outlive the evaluation. */
BW_API BW_NODISCARD bw_status bw_evaluation_run(bw_evaluation **out, bw_model *model,
                                                const bw_dataset *dataset,
                                                const bw_evaluation_options *options, bw_error *err);
BW_API void bw_evaluation_free(bw_evaluation *evaluation);

/* A rate with its Clopper-Pearson interval. */
typedef struct bw_rate {
  uint64_t hits, trials;
  double value, low, high;
} bw_rate;

typedef struct bw_attack_summary {
  const char *name;          /* "pgd" */
  const char *configuration; /* "linf eps=0.3 steps=40 step=0.01 restarts=1 loss=ce" */
  uint64_t attacked;         /* samples that the attacks before it in the suite left standing */
  uint64_t broken;           /* of those */
  uint64_t broken_8bit;      /* of those, also after rounding to n/255 */
  bw_rate remaining; /* of all samples, those right when clean that it and those before it left standing */
  double mean_distance, median_distance; /* of the successes; NaN if none */
  uint64_t forwards, backwards;
  double seconds;
  int nearest;             /* it sought each sample's nearest success, not just one within the budget */
  uint32_t n_query_points; /* of its query-distortion curve; 0: it uses gradients */
} bw_attack_summary;

/* What an attack had achieved after so many queries, which are forward passes, of each sample. */
typedef struct bw_query_point {
  uint64_t queries;
  bw_rate broken;         /* of the samples that are right when clean */
  double median_distance; /* of the samples that the attack broke in the end, where one that it had not broken
                             yet counts as infinitely far; NaN if that is infinite */
} bw_query_point;

typedef enum bw_check_outcome {
  BW_CHECK_PASSED,
  BW_CHECK_WARNED,
  BW_CHECK_BLOCKED,
  BW_CHECK_SKIPPED
} bw_check_outcome;

typedef struct bw_check_result {
  uint32_t number;     /* as in docs/checks.md */
  const char *name;    /* "gradient-present" */
  const char *rule;    /* the criterion in words */
  const char *finding; /* what was measured, with figures */
  bw_check_outcome outcome;
  int blocks; /* whether failing this check blocks (else it warns) */
} bw_check_result;

typedef struct bw_budget_point {
  double eps;
  bw_rate robust_accuracy; /* at the main budget worst case over all attacks; elsewhere what one of them
                              leaves, the one with most gradient steps and of equals that which broke most:
                              apgd or apgd-t of autoattack. Broken within a smaller budget counts as broken */
} bw_budget_point;

typedef struct bw_class_row {
  int32_t label;
  uint64_t count, clean_right, robust;
  int32_t confused_with; /* most frequent adversarial prediction; -1 if none */
} bw_class_row;

typedef struct bw_evaluation_summary {
  size_t struct_size;
  bw_rate clean_accuracy;
  bw_rate robust_accuracy; /* per sample the worst case over all attacks */
  int complete;            /* 0 after cancelling */
  int blocked;             /* a blocking check failed: the robust accuracy must not be relied on */
  uint32_t n_attacks, n_checks, n_budgets, n_classes;
  double seconds;
  bw_norm norm;
  double eps;
} bw_evaluation_summary;

BW_API bw_evaluation_summary bw_evaluation_summarise(const bw_evaluation *evaluation);
BW_API bw_attack_summary bw_evaluation_attack(const bw_evaluation *evaluation, uint32_t i);
/* Point i < n_query_points, by rising queries. */
BW_API bw_query_point bw_evaluation_query_point(const bw_evaluation *evaluation, uint32_t attack, uint32_t i);
BW_API const bw_check_result *bw_evaluation_check(const bw_evaluation *evaluation, uint32_t i);
BW_API bw_budget_point bw_evaluation_budget(const bw_evaluation *evaluation, uint32_t i);
BW_API bw_class_row bw_evaluation_class(const bw_evaluation *evaluation, uint32_t i);

typedef struct bw_evaluated_sample {
  uint64_t origin; /* index in the data file */
  int32_t label, clean_prediction, adversarial_prediction;
  int32_t broken_by; /* index of the attack that broke it, -1 if none */
  float distance;
  const float *clean, *adversarial; /* borrowed; adversarial equals clean when unbroken */
} bw_evaluated_sample;
BW_API uint64_t bw_evaluation_n_samples(const bw_evaluation *evaluation);
BW_API bw_evaluated_sample bw_evaluation_sample(const bw_evaluation *evaluation, uint64_t i);

typedef enum bw_report_format {
  BW_REPORT_TEXT,
  BW_REPORT_JSON,
  BW_REPORT_JUNIT,
  BW_REPORT_HTML
} bw_report_format;

typedef struct bw_report_options {
  size_t struct_size;
  const char *title;                  /* NULL: the file name in model_path, if any */
  const char *model_path, *data_path; /* for the record; NULL: left out */
  double fail_under;                  /* gate shown in the report; NaN: none */
  int colour;                         /* text: ANSI colours */
} bw_report_options;
BW_API void bw_report_options_init(bw_report_options *options, size_t struct_size);

/* Renders an evaluation. *out is NUL-terminated, freed by bw_text_free; *out_bytes (may be NULL) its length.
 */
BW_API BW_NODISCARD bw_status bw_evaluation_report(char **out, size_t *out_bytes,
                                                   const bw_evaluation *evaluation, bw_report_format format,
                                                   const bw_report_options *options, bw_error *err);

/* A PNG sheet of clean, adversarial and difference pictures of the first `rows` successes; image samples only
 * (BW_EUNSUPPORTED otherwise). Written atomically. */
BW_API BW_NODISCARD bw_status bw_attack_result_sheet(const bw_attack_result *result,
                                                     const bw_dataset *dataset, uint32_t rows,
                                                     const char *path, bw_error *err);
/* npz with adversarial (N, ...), labels, clean_predictions, adversarial_predictions, success, distance,
 * origin. */
BW_API BW_NODISCARD bw_status bw_attack_result_save(const bw_attack_result *result, const bw_dataset *dataset,
                                                    const char *path, bw_error *err);

#ifdef __cplusplus
}
#endif
#endif
