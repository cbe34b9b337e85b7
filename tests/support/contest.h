/* SPDX-License-Identifier: Apache-2.0 */
/* Attacks against models whose outcome can be foretold. Everything fails the running cmocka test with what
 * went wrong. */
#ifndef TESTS_SUPPORT_CONTEST_H
#define TESTS_SUPPORT_CONTEST_H

#include <bulwark/bulwark.h>

/* Runs the attack with settings "option", "value", ..., NULL (NULL: none). */
bw_attack_result *contest(const char *name, bw_norm norm, double eps, const char *const *settings,
                          bw_model *model, const bw_dataset *data, const bw_run_options *options);

/* The same outcomes and samples, to the last bit. */
void assert_same_results(const bw_attack_result *a, const bw_attack_result *b, uint32_t d);

/* One result at batch sizes 1, 7 and 256, with one thread and two, and for every 23rd sample alone. */
void assert_sameness(const char *name, bw_norm norm, double eps, const char *const *settings, bw_model *model,
                     const bw_dataset *data);

/* Every allocation of the attack failing once. */
void sweep_attack(const char *name, bw_norm norm, double eps, bw_model *model, const bw_dataset *data);

enum { LINEAR_D = 36, LINEAR_CLASSES = 5, LINEAR_N = 24 };

/* A linear classifier of pictures (6, 6, 1), and samples with its own answers as labels. */
typedef struct linear {
  uint32_t n_classes; /* 2 to LINEAR_CLASSES */
  float weights[LINEAR_CLASSES][LINEAR_D], biases[LINEAR_CLASSES];
  float samples[LINEAR_N * LINEAR_D];
  int32_t labels[LINEAR_N];
  bw_model *model;
  bw_dataset *data;
} linear;

/* In the box [lower, upper]; samples lie in [0.2, 0.8]. */
void linear_open(linear *l, uint32_t n_classes, float lower, float upper);
void linear_close(linear *l);

/* The least norm of a perturbation that changes the answer for sample i, where no box is in the way: the
 * least over the other classes of |difference of logits| / dual norm of the difference of weights. */
double linear_distance(const linear *l, bw_norm norm, uint64_t i);

#endif
