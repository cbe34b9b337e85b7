/* SPDX-License-Identifier: Apache-2.0 */
/* Matmul and FusedMatmul of float32. */
#ifndef BACKEND_CPU_MATMUL_H
#define BACKEND_CPU_MATMUL_H

#include "backend/plan.h"

bw_status bwi_bind_matmul(bwi_kernel *out, const bwi_graph *g, bwi_id id, bwi_weights *weights, bw_error *err);

#endif
