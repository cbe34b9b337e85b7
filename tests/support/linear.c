/* SPDX-License-Identifier: Apache-2.0 */
/* With w the difference of two classes' weights, gap the difference of their logits and room_j how far the
 * box lets coordinate j go, the nearest point of the boundary between them is that of a knapsack: Linf, L2:
 * coordinate j moves by min(t, room_j) or min(t |w_j|, room_j), with the one t that closes the gap L1, L0:
 * the coordinates of greatest |w_j| or |w_j| room_j move as far as they may, until the gap is closed */
#include "support/linear.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "model/loss.h"
#include "support/toy.h"
#include "support/unit.h"

static int give_logits(void *payload, uint64_t n, const float *samples, float *logits) {
  const linear *l = payload;
  for (uint64_t i = 0; i < n; i++)
    for (uint32_t c = 0; c < l->n_classes; c++) {
      double sum = (double)l->biases[c];
      for (int j = 0; j < LINEAR_D; j++)
        sum += (double)l->weights[c][j] * (double)samples[i * LINEAR_D + (uint64_t)j];
      logits[i * l->n_classes + c] = (float)sum;
    }
  return 0;
}

static int give_gradient(void *payload, uint64_t n, const float *samples, const float *cotangents,
                         float *gradients) {
  (void)samples;
  const linear *l = payload;
  for (uint64_t i = 0; i < n; i++)
    for (int j = 0; j < LINEAR_D; j++) {
      double sum = 0;
      for (uint32_t c = 0; c < l->n_classes; c++)
        sum += (double)cotangents[i * l->n_classes + c] * (double)l->weights[c][j];
      gradients[i * LINEAR_D + (uint64_t)j] = (float)sum;
    }
  return 0;
}

/* The biases put mid-grey on all boundaries. */
static void draw_weights(linear *l) {
  bwi_rng_normal(&l->weights[0][0], LINEAR_CLASSES * LINEAR_D, (bwi_rng_key){.seed = 31}, 0);
  for (int c = 0; c < LINEAR_CLASSES; c++)
    for (int j = 0; j < LINEAR_D; j++) l->biases[c] -= 0.5F * l->weights[c][j];
}

/* Noise that leans to the classes in turn, so that all are met and the boundaries are some way off. */
static void draw_samples(linear *l) {
  bwi_rng_uniform(l->samples, LINEAR_N * LINEAR_D, (bwi_rng_key){.seed = 33}, 0, 0.3F, 0.7F);
  for (uint32_t i = 0; i < LINEAR_N; i++)
    for (uint32_t j = 0; j < LINEAR_D; j++) {
      float *x = &l->samples[i * LINEAR_D + j];
      *x = fminf(fmaxf(*x + 0.2F * l->weights[i % l->n_classes][j], 0.2F), 0.8F);
    }
}

void linear_open(linear *l, uint32_t n_classes, float lower, float upper) {
  static const int64_t shape[3] = {TOY_SIDE, TOY_SIDE, 1};
  memset(l, 0, sizeof *l);
  l->n_classes = n_classes;
  l->lower = lower;
  l->upper = upper;
  draw_weights(l);
  draw_samples(l);
  const bw_model_callbacks callbacks = {.struct_size = sizeof callbacks,
                                        .logits = give_logits,
                                        .vjp = give_gradient,
                                        .payload = l,
                                        .rank = 3,
                                        .shape = shape,
                                        .n_classes = n_classes,
                                        .lower = lower,
                                        .upper = upper,
                                        .batch = 256};
  assert_int_equal(bw_model_from_callbacks(&l->model, &callbacks, NULL), BW_OK);
  float logits[LINEAR_N * LINEAR_CLASSES];
  assert_int_equal(give_logits(l, LINEAR_N, l->samples, logits), 0);
  for (int i = 0; i < LINEAR_N; i++) l->labels[i] = bwi_predict(n_classes, logits + (size_t)i * n_classes);
  l->data = toy_dataset(LINEAR_N, LINEAR_D, l->samples, l->labels);
}

void linear_close(linear *l) {
  bw_dataset_free(l->data);
  bw_model_free(l->model);
}

/* ---- the nearest point of a boundary ---- */

/* A coordinate that moves in the direction that closes the gap. */
typedef struct lever {
  double weight, room;
} lever;

/* How far coordinates go together for t. */
static double reach(bw_norm norm, const lever *v, double t) {
  return fmin(norm == BW_LINF ? t : t * v->weight, v->room);
}

static double closed(bw_norm norm, const lever *levers, double t) {
  double sum = 0;
  for (int j = 0; j < LINEAR_D; j++) sum += levers[j].weight * reach(norm, &levers[j], t);
  return sum;
}

static double move_together(bw_norm norm, const lever *levers, double gap) {
  double low = 0, high = 1e9; /* no weight of a normal draw is small enough to need more */
  if (closed(norm, levers, high) < gap) return INFINITY;
  for (int k = 0; k < 120; k++) {
    const double middle = (low + high) / 2;
    if (closed(norm, levers, middle) < gap)
      low = middle;
    else
      high = middle;
  }
  double squares = 0;
  for (int j = 0; j < LINEAR_D; j++) squares += pow(reach(norm, &levers[j], high), 2);
  return norm == BW_LINF ? high : sqrt(squares);
}

static int by_weight(const void *a, const void *b) {
  const lever *p = a, *q = b;
  return (p->weight < q->weight) - (p->weight > q->weight);
}

static int by_gain(const void *a, const void *b) {
  const lever *p = a, *q = b;
  const double x = p->weight * p->room, y = q->weight * q->room;
  return (x < y) - (x > y);
}

static double move_in_turn(bw_norm norm, lever *levers, double gap) {
  qsort(levers, LINEAR_D, sizeof *levers, norm == BW_L1 ? by_weight : by_gain);
  double distance = 0;
  for (int j = 0; j < LINEAR_D; j++) {
    const double gain = levers[j].weight * levers[j].room;
    if (gain >= gap) return distance + (norm == BW_L1 ? gap / levers[j].weight : 1);
    gap -= gain;
    distance += norm == BW_L1 ? levers[j].room : 1;
  }
  return INFINITY;
}

static double distance_to(const linear *l, bw_norm norm, uint64_t i, uint32_t class) {
  const uint32_t label = (uint32_t)l->labels[i];
  lever levers[LINEAR_D];
  double gap = (double)l->biases[label] - (double)l->biases[class];
  for (uint64_t j = 0; j < LINEAR_D; j++) {
    const double w = (double)l->weights[class][j] - (double)l->weights[label][j],
                 x = (double)l->samples[i * LINEAR_D + j];
    gap -= w * x;
    levers[j] = (lever){fabs(w), w > 0 ? (double)l->upper - x : x - (double)l->lower};
  }
  return norm == BW_LINF || norm == BW_L2 ? move_together(norm, levers, gap)
                                          : move_in_turn(norm, levers, gap);
}

double linear_distance(const linear *l, bw_norm norm, uint64_t i) {
  double nearest = INFINITY;
  for (uint32_t c = 0; c < l->n_classes; c++)
    if (c != (uint32_t)l->labels[i]) nearest = fmin(nearest, distance_to(l, norm, i, c));
  return nearest;
}
