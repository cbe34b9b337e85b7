/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/suite.h"

#include <string.h>

#include "support/unit.h"

static const bw_model with_gradients = {.access = BW_ACCESS_GRADIENT, .n_classes = 10},
                      score_only = {.access = BW_ACCESS_SCORE, .n_classes = 10};

static void test_parsing(void **state) {
  (void)state;
  static const struct {
    const char *text;
    const bw_model *model;
    bw_norm norm;
    const char *names; /* empty: refused */
    const char *error;
  } rows[] = {
      {NULL, &with_gradients, BW_LINF, "apgd apgd-t fab-t square", ""},
      {NULL, &with_gradients, BW_L1, "apgd apgd-t fab-t square", ""},
      {NULL, &with_gradients, BW_L0, "", "there is no standard suite for L0: name its attacks"},
      {NULL, &score_only, BW_LINF, "square", ""},
      {"fgsm", &with_gradients, BW_L2, "fgsm", ""},
      {"pgd:steps=7:restarts=2,mi-fgsm:decay=0.5,noise", &with_gradients, BW_LINF, "pgd mi-fgsm noise", ""},
      {"pgd:random_start", &with_gradients, BW_LINF, "pgd", ""},
      {"autoattack", &with_gradients, BW_LINF, "apgd apgd-t fab-t square", ""},
      {"fgsm,autoattack:version=plus", &with_gradients, BW_L2, "fgsm apgd apgd fab square apgd-t fab-t", ""},
      {"autoattack:version=best", &with_gradients, BW_LINF, "",
       "version=best: not one of standard, plus, rand"},
      {"autoattack", &score_only, BW_LINF, "", "autoattack needs more access than the model gives"},
      {"square", &score_only, BW_LINF, "square", ""},
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
    const bw_status status =
        bwi_suite_parse(&suite, rows[i].text, NULL, rows[i].model, rows[i].norm, 0.3, &err);
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
  char text[5 * BWI_MAX_SUITE + sizeof "autoattack"] = "fgsm";
  for (int k = 1; k < BWI_MAX_SUITE - 3; k++) strncat(text, ",fgsm", sizeof text - strlen(text) - 1);
  const char *const too_many[] = {",autoattack", ",fgsm,fgsm,fgsm,fgsm"};
  const size_t kept = strlen(text);
  for (int i = 0; i < 2; i++) {
    text[kept] = '\0';
    strncat(text, too_many[i], sizeof text - kept - 1);
    bwi_suite suite = {0};
    assert_int_equal(bwi_suite_parse(&suite, text, NULL, &with_gradients, BW_LINF, 0.1, NULL), BW_ELIMIT);
  }
}

static void test_kinds(void **state) {
  (void)state;
  enum { NOISE = 1, BLACK = 2, WHITE = 4, ITERATIVE = WHITE | 8 };
  static const struct {
    const char *text;
    int kinds[4]; /* of the attacks that the text gives */
  } rows[] = {
      {"noise", {NOISE}},
      {"square", {BLACK}},
      {"fgsm", {WHITE}},
      {"r-fgsm", {WHITE}},
      {"bim", {ITERATIVE}},
      {"bim:steps=1", {WHITE}},
      {"autoattack", {ITERATIVE, ITERATIVE, ITERATIVE, BLACK}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bwi_suite suite;
    assert_int_equal(bwi_suite_parse(&suite, rows[i].text, NULL, &with_gradients, BW_LINF, 0.1, NULL), BW_OK);
    for (uint32_t k = 0; k < suite.n_attacks; k++) {
      const int kind = NOISE * bwi_is_noise(&suite, k) | BLACK * bwi_is_black_box(&suite, k) |
                       WHITE * bwi_is_white_box(&suite, k) | ITERATIVE * bwi_is_iterative(&suite, k);
      if (kind != rows[i].kinds[k]) fail_msg("%s, attack %u: %d", rows[i].text, (unsigned)k, kind);
    }
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
