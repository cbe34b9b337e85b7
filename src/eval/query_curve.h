/* SPDX-License-Identifier: Apache-2.0 */
/* What an attack had achieved after so many queries of each sample. */
#ifndef EVAL_QUERY_CURVE_H
#define EVAL_QUERY_CURVE_H

#include "attack/queries.h"
#include "attack/result.h"

typedef struct bwi_query_state {
  double queries;         /* of each sample, at most; 0: past the end of the curve */
  double n_broken;        /* of the samples that were right when clean */
  double median_distance; /* as bw_query_point */
} bwi_query_state;

/* curve (BWI_QUERY_STEPS): up to the greatest number of queries that the attack spent on a sample. Left empty
 * for attacks that use gradients. BW_ENOMEM. */
bw_status bwi_query_curve(bwi_query_state *curve, const bw_attack *attack, const bw_attack_result *result,
                          bw_error *err);

#endif
