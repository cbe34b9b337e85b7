/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/start.h"

#include <string.h>

/* The k-th sample of a class after number `index`, round the data set; NULL if there are fewer. */
static const float *sample_of_class(const bw_dataset *dataset, int32_t class, uint64_t index, uint32_t k) {
  const uint64_t count = bw_dataset_count(dataset);
  for (uint64_t step = 1; step < count; step++) {
    const uint64_t i = (index + step) % count;
    if (bw_dataset_label(dataset, i) == class && k-- == 0) return bw_dataset_sample(dataset, i);
  }
  return NULL;
}

/* Block sides 1, 2, 4, ... of which at least two fit the longer side of a picture. */
static uint32_t count_sides(const bwi_layout *l) {
  const uint64_t longer = l->height > l->width ? l->height : l->width;
  uint32_t n = 1;
  while (longer >> (n + 1) > 0) n++;
  return n;
}

static void write_noise(bwi_batch *batch, uint64_t i, uint32_t k) {
  const bwi_layout *l = &batch->layout;
  const uint32_t shift = k % count_sides(l);
  const uint64_t mask = ~(((uint64_t)1 << shift) - 1); /* to the first row or column of a block */
  float *x = batch->x + i * batch->ball.d, *noise = batch->scratch;
  bwi_rng_uniform(noise, batch->ball.d, batch->subjects[i].key, k, batch->ball.lower, batch->ball.upper);
  for (uint64_t row = 0; row < l->height; row++)
    for (uint64_t column = 0; column < l->width; column++)
      for (uint64_t c = 0; c < l->channels; c++)
        x[row * l->row_step + column * l->column_step + c * l->channel_step] =
            noise[(row & mask) * l->row_step + (column & mask) * l->column_step + c * l->channel_step];
}

void bwi_write_start(bwi_batch *batch, uint64_t i, uint32_t k) {
  const bwi_subject *s = &batch->subjects[i];
  const float *sample =
      s->target >= 0 ? sample_of_class(batch->dataset, s->target, s->index, k + batch->restart) : NULL;
  if (sample != NULL)
    memcpy(batch->x + i * batch->ball.d, sample, batch->ball.d * sizeof *sample);
  else
    write_noise(batch, i, k);
}
