/* SPDX-License-Identifier: Apache-2.0 */
/* The nearest success in L2: Adam descends distance^2 + c * max(0, confidence - margin) in the space where
 * the box has no faces, for each of several c (Carlini and Wagner 2017, section VI.A). Distances are measured
 * in widths of the box, so that c means the same for pictures in [0, 1] and in [0, 255]. The authors' code
 * gives up on a whole batch when its summed loss is stuck; here each sample goes its own way. */
#include "attack/ascent.h"
#include "attack/tanh_descent.h"
#include "attack/tradeoff.h"

static void descend(const bwi_tradeoff_plan *plan, bwi_batch *batch, uint64_t i) {
  const uint64_t d = batch->ball.d;
  const bwi_tradeoff *own = bwi_batch_note(batch, i);
  bwi_tradeoff_add_square(&batch->ball, batch->subjects[i].clean, batch->x + i * d, batch->slope + i * d);
  bwi_tanh_step(batch, i, plan->rate, own->n_steps);
}

/* Whether sample i has more to do. */
static bool advance(const bwi_tradeoff_plan *plan, bwi_batch *batch, uint64_t i) {
  const bwi_ball *ball = &batch->ball;
  const bwi_subject *s = &batch->subjects[i];
  bwi_tradeoff *own = bwi_batch_note(batch, i);
  const double distance =
      bwi_distance(BW_L2, ball->d, batch->x + i * ball->d, s->clean) / bwi_ball_width(ball);
  own->found |= bwi_is_wanted(batch, s, batch->logits + i * batch->n_classes);
  if (!bwi_tradeoff_ends(plan, own, distance * distance + s->loss)) {
    descend(plan, batch, i);
    return true;
  }
  if (!bwi_tradeoff_next(plan, own)) return false;
  bwi_tanh_start(batch, i, s->clean);
  return true;
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const bwi_tradeoff_plan plan = bwi_tradeoff_begin(batch);
  for (uint64_t i = 0; i < batch->n; i++) bwi_tanh_start(batch, i, batch->subjects[i].clean);
  while (batch->n > 0) {
    BW_TRY(bwi_batch_gradient_of(batch, bwi_tradeoff_loss, err));
    for (uint64_t i = batch->n; i-- > 0;)
      if (!advance(&plan, batch, i)) bwi_batch_drop(batch, i);
  }
  return BW_OK;
}

static const bw_option_info options[] = {
    BWI_STEPS(10000), BWI_SEARCHES(9), BWI_FIRST_C(1e-3), BWI_RATE("of Adam, in tanh space", 0.01),
    BWI_CONFIDENCE,   BWI_ABORT_EARLY, BWI_TARGET,        BWI_NEAREST_STOP,
};

const bwi_attack_class bwi_cw = {
    .info = {.name = "cw",
             .title = "Carlini and Wagner's attack",
             .summary = "Descends distance and logit margin together, with a binary search of the weight "
                        "between them; seeks the nearest success.",
             .paper = "Carlini, Wagner 2017, Towards evaluating the robustness of neural networks",
             .access = BW_ACCESS_GRADIENT,
             .norms = BW_NORM_BIT(BW_L2),
             .nearest = 1,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 30,
    .n_rows = BWI_TANH_ROWS,
    .note_bytes = sizeof(bwi_tradeoff),
    .derive = bwi_stops_with_budget,
    .run = run,
};
