/* SPDX-License-Identifier: Apache-2.0 */
/* Plots by hand: a few lines of SVG need no library, and the page stays self-contained. */
#include "report/curve.h"

#include <math.h>

#include "report/markup.h"
#include "report/style.h"

enum { WIDTH = 1000, HEIGHT = 310, LEFT = 48, RIGHT = 16, TOP = 16, BOTTOM = 44 };

typedef struct frame {
  double eps_max;
} frame;

static double x_of(const frame *f, double eps) {
  return LEFT + eps / f->eps_max * (WIDTH - LEFT - RIGHT);
}

static double y_of(double rate) {
  return TOP + (1 - rate) * (HEIGHT - TOP - BOTTOM);
}

static void axes(bwi_buffer *out, const frame *f, const bwi_report *r) {
  for (int percent = 0; percent <= 100; percent += 25) {
    const double y = y_of(percent / 100.0);
    bwi_buffer_format(out,
                      "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text "
                      "class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%d %%</text>\n",
                      LEFT, WIDTH - RIGHT, y, y, LEFT - 8, y + 4, percent);
  }
  const uint32_t every = r->summary.n_budgets / 14 + 1; /* as many labels as there is room for */
  for (uint32_t i = 0; i < r->summary.n_budgets; i += every) {
    char label[24];
    const double eps = r->budgets[i].eps;
    bwi_report_eps(label, sizeof label, eps);
    bwi_buffer_format(out, "<text class=\"tick%s\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
                      eps == r->summary.eps ? " main" : "", x_of(f, eps), HEIGHT - BOTTOM + 18, label);
  }
  bwi_buffer_format(out, "<text class=\"tick\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">budget (%s)</text>\n",
                    (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, bwi_report_norm(r->summary.norm));
}

static void band(bwi_buffer *out, const frame *f, const bwi_report *r) {
  const uint32_t n = r->summary.n_budgets;
  bwi_buffer_text(out, "<polygon class=\"band\" points=\"");
  for (uint32_t i = 0; i < n; i++)
    bwi_buffer_format(out, "%.1f,%.1f ", x_of(f, r->budgets[i].eps),
                      y_of(r->budgets[i].robust_accuracy.high));
  for (uint32_t i = n; i-- > 0;)
    bwi_buffer_format(out, "%.1f,%.1f ", x_of(f, r->budgets[i].eps), y_of(r->budgets[i].robust_accuracy.low));
  bwi_buffer_text(out, "\"/>\n<polyline class=\"curve\" points=\"");
  for (uint32_t i = 0; i < n; i++)
    bwi_buffer_format(out, "%.1f,%.1f ", x_of(f, r->budgets[i].eps),
                      y_of(r->budgets[i].robust_accuracy.value));
  bwi_buffer_text(out, "\"/>\n");
}

static void points(bwi_buffer *out, const frame *f, const bwi_report *r) {
  for (uint32_t i = 0; i < r->summary.n_budgets; i++) {
    const bw_budget_point *b = &r->budgets[i];
    bwi_buffer_format(
        out,
        "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"><title>eps %.4g: %.2f %%</title></circle>\n",
        x_of(f, b->eps), y_of(b->robust_accuracy.value), b->eps, 100 * b->robust_accuracy.value);
  }
}

/* Side by side around the main budget, because their heights are often nearly equal. */
static void attack_points(bwi_buffer *out, const frame *f, const bwi_report *r) {
  const double middle = x_of(f, r->summary.eps), spacing = 12;
  bwi_buffer_format(out, "<line class=\"budget\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>\n", middle,
                    middle, TOP, HEIGHT - BOTTOM);
  for (uint32_t i = 0; i < r->summary.n_attacks; i++) {
    const bw_attack_summary *a = &r->attacks[i];
    const double x = middle + spacing * (i - 0.5 * (r->summary.n_attacks - 1));
    bwi_buffer_format(out, "<circle class=\"attack a%u\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\"><title>",
                      (unsigned)(i % BWI_STYLE_COLOURS), x, y_of(a->robust_accuracy.value));
    bwi_markup_text(out, a->name);
    bwi_buffer_format(out, ": %.2f %%</title></circle>\n", 100 * a->robust_accuracy.value);
  }
}

static void gate(bwi_buffer *out, const bw_report_options *o) {
  if (isnan(o->fail_under)) return;
  const double y = y_of(o->fail_under);
  bwi_buffer_format(out,
                    "<line class=\"gate\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text class=\"tick\" "
                    "x=\"%d\" y=\"%.1f\" text-anchor=\"end\">gate</text>\n",
                    LEFT, WIDTH - RIGHT, y, y, WIDTH - RIGHT, y - 5);
}

void bwi_report_curve(bwi_buffer *out, const bwi_report *r, const bw_report_options *o) {
  if (r->summary.n_budgets < 2) return;
  const frame f = {.eps_max = fmax(r->budgets[r->summary.n_budgets - 1].eps, r->summary.eps)};
  bwi_buffer_format(out,
                    "<svg class=\"plot\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Accuracy under "
                    "attack over the budget\">\n",
                    WIDTH, HEIGHT);
  axes(out, &f, r);
  band(out, &f, r);
  gate(out, o);
  points(out, &f, r);
  attack_points(out, &f, r);
  bwi_buffer_text(out, "</svg>\n");
}
