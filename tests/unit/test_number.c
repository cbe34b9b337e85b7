/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "support/unit.h"

static void test_text(void **state) {
  (void)state;
  static const struct {
    double value;
    const char *text;
  } rows[] = {
      {0, "0"},
      {-0.0, "-0"},
      {1, "1"},
      {-1.5, "-1.5"},
      {100, "100"},
      {999999999999999, "999999999999999"},
      {0.1, "0.1"},
      {1.0 / 3, "0.3333333333333333"},
      {0.1 + 0.2, "0.30000000000000004"},
      {1e300, "1e+300"},
      {DBL_MAX, "1.7976931348623157e+308"},
      {5e-324, "5e-324"},
      {NAN, "nan"},
      {INFINITY, "inf"},
      {-INFINITY, "-inf"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char text[BWI_NUMBER_TEXT_BYTES];
    assert_ptr_equal(bwi_number_text(text, rows[i].value), text);
    assert_string_equal(text, rows[i].text);
  }
}

static void test_there_and_back(void **state) {
  (void)state;
  uint32_t words[2000];
  bwi_rng_u32(words, 2000, (bwi_rng_key){7, 0, 0}, 0);
  for (size_t i = 0; i < 2000; i += 2) { /* any pattern of bits that is a number */
    const uint64_t bits = (uint64_t)words[i] << 32 | words[i + 1];
    double value;
    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value)) continue;
    char text[BWI_NUMBER_TEXT_BYTES];
    const char *end = NULL;
    if (bwi_number_parse(bwi_number_text(text, value), &end) != value || *end != '\0')
      fail_msg("%a: %s", value, text);
  }
}

static void test_parse_stops(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double value;
    size_t used;
  } rows[] = {{"1.5,2", 1.5, 3}, {"1,5", 1, 1}, {"-2e3x", -2000, 4}, {"x", 0, 0}, {"", 0, 0}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const char *end = NULL;
    assert_true(bwi_number_parse(rows[i].text, &end) == rows[i].value);
    assert_int_equal(end - rows[i].text, rows[i].used);
  }
}

static void test_comma_locale(void **state) {
  (void)state;
  if (setlocale(LC_NUMERIC, "de_DE.UTF-8") == NULL && setlocale(LC_NUMERIC, "fr_FR.UTF-8") == NULL) {
    print_message("SKIP test_number comma locale: none is installed\n");
    skip();
  }
  char text[BWI_NUMBER_TEXT_BYTES];
  assert_string_equal(bwi_number_text(text, 1.5), "1.5");
  assert_true(bwi_number_parse("1.5", NULL) == 1.5);
  assert_string_not_equal(localeconv()->decimal_point, "."); /* and the application keeps its own */
  (void)setlocale(LC_NUMERIC, "C");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_text),
      cmocka_unit_test(test_there_and_back),
      cmocka_unit_test(test_parse_stops),
      cmocka_unit_test(test_comma_locale),
  };
  return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
