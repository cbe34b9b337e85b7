/* SPDX-License-Identifier: Apache-2.0 */
/* Running an attack over a data set with a crew: restart after restart on what survived. */
#ifndef ATTACK_DRIVER_H
#define ATTACK_DRIVER_H

#include "attack/clean.h"
#include "attack/result.h"

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

/* Whether each sample's nearest success is sought, not just one. */
bool bwi_seeks_nearest(const bw_attack *attack);

#endif
