/* SPDX-License-Identifier: Apache-2.0 */
/* Random search in squares that become smaller: a change is kept when the margin says that it helps. Linf
 * (algorithms 1 to 2 of the paper) moves a square to the edge of the ball, L2 (algorithm 3) moves the budget
 * of one window into a bump in another, and L1 likewise, with steeper bumps (Croce and Hein 2021). Three
 * differences from the authors' code, whose squares are shared by all samples of a batch and never touch the
 * last row and column, and whose pictures are square: here each sample draws its own, everywhere, and where a
 * picture is too low for a square, the window is wider. */
#include <math.h>
#include <string.h>

#include "attack/ascent.h"

enum { BEST, N_ROWS };

typedef struct note {
  double margin; /* of the best iterate */
} note;

typedef struct window {
  uint64_t row, column, height, width;
  bool avoids_last; /* row and column */
} window;

/* ---- random numbers ---- */

enum { N_PLACES = 4, N_SIGNS = 1024, N_WORDS = N_PLACES + N_SIGNS / 32 };

typedef struct draw {
  uint32_t words[N_WORDS];
} draw;

static draw draw_of(const bwi_subject *s, uint32_t query) {
  draw r;
  bwi_rng_u32(r.words, N_WORDS, s->key, query);
  return r;
}

/* The k-th of the numbers below n. */
static uint64_t place(const draw *r, uint32_t k, uint64_t n) {
  return (uint64_t)r->words[k] * n >> 32;
}

static bool coin(const draw *r, uint64_t k) {
  k %= N_SIGNS;
  return (r->words[N_PLACES + k / 32] >> k % 32 & 1) != 0;
}

/* ---- windows ---- */

/* Share of the picture that a window covers at a query, counted from 0, of 10,000. */
static double share_at(double first, uint64_t query) {
  static const uint64_t ends[] = {10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000};
  double share = first;
  for (size_t k = 0; k < sizeof ends / sizeof *ends && query > ends[k]; k++) share /= 2;
  return share;
}

static uint64_t between(double value, uint64_t low, uint64_t high) {
  const uint64_t rounded = value > (double)low ? (uint64_t)llround(value) : low;
  return rounded < high ? rounded : high;
}

static window window_linf(const bwi_layout *l, double share) {
  const double area = share * (double)(l->height * l->width), side = sqrt(area);
  window w = {.height = between(side, 1, l->height), .width = between(side, 1, l->width)};
  if (side > (double)l->height) w.width = between(area / (double)w.height, 1, l->width);
  if (side > (double)l->width) w.height = between(area / (double)w.width, 1, l->height);
  return w;
}

/* Odd, and 3 at least if the picture has room. */
static window window_odd(const bwi_layout *l, double share) {
  const uint64_t least = l->height < l->width ? l->height : l->width;
  uint64_t side = between(sqrt(share * (double)(l->height * l->width)), 3, UINT32_MAX) | 1;
  if (side > least) side = least - (least % 2 == 0);
  return (window){.height = side, .width = side};
}

/* The authors' code never reaches the last row and the last column. */
static window placed(const bwi_layout *l, window w, const draw *r, uint32_t k) {
  w.row = place(r, k, l->height - w.height + !w.avoids_last);
  w.column = place(r, k + 1, l->width - w.width + !w.avoids_last);
  return w;
}

static bool is_inside(const window *w, uint64_t row, uint64_t column) {
  return row - w->row < w->height && column - w->column < w->width; /* wraps round when it is before */
}

static uint64_t at(const bwi_layout *l, uint64_t row, uint64_t column, uint64_t channel) {
  return row * l->row_step + column * l->column_step + channel * l->channel_step;
}

/* ---- Linf ---- */

/* Vertical stripes, each to one edge of the ball. */
static void begin_linf(bwi_batch *batch, uint64_t i) {
  const bwi_layout *l = &batch->layout;
  const bwi_subject *s = &batch->subjects[i];
  const float eps = (float)batch->ball.radius;
  float *x = batch->x + i * batch->ball.d, *sign = batch->scratch;
  bwi_rng_uniform(sign, l->width * l->channels, s->key, 0, -1, 1);
  for (uint64_t row = 0; row < l->height; row++)
    for (uint64_t column = 0; column < l->width; column++)
      for (uint64_t c = 0; c < l->channels; c++)
        x[at(l, row, column, c)] += sign[column * l->channels + c] < 0 ? -eps : eps;
  bwi_ball_project(&batch->ball, s->clean, x);
}

static void move_linf(bwi_batch *batch, uint64_t i, window w, const draw *r) {
  const bwi_layout *l = &batch->layout;
  const float step = 2 * (float)batch->ball.radius;
  float *x = batch->x + i * batch->ball.d;
  w = placed(l, w, r, 0);
  for (uint64_t row = w.row; row < w.row + w.height; row++)
    for (uint64_t column = w.column; column < w.column + w.width; column++)
      for (uint64_t c = 0; c < l->channels; c++) x[at(l, row, column, c)] += coin(r, c) ? step : -step;
  bwi_ball_project(&batch->ball, batch->subjects[i].clean, x);
}

/* ---- L2 and L1 ---- */

/* Lengths are sums of measures; in L2 the root of one. */
static double measure(bw_norm norm, double value) {
  return norm == BW_L2 ? value * value : fabs(value);
}

static double length_of(bw_norm norm, double measures) {
  return norm == BW_L2 ? sqrt(measures) : measures;
}

/* A pyramid over (height, width) with its top at their middle; level k of it, counted from the top, is
 * 1 / (k + 1)^2 high, in L1 1 / (k + 1)^4. Times a factor that makes its length 1. */
static void add_pyramid(bw_norm norm, uint64_t height, uint64_t width, float sign, float *out) {
  const uint64_t middle_row = height / 2, middle_column = width / 2;
  const uint64_t n_levels = (middle_row > middle_column ? middle_row : middle_column) + 1;
  double measures = 0;
  for (uint64_t row = 0; row < height; row++)
    for (uint64_t column = 0; column < width; column++) {
      const uint64_t down = row > middle_row ? row - middle_row : middle_row - row,
                     along = column > middle_column ? column - middle_column : middle_column - column;
      double sum = 0;
      for (uint64_t level = down > along ? down : along; level < n_levels; level++)
        sum += pow((double)(level + 1), norm == BW_L2 ? -2 : -4);
      measures += measure(norm, sum);
      out[row * width + column] = (float)sum;
    }
  const float scale = sign / (float)length_of(norm, measures);
  for (uint64_t j = 0; j < height * width; j++) out[j] *= scale;
}

/* Two pyramids side by side, one up and one down, of length 1 together. */
static void build_bump(bw_norm norm, uint64_t side, float *out) {
  const uint64_t upper = side / 2;
  if (upper > 0) add_pyramid(norm, upper, side, 1, out);
  add_pyramid(norm, side - upper, side, -1, out + upper * side);
  const double length = bwi_length(norm, side * side, out);
  for (uint64_t j = 0; j < side * side; j++) out[j] = (float)((double)out[j] / length);
}

static float bump_at(const float *bump, uint64_t side, bool is_turned, uint64_t row, uint64_t column) {
  return is_turned ? bump[column * side + row] : bump[row * side + column];
}

/* x holds a perturbation; it gets the whole budget and is added to the clean sample. */
static void spend(bwi_batch *batch, uint64_t i) {
  const uint64_t d = batch->ball.d;
  const float *clean = batch->subjects[i].clean;
  float *x = batch->x + i * d;
  const double scale = batch->ball.norm == BW_L2 ? batch->ball.radius / (bwi_length(BW_L2, d, x) + 1e-12) : 1;
  for (uint64_t j = 0; j < d; j++) x[j] = (float)((double)clean[j] + scale * (double)x[j]);
  bwi_ball_clip(&batch->ball, clean, x);
}

/* A grid of bumps; five of them along the shorter side. */
static void begin_with_bumps(bwi_batch *batch, uint64_t i) {
  const bwi_layout *l = &batch->layout;
  const uint64_t least = l->height < l->width ? l->height : l->width, side = least >= 5 ? least / 5 : 1;
  const uint64_t n_rows = l->height / side, n_columns = l->width / side;
  const uint64_t top = (l->height - n_rows * side) / 2, left = (l->width - n_columns * side) / 2;
  const draw r = draw_of(&batch->subjects[i], 0);
  float *x = batch->x + i * batch->ball.d, *bump = batch->scratch;
  build_bump(batch->ball.norm, side, bump);
  memset(x, 0, batch->ball.d * sizeof *x);
  for (uint64_t row = 0; row < n_rows * side; row++)
    for (uint64_t column = 0; column < n_columns * side; column++) {
      const uint64_t tile = (row / side * n_columns + column / side) * (l->channels + 1);
      const float height = bump_at(bump, side, coin(&r, tile), row % side, column % side);
      for (uint64_t c = 0; c < l->channels; c++)
        x[at(l, top + row, left + column, c)] = coin(&r, tile + 1 + c) ? height : -height;
    }
  spend(batch, i);
}

/* In channel c of the window: the old perturbation and a bump, of equal length, scaled to `wanted`. */
static void raise_bump(bw_norm norm, const bwi_layout *l, const window *w, const float *bump, bool is_turned,
                       uint64_t c, bool is_up, double wanted, float *x) {
  double old_measures = 0, measures = 0;
  for (uint64_t k = 0; k < w->height * w->width; k++) {
    const double old = (double)x[at(l, w->row + k / w->width, w->column + k % w->width, c)];
    old_measures += measure(norm, old);
  }
  for (int pass = 0; pass < 2; pass++) {
    const double scale = wanted / (1e-12 + length_of(norm, measures)),
                 old_scale = 1 / (1e-12 + length_of(norm, old_measures));
    for (uint64_t k = 0; k < w->height * w->width; k++) {
      float *to = x + at(l, w->row + k / w->width, w->column + k % w->width, c);
      const double height = (double)bump_at(bump, w->height, is_turned, k / w->width, k % w->width);
      const double value = (is_up ? height : -height) + old_scale * (double)*to;
      if (pass == 0)
        measures += measure(norm, value);
      else
        *to = (float)(scale * value);
    }
  }
}

/* bump: of the window's side. */
static void move_bump(bwi_batch *batch, uint64_t i, window w, const draw *r, const float *bump) {
  const bwi_layout *l = &batch->layout;
  const bw_norm norm = batch->ball.norm;
  const window to = placed(l, w, r, 0), from = placed(l, w, r, 2);
  const float *clean = batch->subjects[i].clean;
  float *x = batch->x + i * batch->ball.d;
  double whole = 0, inside = 0;
  for (uint64_t row = 0; row < l->height; row++)
    for (uint64_t column = 0; column < l->width; column++) {
      const bool is_from = is_inside(&from, row, column), is_to = is_inside(&to, row, column);
      for (uint64_t c = 0; c < l->channels; c++) {
        const uint64_t j = at(l, row, column, c);
        x[j] -= clean[j];
        const double part = measure(norm, (double)x[j]);
        whole += part;
        if (is_from || is_to) inside += part;
        if (is_from && !is_to) x[j] = 0;
      }
    }
  const double unspent = fmax(measure(norm, batch->ball.radius) - whole, 0);
  const double wanted = length_of(norm, unspent / (double)l->channels + inside);
  for (uint64_t c = 0; c < l->channels; c++)
    raise_bump(norm, l, &to, bump, coin(r, 0), c, coin(r, c + 1), wanted, x);
  spend(batch, i);
}

/* ---- the search ---- */

static void keep_better(bwi_batch *batch, bool is_first) {
  const uint64_t d = batch->ball.d;
  for (uint64_t i = 0; i < batch->n; i++) {
    note *own = bwi_batch_note(batch, i);
    const double margin =
        bwi_margin(&batch->subjects[i], batch->n_classes, batch->logits + i * batch->n_classes);
    if (!is_first && !(margin > own->margin)) continue;
    own->margin = margin;
    memcpy(bwi_batch_row(batch, i, BEST), batch->x + i * d, d * sizeof(float));
  }
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const bool is_linf = batch->ball.norm == BW_LINF,
             rescales = bwi_attack_value(batch->attack, "rescale", 1) != 0;
  const uint32_t n_queries = (uint32_t)bwi_attack_value(batch->attack, "queries", 5000);
  const double first_share = bwi_attack_value(batch->attack, "p", 0.8);
  const uint64_t d = batch->ball.d;
  batch->nearby = is_linf; /* the others scale all that they add */
  for (uint64_t i = 0; i < batch->n; i++) is_linf ? begin_linf(batch, i) : begin_with_bumps(batch, i);
  BW_TRY(bwi_batch_logits(batch, err));
  keep_better(batch, true);
  for (uint32_t query = 1; query < n_queries && batch->n > 0; query++) {
    const uint64_t of_10000 = rescales ? (uint64_t)(query - 1) * 10000 / n_queries : query - 1;
    const double share = share_at(first_share, of_10000);
    window w = is_linf ? window_linf(&batch->layout, share) : window_odd(&batch->layout, share);
    w.avoids_last = bwi_attack_is_faithful(batch->attack);
    if (!is_linf) build_bump(batch->ball.norm, w.height, batch->scratch);
    for (uint64_t i = 0; i < batch->n; i++) {
      const draw r = draw_of(&batch->subjects[i], query);
      memcpy(batch->x + i * d, bwi_batch_row(batch, i, BEST), d * sizeof(float));
      if (is_linf)
        move_linf(batch, i, w, &r);
      else
        move_bump(batch, i, w, &r, batch->scratch);
    }
    BW_TRY(bwi_batch_logits(batch, err));
    keep_better(batch, false);
  }
  return BW_OK;
}

static const bw_option_info options[] = {
    {"queries", "greatest number of model evaluations for a sample", NULL, BW_OPTION_INTEGER, 1, 10000000,
     5000, NULL},
    {"p", "share of the picture that the first squares cover", NULL, BW_OPTION_REAL, 0, 1, 0.8, NULL},
    {"rescale", "stretch the schedule of p, made for 10,000 queries, to as many as there are", NULL,
     BW_OPTION_BOOLEAN, 0, 1, 1, NULL},
    {"restarts", "random searches tried for a sample", NULL, BW_OPTION_INTEGER, 1, 10000, 1, NULL},
    BWI_TARGET,
};

const bwi_attack_class bwi_square = {
    .info = {.name = "square",
             .title = "Square attack",
             .summary = "Random search in squares that become smaller; sees the scores only.",
             .paper =
                 "Andriushchenko, Croce, Flammarion, Hein 2020, Square attack: a query-efficient black-box "
                 "adversarial attack via random search",
             .access = BW_ACCESS_SCORE,
             .norms = BWI_CONVEX_NORMS,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 11,
    .n_rows = N_ROWS,
    .note_bytes = sizeof(note),
    .run = run,
};
