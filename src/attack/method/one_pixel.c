/* SPDX-License-Identifier: Apache-2.0 */
/* Differential evolution (Storn and Price 1997, best/1, every parameter from the mutant) of the places and
 * values of a few pixels, with the authors' settings of SciPy's: a population of 400, weights between 0.5 and
 * 1 drawn anew for each generation, a Latin hypercube to begin with, and a new generation once all of the old
 * one is known. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "attack/ascent.h"
#include "attack/shuffle.h"
#include "base/memory.h"

typedef struct note {
  uint64_t slot; /* its population's; it leaves with the sample */
  uint32_t best; /* member */
} note;

typedef struct evolution {
  uint32_t n_members, n_pixels, n_genes; /* a gene is from 0 to 1: row, column and channels of each pixel */
  uint64_t slot_size;                    /* floats: members, trials, losses of the members */
  float *slots;
  bool is_first;
} evolution;

static float *member(const evolution *e, const bwi_batch *batch, uint64_t i, uint32_t k) {
  const note *own = bwi_batch_note(batch, i);
  return e->slots + own->slot * e->slot_size + (uint64_t)k * e->n_genes;
}

static float *trial(const evolution *e, const bwi_batch *batch, uint64_t i, uint32_t k) {
  return member(e, batch, i, e->n_members + k);
}

static float *losses(const evolution *e, const bwi_batch *batch, uint64_t i) {
  return trial(e, batch, i, e->n_members);
}

/* ---- generations ---- */

/* Trials that have one gene in each of n_members equal parts of its range. */
static void begin(const evolution *e, bwi_batch *batch, uint64_t i) {
  const bwi_rng_key key = batch->subjects[i].key;
  float *order = member(e, batch, i, 0), *scratch = order + e->n_members; /* there are no members yet */
  for (uint32_t k = 0; k < e->n_members; k++)
    bwi_rng_uniform(trial(e, batch, i, k), e->n_genes, key, e->n_genes + k, 0, 1);
  for (uint32_t g = 0; g < e->n_genes; g++) {
    for (uint32_t k = 0; k < e->n_members; k++) order[k] = (float)k;
    bwi_shuffle(order, e->n_members, key, g, scratch);
    for (uint32_t k = 0; k < e->n_members; k++) {
      float *gene = trial(e, batch, i, k) + g;
      *gene = fminf((order[k] + *gene) / (float)e->n_members, 1);
    }
  }
}

/* One of the members other than k and `not`, which are different unless `not` is k. */
static uint32_t other_member(const evolution *e, uint32_t word, uint32_t k, uint32_t not ) {
  const uint32_t n_out = k == not ? 1 : 2, low = k < not ? k : not, high = k < not ? not : k;
  uint32_t chosen = (uint32_t)((uint64_t)word * (e->n_members - n_out) >> 32);
  if (chosen >= low) chosen++;
  if (n_out == 2 && chosen >= high) chosen++;
  return chosen;
}

/* Genes that leave their range are drawn anew. Draws of a generation: its weight, and two for each member. */
static void mutate(const evolution *e, bwi_batch *batch, uint64_t i, uint32_t generation) {
  const note *own = bwi_batch_note(batch, i);
  const bwi_rng_key key = batch->subjects[i].key;
  const uint32_t first = e->n_genes + e->n_members + generation * (2 * e->n_members + 1);
  const float *best = member(e, batch, i, own->best);
  float weight = 0;
  bwi_rng_uniform(&weight, 1, key, first, 0.5F, 1);
  for (uint32_t k = 0; k < e->n_members; k++) {
    uint32_t words[2];
    bwi_rng_u32(words, 2, key, first + 1 + 2 * k);
    const uint32_t a = other_member(e, words[0], k, k), b = other_member(e, words[1], k, a);
    const float *one = member(e, batch, i, a), *two = member(e, batch, i, b);
    float *genes = trial(e, batch, i, k);
    bwi_rng_uniform(genes, e->n_genes, key, first + 2 + 2 * k, 0, 1);
    for (uint32_t g = 0; g < e->n_genes; g++) {
      const float gene = best[g] + weight * (one[g] - two[g]);
      if (gene >= 0 && gene <= 1) genes[g] = gene;
    }
  }
}

/* ---- pictures ---- */

static uint64_t place(float gene, uint64_t n) {
  const uint64_t at = (uint64_t)((double)gene * (double)n);
  return at < n ? at : n - 1;
}

static void paint(const evolution *e, const bwi_batch *batch, uint64_t i, const float *genes, float *x) {
  const bwi_layout *l = &batch->layout;
  const float lower = batch->ball.lower, upper = batch->ball.upper;
  memcpy(x, batch->subjects[i].clean, batch->ball.d * sizeof(float));
  for (uint32_t p = 0; p < e->n_pixels; p++, genes += 2 + l->channels) {
    float *pixel = x + place(genes[0], l->height) * l->row_step + place(genes[1], l->width) * l->column_step;
    for (uint64_t c = 0; c < l->channels; c++)
      pixel[c * l->channel_step] = fminf(fmaxf(lower + genes[2 + c] * (upper - lower), lower), upper);
  }
}

static void write_trial(void *payload, bwi_batch *batch, uint64_t i, uint32_t k, float *x) {
  const evolution *e = payload;
  paint(e, batch, i, trial(e, batch, i, k), x);
}

static void select_better(void *payload, bwi_batch *batch, uint64_t i, uint32_t k, const float *x,
                          const float *logits) {
  (void)x;
  const evolution *e = payload;
  const float loss = (float)bwi_score(&batch->subjects[i], BWI_LOSS_CE, batch->n_classes, logits);
  float *kept = losses(e, batch, i) + k;
  if (!e->is_first && !(loss >= *kept)) return;
  *kept = loss;
  memcpy(member(e, batch, i, k), trial(e, batch, i, k), e->n_genes * sizeof(float));
}

/* ---- the search ---- */

/* Trials become members where they are better; the best member of each sample is the iterate. */
static bw_status end_generation(evolution *e, bwi_batch *batch, bw_error *err) {
  const bwi_trials trials = {.n = e->n_members, .write = write_trial, .visit = select_better, .payload = e};
  BW_TRY(bwi_batch_trials(batch, &trials, err));
  e->is_first = false;
  for (uint64_t i = 0; i < batch->n; i++) {
    note *own = bwi_batch_note(batch, i);
    const float *loss = losses(e, batch, i);
    for (uint32_t k = 0; k < e->n_members; k++)
      if (loss[k] > loss[own->best]) own->best = k;
    paint(e, batch, i, member(e, batch, i, own->best), batch->x + i * batch->ball.d);
  }
  return bwi_batch_logits(batch, err);
}

static bw_status evolve(evolution *e, bwi_batch *batch, bw_error *err) {
  const uint32_t n_generations = (uint32_t)bwi_attack_value(batch->attack, "generations", 75);
  for (uint64_t i = 0; i < batch->n; i++) {
    ((note *)bwi_batch_note(batch, i))->slot = i;
    begin(e, batch, i);
  }
  BW_TRY(end_generation(e, batch, err));
  for (uint32_t generation = 0; generation < n_generations && batch->n > 0; generation++) {
    for (uint64_t i = 0; i < batch->n; i++) mutate(e, batch, i, generation);
    BW_TRY(end_generation(e, batch, err));
  }
  return BW_OK;
}

static bw_status run(bwi_batch *batch, bw_error *err) {
  const uint32_t n_pixels = (uint32_t)(batch->ball.radius / (double)batch->layout.channels);
  evolution e = {.n_members = (uint32_t)bwi_attack_value(batch->attack, "population", 400),
                 .n_pixels = n_pixels,
                 .n_genes = n_pixels * (2 + (uint32_t)batch->layout.channels),
                 .is_first = true};
  if (n_pixels == 0)
    return BW_FAIL(err, BW_EUNSUPPORTED, "%s needs an eps of %" PRIu64 ", the channels of a pixel",
                   batch->attack->class->info.name, batch->layout.channels);
  batch->nearby = true;
  e.slot_size = (uint64_t)e.n_members * (2 * e.n_genes + 1);
  e.slots = bwi_alloc(batch->n, e.slot_size * sizeof(float));
  if (e.slots == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for populations of pixels");
  const bw_status status = evolve(&e, batch, err);
  bwi_free(e.slots);
  return status;
}

static const bw_option_info options[] = {
    {"generations", "after the first", NULL, BW_OPTION_INTEGER, 0, 100000, 75, NULL},
    {"population", "members of a generation", NULL, BW_OPTION_INTEGER, 4, 10000, 400, NULL},
    BWI_RESTARTS("populations tried for a sample"),
    BWI_TARGET,
};

const bwi_attack_class bwi_one_pixel = {
    .info = {.name = "one-pixel",
             .title = "One-pixel attack",
             .summary =
                 "Differential evolution of a few pixels, as many as eps has room for; sees the scores "
                 "only.",
             .paper = "Su, Vargas, Sakurai 2019, One pixel attack for fooling deep neural networks",
             .access = BW_ACCESS_SCORE,
             .norms = BW_NORM_BIT(BW_L0),
             .n_options = sizeof options / sizeof *options,
             .options = options},
    .stream = 47,
    .note_bytes = sizeof(note),
    .run = run,
};
