/* SPDX-License-Identifier: Apache-2.0 */
/* The names of one instruction set's inner loops. The build defines SIMD_SET (avx512, avx2, baseline). */
#ifndef BACKEND_CPU_SIMD_TABLE_H
#define BACKEND_CPU_SIMD_TABLE_H

#include "backend/cpu/simd/simd.h"

#define VARIANT(name) VARIANT_OF(name, SIMD_SET)
#define VARIANT_OF(name, set) VARIANT_PASTE(name, set)
#define VARIANT_PASTE(name, set) bwi_##name##_##set

extern const bwi_simd VARIANT(simd);
void VARIANT(narrow)(const bwi_narrow *p);
void VARIANT(panel)(const bwi_panel *p);
void VARIANT(dot)(const bwi_dot *p);
void VARIANT(winograd_weights)(const bwi_winograd_weights *t);
void VARIANT(winograd_in)(const bwi_winograd_in *t);
void VARIANT(winograd_out)(const bwi_winograd_out *t);
void VARIANT(reduce)(const bwi_reduce_block *b, const float *x, float *y);
void VARIANT(softmax)(int64_t n, const float *x, float *y);
float VARIANT(logsumexp)(int64_t n, const float *x);
void VARIANT(norm)(const bwi_norm *p, const float *x, float *y);
void VARIANT(max_pool)(const bwi_pool *p, const float *x, float *y);
void VARIANT(max_pool_gradient)(const bwi_pool *p, const float *x, const float *y, const float *dy,
                                float *dx);
void VARIANT(avg_pool)(const bwi_pool *p, const float *x, float *y);
void VARIANT(avg_pool_gradient)(const bwi_pool *p, const float *dy, float *dx);
void VARIANT(from_bools)(int64_t n, const uint8_t *x, float *y);
void VARIANT(to_bools)(int64_t n, const float *x, uint8_t *y);
void VARIANT(are_positive)(int64_t n, const float *x, uint8_t *y);
int VARIANT(step)(int prim, int32_t parameter, uint32_t n, const float *const *in, float *out);

#endif
