/* SPDX-License-Identifier: Apache-2.0 */
/* Pooling's inner loops, along channels. A window's elements are visited row by row, the same order for every
 * sample. The tail of the channels goes through the same vector code. */
#include "backend/cpu/simd/table.h"
#include "backend/cpu/simd/vector.h"

/* The images of one call; which are there depends on the function. */
typedef struct images {
  const bwi_pool *p;
  const float *x, *y, *dy;
  float *out;
  bool once; /* windows neither overlap nor leave gaps, so that every element of out is written once */
} images;

/* A vector of channels of one window: n of them (at least LANES: a whole vector) from element `first` of the
 * image on, and element `pooled` of the pooled one. */
typedef struct window {
  int64_t rows, columns, first, pooled, n;
} window;

typedef void (*window_fn)(const images *m, window w);

INLINE void each_window_of(const images *m, int64_t rows, int64_t columns, window_fn visit) {
  const bwi_pool *p = m->p;
  int64_t pooled = 0;
  for (int64_t sample = 0; sample < p->n; sample++)
    for (int64_t i = 0; i < p->out_height; i++)
      for (int64_t j = 0; j < p->out_width; j++, pooled += p->channels) {
        const int64_t line = sample * p->height + i * p->stride[0];
        const int64_t first = (line * p->width + j * p->stride[1]) * p->channels;
        for (int64_t c = 0; c < p->channels; c += LANES)
          visit(m, (window){rows, columns, first + c, pooled + c, p->channels - c});
      }
}

/* The usual window is unrolled. */
INLINE void each_window(const images *m, window_fn visit) {
  const bwi_pool *p = m->p;
  if (p->window[0] == 2 && p->window[1] == 2)
    each_window_of(m, 2, 2, visit);
  else
    each_window_of(m, p->window[0], p->window[1], visit);
}

INLINE int64_t element(const images *m, window w, int64_t i, int64_t j) {
  return w.first + (i * m->p->width + j) * m->p->channels;
}

/* --- pooling --- */

/* NaN stays, as in MLX; of equal ones (0 and -0) the last is taken. */
INLINE void take_greatest(const images *m, window w) {
  vf best = vf_load_n(m->x + w.first, w.n);
  for (int64_t i = 0; i < w.rows; i++)
    for (int64_t j = 0; j < w.columns; j++) {
      const vf v = vf_load_n(m->x + element(m, w, i, j), w.n);
      best = vf_select((best > v) | (best != best), best, v);
    }
  vf_store_n(m->out + w.pooled, best, w.n);
}

INLINE void take_mean(const images *m, window w) {
  vf total = vf_all(0.0f);
  for (int64_t i = 0; i < w.rows; i++)
    for (int64_t j = 0; j < w.columns; j++) total += vf_load_n(m->x + element(m, w, i, j), w.n);
  vf_store_n(m->out + w.pooled, total * vf_all(1.0f / (float)(w.rows * w.columns)), w.n);
}

void VARIANT(max_pool)(const bwi_pool *p, const float *x, float *y) {
  each_window(&(images){.p = p, .x = x, .out = y}, take_greatest);
}

void VARIANT(avg_pool)(const bwi_pool *p, const float *x, float *y) {
  each_window(&(images){.p = p, .x = x, .out = y}, take_mean);
}

/* --- gradients --- */

INLINE void put(const images *m, int64_t at, vf v, int64_t n) {
  vf_store_n(m->out + at, m->once ? v : vf_load_n(m->out + at, n) + v, n);
}

/* The cotangent is shared equally among the elements that equal the maximum: all of them positive, or none.
 */
INLINE void share_among_ties(const images *m, window w) {
  const vf y = vf_load_n(m->y + w.pooled, w.n);
  vf ties = vf_all(0.0f);
  for (int64_t i = 0; i < w.rows; i++)
    for (int64_t j = 0; j < w.columns; j++)
      ties += vf_select(vf_load_n(m->x + element(m, w, i, j), w.n) == y, vf_all(1.0f), vf_all(0.0f));
  vf part = vf_load_n(m->dy + w.pooled, w.n) / ties;
  if (m->p->where_positive) part = vf_where_positive(y, part);
  for (int64_t i = 0; i < w.rows; i++)
    for (int64_t j = 0; j < w.columns; j++) {
      const int64_t at = element(m, w, i, j);
      put(m, at, vf_select(vf_load_n(m->x + at, w.n) == y, part, vf_all(0.0f)), w.n);
    }
}

INLINE void share_among_all(const images *m, window w) {
  const vf part = vf_load_n(m->dy + w.pooled, w.n) * vf_all(1.0f / (float)(w.rows * w.columns));
  for (int64_t i = 0; i < w.rows; i++)
    for (int64_t j = 0; j < w.columns; j++) put(m, element(m, w, i, j), part, w.n);
}

/* Unless every element is written once, they are added into zeros. */
INLINE void each_window_into(images *m, window_fn visit) {
  const bwi_pool *p = m->p;
  m->once = p->stride[0] == p->window[0] && p->stride[1] == p->window[1] && p->height % p->window[0] == 0 &&
            p->width % p->window[1] == 0;
  if (!m->once) memset(m->out, 0, (size_t)(p->n * p->height * p->width * p->channels) * sizeof *m->out);
  each_window(m, visit);
}

void VARIANT(max_pool_gradient)(const bwi_pool *p, const float *x, const float *y, const float *dy,
                                float *dx) {
  each_window_into(&(images){.p = p, .x = x, .y = y, .dy = dy, .out = dx}, share_among_ties);
}

void VARIANT(avg_pool_gradient)(const bwi_pool *p, const float *dy, float *dx) {
  each_window_into(&(images){.p = p, .dy = dy, .out = dx}, share_among_all);
}
