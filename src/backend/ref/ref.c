/* SPDX-License-Identifier: Apache-2.0 */
/* The reference backend: every primitive in plain C. It is the oracle that faster kernels are tested
 * against, and the fallback for what they do not take. */
#include "backend/ref/ref.h"

#include "backend/plan.h"
#include "base/memory.h"
#include "graph/primitive.h"

static const struct {
  bwi_ref_run run;
  bwi_ref_scratch scratch; /* NULL: none */
} kernels[BWI_PRIM_COUNT] = {
    [BWI_Abs] = {bwi_ref_unary, NULL},
    [BWI_ArcCos] = {bwi_ref_unary, NULL},
    [BWI_ArcCosh] = {bwi_ref_unary, NULL},
    [BWI_ArcSin] = {bwi_ref_unary, NULL},
    [BWI_ArcSinh] = {bwi_ref_unary, NULL},
    [BWI_ArcTan] = {bwi_ref_unary, NULL},
    [BWI_ArcTanh] = {bwi_ref_unary, NULL},
    [BWI_AsType] = {bwi_ref_astype, NULL},
    [BWI_BitwiseInvert] = {bwi_ref_unary, NULL},
    [BWI_Ceil] = {bwi_ref_unary, NULL},
    [BWI_Cos] = {bwi_ref_unary, NULL},
    [BWI_Cosh] = {bwi_ref_unary, NULL},
    [BWI_Erf] = {bwi_ref_unary, NULL},
    [BWI_ErfInv] = {bwi_ref_unary, NULL},
    [BWI_Exp] = {bwi_ref_unary, NULL},
    [BWI_Expm1] = {bwi_ref_unary, NULL},
    [BWI_Floor] = {bwi_ref_unary, NULL},
    [BWI_Log] = {bwi_ref_unary, NULL},
    [BWI_Log1p] = {bwi_ref_unary, NULL},
    [BWI_LogicalNot] = {bwi_ref_unary, NULL},
    [BWI_Negative] = {bwi_ref_unary, NULL},
    [BWI_Round] = {bwi_ref_unary, NULL},
    [BWI_Sigmoid] = {bwi_ref_unary, NULL},
    [BWI_Sign] = {bwi_ref_unary, NULL},
    [BWI_Sin] = {bwi_ref_unary, NULL},
    [BWI_Sinh] = {bwi_ref_unary, NULL},
    [BWI_Sqrt] = {bwi_ref_unary, NULL},
    [BWI_Square] = {bwi_ref_unary, NULL},
    [BWI_StopGradient] = {bwi_ref_copy, NULL},
    [BWI_Tan] = {bwi_ref_unary, NULL},
    [BWI_Tanh] = {bwi_ref_unary, NULL},

    [BWI_Add] = {bwi_ref_binary, NULL},
    [BWI_ArcTan2] = {bwi_ref_binary, NULL},
    [BWI_BitwiseBinary] = {bwi_ref_binary, NULL},
    [BWI_Divide] = {bwi_ref_binary, NULL},
    [BWI_FloorDivide] = {bwi_ref_binary, NULL},
    [BWI_Equal] = {bwi_ref_binary, NULL},
    [BWI_Greater] = {bwi_ref_binary, NULL},
    [BWI_GreaterEqual] = {bwi_ref_binary, NULL},
    [BWI_Less] = {bwi_ref_binary, NULL},
    [BWI_LessEqual] = {bwi_ref_binary, NULL},
    [BWI_LogAddExp] = {bwi_ref_binary, NULL},
    [BWI_LogicalAnd] = {bwi_ref_binary, NULL},
    [BWI_LogicalOr] = {bwi_ref_binary, NULL},
    [BWI_Maximum] = {bwi_ref_binary, NULL},
    [BWI_Minimum] = {bwi_ref_binary, NULL},
    [BWI_Multiply] = {bwi_ref_binary, NULL},
    [BWI_NotEqual] = {bwi_ref_binary, NULL},
    [BWI_Power] = {bwi_ref_binary, NULL},
    [BWI_Remainder] = {bwi_ref_binary, NULL},
    [BWI_Subtract] = {bwi_ref_binary, NULL},
    [BWI_Select] = {bwi_ref_select, NULL},

    [BWI_ArgReduce] = {bwi_ref_arg_reduce, NULL},
    [BWI_LogSumExp] = {bwi_ref_logsumexp, bwi_ref_line_scratch},
    [BWI_Reduce] = {bwi_ref_reduce, bwi_ref_wide_out_scratch},
    [BWI_Scan] = {bwi_ref_scan, NULL},
    [BWI_Softmax] = {bwi_ref_softmax, bwi_ref_line_scratch},

    [BWI_AsStrided] = {bwi_ref_as_strided, NULL},
    [BWI_Broadcast] = {bwi_ref_broadcast, NULL},
    [BWI_Concatenate] = {bwi_ref_concatenate, NULL},
    [BWI_Copy] = {bwi_ref_copy, NULL},
    [BWI_ExpandDims] = {bwi_ref_copy, NULL},
    [BWI_Flatten] = {bwi_ref_copy, NULL},
    [BWI_Pad] = {bwi_ref_pad, NULL},
    [BWI_Reshape] = {bwi_ref_copy, NULL},
    [BWI_Slice] = {bwi_ref_slice, NULL},
    [BWI_SliceUpdate] = {bwi_ref_slice_update, bwi_ref_wide_out_scratch},
    [BWI_Squeeze] = {bwi_ref_copy, NULL},
    [BWI_Transpose] = {bwi_ref_transpose, NULL},
    [BWI_Unflatten] = {bwi_ref_copy, NULL},
    [BWI_View] = {bwi_ref_copy, NULL},

    [BWI_ArgPartition] = {bwi_ref_arg_sort, bwi_ref_sort_scratch},
    [BWI_ArgSort] = {bwi_ref_arg_sort, bwi_ref_sort_scratch},
    [BWI_DynamicSlice] = {bwi_ref_dynamic_slice, NULL},
    [BWI_DynamicSliceUpdate] = {bwi_ref_dynamic_slice_update, NULL},
    [BWI_Gather] = {bwi_ref_gather, NULL},
    [BWI_GatherAxis] = {bwi_ref_gather_axis, NULL},
    [BWI_Partition] = {bwi_ref_sort, bwi_ref_sort_scratch},
    [BWI_Scatter] = {bwi_ref_scatter, bwi_ref_wide_out_scratch},
    [BWI_ScatterAxis] = {bwi_ref_scatter_axis, bwi_ref_wide_out_scratch},
    [BWI_MaskedScatter] = {bwi_ref_masked_scatter, NULL},
    [BWI_SearchSorted] = {bwi_ref_search_sorted, NULL},
    [BWI_Sort] = {bwi_ref_sort, bwi_ref_sort_scratch},

    [BWI_AddMM] = {bwi_ref_addmm, bwi_ref_matmul_scratch},
    [BWI_BlockMaskedMM] = {bwi_ref_block_masked_mm, bwi_ref_matmul_scratch},
    [BWI_Convolution] = {bwi_ref_convolution, bwi_ref_convolution_scratch},
    [BWI_GatherMM] = {bwi_ref_gather_mm, bwi_ref_matmul_scratch},
    [BWI_Matmul] = {bwi_ref_matmul, bwi_ref_matmul_scratch},
    [BWI_QuantizedMatmul] = {bwi_ref_quantized_matmul, bwi_ref_matmul_scratch},
    [BWI_Dequantize] = {bwi_ref_dequantize, NULL},
    [BWI_Hadamard] = {bwi_ref_hadamard, bwi_ref_line_scratch},

    [BWI_LayerNorm] = {bwi_ref_layer_norm, bwi_ref_line_scratch},
    [BWI_RMSNorm] = {bwi_ref_rms_norm, bwi_ref_line_scratch},
    [BWI_RoPE] = {bwi_ref_rope, bwi_ref_line_scratch},
    [BWI_ScaledDotProductAttention] = {bwi_ref_attention, bwi_ref_attention_scratch},

    [BWI_Arange] = {bwi_ref_arange, NULL},
    [BWI_NumberOfElements] = {bwi_ref_number_of_elements, NULL},

    [BWI_AsStridedGradient] = {bwi_ref_as_strided_gradient, bwi_ref_wide_out_scratch},
    [BWI_FusedConvolution] = {bwi_ref_convolution, bwi_ref_convolution_scratch},
    [BWI_FusedMatmul] = {bwi_ref_fused_matmul, bwi_ref_matmul_scratch},
    [BWI_MaxPool] = {bwi_ref_max_pool, NULL},
    [BWI_MaxPoolGradient] = {bwi_ref_max_pool_gradient, bwi_ref_wide_out_scratch},
    [BWI_AvgPool] = {bwi_ref_avg_pool, NULL},
    [BWI_AvgPoolGradient] = {bwi_ref_avg_pool_gradient, bwi_ref_wide_out_scratch},
    [BWI_Elementwise] = {bwi_ref_elementwise, NULL},
};

/* --- as a backend --- */

typedef struct state {
  const bwi_node *node;
  const bwi_node *operand[]; /* node->n_in */
} state;

static bw_status run(void *payload, const void *const *in, void *out, void *scratch) {
  const state *s = payload;
  const bwi_ref_call call = {
      .node = s->node, .operand = s->operand, .in = in, .out = out, .scratch = scratch};
  return kernels[s->node->prim].run(&call);
}

static bw_status make_state(state **out, const bwi_graph *g, bwi_id id, bw_error *err) {
  const bwi_node *node = bwi_graph_node(g, id);
  state *s = bwi_alloc(1, sizeof *s + node->n_in * sizeof s->operand[0]);
  if (s == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a kernel");
  s->node = node;
  for (uint32_t k = 0; k < node->n_in; k++) s->operand[k] = bwi_graph_node(g, node->in[k]);
  *out = s;
  return BW_OK;
}

static size_t scratch_bytes(const state *s) {
  const bwi_ref_scratch scratch = kernels[s->node->prim].scratch;
  return scratch == NULL ? 0 : scratch(s->node, s->operand);
}

/* Elementwise kernels read a block before they write it: any computed operand that is laid out as the output
 * is may be overwritten. */
static int overwritable(const state *s) {
  const bwi_node *node = s->node;
  for (uint32_t k = 0; bwi_primitive_of(node->prim)->elementwise && k < node->n_in; k++) {
    const bwi_node *operand = s->operand[k];
    if (operand->prim != BWI_Constant && operand->prim != BWI_Input &&
        bwi_dims_equal(&operand->shape, &node->shape) &&
        bw_dtype_bytes(operand->dtype) == bw_dtype_bytes(node->dtype))
      return (int)k;
  }
  return -1;
}

static bw_status bind(bwi_kernel *out, const bwi_graph *g, bwi_id id, bwi_weights *weights, uint32_t flags,
                      bw_error *err) {
  (void)weights, (void)flags;
  state *s;
  if (kernels[bwi_graph_node(g, id)->prim].run == NULL)
    return BW_FAIL(err, BW_EUNSUPPORTED, "node %d: nothing to compute", id);
  BW_TRY(make_state(&s, g, id, err));
  *out = (bwi_kernel){.run = run,
                      .free = bwi_free,
                      .state = s,
                      .scratch_bytes = scratch_bytes(s),
                      .in_place = overwritable(s),
                      .name = "ref"};
  return BW_OK;
}

const bwi_backend bwi_backend_ref = {.name = "ref", .bind = bind};

/* --- one node --- */

bw_status bwi_ref_evaluate(const bwi_graph *g, bwi_id id, void *out, bw_error *err) {
  enum { MAX_OPERANDS = 64 };
  bw_status status = BW_OK;
  const void *in[MAX_OPERANDS];
  void *scratch = NULL;
  state *s = NULL;
  const bwi_node *node = bwi_graph_node(g, id);
  if (kernels[node->prim].run == NULL || node->n_in > MAX_OPERANDS)
    return BW_FAIL(err, BW_EUNSUPPORTED, "node %d cannot be evaluated", id);
  for (uint32_t k = 0; k < node->n_in; k++) {
    in[k] = bwi_graph_node(g, node->in[k])->data;
    if (in[k] == NULL) return BW_FAIL(err, BW_EINVAL, "node %d has an operand that is not constant", id);
  }
  BW_TRY(make_state(&s, g, id, err));
  scratch = bwi_alloc(scratch_bytes(s), 1);
  if (scratch == NULL) {
    status = BW_FAIL(err, BW_ENOMEM, "out of memory for %zu bytes of scratch", scratch_bytes(s));
    goto out;
  }
  status = run(s, in, out, scratch);
  if (status != BW_OK)
    BW_FAIL(err, status, "node %d (%s): an index in the data is out of range", id,
            bwi_primitive_of(node->prim)->name);
out:
  bwi_free(scratch);
  bwi_free(s);
  return status;
}
