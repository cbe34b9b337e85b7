/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors of float32 by the vector extension that gcc and clang share, as wide as the instruction set
 * this object is built for. Only files of this folder include it; each is built once per instruction set
 * (see CMakeLists.txt) and its exported names carry the set's suffix. */
#ifndef BACKEND_CPU_SIMD_VECTOR_H
#define BACKEND_CPU_SIMD_VECTOR_H

#if defined(__AVX2__)
#include <immintrin.h>
#endif
#include <stdint.h>
#include <string.h>

/* The lanes of two vectors together, for __builtin_shufflevector. */
#if defined(__AVX512F__)
#define LANES 16
#define EVEN_LANES 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODD_LANES 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#elif defined(__AVX2__)
#define LANES 8
#define EVEN_LANES 0, 2, 4, 6, 8, 10, 12, 14
#define ODD_LANES 1, 3, 5, 7, 9, 11, 13, 15
#else
#define LANES 4
#define EVEN_LANES 0, 2, 4, 6
#define ODD_LANES 1, 3, 5, 7
#endif

typedef float vf __attribute__((vector_size(LANES * 4)));
typedef int32_t vi __attribute__((vector_size(LANES * 4)));
typedef uint8_t vb __attribute__((vector_size(LANES)));
typedef uint8_t vb_anywhere __attribute__((vector_size(LANES), aligned(1), may_alias));
typedef float vf_anywhere __attribute__((vector_size(LANES * 4), aligned(4), may_alias));

/* Kernels are written once for any tile size and unrolled for each: without this the sums would live in
 * memory instead of registers. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif
#define INLINE static inline __attribute__((always_inline))

INLINE vf vf_load(const float *p) {
  return *(const vf_anywhere *)p;
}

INLINE void vf_store(float *p, vf v) {
  *(vf_anywhere *)p = v;
}

/* The first n (< LANES) lanes; the others are zero. */
#if defined(__AVX512F__)
INLINE vf vf_load_first(const float *p, uint32_t n) {
  return (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}

INLINE void vf_store_first(float *p, vf v, uint32_t n) {
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
}
#else
/* n (< LANES) floats, by the powers of two that n is made of: a memcpy of unknown size would be a call. */
INLINE void copy_first(float *to, const float *from, uint32_t n) {
  UNROLL for (uint32_t part = LANES / 2; part > 0; part /= 2) {
    if ((n & part) == 0) continue;
    memcpy(to, from, part * sizeof(float));
    to += part;
    from += part;
  }
}

INLINE vf vf_load_first(const float *p, uint32_t n) {
  float lanes[LANES] = {0};
  copy_first(lanes, p, n);
  return vf_load(lanes);
}

INLINE void vf_store_first(float *p, vf v, uint32_t n) {
  float lanes[LANES];
  vf_store(lanes, v);
  copy_first(p, lanes, n);
}
#endif

/* The first n lanes, all where n is LANES or more. */
INLINE vf vf_load_n(const float *p, int64_t n) {
  return n >= LANES ? vf_load(p) : vf_load_first(p, (uint32_t)n);
}

INLINE void vf_store_n(float *p, vf v, int64_t n) {
  if (n >= LANES)
    vf_store(p, v);
  else
    vf_store_first(p, v, (uint32_t)n);
}

INLINE vf vf_all(float x) {
  return x - (vf){0}; /* not `+`: -0 + 0 is 0 */
}

/* Lane by lane, mask being all ones or all zeros: what a comparison gives. */
INLINE vf vf_select(vi mask, vf then, vf otherwise) {
  return (vf)((mask & (vi)then) | (~mask & (vi)otherwise));
}

/* max(v, 0) with NaN kept, as MLX's Maximum does. */
INLINE vf vf_relu(vf v) {
  return (vf)(~(v < vf_all(0.0f)) & (vi)v);
}

/* v where condition is > 0, else 0; so too where it is NaN. */
INLINE vf vf_where_positive(vf condition, vf v) {
  return (vf)((condition > vf_all(0.0f)) & (vi)v);
}

/* v where the first n (<= LANES) of these are not 0, else 0. */
#if defined(__AVX512F__)
INLINE vf vf_where(const uint8_t *condition, uint32_t n, vf v) {
  const __m128i bytes = _mm_maskz_loadu_epi8((__mmask16)((1u << n) - 1), condition);
  return (vf)_mm512_maskz_mov_ps(_mm_test_epi8_mask(bytes, bytes), (__m512)v);
}
#else
INLINE vi vi_of_bytes(vb bytes) {
#if defined(__AVX2__) /* gcc 12 converts them one by one */
  return (vi)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)&bytes));
#else
  return __builtin_convertvector(bytes, vi);
#endif
}

INLINE vf vf_where(const uint8_t *condition, uint32_t n, vf v) {
  vb bytes = {0};
  if (n == LANES)
    bytes = *(const vb_anywhere *)condition;
  else
    for (uint32_t i = 0; i < n; i++) bytes[i] = condition[i];
  return (vf)((vi_of_bytes(bytes) != 0) & (vi)v);
}
#endif

#endif
