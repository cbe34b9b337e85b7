/* SPDX-License-Identifier: Apache-2.0 */
/* The sequences of attacks that robustness benchmarks report, with the settings of the authors' code. Where
 * the difference of logits ratio is not defined, for fewer than four classes, the margin takes its place. */
#include <stddef.h>
#include <string.h>

#include "attack/attack.h"
#include "model/model.h"

enum { STANDARD, PLUS, RAND };
static const char *const version_names[] = {"standard", "plus", "rand", NULL};

#define VERSION(version) (1u << (version))
#define BOTH (VERSION(STANDARD) | VERSION(PLUS))
#define DENSE (BW_NORM_BIT(BW_LINF) | BW_NORM_BIT(BW_L2))
#define L1 BW_NORM_BIT(BW_L1)

typedef struct part {
  const bwi_attack_class *class;
  uint32_t versions, norms;
  double restarts;
  bwi_loss loss;
  double targets;
} part;

static const part parts[] = {
    {&bwi_apgd, VERSION(STANDARD), DENSE, 1, BWI_LOSS_CE, 0},
    {&bwi_apgd, VERSION(STANDARD), L1, 5, BWI_LOSS_CE, 0},
    {&bwi_apgd, VERSION(PLUS), DENSE | L1, 5, BWI_LOSS_CE, 0},
    {&bwi_apgd, VERSION(PLUS), DENSE | L1, 5, BWI_LOSS_DLR, 0},
    {&bwi_fab, VERSION(PLUS), DENSE | L1, 5, BWI_LOSS_CE, 0},
    {&bwi_square, VERSION(PLUS), DENSE | L1, 1, BWI_LOSS_CE, 0},
    {&bwi_apgd_t, BOTH, DENSE, 1, BWI_LOSS_DLR, 9},
    {&bwi_apgd_t, BOTH, L1, 1, BWI_LOSS_DLR, 5},
    {&bwi_fab_t, BOTH, DENSE | L1, 1, BWI_LOSS_CE, 9},
    {&bwi_square, VERSION(STANDARD), DENSE | L1, 1, BWI_LOSS_CE, 0},
    {&bwi_apgd, VERSION(RAND), DENSE | L1, 1, BWI_LOSS_CE, 0},
    {&bwi_apgd, VERSION(RAND), DENSE | L1, 1, BWI_LOSS_DLR, 0},
};

static const double rand_eot = 20; /* passes of a random model, unless the user says how many */

/* Options that a class does not have are passed over. */
static bw_attack configure(const part *p, const bw_attack *whole, uint32_t version, uint32_t n_classes) {
  bw_attack attack = bwi_attack_of(p->class, whole->norm, whole->eps);
  memcpy(attack.common, whole->common, sizeof attack.common);
  if (version == RAND && bwi_attack_value(whole, "eot", 1) <= 1) bwi_attack_put(&attack, "eot", rand_eot);
  bwi_attack_put(&attack, "restarts", p->restarts);
  bwi_attack_put(&attack, "loss", p->loss == BWI_LOSS_DLR && n_classes < 4 ? BWI_LOSS_MARGIN : p->loss);
  bwi_attack_put(&attack, "targets", p->targets);
  bwi_attack_put(&attack, "large_eps", whole->norm == BW_L1);
  bwi_attack_put(&attack, "rescale", 0);
  return attack;
}

static bool part_of(bw_attack *out, const bw_attack *whole, const bw_model *model, uint32_t k) {
  const uint32_t version = (uint32_t)bwi_attack_value(whole, "version", STANDARD);
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    const part *p = &parts[i];
    if ((p->versions & VERSION(version)) == 0 || (p->norms & BW_NORM_BIT(whole->norm)) == 0) continue;
    if (k-- > 0) continue;
    *out = configure(p, whole, version, model->n_classes);
    return true;
  }
  return false;
}

static const bw_option_info options[] = {
    {"version",
     "standard: apgd, apgd-t, fab-t, square; plus: more restarts, and apgd with dlr and fab besides; rand, "
     "for "
     "random models: apgd with both losses over the mean of 20 passes",
     NULL, BW_OPTION_CHOICE, 0, 2, STANDARD, version_names},
};

const bwi_attack_class bwi_autoattack = {
    .info = {.name = "autoattack",
             .title = "AutoAttack",
             .summary =
                 "Auto-PGD, targeted Auto-PGD, targeted FAB and Square in turn, each on what still stands.",
             .paper = "Croce, Hein 2020, Reliable evaluation of adversarial robustness with an ensemble of "
                      "diverse parameter-free attacks",
             .access = BW_ACCESS_GRADIENT,
             .norms = BWI_CONVEX_NORMS,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 12,
    .part = part_of,
};
