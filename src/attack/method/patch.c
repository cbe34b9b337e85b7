/* SPDX-License-Identifier: Apache-2.0 */
/* The adversarial patch (Brown et al. 2017): a disc or a square that is put on a sample at a random place,
 * size and angle, and made by sign ascent of the loss averaged over such transformations. The patch is a
 * picture as large as a sample, NaN where it has no ink; a sample x becomes x (1 - A m) + A (m p) with the
 * patch p, its mask m and the transformation A. */
#include <math.h>
#include <string.h>

#include "attack/ascent.h"
#include "attack/universal.h"
#include "attack/warp.h"

typedef struct room {
  double rotation; /* the greatest angle, in radians */
  double least, greatest;
} room;

static room room_of(const bw_attack *attack) {
  const double pi = acos(-1);
  return (room){.rotation = bwi_attack_value(attack, "rotation", 22.5) * pi / 180,
                .least = bwi_attack_value(attack, "scale_min", 0.1),
                .greatest = bwi_attack_value(attack, "scale_max", 1)};
}

/* A random transformation that leaves the disc inside the picture. */
static bwi_warp draw_place(const room *r, const bwi_layout *l, bwi_rng_key key, uint32_t draw) {
  float share[4];
  bwi_rng_uniform(share, 4, key, draw, -1, 1);
  const double scale = r->least + (r->greatest - r->least) * ((double)share[1] + 1) / 2;
  const double side = scale * (double)(l->height < l->width ? l->height : l->width);
  return bwi_warp_of(l, r->rotation * (double)share[0], scale,
                     (double)share[2] * ((double)l->height - side) / 2,
                     (double)share[3] * ((double)l->width - side) / 2);
}

static bool has_ink(float value) {
  return value == value;
}

/* Writes the sample with the patch to x. ink and scratch: d floats each. */
static void put(const bwi_layout *l, const bwi_warp *place, const bwi_ball *box, const float *clean,
                const float *patch, float *ink, float *scratch, float *x) {
  for (uint64_t j = 0; j < box->d; j++) ink[j] = has_ink(patch[j]);
  bwi_warp_show(l, place, ink, x);
  for (uint64_t j = 0; j < box->d; j++) ink[j] = has_ink(patch[j]) ? patch[j] : 0;
  bwi_warp_show(l, place, ink, scratch);
  for (uint64_t j = 0; j < box->d; j++)
    x[j] = fminf(fmaxf(clean[j] * (1 - x[j]) + scratch[j], box->lower), box->upper);
}

/* ---- making it ---- */

enum { DISC, SQUARE };

/* Grey, as large as the shorter side allows. */
static void draw_blank(const bwi_fitting *f, int form) {
  const bwi_layout *l = &f->layout;
  const double radius = (double)(l->height < l->width ? l->height : l->width) / 2;
  for (uint64_t r = 0; r < l->height; r++)
    for (uint64_t c = 0; c < l->width; c++) {
      const double y = fabs((double)r - ((double)l->height - 1) / 2),
                   x = fabs((double)c - ((double)l->width - 1) / 2);
      const bool inside = form == SQUARE ? x <= radius && y <= radius : x * x + y * y <= radius * radius;
      for (uint64_t k = 0; k < l->channels; k++)
        f->universal[r * l->row_step + c * l->column_step + k * l->channel_step] =
            inside ? f->lower + (f->upper - f->lower) / 2 : NAN;
    }
}

/* The loss's gradient with respect to the patch, summed over rows [0, n) of x. */
static void gather(bwi_fitting *f, uint64_t n, const room *r, bwi_rng_key key) {
  const uint64_t d = f->ball.d;
  memset(f->mean, 0, d * sizeof *f->mean);
  for (uint64_t k = 0; k < n; k++) {
    const bwi_warp place = draw_place(r, &f->layout, key, (uint32_t)k);
    bwi_warp_back(&f->layout, &place, f->slope + k * d, f->scratch[0]);
    for (uint64_t j = 0; j < d; j++) f->mean[j] += f->scratch[0][j];
  }
}

static bw_status fit(bwi_fitting *f, bw_error *err) {
  const bw_attack *attack = f->attack;
  const room r = room_of(attack);
  const bwi_ball box = {.lower = f->lower, .upper = f->upper, .d = f->ball.d};
  const uint64_t d = box.d, wanted = (uint64_t)bwi_attack_value(attack, "minibatch", 16);
  const uint64_t size = wanted < f->n ? wanted : f->n;
  const uint32_t n_steps = (uint32_t)bwi_attack_value(attack, "steps", 500);
  const float step = (float)bwi_attack_value(attack, "step", 0) * (f->upper - f->lower);
  BW_TRY(bwi_check_is_picture(&f->layout, attack->class->info.name, err));
  BW_TRY(bwi_fitting_begin(f, size, n_steps * size, err));
  draw_blank(f, (int)bwi_attack_value(attack, "form", DISC));
  uint64_t first = 0;
  for (uint32_t i = 0; i < n_steps; i++) {
    const uint64_t n = f->n - first < size ? f->n - first : size;
    bwi_rng_key key = f->key;
    key.sample = i;
    for (uint64_t k = 0; k < n; k++) {
      const bwi_warp place = draw_place(&r, &f->layout, key, (uint32_t)k);
      put(&f->layout, &place, &box, f->subjects[first + k].clean, f->universal, f->scratch[0], f->scratch[1],
          f->x + k * d);
    }
    BW_TRY(bwi_fit_climb(f, first, n, INFINITY, err));
    gather(f, n, &r, key);
    for (uint64_t j = 0; j < d; j++) f->mean[j] = step * (float)((f->mean[j] > 0) - (f->mean[j] < 0));
    bwi_universal_add(d, f->universal, f->mean, f->lower, f->upper, f->universal);
    first = first + n < f->n ? first + n : 0;
  }
  return BW_OK;
}

/* ---- putting it on ---- */

static bw_status run(bwi_batch *batch, bw_error *err) {
  const room r = room_of(batch->attack);
  batch->roams = true;
  for (uint64_t i = 0; i < batch->n; i++) {
    const bwi_subject *s = &batch->subjects[i];
    const bwi_warp place = draw_place(&r, &batch->layout, s->key, 0);
    put(&batch->layout, &place, &batch->ball, s->clean, batch->universal, bwi_batch_row(batch, i, 0),
        bwi_batch_row(batch, i, 1), batch->x + i * batch->ball.d);
  }
  return bwi_batch_logits(batch, err);
}

static bw_status check(const bw_attack *attack, const bw_model *model, bw_error *err) {
  const room r = room_of(attack);
  if (r.least > r.greatest)
    return BW_FAIL(err, BW_EINVAL, "scale_min=%g is above scale_max=%g", r.least, r.greatest);
  return bwi_check_towards(attack, model, err);
}

static const char *const forms[] = {"disc", "square", NULL};

static const bw_option_info options[] = {
    BWI_STEPS(500),
    {"step", "what a step adds, as a share of the domain", NULL, BW_OPTION_REAL, 0, 1, 5.0 / 255, NULL},
    BWI_MINIBATCH(16),
    {"rotation", "greatest angle, to either side", "degrees", BW_OPTION_REAL, 0, 180, 22.5, NULL},
    {"scale_min", "smallest size, as a share of the sample's shorter side", NULL, BW_OPTION_REAL, 0.01, 1,
     0.1, NULL},
    {"scale_max", "greatest size", NULL, BW_OPTION_REAL, 0.01, 1, 1, NULL},
    {"form", "of the patch", NULL, BW_OPTION_CHOICE, 0, 1, DISC, forms},
    BWI_LOSS,
    BWI_TOWARDS,
    BWI_FIT,
};

const bwi_attack_class bwi_patch = {
    .info = {.name = "patch",
             .title = "Adversarial patch",
             .summary = "Makes one patch that fools the model wherever it is put, and puts it on each sample "
                        "once, at a random place, size and angle; it is made from samples that it is then "
                        "reported on, unless some are held out.",
             .paper = "Brown, Mane, Roy, Abadi, Gilmer 2017, Adversarial patch",
             .access = BW_ACCESS_GRADIENT,
             .norms = BWI_CONVEX_NORMS | BW_NORM_BIT(BW_L0),
             .nearest = 1,
             .transforms = 1,
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 73,
    .n_rows = 2,
    .check = check,
    .fit = fit,
    .run = run,
};
