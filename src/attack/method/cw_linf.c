/* SPDX-License-Identifier: Apache-2.0 */
/* The nearest success in Linf: Adam descends sum_j max(0, |x_j - clean_j| - tau) + c * max(0, -margin) in the
 * space where the box has no faces; each success lowers tau and is where the next descent begins, and c grows
 * when there is none (Carlini and Wagner 2017, section VI.C). Distances are measured in widths of the box. */
#include <math.h>

#include "attack/ascent.h"
#include "attack/tanh_descent.h"
#include "attack/tradeoff.h"

typedef struct note {
  bwi_tradeoff weight; /* only its c */
  double tau;          /* up to which a change costs nothing */
  uint32_t n_steps;    /* with this c */
  uint32_t age;        /* of the descent */
} note;

typedef struct plan {
  double rate, greatest_c, c_factor, tau_factor, least_tau;
  uint32_t n_steps;
} plan;

static double excess(const bwi_ball *box, const float *clean, const float *x, double tau) {
  const double width = bwi_ball_width(box);
  double sum = 0;
  for (uint64_t j = 0; j < box->d; j++) {
    const double beyond = fabs((double)x[j] - (double)clean[j]) / width - tau;
    sum += beyond > 0 ? beyond : 0;
  }
  return sum;
}

/* slope: the gradient of the weighted loss becomes that of the whole. */
static void add_excess(const bwi_ball *box, const float *restrict clean, const float *restrict x, double tau,
                       float *restrict slope) {
  const float width = box->upper - box->lower, free = (float)tau * width;
  for (uint64_t j = 0; j < box->d; j++) {
    const float change = x[j] - clean[j];
    slope[j] = width * slope[j] + (float)(change > free) - (float)(-change > free);
  }
}

/* After a success: whether a smaller tau is worth trying. */
static bool tighten(const plan *p, bwi_batch *batch, uint64_t i) {
  const bwi_ball *box = &batch->ball;
  note *own = bwi_batch_note(batch, i);
  float *x = batch->x + i * box->d;
  const double reached = bwi_distance(BW_LINF, box->d, x, batch->subjects[i].clean) / bwi_ball_width(box);
  own->tau = p->tau_factor * fmin(own->tau, reached);
  own->n_steps = own->age = 0;
  bwi_tanh_start(batch, i, x);
  return own->tau > p->least_tau;
}

/* Whether sample i has more to do. */
static bool advance(const plan *p, bwi_batch *batch, uint64_t i) {
  const bwi_ball *box = &batch->ball;
  const bwi_subject *s = &batch->subjects[i];
  note *own = bwi_batch_note(batch, i);
  const float *x = batch->x + i * box->d;
  const double loss = excess(box, s->clean, x, own->tau) + s->loss;
  if (loss < 1e-4 * own->weight.c && bwi_is_wanted(batch, s, batch->logits + i * batch->n_classes))
    return tighten(p, batch, i);
  if (own->n_steps == p->n_steps) {
    own->n_steps = 0;
    own->weight.c *= p->c_factor;
  }
  own->n_steps++;
  own->age++;
  add_excess(box, s->clean, x, own->tau, batch->slope + i * box->d);
  bwi_tanh_step(batch, i, p->rate, own->age);
  return own->weight.c < p->greatest_c;
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const bw_attack *attack = batch->attack;
  const plan p = {.rate = bwi_attack_value(attack, "rate", 5e-3),
                  .greatest_c = bwi_attack_value(attack, "greatest_c", 20),
                  .c_factor = bwi_attack_value(attack, "c_factor", 2),
                  .tau_factor = bwi_attack_value(attack, "tau_factor", 0.9),
                  .least_tau = bwi_attack_value(attack, "least_tau", 1.0 / 256),
                  .n_steps = (uint32_t)bwi_attack_value(attack, "steps", 1000)};
  batch->roams = true;
  for (uint64_t i = 0; i < batch->n; i++) {
    *(note *)bwi_batch_note(batch, i) = (note){.weight.c = bwi_attack_value(attack, "c", 1e-5), .tau = 1};
    bwi_tanh_start(batch, i, batch->subjects[i].clean);
  }
  while (batch->n > 0) {
    BW_TRY(bwi_batch_gradient_of(batch, bwi_tradeoff_loss, err));
    for (uint64_t i = batch->n; i-- > 0;)
      if (!advance(&p, batch, i)) bwi_batch_drop(batch, i);
  }
  return BW_OK;
}

static const bw_option_info options[] = {
    {"steps", "gradient steps for one tau and one c", NULL, BW_OPTION_INTEGER, 1, 100000, 1000, NULL},
    BWI_RATE("of Adam, in tanh space", 5e-3),
    BWI_FIRST_C(1e-5),
    BWI_GREATEST_C(20),
    BWI_C_FACTOR,
    {"tau_factor", "by which a success lowers tau, the change that costs nothing", NULL, BW_OPTION_REAL, 0.01,
     0.9999, 0.9, NULL},
    {"least_tau", "in widths of the input domain, where the search ends", NULL, BW_OPTION_REAL, 1e-9, 1,
     1.0 / 256, NULL},
    BWI_TARGET,
    BWI_NEAREST_STOP,
};

const bwi_attack_class bwi_cw_linf = {
    .info = {.name = "cw-linf",
             .title = "Carlini and Wagner's attack in Linf",
             .summary = "Descends the changes beyond a bound and the logit margin together, and lowers the "
                        "bound after each success.",
             .paper = "Carlini, Wagner 2017, Towards evaluating the robustness of neural networks",
             .access = BW_ACCESS_GRADIENT,
             .norms = BW_NORM_BIT(BW_LINF),
             .nearest = 1,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 34,
    .n_rows = BWI_TANH_ROWS,
    .note_bytes = sizeof(note),
    .derive = bwi_stops_with_budget,
    .run = run,
};
