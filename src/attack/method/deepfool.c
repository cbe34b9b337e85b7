/* SPDX-License-Identifier: Apache-2.0 */
/* Newton's method for the nearest boundary: each step takes the model for linear, goes the least way to the
 * nearest boundary with one of the likeliest classes, and a little beyond; the first wrong answer ends it
 * (algorithm 2 of the paper, for Linf its section 3.3). A step is cut where the box ends, and the next ones
 * make up for it: the least way inside the box, which FAB takes, has to lean on few coordinates there, too
 * far to take the model for linear. */
#include <math.h>

#include "attack/ascent.h"
#include "attack/linearise.h"
#include "attack/rivals.h"

enum { MOST_RIVALS = 99 };

typedef struct note {
  bwi_facet nearest;            /* first, as bwi_linearise has it */
  uint32_t rivals[MOST_RIVALS]; /* the likeliest wrong classes of the clean sample */
} note;

static uint32_t rival_of(const bwi_batch *batch, uint64_t i, uint32_t k) {
  return ((const note *)bwi_batch_note(batch, i))->rivals[k];
}

static bw_status list_rivals(bwi_batch *batch, uint32_t n_rivals, bw_error *err) {
  BW_TRY(bwi_batch_logits(batch, err));
  for (uint64_t i = 0; i < batch->n; i++) {
    note *own = bwi_batch_note(batch, i);
    for (uint32_t k = 0; k < n_rivals; k++)
      own->rivals[k] = bwi_rival(batch->n_classes, batch->logits + i * batch->n_classes,
                                 (uint32_t)batch->subjects[i].label, k);
  }
  return BW_OK;
}

/* A little is added to the way, without which steps would become too short for float32 where a boundary is
 * bent away. */
static void cross(bwi_batch *batch, uint64_t i, double stretch) {
  const bwi_ball *ball = &batch->ball;
  const note *own = bwi_batch_note(batch, i);
  const double extra = 1e-4 * bwi_ball_width(ball);
  float *x = batch->x + i * ball->d;
  bwi_ball_step(ball, batch->slope + i * ball->d, (float)(stretch * (own->nearest.reach + extra)), 1, x,
                batch->scratch);
  for (uint64_t j = 0; j < ball->d; j++)
    x[j] = x[j] < ball->lower ? ball->lower : x[j] > ball->upper ? ball->upper : x[j];
}

/* Wrong answers outside the ball claim nothing, but the search ends there all the same. */
static void drop_crossed(bwi_batch *batch) {
  for (uint64_t i = batch->n; i-- > 0;) {
    const bwi_subject *s = &batch->subjects[i];
    if (bwi_is_success(s, bwi_predict(batch->n_classes, batch->logits + i * batch->n_classes)) &&
        !bwi_ball_holds(&batch->ball, s->clean, batch->x + i * batch->ball.d))
      bwi_batch_drop(batch, i);
  }
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const uint32_t n_steps = (uint32_t)bwi_attack_value(batch->attack, "steps", 50),
                 n_rivals = (uint32_t)bwi_attack_value(batch->attack, "classes", 10) - 1;
  const double stretch = 1 + bwi_attack_value(batch->attack, "overshoot", 0.02);
  const bool chooses = n_rivals < batch->n_classes - 1 && batch->subjects[0].target < 0;
  batch->roams = true;
  if (chooses) BW_TRY(list_rivals(batch, n_rivals, err));
  for (uint32_t step = 0; step < n_steps && batch->n > 0; step++) {
    BW_TRY(bwi_linearise(batch, BWI_LOSS_MARGIN, n_rivals, chooses ? rival_of : NULL, err));
    drop_crossed(batch);
    for (uint64_t i = 0; i < batch->n; i++) cross(batch, i, stretch);
  }
  return bwi_batch_logits(batch, err);
}

static const bw_option_info options[] = {
    BWI_STEPS(50),
    {"classes", "likeliest classes of the clean sample, its own one too, whose boundaries count", NULL,
     BW_OPTION_INTEGER, 2, MOST_RIVALS + 1, 10, NULL},
    {"overshoot", "share of a step that is added to it, to end beyond the boundary", NULL, BW_OPTION_REAL, 0,
     1, 0.02, NULL},
    BWI_TARGET,
};

const bwi_attack_class bwi_deepfool = {
    .info = {.name = "deepfool",
             .title = "DeepFool",
             .summary = "Steps to the nearest boundary of the linearised model until it is crossed.",
             .paper =
                 "Moosavi-Dezfooli, Fawzi, Frossard 2016, DeepFool: a simple and accurate method to fool "
                 "deep neural networks",
             .access = BW_ACCESS_GRADIENT,
             .norms = BW_NORM_BIT(BW_LINF) | BW_NORM_BIT(BW_L2),
             .nearest = 1,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 40,
    .n_rows = BWI_FACET_ROW + 1,
    .note_bytes = sizeof(note),
    .check = bwi_check_classes,
    .run = run,
};
