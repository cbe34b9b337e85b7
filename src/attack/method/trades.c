/* SPDX-License-Identifier: Apache-2.0 */
/* The inner maximisation of TRADES: gradient steps from a point close to the sample along the divergence of
 * the answer from the one for the sample itself. It looks at no label, so that half of the starts may lead
 * away from the boundary. In L2 the projection is exact; the authors' code clamps first and rescales then. */
#include <string.h>

#include "attack/ascent.h"
#include "base/memory.h"

typedef struct note {
  const float *clean_logits;
} note;

static const bw_option_info options[] = {
    BWI_STEPS(40),
    BWI_STEP("length of a step; by default 4/3 eps / steps, in L2 2 eps / steps"),
    {"noise", "standard deviation of the random start", NULL, BW_OPTION_REAL, 0, 1e9, 0.001, NULL},
    BWI_RESTARTS("random starts tried for a sample"),
    BWI_EARLY_STOP,
};

static double derive(const bw_attack *attack, const char *option) {
  (void)option;
  return (attack->norm == BW_L2 ? 2 : 4.0 / 3) * attack->eps / bwi_attack_value(attack, "steps", 1);
}

static double divergence(const bwi_batch *batch, uint64_t i, const float *logits, float *cotangent) {
  const note *own = bwi_batch_note(batch, i);
  const double value = bwi_divergence(batch->n_classes, own->clean_logits, logits, cotangent);
  (void)bwi_unit_cotangent(batch->n_classes, cotangent);
  return value;
}

static bw_status slopes(bwi_batch *batch, const bwi_ascent *how, uint32_t step, bw_error *err) {
  (void)how;
  (void)step;
  return bwi_batch_gradient_of(batch, divergence, err);
}

static void start(bwi_batch *batch, uint64_t i, float noise) {
  const uint64_t d = batch->ball.d;
  const bwi_subject *s = &batch->subjects[i];
  float *x = batch->x + i * d;
  bwi_rng_normal(x, d, s->key, 0);
  for (uint64_t j = 0; j < d; j++) x[j] = s->clean[j] + noise * x[j];
  bwi_ball_project(&batch->ball, s->clean, x);
}

/* clean_logits: room for those of all samples, which keep their places when samples leave the batch. */
static bw_status climb(bwi_batch *batch, float *clean_logits, bw_error *err) {
  const uint32_t n_classes = batch->n_classes;
  BW_TRY(bwi_batch_logits(batch, err));
  memcpy(clean_logits, batch->logits, batch->n * n_classes * sizeof *clean_logits);
  for (uint64_t i = 0; i < batch->n; i++) {
    ((note *)bwi_batch_note(batch, i))->clean_logits = clean_logits + i * n_classes;
    start(batch, i, (float)bwi_attack_value(batch->attack, "noise", 0));
  }
  bwi_ascent how = bwi_ascent_of(batch->attack, batch->ball.d);
  how.slopes = slopes;
  return bwi_ascend(batch, &how, err);
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  float *clean_logits = bwi_alloc(batch->n, batch->n_classes * sizeof *clean_logits);
  if (clean_logits == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for the logits of clean samples");
  const bw_status status = climb(batch, clean_logits, err);
  bwi_free(clean_logits);
  return status;
}

const bwi_attack_class bwi_trades = {
    .info = {.name = "trades",
             .title = "TRADES inner maximisation",
             .summary = "Gradient steps that lead the answer away from the one for the sample, whatever its "
                        "label.",
             .paper = "Zhang, Yu, Jiao, Xing, El Ghaoui, Jordan 2019, Theoretically principled trade-off "
                      "between robustness and accuracy",
             .access = BW_ACCESS_GRADIENT,
             .norms = BW_NORM_BIT(BW_LINF) | BW_NORM_BIT(BW_L2),
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 27,
    .note_bytes = sizeof(note),
    .derive = derive,
    .run = run,
};
