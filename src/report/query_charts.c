/* SPDX-License-Identifier: Apache-2.0 */
/* Query-distortion curves, on a logarithmic axis of queries: the first hundred matter as much as the last
 * thousands. */
#include <math.h>
#include <stdio.h>

#include "report/charts.h"
#include "report/markup.h"
#include "report/plot.h"

/* What a chart shows of a point; NaN: nothing. */
typedef double (*value_fn)(const bw_attack_summary *attack, const bw_query_point *point);

static double percent_broken(const bw_attack_summary *attack, const bw_query_point *point) {
  (void)attack;
  return 100 * point->broken.value;
}

static double median_distance(const bw_attack_summary *attack, const bw_query_point *point) {
  return attack->nearest ? point->median_distance : NAN;
}

typedef struct extent {
  uint64_t queries;
  double value;
} extent;

static extent extent_of(const bwi_report *r, value_fn value) {
  extent e = {0};
  const bw_query_point *point = r->query_points;
  for (uint32_t k = 0; k < r->summary.n_attacks; k++)
    for (uint32_t i = 0; i < r->attacks[k].n_query_points; i++, point++) {
      if (point->queries > e.queries) e.queries = point->queries;
      e.value = fmax(e.value, value(&r->attacks[k], point));
    }
  return e;
}

/* "1", "500", "20k", "5M" */
static void round_number(char *text, size_t bytes, uint64_t number) {
  const char *const unit = number < 1000 ? "" : number < 1000000 ? "k" : "M";
  const uint64_t scale = number < 1000 ? 1 : number < 1000000 ? 1000 : 1000000;
  snprintf(text, bytes, "%llu%s", (unsigned long long)(number / scale), unit);
}

static void query_axis(bwi_buffer *out, const bwi_plot *plot, uint64_t most, const char *text) {
  static const uint64_t of_decade[] = {1, 2, 5};
  for (uint64_t decade = 1; decade <= most; decade *= 10)
    for (int k = 0; k < 3; k++) {
      char label[16];
      const uint64_t queries = decade * of_decade[k];
      if (queries > most) continue;
      round_number(label, sizeof label, queries);
      bwi_plot_mark(out, plot, log2((double)queries), 0, false, label);
    }
  bwi_plot_axis(out, plot, text);
}

static void line(bwi_buffer *out, const bwi_plot *plot, const bw_attack_summary *attack, uint32_t number,
                 const bw_query_point *points, value_fn value) {
  if (attack->n_query_points == 0 || isnan(value(attack, &points[attack->n_query_points - 1]))) return;
  bwi_buffer_format(out, "<polyline class=\"line a%u\" points=\"", (unsigned)number);
  for (uint32_t i = 0; i < attack->n_query_points; i++)
    if (!isnan(value(attack, &points[i])))
      bwi_plot_point(out, plot, log2((double)points[i].queries), value(attack, &points[i]));
  bwi_buffer_text(out, "\"/>\n");
  for (uint32_t i = 0; i < attack->n_query_points; i++) {
    const bw_query_point *p = &points[i];
    if (isnan(value(attack, p))) continue;
    bwi_buffer_format(out, "<circle class=\"attack a%u\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"><title>",
                      (unsigned)number, bwi_plot_x(plot, log2((double)p->queries)),
                      bwi_plot_y(plot, value(attack, p)));
    bwi_markup_text(out, attack->name);
    bwi_buffer_format(out, ", %llu queries: %.2f %% broken", (unsigned long long)p->queries,
                      100 * p->broken.value);
    if (!isnan(p->median_distance)) bwi_buffer_format(out, ", median distance %.4g", p->median_distance);
    bwi_buffer_text(out, "</title></circle>\n");
  }
}

static void lines(bwi_buffer *out, const bwi_plot *plot, const bwi_report *r, value_fn value) {
  const bw_query_point *points = r->query_points;
  for (uint32_t k = 0; k < r->summary.n_attacks; points += r->attacks[k++].n_query_points)
    line(out, plot, &r->attacks[k], k, points, value);
}

/* The smallest of 1, 2, 5, 10, ... times a power of ten of which at most five reach up to `highest`. */
static double round_step(double highest) {
  static const double of_decade[] = {1, 2, 5, 10};
  const double decade = pow(10, floor(log10(highest / 5)));
  int k = 0;
  while (k < 3 && decade * of_decade[k] * 5 < highest) k++;
  return decade * of_decade[k];
}

static void chart(bwi_buffer *out, const bwi_report *r, value_fn value, const char *title, const char *unit) {
  const extent e = extent_of(r, value);
  const double step = round_step(e.value), n_steps = ceil(e.value / step - 1e-9);
  const bwi_plot plot = {
      .height = 270, .bottom = 44, .x_end = fmax(log2((double)e.queries), 1), .y_end = step * n_steps};
  bwi_plot_open(out, &plot, title);
  for (int k = 0; k <= (int)n_steps; k++) {
    char label[32];
    snprintf(label, sizeof label, "%.4g%s", k * step, unit);
    bwi_plot_level(out, &plot, k * step, label);
  }
  query_axis(out, &plot, e.queries, title);
  lines(out, &plot, r, value);
  bwi_plot_close(out);
}

void bwi_report_broken_by_queries(bwi_buffer *out, const bwi_report *r) {
  if (extent_of(r, percent_broken).value > 0)
    chart(out, r, percent_broken, "samples broken within so many queries", " %");
}

void bwi_report_distance_by_queries(bwi_buffer *out, const bwi_report *r) {
  if (extent_of(r, median_distance).value > 0)
    chart(out, r, median_distance, "median distance after so many queries", "");
}
