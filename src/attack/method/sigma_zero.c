/* SPDX-License-Identifier: Apache-2.0 */
/* Descent on the margin plus a smooth count of the changed coordinates, the mean of v^2 / (v^2 + sigma), by
 * Adam along gradients divided by their greatest entry; after each step changes below a threshold are undone,
 * which rises while the answer is wrong and falls while it is right. */
#include <math.h>

#include "attack/adam.h"
#include "attack/ascent.h"

enum { CHANGE, MEAN, SQUARE, N_ROWS }; /* changes are shares of the width of the box */

typedef struct note {
  double threshold;
} note;

/* The margin that is missing; a success has none. */
static double missing(const bwi_batch *batch, uint64_t i, const float *logits, float *cotangent) {
  const bwi_subject *s = &batch->subjects[i];
  const double margin =
      bwi_loss_eval(BWI_LOSS_MARGIN, batch->n_classes, logits, s->label, s->target, cotangent);
  for (uint32_t c = 0; c < batch->n_classes; c++) cotangent[c] = margin < 0 ? -cotangent[c] : 0;
  return margin < 0 ? -margin : 0;
}

/* The derivative by the changes, divided by its greatest entry. */
static void complete_slope(uint64_t d, float width, float sigma, const float *restrict change,
                           float *restrict slope) {
  float greatest = 1e-12F;
  for (uint64_t j = 0; j < d; j++) {
    const float below = change[j] * change[j] + sigma;
    slope[j] = width * slope[j] + 2 * sigma * change[j] / (below * below * (float)d);
    const float size = fabsf(slope[j]);
    greatest = size > greatest ? size : greatest;
  }
  for (uint64_t j = 0; j < d; j++) slope[j] /= greatest;
}

/* Keeps the changes that are in the box and not below the threshold. */
static void place(const bwi_ball *ball, const float *restrict clean, float threshold, float *restrict change,
                  float *restrict x) {
  const float width = ball->upper - ball->lower;
  for (uint64_t j = 0; j < ball->d; j++) {
    const float z = clean[j] + width * change[j];
    const float inside = z < ball->lower ? ball->lower : z > ball->upper ? ball->upper : z;
    const float left = (inside - clean[j]) / width;
    change[j] = fabsf(left) < threshold ? 0 : left;
    x[j] = fabsf(left) < threshold ? clean[j] : inside;
  }
}

typedef struct pace {
  double threshold_share, step;
  float sigma;
} pace;

static void descend(const pace *p, bwi_batch *batch, uint64_t i, uint32_t step, double next_step) {
  const bwi_ball *ball = &batch->ball;
  const bwi_subject *s = &batch->subjects[i];
  note *own = bwi_batch_note(batch, i);
  float *change = bwi_batch_row(batch, i, CHANGE), *slope = batch->slope + i * ball->d;
  const bool is_wrong =
      bwi_is_success(s, bwi_predict(batch->n_classes, batch->logits + i * batch->n_classes));
  complete_slope(ball->d, ball->upper - ball->lower, p->sigma, change, slope);
  bwi_adam_step(ball->d, p->step, step, slope, bwi_batch_row(batch, i, MEAN), bwi_batch_row(batch, i, SQUARE),
                change);
  own->threshold += (is_wrong ? 1 : -1) * p->threshold_share * next_step;
  own->threshold = fmin(fmax(own->threshold, 0), 1);
  place(ball, s->clean, (float)own->threshold, change, batch->x + i * ball->d);
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const bw_attack *attack = batch->attack;
  const uint32_t n_steps = (uint32_t)bwi_attack_value(attack, "steps", 1000);
  const double first_step = bwi_attack_value(attack, "step", 1);
  pace p = {.step = first_step,
            .threshold_share = bwi_attack_value(attack, "threshold_step", 0.01),
            .sigma = (float)bwi_attack_value(attack, "sigma", 1e-3)};
  batch->roams = true;
  for (uint64_t i = 0; i < batch->n; i++)
    ((note *)bwi_batch_note(batch, i))->threshold = bwi_attack_value(attack, "threshold", 0.3);
  for (uint32_t step = 0; step < n_steps && batch->n > 0; step++) {
    const double next_step = bwi_cosine_schedule(first_step, first_step / 10, step, n_steps);
    BW_TRY(bwi_batch_gradient_of(batch, missing, err));
    for (uint64_t i = 0; i < batch->n; i++) descend(&p, batch, i, step + 1, next_step);
    p.step = next_step;
  }
  return bwi_batch_logits(batch, err);
}

static const bw_option_info options[] = {
    BWI_STEPS(1000),
    {"step", "length of the first steps, in widths of the box; the last are a tenth", NULL, BW_OPTION_REAL, 0,
     1e3, 1, NULL},
    {"sigma", "square of a change that counts as half a coordinate", NULL, BW_OPTION_REAL, 1e-9, 1, 1e-3,
     NULL},
    {"threshold", "share of the box's width below which changes are undone, to begin with", NULL,
     BW_OPTION_REAL, 0, 1, 0.3, NULL},
    {"threshold_step", "how much of a step's length the threshold rises or falls", NULL, BW_OPTION_REAL, 0, 1,
     0.01, NULL},
    BWI_NEAREST_STOP,
    BWI_TARGET,
};

const bwi_attack_class bwi_sigma_zero = {
    .info = {.name = "sigma-zero",
             .title = "Sigma-zero",
             .summary =
                 "Descent on a smooth count of the changed coordinates with a threshold that adapts; seeks "
                 "the fewest.",
             .paper = "Cina, Villani, Pintor, Schonherr, Biggio, Pelillo 2025, Sigma-zero: gradient-based "
                      "optimization of l0-norm adversarial examples",
             .access = BW_ACCESS_GRADIENT,
             .norms = BW_NORM_BIT(BW_L0),
             .nearest = 1,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 45,
    .n_rows = N_ROWS,
    .note_bytes = sizeof(note),
    .derive = bwi_stops_with_budget,
    .run = run,
};
