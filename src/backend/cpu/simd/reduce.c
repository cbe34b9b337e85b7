/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions' inner loops, and those of the layers that are made of one. Along the innermost axis each lane
 * keeps a partial result and the lanes are combined last; the order depends on the row's length alone, so it
 * is the same for every sample. */
#include <math.h>

#include "backend/cpu/simd/exponential.h"
#include "backend/cpu/simd/table.h"
#include "backend/cpu/simd/vector.h"

typedef vf (*combine_fn)(vf, vf);

INLINE vf plus(vf a, vf b) {
  return a + b;
}
/* NaN stays, as in MLX; of equal ones (0 and -0) the second is taken. */
INLINE vf greater_of(vf a, vf b) {
  return vf_select((a > b) | (a != a), a, b);
}
INLINE vf lesser_of(vf a, vf b) {
  return vf_select((a < b) | (a != a), a, b);
}

/* The first n lanes; the others hold what changes nothing. */
INLINE vf load_padded(const float *p, uint32_t n, float neutral) {
  float lanes[LANES];
  vf_store(lanes, vf_all(neutral));
  memcpy(lanes, p, n * sizeof(float));
  return vf_load(lanes);
}

INLINE float across_lanes(vf v, combine_fn combine) {
  float lanes[2 * LANES];
  for (uint32_t width = LANES / 2; width > 0; width /= 2) {
    vf_store(lanes, v);
    vf_store(lanes + LANES, v);
    v = combine(v, vf_load(lanes + width));
  }
  return v[0];
}

INLINE float reduce_row(int64_t n, const float *x, float neutral, combine_fn combine) {
  vf partial = vf_all(neutral);
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES) partial = combine(partial, vf_load(x + i));
  if (i < n) partial = combine(partial, load_padded(x + i, (uint32_t)(n - i), neutral));
  return across_lanes(partial, combine);
}

/* (reduced, inner) to inner: vectors run along inner. */
INLINE void reduce_columns(const bwi_reduce_block *b, const float *x, float *y, combine_fn combine) {
  for (int64_t c = 0; c < b->inner; c += LANES) {
    const int64_t n = b->inner - c;
    vf total = vf_load_n(x + c, n);
    for (int64_t r = 1; r < b->reduced; r++) total = combine(total, vf_load_n(x + r * b->inner + c, n));
    vf_store_n(y + c, total, n);
  }
}

INLINE void reduce_all(const bwi_reduce_block *b, const float *x, float *y, float neutral,
                       combine_fn combine) {
  for (int64_t o = 0; o < b->outer; o++) {
    const float *from = x + o * b->reduced * b->inner;
    if (b->inner == 1)
      y[o] = reduce_row(b->reduced, from, neutral, combine);
    else
      reduce_columns(b, from, y + o * b->inner, combine);
  }
}

void VARIANT(reduce)(const bwi_reduce_block *b, const float *x, float *y) {
  switch (b->kind) {
    case BWI_REDUCE_SUM: reduce_all(b, x, y, 0.0f, plus); break;
    case BWI_REDUCE_MIN: reduce_all(b, x, y, INFINITY, lesser_of); break;
    case BWI_REDUCE_MAX: reduce_all(b, x, y, -INFINITY, greater_of); break;
  }
}

void VARIANT(softmax)(int64_t n, const float *x, float *y) {
  const vf greatest = vf_all(reduce_row(n, x, -INFINITY, greater_of));
  vf total = vf_all(0.0f);
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    const vf e = vf_exp(vf_load(x + i) - greatest);
    vf_store(y + i, e);
    total += e;
  }
  if (i < n) {
    const uint32_t rest = (uint32_t)(n - i);
    const vf e = vf_exp(load_padded(x + i, rest, -INFINITY) - greatest);
    vf_store_first(y + i, e, rest);
    total += e;
  }
  const vf scale = vf_all(1.0f / across_lanes(total, plus));
  for (i = 0; i + LANES <= n; i += LANES) vf_store(y + i, vf_load(y + i) * scale);
  if (i < n) vf_store_first(y + i, vf_load_first(y + i, (uint32_t)(n - i)) * scale, (uint32_t)(n - i));
}

float VARIANT(logsumexp)(int64_t n, const float *x) {
  const float greatest = reduce_row(n, x, -INFINITY, greater_of);
  if (isinf(greatest)) return greatest; /* infinity less itself would be NaN */
  vf total = vf_all(0.0f);
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES) total += vf_exp(vf_load(x + i) - vf_all(greatest));
  if (i < n) total += vf_exp(load_padded(x + i, (uint32_t)(n - i), -INFINITY) - vf_all(greatest));
  return greatest + logf(across_lanes(total, plus));
}

INLINE float mean_of_squares(int64_t n, const float *x, float mean) {
  vf total = vf_all(0.0f);
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    const vf v = vf_load(x + i) - vf_all(mean);
    total += v * v;
  }
  if (i < n) {
    const vf v = load_padded(x + i, (uint32_t)(n - i), mean) - vf_all(mean);
    total += v * v;
  }
  return across_lanes(total, plus) / (float)n;
}

INLINE vf normalise(vf x, float mean, float scale, vf weight, vf bias) {
  return (x - vf_all(mean)) * vf_all(scale) * weight + bias;
}

void VARIANT(norm)(const bwi_norm *p, const float *x, float *y) {
  const float mean = p->centred ? reduce_row(p->n, x, 0.0f, plus) / (float)p->n : 0.0f;
  const float scale = 1.0f / sqrtf(mean_of_squares(p->n, x, mean) + p->eps);
  int64_t i = 0;
  for (; i + LANES <= p->n; i += LANES) {
    const vf bias = p->bias != NULL ? vf_load(p->bias + i) : vf_all(0.0f);
    vf_store(y + i, normalise(vf_load(x + i), mean, scale, vf_load(p->weight + i), bias));
  }
  if (i == p->n) return;
  const uint32_t rest = (uint32_t)(p->n - i);
  const vf bias = p->bias != NULL ? vf_load_first(p->bias + i, rest) : vf_all(0.0f);
  const vf weight = vf_load_first(p->weight + i, rest);
  vf_store_first(y + i, normalise(vf_load_first(x + i, rest), mean, scale, weight, bias), rest);
}
