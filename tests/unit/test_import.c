/* SPDX-License-Identifier: Apache-2.0 */
/* Functions as the reader hands them over, made by hand. */
#include "model/import.h"

#include <string.h>

#include "base/memory.h"
#include "format/mlxfn.h"
#include "graph/graph.h"
#include "graph/primitive.h"
#include "support/sweep.h"
#include "support/unit.h"

enum { MAX_VALUES = 8 };

static const float two_floats[] = {1, 2};
static const uint8_t not_bools[] = {1, 7};
static const uint32_t operands[] = {0, 1, 2, 3, 4, 5};

#define ARRAY(dtype, ...) \
  { {__VA_ARGS__}, dtype }
#define INPUT(dtype, ...) \
  { .kind = BWI_MLXFN_INPUT, .array = ARRAY(dtype, __VA_ARGS__), .n_outputs = 1 }
/* Output k of m of a primitive over values 0 .. n - 1. */
#define PART(k, m, name, n, dtype, ...)                                                                    \
  .kind = BWI_MLXFN_PRIMITIVE, .array = ARRAY(dtype, __VA_ARGS__), .primitive = (name), .n_operands = (n), \
  .operands = operands, .output = (k), .n_outputs = (m), .offset = 77
#define CALL(name, n, dtype, ...) PART(0, 1, name, n, dtype, __VA_ARGS__)

typedef struct import_row {
  const char *name;
  uint32_t n_inputs, n_values;
  bwi_mlxfn_value values[MAX_VALUES];
  bool shapeless;
  bw_status status;
  const char *text; /* of the failure */
  bwi_prim becomes; /* what the last value is computed by, where status is BW_OK */
} import_row;

static bw_status import_values(bwi_graph **out, const import_row *row, const bwi_import_limits *limits,
                               bw_error *err) {
  const uint32_t output = row->n_values - 1;
  const bwi_mlxfn_function function = {.n_inputs = row->n_inputs,
                                       .n_values = row->n_values,
                                       .values = row->values,
                                       .n_outputs = 1,
                                       .outputs = &output};
  const bwi_mlxfn file = {.shapeless = row->shapeless, .n_functions = 1, .functions = &function};
  return bwi_import(out, &file, 0, limits, err);
}

static const import_row rows[] = {
    {"same state",
     1,
     2,
     {INPUT(BW_F32, 2, {2, 3}), {CALL("Transpose", 1, BW_F32, 2, {3, 2}), .state.v = {{2, {1, 0}}}}},
     .becomes = BWI_Transpose},
    {"Copy", 1, 2, {INPUT(BW_F32, 1, {2}), {CALL("Copy", 1, BW_F32, 1, {2})}}, .becomes = BWI_Input},
    {"Full", 1, 2, {INPUT(BW_F32, 1, {2}), {CALL("Full", 1, BW_F32, 1, {2})}}, .becomes = BWI_Input},
    {"StopGradient",
     1,
     2,
     {INPUT(BW_F32, 1, {2}), {CALL("StopGradient", 1, BW_F32, 1, {2})}},
     .becomes = BWI_StopGradient},
    {"Split, first",
     1,
     2,
     {INPUT(BW_F32, 1, {6}),
      {PART(0, 3, "Split", 1, BW_F32, 1, {2}), .state = {.v = {{2, {2, 3}}}, .i = {-1}}}},
     .becomes = BWI_Slice},
    {"Split, last",
     1,
     2,
     {INPUT(BW_F32, 1, {6}),
      {PART(2, 3, "Split", 1, BW_F32, 1, {3}), .state = {.v = {{2, {2, 3}}}, .i = {0}}}},
     .becomes = BWI_Slice},
    {"Split, other number of outputs",
     1,
     2,
     {INPUT(BW_F32, 1, {6}), {PART(0, 2, "Split", 1, BW_F32, 1, {2}), .state.v = {{2, {2, 3}}}}},
     .status = BW_EFORMAT,
     .text = "value 1: Split: 2 cuts for 2 outputs"},
    {"Split, other axis",
     1,
     2,
     {INPUT(BW_F32, 1, {6}), {PART(0, 2, "Split", 1, BW_F32, 1, {2}), .state = {.v = {{1, {2}}}, .i = {1}}}},
     .status = BW_EFORMAT,
     .text = "value 1: Split: axis 1 of an array of rank 1"},
    {"DivMod, quotient",
     2,
     3,
     {INPUT(BW_F32, 1, {2}), INPUT(BW_F32, 1, {2}), {PART(0, 2, "DivMod", 2, BW_F32, 1, {2})}},
     .becomes = BWI_FloorDivide},
    {"DivMod, remainder",
     2,
     3,
     {INPUT(BW_F32, 1, {2}), INPUT(BW_F32, 1, {2}), {PART(1, 2, "DivMod", 2, BW_F32, 1, {2})}},
     .becomes = BWI_StopGradient},
    {"Depends",
     2,
     3,
     {INPUT(BW_F32, 1, {2}), INPUT(BW_F32, 1, {3}), {CALL("Depends", 2, BW_F32, 1, {2})}},
     .becomes = BWI_Input},
    {"Depends, more outputs than operands",
     1,
     2,
     {INPUT(BW_F32, 1, {2}), {PART(2, 3, "Depends", 1, BW_F32, 1, {2})}},
     .status = BW_EFORMAT,
     .text = "value 1: output 2 of 1 operands"},
    {"Broadcast",
     1,
     2,
     {INPUT(BW_F32, 1, {2}), {CALL("Broadcast", 1, BW_F32, 2, {3, 2}), .state.v = {{2, {3, 2}}}}},
     .becomes = BWI_Broadcast},
    {"Broadcast of several",
     2,
     3,
     {INPUT(BW_F32, 1, {2}),
      INPUT(BW_F32, 2, {5, 1}),
      {CALL("Broadcast", 2, BW_F32, 2, {5, 2}), .state.v = {{2, {3, 2}}}}},
     .becomes = BWI_Broadcast},
    {"BroadcastAxes",
     2,
     3,
     {INPUT(BW_F32, 3, {1, 3, 4}),
      INPUT(BW_F32, 3, {2, 1, 7}),
      {CALL("BroadcastAxes", 2, BW_F32, 3, {2, 3, 4}), .state.v = {{1, {-1}}}}},
     .becomes = BWI_Broadcast},
    {"BroadcastAxes that do not fit",
     2,
     3,
     {INPUT(BW_F32, 2, {3, 4}),
      INPUT(BW_F32, 2, {3, 7}),
      {CALL("BroadcastAxes", 2, BW_F32, 2, {3, 4}), .state.v = {{1, {0}}}}},
     .status = BW_EFORMAT,
     .text = "value 2: shapes (3, 4) and (1, 7) do not broadcast"},
    {"NumberOfElements",
     1,
     2,
     {INPUT(BW_F32, 2, {3, 4}),
      {CALL("NumberOfElements", 1, BW_F32, 0, {0}), .state = {.v = {{1, {-1}}}, .i = {1}, .dtype = BW_F32}}},
     .becomes = BWI_Constant},
    {"Arange", 0, 1, {{CALL("Arange", 0, BW_I32, 1, {3}), .state.f = {0, 3, 1}}}, .becomes = BWI_Arange},
    {"Quantize at run time",
     1,
     2,
     {INPUT(BW_F32, 2, {32, 32}), {CALL("Quantize", 1, BW_U32, 2, {32, 4}), .state.i = {32, 4, 0, 0}}},
     .status = BW_EUNSUPPORTED,
     .text = "value 1: quantising at run time; evaluate the parameters before exporting"},
    {"Quantize back",
     2,
     3,
     {INPUT(BW_U32, 2, {32, 4}),
      INPUT(BW_U8, 2, {32, 1}),
      {CALL("Quantize", 2, BW_BF16, 2, {32, 32}), .state.i = {32, 4, 1, 1}}},
     .becomes = BWI_Dequantize},
    {"GatherQMM",
     6,
     7,
     {INPUT(BW_F32, 3, {4, 2, 32}),
      INPUT(BW_U32, 3, {3, 8, 4}),
      INPUT(BW_F32, 3, {3, 8, 1}),
      INPUT(BW_F32, 3, {3, 8, 1}),
      INPUT(BW_U32, 1, {5}),
      INPUT(BW_U32, 1, {5}),
      {CALL("GatherQMM", 6, BW_F32, 3, {5, 2, 8}), .state.i = {32, 4, 0, 1, 0, 0}}},
     .becomes = BWI_GatherMM},
    {"GatherQMM without biases",
     5,
     6,
     {INPUT(BW_F32, 3, {4, 2, 32}),
      INPUT(BW_U32, 3, {3, 8, 4}),
      INPUT(BW_F32, 3, {3, 8, 1}),
      INPUT(BW_U32, 1, {5}),
      INPUT(BW_U32, 1, {5}),
      {CALL("GatherQMM", 5, BW_F32, 3, {5, 2, 8}), .state.i = {32, 4, 0, 1, 0, 0}}},
     .status = BW_EFORMAT,
     .text = "value 5: Dequantize: affine quantisation needs scales and biases"},
    {"unknown primitive",
     1,
     2,
     {INPUT(BW_F32, 1, {2}), {CALL("FFT", 1, BW_F32, 1, {2})}},
     .status = BW_EUNSUPPORTED,
     .text = "value 1 is computed by FFT, which is not supported"},
    {"internal primitive",
     1,
     2,
     {INPUT(BW_F32, 1, {2}), {CALL("Elementwise", 1, BW_F32, 1, {2})}},
     .status = BW_EUNSUPPORTED,
     .text = "value 1 is computed by Elementwise, which is not supported"},
    {"larger stored shape",
     1,
     2,
     {INPUT(BW_F32, 1, {2}), {CALL("Exp", 1, BW_F32, 1, {1000000})}},
     .status = BW_EFORMAT,
     .text = "value 1 (Exp): the file says float32 (1000000,), its operands give float32 (2,)"},
    {"other stored dtype",
     1,
     2,
     {INPUT(BW_F32, 1, {2}), {CALL("Exp", 1, BW_F16, 1, {2})}},
     .status = BW_EFORMAT,
     .text = "value 1 (Exp): the file says float16 (2,), its operands give float32 (2,)"},
    {"stored shape of a shapeless file",
     1,
     2,
     {INPUT(BW_F32, 1, {2}), {CALL("Exp", 1, BW_F32, 1, {5})}},
     .shapeless = true,
     .becomes = BWI_Exp},
    {"state that does not fit",
     1,
     2,
     {INPUT(BW_F32, 1, {2}), {CALL("Transpose", 1, BW_F32, 1, {2}), .state.v = {{1, {7}}}}},
     .status = BW_EFORMAT,
     .text = "value 1: Transpose: axis 7 of an array of rank 1"},
    {"constant",
     0,
     1,
     {{.kind = BWI_MLXFN_CONSTANT,
       .array = ARRAY(BW_F32, 1, {2}),
       .data = {(const uint8_t *)two_floats, 8},
       .n_outputs = 1}},
     .becomes = BWI_Constant},
    {"constant of another size",
     0,
     1,
     {{.kind = BWI_MLXFN_CONSTANT,
       .array = ARRAY(BW_F32, 1, {3}),
       .data = {(const uint8_t *)two_floats, 8},
       .n_outputs = 1,
       .offset = 77}},
     .status = BW_EFORMAT,
     .text = "constant 0: shape and size of the data do not fit"},
    {"bools that are none",
     0,
     1,
     {{.kind = BWI_MLXFN_CONSTANT,
       .array = ARRAY(BW_BOOL, 1, {2}),
       .data = {not_bools, 2},
       .n_outputs = 1,
       .offset = 77}},
     .status = BW_EFORMAT,
     .text = "constant 0: element 1 is not a bool"},
    {"great rank of a view",
     1,
     2,
     {INPUT(BW_F32, 1, {4}), {CALL("AsStrided", 1, BW_F32, 1, {64}), .state.v = {{1, {64}}, {1, {1}}}}},
     .status = BW_EFORMAT,
     .text = "value 1: AsStrided: reads elements 0 to 63 of a source of 4"},
};

static void test_rows(void **state) {
  (void)state;
  const bwi_import_limits limits = bwi_import_default_limits();
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
    const import_row *row = &rows[k];
    bwi_graph *g = NULL;
    bw_error err = {0};
    const bw_status status = import_values(&g, row, &limits, &err);
    if (status != row->status) fail_msg("%s: %s: %s", row->name, bw_status_text(status), err.text);
    if (status != BW_OK) {
      assert_null(g);
      assert_string_equal(err.text, row->text);
      assert_int_equal(err.offset, 77);
      continue;
    }
    const bwi_node *n = bwi_graph_node(g, bwi_graph_output(g, 0));
    if (n->prim != row->becomes) fail_msg("%s: became %s", row->name, bwi_primitive_of(n->prim)->name);
    if (!row->shapeless) assert_true(bwi_dims_equal(&n->shape, &row->values[row->n_values - 1].array.shape));
    bwi_graph_free(g);
  }
}

static void test_value_of_number_of_elements(void **state) {
  (void)state;
  const bwi_import_limits limits = bwi_import_default_limits();
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
    if (strcmp(rows[k].name, "NumberOfElements") != 0) continue;
    bwi_graph *g = NULL;
    assert_int_equal(import_values(&g, &rows[k], &limits, NULL), BW_OK);
    assert_float_equal(*(const float *)bwi_graph_node(g, bwi_graph_output(g, 0))->data, 0.25f, 0);
    bwi_graph_free(g);
  }
}

/* --- limits --- */

static const import_row wide = {
    "wide",
    1,
    2,
    {INPUT(BW_F32, 1, {2}), {CALL("Broadcast", 1, BW_F32, 2, {1000, 2}), .state.v = {{2, {1000, 2}}}}},
    .becomes = BWI_Broadcast};
static const import_row product = {
    "product",
    2,
    3,
    {INPUT(BW_F32, 2, {9, 8}), INPUT(BW_F32, 2, {8, 7}), {CALL("Matmul", 2, BW_F32, 2, {9, 7})}},
    .becomes = BWI_Matmul};

static void test_limits(void **state) {
  (void)state;
  static const struct {
    const import_row *row;
    bwi_import_limits limits;
    const char *text; /* NULL: just enough */
  } cases[] = {
      {&wide, {.max_value_bytes = 8000, .max_total_bytes = 8008, .max_operations = 2002}, NULL},
      {&wide,
       {.max_value_bytes = 7999, .max_total_bytes = 8008, .max_operations = 2002},
       "value 1 has 8000 bytes, the limit is 7999"},
      {&wide,
       {.max_value_bytes = 8000, .max_total_bytes = 8007, .max_operations = 2002},
       "the values up to 1 need more than 8007 bytes"},
      {&wide,
       {.max_value_bytes = 8000, .max_total_bytes = 8008, .max_operations = 2001},
       "the values up to 1 need more than 2001 operations"},
      {&product, {.max_value_bytes = 1000, .max_total_bytes = 10000, .max_operations = 9 * 8 * 7}, NULL},
      {&product,
       {.max_value_bytes = 1000, .max_total_bytes = 10000, .max_operations = 9 * 8 * 7 - 1},
       "the values up to 2 need more than 503 operations"},
  };
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    bwi_graph *g = NULL;
    bw_error err = {0};
    assert_int_equal(import_values(&g, cases[k].row, &cases[k].limits, &err),
                     cases[k].text == NULL ? BW_OK : BW_ELIMIT);
    if (cases[k].text != NULL) assert_string_equal(err.text, cases[k].text);
    bwi_graph_free(g);
  }
}

/* Every value costs a plan its part: a file of some megabytes must not keep it busy for minutes. */
static void test_too_many_values(void **state) {
  (void)state;
  bwi_graph *g = NULL;
  bw_error err = {0};
  const bwi_mlxfn_function function = {.n_values = BWI_IMPORT_MAX_VALUES + 1};
  const bwi_mlxfn file = {.n_functions = 1, .functions = &function};
  const bwi_import_limits limits = {.max_value_bytes = 1, .max_total_bytes = 1, .max_operations = 1};
  assert_int_equal(bwi_import(&g, &file, 0, &limits, &err), BW_ELIMIT);
  assert_string_equal(err.text, "the function has 32769 values, the limit is 32768");
}

/* --- what tells layouts apart --- */

static bw_status accept_row(const import_row *row) {
  const uint32_t output = row->n_values - 1;
  const bwi_mlxfn_function function = {.n_inputs = row->n_inputs,
                                       .n_values = row->n_values,
                                       .values = row->values,
                                       .n_outputs = 1,
                                       .outputs = &output};
  const bwi_mlxfn file = {.shapeless = row->shapeless, .n_functions = 1, .functions = &function};
  return bwi_import_accept(NULL, &file, NULL);
}

static void test_accept(void **state) {
  (void)state;
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
    const bw_status wanted = rows[k].status == BW_EUNSUPPORTED ? BW_OK : rows[k].status;
    if (accept_row(&rows[k]) != wanted) fail_msg("%s", rows[k].name);
  }
}

static bw_status attempt(void *payload) {
  const bwi_import_limits limits = bwi_import_default_limits();
  bwi_graph *g = NULL;
  const bw_status status = import_values(&g, payload, &limits, NULL);
  bwi_graph_free(g);
  return status;
}

static void test_without_memory(void **state) {
  (void)state;
  import_row row = rows[0];
  assert_true(sweep_allocations(attempt, &row) > 3);
}

static void test_function_that_is_not_there(void **state) {
  (void)state;
  const bwi_import_limits limits = bwi_import_default_limits();
  const bwi_mlxfn file = {.n_functions = 0};
  bwi_graph *g = NULL;
  assert_int_equal(bwi_import(&g, &file, 0, &limits, NULL), BW_EINVAL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),
      cmocka_unit_test(test_value_of_number_of_elements),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_too_many_values),
      cmocka_unit_test(test_accept),
      cmocka_unit_test(test_without_memory),
      cmocka_unit_test(test_function_that_is_not_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
