/* SPDX-License-Identifier: Apache-2.0 */
/* One instruction set's table. */
#include "backend/cpu/simd/table.h"

#include "backend/cpu/simd/vector.h"

#define TEXT(set) TEXT_OF(set)
#define TEXT_OF(set) #set

const bwi_simd VARIANT(simd) = {
    .name = TEXT(SIMD_SET),
    .lanes = LANES,
    .max_vectors = LANES == 16 ? 4 : 2,
    .panel = VARIANT(panel),
    .dot = VARIANT(dot),
    .winograd_weights = VARIANT(winograd_weights),
    .winograd_in = VARIANT(winograd_in),
    .winograd_out = VARIANT(winograd_out),
    .step = VARIANT(step),
    .from_bools = VARIANT(from_bools),
    .to_bools = VARIANT(to_bools),
    .are_positive = VARIANT(are_positive),
    .reduce = VARIANT(reduce),
    .softmax = VARIANT(softmax),
    .logsumexp = VARIANT(logsumexp),
    .norm = VARIANT(norm),
    .max_pool = VARIANT(max_pool),
    .max_pool_gradient = VARIANT(max_pool_gradient),
    .avg_pool = VARIANT(avg_pool),
    .avg_pool_gradient = VARIANT(avg_pool_gradient),
};
