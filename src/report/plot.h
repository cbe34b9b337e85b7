/* SPDX-License-Identifier: Apache-2.0 */
/* The frame that all charts share: where values are in the picture, and the lines and labels around them. By
 * hand: a few lines of SVG need no library, and the page stays self-contained. */
#ifndef REPORT_PLOT_H
#define REPORT_PLOT_H

#include "base/buffer.h"

enum {
  BWI_PLOT_WIDTH = 1000,
  BWI_PLOT_LEFT = 48,
  BWI_PLOT_RIGHT = 16,
  BWI_PLOT_TOP = 16,
  BWI_PLOT_LINE = 18
};

typedef struct bwi_plot {
  int height, bottom;  /* of the picture, and of what is below the horizontal axis */
  double x_end, y_end; /* both axes begin at 0 */
} bwi_plot;

double bwi_plot_x(const bwi_plot *plot, double x);
double bwi_plot_y(const bwi_plot *plot, double y);

void bwi_plot_open(bwi_buffer *out, const bwi_plot *plot, const char *title);
void bwi_plot_close(bwi_buffer *out);

/* A line across at a height. */
void bwi_plot_level(bwi_buffer *out, const bwi_plot *plot, double y, const char *label);
/* Lines at 0, 25, ... 100 %; y_end is 1. */
void bwi_plot_percents(bwi_buffer *out, const bwi_plot *plot);
/* Text below the horizontal axis, `row` lines of text down. */
void bwi_plot_mark(bwi_buffer *out, const bwi_plot *plot, double x, int row, bool is_main, const char *label);
/* What the horizontal axis shows, in the last line. */
void bwi_plot_axis(bwi_buffer *out, const bwi_plot *plot, const char *text);
/* A place "12.5,80.0 " among the points of a line. */
void bwi_plot_point(bwi_buffer *out, const bwi_plot *plot, double x, double y);

#endif
