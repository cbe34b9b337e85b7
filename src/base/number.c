/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void) {
  c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

locale_t bwi_c_locale_enter(void) {
  pthread_once(&c_locale_once, make_c_locale);
  return uselocale(c_locale);
}

void bwi_c_locale_leave(locale_t before) {
  (void)uselocale(before);
}

char *bwi_number_text(char text[BWI_NUMBER_TEXT_BYTES], double value) {
  const locale_t before = bwi_c_locale_enter();
  if (fabs(value) < 1e15 && value == trunc(value)) {
    (void)snprintf(text, BWI_NUMBER_TEXT_BYTES, "%.0f", value); /* %g would write 100 as 1e+02 */
  } else {
    for (int digits = 1; digits <= 17; digits++) {
      (void)snprintf(text, BWI_NUMBER_TEXT_BYTES, "%.*g", digits, value);
      if (strtod(text, NULL) == value) break;
    }
  }
  bwi_c_locale_leave(before);
  return text;
}

double bwi_number_parse(const char *text, const char **end) {
  char *stop = NULL;
  const locale_t before = bwi_c_locale_enter();
  const double value = strtod(text, &stop);
  bwi_c_locale_leave(before);
  if (end != NULL) *end = stop;
  return value;
}
