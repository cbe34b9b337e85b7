/* SPDX-License-Identifier: Apache-2.0 */
/* LayerNorm and RMSNorm of float32. */
#ifndef BACKEND_CPU_NORM_H
#define BACKEND_CPU_NORM_H

#include "backend/plan.h"

bw_status bwi_bind_norm(bwi_kernel *out, const bwi_graph *g, bwi_id id, bw_error *err);

#endif
