/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernels of products do before and after their sums, a vector of columns at a time. */
#ifndef BACKEND_CPU_SIMD_EPILOGUE_H
#define BACKEND_CPU_SIMD_EPILOGUE_H

#include "backend/cpu/simd/simd.h"
#include "backend/cpu/simd/vector.h"

/* Of a panel's columns from `column` on. */
INLINE vf bias_of(const bwi_panel *p, uint32_t column, uint32_t lanes) {
  return p->bias != NULL ? vf_load_n(p->bias + p->first_column + column, lanes) : vf_all(0.0f);
}

/* residual, mask: NULL for none. */
INLINE void finish_lanes(vf sum, float *out, const float *residual, bool relu, const uint8_t *mask,
                         uint32_t lanes) {
  if (residual != NULL) sum += vf_load_n(residual, lanes);
  if (relu) sum = vf_relu(sum);
  if (mask != NULL) sum = vf_where(mask, lanes, sum);
  vf_store_n(out, sum, lanes);
}

#endif
