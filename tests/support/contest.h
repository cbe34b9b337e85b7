/* SPDX-License-Identifier: Apache-2.0 */
/* Attacks against models whose outcome can be foretold. Everything fails the running cmocka test with what
 * went wrong. */
#ifndef TESTS_SUPPORT_CONTEST_H
#define TESTS_SUPPORT_CONTEST_H

#include <bulwark/bulwark.h>

#include "support/linear.h"
#include "support/toy.h"

/* What the attacks of a group of tests meet. arena_open and arena_close are the group's fixtures: *state
 * points to an arena. */
typedef struct arena {
  toy net;              /* an honest one */
  bw_model *model;      /* of net */
  bw_model *scores;     /* of net, without gradients */
  bw_dataset *pictures; /* 120 of toy_data */
} arena;

int arena_open(void **state);
int arena_close(void **state);

/* Runs the attack with settings "option", "value", ..., NULL (NULL: none). */
bw_attack_result *contest(const char *name, bw_norm norm, double eps, const char *const *settings,
                          bw_model *model, const bw_dataset *data, const bw_run_options *options);

/* The same outcomes and samples, to the last bit. */
void assert_same_results(const bw_attack_result *a, const bw_attack_result *b, uint32_t d);

/* One result, which is returned, at batch sizes 1, 7 and 256, with one thread and two. */
bw_attack_result *assert_same_when_split(const char *name, bw_norm norm, double eps,
                                         const char *const *settings, bw_model *model,
                                         const bw_dataset *data);

/* And for every 23rd sample alone. */
void assert_sameness(const char *name, bw_norm norm, double eps, const char *const *settings, bw_model *model,
                     const bw_dataset *data);

/* Every allocation of the attack failing once, on a few of the pictures that the model of a toy takes. */
void sweep_attack(const char *name, bw_norm norm, double eps, bw_model *model);

/* Of an attack on l->data with a budget that no sample needs: every sample that can be broken is, at no more
 * than factor times the least distance and never below it; what the outcomes say is computed anew. */
void assert_near_optimum(const bw_attack_result *result, const linear *l, bw_norm norm, double factor);

/* With a budget of factor times the least distance the attack breaks a sample, just below the least distance
 * it does not. */
void assert_boundary_decides(const char *name, bw_norm norm, const char *const *settings, const linear *l,
                             double factor);

#endif
