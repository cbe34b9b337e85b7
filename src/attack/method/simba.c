/* SPDX-License-Identifier: Apache-2.0 */
/* One orthonormal direction after the other, in random order: a step back along it is kept if the loss rises,
 * else a step forth is tried. Directions are coordinates, or waves of the discrete cosine transform, low
 * frequencies first. A step that the box or the ball undoes is not asked for. */
#include <math.h>
#include <string.h>

#include "attack/ascent.h"
#include "attack/shuffle.h"

enum { CENTRE, ORDER, N_ROWS };
enum { BASIS_PIXEL, BASIS_DCT };

typedef struct note {
  double loss;   /* at the centre */
  uint64_t turn; /* of two turns that each direction has in a pass */
} note;

/* ---- directions ---- */

enum { N_BANDS = 8 }; /* of frequencies; the first eighth is where the paper looks */
static const double pi = 3.14159265358979323846;

/* Direction `index` of the transform: frequencies and channel. */
typedef struct wave {
  uint64_t down, along, channel;
} wave;

static wave wave_of(const bwi_layout *l, uint64_t index) {
  return (wave){.down = index / l->width % l->height,
                .along = index % l->width,
                .channel = index / (l->width * l->height)};
}

static uint64_t band_of(const bwi_layout *l, uint64_t index) {
  const wave w = wave_of(l, index);
  const uint64_t down = w.down * N_BANDS / l->height, along = w.along * N_BANDS / l->width;
  return down > along ? down : along;
}

static double amplitude(uint64_t frequency, uint64_t at, uint64_t n) {
  const double scale = sqrt((frequency == 0 ? 1.0 : 2.0) / (double)n);
  return scale * cos(pi * ((double)at + 0.5) * (double)frequency / (double)n);
}

static void add_wave(const bwi_layout *l, uint64_t index, double step, float *x, float *columns) {
  const wave w = wave_of(l, index);
  for (uint64_t k = 0; k < l->width; k++) columns[k] = (float)amplitude(w.along, k, l->width);
  for (uint64_t row = 0; row < l->height; row++) {
    const float height = (float)(step * amplitude(w.down, row, l->height));
    float *line = x + w.channel * l->channel_step + row * l->row_step;
    for (uint64_t k = 0; k < l->width; k++) line[k * l->column_step] += height * columns[k];
  }
}

/* Puts the directions into random order: all coordinates, or the waves of each band. */
static void begin_pass(bwi_batch *batch, uint64_t i, int basis, uint32_t pass) {
  const uint64_t d = batch->ball.d, n_bands = basis == BASIS_DCT ? N_BANDS : 1;
  float *order = bwi_batch_row(batch, i, ORDER);
  uint64_t n = 0;
  for (uint64_t band = 0; band < n_bands; band++) {
    const uint64_t begin = n;
    for (uint64_t j = 0; j < d; j++)
      if (n_bands == 1 || band_of(&batch->layout, j) == band) order[n++] = (float)j;
    bwi_shuffle(order + begin, n - begin, batch->subjects[i].key, pass * N_BANDS + (uint32_t)band,
                batch->scratch);
  }
}

/* ---- the search ---- */

typedef struct plan {
  int basis;
  double step;
  uint64_t n_turns;
} plan;

static void move(const plan *p, bwi_batch *batch, uint64_t i) {
  const uint64_t d = batch->ball.d;
  const note *own = bwi_batch_note(batch, i);
  const uint64_t index = (uint64_t)bwi_batch_row(batch, i, ORDER)[own->turn / 2 % d];
  const double step = own->turn % 2 == 0 ? -p->step : p->step;
  float *x = batch->x + i * d;
  memcpy(x, bwi_batch_row(batch, i, CENTRE), d * sizeof(float));
  if (p->basis == BASIS_PIXEL)
    x[index] += (float)step;
  else
    add_wave(&batch->layout, index, step, x, batch->scratch);
  bwi_ball_project(&batch->ball, batch->subjects[i].clean, x);
}

/* Whether there is a step that leads somewhere; x is where. */
static bool propose(const plan *p, bwi_batch *batch, uint64_t i) {
  const uint64_t d = batch->ball.d;
  note *own = bwi_batch_note(batch, i);
  for (; own->turn < p->n_turns; own->turn++) {
    if (own->turn % (2 * d) == 0) begin_pass(batch, i, p->basis, (uint32_t)(own->turn / (2 * d)));
    move(p, batch, i);
    if (memcmp(batch->x + i * d, bwi_batch_row(batch, i, CENTRE), d * sizeof(float)) != 0) return true;
  }
  return false;
}

static void judge(bwi_batch *batch, uint64_t i) {
  const uint64_t d = batch->ball.d;
  note *own = bwi_batch_note(batch, i);
  const double loss =
      bwi_score(&batch->subjects[i], BWI_LOSS_CE, batch->n_classes, batch->logits + i * batch->n_classes);
  const bool is_better = loss > own->loss;
  if (is_better) {
    own->loss = loss;
    memcpy(bwi_batch_row(batch, i, CENTRE), batch->x + i * d, d * sizeof(float));
  }
  own->turn += is_better && own->turn % 2 == 0 ? 2 : 1;
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const bw_attack *attack = batch->attack;
  const plan p = {.basis = (int)bwi_attack_value(attack, "basis", BASIS_PIXEL),
                  .step = bwi_attack_value(attack, "step", 0.2),
                  .n_turns = 2 * batch->ball.d * (uint64_t)bwi_attack_value(attack, "passes", 1)};
  const uint32_t n_queries = (uint32_t)bwi_attack_value(attack, "queries", 10000);
  for (uint64_t i = 0; i < batch->n; i++) ((note *)bwi_batch_note(batch, i))->loss = -INFINITY;
  batch->nearby = true;
  BW_TRY(bwi_batch_logits(batch, err));
  for (uint64_t i = 0; i < batch->n; i++) {
    judge(batch, i);
    ((note *)bwi_batch_note(batch, i))->turn = 0;
  }
  for (uint32_t query = 1; query < n_queries && batch->n > 0; query++) {
    for (uint64_t i = batch->n; i-- > 0;)
      if (!propose(&p, batch, i)) bwi_batch_drop(batch, i);
    BW_TRY(bwi_batch_logits(batch, err));
    for (uint64_t i = 0; i < batch->n; i++) judge(batch, i);
  }
  return BW_OK;
}

static const char *const basis_names[] = {"pixel", "dct", NULL};

static const bw_option_info options[] = {
    {"queries", "greatest number of model evaluations for a sample", NULL, BW_OPTION_INTEGER, 1, 10000000,
     10000, NULL},
    {"step", "length of a step", "distance", BW_OPTION_REAL, 1e-9, 1e9, 0.2, NULL},
    {"basis", "directions: coordinates, or waves of the discrete cosine transform", NULL, BW_OPTION_CHOICE, 0,
     1, BASIS_PIXEL, basis_names},
    {"passes", "how often each direction is tried", NULL, BW_OPTION_INTEGER, 1, 1000000, 1, NULL},
    BWI_TARGET,
};

const bwi_attack_class bwi_simba = {
    .info = {.name = "simba",
             .title = "Simple black-box attack",
             .summary = "Steps along one random direction of a basis after the other; sees the scores only.",
             .paper = "Guo, Gardner, You, Wilson, Weinberger 2019, Simple black-box adversarial attacks",
             .access = BW_ACCESS_SCORE,
             .norms = BW_NORM_BIT(BW_LINF) | BW_NORM_BIT(BW_L2),
             .nearest = 1,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 43,
    .n_rows = N_ROWS,
    .note_bytes = sizeof(note),
    .check = bwi_check_indices,
    .run = run,
};
