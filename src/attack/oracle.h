/* SPDX-License-Identifier: Apache-2.0 */
/* The other side of a batch: what stands between an attack and the model. */
#ifndef ATTACK_ORACLE_H
#define ATTACK_ORACLE_H

#include "attack/attack.h"
#include "base/meter.h"
#include "attack/result.h"
#include "model/model.h"

typedef struct bwi_oracle {
  bwi_session *session;
  bwi_meter *meter;
  bw_attack_result *result;
  bool early_stop;    /* a sample leaves at its first success; else its success of greatest margin is kept */
  double sample_left; /* share of a sample's work that a success saves or ends: for progress */
} bwi_oracle;

#endif
