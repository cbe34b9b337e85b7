/* SPDX-License-Identifier: Apache-2.0 */
/* Values are packed here bit by bit, as MLX's documentation lays them out: value i of a row takes bits
 * i * bits to (i + 1) * bits of the row, counted from the lowest bit of the first word. */
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

static const uint32_t widths[] = {2, 3, 4, 5, 6, 8};

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

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_dequantize), cmocka_unit_test(test_products)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
