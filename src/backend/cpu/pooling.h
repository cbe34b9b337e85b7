/* SPDX-License-Identifier: Apache-2.0 */
/* MaxPool, AvgPool and their gradients, float32. */
#ifndef BACKEND_CPU_POOLING_H
#define BACKEND_CPU_POOLING_H

#include "backend/plan.h"

bw_status bwi_bind_pooling(bwi_kernel *out, const bwi_graph *g, bwi_id id, bw_error *err);

#endif
