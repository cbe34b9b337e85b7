/* SPDX-License-Identifier: Apache-2.0 */
/* Linear classifiers, whose nearest adversarial samples are known exactly. */
#ifndef TESTS_SUPPORT_LINEAR_H
#define TESTS_SUPPORT_LINEAR_H

#include <bulwark/bulwark.h>

enum { LINEAR_D = 36, LINEAR_CLASSES = 5, LINEAR_N = 24 };

/* A linear classifier of pictures (6, 6, 1), and samples with its own answers as labels. */
typedef struct linear {
  uint32_t n_classes; /* 2 to LINEAR_CLASSES */
  float lower, upper; /* of the box */
  float weights[LINEAR_CLASSES][LINEAR_D], biases[LINEAR_CLASSES];
  float samples[LINEAR_N * LINEAR_D]; /* in [0.2, 0.8] */
  int32_t labels[LINEAR_N];
  bw_model *model;
  bw_dataset *data;
} linear;

/* The same weights in every box, and the same samples. In [-10, 10] the box is in nobody's way. */
void linear_open(linear *l, uint32_t n_classes, float lower, float upper);
void linear_close(linear *l);

/* The least norm, BW_L0 too, of a perturbation inside the box that takes sample i to the boundary of another
 * class. Infinite where the box ends before. */
double linear_distance(const linear *l, bw_norm norm, uint64_t i);

#endif
