/* SPDX-License-Identifier: Apache-2.0
 *
 * Evasion attacks: what there is, which options they have, running one. Stability: stable.
 */
#ifndef BULWARK_ATTACK_H
#define BULWARK_ATTACK_H

#include <bulwark/dataset.h>
#include <bulwark/model.h>
#include <bulwark/progress.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum bw_norm { BW_LINF = 0, BW_L2 = 1, BW_L1 = 2, BW_L0 = 3 } bw_norm;
#define BW_NORM_BIT(norm) (1u << (norm))

typedef enum bw_option_kind {
  BW_OPTION_REAL,
  BW_OPTION_INTEGER,
  BW_OPTION_BOOLEAN,
  BW_OPTION_CHOICE
} bw_option_kind;

/* One option of an attack. Feeds the command line and its documentation. */
typedef struct bw_option_info {
  const char *name, *help, *unit;
  bw_option_kind kind;
  double lowest, highest,
      standard; /* inclusive range and default; choices count from 0; NaN default: derived, see help */
  const char *const *choices; /* NULL-terminated; NULL unless BW_OPTION_CHOICE */
} bw_option_info;

typedef struct bw_attack_info {
  const char *name;    /* "pgd" */
  const char *title;   /* "Projected gradient descent" */
  const char *summary; /* one sentence */
  const char *paper;   /* authors, year, title */
  bw_access access;    /* what it needs of a model */
  uint32_t norms;      /* BW_NORM_BIT set */
  int nearest;         /* non-zero: seeks the nearest success, which needs no budget */
  int transforms; /* non-zero: bounded by its options, as angles or a patch's size are; by a norm only where
                     a budget is given */
  uint32_t n_options;
  const bw_option_info *options;
} bw_attack_info;

BW_API uint32_t bw_attack_count(void);
BW_API const bw_attack_info *bw_attack_at(uint32_t i);         /* NULL past the end */
BW_API const bw_attack_info *bw_attack_find(const char *name); /* NULL if unknown */

/* The options that every attack has besides its own; NULL past the end. */
BW_API const bw_option_info *bw_attack_common_option(uint32_t i);

/* A configured attack. */
typedef struct bw_attack bw_attack;
/* eps: radius of the ball; INFINITY for attacks that seek the nearest success (bw_attack_info.nearest): no
 * limit. BW_EINVAL: unknown name, an eps that is no budget, or a norm that the attack does not have (the
 * sentence lists those that it has). */
BW_API BW_NODISCARD bw_status bw_attack_create(bw_attack **out, const char *name, bw_norm norm, double eps,
                                               bw_error *err);
/* value as text: "0.01", "8/255", "true", "dlr". BW_EINVAL: unknown option, not a value, out of range. */
BW_API BW_NODISCARD bw_status bw_attack_set(bw_attack *attack, const char *option, const char *value,
                                            bw_error *err);
/* Several of them, "steps=100:loss=dlr"; an option without a value is "true". Those before the first that is
 * refused are set. */
BW_API BW_NODISCARD bw_status bw_attack_configure(bw_attack *attack, const char *list, bw_error *err);
BW_API void bw_attack_free(bw_attack *attack);

/* The budget that literature uses for data of this kind, scaled with the width of the input domain: Linf 0.3
 * for one channel and 8/255 otherwise, L2 2 and 0.5, L1 10 and 12; L0 24 coordinates. */
BW_API double bw_attack_usual_eps(const bw_model *model, bw_norm norm);

typedef struct bw_run_options {
  size_t struct_size;
  uint64_t seed;
  uint32_t threads;       /* 0: as many as there are */
  uint32_t batch;         /* samples in flight per thread; 0: chosen */
  const int32_t *targets; /* one class a sample, for targeted attacks; NULL: untargeted */
  bw_progress progress;
} bw_run_options;
BW_API void bw_run_options_init(bw_run_options *options, size_t struct_size);

/* What an attack did to each sample of a data set. */
typedef struct bw_attack_result bw_attack_result;

/* Attacks every sample that the model classifies right (all of them when targeted). Every success was
 * verified: finite, inside the domain, norm <= eps (1e-6 relative slack for float32), and misclassified by a
 * fresh float32 forward pass. BW_ECANCEL: *out still holds what was done. BW_EINVAL: shapes or classes of
 * model and data do not fit, or a label >= classes; BW_EUNSUPPORTED: the model gives less access than the
 * attack needs. */
BW_API BW_NODISCARD bw_status bw_attack_run(bw_attack_result **out, const bw_attack *attack, bw_model *model,
                                            const bw_dataset *dataset, const bw_run_options *options,
                                            bw_error *err);
BW_API void bw_attack_result_free(bw_attack_result *result);

typedef struct bw_sample_outcome {
  int32_t clean_prediction;       /* class, or -1 if not reached before cancelling */
  int32_t adversarial_prediction; /* class of the returned sample */
  uint8_t attacked;               /* 0 for samples that were wrong to begin with, and, after cancelling, for
                                     those whose attack had not ended */
  uint8_t success;                /* verified */
  float distance;                 /* norm of the perturbation of a success; else NaN */
  uint64_t forwards, backwards;   /* model evaluations that the attack spent on this sample; without the clean
                                     prediction and the verification */
} bw_sample_outcome;

BW_API uint64_t bw_attack_result_count(const bw_attack_result *result);
BW_API const bw_sample_outcome *bw_attack_result_at(const bw_attack_result *result, uint64_t i);
/* The adversarial sample, or the clean one where there is no success; borrowed. The data set that was
 * attacked must outlive the result. */
BW_API const float *bw_attack_result_sample(const bw_attack_result *result, uint64_t i);
/* (d) What an attack made once for all samples, a perturbation or a patch (NaN where it has no ink), and
 * whether sample i was among those that it was made from. NULL and 0 for attacks of single samples. */
BW_API const float *bw_attack_result_universal(const bw_attack_result *result);
BW_API int bw_attack_result_fitted(const bw_attack_result *result, uint64_t i);
BW_API double bw_attack_result_seconds(const bw_attack_result *result);
/* Successes that the attack claimed and verification refused: 0 unless something is unsound. */
BW_API uint64_t bw_attack_result_refused(const bw_attack_result *result);

#ifdef __cplusplus
}
#endif
#endif
