/* SPDX-License-Identifier: Apache-2.0 */
/* The attacks that there are, in the order in which they are listed. */
#include <string.h>

#include "attack/attack.h"

/* One line each. */
/* clang-format off */
static const bwi_attack_class *const registry[] = {
    &bwi_noise,
    &bwi_fgsm,
    &bwi_r_fgsm,
    &bwi_bim,
    &bwi_mi_fgsm,
    &bwi_ni_fgsm,
    &bwi_si_ni_fgsm,
    &bwi_di_fgsm,
    &bwi_ti_fgsm,
    &bwi_vmi_fgsm,
    &bwi_vni_fgsm,
    &bwi_pgd,
    &bwi_trades,
    &bwi_sparse_l1_descent,
    &bwi_apgd,
    &bwi_apgd_t,
    &bwi_fab,
    &bwi_fab_t,
    &bwi_deepfool,
    &bwi_sigma_zero,
    &bwi_jsma,
    &bwi_cw,
    &bwi_cw_linf,
    &bwi_cw_l0,
    &bwi_ddn,
    &bwi_fmn,
    &bwi_ead,
    &bwi_square,
    &bwi_simba,
    &bwi_nes,
    &bwi_spsa,
    &bwi_zoo,
    &bwi_one_pixel,
    &bwi_boundary,
    &bwi_hopskipjump,
    &bwi_sign_opt,
    &bwi_geoda,
    &bwi_spatial,
    &bwi_uap,
    &bwi_uap_sgd,
    &bwi_patch,
    &bwi_autoattack,
};
/* clang-format on */

#define N_ATTACKS (sizeof registry / sizeof *registry)

const bwi_attack_class *bwi_attack_class_of(const char *name) {
  for (size_t i = 0; i < N_ATTACKS; i++)
    if (strcmp(registry[i]->info.name, name) == 0) return registry[i];
  return NULL;
}

uint32_t bw_attack_count(void) {
  return N_ATTACKS;
}

const bw_attack_info *bw_attack_at(uint32_t i) {
  return i < N_ATTACKS ? &registry[i]->info : NULL;
}

const bw_option_info *bw_attack_common_option(uint32_t i) {
  return i < BWI_N_COMMON ? &bwi_common_options[i] : NULL;
}

const bw_attack_info *bw_attack_find(const char *name) {
  const bwi_attack_class *class = bwi_attack_class_of(name);
  return class != NULL ? &class->info : NULL;
}
