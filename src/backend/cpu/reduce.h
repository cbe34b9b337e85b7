/* SPDX-License-Identifier: Apache-2.0 */
/* Reduce (sum, min, max) over neighbouring axes, Softmax and LogSumExp; float32. */
#ifndef BACKEND_CPU_REDUCE_H
#define BACKEND_CPU_REDUCE_H

#include "backend/plan.h"

bw_status bwi_bind_reduce(bwi_kernel *out, const bwi_graph *g, bwi_id id, bw_error *err);

#endif
