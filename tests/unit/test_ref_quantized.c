/* SPDX-License-Identifier: Apache-2.0 */
/* Values are packed here bit by bit, as MLX's documentation lays them out: value i of a row takes bits
 * i * bits to (i + 1) * bits of the row, counted from the lowest bit of the first word. */
#include <math.h>
#include <string.h>

#include "backend/plan.h"
#include "support/unit.h"

enum { ROWS = 3, COLUMNS = 64, GROUP = 32 };

typedef struct packed {
  uint32_t words[ROWS * COLUMNS / 4]; /* enough for 8 bits a value */
  float scales[ROWS * COLUMNS / GROUP], biases[ROWS * COLUMNS / GROUP];
  float values[ROWS][COLUMNS]; /* what they stand for */
} packed;

static packed pack(uint32_t bits) {
  packed p;
  memset(&p, 0, sizeof p);
  for (uint32_t t = 0; t < ROWS * COLUMNS / GROUP; t++) {
    p.scales[t] = 0.25f * (float)(t + 1);
    p.biases[t] = (float)t - 2;
  }
  for (uint32_t r = 0; r < ROWS; r++) {
    for (uint32_t c = 0; c < COLUMNS; c++) {
      const uint32_t level = (r * 31 + c * 7) & ((1u << bits) - 1), table = (r * COLUMNS + c) / GROUP;
      for (uint32_t b = 0; b < bits; b++) {
        const uint32_t at = r * COLUMNS * bits + c * bits + b; /* a row fills whole words */
        p.words[at / 32] |= (level >> b & 1) << (at % 32);
      }
      p.values[r][c] = p.scales[table] * (float)level + p.biases[table];
    }
  }
  return p;
}

/* The packed operand with its scales and biases. */
static void add_packed(bwi_graph *g, const packed *p, uint32_t bits, bwi_id out[3]) {
  const bwi_dims tables = {2, {ROWS, COLUMNS / GROUP}};
  out[0] = bwi_constant(g, BW_U32, &(bwi_dims){2, {ROWS, COLUMNS * bits / 32}}, p->words);
  out[1] = bwi_constant(g, BW_F32, &tables, p->scales);
  out[2] = bwi_constant(g, BW_F32, &tables, p->biases);
}

static const uint32_t widths[] = {1, 2, 3, 4, 5, 6, 8};

static void test_dequantize(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
    const packed p = pack(widths[i]);
    float out[ROWS][COLUMNS];
    bwi_graph *g = NULL;
    bwi_id in[3];
    assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
    add_packed(g, &p, widths[i], in);
    const bwi_id id = bwi_apply(g, BWI_Dequantize, &(bwi_params){.i = {GROUP, widths[i], 0}}, 3, in);
    assert_int_equal(bwi_ref_evaluate(g, id, out, NULL), BW_OK);
    assert_memory_equal(out, p.values, sizeof out);
    bwi_graph_free(g);
  }
}

/* x (2, COLUMNS) @ w^T and x (2, ROWS) @ w, small multiples of a quarter: exact in float32. */
static void test_products(void **state) {
  (void)state;
  for (size_t i = 0; i < 2 * sizeof widths / sizeof *widths; i++) {
    const uint32_t bits = widths[i / 2];
    const bool transpose = i % 2 == 1;
    const int inner = transpose ? COLUMNS : ROWS, columns = transpose ? ROWS : COLUMNS;
    const packed p = pack(bits);
    float x[2 * COLUMNS], out[2 * COLUMNS];
    for (int k = 0; k < 2 * inner; k++) x[k] = (float)(k % 5 - 2);
    bwi_graph *g = NULL;
    bwi_id in[4];
    assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
    in[0] = bwi_constant(g, BW_F32, &(bwi_dims){2, {2, inner}}, x);
    add_packed(g, &p, bits, in + 1);
    const bwi_id id =
        bwi_apply(g, BWI_QuantizedMatmul, &(bwi_params){.i = {GROUP, bits, 0, transpose}}, 4, in);
    assert_int_equal(bwi_ref_evaluate(g, id, out, NULL), BW_OK);
    for (int r = 0; r < 2; r++) {
      for (int c = 0; c < columns; c++) {
        float sum = 0;
        for (int k = 0; k < inner; k++)
          sum += x[r * inner + k] * (transpose ? p.values[c][k] : p.values[k][c]);
        assert_true(out[r * columns + c] == sum);
      }
    }
    bwi_graph_free(g);
  }
}

typedef struct mode_row {
  const char *name;
  bwi_params params;
  int64_t n_groups; /* of one row */
  struct {
    int64_t at;
    uint32_t code;
    uint8_t scale; /* of its group */
    float value;
  } spots[8];
} mode_row;

static bool is_same(float a, float b) {
  return a == b || (isnan(a) && isnan(b));
}

/* One row, zero but for some codes. Values of the codes are those of the tables in the OCP's Microscaling
 * Formats (v1.0), sections 5.3.3 (E2M1), 5.3.1 (E4M3) and 5.4 (E8M0). */
static void test_small_floats(void **state) {
  (void)state;
  static const mode_row rows[] = {
      {"mxfp4",
       {.i = {32, 4, 1}, .dtype = BW_F32},
       4,
       {{0, 1, 127, 0.5f},
        {31, 7, 127, 6},
        {32, 8, 129, -0.0f},
        {40, 0xF, 129, -24},
        {63, 2, 129, 4},
        {64, 5, 126, 1.5f},
        {96, 3, 0, 1.5f * 0x1p-127f},
        {127, 4, 0, 0x1p-126f}}},
      {"mxfp8",
       {.i = {32, 8, 2}, .dtype = BW_F32},
       4,
       {{0, 0x38, 127, 1},
        {1, 0x7E, 127, 448},
        {31, 0xFE, 127, -448},
        {32, 0x01, 136, 1},
        {63, 0x07, 136, 7},
        {64, 0x08, 133, 1},
        {96, 0xB9, 126, -0.5625f},
        {127, 0x48, 126, 2}}},
      {"nvfp4",
       {.i = {16, 4, 3}, .dtype = BW_F32},
       4,
       {{0, 2, 0x38, 1},
        {15, 0xA, 0x38, -1},
        {16, 7, 0x7E, 2688},
        {31, 1, 0x7E, 224},
        {32, 6, 0x01, 0x1p-7f},
        {33, 3, 0x01, 1.5f * 0x1p-9f},
        {48, 4, 0xB8, -2},
        {63, 0xC, 0xB8, 2}}},
  };
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
    const mode_row *row = &rows[k];
    const int64_t group = row->params.i[0], bits = row->params.i[1], n = row->n_groups * group;
    uint32_t words[32] = {0};
    uint8_t scales[4] = {0};
    float out[128];
    for (size_t i = 0; i < sizeof row->spots / sizeof row->spots[0]; i++) {
      const int64_t bit = row->spots[i].at * bits;
      words[bit / 32] |= row->spots[i].code << (bit % 32);
      scales[row->spots[i].at / group] = row->spots[i].scale;
    }
    bwi_graph *g = NULL;
    assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
    const bwi_id in[] = {bwi_constant(g, BW_U32, &(bwi_dims){2, {1, n * bits / 32}}, words),
                         bwi_constant(g, BW_U8, &(bwi_dims){2, {1, row->n_groups}}, scales)};
    const bwi_id id = bwi_apply(g, BWI_Dequantize, &row->params, 2, in);
    assert_int_equal(bwi_ref_evaluate(g, id, out, NULL), BW_OK);
    for (size_t i = 0; i < sizeof row->spots / sizeof row->spots[0]; i++)
      if (!is_same(out[row->spots[i].at], row->spots[i].value))
        fail_msg("%s: value %d is %g, not %g", row->name, (int)row->spots[i].at,
                 (double)out[row->spots[i].at], (double)row->spots[i].value);
    bwi_graph_free(g);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_dequantize), cmocka_unit_test(test_products),
                                     cmocka_unit_test(test_small_floats)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
