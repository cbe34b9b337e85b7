/* SPDX-License-Identifier: Apache-2.0 */
/* Accuracy over the budget. */
#include <math.h>
#include <stdio.h>

#include "report/charts.h"
#include "report/markup.h"
#include "report/plot.h"

static void axes(bwi_buffer *out, const bwi_plot *plot, const bwi_report *r) {
  char label[32];
  bwi_plot_percents(out, plot);
  const uint32_t every = r->summary.n_budgets / 14 + 1; /* as many labels as there is room for */
  for (uint32_t i = 0; i < r->summary.n_budgets; i += every) {
    const double eps = r->budgets[i].eps;
    bwi_report_eps(label, sizeof label, eps);
    bwi_plot_mark(out, plot, eps, 0, eps == r->summary.eps, label);
  }
  snprintf(label, sizeof label, "budget (%s)", bwi_report_norm(r->summary.norm));
  bwi_plot_axis(out, plot, label);
}

static void band(bwi_buffer *out, const bwi_plot *plot, const bwi_report *r) {
  const uint32_t n = r->summary.n_budgets;
  bwi_buffer_text(out, "<polygon class=\"band\" points=\"");
  for (uint32_t i = 0; i < n; i++)
    bwi_plot_point(out, plot, r->budgets[i].eps, r->budgets[i].robust_accuracy.high);
  for (uint32_t i = n; i-- > 0;)
    bwi_plot_point(out, plot, r->budgets[i].eps, r->budgets[i].robust_accuracy.low);
  bwi_buffer_text(out, "\"/>\n<polyline class=\"curve\" points=\"");
  for (uint32_t i = 0; i < n; i++)
    bwi_plot_point(out, plot, r->budgets[i].eps, r->budgets[i].robust_accuracy.value);
  bwi_buffer_text(out, "\"/>\n");
}

static void points(bwi_buffer *out, const bwi_plot *plot, const bwi_report *r) {
  for (uint32_t i = 0; i < r->summary.n_budgets; i++) {
    const bw_budget_point *b = &r->budgets[i];
    bwi_buffer_format(
        out,
        "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"><title>eps %.4g: %.2f %%</title></circle>\n",
        bwi_plot_x(plot, b->eps), bwi_plot_y(plot, b->robust_accuracy.value), b->eps,
        100 * b->robust_accuracy.value);
  }
}

/* Side by side around the main budget, because their heights are often nearly equal. */
static void attack_points(bwi_buffer *out, const bwi_plot *plot, const bwi_report *r) {
  const double middle = bwi_plot_x(plot, r->summary.eps), spacing = 12;
  bwi_buffer_format(out, "<line class=\"budget\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>\n", middle,
                    middle, BWI_PLOT_TOP, plot->height - plot->bottom);
  for (uint32_t i = 0; i < r->summary.n_attacks; i++) {
    const bw_attack_summary *a = &r->attacks[i];
    const double x = middle + spacing * (i - 0.5 * (r->summary.n_attacks - 1));
    bwi_buffer_format(out, "<circle class=\"attack a%u\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\"><title>",
                      (unsigned)i, x, bwi_plot_y(plot, a->remaining.value));
    bwi_markup_text(out, a->name);
    bwi_buffer_format(out, ": %.2f %%</title></circle>\n", 100 * a->remaining.value);
  }
}

static void gate(bwi_buffer *out, const bwi_plot *plot, const bw_report_options *o) {
  if (isnan(o->fail_under)) return;
  const int right = BWI_PLOT_WIDTH - BWI_PLOT_RIGHT;
  const double y = bwi_plot_y(plot, o->fail_under);
  bwi_buffer_format(out,
                    "<line class=\"gate\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text class=\"tick\" "
                    "x=\"%d\" y=\"%.1f\" text-anchor=\"end\">gate</text>\n",
                    BWI_PLOT_LEFT, right, y, y, right, y - 5);
}

void bwi_report_curve(bwi_buffer *out, const bwi_report *r, const bw_report_options *o) {
  if (r->summary.n_budgets < 2) return;
  const bwi_plot plot = {.height = 310,
                         .bottom = 44,
                         .x_end = fmax(r->budgets[r->summary.n_budgets - 1].eps, r->summary.eps),
                         .y_end = 1};
  bwi_plot_open(out, &plot, "Accuracy under attack over the budget");
  axes(out, &plot, r);
  band(out, &plot, r);
  gate(out, &plot, o);
  points(out, &plot, r);
  attack_points(out, &plot, r);
  bwi_plot_close(out);
}
