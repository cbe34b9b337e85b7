/* SPDX-License-Identifier: Apache-2.0 */
/* Elementwise programs and single elementwise primitives of float32 and bool. */
#ifndef BACKEND_CPU_ELEMENTWISE_H
#define BACKEND_CPU_ELEMENTWISE_H

#include "backend/plan.h"

/* BW_EUNSUPPORTED: not elementwise, another dtype, or a primitive that the reference computes. */
bw_status bwi_bind_elementwise(bwi_kernel *out, const bwi_graph *g, bwi_id id, bw_error *err);

#endif
