/* SPDX-License-Identifier: Apache-2.0 */
/* ScaledDotProductAttention of float32. */
#ifndef BACKEND_CPU_ATTENTION_H
#define BACKEND_CPU_ATTENTION_H

#include "backend/plan.h"

bw_status bwi_bind_attention(bwi_kernel *out, const bwi_graph *g, bwi_id id, bw_error *err);

#endif
