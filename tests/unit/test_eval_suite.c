/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/suite.h"

#include <string.h>

#include "support/unit.h"

static const bw_model with_gradients = {.access = BW_ACCESS_GRADIENT},
                      score_only = {.access = BW_ACCESS_SCORE};

static void test_parsing(void **state) {
  (void)state;
  static const struct {
    const char *text;
    const bw_model *model;
    bw_norm norm;
    const char *names; /* empty: refused */
    const char *error;
  } rows[] = {
      {NULL, &with_gradients, BW_LINF, "noise fgsm mi-fgsm pgd pgd", ""},
      {NULL, &with_gradients, BW_L1, "noise fgsm mi-fgsm pgd pgd", ""},
      {NULL, &score_only, BW_LINF, "noise", ""},
      {"fgsm", &with_gradients, BW_L2, "fgsm", ""},
      {"pgd:steps=7:restarts=2,mi-fgsm:decay=0.5,noise", &with_gradients, BW_LINF, "pgd mi-fgsm noise", ""},
      {"pgd:random_start", &with_gradients, BW_LINF, "pgd", ""},
      {"fgsm", &score_only, BW_LINF, "", "fgsm needs more access than the model gives"},
      {"", &with_gradients, BW_LINF, "", "no attack is called ''"},
      {"pgd,", &with_gradients, BW_LINF, "", "no attack is called ''"},
      {"pgd:steps=x", &with_gradients, BW_LINF, "", "steps=x: not a whole number"},
      {"pgd:stops=3", &with_gradients, BW_LINF, "", "pgd has no option 'stops'"},
      {"r-fgsm", &with_gradients, BW_L2, "", "r-fgsm has no norm l2; it has linf"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bwi_suite suite = {0};
    bw_error err = {0};
    const bw_status status = bwi_suite_parse(&suite, rows[i].text, rows[i].model, rows[i].norm, 0.3, &err);
    assert_string_equal(err.text, rows[i].error);
    assert_int_equal(status == BW_OK, rows[i].names[0] != '\0');
    char names[128] = "";
    for (uint32_t k = 0; k < suite.n_attacks; k++) {
      if (k > 0) strncat(names, " ", sizeof names - strlen(names) - 1);
      strncat(names, suite.attacks[k].class->info.name, sizeof names - strlen(names) - 1);
    }
    assert_string_equal(names, rows[i].names);
  }
}

static void test_too_many(void **state) {
  (void)state;
  char text[5 * (BWI_MAX_SUITE + 1)] = "fgsm";
  for (int k = 1; k <= BWI_MAX_SUITE; k++) strncat(text, ",fgsm", sizeof text - strlen(text) - 1);
  bwi_suite suite = {0};
  assert_int_equal(bwi_suite_parse(&suite, text, &with_gradients, BW_LINF, 0.1, NULL), BW_ELIMIT);
}

static void test_kinds(void **state) {
  (void)state;
  bwi_suite suite;
  assert_int_equal(
      bwi_suite_parse(&suite, "noise,fgsm,r-fgsm,bim,bim:steps=1", &with_gradients, BW_LINF, 0.1, NULL),
      BW_OK);
  const bool blind[] = {true, false, false, false, false}, single[] = {false, true, true, false, true},
             iterative[] = {false, false, false, true, false};
  for (uint32_t k = 0; k < 5; k++) {
    assert_int_equal(bwi_is_blind(&suite.attacks[k]), blind[k]);
    assert_int_equal(bwi_is_single_step(&suite.attacks[k]), single[k]);
    assert_int_equal(bwi_is_iterative(&suite.attacks[k]), iterative[k]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_parsing),
      cmocka_unit_test(test_too_many),
      cmocka_unit_test(test_kinds),
  };
  return cmocka_run_group_tests_name("eval_suite", tests, NULL, NULL);
}
