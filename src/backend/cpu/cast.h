/* SPDX-License-Identifier: Apache-2.0 */
/* AsType between float32 and the other dtypes. */
#ifndef BACKEND_CPU_CAST_H
#define BACKEND_CPU_CAST_H

#include "backend/plan.h"

/* BW_EUNSUPPORTED: neither side is float32, or integers out of floats, whose range the reference minds. */
bw_status bwi_bind_cast(bwi_kernel *out, const bwi_graph *g, bwi_id id, bw_error *err);

#endif
