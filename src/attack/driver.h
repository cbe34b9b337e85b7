/* SPDX-License-Identifier: Apache-2.0 */
/* Running attacks over a data set with a crew: clean predictions first, then restart after restart on what
 * survived. */
#ifndef ATTACK_DRIVER_H
#define ATTACK_DRIVER_H

#include "attack/crew.h"
#include "attack/result.h"

/* What the model says to the clean samples. */
typedef struct bwi_clean {
  uint64_t count;
  int32_t *predictions;  /* -1: not reached */
  int32_t *least_likely; /* class of the smallest logit */
} bwi_clean;

/* Whether data and model belong together: as many coordinates in the same order, labels below the number of
 * classes, every sample in the input domain. BW_EINVAL with the first sample that is wrong. */
bw_status bwi_check_fit(const bw_model *model, const bw_dataset *dataset, bw_error *err);

/* The data set fits the model. BW_ECANCEL leaves *out with what was done; other failures leave it alone. */
bw_status bwi_clean_run(bwi_clean *out, bwi_crew *crew, const bw_dataset *dataset, bw_error *err);
void bwi_clean_clear(bwi_clean *clean);

typedef struct bwi_assignment {
  const bw_attack *attack;
  const bw_dataset *dataset;
  const bwi_clean *clean;
  const uint64_t *chosen; /* samples to attack, n_chosen of them; NULL: all */
  uint64_t n_chosen;
  const int32_t *targets; /* one a sample of the data set; NULL: as the attack's option says */
  uint64_t seed;
  uint32_t first_restart; /* 0, unless earlier restarts were run before */
  uint64_t most;          /* samples in flight for a worker; 0: the crew's batch */
  const char *phase;      /* what progress calls it; NULL: the attack and its budget */
} bwi_assignment;

/* As bw_attack_run, for the chosen samples. */
bw_status bwi_attack_run(bw_attack_result **out, bwi_crew *crew, const bwi_assignment *assignment,
                         bw_error *err);

#endif
