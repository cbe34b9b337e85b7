/* SPDX-License-Identifier: Apache-2.0 */
/* MI-FGSM with gradients at pictures that are resized (to the nearest pixel, as the authors' code does) and
 * padded at random, in every step and for every sample anew. The model takes one size of picture, so the
 * padded one is resized back to it, as the authors of later attacks do. */
#include "attack/resample.h"
#include "attack/views.h"

static const bw_option_info options[] = {
    BWI_STEPS(10),
    BWI_STEP("length of a step; by default eps / steps"),
    BWI_DECAY,
    {"resize", "greatest (below 1: smallest) size of the picture inside its padding, as share of its own",
     NULL, BW_OPTION_REAL, 0.5, 4, 1.1, NULL},
    {"probability", "of a picture being resized in a step", NULL, BW_OPTION_REAL, 0, 1, 0.5, NULL},
    BWI_LOSS,
    BWI_TARGET,
    BWI_SPARSITY,
    BWI_EARLY_STOP,
};

enum { CHANCE, SIZE, ROW, COLUMN, N_WORDS };

static uint64_t below(uint64_t n, uint32_t word) {
  return word * n >> 32;
}

/* A size in [length, resize * length) inside resize * length, or the other way round. */
static bwi_resample draw_axis(uint64_t length, double resize, uint32_t size, uint32_t place) {
  const uint64_t other = (uint64_t)floor(resize * (double)length);
  const uint64_t least = other < length ? other : length, most = other < length ? length : other;
  const uint64_t resized = least + below(most - least, size);
  return (bwi_resample){
      .length = length, .resized = resized, .padded = most, .offset = below(most - resized, place)};
}

/* The same draw for both directions. */
static void transform(const bwi_batch *batch, uint64_t i, uint32_t step,
                      void (*map)(const bwi_layout *, const bwi_resample *, const bwi_resample *,
                                  const float *, float *),
                      const float *in, float *out) {
  const bwi_layout *l = &batch->layout;
  const double resize = bwi_attack_value(batch->attack, "resize", 1),
               probability = bwi_attack_value(batch->attack, "probability", 1);
  uint32_t words[N_WORDS];
  bwi_rng_u32(words, N_WORDS, batch->subjects[i].key, step);
  const bool is_left_alone = (double)words[CHANCE] >= ldexp(probability, 32);
  const bwi_resample rows = draw_axis(l->height, is_left_alone ? 1 : resize, words[SIZE], words[ROW]),
                     columns = draw_axis(l->width, is_left_alone ? 1 : resize, words[SIZE], words[COLUMN]);
  map(l, &rows, &columns, in, out);
}

static void show(const bwi_batch *batch, const bwi_ascent *how, uint64_t i, uint32_t step, uint32_t k,
                 const float *x, float *view) {
  (void)how;
  (void)k;
  transform(batch, i, step, bwi_resample_show, x, view);
}

static void back(const bwi_batch *batch, const bwi_ascent *how, uint64_t i, uint32_t step, uint32_t k,
                 const float *slope, float *out) {
  (void)how;
  (void)k;
  transform(batch, i, step, bwi_resample_back, slope, out);
}

static bw_status slopes(bwi_batch *batch, const bwi_ascent *how, uint32_t step, bw_error *err) {
  static const bwi_views one = {.count = 1, .show = show, .back = back};
  return bwi_view_slopes(batch, how, &one, step, err);
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  BW_TRY(bwi_need_pictures(batch, err));
  bwi_ascent how = bwi_ascent_of(batch->attack, batch->ball.d);
  how.slopes = slopes;
  return bwi_ascend(batch, &how, err);
}

const bwi_attack_class bwi_di_fgsm = {
    .info = {.name = "di-fgsm",
             .title = "Diverse inputs iterative method",
             .summary = "As MI-FGSM, with gradients at randomly resized and padded pictures.",
             .paper =
                 "Xie, Zhang, Zhou, Bai, Wang, Ren, Yuille 2019, Improving transferability of adversarial "
                 "examples with input diversity",
             .access = BW_ACCESS_GRADIENT,
             .norms = BWI_CONVEX_NORMS,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 22,
    .n_rows = BWI_N_VIEW_ROWS,
    .note_bytes = sizeof(bwi_view_note),
    .derive = bwi_even_step,
    .run = run,
};
