/* SPDX-License-Identifier: Apache-2.0 */
/* From an evaluation to a report: plain results, with the pictures as PNG. */
#include "report/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "attack/picture.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/options.h"
#include "eval/evaluation.h"
#include "format/formats.h"

enum { MOST_PICTURES = 12, PARTS = 3 };

typedef struct filled {
  bwi_report report;
  char data_digest[65];
  bw_attack_summary *attacks;
  bw_query_point *query_points;
  bw_check_result *checks;
  bw_budget_point *budgets;
  bw_evaluated_sample *samples;
  bwi_report_picture pictures[MOST_PICTURES];
  bwi_buffer png[MOST_PICTURES][PARTS];
  bwi_report_universal universals[BWI_MAX_SUITE];
  bwi_buffer universal_png[BWI_MAX_SUITE];
  char captions[BWI_MAX_SUITE][96];
} filled;

static void clear(filled *f) {
  bwi_free(f->attacks);
  bwi_free(f->query_points);
  bwi_free(f->checks);
  bwi_free(f->budgets);
  bwi_free(f->samples);
  for (int k = 0; k < MOST_PICTURES; k++)
    for (int part = 0; part < PARTS; part++) bwi_buffer_free(&f->png[k][part]);
  for (int k = 0; k < BWI_MAX_SUITE; k++) bwi_buffer_free(&f->universal_png[k]);
}

/* f->attacks is filled. */
static bw_status fill_query_points(filled *f, const bw_evaluation *e, uint32_t n_attacks, bw_error *err) {
  size_t n = 0;
  for (uint32_t k = 0; k < n_attacks; k++) n += f->attacks[k].n_query_points;
  f->query_points = bwi_alloc(n, sizeof *f->query_points);
  if (f->query_points == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a report");
  n = 0;
  for (uint32_t k = 0; k < n_attacks; k++)
    for (uint32_t i = 0; i < f->attacks[k].n_query_points; i++)
      f->query_points[n++] = bw_evaluation_query_point(e, k, i);
  return BW_OK;
}

static bw_status fill_results(filled *f, const bw_evaluation *e, bw_error *err) {
  const bw_evaluation_summary s = bw_evaluation_summarise(e);
  f->attacks = bwi_alloc(s.n_attacks, sizeof *f->attacks);
  f->checks = bwi_alloc(s.n_checks, sizeof *f->checks);
  f->budgets = bwi_alloc(s.n_budgets, sizeof *f->budgets);
  f->samples = bwi_alloc(e->count, sizeof *f->samples);
  if (f->attacks == NULL || f->checks == NULL || f->budgets == NULL || f->samples == NULL)
    return BW_FAIL(err, BW_ENOMEM, "no memory for a report");
  for (uint32_t k = 0; k < s.n_attacks; k++) f->attacks[k] = bw_evaluation_attack(e, k);
  BW_TRY(fill_query_points(f, e, s.n_attacks, err));
  for (uint32_t k = 0; k < s.n_checks; k++) f->checks[k] = *bw_evaluation_check(e, k);
  for (uint32_t k = 0; k < s.n_budgets; k++) f->budgets[k] = bw_evaluation_budget(e, k);
  for (uint64_t i = 0; i < e->count; i++) f->samples[i] = bw_evaluation_sample(e, i);
  BW_TRY(bw_dataset_digest(e->dataset, f->data_digest, err));
  f->report = (bwi_report){
      .summary = s,
      .attacks = f->attacks,
      .query_points = f->query_points,
      .checks = f->checks,
      .budgets = f->budgets,
      .classes = e->classes,
      .n_samples = e->count,
      .samples = f->samples,
      .model_digest = e->model_digest,
      .data_digest = f->data_digest,
      .seed = e->seed,
      .confidence = e->confidence,
      .pair_checked = e->pair_checked,
      .search = e->search,
  };
  return BW_OK;
}

/* ---- pictures ---- */

static bw_status draw(filled *f, uint32_t k, const bw_evaluation *e, const bwi_picture *picture,
                      const bw_evaluated_sample *s, uint8_t *pixels, bw_error *err) {
  for (int part = 0; part < PARTS; part++) {
    if (part == 0)
      bwi_picture_pixels(pixels, picture, s->clean, e->lower, e->upper);
    else if (part == 1)
      bwi_picture_pixels(pixels, picture, s->adversarial, e->lower, e->upper);
    else
      bwi_picture_difference(pixels, picture, s->clean, s->adversarial,
                             bwi_picture_largest(picture, s->clean, s->adversarial));
    BW_TRY(bwi_png_write(&f->png[k][part], pixels, picture->height, picture->width, 3, err));
  }
  const bwi_buffer *png = f->png[k];
  f->pictures[k] = (bwi_report_picture){
      .origin = s->origin,
      .label = s->label,
      .adversarial_prediction = s->adversarial_prediction,
      .distance = s->distance,
      .attack = f->attacks[s->broken_by].name,
      .clean = {png[0].data, png[0].size},
      .adversarial = {png[1].data, png[1].size},
      .difference = {png[2].data, png[2].size},
  };
  return BW_OK;
}

/* The broken samples in the order in which they are shown: label by label in turn, so that no class fills the
 * page. */
static uint32_t choose(const bw_evaluation *e, uint64_t chosen[MOST_PICTURES]) {
  uint32_t n = 0;
  for (uint64_t round = 0; n < MOST_PICTURES && round < MOST_PICTURES; round++)
    for (uint32_t c = 0; c < e->n_classes && n < MOST_PICTURES; c++) {
      uint64_t seen = 0;
      for (uint64_t i = 0; i < e->count; i++) {
        if (e->broken_by[i] < 0 || bw_dataset_label(e->dataset, i) != e->classes[c].label || seen++ < round)
          continue;
        chosen[n++] = i;
        break;
      }
    }
  return n;
}

/* A patch as it is; a perturbation as a difference from nothing. */
static bw_status draw_universal(filled *f, const bw_evaluation *e, uint32_t attack,
                                const bwi_picture *picture, const float *zero, uint8_t *pixels,
                                bw_error *err) {
  const float *universal = e->universals[attack];
  const uint32_t k = f->report.n_universals++;
  const bool is_patch = e->suite.attacks[attack].class->info.transforms != 0;
  if (is_patch)
    bwi_picture_pixels(pixels, picture, universal, e->lower, e->upper);
  else
    bwi_picture_difference(pixels, picture, zero, universal, bwi_picture_largest(picture, zero, universal));
  BW_TRY(bwi_png_write(&f->universal_png[k], pixels, picture->height, picture->width, 3, err));
  snprintf(f->captions[k], sizeof f->captions[k], "fools %llu of the %llu samples that it met",
           (unsigned long long)f->attacks[attack].broken, (unsigned long long)f->attacks[attack].attacked);
  f->universals[k] = (bwi_report_universal){.attack = f->attacks[attack].name,
                                            .kind = is_patch ? "patch" : "universal perturbation",
                                            .caption = f->captions[k],
                                            .png = {f->universal_png[k].data, f->universal_png[k].size}};
  return BW_OK;
}

static bw_status fill_universals(filled *f, const bw_evaluation *e, const bwi_picture *picture,
                                 uint8_t *pixels, bw_error *err) {
  float *zero = bwi_alloc((size_t)picture->height * picture->width, picture->channels * sizeof *zero);
  if (zero == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for pictures");
  bw_status status = BW_OK;
  for (uint32_t k = 0; k < f->report.summary.n_attacks && status == BW_OK; k++)
    if (e->universals[k] != NULL) status = draw_universal(f, e, k, picture, zero, pixels, err);
  bwi_free(zero);
  f->report.universals = f->universals;
  return status;
}

static bw_status fill_pictures(filled *f, const bw_evaluation *e, bw_error *err) {
  bwi_picture picture;
  uint64_t chosen[MOST_PICTURES];
  if (!bwi_picture_of(&picture, bw_dataset_rank(e->dataset), bw_dataset_shape(e->dataset))) return BW_OK;
  uint8_t *pixels = bwi_alloc((size_t)picture.height * picture.width, 3);
  if (pixels == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for pictures");
  const uint32_t n = choose(e, chosen);
  bw_status status = BW_OK;
  for (uint32_t k = 0; k < n && status == BW_OK; k++) {
    const bw_evaluated_sample sample = bw_evaluation_sample(e, chosen[k]);
    status = draw(f, k, e, &picture, &sample, pixels, err);
  }
  if (status == BW_OK) status = fill_universals(f, e, &picture, pixels, err);
  bwi_free(pixels);
  f->report.n_pictures = n;
  f->report.pictures = f->pictures;
  return status;
}

/* ---- the public functions ---- */

void bw_report_options_init(bw_report_options *options, size_t struct_size) {
  const bw_report_options standard = {.struct_size = struct_size, .fail_under = NAN};
  bwi_options_init(options, struct_size, &standard, sizeof standard);
}

static const char *file_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

static bw_status render(bwi_buffer *out, const bwi_report *report, bw_report_format format,
                        const bw_report_options *o, bw_error *err) {
  const locale_t before = bwi_c_locale_enter();
  switch (format) {
    case BW_REPORT_TEXT: bwi_report_text(out, report, o); break;
    case BW_REPORT_JSON: bwi_report_json(out, report, o); break;
    case BW_REPORT_JUNIT: bwi_report_junit(out, report, o); break;
    case BW_REPORT_HTML: bwi_report_html(out, report, o); break;
  }
  bwi_c_locale_leave(before);
  return out->failed ? BW_FAIL(err, BW_ENOMEM, "no memory for a report") : BW_OK;
}

bw_status bw_evaluation_report(char **out, size_t *out_bytes, const bw_evaluation *e, bw_report_format format,
                               const bw_report_options *options, bw_error *err) {
  if ((unsigned)format > BW_REPORT_HTML)
    return BW_FAIL(err, BW_EINVAL, "there is no report format %d", (int)format);
  bw_report_options o;
  bw_report_options_init(&o, sizeof o);
  if (options != NULL) bwi_options_take(&o, sizeof o, options, options->struct_size);
  if (o.title == NULL && o.model_path != NULL) o.title = file_name(o.model_path);
  bwi_buffer text = {0};
  filled *f = bwi_alloc(1, sizeof *f);
  if (f == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a report");
  bw_status status = fill_results(f, e, err);
  if (status == BW_OK && format == BW_REPORT_HTML) status = fill_pictures(f, e, err);
  if (status == BW_OK) status = render(&text, &f->report, format, &o, err);
  if (status == BW_OK) {
    *out = text.data;
    if (out_bytes != NULL) *out_bytes = text.size;
  } else {
    bwi_buffer_free(&text);
  }
  clear(f);
  bwi_free(f);
  return status;
}
