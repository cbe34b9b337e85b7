/* SPDX-License-Identifier: Apache-2.0 */
/* Values made of nothing but parameters. */
#include "backend/ref/ref.h"

/* MLX adds a step in the dtype itself, so its rounding adds up; the step is the difference of the first two
 * values as the dtype holds them. */
static void count_reals(const bwi_ref_call *call, int64_t count) {
  const bw_dtype dtype = call->node->dtype;
  const double *f = call->node->params->f;
  double value = bwi_round_to(dtype, f[0]);
  const double step = bwi_round_to(dtype, bwi_round_to(dtype, f[0] + f[2]) - value);
  for (int64_t i = 0; i < count; i++) {
    bwi_store_real(call->out, dtype, i, 1, &value, 1);
    value = bwi_round_to(dtype, value + step);
  }
}

static void count_integers(const bwi_ref_call *call, int64_t count) {
  const bw_dtype dtype = call->node->dtype;
  const double *f = call->node->params->f, ends[2] = {f[0], f[0] + f[2]};
  int64_t values[2], held[2];
  bwi_store_real(values, BW_I64, 0, 1, ends, 2);
  bwi_store_integer(held, dtype, 0, 1, values, false, 2);
  bwi_load_integer(values, held, dtype, 0, 1, 2);
  const uint64_t step = (uint64_t)values[1] - (uint64_t)values[0];
  for (int64_t i = 0; i < count; i++) {
    const int64_t value = (int64_t)((uint64_t)values[0] + (uint64_t)i * step);
    bwi_store_integer(call->out, dtype, i, 1, &value, false, 1);
  }
}

bw_status bwi_ref_arange(const bwi_ref_call *call) {
  const int64_t count = bwi_node_count(call->node);
  if (bwi_is_real(call->node->dtype)) {
    count_reals(call, count);
  } else {
    count_integers(call, count);
  }
  return BW_OK;
}

bw_status bwi_ref_number_of_elements(const bwi_ref_call *call) {
  const bwi_params *params = call->node->params;
  const bwi_dims *shape = &call->operand[0]->shape;
  double count = 1;
  for (uint32_t k = 0; k < params->v[0].n; k++) count *= (double)shape->v[params->v[0].v[k]];
  if (params->i[0] != 0) count = 1 / count;
  bwi_store_real(call->out, call->node->dtype, 0, 1, &count, 1);
  return BW_OK;
}
