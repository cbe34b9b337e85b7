/* SPDX-License-Identifier: Apache-2.0 */
/* Primitives that put the same elements elsewhere. */
#include <inttypes.h>

#include "base/checked.h"
#include "graph/family.h"

static bw_status infer_copy(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in, bwi_params *params,
                            bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in, (void)params, (void)err;
  *out = (bwi_typed_shape){in[0]->dtype, in[0]->shape};
  return BW_OK;
}

/* Reads source elements offset + sum_d index_d * stride_d of the row-major source: the least and the
 * greatest must be inside. */
static bw_status check_strided(const bwi_dims *shape, const bwi_dims *strides, int64_t offset,
                               int64_t source_count, bw_error *err) {
  const int64_t far = INT32_MAX; /* no source reaches further, and products with an extent fit */
  BW_TRY(bwi_check_length(strides, shape->n, "strides", err));
  BW_TRY(bwi_check_each(shape, 0, far, "extent", err));
  BW_TRY(bwi_check_each(strides, -far, far, "stride", err));
  BW_TRY(bwi_check_range(offset, 0, far, "offset", err));
  int64_t least = offset, greatest = offset;
  for (uint32_t d = 0; d < shape->n; d++) {
    const int64_t reach = (shape->v[d] - 1) * strides->v[d];
    if (shape->v[d] == 0) return BW_OK;
    *(reach < 0 ? &least : &greatest) += reach;
  }
  if (least < 0 || greatest >= source_count)
    return BW_FAIL(err, BW_EFORMAT, "reads elements %" PRId64 " to %" PRId64 " of a source of %" PRId64,
                   least, greatest, source_count);
  return BW_OK;
}

static bw_status infer_as_strided(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                  bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  BW_TRY(check_strided(&params->v[0], &params->v[1], params->i[0], bwi_node_count(in[0]), err));
  *out = (bwi_typed_shape){in[0]->dtype, params->v[0]};
  return BW_OK;
}

static bw_status infer_as_strided_gradient(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                           bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  int64_t count = 0;
  BW_TRY(bwi_check_float(in[0], "the cotangent", err));
  if (!bwi_shape_count(&count, params->v[0].v, params->v[0].n))
    return BW_FAIL(err, BW_EFORMAT, "a negative extent or too many elements");
  BW_TRY(check_strided(&in[0]->shape, &params->v[1], params->i[0], count, err));
  *out = (bwi_typed_shape){in[0]->dtype, params->v[0]};
  return BW_OK;
}

static bw_status infer_broadcast(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                 bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  BW_TRY(bwi_check_each(&params->v[0], 0, INT32_MAX, "extent", err));
  BW_TRY(bwi_check_broadcast_to(&in[0]->shape, &params->v[0], "the operand", err));
  *out = (bwi_typed_shape){in[0]->dtype, params->v[0]};
  return BW_OK;
}

static bw_status infer_concatenate(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                   bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g;
  BW_TRY(bwi_check_axis(&params->i[0], in[0]->shape.n, err));
  bwi_dims shape = in[0]->shape;
  int64_t *extent = &shape.v[params->i[0]];
  for (uint32_t k = 1; k < n_in; k++) {
    BW_TRY(bwi_check_same_dtype(in[0], in[k], err));
    bwi_dims expected = in[0]->shape;
    if (in[k]->shape.n == expected.n) expected.v[params->i[0]] = in[k]->shape.v[params->i[0]];
    BW_TRY(bwi_check_shape(in[k], &expected, "an operand", err));
    *extent += in[k]->shape.v[params->i[0]];
  }
  *out = (bwi_typed_shape){in[0]->dtype, shape};
  return BW_OK;
}

static bw_status infer_expand_dims(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                   bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  const bwi_dims *axes = &params->v[0];
  const uint32_t rank = in[0]->shape.n + axes->n;
  if (rank > BW_MAX_RANK)
    return BW_FAIL(err, BW_ELIMIT, "rank %u, at most %d is supported", rank, BW_MAX_RANK);
  BW_TRY(bwi_check_axes(&params->v[0], rank, err));
  bool added[BW_MAX_RANK] = {false};
  for (uint32_t k = 0; k < axes->n; k++) added[axes->v[k]] = true;
  *out = (bwi_typed_shape){in[0]->dtype, {.n = rank}};
  for (uint32_t d = 0, from = 0; d < rank; d++) out->shape.v[d] = added[d] ? 1 : in[0]->shape.v[from++];
  return BW_OK;
}

static bw_status infer_squeeze(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                               bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  const bwi_dims *axes = &params->v[0], *shape = &in[0]->shape;
  BW_TRY(bwi_check_axes(&params->v[0], shape->n, err));
  bool dropped[BW_MAX_RANK] = {false};
  for (uint32_t k = 0; k < axes->n; k++) {
    BW_TRY(bwi_check_range(shape->v[axes->v[k]], 1, 1, "extent of a squeezed axis", err));
    dropped[axes->v[k]] = true;
  }
  *out = (bwi_typed_shape){.dtype = in[0]->dtype};
  for (uint32_t d = 0; d < shape->n; d++)
    if (!dropped[d]) out->shape.v[out->shape.n++] = shape->v[d];
  return BW_OK;
}

static bw_status infer_flatten(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                               bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  const bwi_dims *shape = &in[0]->shape;
  BW_TRY(bwi_check_axis(&params->i[0], shape->n, err));
  BW_TRY(bwi_check_axis(&params->i[1], shape->n, err));
  BW_TRY(bwi_check_range(params->i[0], 0, params->i[1], "start", err));
  *out = (bwi_typed_shape){.dtype = in[0]->dtype};
  for (uint32_t d = 0; d < shape->n; d++) {
    if (d > params->i[0] && d <= params->i[1]) {
      out->shape.v[out->shape.n - 1] *= shape->v[d];
    } else {
      out->shape.v[out->shape.n++] = shape->v[d];
    }
  }
  return BW_OK;
}

/* Replaces the one extent of -1 that `shape` may have, so that it holds `count` elements. */
static bw_status resolve_extent(bwi_dims *shape, int64_t count, bw_error *err) {
  int64_t known = 1, *unknown = NULL;
  bwi_dims rest = *shape;
  for (uint32_t d = 0; d < shape->n; d++) {
    BW_TRY(bwi_check_range(shape->v[d], -1, INT32_MAX, "extent", err));
    if (shape->v[d] != -1) continue;
    if (unknown != NULL) return BW_FAIL(err, BW_EFORMAT, "more than one extent of -1");
    unknown = &shape->v[d];
    rest.v[d] = 1;
  }
  if (!bwi_shape_count(&known, rest.v, rest.n)) return BW_FAIL(err, BW_EFORMAT, "too many elements");
  if (unknown != NULL && known > 0 && count % known == 0) {
    *unknown = count / known;
    return BW_OK;
  }
  if (unknown == NULL && known == count) return BW_OK;
  char text[80];
  return BW_FAIL(err, BW_EFORMAT, "%" PRId64 " elements do not fill %s", count,
                 bwi_dims_text(text, sizeof text, shape));
}

static bw_status infer_reshape(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                               bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  BW_TRY(resolve_extent(&params->v[0], bwi_node_count(in[0]), err));
  *out = (bwi_typed_shape){in[0]->dtype, params->v[0]};
  return BW_OK;
}

static bw_status infer_unflatten(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                 bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  const bwi_dims *shape = &in[0]->shape, *inner = &params->v[0];
  BW_TRY(bwi_check_axis(&params->i[0], shape->n, err));
  BW_TRY(resolve_extent(&params->v[0], shape->v[params->i[0]], err));
  if (inner->n == 0 || shape->n - 1 + inner->n > BW_MAX_RANK)
    return BW_FAIL(err, BW_EFORMAT, "an axis of rank %u cannot become %u axes", shape->n, inner->n);
  *out = (bwi_typed_shape){.dtype = in[0]->dtype};
  for (uint32_t d = 0; d < shape->n; d++) {
    if (d != params->i[0]) out->shape.v[out->shape.n++] = shape->v[d];
    for (uint32_t k = 0; d == params->i[0] && k < inner->n; k++) out->shape.v[out->shape.n++] = inner->v[k];
  }
  return BW_OK;
}

static bw_status infer_transpose(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                 bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  BW_TRY(bwi_check_length(&params->v[0], in[0]->shape.n, "axes", err));
  BW_TRY(bwi_check_axes(&params->v[0], in[0]->shape.n, err));
  *out = (bwi_typed_shape){in[0]->dtype, {.n = in[0]->shape.n}};
  for (uint32_t d = 0; d < out->shape.n; d++) out->shape.v[d] = in[0]->shape.v[params->v[0].v[d]];
  return BW_OK;
}

static bw_status infer_pad(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in, bwi_params *params,
                           bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  const bwi_dims *axes = &params->v[0], *low = &params->v[1], *high = &params->v[2];
  BW_TRY(bwi_check_same_dtype(in[0], in[1], err));
  if (bwi_node_count(in[1]) != 1) return BW_FAIL(err, BW_EFORMAT, "the value to pad with is not a scalar");
  BW_TRY(bwi_check_axes(&params->v[0], in[0]->shape.n, err));
  BW_TRY(bwi_check_length(low, axes->n, "low paddings", err));
  BW_TRY(bwi_check_length(high, axes->n, "high paddings", err));
  BW_TRY(bwi_check_each(low, 0, INT32_MAX, "padding", err));
  BW_TRY(bwi_check_each(high, 0, INT32_MAX, "padding", err));
  *out = (bwi_typed_shape){in[0]->dtype, in[0]->shape};
  for (uint32_t k = 0; k < axes->n; k++) out->shape.v[axes->v[k]] += low->v[k] + high->v[k];
  return BW_OK;
}

/* MLX keeps the slice as the user wrote it: bounds may be negative (from the end) or outside (clamped).
 * Normalised, start is the first element read and extent says how many follow; end of a reversed slice
 * that reaches element 0 is -(n + 1), so that normalising twice changes nothing. */
static bw_status normalise_slice(int64_t n, int64_t *start, int64_t *end, int64_t *stride, int64_t *extent,
                                 bw_error *err) {
  const int64_t far = (int64_t)1 << 40;
  BW_TRY(bwi_check_range(*start, -far, far, "start", err));
  BW_TRY(bwi_check_range(*end, -far, far, "end", err));
  BW_TRY(bwi_check_range(*stride, -far, far, "stride", err));
  if (*stride == 0) return BW_FAIL(err, BW_EFORMAT, "a stride of 0");
  int64_t first = *start < 0 ? *start + n : *start;
  int64_t last = *end < 0 ? *end + n : *end; /* exclusive */
  if (*stride > 0) {
    first = first < 0 ? 0 : first > n ? n : first;
    last = last < first ? first : last > n ? n : last;
    *extent = (last - first + *stride - 1) / *stride;
  } else {
    first = first > n - 1 ? n - 1 : first;
    last = last < -1 ? -1 : last > first ? first : last;
    *extent = first < last ? 0 : (first - last - *stride - 1) / -*stride;
  }
  if (*extent == 0) first = last = 0;
  *start = first;
  *end = last < 0 ? -(n + 1) : last;
  return BW_OK;
}

/* The shape of source[start:end:strides]; normalises them. */
static bw_status slice_shape(bwi_dims *out, const bwi_dims *source, bwi_dims *start, bwi_dims *end,
                             bwi_dims *strides, bw_error *err) {
  BW_TRY(bwi_check_length(start, source->n, "starts", err));
  BW_TRY(bwi_check_length(end, source->n, "ends", err));
  BW_TRY(bwi_check_length(strides, source->n, "strides", err));
  out->n = source->n;
  for (uint32_t d = 0; d < source->n; d++)
    BW_TRY(normalise_slice(source->v[d], &start->v[d], &end->v[d], &strides->v[d], &out->v[d], err));
  return BW_OK;
}

static bw_status infer_slice(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in, bwi_params *params,
                             bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  out->dtype = in[0]->dtype;
  return slice_shape(&out->shape, &in[0]->shape, &params->v[0], &params->v[1], &params->v[2], err);
}

static bw_status infer_slice_update(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                    bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  bwi_dims slice = {0};
  BW_TRY(bwi_check_range(params->i[0], 0, 4, "kind", err));
  BW_TRY(bwi_check_same_dtype(in[0], in[1], err));
  BW_TRY(slice_shape(&slice, &in[0]->shape, &params->v[0], &params->v[1], &params->v[2], err));
  BW_TRY(bwi_check_shape(in[1], &slice, "the update", err));
  *out = (bwi_typed_shape){in[0]->dtype, in[0]->shape};
  return BW_OK;
}

static bw_status infer_view(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in, bwi_params *params,
                            bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  const int64_t from = (int64_t)bw_dtype_bytes(in[0]->dtype), to = (int64_t)bw_dtype_bytes(params->dtype);
  if (to == 0) return BW_FAIL(err, BW_EFORMAT, "%d is not a dtype", (int)params->dtype);
  if (params->dtype == BW_BOOL && in[0]->dtype != BW_BOOL)
    return BW_FAIL(err, BW_EUNSUPPORTED, "bytes that are not bools cannot be viewed as bools");
  *out = (bwi_typed_shape){params->dtype, in[0]->shape};
  if (from == to) return BW_OK;
  BW_TRY(bwi_check_rank(in[0], 1, BW_MAX_RANK, "the operand", err));
  int64_t *last = &out->shape.v[out->shape.n - 1];
  if (*last * from % to != 0)
    return BW_FAIL(err, BW_EFORMAT, "a last axis of %" PRId64 " bytes does not divide by %" PRId64,
                   *last * from, to);
  *last = *last * from / to;
  return BW_OK;
}

/* --- derivatives --- */

static const bwi_dims *operand_shape(const bwi_graph *g, bwi_id node, uint32_t k) {
  return &bwi_graph_node(g, bwi_graph_node(g, node)->in[k])->shape;
}

static void vjp_copy(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  (void)g, (void)node, (void)wanted;
  cotangents[0] = c;
}

static void vjp_reshape(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  (void)wanted;
  cotangents[0] = bwi_reshape(g, c, operand_shape(g, node, 0));
}

static void vjp_broadcast(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  (void)wanted;
  cotangents[0] = bwi_sum_to(g, c, operand_shape(g, node, 0));
}

/* AsStrided and AsStridedGradient are linear and each other's transpose. */
static void vjp_as_strided(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  (void)wanted;
  const bwi_node *n = bwi_graph_node(g, node);
  bwi_params params = *n->params;
  params.v[0] = *operand_shape(g, node, 0);
  cotangents[0] =
      bwi_apply(g, n->prim == BWI_AsStrided ? BWI_AsStridedGradient : BWI_AsStrided, &params, 1, &c);
}

static void vjp_concatenate(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  const uint32_t axis = (uint32_t)n->params->i[0];
  int64_t start = 0;
  for (uint32_t k = 0; k < n->n_in; k++) {
    const int64_t end = start + operand_shape(g, node, k)->v[axis];
    if (wanted[k]) cotangents[k] = bwi_slice_axis(g, c, axis, start, end);
    start = end;
  }
}

static void vjp_transpose(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  (void)wanted;
  const bwi_dims *axes = &bwi_graph_node(g, node)->params->v[0];
  bwi_dims inverse = {.n = axes->n};
  for (uint32_t d = 0; d < axes->n; d++) inverse.v[axes->v[d]] = d;
  cotangents[0] = bwi_transpose(g, c, &inverse);
}

/* base with its elements at the place that `place` describes (a slice's parameters) updated. */
static bwi_id update_slice(bwi_graph *g, bwi_update kind, bwi_id base, bwi_id update,
                           const bwi_params *place) {
  bwi_params params = *place;
  params.i[0] = kind;
  return bwi_apply(g, BWI_SliceUpdate, &params, 2, (bwi_id[]){base, update});
}

static bwi_id read_slice(bwi_graph *g, bwi_id base, const bwi_params *place) {
  return bwi_slice(g, base, &place->v[0], &place->v[1], &place->v[2]);
}

static void vjp_slice(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  (void)wanted;
  const bwi_node *n = bwi_graph_node(g, node);
  cotangents[0] = update_slice(g, BWI_UPDATE_NONE, bwi_zeros_like(g, n->in[0]), c, n->params);
}

static bwi_id slice_update_source(bwi_graph *g, const bwi_node *n, bwi_id y, bwi_id c) {
  switch ((bwi_update)n->params->i[0]) {
    case BWI_UPDATE_SUM: return c;
    case BWI_UPDATE_PRODUCT: return update_slice(g, BWI_UPDATE_PRODUCT, c, n->in[1], n->params);
    case BWI_UPDATE_NONE: return update_slice(g, BWI_UPDATE_NONE, c, bwi_zeros_like(g, n->in[1]), n->params);
    default: return bwi_mask(g, bwi_binary(g, BWI_Equal, n->in[0], y), c);
  }
}

static bwi_id slice_update_update(bwi_graph *g, const bwi_node *n, bwi_id y, bwi_id c) {
  const bwi_id here = read_slice(g, c, n->params);
  switch ((bwi_update)n->params->i[0]) {
    case BWI_UPDATE_SUM:
    case BWI_UPDATE_NONE: return here;
    case BWI_UPDATE_PRODUCT: return bwi_multiply(g, here, read_slice(g, n->in[0], n->params));
    default: return bwi_mask(g, bwi_binary(g, BWI_Equal, n->in[1], read_slice(g, y, n->params)), here);
  }
}

static void vjp_slice_update(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  if (wanted[0]) cotangents[0] = slice_update_source(g, n, node, c);
  if (wanted[1]) cotangents[1] = slice_update_update(g, n, node, c);
}

/* The operand's place inside of the padded array, as a slice. */
static bwi_params inside_padding(const bwi_node *n, const bwi_dims *operand) {
  bwi_params place = {.v = {{.n = operand->n}, *operand, {.n = operand->n}}};
  for (uint32_t k = 0; k < n->params->v[0].n; k++) {
    const int64_t axis = n->params->v[0].v[k], low = n->params->v[1].v[k];
    place.v[0].v[axis] = low;
    place.v[1].v[axis] += low;
  }
  for (uint32_t d = 0; d < operand->n; d++) place.v[2].v[d] = 1;
  return place;
}

static void vjp_pad(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  const bwi_params place = inside_padding(n, operand_shape(g, node, 0));
  if (wanted[0]) cotangents[0] = read_slice(g, c, &place);
  if (!wanted[1]) return;
  bwi_dims all = {.n = n->shape.n};
  for (uint32_t d = 0; d < all.n; d++) all.v[d] = d;
  const bwi_id outside = update_slice(g, BWI_UPDATE_NONE, c, bwi_zeros_like(g, n->in[0]), &place);
  cotangents[1] = bwi_reshape(g, bwi_reduce(g, BWI_SUM, outside, &all), operand_shape(g, node, 1));
}

BWI_PRIMITIVE(AsStrided, false, infer_as_strided, vjp_as_strided);
BWI_PRIMITIVE(AsStridedGradient, false, infer_as_strided_gradient, vjp_as_strided);
BWI_PRIMITIVE(Broadcast, false, infer_broadcast, vjp_broadcast);
BWI_PRIMITIVE(Concatenate, false, infer_concatenate, vjp_concatenate);
BWI_PRIMITIVE(Copy, false, infer_copy, vjp_copy);
BWI_PRIMITIVE(ExpandDims, false, infer_expand_dims, vjp_reshape);
BWI_PRIMITIVE(Flatten, false, infer_flatten, vjp_reshape);
BWI_PRIMITIVE(Pad, false, infer_pad, vjp_pad);
BWI_PRIMITIVE(Reshape, false, infer_reshape, vjp_reshape);
BWI_PRIMITIVE(Slice, false, infer_slice, vjp_slice);
BWI_PRIMITIVE(SliceUpdate, false, infer_slice_update, vjp_slice_update);
BWI_PRIMITIVE(Squeeze, false, infer_squeeze, vjp_reshape);
BWI_PRIMITIVE(Transpose, false, infer_transpose, vjp_transpose);
BWI_PRIMITIVE(Unflatten, false, infer_unflatten, vjp_reshape);
BWI_PRIMITIVE(View, false, infer_view, bwi_vjp_none);
