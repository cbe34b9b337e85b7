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

BWI_PRIMITIVE(ArgPartition, false, infer_arg_partition, NULL);
BWI_PRIMITIVE(ArgSort, false, infer_arg_sort, NULL);
BWI_PRIMITIVE(DynamicSlice, false, infer_dynamic_slice, bwi_vjp_none);
BWI_PRIMITIVE(DynamicSliceUpdate, false, infer_dynamic_slice_update, bwi_vjp_none);
BWI_PRIMITIVE(Gather, false, infer_gather, bwi_vjp_none);
BWI_PRIMITIVE(GatherAxis, false, infer_gather_axis, bwi_vjp_none);
BWI_PRIMITIVE(Partition, false, infer_partition, bwi_vjp_none);
BWI_PRIMITIVE(Scatter, false, infer_scatter, bwi_vjp_none);
BWI_PRIMITIVE(ScatterAxis, false, infer_scatter_axis, bwi_vjp_none);
BWI_PRIMITIVE(MaskedScatter, false, infer_masked_scatter, bwi_vjp_none);
BWI_PRIMITIVE(SearchSorted, false, infer_search_sorted, NULL);
BWI_PRIMITIVE(Sort, false, infer_sort, bwi_vjp_none);
