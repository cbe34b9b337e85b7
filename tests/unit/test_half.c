/* SPDX-License-Identifier: Apache-2.0 */
/* Exhaustive over all 65536 patterns of both formats. The reference is arithmetic: values by their
 * definition, and rounding at the exact midpoint of every two neighbours and one float beside it. */
#include "base/half.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "support/unit.h"

typedef struct format {
  const char *name;
  float (*widen)(uint16_t bits);
  uint16_t (*narrow)(float value);
  int fraction_bits, bias;
  uint16_t infinity;
} format;

static const format formats[] = {
    {"f16", bwi_f16_to_f32, bwi_f32_to_f16, 10, 15, 0x7C00},
    {"bf16", bwi_bf16_to_f32, bwi_f32_to_bf16, 7, 127, 0x7F80},
};

/* The value of a finite pattern by definition; infinity reads as the value one step past the largest. */
static double value_of(const format *f, uint16_t magnitude) {
  const int exponent = magnitude >> f->fraction_bits;
  const int fraction = magnitude & ((1 << f->fraction_bits) - 1);
  if (exponent == 0) return ldexp(fraction, 1 - f->bias - f->fraction_bits);
  return ldexp(fraction + (1 << f->fraction_bits), exponent - f->bias - f->fraction_bits);
}

static void test_widening(void **state) {
  (void)state;
  for (size_t k = 0; k < 2; k++) {
    const format *f = &formats[k];
    for (uint16_t m = 0; m <= 0x7FFF; m++) {
      const float positive = f->widen(m), negative = f->widen((uint16_t)(m | 0x8000));
      const bool as_defined = m > f->infinity ? isnan(positive) && isnan(negative)
                              : m == f->infinity
                                  ? positive == INFINITY && negative == -INFINITY
                                  : (double)positive == value_of(f, m) && negative == -positive;
      if (!as_defined || signbit(positive) || !signbit(negative)) fail_msg("%s %04x", f->name, (unsigned)m);
    }
  }
}

static void test_there_and_back(void **state) {
  (void)state;
  for (size_t k = 0; k < 2; k++)
    for (uint32_t bits = 0; bits <= 0xFFFF; bits++)
      if (formats[k].narrow(formats[k].widen((uint16_t)bits)) != bits)
        fail_msg("%s %04x", formats[k].name, (unsigned)bits);
}

static void test_rounding_at_every_midpoint(void **state) {
  (void)state;
  for (size_t k = 0; k < 2; k++) {
    const format *f = &formats[k];
    for (uint16_t m = 0; m < f->infinity; m++) {
      const uint16_t above = (uint16_t)(m + 1), even = m % 2 == 0 ? m : above;
      const float middle = (float)((value_of(f, m) + value_of(f, above)) / 2); /* exact */
      if (f->narrow(middle) != even || f->narrow(nextafterf(middle, 0)) != m ||
          f->narrow(nextafterf(middle, INFINITY)) != above || f->narrow(-middle) != (even | 0x8000))
        fail_msg("%s between %04x and %04x", f->name, (unsigned)m, (unsigned)above);
    }
  }
}

static void test_special_values(void **state) {
  (void)state;
  static const struct {
    float value;
    uint16_t f16, bf16;
  } rows[] = {
      {0.0F, 0x0000, 0x0000},       {-0.0F, 0x8000, 0x8000},         {1.0F, 0x3C00, 0x3F80},
      {-2.0F, 0xC000, 0xC000},      {65504.0F, 0x7BFF, 0x4780},      {65519.99F, 0x7BFF, 0x4780},
      {65520.0F, 0x7C00, 0x4780},   {3.4028235e38F, 0x7C00, 0x7F80}, {INFINITY, 0x7C00, 0x7F80},
      {-INFINITY, 0xFC00, 0xFF80},  {0x1p-24F, 0x0001, 0x3380},      {0x1p-25F, 0x0000, 0x3300},
      {0x1.8p-25F, 0x0001, 0x3340}, {0x1p-149F, 0x0000, 0x0000},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(bwi_f32_to_f16(rows[i].value), rows[i].f16);
    assert_int_equal(bwi_f32_to_bf16(rows[i].value), rows[i].bf16);
  }
  /* The quiet NaN, and one whose only bit is lost in the narrow formats. */
  static const uint32_t nans[] = {0x7FC00000, 0x7F800001, 0xFF800001};
  for (size_t i = 0; i < sizeof nans / sizeof *nans; i++) {
    float value;
    memcpy(&value, &nans[i], sizeof value);
    assert_true(isnan(bwi_f16_to_f32(bwi_f32_to_f16(value))));
    assert_true(isnan(bwi_bf16_to_f32(bwi_f32_to_bf16(value))));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_widening),
      cmocka_unit_test(test_there_and_back),
      cmocka_unit_test(test_rounding_at_every_midpoint),
      cmocka_unit_test(test_special_values),
  };
  return cmocka_run_group_tests_name("half", tests, NULL, NULL);
}
