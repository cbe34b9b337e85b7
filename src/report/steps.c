/* SPDX-License-Identifier: Apache-2.0 */
/* Accuracy after each attack in turn: a line that goes down by what the attack broke that none before it had,
 * in the attack's colour. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/charts.h"
#include "report/plot.h"

/* Step 0 is the clean accuracy, step k that after attack k - 1. */
static double value_at(const bwi_report *r, uint32_t step) {
  return step == 0 ? r->summary.clean_accuracy.value : r->attacks[step - 1].remaining.value;
}

static const char *name_at(const bwi_report *r, uint32_t step) {
  return step == 0 ? "clean" : r->attacks[step - 1].name;
}

/* Labels are staggered in so many rows that neighbours in a row do not touch. */
static int count_rows(const bwi_report *r) {
  const double letter = 7, gap = 8;
  const double room = (double)(BWI_PLOT_WIDTH - BWI_PLOT_LEFT - BWI_PLOT_RIGHT) / (r->summary.n_attacks + 1);
  size_t longest = strlen("100.00 %");
  for (uint32_t k = 0; k < r->summary.n_attacks; k++)
    if (strlen(r->attacks[k].name) > longest) longest = strlen(r->attacks[k].name);
  return (int)ceil((letter * (double)longest + gap) / room);
}

static void labels(bwi_buffer *out, const bwi_plot *plot, const bwi_report *r, int n_rows) {
  for (uint32_t step = 0; step <= r->summary.n_attacks; step++) {
    const int row = 2 * ((int)step % n_rows);
    char value[32];
    snprintf(value, sizeof value, "%.2f %%", 100 * value_at(r, step));
    bwi_plot_mark(out, plot, step + 0.5, row, false, name_at(r, step));
    bwi_plot_mark(out, plot, step + 0.5, row + 1, true, value);
  }
}

static void drops(bwi_buffer *out, const bwi_plot *plot, const bwi_report *r) {
  for (uint32_t step = 1; step <= r->summary.n_attacks; step++) {
    const double left = bwi_plot_x(plot, step), right = bwi_plot_x(plot, step + 1),
                 top = bwi_plot_y(plot, value_at(r, step - 1)), end = bwi_plot_y(plot, value_at(r, step));
    bwi_buffer_format(out,
                      "<rect class=\"drop a%u\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
                      (unsigned)(step - 1), left, top, right - left, end - top);
  }
}

static void line(bwi_buffer *out, const bwi_plot *plot, const bwi_report *r) {
  const uint32_t n = r->summary.n_attacks + 1;
  for (int is_line = 0; is_line < 2; is_line++) {
    bwi_buffer_text(out,
                    is_line ? "<polyline class=\"curve\" points=\"" : "<polygon class=\"band\" points=\"");
    for (uint32_t step = 0; step < n; step++)
      for (uint32_t edge = 0; edge < 2; edge++) bwi_plot_point(out, plot, step + edge, value_at(r, step));
    if (!is_line) {
      bwi_plot_point(out, plot, n, 0);
      bwi_plot_point(out, plot, 0, 0);
    }
    bwi_buffer_text(out, "\"/>\n");
  }
}

void bwi_report_steps(bwi_buffer *out, const bwi_report *r) {
  if (r->summary.n_attacks < 2) return;
  const int n_rows = count_rows(r), bottom = 2 * n_rows * BWI_PLOT_LINE + 8;
  const bwi_plot plot = {
      .height = BWI_PLOT_TOP + 170 + bottom, .bottom = bottom, .x_end = r->summary.n_attacks + 1, .y_end = 1};
  bwi_plot_open(out, &plot, "Accuracy after each attack in turn");
  bwi_plot_percents(out, &plot);
  drops(out, &plot, r);
  line(out, &plot, r);
  labels(out, &plot, r, n_rows);
  bwi_plot_close(out);
}
