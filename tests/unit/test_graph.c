/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/graph.h"

#include <string.h>

#include "base/memory.h"
#include "graph/build.h"
#include "graph/primitive.h"
#include "graph/program.h"
#include "support/sweep.h"
#include "support/unit.h"

static const bwi_dims pair = {1, {2}}, square = {2, {2, 2}};

static bwi_graph *new_graph(void) {
  bwi_graph *g = NULL;
  assert_int_equal(bwi_graph_create(&g, NULL), BW_OK);
  return g;
}

static void test_equal_nodes_are_shared(void **state) {
  (void)state;
  bwi_graph *g = new_graph();
  const float values[] = {1, 2}, same[] = {1, 2}, other[] = {1, 3};
  const bwi_id a = bwi_input(g, BW_F32, &pair, 0), b = bwi_input(g, BW_F32, &pair, 0);
  assert_int_not_equal(a, b); /* inputs are never shared */
  assert_int_equal(bwi_add(g, a, b), bwi_add(g, a, b));
  assert_int_not_equal(bwi_add(g, a, b), bwi_add(g, b, a));
  assert_int_not_equal(bwi_add(g, a, b), bwi_subtract(g, a, b));
  assert_int_equal(bwi_constant(g, BW_F32, &pair, values), bwi_constant(g, BW_F32, &pair, same));
  assert_int_not_equal(bwi_constant(g, BW_F32, &pair, values), bwi_constant(g, BW_F32, &pair, other));
  assert_int_not_equal(bwi_constant(g, BW_F32, &pair, values), bwi_constant(g, BW_I32, &pair, values));
  assert_int_equal(bwi_constant_borrowed(g, BW_F32, &pair, values), bwi_constant(g, BW_F32, &pair, values));
  bwi_params log_e = {.i = {2}}, log_2 = {.i = {0}};
  assert_int_not_equal(bwi_apply(g, BWI_Log, &log_e, 1, &a), bwi_apply(g, BWI_Log, &log_2, 1, &a));
  log_e.v[0].v[3] = 7; /* past the vector's length */
  assert_int_equal(bwi_apply(g, BWI_Log, &log_e, 1, &a),
                   bwi_apply(g, BWI_Log, &(bwi_params){.i = {2}}, 1, &a));
  assert_int_equal(bwi_graph_status(g, NULL), BW_OK);
  bwi_graph_free(g);
}

static void test_zeros_of_either_sign_are_not_shared(void **state) {
  (void)state;
  bwi_graph *g = new_graph();
  assert_int_not_equal(bwi_scalar(g, BW_F32, 0.0), bwi_scalar(g, BW_F32, -0.0));
  bwi_graph_free(g);
}

static void test_great_constants_are_shared_by_address(void **state) {
  (void)state;
  enum { COUNT = 5000 };
  bwi_graph *g = new_graph();
  float *values = bwi_alloc(COUNT, sizeof *values);
  const bwi_dims shape = {1, {COUNT}};
  const bwi_id borrowed = bwi_constant_borrowed(g, BW_F32, &shape, values);
  assert_int_equal(bwi_constant_borrowed(g, BW_F32, &shape, values), borrowed);
  assert_ptr_equal(bwi_graph_node(g, borrowed)->data, values);
  float *same = bwi_alloc(COUNT, sizeof *same);
  const bwi_id copied = bwi_constant(g, BW_F32, &shape, same);
  assert_int_not_equal(copied, borrowed);
  assert_ptr_not_equal(bwi_graph_node(g, copied)->data, same);
  bwi_free(same);
  bwi_graph_free(g);
  bwi_free(values);
}

static void test_first_failure_stays(void **state) {
  (void)state;
  bwi_graph *g = new_graph();
  bw_error err;
  const bwi_id a = bwi_input(g, BW_F32, &pair, 0);
  assert_int_equal(bwi_graph_status(g, &err), BW_OK);
  assert_int_equal(bwi_matmul(g, a, a), BWI_NONE);
  assert_int_equal(bwi_graph_fail(g, BW_EIO, "later"), BWI_NONE);
  assert_int_equal(bwi_add(g, a, a), BWI_NONE);
  assert_int_equal(bwi_input(g, BW_F32, &pair, 0), BWI_NONE);
  assert_int_equal(bwi_scalar(g, BW_F32, 1), BWI_NONE);
  assert_int_equal(bwi_graph_status(g, &err), BW_EFORMAT);
  assert_string_equal(err.text, "Matmul: the left operand: rank 1, must be in [2, 10]");
  assert_int_equal(bwi_graph_set_outputs(g, 1, &a, &err), BW_EFORMAT);
  assert_int_equal(bwi_graph_n_outputs(g), 0);
  bwi_graph_free(g);
}

static void test_none_is_contagious_and_no_failure(void **state) {
  (void)state;
  bwi_graph *g = new_graph();
  const bwi_id a = bwi_input(g, BW_F32, &pair, 0), none = BWI_NONE;
  assert_int_equal(bwi_add(g, a, none), BWI_NONE);
  assert_int_equal(bwi_sum_to(g, none, &pair), BWI_NONE);
  assert_int_equal(bwi_scalar_like(g, none, 1), BWI_NONE);
  assert_int_equal(bwi_graph_status(g, NULL), BW_OK);
  bwi_graph_free(g);
}

static bwi_id unknown_operand(bwi_graph *g) {
  return bwi_apply(g, BWI_Abs, NULL, 1, (bwi_id[]){99});
}

static bwi_id negative_operand(bwi_graph *g) {
  return bwi_apply(g, BWI_Abs, NULL, 1, (bwi_id[]){-7});
}

static bwi_id too_few_operands(bwi_graph *g) {
  return bwi_apply(g, BWI_Add, NULL, 1, (bwi_id[]){0});
}

static bwi_id unknown_primitive(bwi_graph *g) {
  return bwi_apply(g, BWI_PRIM_COUNT, NULL, 1, (bwi_id[]){0});
}

static bwi_id input_by_apply(bwi_graph *g) {
  return bwi_apply(g, BWI_Input, NULL, 0, NULL);
}

static bwi_id elementwise_by_apply(bwi_graph *g) {
  return bwi_apply(g, BWI_Elementwise, NULL, 1, (bwi_id[]){0});
}

static bwi_id overlong_parameter(bwi_graph *g) {
  return bwi_apply(g, BWI_Reshape, &(bwi_params){.v = {{.n = 11}}}, 1, (bwi_id[]){0});
}

static bwi_id unknown_dtype(bwi_graph *g) {
  return bwi_input(g, (bw_dtype)13, &pair, 0);
}

static bwi_id negative_extent(bwi_graph *g) {
  return bwi_input(g, BW_F32, &(bwi_dims){1, {-1}}, 0);
}

static bwi_id too_many_elements(bwi_graph *g) {
  return bwi_input(g, BW_F32, &(bwi_dims){2, {1 << 16, (1 << 15) + 1}}, 0);
}

static bwi_id too_great_extent(bwi_graph *g) {
  return bwi_input(g, BW_F32, &(bwi_dims){2, {(int64_t)1 << 31, 0}}, 0);
}

static bwi_id third_stage(bwi_graph *g) {
  return bwi_input(g, BW_F32, &pair, 2);
}

static bwi_id constant_of_nothing(bwi_graph *g) {
  return bwi_constant(g, BW_F32, &pair, NULL);
}

static bwi_id scalar_of_no_dtype(bwi_graph *g) {
  return bwi_scalar(g, (bw_dtype)99, 1);
}

static void test_refusals(void **state) {
  (void)state;
  static const struct {
    const char *name;
    bwi_id (*build)(bwi_graph *g);
    bw_status status;
  } rows[] = {
      {"unknown operand", unknown_operand, BW_EINVAL},
      {"negative operand", negative_operand, BW_EINVAL},
      {"too few operands", too_few_operands, BW_EFORMAT},
      {"unknown primitive", unknown_primitive, BW_EINVAL},
      {"input by apply", input_by_apply, BW_EINVAL},
      {"elementwise by apply", elementwise_by_apply, BW_EINVAL},
      {"overlong parameter", overlong_parameter, BW_ELIMIT},
      {"unknown dtype", unknown_dtype, BW_EFORMAT},
      {"negative extent", negative_extent, BW_EFORMAT},
      {"too many elements", too_many_elements, BW_ELIMIT},
      {"too great extent", too_great_extent, BW_EFORMAT},
      {"third stage", third_stage, BW_EINVAL},
      {"constant of nothing", constant_of_nothing, BW_EINVAL},
      {"scalar of no dtype", scalar_of_no_dtype, BW_EFORMAT},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bwi_graph *g = new_graph();
    bw_error err = {.text = ""};
    bwi_input(g, BW_F32, &pair, 0);
    const bwi_id id = rows[i].build(g);
    if (id != BWI_NONE || bwi_graph_status(g, &err) != rows[i].status || err.text[0] == '\0')
      fail_msg("%s: node %d, status %d, \"%s\"", rows[i].name, (int)id, (int)bwi_graph_status(g, NULL),
               err.text);
    bwi_graph_free(g);
  }
}

static void test_outputs(void **state) {
  (void)state;
  bwi_graph *g = new_graph();
  const bwi_id a = bwi_input(g, BW_F32, &pair, 0), b = bwi_input(g, BW_F32, &pair, 1);
  const bwi_id outputs[] = {b, a}, wrong[] = {a, 2}, none[] = {BWI_NONE};
  assert_int_equal(bwi_graph_set_outputs(g, 2, outputs, NULL), BW_OK);
  assert_int_equal(bwi_graph_set_outputs(g, 2, wrong, NULL), BW_EINVAL);
  assert_int_equal(bwi_graph_set_outputs(g, 1, none, NULL), BW_EINVAL);
  assert_int_equal(bwi_graph_n_outputs(g), 2);
  assert_int_equal(bwi_graph_output(g, 0), b);
  assert_int_equal(bwi_graph_n_inputs(g), 2);
  assert_int_equal(bwi_graph_input(g, 1), b);
  bwi_graph_free(g);
}

static void test_stages(void **state) {
  (void)state;
  bwi_graph *g = new_graph();
  const bwi_id early = bwi_input(g, BW_F32, &pair, 0), late = bwi_input(g, BW_F32, &pair, 1);
  assert_int_equal(bwi_graph_node(g, bwi_add(g, early, early))->stage, 0);
  assert_int_equal(bwi_graph_node(g, bwi_add(g, early, late))->stage, 1);
  assert_int_equal(bwi_graph_node(g, bwi_add(g, bwi_add(g, late, late), early))->stage, 1);
  assert_int_equal(bwi_graph_node(g, bwi_scalar(g, BW_F32, 1))->stage, 0);
  bwi_graph_free(g);
}

static void test_scalars(void **state) {
  (void)state;
  static const struct {
    bw_dtype dtype;
    double value;
    uint64_t bits;
  } rows[] = {
      {BW_BOOL, 2, 1},
      {BW_U8, 300, 255},
      {BW_U8, -1, 0},
      {BW_I8, -300, 0x80},
      {BW_I16, -2, 0xfffe},
      {BW_U32, 0x1p40, UINT32_MAX},
      {BW_I32, -5.9, 0xfffffffb},
      {BW_U64, 0x1p63, UINT64_C(1) << 63},
      {BW_I64, -0x1p63, UINT64_C(1) << 63},
      {BW_F16, 1, 0x3c00},
      {BW_BF16, 1, 0x3f80},
      {BW_F32, 1, 0x3f800000},
      {BW_F64, 1, UINT64_C(0x3ff0000000000000)},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bwi_graph *g = new_graph();
    uint64_t bits = 0;
    const bwi_node *n = bwi_graph_node(g, bwi_scalar(g, rows[i].dtype, rows[i].value));
    memcpy(&bits, n->data, bwi_node_bytes(n));
    assert_int_equal(n->shape.n, 0);
    if (bits != rows[i].bits)
      fail_msg("%s of %g: %llx", bw_dtype_name(n->dtype), rows[i].value, (unsigned long long)bits);
    bwi_graph_free(g);
  }
}

static void test_elementwise(void **state) {
  (void)state;
  bwi_graph *g = new_graph();
  const bwi_id a = bwi_input(g, BW_F32, &square, 0), b = bwi_input(g, BW_F32, &pair, 0);
  bwi_program program = {
      .n_steps = 2,
      .steps = {{.prim = BWI_Add, .n_in = 2, .in = {0, 1}}, {.prim = BWI_Abs, .n_in = 1, .in = {2}}}};
  const bwi_id fused = bwi_elementwise(g, &program, 2, (bwi_id[]){a, b});
  assert_int_equal(bwi_elementwise(g, &program, 2, (bwi_id[]){a, b}), fused);
  assert_true(bwi_dims_equal(&bwi_graph_node(g, fused)->shape, &square));
  assert_ptr_not_equal(bwi_graph_node(g, fused)->data, &program);
  program.steps[1].prim = BWI_Negative;
  assert_int_not_equal(bwi_elementwise(g, &program, 2, (bwi_id[]){a, b}), fused);
  program.boolean_result = true;
  assert_int_equal(bwi_graph_node(g, bwi_elementwise(g, &program, 2, (bwi_id[]){a, b}))->dtype, BW_BOOL);
  program.steps[0].in[1] = 2; /* itself */
  assert_int_equal(bwi_elementwise(g, &program, 2, (bwi_id[]){a, b}), BWI_NONE);
  assert_int_equal(bwi_graph_status(g, NULL), BW_EINVAL);
  bwi_graph_free(g);
}

static void test_kept_graph_outlives_its_owner(void **state) {
  (void)state;
  const uint64_t before = bwi_memory_live_blocks();
  const float values[] = {1, 2};
  bwi_graph *old = new_graph(), *next = new_graph();
  const bwi_id a = bwi_constant(old, BW_F32, &pair, values);
  const bwi_id b = bwi_constant_borrowed(next, BW_F32, &pair, bwi_graph_node(old, a)->data);
  assert_int_equal(bwi_graph_keep(next, old, NULL), BW_OK);
  bwi_graph_free(old);
  assert_memory_equal(bwi_graph_node(next, b)->data, values, sizeof values);
  bwi_graph_free(next);
  bwi_graph_free(NULL);
  assert_int_equal(bwi_memory_live_blocks(), before);
}

static void test_many_nodes_stay_where_they_are(void **state) {
  (void)state;
  bwi_graph *g = new_graph();
  const bwi_id a = bwi_input(g, BW_F32, &pair, 0);
  const bwi_node *first = bwi_graph_node(g, a);
  bwi_id sum = a;
  for (int i = 0; i < 10000; i++) sum = bwi_add(g, sum, a);
  assert_int_equal(bwi_graph_count(g), 10001);
  assert_ptr_equal(bwi_graph_node(g, a), first);
  sum = a;
  for (int i = 0; i < 10000; i++) sum = bwi_add(g, sum, a);
  assert_int_equal(bwi_graph_count(g), 10001); /* all found again */
  bwi_graph_free(g);
}

typedef struct text {
  size_t size;
  char data[8192];
} text;

static void append(void *payload, const void *data, size_t size) {
  text *t = payload;
  assert_true(size <= sizeof t->data - t->size);
  memcpy(t->data + t->size, data, size);
  t->size += size;
}

/* (x + 1) * w, with dead nodes and another order of building when `other` is set. */
static void describe(text *out, bool other, float weight) {
  bwi_graph *g = new_graph();
  const float w[] = {weight, 2};
  const bwi_id x = bwi_input(g, BW_F32, &pair, 0);
  if (other) bwi_unary(g, BWI_Exp, x);
  const bwi_id sum = bwi_add(g, x, bwi_scalar_like(g, x, 1));
  if (other) bwi_unary(g, BWI_Exp, sum);
  const bwi_id y = bwi_multiply(g, sum, bwi_constant(g, BW_F32, &pair, w));
  assert_int_equal(bwi_graph_set_outputs(g, 1, &y, NULL), BW_OK);
  out->size = 0;
  assert_int_equal(bwi_graph_canonical(g, append, out, NULL), BW_OK);
  bwi_graph_free(g);
}

static void test_canonical_text(void **state) {
  (void)state;
  static text plain, other, different;
  describe(&plain, false, 1);
  describe(&other, true, 1);
  describe(&different, false, 3);
  assert_true(plain.size > 0);
  assert_int_equal(plain.size, other.size);
  assert_memory_equal(plain.data, other.data, plain.size);
  assert_int_equal(plain.size, different.size);
  assert_memory_not_equal(plain.data, different.data, plain.size);
}

static void discard(void *payload, const void *data, size_t size) {
  (void)payload, (void)data, (void)size;
}

static bw_status build_and_describe(void *payload) {
  (void)payload;
  bwi_graph *g = NULL, *other = NULL;
  bw_status status = bwi_graph_create(&g, NULL);
  if (status == BW_OK) status = bwi_graph_create(&other, NULL);
  if (status == BW_OK) status = bwi_graph_keep(g, other, NULL);
  bwi_graph_free(other);
  if (status == BW_OK) {
    bwi_id y = bwi_input(g, BW_F32, &pair, 0);
    for (int i = 0; i < 100; i++) y = bwi_scale(g, y, 2);
    status = bwi_graph_set_outputs(g, 1, &y, NULL);
  }
  if (status == BW_OK) status = bwi_graph_canonical(g, discard, NULL, NULL);
  bwi_graph_free(g);
  return status;
}

static void test_allocation_failures(void **state) {
  (void)state;
  assert_true(sweep_allocations(build_and_describe, NULL) > 5);
}

static void test_names(void **state) {
  (void)state;
  bwi_prim prim;
  assert_true(bwi_primitive_find("Convolution", &prim));
  assert_int_equal(prim, BWI_Convolution);
  assert_string_equal(bwi_primitive_of(BWI_ArcTan2)->name, "ArcTan2");
  static const char *const unknown[] = {
      "",           "convolution", "Input", "Constant", "FusedMatmul", "AsStridedGradient", "Elementwise",

      "Dequantize", "CustomKernel"};
  for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
    if (bwi_primitive_find(unknown[i], &prim)) fail_msg("%s was found", unknown[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_equal_nodes_are_shared),
      cmocka_unit_test(test_zeros_of_either_sign_are_not_shared),
      cmocka_unit_test(test_great_constants_are_shared_by_address),
      cmocka_unit_test(test_first_failure_stays),
      cmocka_unit_test(test_none_is_contagious_and_no_failure),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_outputs),
      cmocka_unit_test(test_stages),
      cmocka_unit_test(test_scalars),
      cmocka_unit_test(test_elementwise),
      cmocka_unit_test(test_kept_graph_outlives_its_owner),
      cmocka_unit_test(test_many_nodes_stay_where_they_are),
      cmocka_unit_test(test_canonical_text),
      cmocka_unit_test(test_allocation_failures),
      cmocka_unit_test(test_names),
  };
  return cmocka_run_group_tests_name("graph", tests, NULL, NULL);
}
