/* SPDX-License-Identifier: Apache-2.0 */
/* Losses on logits, with their derivatives. See loss.h for the sources. */
#include "model/loss.h"

#include <math.h>
#include <string.h>

/* log-sum-exp with the greatest logit taken out, so that no exponential overflows. */
static double log_sum_exp(uint32_t n, const float *z) {
  double greatest = (double)z[0], sum = 0;
  for (uint32_t i = 1; i < n; i++) greatest = fmax(greatest, (double)z[i]);
  for (uint32_t i = 0; i < n; i++) sum += exp((double)z[i] - greatest);
  return greatest + log(sum);
}

/* sign = 1 climbs the cross-entropy of `class`, -1 climbs down. The class's own p - 1 is minus the sum of the
 * others, which keeps its digits when p is nearly 1. */
static double cross_entropy(uint32_t n, const float *z, uint32_t class, double sign, float *cotangent) {
  const double lse = log_sum_exp(n, z);
  double others = 0;
  for (uint32_t i = 0; i < n; i++) {
    if (i == class) continue;
    const double p = exp((double)z[i] - lse);
    cotangent[i] = (float)(sign * p);
    others += p;
  }
  cotangent[class] = (float)(-sign * others);
  return sign * (lse - (double)z[class]);
}

/* The greatest logit apart from `class`, the first of equals; n must be at least 2. */
static uint32_t runner_up(uint32_t n, const float *z, uint32_t class) {
  uint32_t best = class == 0 ? 1 : 0;
  for (uint32_t i = best + 1; i < n; i++)
    if (i != class && z[i] > z[best]) best = i;
  return best;
}

static double margin(uint32_t n, const float *z, uint32_t class, double sign, float *cotangent) {
  const uint32_t other = runner_up(n, z, class);
  cotangent[other] = (float)sign;
  cotangent[class] = (float)-sign;
  return sign * ((double)z[other] - (double)z[class]);
}

static double pair(const float *z, uint32_t label, uint32_t target, float *cotangent) {
  cotangent[target] += 1;
  cotangent[label] -= 1;
  return (double)z[target] - (double)z[label];
}

/* The k greatest logits' classes, greatest first, the first of equals first; k <= 4. */
static void top_classes(uint32_t n, const float *z, uint32_t k, uint32_t *top) {
  for (uint32_t rank = 0; rank < k; rank++) {
    uint32_t best = n;
    for (uint32_t i = 0; i < n; i++) {
      int taken = 0;
      for (uint32_t r = 0; r < rank; r++) taken |= top[r] == i;
      if (!taken && (best == n || z[i] > z[best])) best = i;
    }
    top[rank] = best;
  }
}

/* d (a / b) = (da - (a / b) db) / b, added into the cotangent. */
static void add_ratio(float *cotangent, uint32_t class, double da, double db, double ratio, double b) {
  cotangent[class] = (float)((double)cotangent[class] + (da - ratio * db) / b);
}

static double dlr(uint32_t n, const float *z, uint32_t label, float *cotangent) {
  uint32_t top[3];
  top_classes(n, z, 3, top);
  const uint32_t other = top[0] == label ? top[1] : top[0];
  const double numerator = (double)z[other] - (double)z[label];
  const double denominator = (double)z[top[0]] - (double)z[top[2]] + 1e-12;
  const double ratio = numerator / denominator;
  add_ratio(cotangent, other, 1, 0, ratio, denominator);
  add_ratio(cotangent, label, -1, 0, ratio, denominator);
  add_ratio(cotangent, top[0], 0, 1, ratio, denominator);
  add_ratio(cotangent, top[2], 0, -1, ratio, denominator);
  return ratio;
}

static double targeted_dlr(uint32_t n, const float *z, uint32_t label, uint32_t target, float *cotangent) {
  uint32_t top[4];
  top_classes(n, z, 4, top);
  const double numerator = (double)z[target] - (double)z[label];
  const double denominator = (double)z[top[0]] - 0.5 * ((double)z[top[2]] + (double)z[top[3]]) + 1e-12;
  const double ratio = numerator / denominator;
  add_ratio(cotangent, target, 1, 0, ratio, denominator);
  add_ratio(cotangent, label, -1, 0, ratio, denominator);
  add_ratio(cotangent, top[0], 0, 1, ratio, denominator);
  add_ratio(cotangent, top[2], 0, -0.5, ratio, denominator);
  add_ratio(cotangent, top[3], 0, -0.5, ratio, denominator);
  return ratio;
}

double bwi_loss_eval(bwi_loss loss, uint32_t n_classes, const float *logits, int32_t label, int32_t target,
                     float *cotangent) {
  memset(cotangent, 0, n_classes * sizeof *cotangent);
  const int targeted = target >= 0;
  const uint32_t class = (uint32_t)(targeted ? target : label);
  if (loss == BWI_LOSS_CE) return cross_entropy(n_classes, logits, class, targeted ? -1 : 1, cotangent);
  if (n_classes < 2) return 0;
  if (loss == BWI_LOSS_PAIR && targeted) return pair(logits, (uint32_t)label, class, cotangent);
  if (loss == BWI_LOSS_DLR && targeted && n_classes >= 4)
    return targeted_dlr(n_classes, logits, (uint32_t)label, class, cotangent);
  if (loss == BWI_LOSS_DLR && !targeted && n_classes >= 3) return dlr(n_classes, logits, class, cotangent);
  return margin(n_classes, logits, class, targeted ? -1 : 1, cotangent);
}

/* As in the cross-entropy, the likeliest class's own entry is minus the sum of the others. */
double bwi_divergence(uint32_t n, const float *from, const float *logits, float *cotangent) {
  const double from_lse = log_sum_exp(n, from), lse = log_sum_exp(n, logits);
  uint32_t own = 0;
  for (uint32_t i = 1; i < n; i++)
    if (from[i] > from[own]) own = i;
  double value = 0, others = 0;
  for (uint32_t i = 0; i < n; i++) {
    const double log_from = (double)from[i] - from_lse, log_p = (double)logits[i] - lse;
    value += exp(log_from) * (log_from - log_p);
    if (i == own) continue;
    const double slope = exp(log_p) - exp(log_from);
    cotangent[i] = (float)slope;
    others += slope;
  }
  cotangent[own] = (float)-others;
  return value;
}

double bwi_cross_entropy(uint32_t n_classes, const float *logits, uint32_t class) {
  double others = 0;
  for (uint32_t i = 0; i < n_classes; i++) {
    if (logits[i] > logits[class]) return log_sum_exp(n_classes, logits) - (double)logits[class];
    if (i != class) others += exp((double)logits[i] - (double)logits[class]);
  }
  return log1p(others);
}

int32_t bwi_predict(uint32_t n_classes, const float *logits) {
  uint32_t best = 0;
  for (uint32_t i = 0; i < n_classes; i++) {
    if (isnan(logits[i])) return -1;
    if (logits[i] > logits[best]) best = i;
  }
  return (int32_t)best;
}
