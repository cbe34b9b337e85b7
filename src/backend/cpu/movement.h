/* SPDX-License-Identifier: Apache-2.0 */
/* Primitives that put elements elsewhere: Transpose, Broadcast, Slice, AsStrided, Concatenate, Pad,
 * SliceUpdate. */
#ifndef BACKEND_CPU_MOVEMENT_H
#define BACKEND_CPU_MOVEMENT_H

#include "backend/plan.h"

bw_status bwi_bind_movement(bwi_kernel *out, const bwi_graph *g, bwi_id id, bw_error *err);

#endif
