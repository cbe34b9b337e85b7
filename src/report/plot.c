/* SPDX-License-Identifier: Apache-2.0 */
#include "report/plot.h"

#include <stdio.h>

#include "report/markup.h"

double bwi_plot_x(const bwi_plot *p, double x) {
  return BWI_PLOT_LEFT + x / p->x_end * (BWI_PLOT_WIDTH - BWI_PLOT_LEFT - BWI_PLOT_RIGHT);
}

double bwi_plot_y(const bwi_plot *p, double y) {
  return BWI_PLOT_TOP + (1 - y / p->y_end) * (p->height - BWI_PLOT_TOP - p->bottom);
}

void bwi_plot_open(bwi_buffer *out, const bwi_plot *p, const char *title) {
  bwi_buffer_format(out,
                    "<div class=\"wide\"><svg class=\"plot\" viewBox=\"0 0 %d %d\" role=\"img\" "
                    "aria-label=\"%s\">\n",
                    BWI_PLOT_WIDTH, p->height, title);
}

void bwi_plot_close(bwi_buffer *out) {
  bwi_buffer_text(out, "</svg></div>\n");
}

void bwi_plot_level(bwi_buffer *out, const bwi_plot *p, double y, const char *label) {
  const double at = bwi_plot_y(p, y);
  bwi_buffer_format(out,
                    "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text "
                    "class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
                    BWI_PLOT_LEFT, BWI_PLOT_WIDTH - BWI_PLOT_RIGHT, at, at, BWI_PLOT_LEFT - 8, at + 4, label);
}

void bwi_plot_percents(bwi_buffer *out, const bwi_plot *p) {
  for (int percent = 0; percent <= 100; percent += 25) {
    char label[16];
    snprintf(label, sizeof label, "%d %%", percent);
    bwi_plot_level(out, p, percent / 100.0, label);
  }
}

void bwi_plot_mark(bwi_buffer *out, const bwi_plot *p, double x, int row, bool is_main, const char *label) {
  bwi_buffer_format(out, "<text class=\"tick%s\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">",
                    is_main ? " main" : "", bwi_plot_x(p, x),
                    p->height - p->bottom + (row + 1) * BWI_PLOT_LINE);
  bwi_markup_text(out, label);
  bwi_buffer_text(out, "</text>\n");
}

void bwi_plot_axis(bwi_buffer *out, const bwi_plot *p, const char *text) {
  bwi_buffer_format(out, "<text class=\"tick\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
                    (BWI_PLOT_LEFT + BWI_PLOT_WIDTH - BWI_PLOT_RIGHT) / 2, p->height - 6, text);
}

void bwi_plot_point(bwi_buffer *out, const bwi_plot *p, double x, double y) {
  bwi_buffer_format(out, "%.1f,%.1f ", bwi_plot_x(p, x), bwi_plot_y(p, y));
}
