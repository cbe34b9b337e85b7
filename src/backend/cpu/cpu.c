/* SPDX-License-Identifier: Apache-2.0 */
/* The fast backend: which kernel a node gets. Whatever none takes is left to the reference. */
#include "backend/cpu/attention.h"
#include "backend/cpu/cast.h"
#include "backend/cpu/convolution.h"
#include "backend/cpu/elementwise.h"
#include "backend/cpu/gather.h"
#include "backend/cpu/matmul.h"
#include "backend/cpu/movement.h"
#include "backend/cpu/norm.h"
#include "backend/cpu/pooling.h"
#include "backend/cpu/reduce.h"
#include "backend/plan.h"

bool bwi_cpu_has_bfloat16(void) {
  return bwi_simd_bfloat16() != NULL;
}

/* Shorter sums do not pay for making the left rows narrow. */
enum { LEAST_BFLOAT16_DEPTH = 128 };

/* What multiplies with constants in sums of so many. Plans that ask for bfloat16 where there is none get
 * float32. */
static const bwi_simd *products(uint32_t flags, int64_t depth) {
  const bool narrow = (flags & BWI_PLAN_BFLOAT16) != 0 && depth >= LEAST_BFLOAT16_DEPTH;
  const bwi_simd *simd = narrow ? bwi_simd_bfloat16() : NULL;
  return simd != NULL ? simd : bwi_simd_best();
}

static bw_status bind_convolution(bwi_kernel *out, const bwi_graph *g, bwi_id id, bwi_weights *weights,
                                  uint32_t flags, bw_error *err) {
  bwi_convolution c;
  BW_TRY(bwi_convolution_of(&c, g, id, err));
  const bwi_simd *simd = products(flags, c.kernel[0] * c.kernel[1] * c.channels / c.groups);
  bw_status status = bwi_bind_dots(out, &c, weights, err);
  /* Winograd's points would lose more in bfloat16 than its pixels do, for products that are cheap there. */
  if (status == BW_EUNSUPPORTED && (flags & BWI_PLAN_DIRECT) == 0 && !simd->bfloat16)
    status = bwi_bind_winograd(out, &c, weights, err);
  if (status == BW_EUNSUPPORTED)
    status = bwi_bind_direct(out, &c, simd, (flags & BWI_PLAN_UPDATES) != 0, weights, err);
  return status;
}

static bw_status bind_matmul(bwi_kernel *out, const bwi_graph *g, bwi_id id, bwi_weights *weights,
                             uint32_t flags, bw_error *err) {
  const bwi_node *left = bwi_graph_node(g, bwi_graph_node(g, id)->in[0]);
  const int64_t depth = left->shape.n > 0 ? left->shape.v[left->shape.n - 1] : 0;
  return bwi_bind_matmul(out, g, id, products(flags, depth), weights, err);
}

static bw_status bind(bwi_kernel *out, const bwi_graph *g, bwi_id id, bwi_weights *weights, uint32_t flags,
                      bw_error *err) {
  switch (bwi_graph_node(g, id)->prim) {
    case BWI_Convolution:
    case BWI_FusedConvolution: return bind_convolution(out, g, id, weights, flags, err);
    case BWI_AddMM:
    case BWI_Matmul:
    case BWI_FusedMatmul: return bind_matmul(out, g, id, weights, flags, err);
    case BWI_MaxPool:
    case BWI_MaxPoolGradient:
    case BWI_AvgPool:
    case BWI_AvgPoolGradient: return bwi_bind_pooling(out, g, id, err);
    case BWI_Reduce:
    case BWI_LogSumExp:
    case BWI_Softmax: return bwi_bind_reduce(out, g, id, err);
    case BWI_LayerNorm:
    case BWI_RMSNorm: return bwi_bind_norm(out, g, id, err);
    case BWI_ScaledDotProductAttention: return bwi_bind_attention(out, g, id, err);
    case BWI_Gather: return bwi_bind_gather(out, g, id, err);
    case BWI_AsType: return bwi_bind_cast(out, g, id, err);
    case BWI_Transpose:
    case BWI_Broadcast:
    case BWI_Slice:
    case BWI_AsStrided:
    case BWI_Pad:
    case BWI_Concatenate:
    case BWI_SliceUpdate: return bwi_bind_movement(out, g, id, err);
    default: return bwi_bind_elementwise(out, g, id, err);
  }
}

const bwi_backend bwi_backend_cpu = {.name = "cpu", .bind = bind};
