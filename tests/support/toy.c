/* SPDX-License-Identifier: Apache-2.0 */
#include "support/toy.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/rng.h"
#include "support/unit.h"

/* ---- data ---- */

bw_dataset *toy_dataset(uint64_t n, uint32_t d, const float *samples, const int32_t *labels) {
  const int64_t shape[2] = {(int64_t)n, d};
  bw_array *x = NULL, *y = NULL;
  bw_dataset *dataset = NULL;
  assert_int_equal(bw_array_create(&x, BW_F32, 2, shape, NULL), BW_OK);
  assert_int_equal(bw_array_create(&y, BW_I32, 1, shape, NULL), BW_OK);
  memcpy(bw_array_data(x), samples, n * d * sizeof *samples);
  memcpy(bw_array_data(y), labels, n * sizeof *labels);
  assert_int_equal(bw_dataset_create(&dataset, x, y, NULL), BW_OK);
  bw_array_free(x);
  bw_array_free(y);
  return dataset;
}

/* A bar, one orientation or half a class, faint or bright, on a background that is exactly 0 in places. */
static void draw(float x[TOY_D], int32_t class, bwi_rng_key key) {
  float noise[TOY_D], place, brightness;
  bwi_rng_uniform(noise, TOY_D, key, 1, 0, 1);
  bwi_rng_uniform(&place, 1, key, 2, 0, 3);
  bwi_rng_uniform(&brightness, 1, key, 3, 0.15F, 1);
  const int at = (int)place + (class % 2) * 3;
  for (int i = 0; i < TOY_D; i++) {
    const int line = class < 2 ? i / TOY_SIDE : i % TOY_SIDE;
    const float base = line == at ? brightness : 0;
    const float value = base + 0.4F * (noise[i] - 0.5F);
    x[i] = value < 0 ? 0 : value > 1 ? 1 : value;
  }
}

bw_dataset *toy_data(uint64_t n, uint64_t seed) {
  const int64_t shape[4] = {(int64_t)n, TOY_SIDE, TOY_SIDE, 1};
  bw_array *x = NULL, *y = NULL;
  bw_dataset *dataset = NULL;
  assert_int_equal(bw_array_create(&x, BW_F32, 4, shape, NULL), BW_OK);
  assert_int_equal(bw_array_create(&y, BW_I32, 1, shape, NULL), BW_OK);
  for (uint64_t i = 0; i < n; i++) {
    const int32_t class = (int32_t)(i % TOY_CLASSES);
    ((int32_t *)bw_array_data(y))[i] = class;
    draw((float *)bw_array_data(x) + i * TOY_D, class, (bwi_rng_key){.seed = seed, .sample = (uint32_t)i});
  }
  assert_int_equal(bw_dataset_create(&dataset, x, y, NULL), BW_OK);
  bw_array_free(x);
  bw_array_free(y);
  return dataset;
}

/* ---- the network ---- */

typedef struct pass {
  float input[TOY_D], hidden[TOY_HIDDEN], logits[TOY_CLASSES];
} pass;

static int right_of(int i) {
  return i % TOY_SIDE + 1 < TOY_SIDE ? i + 1 : i;
}

static float greater(float a, float b) {
  return a > b ? a : b;
}

static void forward(const toy *t, const float *x, pass *p) {
  const bool rounds = t->trick == TOY_QUANTISED || t->trick == TOY_STRAIGHT_THROUGH;
  for (int i = 0; i < TOY_D; i++) {
    p->input[i] = rounds ? roundf(x[i] * 8) / 8 : x[i];
    if (t->trick == TOY_MAX_POOL) p->input[i] = greater(x[i], x[right_of(i)]);
  }
  for (int h = 0; h < TOY_HIDDEN; h++) {
    float sum = t->first_bias[h];
    for (int i = 0; i < TOY_D; i++) sum += t->first[h][i] * p->input[i];
    p->hidden[h] = greater(sum, 0);
    if (t->trick == TOY_STAIRCASE) p->hidden[h] = roundf(p->hidden[h] * 4) / 4;
  }
  for (int c = 0; c < TOY_CLASSES; c++) {
    float sum = t->second_bias[c];
    for (int h = 0; h < TOY_HIDDEN; h++) sum += t->second[c][h] * p->hidden[h];
    p->logits[c] = sum;
  }
}

/* Gradient with respect to the input of the first layer. */
static void backward(const toy *t, const pass *p, const float *cotangent, float *to_hidden, float *to_input) {
  for (int h = 0; h < TOY_HIDDEN; h++) {
    float sum = 0;
    for (int c = 0; c < TOY_CLASSES; c++) sum += t->second[c][h] * cotangent[c];
    to_hidden[h] = p->hidden[h] > 0 ? sum : 0;
  }
  for (int i = 0; i < TOY_D; i++) {
    float sum = 0;
    for (int h = 0; h < TOY_HIDDEN; h++) sum += t->first[h][i] * to_hidden[h];
    to_input[i] = sum;
  }
}

static void softmax(const float *z, float *p) {
  float greatest = z[0], sum = 0;
  for (int c = 1; c < TOY_CLASSES; c++) greatest = greater(greatest, z[c]);
  for (int c = 0; c < TOY_CLASSES; c++) sum += p[c] = expf(z[c] - greatest);
  for (int c = 0; c < TOY_CLASSES; c++) p[c] /= sum;
}

void toy_train(toy *t, toy_trick trick) {
  enum { N = 256, EPOCHS = 40 };
  memset(t, 0, sizeof *t);
  bwi_rng_normal(&t->first[0][0], TOY_HIDDEN * TOY_D, (bwi_rng_key){.seed = 5}, 0);
  bwi_rng_normal(&t->second[0][0], TOY_CLASSES * TOY_HIDDEN, (bwi_rng_key){.seed = 5}, 1);
  for (int h = 0; h < TOY_HIDDEN; h++)
    for (int i = 0; i < TOY_D; i++) t->first[h][i] *= 0.2F;
  for (int c = 0; c < TOY_CLASSES; c++)
    for (int h = 0; h < TOY_HIDDEN; h++) t->second[c][h] *= 0.3F;
  if (trick == TOY_MAX_POOL)
    t->trick = trick; /* the other tricks are played on an honestly trained network */
  bw_dataset *data = toy_data(N, 77);
  const float rate = 0.05F;
  for (int at = 0; at < N * EPOCHS; at++) {
    const uint64_t i = (uint64_t)at % N;
    pass p;
    float cotangent[TOY_CLASSES], to_hidden[TOY_HIDDEN], to_input[TOY_D];
    forward(t, bw_dataset_sample(data, i), &p);
    softmax(p.logits, cotangent);
    cotangent[bw_dataset_label(data, i)] -= 1;
    backward(t, &p, cotangent, to_hidden, to_input);
    for (int c = 0; c < TOY_CLASSES; c++) {
      t->second_bias[c] -= rate * cotangent[c];
      for (int h = 0; h < TOY_HIDDEN; h++) t->second[c][h] -= rate * cotangent[c] * p.hidden[h];
    }
    for (int h = 0; h < TOY_HIDDEN; h++) {
      t->first_bias[h] -= rate * to_hidden[h];
      for (int k = 0; k < TOY_D; k++) t->first[h][k] -= rate * to_hidden[h] * p.input[k];
    }
  }
  bw_dataset_free(data);
  t->trick = trick;
}

static int give_logits(void *payload, uint64_t n, const float *samples, float *logits) {
  toy *t = payload;
  t->n_calls++;
  for (uint64_t i = 0; i < n; i++) {
    pass p;
    float *z = logits + i * TOY_CLASSES;
    forward(t, samples + i * TOY_D, &p);
    memcpy(z, p.logits, sizeof p.logits);
    if (t->trick == TOY_SOFTMAX) softmax(p.logits, z);
    float noise[TOY_CLASSES] = {0};
    if (t->trick == TOY_RANDOM)
      bwi_rng_normal(noise, TOY_CLASSES, (bwi_rng_key){.seed = t->n_calls, .sample = (uint32_t)i}, 0);
    for (int c = 0; c < TOY_CLASSES; c++) {
      if (t->trick == TOY_LOUD) z[c] *= 1e4F;
      if (t->trick == TOY_CROWDED) z[c] += (c == 0 ? 6.0F : 0) * (float)(n % 2);
      z[c] += 0.3F * noise[c];
    }
  }
  return 0;
}

/* The max-pooling's gradient is shared among ties, as MLX does. */
static void spread(const float *x, const float *to_input, float *gradient) {
  memset(gradient, 0, TOY_D * sizeof *gradient);
  for (int i = 0; i < TOY_D; i++) {
    const int j = right_of(i);
    if (x[i] >= x[j]) gradient[i] += x[i] == x[j] && i != j ? 0.5F * to_input[i] : to_input[i];
    if (x[j] >= x[i] && i != j) gradient[j] += x[i] == x[j] ? 0.5F * to_input[i] : to_input[i];
  }
}

static void distort(const toy *t, float *gradient) {
  for (int i = 0; i < TOY_D; i++) switch (t->trick) {
      case TOY_QUANTISED:
      case TOY_STAIRCASE: gradient[i] = 0; break;
      case TOY_HALF_GRADIENT: gradient[i] = i % 2 == 0 ? 0 : gradient[i]; break;
      case TOY_LOUD: gradient[i] *= 1e4F; break;
      case TOY_DOUBLE_GRADIENT: gradient[i] *= 2; break;
      case TOY_FLIPPED: gradient[i] = -gradient[i]; break;
      case TOY_NAN: gradient[i] = NAN; break;
      default: break;
    }
}

static int give_gradient(void *payload, uint64_t n, const float *samples, const float *cotangents,
                         float *gradients) {
  toy *t = payload;
  toy other = *t;
  if (t->trick == TOY_OTHER_GRADIENT)
    bwi_rng_normal(&other.first[0][0], TOY_HIDDEN * TOY_D, (bwi_rng_key){.seed = 6}, 0);
  for (uint64_t i = 0; i < n; i++) {
    pass p;
    float cotangent[TOY_CLASSES], to_hidden[TOY_HIDDEN], to_input[TOY_D];
    const float *given = cotangents + i * TOY_CLASSES, *x = samples + i * TOY_D;
    forward(&other, x, &p);
    memcpy(cotangent, given, sizeof cotangent);
    if (t->trick == TOY_SOFTMAX) {
      float probability[TOY_CLASSES], mean = 0;
      softmax(p.logits, probability);
      for (int c = 0; c < TOY_CLASSES; c++) mean += given[c] * probability[c];
      for (int c = 0; c < TOY_CLASSES; c++) cotangent[c] = probability[c] * (given[c] - mean);
    }
    backward(&other, &p, cotangent, to_hidden, to_input);
    float *gradient = gradients + i * TOY_D;
    if (t->trick == TOY_MAX_POOL)
      spread(x, to_input, gradient);
    else
      memcpy(gradient, to_input, sizeof to_input);
    distort(t, gradient);
  }
  return 0;
}

static const int64_t toy_shape[3] = {TOY_SIDE, TOY_SIDE, 1};

static bw_model *create(toy *t, bool gives_gradients) {
  const bw_model_callbacks callbacks = {.struct_size = sizeof callbacks,
                                        .logits = give_logits,
                                        .vjp = gives_gradients ? give_gradient : NULL,
                                        .payload = t,
                                        .rank = 3,
                                        .shape = toy_shape,
                                        .n_classes = TOY_CLASSES,
                                        .upper = 1,
                                        .batch = 256};
  bw_model *model = NULL;
  assert_int_equal(bw_model_from_callbacks(&model, &callbacks, NULL), BW_OK);
  return model;
}

bw_model *toy_model(toy *t) {
  return create(t, true);
}

bw_model *toy_model_score_only(toy *t) {
  return create(t, false);
}
