/* SPDX-License-Identifier: Apache-2.0 */
/* What an attack is inside: a constant descriptor with a function that attacks a batch of active samples.
 * It moves the iterates and asks the oracle; the oracle counts queries, verifies each success in float32 and
 * takes finished samples out of the batch. An attack is never asked whether it won. */
#ifndef ATTACK_ATTACK_H
#define ATTACK_ATTACK_H

#include <bulwark/attack.h>
#include <bulwark/dataset.h>

#include "attack/ball.h"
#include "attack/picture.h"
#include "base/buffer.h"
#include "base/error.h"
#include "model/loss.h"

typedef struct bwi_batch bwi_batch;
typedef struct bwi_fitting bwi_fitting; /* universal.h */

typedef struct bwi_attack_class {
  bw_attack_info info;
  uint16_t stream;   /* of its random numbers: distinct, and never changed, so that results can be repeated */
  uint32_t n_rows;   /* of d floats that it keeps for each sample besides the iterate */
  size_t note_bytes; /* that it keeps for each sample besides the rows */
  /* Whether the model suits the attack's settings; NULL: every model does. */
  bw_status (*check)(const bw_attack *attack, const bw_model *model, bw_error *err);
  /* The value of an option whose standard is NaN; NULL if there is none. */
  double (*derive)(const bw_attack *attack, const char *option);
  /* What the nearest success has the least of; NULL: the distance in the attack's norm. */
  double (*measure)(const bwi_batch *batch, const float *x, const float *clean);
  /* Makes what is the same for all samples, before any is attacked. NULL: nothing is. */
  bw_status (*fit)(bwi_fitting *fitting, bw_error *err);
  /* One restart on a fresh batch, whose iterates are the clean samples. NULL if the attack has parts. */
  bw_status (*run)(bwi_batch *batch, bw_error *err);
  /* Part k, from 0, of an attack that is a sequence of others, each on the samples that still stand; false
   * past the last. NULL: it is no such sequence. */
  bool (*part)(bw_attack *out, const bw_attack *whole, const bw_model *model, uint32_t k);
} bwi_attack_class;

/* One line each. */
/* clang-format off */
extern const bwi_attack_class
    bwi_fgsm,
    bwi_r_fgsm,
    bwi_bim,
    bwi_pgd,
    bwi_trades,
    bwi_mi_fgsm,
    bwi_ni_fgsm,
    bwi_si_ni_fgsm,
    bwi_di_fgsm,
    bwi_ti_fgsm,
    bwi_vmi_fgsm,
    bwi_vni_fgsm,
    bwi_sparse_l1_descent,
    bwi_noise,
    bwi_apgd,
    bwi_apgd_t,
    bwi_fab,
    bwi_fab_t,
    bwi_deepfool,
    bwi_sigma_zero,
    bwi_jsma,
    bwi_cw,
    bwi_cw_linf,
    bwi_cw_l0,
    bwi_ddn,
    bwi_fmn,
    bwi_ead,
    bwi_square,
    bwi_simba,
    bwi_nes,
    bwi_spsa,
    bwi_zoo,
    bwi_one_pixel,
    bwi_boundary,
    bwi_hopskipjump,
    bwi_sign_opt,
    bwi_geoda,
    bwi_spatial,
    bwi_uap,
    bwi_uap_sgd,
    bwi_patch,
    bwi_autoattack;
/* clang-format on */

const bwi_attack_class *bwi_attack_class_of(const char *name); /* NULL if unknown */

#define BWI_MAX_OPTIONS 12

/* The norms whose balls are convex: those that ball.h projects on. */
#define BWI_CONVEX_NORMS (BW_NORM_BIT(BW_LINF) | BW_NORM_BIT(BW_L2) | BW_NORM_BIT(BW_L1))

/* Options that every attack has besides its own. */
#define BWI_N_COMMON 3
extern const bw_option_info bwi_common_options[BWI_N_COMMON]; /* eot, quantize, fidelity */

struct bw_attack {
  const bwi_attack_class *class;
  bw_norm norm;
  double eps;
  double values[BWI_MAX_OPTIONS]; /* as class->info.options; NaN: derived */
  double common[BWI_N_COMMON];    /* as bwi_common_options */
};

/* The option's value, derived if need be; `otherwise` if the attack has no such option. */
double bwi_attack_value(const bw_attack *attack, const char *option, double otherwise);

/* The class with the norm and budget given, its options as they are by default. */
bw_attack bwi_attack_of(const bwi_attack_class *class, bw_norm norm, double eps);

/* Gives the attack's option a value in its range. */
void bwi_attack_put(bw_attack *attack, const char *option, double value);

/* Whether the attack is to be as the authors' code has it even where that is a slip (option fidelity). */
bool bwi_attack_is_faithful(const bw_attack *attack);

/* The value of option early_stop for attacks that seek the nearest success: only a budget ends the search. */
double bwi_stops_with_budget(const bw_attack *attack, const char *option);

/* The same attack with another budget; distances that were set by hand grow with it. */
bw_attack bwi_attack_with_eps(const bw_attack *attack, double eps);

/* Appends "linf eps=0.3 steps=40 step=0.01875 loss=ce": the options that make a difference. */
void bwi_attack_describe(bwi_buffer *out, const bw_attack *attack);

/* One sample under attack. */
typedef struct bwi_subject {
  uint64_t index;        /* in the data set */
  const float *clean;    /* (d) */
  int32_t label, target; /* target -1: untargeted */
  int32_t aim;           /* class that the loss pulls to: the target, or -1, or as the attack
                            sets it */
  bwi_rng_key key;       /* of its random numbers */
  double loss;           /* of the latest gradient call */
  double scale;          /* of the latest gradient call: times it, the slope is the gradient */
  double lowest, highest, highest_before; /* over this restart: what bwi_trail.late_gain is made of */
} bwi_subject;

struct bwi_batch {
  const bw_attack *attack;
  bwi_ball ball;
  uint32_t n_classes;
  uint32_t restart;          /* which one this is, from 0 */
  uint32_t rival;            /* which of the classes that a restart tries in turn (option targets), from 0 */
  bwi_layout layout;         /* of a sample */
  const bw_dataset *dataset; /* that the samples are from */
  bool roams;        /* set by an attack whose iterates leave the ball: a wrong answer there claims nothing */
  bool probes;       /* set by an attack while x holds points that are no candidates: they claim nothing, and
                        no sample leaves */
  bool nearby;       /* set by an attack whose iterates change in few pixels from call to call */
  double confidence; /* set by an attack: margin of the logits that a success must have; 0: any */
  uint64_t n;        /* active samples: rows [0, n) of all below, in no particular order */
  uint64_t capacity; /* rows that x, slope and logits have */
  uint32_t n_draws;  /* passes that a random model's gradients and scores are the means of (option eot) */
  uint32_t n_bits;   /* of a coordinate of an image that may be returned (option quantize); 0: any float */
  bwi_subject *subjects;
  float *x;         /* (n, d) iterates, written by the attack */
  float *slope;     /* (n, d) gradient of the loss, from bwi_batch_gradient */
  float *state;     /* (n, n_rows, d) zero at the start; NULL if the class keeps none */
  void *notes;      /* (n, note_bytes) zero at the start; NULL if the class keeps none */
  float *logits;    /* (n, classes) of the latest call; NaN for attacks that declare to see labels only */
  int32_t *answers; /* (n) predicted classes of the latest call of bwi_batch_labels */
  float *scratch;   /* (d) */
  const float *universal; /* (d) what the class made for all samples; NULL: nothing */
  struct bwi_oracle *oracle;
};

/* Row k of what the class keeps for sample i, and its note. */
float *bwi_batch_row(const bwi_batch *batch, uint64_t i, uint32_t k);
void *bwi_batch_note(const bwi_batch *batch, uint64_t i);

/* Takes sample i out of the batch; the last one gets its place. */
void bwi_batch_drop(bwi_batch *batch, uint64_t i);

/* Whether the class would be a success for the sample. */
bool bwi_is_success(const bwi_subject *subject, int32_t prediction);

/* How far logits are from being, or being no, success: above 0 for a success. */
double bwi_margin(const bwi_subject *subject, uint32_t n_classes, const float *logits);

/* The value, to be maximised, of cross-entropy or else of the margin, for attacks without gradients. */
double bwi_score(const bwi_subject *subject, bwi_loss loss, uint32_t n_classes, const float *logits);

/* Scales a cotangent so that its greatest entry is 1; times what is returned it is the old one. The search
 * uses such cotangents: no step depends on the gradient's length, and those near the smallest float, as
 * cross-entropy has them for a confident model, would vanish on their way back. */
double bwi_unit_cotangent(uint32_t n_classes, float *cotangent);

/* Whether logits are a success of the margin that the attack asks for. */
bool bwi_is_wanted(const bwi_batch *batch, const bwi_subject *subject, const float *logits);

/* These evaluate every active sample at its iterate and take those that are verified successes out, so that
 * n may be smaller afterwards. BW_ECANCEL when the run was cancelled; BW_EINTERNAL when the attack declares
 * less access than it asks for; or what the model says. */
bw_status bwi_batch_gradient(bwi_batch *batch, bwi_loss loss, bw_error *err);
bw_status bwi_batch_logits(bwi_batch *batch, bw_error *err);

/* Only the predicted classes, in `answers`. */
bw_status bwi_batch_labels(bwi_batch *batch, bw_error *err);

/* Points whose scores an attack wants of each active sample before it moves on. They claim nothing, and no
 * sample leaves. */
typedef struct bwi_trials {
  uint32_t n; /* for each sample */
  /* Writes the k-th of sample i, and is handed its scores; both in rising order of k for a sample. */
  void (*write)(void *payload, bwi_batch *batch, uint64_t i, uint32_t k, float *x);
  void (*visit)(void *payload, bwi_batch *batch, uint64_t i, uint32_t k, const float *x, const float *logits);
  void *payload;
} bwi_trials;

/* Evaluates them side by side as far as the buffers have rows to spare. What is in x and logits is lost. */
bw_status bwi_batch_trials(bwi_batch *batch, const bwi_trials *trials, bw_error *err);

/* A loss of the attack's own for sample i at its logits: returns it and writes its exact cotangent (classes),
 * which is not scaled. */
typedef double (*bwi_own_loss_fn)(const bwi_batch *batch, uint64_t i, const float *logits, float *cotangent);
bw_status bwi_batch_gradient_of(bwi_batch *batch, bwi_own_loss_fn loss, bw_error *err);

/* slope (d): gradient of z_class - z_label at the iterate of sample i, whose logits are in the batch. */
typedef void (*bwi_class_slope_fn)(bwi_batch *batch, uint64_t i, uint32_t class, const float *slope);

/* The same for the gradients of all classes: visits each class but the label of each active sample, classes
 * in rising order for a sample. Classes are evaluated side by side as far as the buffers have rows to spare;
 * what is in x, slope and logits from row n on is lost, and all slopes are. */
bw_status bwi_batch_class_slopes(bwi_batch *batch, bwi_class_slope_fn visit, bw_error *err);

/* The same for n_chosen classes of each sample: the k-th of sample i as `choice` says, never its label. */
typedef uint32_t (*bwi_class_choice_fn)(const bwi_batch *batch, uint64_t i, uint32_t k);
bw_status bwi_batch_chosen_slopes(bwi_batch *batch, uint32_t n_chosen, bwi_class_choice_fn choice,
                                  bwi_class_slope_fn visit, bw_error *err);

#endif
