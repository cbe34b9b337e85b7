/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/suite.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

static const char *standard_suite(const bw_model *model) {
  return model->access == BW_ACCESS_GRADIENT ? "autoattack" : "square";
}

bool bwi_is_transfer(const bwi_suite *suite, uint32_t k) {
  return suite->transfers && k + 1 == suite->n_attacks;
}

const char *bwi_suite_name(const bwi_suite *suite, uint32_t k) {
  return bwi_is_transfer(suite, k) ? "transfer" : suite->attacks[k].class->info.name;
}

bool bwi_is_white_box(const bwi_suite *suite, uint32_t k) {
  return !bwi_is_transfer(suite, k) && suite->attacks[k].class->info.access == BW_ACCESS_GRADIENT;
}

bool bwi_is_noise(const bwi_suite *suite, uint32_t k) {
  return suite->attacks[k].class == &bwi_noise;
}

bool bwi_is_black_box(const bwi_suite *suite, uint32_t k) {
  return suite->attacks[k].class->info.access < BW_ACCESS_GRADIENT && !bwi_is_noise(suite, k);
}

/* What is made once for all samples searches for none of them. */
bool bwi_is_iterative(const bwi_suite *suite, uint32_t k) {
  return bwi_is_white_box(suite, k) && suite->attacks[k].class->fit == NULL &&
         bwi_attack_value(&suite->attacks[k], "steps", 0) > 1;
}

/* Cuts *text at the first of `separators` and returns what was before it; *text is NULL after the last one.
 */
static char *next_part(char **text, char separator) {
  char *part = *text;
  char *end = strchr(part, separator);
  if (end != NULL) *end = '\0';
  *text = end != NULL ? end + 1 : NULL;
  return part;
}

/* "pgd:steps=100:random_start", with options that every attack gets (NULL: none). */
static bw_status parse_attack(bw_attack *out, char *text, const char *for_all, bw_norm norm, double eps,
                              bw_error *err) {
  bw_attack *attack = NULL;
  const char *name = next_part(&text, ':');
  BW_TRY(bw_attack_create(&attack, name, norm, eps, err));
  bw_status status = for_all != NULL ? bw_attack_configure(attack, for_all, err) : BW_OK;
  if (status == BW_OK && text != NULL) status = bw_attack_configure(attack, text, err);
  *out = *attack;
  bw_attack_free(attack);
  return status;
}

static bw_status append(bwi_suite *suite, const bw_attack *attack, bw_error *err) {
  if (suite->n_attacks == BWI_MAX_SUITE)
    return BW_FAIL(err, BW_ELIMIT, "a suite has at most %d attacks", BWI_MAX_SUITE);
  suite->attacks[suite->n_attacks++] = *attack;
  return BW_OK;
}

static bool is_loss(const bw_attack *attack, bwi_loss loss) {
  return (bwi_loss)bwi_attack_value(attack, "loss", BWI_LOSS_CE) == loss;
}

/* The margin does with two classes. */
static void replace_ratio(bwi_suite *suite, bw_attack *attack, const bw_model *model) {
  const bwi_attack_class *class = attack->class;
  if (!is_loss(attack, BWI_LOSS_DLR) || class->check == NULL || class->check(attack, model, NULL) == BW_OK)
    return;
  bwi_attack_put(attack, "loss", BWI_LOSS_MARGIN);
  suite->n_replaced++;
}

/* The parts of a sequence each have figures of their own, and the checks know each for what it is. */
static bw_status add_attack(bwi_suite *suite, char *text, const char *for_all, const bw_model *model,
                            bw_norm norm, double eps, bw_error *err) {
  bw_attack attack, part;
  BW_TRY(parse_attack(&attack, text, for_all, norm, eps, err));
  const bwi_attack_class *class = attack.class;
  if (class->info.access > model->access)
    return BW_FAIL(err, BW_EUNSUPPORTED, "%s needs more access than the model gives", class->info.name);
  replace_ratio(suite, &attack, model);
  if (class->part == NULL) return append(suite, &attack, err);
  for (uint32_t k = 0; class->part(&part, &attack, model, k); k++) {
    const bw_attack standard = bwi_attack_of(part.class, norm, eps);
    suite->n_replaced += is_loss(&standard, BWI_LOSS_DLR) && is_loss(&part, BWI_LOSS_MARGIN);
    BW_TRY(append(suite, &part, err));
  }
  return BW_OK;
}

/* With momentum, because it transfers best of what one gradient a step can do. */
bw_status bwi_suite_add_transfer(bwi_suite *suite, const char *for_all, bw_norm norm, double eps,
                                 bw_error *err) {
  if ((bwi_mi_fgsm.info.norms & BW_NORM_BIT(norm)) == 0)
    return BW_FAIL(err, BW_EUNSUPPORTED, "there is no transfer from a surrogate in L0");
  bw_attack attack = bwi_attack_of(&bwi_mi_fgsm, norm, eps);
  if (for_all != NULL) BW_TRY(bw_attack_configure(&attack, for_all, err));
  BW_TRY(append(suite, &attack, err));
  suite->transfers = true;
  return BW_OK;
}

bw_status bwi_suite_parse(bwi_suite *out, const char *text, const char *for_all, const bw_model *model,
                          bw_norm norm, double eps, bw_error *err) {
  bwi_suite suite = {0};
  if (text == NULL && norm == BW_L0)
    return BW_FAIL(err, BW_EUNSUPPORTED, "there is no standard suite for L0: name its attacks");
  char *copy = bwi_strdup(text != NULL ? text : standard_suite(model));
  if (copy == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for the list of attacks");
  bw_status status = BW_OK;
  for (char *rest = copy; rest != NULL && status == BW_OK;)
    status = add_attack(&suite, next_part(&rest, ','), for_all, model, norm, eps, err);
  bwi_free(copy);
  if (status == BW_OK) *out = suite;
  return status;
}
