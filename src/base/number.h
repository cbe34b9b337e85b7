/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers to and from text with a decimal point, whatever the locale of the application says. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <locale.h>

#define BWI_NUMBER_TEXT_BYTES 32

/* Between the two this thread's printf writes numbers with a point. For code that formats many. */
locale_t bwi_c_locale_enter(void);
void bwi_c_locale_leave(locale_t before);

/* The shortest decimal that reads back as value; "nan", "inf", "-inf" otherwise. Returns text. */
char *bwi_number_text(char text[BWI_NUMBER_TEXT_BYTES], double value);

/* strtod() in the "C" locale: the longest number that NUL-terminated text begins with; *end (end may be
 * NULL) is where it stops. Callers check the grammar that they accept themselves. */
double bwi_number_parse(const char *text, const char **end);

#endif
