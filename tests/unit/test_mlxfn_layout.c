/* SPDX-License-Identifier: Apache-2.0 */
#include "format/mlxfn_layout.h"

#include <string.h>

#include "format/mlxfn.h"
#include "support/unit.h"

static bwi_bytes bytes_of(const char *text) {
  return (bwi_bytes){(const uint8_t *)text, strlen(text)};
}

static void versions_name_layouts(void **state) {
  (void)state;
  static const struct {
    const char *version, *layout;
    bool is_release;
  } rows[] = {
      {"0.22.0", "0.22.0", true},     {"0.22.9", "0.22.0", true},
      {"0.23.1", "0.23.0", true},     {"0.23.2", "0.23.2", true},
      {"0.24.2", "0.24.0", true},     {"0.25.1", "0.25.0", true},
      {"0.26.1", "0.25.2", true},     {"0.26.5", "0.26.2", true},
      {"0.28.0", "0.26.2", true},     {"0.29.4", "0.29.1", true},
      {"0.30.6", "0.30.0", true},     {"0.31.1", "0.30.0", true},
      {"0.32.0", "0.31.2", true},     {"0.32.1", "0.32.1", true},
      {"0.32.3", "0.32.2", true},     {"0.32.4", "0.32.4", true},
      {"0.33.0", "0.32.4", true},     {"1.0.0", "0.32.4", true},
      {"0.21.1", "0.22.0", false},    {"0.26.2.dev20250601+ab12cd3", "0.26.2", false},
      {"0.32.4rc1", "0.32.4", false}, {"0.26", "0.32.4", false},
      {"", "0.32.4", false},          {"banana", "0.32.4", false},
      {"0.26.", "0.32.4", false},     {"0..2", "0.32.4", false},
      {"0.26.2.", "0.26.2", false},   {"0.1000.2", "0.32.4", false},
  };
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    bwi_mlxfn_layout layout = BWI_MLXFN_0_22_0;
    const bool is_release = bwi_mlxfn_layout_of(rows[k].version, &layout);
    if (is_release != rows[k].is_release || strcmp(bwi_mlxfn_layout_name(layout), rows[k].layout) != 0)
      fail_msg("\"%s\": %s, release %d", rows[k].version, bwi_mlxfn_layout_name(layout), is_release);
  }
}

static void primitives_are_found_by_key_and_layout(void **state) {
  (void)state;
  static const struct {
    const char *key;
    bwi_mlxfn_layout layout;
    const char *found, *fields; /* NULL: not found */
  } rows[] = {
      {"Abs", BWI_MLXFN_0_22_0, "Abs", ""},
      {"View", BWI_MLXFN_0_32_4, "View", "t0"},
      {"Convolution", BWI_MLXFN_0_25_0, "Convolution", "D1 S0 S3 S4 i0 b1"},
      {"Convolution", BWI_MLXFN_0_25_2, "Convolution", "S1 S2 S0 S3 S4 i0 b1"},
      {"Convolution", BWI_MLXFN_0_32_4, "Convolution", "S0 S1 S2 S3 S4 i0 b1"},
      {"SVD", BWI_MLXFN_0_22_0, "SVD", "c0=1"},
      {"AffineQuantize", BWI_MLXFN_0_26_2, "Quantize", "i0 i1 b3"},
      {"Quantize", BWI_MLXFN_0_29_0, "Quantize", "i0 i1 e2<4 b3"},
      {"AddM", BWI_MLXFN_0_32_4, NULL, NULL},
      {"AddMMM", BWI_MLXFN_0_32_4, NULL, NULL},
      {"AAA", BWI_MLXFN_0_32_4, NULL, NULL},
      {"Zeta", BWI_MLXFN_0_32_4, NULL, NULL},
      {"", BWI_MLXFN_0_32_4, NULL, NULL},
      {"CustomKernel", BWI_MLXFN_0_32_4, NULL, NULL},
  };
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    const bwi_mlxfn_primitive *row = bwi_mlxfn_primitive_of(bytes_of(rows[k].key), rows[k].layout);
    if ((row == NULL) != (rows[k].found == NULL)) fail_msg("\"%s\"", rows[k].key);
    if (row == NULL) continue;
    assert_string_equal(row->key, rows[k].found);
    assert_string_equal(row->fields, rows[k].fields);
  }
}

static void rows_are_in_order(void **state) {
  (void)state;
  size_t count = 0;
  const bwi_mlxfn_primitive *rows = bwi_mlxfn_primitives(&count);
  assert_true(count > 100);
  for (size_t i = 0; i < count; i++) {
    const int order = i == 0 ? -1 : strcmp(rows[i - 1].key, rows[i].key);
    if (order > 0 || (order == 0 && rows[i - 1].since >= rows[i].since)) fail_msg("%s", rows[i].key);
    if (order < 0) assert_int_equal(rows[i].since, BWI_MLXFN_0_22_0);
    assert_true(strlen(rows[i].key) < BWI_MLXFN_NAME_BYTES);
    assert_true(rows[i].fewest_operands <= rows[i].most_operands &&
                rows[i].most_operands <= BWI_MLXFN_MAX_INPUTS);
    assert_true(rows[i].fewest_outputs >= 1 && rows[i].fewest_outputs <= rows[i].most_outputs);
    assert_true(rows[i].most_outputs <= BWI_MLXFN_MAX_INPUTS);
  }
}

/* Each field is a kind and a slot inside of the state. */
static void fields_fit_into_the_state(void **state) {
  (void)state;
  const bwi_mlxfn_state *s = NULL;
  const size_t n_i = sizeof s->i / sizeof *s->i, n_f = sizeof s->f / sizeof *s->f,
               n_v = sizeof s->v / sizeof *s->v;
  size_t count = 0;
  const bwi_mlxfn_primitive *rows = bwi_mlxfn_primitives(&count);
  for (size_t i = 0; i < count; i++)
    for (const char *field = rows[i].fields; *field != '\0';
         field += strcspn(field, " ") + (strchr(field, ' ') != NULL)) {
      const size_t slot = (size_t)(field[1] - '0'), length = strcspn(field, " ");
      const bool has_argument = *field == 'e' || *field == 'c';
      const size_t slots = strchr("ibeuzc", *field) != NULL ? n_i
                           : strchr("fd", *field) != NULL   ? n_f
                           : strchr("SQZ", *field) != NULL  ? n_v
                           : *field == 'D'                  ? n_v - 1
                                                            : 1;
      if (slot >= slots || length != (has_argument ? 4u : 2u)) fail_msg("%s: \"%s\"", rows[i].key, field);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(versions_name_layouts),
      cmocka_unit_test(primitives_are_found_by_key_and_layout),
      cmocka_unit_test(rows_are_in_order),
      cmocka_unit_test(fields_fit_into_the_state),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
