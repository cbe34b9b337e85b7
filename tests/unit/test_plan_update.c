/* SPDX-License-Identifier: Apache-2.0 */
/* A plan that is told which pixels changed must give, to the bit, what a plan gives that runs it all. */
#include <string.h>

#include "backend/changes.h"
#include "backend/plan.h"
#include "base/memory.h"
#include "base/rng.h"
#include "graph/build.h"
#include "support/sweep.h"
#include "support/unit.h"

enum { BATCH = 5, MOST_LAYERS = 3, N_OUTPUTS = 4, MOST_ROUNDS = 30 };

static const bwi_backend *const backends[] = {&bwi_backend_cpu, &bwi_backend_ref};

typedef struct layer {
  int64_t filters, kernel, stride, padding, dilation, groups;
} layer;

typedef struct network {
  const char *name;
  int64_t height, width, channels;
  bool shrinks; /* takes every second pixel by a slice, which has no update, before the last layer */
  layer layers[MOST_LAYERS];
  bool updates;
} network;

static const network networks[] = {
    {"strided", 12, 14, 1, false, {{16, 4, 2, 1, 1, 1}, {20, 4, 2, 1, 1, 1}}, true},
    {"deep pixels", 6, 5, 20, false, {{5, 3, 1, 1, 1, 1}, {70, 2, 1, 0, 1, 1}, {3, 3, 1, 2, 1, 1}}, true},
    {"without padding", 9, 8, 3, false, {{18, 3, 1, 0, 1, 1}, {7, 2, 2, 0, 1, 1}}, true},
    {"groups and dilation", 9, 9, 4, false, {{8, 3, 1, 2, 2, 2}, {6, 3, 3, 1, 1, 2}}, true},
    {"a step between that runs", 10, 10, 2, true, {{9, 3, 1, 1, 1, 1}, {5, 3, 1, 1, 1, 1}}, true},
    {"too wide", 3, 70, 1, false, {{4, 3, 1, 1, 1, 1}}, false},
};

static bwi_id weights(bwi_graph *g, const bwi_dims *shape) {
  int64_t count = 1;
  for (uint32_t a = 0; a < shape->n; a++) count *= shape->v[a];
  float *values = bwi_alloc((size_t)count, sizeof *values);
  if (values == NULL) return bwi_graph_fail(g, BW_ENOMEM, "no memory for weights");
  bwi_rng_uniform(values, (size_t)count, (bwi_rng_key){.stream = bwi_graph_count(g)}, 0, -1, 1);
  const bwi_id id = bwi_constant(g, BW_F32, shape, values);
  bwi_free(values);
  return id;
}

static bwi_id convolve(bwi_graph *g, bwi_id x, const layer *l) {
  const bwi_dims *shape = &bwi_graph_node(g, x)->shape;
  const bwi_params params = {.i = {l->groups},
                             .v = {{2, {l->stride, l->stride}},
                                   {2, {l->padding, l->padding}},
                                   {2, {l->padding, l->padding}},
                                   {2, {l->dilation, l->dilation}},
                                   {2, {1, 1}}}};
  const bwi_dims filters = {4, {l->filters, l->kernel, l->kernel, shape->v[3] / l->groups}};
  return bwi_apply(g, BWI_Convolution, &params, 2, (bwi_id[]){x, weights(g, &filters)});
}

static bw_status build(bwi_graph **out, const network *n, bw_error *err) {
  bwi_graph *g = NULL;
  BW_TRY(bwi_graph_create(&g, err));
  bwi_id x = bwi_input(g, BW_F32, &(bwi_dims){4, {BATCH, n->height, n->width, n->channels}}, 0);
  for (uint32_t k = 0; k < MOST_LAYERS && n->layers[k].filters > 0; k++) {
    if (k > 0 && n->shrinks && bwi_graph_status(g, NULL) == BW_OK) {
      const bwi_dims *shape = &bwi_graph_node(g, x)->shape;
      x = bwi_slice(g, x, &(bwi_dims){4, {0, 0, 0, 0}}, shape, &(bwi_dims){4, {1, 2, 2, 1}});
    }
    if (bwi_graph_status(g, NULL) == BW_OK) x = convolve(g, x, &n->layers[k]);
  }
  if (bwi_graph_status(g, NULL) == BW_OK) {
    const int64_t d = bwi_node_count(bwi_graph_node(g, x)) / BATCH;
    x = bwi_matmul(g, bwi_reshape(g, x, &(bwi_dims){2, {BATCH, d}}),
                   weights(g, &(bwi_dims){2, {d, N_OUTPUTS}}));
  }
  bw_status status = bwi_graph_status(g, err);
  if (status == BW_OK) status = bwi_graph_set_outputs(g, 1, &x, err);
  if (status == BW_OK)
    *out = g;
  else
    bwi_graph_free(g);
  return status;
}

/* Other values in a rectangle of each image; none in some. */
static void change(const network *n, uint32_t round, float *images) {
  for (uint32_t image = 0; image < BATCH; image++) {
    const bwi_rng_key key = {.sample = image};
    uint32_t r[4];
    bwi_rng_u32(r, 4, key, round);
    const int64_t top = r[0] % n->height, left = r[1] % n->width;
    for (int64_t y = top; y < n->height && y < top + r[2] % 4; y++)
      for (int64_t x = left; x < n->width && x < left + r[3] % 5; x++)
        bwi_rng_uniform(images + ((image * n->height + y) * n->width + x) * n->channels, (size_t)n->channels,
                        key, 1000 + round, -1, 1);
  }
}

typedef struct contest {
  bwi_plan *whole, *updated;
  bwi_weights *weights;
} contest;

static void check_rounds(const network *n, const contest *c) {
  const size_t pixel_bytes = (size_t)n->channels * sizeof(float),
               image_count = (size_t)(n->height * n->width * n->channels);
  float *now = bwi_plan_input(c->whole, 0), *before = bwi_plan_input(c->updated, 0);
  uint64_t changed[BATCH * 16];
  bwi_rng_uniform(now, BATCH * image_count, (bwi_rng_key){0}, 0, -1, 1);
  memcpy(before, now, BATCH * image_count * sizeof(float));
  assert_int_equal(bwi_plan_run_outputs(c->updated, NULL), BW_OK);
  for (uint32_t round = 0; round < MOST_ROUNDS; round++) {
    change(n, round, now);
    (void)bwi_changes_find(changed, before, now, BATCH * n->height, n->width, (int64_t)pixel_bytes);
    memcpy(before, now, BATCH * image_count * sizeof(float));
    assert_int_equal(bwi_plan_run_outputs(c->whole, NULL), BW_OK);
    assert_int_equal(bwi_plan_update(c->updated, changed, NULL), BW_OK);
    if (memcmp(bwi_plan_output(c->whole, 0), bwi_plan_output(c->updated, 0),
               BATCH * N_OUTPUTS * sizeof(float)) != 0)
      fail_msg("%s: round %d", n->name, (int)round);
  }
}

/* payload: a network. */
static bw_status attempt(void *payload) {
  const network *n = payload;
  bwi_graph *g = NULL;
  contest c = {0};
  /* Winograd's kernels have no update */
  const uint32_t flags = BWI_PLAN_DIRECT;
  bw_status status = build(&g, n, NULL);
  if (status == BW_OK) status = bwi_weights_create(&c.weights, NULL);
  if (status == BW_OK) status = bwi_plan_create(&c.whole, g, 2, backends, c.weights, flags, NULL);
  if (status == BW_OK)
    status = bwi_plan_create(&c.updated, g, 2, backends, c.weights, flags | BWI_PLAN_UPDATES, NULL);
  if (status == BW_OK) {
    assert_false(bwi_plan_can_update(c.whole));
    assert_int_equal(bwi_plan_can_update(c.updated), n->updates);
    if (n->updates) check_rounds(n, &c);
  }
  bwi_plan_free(c.whole);
  bwi_plan_free(c.updated);
  bwi_weights_free(c.weights);
  bwi_graph_free(g);
  return status;
}

static void test_same_as_all(void **state) {
  (void)state;
  for (uint32_t k = 0; k < sizeof networks / sizeof *networks; k++) {
    network n = networks[k];
    assert_int_equal(attempt(&n), BW_OK);
  }
}

static void test_without_memory(void **state) {
  (void)state;
  network n = networks[0];
  assert_true(sweep_allocations(attempt, &n) > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_same_as_all),
      cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
