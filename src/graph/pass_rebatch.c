/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the batch size of a traced function free. MLX writes the batch size into the parameters of the
 * primitives that hold shapes; which of their extents carry it is found by copying the graph with the
 * input's first axis changed and following what that changes.
 *
 * A Broadcast of something that does not depend on the batch is left out where its users broadcast by
 * themselves, because its extents alone do not tell a batch from, say, a number of channels that happens
 * to be equal. Until a user needs all extents, the new node is thinner than the old one: of lower rank,
 * or with an extent of 1 where the old one was stretched. */
#include <inttypes.h>

#include "base/memory.h"
#include "graph/build.h"
#include "graph/passes.h"
#include "graph/pattern.h"
#include "graph/primitive.h"

typedef struct rebatch {
  int64_t from, to;
  bool *is_output; /* of each old node */
} rebatch;

static const bwi_dims *shape_of(const bwi_graph *g, bwi_id id) {
  return &bwi_graph_node(g, id)->shape;
}

static int64_t scaled(const rebatch *b, int64_t extent) {
  return extent / b->from * b->to;
}

/* Which of these extents is the batch, given that one of them carries it: the first that equals it, else
 * the first multiple; count if there is none. Extents of 0 and less are passed over. */
static uint32_t find_batch(const rebatch *b, uint32_t count, const int64_t *extents) {
  for (uint32_t d = 0; d < count; d++)
    if (extents[d] == b->from) return d;
  for (uint32_t d = 0; d < count; d++)
    if (extents[d] > 0 && extents[d] % b->from == 0) return d;
  return count;
}

static bwi_id refuse(bwi_rewrite *r, const char *what) {
  return bwi_graph_fail(bwi_rewrite_new(r), BW_EUNSUPPORTED, "%s", what);
}

/* --- thin nodes --- */

/* The extent of axis d of a shape that is aligned with another of rank `rank` at the last axis. */
static int64_t aligned(const bwi_dims *shape, uint32_t rank, uint32_t d) {
  return d + shape->n < rank ? 1 : shape->v[d + shape->n - rank];
}

static bool carries_batch(const bwi_dims *old, const bwi_dims *new) {
  for (uint32_t d = 0; d < old->n; d++)
    if (aligned(new, old->n, d) != old->v[d] && aligned(new, old->n, d) != 1) return true;
  return false;
}

/* The new node of old node `id` with all its extents. */
static bwi_id thicken(bwi_rewrite *r, const rebatch *b, bwi_id id, bwi_id thin) {
  bwi_graph *g = bwi_rewrite_new(r);
  if (thin == BWI_NONE) return BWI_NONE;
  const bwi_dims *old = shape_of(bwi_rewrite_old(r), id), *new = shape_of(g, thin);
  bwi_dims shape = {.n = old->n};
  int64_t stretched[BW_MAX_RANK]; /* the old extents that the new node lacks; else 0 */
  for (uint32_t d = 0; d < old->n; d++) {
    const bool missing = d + new->n < old->n;
    const int64_t extent = aligned(new, old->n, d);
    const bool is_stretched = missing || (extent == 1 && old->v[d] != 1);
    shape.v[d] = is_stretched ? old->v[d] : extent;
    stretched[d] = is_stretched ? old->v[d] : 0;
  }
  const uint32_t axis = carries_batch(old, new) ? old->n : find_batch(b, old->n, stretched);
  if (axis < old->n) shape.v[axis] = scaled(b, old->v[axis]);
  return bwi_broadcast(g, thin, &shape);
}

static bwi_id full(bwi_rewrite *r, const rebatch *b, bwi_id operand) {
  return thicken(r, b, operand, bwi_rewrite_map(r, operand));
}

static bwi_id copy_full(bwi_rewrite *r, const rebatch *b, const bwi_node *n, const bwi_params *params) {
  bwi_id in[BWI_MAX_OPERANDS];
  for (uint32_t k = 0; k < n->n_in; k++) in[k] = full(r, b, n->in[k]);
  return bwi_apply(bwi_rewrite_new(r), n->prim, params, n->n_in, in);
}

/* --- primitives whose parameters hold extents --- */

/* Scales one of the extents so that they hold `to` elements where they held `from`. */
static bool scale_extents(const rebatch *b, uint32_t count, int64_t *extents, int64_t from, int64_t to) {
  if (from == to) return true;
  const uint32_t axis = find_batch(b, count, extents);
  if (axis == count || from % b->from != 0 || scaled(b, from) != to) return false;
  extents[axis] = scaled(b, extents[axis]);
  return true;
}

/* Cuts both shapes into the shortest runs of axes that hold equally many elements, and scales each run
 * of `out` as the run of `old` was scaled to `new`. */
static bool scale_runs(const rebatch *b, bwi_dims *out, const bwi_dims *old, const bwi_dims *new) {
  uint32_t i = 0, j = 0;
  while (i < old->n && j < out->n) {
    const uint32_t first = j;
    int64_t have = old->v[i], now = new->v[i], want = out->v[j];
    i++, j++;
    while (have != want) {
      if (have < want && i < old->n) {
        have *= old->v[i];
        now *= new->v[i++];
      } else if (have > want && j < out->n) {
        want *= out->v[j++];
      } else {
        return false;
      }
    }
    if (!scale_extents(b, j - first, out->v + first, have, now)) return false;
  }
  return true;
}

static bwi_id rebatch_reshape(bwi_rewrite *r, const rebatch *b, const bwi_node *n) {
  const bwi_id operand = full(r, b, n->in[0]);
  if (operand == BWI_NONE) return BWI_NONE;
  bwi_dims shape = n->shape;
  if (!scale_runs(b, &shape, shape_of(bwi_rewrite_old(r), n->in[0]), shape_of(bwi_rewrite_new(r), operand)))
    return refuse(r, "Reshape: the batch cannot be told from the other axes");
  return bwi_reshape(bwi_rewrite_new(r), operand, &shape);
}

static bwi_id rebatch_unflatten(bwi_rewrite *r, const rebatch *b, const bwi_node *n) {
  const bwi_id operand = full(r, b, n->in[0]);
  if (operand == BWI_NONE) return BWI_NONE;
  bwi_params params = *n->params;
  const int64_t axis = params.i[0];
  if (!scale_extents(b, params.v[0].n, params.v[0].v, shape_of(bwi_rewrite_old(r), n->in[0])->v[axis],
                     shape_of(bwi_rewrite_new(r), operand)->v[axis]))
    return refuse(r, "Unflatten: the batch cannot be told from the other axes");
  return bwi_apply(bwi_rewrite_new(r), n->prim, &params, 1, &operand);
}

static bwi_id rebatch_broadcast(bwi_rewrite *r, const bwi_node *n) {
  bwi_graph *g = bwi_rewrite_new(r);
  const bwi_id operand = bwi_rewrite_map(r, n->in[0]);
  const bwi_dims *old = shape_of(bwi_rewrite_old(r), n->in[0]), *new = shape_of(g, operand);
  if (!carries_batch(old, new)) return operand;
  bwi_dims shape = n->shape;
  for (uint32_t d = 0; d < shape.n; d++)
    if (aligned(old, shape.n, d) == shape.v[d] && aligned(new, shape.n, d) != 1)
      shape.v[d] = aligned(new, shape.n, d);
  return bwi_broadcast(g, operand, &shape);
}

/* Slice and SliceUpdate: bounds of the batch, which must be taken as a whole, follow it. */
static bwi_id rebatch_slice(bwi_rewrite *r, const rebatch *b, const bwi_node *n) {
  const bwi_id source = full(r, b, n->in[0]);
  if (source == BWI_NONE) return BWI_NONE;
  const bwi_dims *old = shape_of(bwi_rewrite_old(r), n->in[0]), *new = shape_of(bwi_rewrite_new(r), source);
  const bwi_dims *taken = n->prim == BWI_Slice ? &n->shape : shape_of(bwi_rewrite_old(r), n->in[1]);
  bwi_params params = *n->params;
  for (uint32_t d = 0; d < old->n; d++) {
    if (old->v[d] == new->v[d]) continue;
    if (taken->v[d] != old->v[d] || (old->v[d] > 1 && params.v[2].v[d] != 1))
      return refuse(r, "the function takes a part of the batch");
    params.v[1].v[d] = new->v[d];
  }
  return copy_full(r, b, n, &params);
}

/* DynamicSlice and Gather: slice sizes, in v1, of the batch follow it. */
static bwi_id rebatch_slice_sizes(bwi_rewrite *r, const rebatch *b, const bwi_node *n) {
  const bwi_id source = full(r, b, n->in[0]);
  if (source == BWI_NONE) return BWI_NONE;
  const bwi_dims *old = shape_of(bwi_rewrite_old(r), n->in[0]), *new = shape_of(bwi_rewrite_new(r), source);
  bwi_params params = *n->params;
  for (uint32_t d = 0; d < old->n; d++) {
    if (old->v[d] == new->v[d]) continue;
    if (params.v[1].v[d] != old->v[d]) return refuse(r, "the function takes a part of the batch");
    params.v[1].v[d] = new->v[d];
  }
  return copy_full(r, b, n, &params);
}

static int64_t old_count(const bwi_rewrite *r, bwi_id id) {
  return bwi_node_count(bwi_graph_node(bwi_rewrite_old(r), id));
}

/* The outermost axis of a view over a whole batch steps from sample to sample. */
static bwi_id rebatch_as_strided(bwi_rewrite *r, const rebatch *b, const bwi_node *n) {
  const bwi_id source = full(r, b, n->in[0]);
  if (source == BWI_NONE) return BWI_NONE;
  const int64_t old = old_count(r, n->in[0]),
                new = bwi_node_count(bwi_graph_node(bwi_rewrite_new(r), source));
  bwi_params params = *n->params;
  if (old != new) {
    bwi_dims *shape = &params.v[0], *strides = &params.v[1];
    if (shape->n == 0 || shape->v[0] != b->from || strides->v[0] != old / b->from || scaled(b, old) != new)
      return refuse(r, "AsStrided: the batch is not the outermost axis");
    shape->v[0] = b->to;
  }
  return bwi_apply(bwi_rewrite_new(r), n->prim, &params, 1, &source);
}

/* AsStridedGradient and AvgPoolGradient: v[k] is the shape of their result, whose batch is the operand's. */
static bwi_id rebatch_gradient(bwi_rewrite *r, const rebatch *b, const bwi_node *n, uint32_t k) {
  const bwi_id operand = full(r, b, n->in[0]);
  if (operand == BWI_NONE) return BWI_NONE;
  bwi_params params = *n->params;
  const bwi_dims *old = shape_of(bwi_rewrite_old(r), n->in[0]), *new = shape_of(bwi_rewrite_new(r), operand);
  const uint32_t axis = find_batch(b, params.v[k].n, params.v[k].v);
  if (!bwi_dims_equal(old, new)) {
    if (axis == params.v[k].n) return refuse(r, "the batch cannot be told from the other axes of a gradient");
    params.v[k].v[axis] = scaled(b, params.v[k].v[axis]);
  }
  return bwi_apply(bwi_rewrite_new(r), n->prim, &params, 1, &operand);
}

static bwi_id rebatch_pad(bwi_rewrite *r, const rebatch *b, const bwi_node *n) {
  const bwi_id operand = full(r, b, n->in[0]);
  if (operand == BWI_NONE) return BWI_NONE;
  const bwi_params *p = n->params;
  const bwi_dims *old = shape_of(bwi_rewrite_old(r), n->in[0]), *new = shape_of(bwi_rewrite_new(r), operand);
  for (uint32_t k = 0; k < p->v[0].n; k++) {
    const int64_t d = p->v[0].v[k];
    if (old->v[d] != new->v[d] && (p->v[1].v[k] != 0 || p->v[2].v[k] != 0))
      return refuse(r, "the function pads the batch");
  }
  return copy_full(r, b, n, p);
}

/* An operand that was traced with a batch of 1 (a class token, say) must be repeated to meet the others. */
static bwi_id rebatch_concatenate(bwi_rewrite *r, const rebatch *b, const bwi_node *n) {
  bwi_graph *g = bwi_rewrite_new(r);
  bwi_id in[BWI_MAX_OPERANDS];
  bwi_dims widest = {.n = n->shape.n};
  for (uint32_t k = 0; k < n->n_in; k++) {
    in[k] = full(r, b, n->in[k]);
    if (in[k] == BWI_NONE) return BWI_NONE;
    for (uint32_t d = 0; d < widest.n; d++)
      if (shape_of(g, in[k])->v[d] > widest.v[d]) widest.v[d] = shape_of(g, in[k])->v[d];
  }
  for (uint32_t k = 0; b->from == 1 && k < n->n_in; k++) {
    bwi_dims shape = widest;
    shape.v[n->params->i[0]] = shape_of(g, in[k])->v[n->params->i[0]];
    in[k] = bwi_broadcast(g, in[k], &shape);
    if (in[k] == BWI_NONE) return BWI_NONE;
  }
  return bwi_apply(g, n->prim, n->params, n->n_in, in);
}

/* --- products of chosen matrices --- */

static int64_t matrices(const bwi_graph *g, bwi_id id) {
  bwi_dims leading = *shape_of(g, id);
  leading.n -= 2;
  int64_t count = 1;
  for (uint32_t d = 0; d < leading.n; d++) count *= leading.v[d];
  return count;
}

/* An index into operand k that counts through all its matrices goes on doing so. */
static bwi_id rebatch_index(bwi_rewrite *r, const rebatch *b, const bwi_node *n, uint32_t k) {
  bwi_graph *g = bwi_rewrite_new(r);
  const bwi_graph *old = bwi_rewrite_old(r);
  const bwi_id operand = full(r, b, n->in[k]), index = n->in[k + 2];
  if (operand == BWI_NONE) return BWI_NONE;
  const int64_t from = matrices(old, n->in[k]), to = matrices(g, operand);
  bwi_dims shape = *shape_of(old, index);
  if (from == to || !bwi_counts_to(old, index, from)) return full(r, b, index);
  if (!scale_extents(b, shape.n, shape.v, from, to))
    return refuse(r, "GatherMM: the batch cannot be told from the other axes of an index");
  return bwi_reshape(g, bwi_arange(g, bwi_graph_node(old, index)->dtype, 0, to), &shape);
}

static bwi_id rebatch_gather_mm(bwi_rewrite *r, const rebatch *b, const bwi_node *n) {
  const bwi_id in[] = {full(r, b, n->in[0]), full(r, b, n->in[1]), rebatch_index(r, b, n, 0),
                       rebatch_index(r, b, n, 1)};
  return bwi_apply(bwi_rewrite_new(r), n->prim, n->params, 4, in);
}

/* --- the pass --- */

static bwi_id rebatch_input(bwi_rewrite *r, const rebatch *b, const bwi_node *n) {
  if (n->shape.n == 0 || n->shape.v[0] != b->from)
    return refuse(r, "the inputs do not have one batch size as their first extent");
  bwi_dims shape = n->shape;
  shape.v[0] = b->to;
  return bwi_input(bwi_rewrite_new(r), n->dtype, &shape, n->stage);
}

static bwi_id rebatch_node(bwi_rewrite *r, const rebatch *b, bwi_id id) {
  const bwi_node *n = bwi_graph_node(bwi_rewrite_old(r), id);
  if (bwi_primitive_of(n->prim)->elementwise) return bwi_rewrite_copy(r, id);
  switch (n->prim) {
    case BWI_Input: return rebatch_input(r, b, n);
    case BWI_Constant: return bwi_rewrite_copy(r, id);
    case BWI_Reshape: return rebatch_reshape(r, b, n);
    case BWI_Unflatten: return rebatch_unflatten(r, b, n);
    case BWI_Broadcast: return rebatch_broadcast(r, n);
    case BWI_Slice:
    case BWI_SliceUpdate: return rebatch_slice(r, b, n);
    case BWI_DynamicSlice:
    case BWI_Gather: return rebatch_slice_sizes(r, b, n);
    case BWI_AsStrided: return rebatch_as_strided(r, b, n);
    case BWI_AsStridedGradient: return rebatch_gradient(r, b, n, 0);
    case BWI_AvgPoolGradient: return rebatch_gradient(r, b, n, 2);
    case BWI_Pad: return rebatch_pad(r, b, n);
    case BWI_Concatenate: return rebatch_concatenate(r, b, n);
    case BWI_GatherMM: return rebatch_gather_mm(r, b, n);
    default: return copy_full(r, b, n, n->params);
  }
}

static bwi_id rebatch_rule(bwi_rewrite *r, bwi_id id, void *payload) {
  const rebatch *b = payload;
  const bwi_id thin = rebatch_node(r, b, id);
  return b->is_output[id] ? thicken(r, b, id, thin) : thin;
}

/* Outputs must differ in their first extent only. */
static bw_status check_outputs(const bwi_graph *old, const bwi_graph *new, int64_t batch, bw_error *err) {
  for (uint32_t k = 0; k < bwi_graph_n_outputs(old); k++) {
    bwi_dims expected = *shape_of(old, bwi_graph_output(old, k));
    const bwi_dims *shape = shape_of(new, bwi_graph_output(new, k));
    if (expected.n > 0) expected.v[0] = batch;
    char text[80];
    if (expected.n == 0 || !bwi_dims_equal(shape, &expected))
      return BW_FAIL(err, BW_EUNSUPPORTED,
                     "output %u does not follow the batch: with %" PRId64 " samples it has shape %s", k,
                     batch, bwi_dims_text(text, sizeof text, shape));
  }
  return BW_OK;
}

bw_status bwi_pass_rebatch(bwi_graph **out, const bwi_graph *g, int64_t batch, bw_error *err) {
  if (batch < 1 || bwi_graph_n_inputs(g) == 0) return BW_FAIL(err, BW_EINVAL, "there is no batch to change");
  const bwi_dims *input = shape_of(g, bwi_graph_input(g, 0));
  if (input->n == 0 || input->v[0] < 1)
    return BW_FAIL(err, BW_EUNSUPPORTED, "the first input has no batch as its first extent");
  rebatch b = {
      .from = input->v[0], .to = batch, .is_output = bwi_alloc(bwi_graph_count(g), sizeof *b.is_output)};
  if (b.is_output == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to change the batch of a graph");
  for (uint32_t k = 0; k < bwi_graph_n_outputs(g); k++) b.is_output[bwi_graph_output(g, k)] = true;

  bwi_graph *result = NULL;
  bw_error why;
  bw_status status = bwi_rewrite_graph(&result, g, rebatch_rule, &b, &why);
  if (status == BW_OK) status = check_outputs(g, result, batch, &why);
  if (status == BW_OK) {
    *out = result;
    result = NULL;
  } else if (status == BW_ENOMEM || status == BW_ELIMIT) {
    BW_FAIL(err, status, "%s", why.text);
  } else {
    status =
        BW_FAIL(err, BW_EUNSUPPORTED,
                "the function was exported for %" PRId64 " samples and does not allow another number: %s",
                b.from, why.text);
  }
  bwi_graph_free(result);
  bwi_free(b.is_output);
  return status;
}

static bool divides_an_extent(const bwi_graph *g, int64_t prime) {
  for (uint32_t id = 0; id < bwi_graph_count(g); id++) {
    const bwi_dims *shape = shape_of(g, (bwi_id)id);
    for (uint32_t d = 0; d < shape->n; d++)
      if (shape->v[d] > 0 && shape->v[d] % prime == 0) return true;
  }
  return false;
}

static bool is_prime(int64_t n) {
  for (int64_t k = 2; k * k <= n; k++)
    if (n % k == 0) return false;
  return true;
}

int64_t bwi_clear_batch(const bwi_graph *g) {
  int64_t candidate = 11;
  while (!is_prime(candidate) || divides_an_extent(g, candidate)) candidate++;
  return candidate;
}
