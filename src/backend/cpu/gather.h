/* SPDX-License-Identifier: Apache-2.0 */
/* Gather of slices that lie in one piece, such as the rows of an embedding; any dtype. */
#ifndef BACKEND_CPU_GATHER_H
#define BACKEND_CPU_GATHER_H

#include "backend/plan.h"

/* The kernel's run is BW_EFORMAT where an index is out of range. */
bw_status bwi_bind_gather(bwi_kernel *out, const bwi_graph *g, bwi_id id, bw_error *err);

#endif
