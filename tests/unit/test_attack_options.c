/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "attack/attack.h"
#include "support/unit.h"

static void test_registry(void **state) {
  (void)state;
  assert_true(bw_attack_count() >= 6);
  assert_null(bw_attack_at(bw_attack_count()));
  assert_null(bw_attack_find("nothing"));
  for (uint32_t i = 0; i < bw_attack_count(); i++) {
    const bw_attack_info *info = bw_attack_at(i);
    const bwi_attack_class *class = bwi_attack_class_of(info->name);
    assert_ptr_equal(bw_attack_find(info->name), info);
    assert_true(strlen(info->title) > 0 && strlen(info->summary) > 0 && strlen(info->paper) > 0 &&
                info->norms != 0);
    assert_true(info->n_options <= BWI_MAX_OPTIONS);
    for (uint32_t j = 0; j < i; j++)
      assert_int_not_equal(class->stream, bwi_attack_class_of(bw_attack_at(j)->name)->stream);
    for (uint32_t k = 0; k < info->n_options; k++) {
      const bw_option_info *o = &info->options[k];
      assert_true(strlen(o->help) > 0);
      assert_true((o->choices != NULL) == (o->kind == BW_OPTION_CHOICE));
      if (isnan(o->standard))
        assert_non_null(class->derive);
      else
        assert_true(o->lowest <= o->standard && o->standard <= o->highest);
    }
  }
}

static void test_create(void **state) {
  (void)state;
  static const struct {
    const char *name;
    int norm;
    double eps;
    bw_status status;
    const char *text;
  } rows[] = {
      {"pgd", BW_LINF, 0.3, BW_OK, ""},
      {"gdp", BW_LINF, 0.3, BW_EINVAL, "no attack is called 'gdp'"},
      {"pgd", BW_L0, 0.3, BW_EINVAL, "pgd has no norm l0; it has linf, l2, l1"},
      {"r-fgsm", BW_L2, 0.3, BW_EINVAL, "r-fgsm has no norm l2; it has linf"},
      {"pgd", 77, 0.3, BW_EINVAL, "pgd has no norm of that number; it has linf, l2, l1"},
      {"pgd", BW_LINF, 0, BW_EINVAL, "eps is 0; it must be above 0"},
      {"pgd", BW_LINF, NAN, BW_EINVAL, "eps is nan; it must be above 0"},
      {"pgd", BW_LINF, INFINITY, BW_EINVAL, "pgd needs a budget: eps is infinite"},
      {"fab", BW_LINF, INFINITY, BW_OK, ""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bw_attack *attack = NULL;
    bw_error err = {0};
    assert_int_equal(bw_attack_create(&attack, rows[i].name, (bw_norm)rows[i].norm, rows[i].eps, &err),
                     rows[i].status);
    assert_string_equal(err.text, rows[i].text);
    assert_true((attack != NULL) == (rows[i].status == BW_OK));
    bw_attack_free(attack);
  }
}

static void test_set(void **state) {
  (void)state;
  static const struct {
    const char *option, *value;
    double wanted; /* NaN: refused */
    const char *text;
  } rows[] = {
      {"steps", "100", 100, ""},
      {"steps", "1e2", 100, ""},
      {"step", "0.01", 0.01, ""},
      {"step", ".5", 0.5, ""},
      {"step", "8/255", 8.0 / 255, ""},
      {"loss", "dlr", BWI_LOSS_DLR, ""},
      {"random_start", "false", 0, ""},
      {"early_stop", "true", 1, ""},
      {"eot", "20", 20, ""},
      {"quantize", "8", 8, ""},
      {"fidelity", "reference", 1, ""},
      {"eot", "0", NAN, "eot=0: must be from 1 to 1000"},
      {"fidelity", "none", NAN, "fidelity=none: not one of clean, reference"},
      {"steps", "1.5", NAN, "steps=1.5: not a whole number"},
      {"steps", "0", NAN, "steps=0: must be from 1 to 100000"},
      {"steps", "", NAN, "steps=: not a whole number"},
      {"step", "1/0", NAN, "step=1/0: not a number such as 0.03 or 8/255"},
      {"step", "nan", NAN, "step=nan: not a number such as 0.03 or 8/255"},
      {"step", "1e999", NAN, "step=1e999: not a number such as 0.03 or 8/255"},
      {"step", "0x10", NAN, "step=0x10: not a number such as 0.03 or 8/255"},
      {"step", " 1", NAN, "step= 1: not a number such as 0.03 or 8/255"},
      {"step", "8/", NAN, "step=8/: not a number such as 0.03 or 8/255"},
      {"step", "0.1x", NAN, "step=0.1x: not a number such as 0.03 or 8/255"},
      {"step", "-1", NAN, "step=-1: must be from 0 to 1e+09"},
      {"loss", "mse", NAN, "loss=mse: not one of ce, margin, dlr"},
      {"random_start", "maybe", NAN, "random_start=maybe: not true or false"},
      {"speed", "1", NAN, "pgd has no option 'speed'"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bw_attack *attack = NULL;
    bw_error err = {0};
    assert_int_equal(bw_attack_create(&attack, "pgd", BW_LINF, 0.3, NULL), BW_OK);
    const bw_status status = bw_attack_set(attack, rows[i].option, rows[i].value, &err);
    assert_string_equal(err.text, rows[i].text);
    if (isnan(rows[i].wanted))
      assert_int_equal(status, BW_EINVAL);
    else
      assert_true(status == BW_OK && bwi_attack_value(attack, rows[i].option, -1) == rows[i].wanted);
    bw_attack_free(attack);
  }
}

static void assert_described(const bw_attack *attack, const char *wanted) {
  bwi_buffer text = {0};
  bwi_attack_describe(&text, attack);
  assert_string_equal(text.data, wanted);
  bwi_buffer_free(&text);
}

static void test_description_and_budget(void **state) {
  (void)state;
  bw_attack *attack = NULL;
  assert_int_equal(bw_attack_create(&attack, "pgd", BW_LINF, 0.3, NULL), BW_OK);
  assert_described(attack, "linf eps=0.3 steps=40 step=0.01875 restarts=1 loss=ce");
  bw_attack other = bwi_attack_with_eps(attack, 0.6);
  assert_described(&other, "linf eps=0.6 steps=40 step=0.0375 restarts=1 loss=ce");
  assert_int_equal(bw_attack_set(attack, "step", "0.01", NULL), BW_OK);
  assert_int_equal(bw_attack_set(attack, "random_start", "false", NULL), BW_OK);
  assert_int_equal(bw_attack_set(attack, "target", "next", NULL), BW_OK);
  other = bwi_attack_with_eps(attack, 0.15);
  assert_described(&other,
                   "linf eps=0.15 steps=40 step=0.005 restarts=1 loss=ce target=next random_start=false");
  bw_attack_free(attack);
  assert_int_equal(bw_attack_create(&attack, "mi-fgsm", BW_L2, 1, NULL), BW_OK);
  assert_described(attack, "l2 eps=1 steps=10 step=0.1 loss=ce");
  assert_int_equal(bw_attack_set(attack, "quantize", "8", NULL), BW_OK);
  assert_described(attack, "l2 eps=1 steps=10 step=0.1 loss=ce quantize=8");
  bw_attack_free(attack);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_registry),
      cmocka_unit_test(test_create),
      cmocka_unit_test(test_set),
      cmocka_unit_test(test_description_and_budget),
  };
  return cmocka_run_group_tests_name("attack_options", tests, NULL, NULL);
}
