/* SPDX-License-Identifier: Apache-2.0 */
/* Pooling's inner loops, along channels. A window's elements are visited row by row, the same order for every
 * sample. The tail of the channels goes through the same vector code. */
#include "backend/cpu/simd/table.h"
#include "backend/cpu/simd/vector.h"

INLINE vf load_n(const float *p, int64_t n) {
  return n >= LANES ? vf_load(p) : vf_load_first(p, (uint32_t)n);
}

INLINE void store_n(float *p, vf v, int64_t n) {
  if (n >= LANES)
    vf_store(p, v);
  else
    vf_store_first(p, v, (uint32_t)n);
}

/* One pooled element's window: its first input element, and the steps between rows and columns. */
typedef struct window {
  const bwi_pool *p;
  int64_t first;
} window;

INLINE int64_t element(const window *w, int64_t i, int64_t j) {
  return w->first + (i * w->p->width + j) * w->p->channels;
}

/* NaN stays, as in MLX; of equal ones (0 and -0) the last is taken. */
INLINE vf greatest(const window *w, const float *x, int64_t c, int64_t n) {
  vf best = load_n(x + element(w, 0, 0) + c, n);
  for (int64_t i = 0; i < w->p->window[0]; i++)
    for (int64_t j = 0; j < w->p->window[1]; j++) {
      const vf v = load_n(x + element(w, i, j) + c, n);
      best = vf_select((best > v) | (best != best), best, v);
    }
  return best;
}

INLINE vf sum(const window *w, const float *x, int64_t c, int64_t n) {
  vf total = vf_all(0.0f);
  for (int64_t i = 0; i < w->p->window[0]; i++)
    for (int64_t j = 0; j < w->p->window[1]; j++) total += load_n(x + element(w, i, j) + c, n);
  return total;
}

INLINE int64_t windows(const bwi_pool *p) {
  return p->n * p->out_height * p->out_width;
}

INLINE window window_at(const bwi_pool *p, int64_t k) {
  const int64_t column = k % p->out_width, row = k / p->out_width % p->out_height,
                sample = k / (p->out_width * p->out_height);
  return (window){
      p, ((sample * p->height + row * p->stride[0]) * p->width + column * p->stride[1]) * p->channels};
}

void VARIANT(max_pool)(const bwi_pool *p, const float *x, float *y) {
  for (int64_t k = 0; k < windows(p); k++) {
    const window w = window_at(p, k);
    for (int64_t c = 0; c < p->channels; c += LANES)
      store_n(y + k * p->channels + c, greatest(&w, x, c, p->channels - c), p->channels - c);
  }
}

void VARIANT(avg_pool)(const bwi_pool *p, const float *x, float *y) {
  const vf scale = vf_all(1.0f / (float)(p->window[0] * p->window[1]));
  for (int64_t k = 0; k < windows(p); k++) {
    const window w = window_at(p, k);
    for (int64_t c = 0; c < p->channels; c += LANES)
      store_n(y + k * p->channels + c, sum(&w, x, c, p->channels - c) * scale, p->channels - c);
  }
}

/* Windows that neither overlap nor leave gaps write every element once; others add into zeros. */
static int tiles(const bwi_pool *p) {
  return p->stride[0] == p->window[0] && p->stride[1] == p->window[1] && p->height % p->window[0] == 0 &&
         p->width % p->window[1] == 0;
}

INLINE void put(float *at, vf v, int64_t n, int once) {
  store_n(at, once ? v : load_n(at, n) + v, n);
}

static void clear(const bwi_pool *p, float *dx) {
  memset(dx, 0, (size_t)(p->n * p->height * p->width * p->channels) * sizeof *dx);
}

/* The cotangent is shared equally among the elements that equal the maximum. */
INLINE void share(const window *w, const float *x, vf y, vf dy, float *dx, int64_t c, int64_t n, int once) {
  vf ties = vf_all(0.0f);
  for (int64_t i = 0; i < w->p->window[0]; i++)
    for (int64_t j = 0; j < w->p->window[1]; j++)
      ties += vf_select(load_n(x + element(w, i, j) + c, n) == y, vf_all(1.0f), vf_all(0.0f));
  const vf part = dy / ties;
  for (int64_t i = 0; i < w->p->window[0]; i++)
    for (int64_t j = 0; j < w->p->window[1]; j++) {
      const int64_t at = element(w, i, j) + c;
      put(dx + at, vf_select(load_n(x + at, n) == y, part, vf_all(0.0f)), n, once);
    }
}

void VARIANT(max_pool_gradient)(const bwi_pool *p, const float *x, const float *y, const float *dy,
                                float *dx) {
  const int once = tiles(p);
  if (!once) clear(p, dx);
  for (int64_t k = 0; k < windows(p); k++) {
    const window w = window_at(p, k);
    for (int64_t c = 0; c < p->channels; c += LANES) {
      const int64_t at = k * p->channels + c, n = p->channels - c;
      share(&w, x, load_n(y + at, n), load_n(dy + at, n), dx, c, n, once);
    }
  }
}

void VARIANT(avg_pool_gradient)(const bwi_pool *p, const float *dy, float *dx) {
  const int once = tiles(p);
  const vf scale = vf_all(1.0f / (float)(p->window[0] * p->window[1]));
  if (!once) clear(p, dx);
  for (int64_t k = 0; k < windows(p); k++) {
    const window w = window_at(p, k);
    for (int64_t c = 0; c < p->channels; c += LANES) {
      const int64_t n = p->channels - c;
      const vf part = load_n(dy + k * p->channels + c, n) * scale;
      for (int64_t i = 0; i < p->window[0]; i++)
        for (int64_t j = 0; j < p->window[1]; j++) put(dx + element(&w, i, j) + c, part, n, once);
    }
  }
}
