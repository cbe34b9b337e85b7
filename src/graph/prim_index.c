/* SPDX-License-Identifier: Apache-2.0 */
/* Primitives that choose elements by other elements: gathering, scattering, sorting. Values of indices
 * are known only when a plan runs; kernels keep them inside (MLX's are not checked). */
#include "graph/family.h"

static bw_status infer_sort(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in, bwi_params *params,
                            bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  BW_TRY(bwi_check_axis(&params->i[0], in[0]->shape.n, err));
  *out = (bwi_typed_shape){in[0]->dtype, in[0]->shape};
  return BW_OK;
}

static bw_status infer_arg_sort(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  BW_TRY(infer_sort(g, n_in, in, params, out, err));
  out->dtype = BW_U32;
  return BW_OK;
}

static bw_status infer_partition(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                 bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  BW_TRY(bwi_check_axis(&params->i[1], in[0]->shape.n, err));
  const int64_t n = in[0]->shape.v[params->i[1]];
  BW_TRY(bwi_check_range(params->i[0], -n, n - 1, "kth", err));
  if (params->i[0] < 0) params->i[0] += n;
  *out = (bwi_typed_shape){in[0]->dtype, in[0]->shape};
  return BW_OK;
}

static bw_status infer_arg_partition(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                     bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  BW_TRY(infer_partition(g, n_in, in, params, out, err));
  out->dtype = BW_U32;
  return BW_OK;
}

/* `start` holds one integer for each of the axes of source. */
static bw_status check_start(const bwi_node *source, const bwi_node *start, bwi_dims *axes, bw_error *err) {
  BW_TRY(bwi_check_axes(axes, source->shape.n, err));
  BW_TRY(bwi_check_index(start, "starts", err));
  return bwi_check_shape(start, &(bwi_dims){.n = 1, .v = {axes->n}}, "the start", err);
}

/* `size` is a box that fits into source. */
static bw_status check_box(const bwi_node *source, const bwi_dims *size, const char *what, bw_error *err) {
  BW_TRY(bwi_check_length(size, source->shape.n, what, err));
  for (uint32_t d = 0; d < size->n; d++)
    BW_TRY(bwi_check_range(size->v[d], 0, source->shape.v[d], what, err));
  return BW_OK;
}

static bw_status infer_dynamic_slice(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                     bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  BW_TRY(check_start(in[0], in[1], &params->v[0], err));
  BW_TRY(check_box(in[0], &params->v[1], "slice sizes", err));
  *out = (bwi_typed_shape){in[0]->dtype, params->v[1]};
  return BW_OK;
}

static bw_status infer_dynamic_slice_update(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                            bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  BW_TRY(bwi_check_same_dtype(in[0], in[1], err));
  BW_TRY(check_start(in[0], in[2], &params->v[0], err));
  BW_TRY(check_box(in[0], &in[1]->shape, "extents of the update", err));
  *out = (bwi_typed_shape){in[0]->dtype, in[0]->shape};
  return BW_OK;
}

/* One index array for each of the axes, all of one shape. */
static bw_status check_indices(const bwi_node *source, uint32_t n_indices, const bwi_node *const *indices,
                               bwi_dims *axes, bw_error *err) {
  BW_TRY(bwi_check_axes(axes, source->shape.n, err));
  BW_TRY(bwi_check_length(axes, n_indices, "axes", err));
  for (uint32_t k = 0; k < n_indices; k++) {
    BW_TRY(bwi_check_index(indices[k], "indices", err));
    BW_TRY(bwi_check_shape(indices[k], &indices[0]->shape, "an index array", err));
  }
  return BW_OK;
}

static bw_status infer_gather(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                              bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g;
  const bwi_dims *sizes = &params->v[1];
  BW_TRY(check_indices(in[0], n_in - 1, in + 1, &params->v[0], err));
  BW_TRY(check_box(in[0], sizes, "slice sizes", err));
  *out = (bwi_typed_shape){.dtype = in[0]->dtype};
  if (n_in > 1) out->shape = in[1]->shape;
  if (out->shape.n + sizes->n > BW_MAX_RANK)
    return BW_FAIL(err, BW_ELIMIT, "rank %u, at most %d is supported", out->shape.n + sizes->n, BW_MAX_RANK);
  for (uint32_t d = 0; d < sizes->n; d++) out->shape.v[out->shape.n++] = sizes->v[d];
  return BW_OK;
}

static bw_status infer_scatter(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                               bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g;
  const bwi_node *source = in[0], *updates = in[n_in - 1];
  const bwi_dims no_indices = {0}, *indices = n_in > 2 ? &in[1]->shape : &no_indices;
  BW_TRY(bwi_check_range(params->i[0], 0, 4, "kind", err));
  BW_TRY(bwi_check_same_dtype(source, updates, err));
  BW_TRY(check_indices(source, n_in - 2, in + 1, &params->v[0], err));
  BW_TRY(bwi_check_length(&updates->shape, indices->n + source->shape.n, "axes of the updates", err));
  for (uint32_t d = 0; d < indices->n; d++)
    BW_TRY(bwi_check_range(updates->shape.v[d], indices->v[d], indices->v[d], "extent of the updates", err));
  for (uint32_t d = 0; d < source->shape.n; d++)
    BW_TRY(bwi_check_range(updates->shape.v[indices->n + d], 0, source->shape.v[d], "extent of the updates",
                           err));
  *out = (bwi_typed_shape){source->dtype, source->shape};
  return BW_OK;
}

/* Indices of source's shape except along the axis. */
static bw_status check_along(const bwi_node *source, const bwi_node *indices, int64_t *axis, bw_error *err) {
  BW_TRY(bwi_check_axis(axis, source->shape.n, err));
  BW_TRY(bwi_check_index(indices, "indices", err));
  bwi_dims expected = source->shape;
  if (indices->shape.n == expected.n) expected.v[*axis] = indices->shape.v[*axis];
  return bwi_check_shape(indices, &expected, "the index array", err);
}

static bw_status infer_gather_axis(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                   bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  BW_TRY(check_along(in[0], in[1], &params->i[0], err));
  *out = (bwi_typed_shape){in[0]->dtype, in[1]->shape};
  return BW_OK;
}

static bw_status infer_scatter_axis(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                    bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  BW_TRY(bwi_check_range(params->i[0], 0, 1, "kind", err));
  BW_TRY(check_along(in[0], in[1], &params->i[1], err));
  BW_TRY(bwi_check_same_dtype(in[0], in[2], err));
  BW_TRY(bwi_check_shape(in[2], &in[1]->shape, "the updates", err));
  *out = (bwi_typed_shape){in[0]->dtype, in[0]->shape};
  return BW_OK;
}

static bw_status infer_masked_scatter(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                      bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in, (void)params;
  if (in[1]->dtype != BW_BOOL)
    return BW_FAIL(err, BW_EFORMAT, "the mask must be bool, not %s", bw_dtype_name(in[1]->dtype));
  BW_TRY(bwi_check_same_dtype(in[0], in[2], err));
  BW_TRY(bwi_check_rank(in[0], 1, BW_MAX_RANK, "the source", err));
  BW_TRY(bwi_check_rank(in[2], 1, BW_MAX_RANK, "the updates", err));
  BW_TRY(bwi_check_shape(in[1], &in[0]->shape, "the mask", err));
  const int64_t rows = in[0]->shape.v[0];
  BW_TRY(bwi_check_range(in[2]->shape.v[0], rows, rows, "first extent of the updates", err));
  *out = (bwi_typed_shape){in[0]->dtype, in[0]->shape};
  return BW_OK;
}

static bw_status infer_search_sorted(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                     bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  BW_TRY(bwi_check_range(params->i[0], 0, 1, "right", err));
  BW_TRY(bwi_check_same_dtype(in[0], in[1], err));
  BW_TRY(bwi_check_rank(in[0], 1, 1, "the sorted sequence", err));
  *out = (bwi_typed_shape){BW_U32, in[1]->shape};
  return BW_OK;
}

/* --- derivatives: gathering and scattering are each other's transpose --- */

enum { ALONG_SUM = 0, ALONG_NONE = 1 };

static bwi_id scatter_along(bwi_graph *g, int64_t kind, int64_t axis, bwi_id source, bwi_id indices,
                            bwi_id updates) {
  return bwi_apply(g, BWI_ScatterAxis, &(bwi_params){.i = {kind, axis}}, 3,
                   (bwi_id[]){source, indices, updates});
}

/* A permutation along an axis: each element's cotangent goes back to where it came from. */
static void vjp_sort(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  (void)wanted;
  const bwi_node *n = bwi_graph_node(g, node);
  const bool is_sort = n->prim == BWI_Sort;
  const bwi_id places = bwi_apply(g, is_sort ? BWI_ArgSort : BWI_ArgPartition, n->params, 1, n->in);
  const int64_t axis = n->params->i[is_sort ? 0 : 1];
  cotangents[0] = scatter_along(g, ALONG_NONE, axis, bwi_zeros_like(g, n->in[0]), places, c);
}

static void vjp_dynamic_slice(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  (void)wanted;
  const bwi_node *n = bwi_graph_node(g, node);
  const bwi_params params = {.v = {n->params->v[0]}};
  cotangents[0] =
      bwi_apply(g, BWI_DynamicSliceUpdate, &params, 3, (bwi_id[]){bwi_zeros_like(g, n->in[0]), c, n->in[1]});
}

static void vjp_dynamic_slice_update(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted,
                                     bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  const bwi_id start = n->in[2];
  if (wanted[0])
    cotangents[0] =
        bwi_apply(g, BWI_DynamicSliceUpdate, n->params, 3, (bwi_id[]){c, bwi_zeros_like(g, n->in[1]), start});
  if (!wanted[1]) return;
  const bwi_params params = {.v = {n->params->v[0], bwi_graph_node(g, n->in[1])->shape}};
  cotangents[1] = bwi_apply(g, BWI_DynamicSlice, &params, 2, (bwi_id[]){c, start});
}

/* Applies `prim` to first, then n's index operands, then last if there is one. */
static bwi_id apply_with_indices(bwi_graph *g, bwi_prim prim, const bwi_params *params, bwi_id first,
                                 uint32_t n_indices, const bwi_id *indices, const bwi_id *last) {
  bwi_id in[BWI_MAX_OPERANDS] = {first};
  uint32_t n_in = 1;
  for (uint32_t k = 0; k < n_indices; k++) in[n_in++] = indices[k];
  if (last != NULL) in[n_in++] = *last;
  return bwi_apply(g, prim, params, n_in, in);
}

static void vjp_gather(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  (void)wanted;
  const bwi_node *n = bwi_graph_node(g, node);
  const bwi_params params = {.i = {BWI_UPDATE_SUM}, .v = {n->params->v[0]}};
  cotangents[0] =
      apply_with_indices(g, BWI_Scatter, &params, bwi_zeros_like(g, n->in[0]), n->n_in - 1, n->in + 1, &c);
}

static void vjp_gather_axis(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  (void)wanted;
  const bwi_node *n = bwi_graph_node(g, node);
  cotangents[0] = scatter_along(g, ALONG_SUM, n->params->i[0], bwi_zeros_like(g, n->in[0]), n->in[1], c);
}

/* a's elements at the places that Scatter node n writes to, in the shape of its updates. */
static bwi_id read_scattered(bwi_graph *g, const bwi_node *n, bwi_id a) {
  const bwi_dims *updates = &bwi_graph_node(g, n->in[n->n_in - 1])->shape;
  bwi_params params = {.v = {n->params->v[0], {.n = n->shape.n}}};
  for (uint32_t d = 0; d < n->shape.n; d++) params.v[1].v[d] = updates->v[updates->n - n->shape.n + d];
  return apply_with_indices(g, BWI_Gather, &params, a, n->n_in - 2, n->in + 1, NULL);
}

static void vjp_scatter(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  const uint32_t last = n->n_in - 1;
  const bwi_id source = n->in[0], updates = n->in[last];
  switch ((bwi_update)n->params->i[0]) {
    case BWI_UPDATE_SUM:
      if (wanted[0]) cotangents[0] = c;
      if (wanted[last]) cotangents[last] = read_scattered(g, n, c);
      return;
    case BWI_UPDATE_NONE: {
      const bwi_id zeros = bwi_zeros_like(g, updates);
      if (wanted[0])
        cotangents[0] = apply_with_indices(g, BWI_Scatter, n->params, c, last - 1, n->in + 1, &zeros);
      if (wanted[last]) cotangents[last] = read_scattered(g, n, c);
      return;
    }
    case BWI_UPDATE_MAX:
    case BWI_UPDATE_MIN:
      if (wanted[0]) cotangents[0] = bwi_mask(g, bwi_binary(g, BWI_Equal, source, node), c);
      if (!wanted[last]) return;
      const bwi_id chosen = bwi_binary(g, BWI_Equal, updates, read_scattered(g, n, node));
      cotangents[last] = bwi_mask(g, chosen, read_scattered(g, n, c));
      return;
    case BWI_UPDATE_PRODUCT:
      bwi_graph_fail(g, BW_EUNSUPPORTED, "Scatter by product (node %d) has no derivative", (int)node);
  }
}

static void vjp_scatter_axis(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  const int64_t kind = n->params->i[0], axis = n->params->i[1];
  if (wanted[0])
    cotangents[0] =
        kind == ALONG_SUM ? c : scatter_along(g, ALONG_NONE, axis, c, n->in[1], bwi_zeros_like(g, n->in[2]));
  if (wanted[2])
    cotangents[2] = bwi_apply(g, BWI_GatherAxis, &(bwi_params){.i = {axis}}, 2, (bwi_id[]){c, n->in[1]});
}

/* The k-th true element of a row took the k-th update: k is an exclusive count of the mask. */
static bwi_id masked_updates(bwi_graph *g, const bwi_node *n, bwi_id c) {
  const bwi_dims updates = bwi_graph_node(g, n->in[2])->shape;
  const int64_t rows = n->shape.v[0];
  if (bwi_node_count(n) == 0 || bwi_node_count(bwi_graph_node(g, n->in[2])) == 0) return BWI_NONE;
  const bwi_dims flat = {2, {rows, -1}},
                 flat_updates = {2, {rows, bwi_node_count(bwi_graph_node(g, n->in[2])) / rows}};
  const bwi_id mask = bwi_reshape(g, n->in[1], &flat);
  const bwi_id counts = bwi_scan(g, BWI_SCAN_SUM, bwi_astype(g, mask, BW_I32), 1, false, false);
  const bwi_id places =
      bwi_binary(g, BWI_Minimum, counts, bwi_scalar(g, BW_I32, (double)(flat_updates.v[1] - 1)));
  const bwi_id taken = bwi_mask(g, mask, bwi_reshape(g, c, &flat));
  const bwi_id zeros = bwi_zeros(g, n->dtype, &flat_updates);
  return bwi_reshape(g, scatter_along(g, ALONG_SUM, 1, zeros, places, taken), &updates);
}

static void vjp_masked_scatter(bwi_graph *g, bwi_id node, bwi_id c, const bool *wanted, bwi_id *cotangents) {
  const bwi_node *n = bwi_graph_node(g, node);
  if (wanted[0]) cotangents[0] = bwi_select(g, n->in[1], bwi_scalar_like(g, c, 0), c);
  if (wanted[2]) cotangents[2] = masked_updates(g, n, c);
}

BWI_PRIMITIVE(ArgPartition, false, infer_arg_partition, NULL);
BWI_PRIMITIVE(ArgSort, false, infer_arg_sort, NULL);
BWI_PRIMITIVE(DynamicSlice, false, infer_dynamic_slice, vjp_dynamic_slice);
BWI_PRIMITIVE(DynamicSliceUpdate, false, infer_dynamic_slice_update, vjp_dynamic_slice_update);
BWI_PRIMITIVE(Gather, false, infer_gather, vjp_gather);
BWI_PRIMITIVE(GatherAxis, false, infer_gather_axis, vjp_gather_axis);
BWI_PRIMITIVE(Partition, false, infer_partition, vjp_sort);
BWI_PRIMITIVE(Scatter, false, infer_scatter, vjp_scatter);
BWI_PRIMITIVE(ScatterAxis, false, infer_scatter_axis, vjp_scatter_axis);
BWI_PRIMITIVE(MaskedScatter, false, infer_masked_scatter, vjp_masked_scatter);
BWI_PRIMITIVE(SearchSorted, false, infer_search_sorted, NULL);
BWI_PRIMITIVE(Sort, false, infer_sort, vjp_sort);
