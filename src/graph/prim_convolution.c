/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution over one to three spatial axes, channels last. */
#include "graph/convolution.h"
#include "graph/family.h"

/* Bounds that keep every extent below inside of int64_t; real values are far smaller. */
#define MAX_STEP INT32_MAX

static bw_status check_steps(const bwi_dims *steps, uint32_t n_spatial, int64_t least, const char *what,
                             bw_error *err) {
  BW_TRY(bwi_check_length(steps, n_spatial, what, err));
  return bwi_check_each(steps, least, MAX_STEP, what, err);
}

bw_status bwi_convolution_shape(bwi_dims *out, const bwi_dims *x, const bwi_dims *w, const bwi_params *params,
                                bw_error *err) {
  if (x->n < 3 || x->n > 5 || w->n != x->n)
    return BW_FAIL(err, BW_EFORMAT, "operands of rank %u and %u, must be 3, 4 or 5 and the same", x->n, w->n);
  const uint32_t n_spatial = x->n - 2;
  const int64_t groups = params->i[0], channels = x->v[x->n - 1], filters = w->v[0];
  BW_TRY(check_steps(&params->v[BWI_CONVOLUTION_STRIDES], n_spatial, 1, "strides", err));
  BW_TRY(check_steps(&params->v[BWI_CONVOLUTION_LOW], n_spatial, 0, "low paddings", err));
  BW_TRY(check_steps(&params->v[BWI_CONVOLUTION_HIGH], n_spatial, 0, "high paddings", err));
  BW_TRY(check_steps(&params->v[BWI_CONVOLUTION_KERNEL_DILATION], n_spatial, 1, "kernel dilations", err));
  BW_TRY(check_steps(&params->v[BWI_CONVOLUTION_INPUT_DILATION], n_spatial, 1, "input dilations", err));
  BW_TRY(bwi_check_range(groups, 1, MAX_STEP, "groups", err));
  BW_TRY(bwi_check_range(params->i[1], 0, 1, "flip", err));
  BW_TRY(bwi_check_each(w, 1, MAX_STEP, "extent of the kernel", err));
  BW_TRY(bwi_check_each(x, 1, MAX_STEP, "extent of the input", err));
  if (channels % groups != 0 || filters % groups != 0 || w->v[w->n - 1] != channels / groups)
    return BW_FAIL(err, BW_EFORMAT, "%lld channels, %lld filters of %lld channels and %lld groups do not fit",
                   (long long)channels, (long long)filters, (long long)w->v[w->n - 1], (long long)groups);
  *out = *x;
  out->v[x->n - 1] = filters;
  for (uint32_t d = 0; d < n_spatial; d++) {
    const int64_t input = (x->v[d + 1] - 1) * params->v[BWI_CONVOLUTION_INPUT_DILATION].v[d] + 1 +
                          params->v[BWI_CONVOLUTION_LOW].v[d] + params->v[BWI_CONVOLUTION_HIGH].v[d];
    const int64_t kernel = (w->v[d + 1] - 1) * params->v[BWI_CONVOLUTION_KERNEL_DILATION].v[d] + 1;
    if (input < kernel)
      return BW_FAIL(err, BW_EFORMAT, "a kernel of extent %lld over a padded input of %lld",
                     (long long)kernel, (long long)input);
    out->v[d + 1] = (input - kernel) / params->v[BWI_CONVOLUTION_STRIDES].v[d] + 1;
  }
  return BW_OK;
}

static bw_status infer_convolution(const bwi_graph *g, uint32_t n_in, const bwi_node *const *in,
                                   bwi_params *params, bwi_typed_shape *out, bw_error *err) {
  (void)g;
  BW_TRY(bwi_check_same_float(n_in, in, err));
  out->dtype = in[0]->dtype;
  return bwi_convolution_shape(&out->shape, &in[0]->shape, &in[1]->shape, params, err);
}

BWI_PRIMITIVE(Convolution, false, infer_convolution, bwi_vjp_none);
