/* SPDX-License-Identifier: Apache-2.0 */
/* Values made of nothing: inputs and constants (added by graph.c), Arange, NumberOfElements. */
#include <math.h>

#include "graph/family.h"

static bw_status infer_arange(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                              bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in, (void)in;
  const double start = params->f[0], stop = params->f[1], step = params->f[2];
  BW_TRY(bwi_check_finite(start, "start", err));
  BW_TRY(bwi_check_finite(stop, "stop", err));
  BW_TRY(bwi_check_finite(step, "step", err));
  if (step == 0) return BW_FAIL(err, BW_EFORMAT, "step is 0");
  if (bw_dtype_bytes(params->dtype) == 0 || params->dtype == BW_BOOL)
    return BW_FAIL(err, BW_EFORMAT, "%d is not a dtype to count in", (int)params->dtype);
  const double count = ceil((stop - start) / step);
  if (!(count <= 0x1p31)) return BW_FAIL(err, BW_ELIMIT, "more than 2^31 elements");
  *out = (bwi_typed_shape){params->dtype, {.n = 1, .v = {count < 0 ? 0 : (int64_t)count}}};
  return BW_OK;
}

static bw_status infer_number_of_elements(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                          bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in;
  BW_TRY(bwi_check_axes(&params->v[0], in[0]->shape.n, err));
  BW_TRY(bwi_check_range(params->i[0], 0, 1, "inverted", err));
  if (bw_dtype_bytes(params->dtype) == 0)
    return BW_FAIL(err, BW_EFORMAT, "%d is not a dtype", (int)params->dtype);
  *out = (bwi_typed_shape){.dtype = params->dtype};
  return BW_OK;
}

static bw_status infer_value(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in, bwi_params *params,
                             bwi_typed_shape *out, bw_error *err) {
  (void)g, (void)n_in, (void)in, (void)params, (void)out;
  return BW_FAIL(err, BW_EINVAL, "not computed from operands");
}

BWI_PRIMITIVE(Input, false, infer_value, NULL);
BWI_PRIMITIVE(Constant, false, infer_value, NULL);
BWI_PRIMITIVE(Arange, false, infer_arange, NULL);
BWI_PRIMITIVE(NumberOfElements, false, infer_number_of_elements, NULL);
