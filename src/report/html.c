/* SPDX-License-Identifier: Apache-2.0 */
/* One self-contained page: no script, nothing fetched, readable in print and in the dark. */
#include <math.h>
#include <stdio.h>

#include "report/cells.h"
#include "report/charts.h"
#include "report/markup.h"
#include "report/style.h"

static void rate_figure(bwi_buffer *out, const char *class_name, const char *name, const bw_rate *rate) {
  bwi_buffer_format(out,
                    "<div class=\"figure%s\"><span>%s</span><b>%.2f<i> %%</i></b><small>%.2f to %.2f, %llu "
                    "of %llu</small></div>\n",
                    class_name, name, 100 * rate->value, 100 * rate->low, 100 * rate->high,
                    (unsigned long long)rate->hits, (unsigned long long)rate->trials);
}

static void checks_figure(bwi_buffer *out, const bwi_report *r) {
  unsigned n[4] = {0};
  for (uint32_t i = 0; i < r->summary.n_checks; i++) n[r->checks[i].outcome]++;
  bwi_buffer_format(out,
                    "<div class=\"figure\"><span>Soundness checks passed</span><b>%u<i> of "
                    "%u</i></b><small>%u warned, %u blocked, %u skipped</small></div>\n",
                    n[BW_CHECK_PASSED], (unsigned)r->summary.n_checks, n[BW_CHECK_WARNED],
                    n[BW_CHECK_BLOCKED], n[BW_CHECK_SKIPPED]);
}

static void heading(bwi_buffer *out, const bwi_report *r, const bw_report_options *o) {
  char eps[24], verdict[256];
  bwi_report_eps(eps, sizeof eps, r->summary.eps);
  bwi_report_verdict(verdict, sizeof verdict, r, o);
  bwi_buffer_text(out, "<h1>");
  bwi_markup_text(out, o->title != NULL ? o->title : "Evaluation");
  bwi_buffer_format(out, "</h1>\n<p class=\"sub\">Accuracy under %s perturbations of at most %s</p>\n",
                    bwi_report_norm(r->summary.norm), eps);
  const bool bad = r->summary.blocked || bwi_report_gate(r, o) == 0;
  bwi_buffer_format(out, "<section class=\"verdict%s\">\n",
                    bad                   ? " bad"
                    : r->summary.complete ? ""
                                          : " warned");
  rate_figure(out, "", "Clean accuracy", &r->summary.clean_accuracy);
  if (r->summary.n_attacks > 0)
    rate_figure(out, r->summary.blocked ? " untrusted" : "", "Survives every attack",
                &r->summary.robust_accuracy);
  if (r->summary.n_checks > 0) checks_figure(out, r);
  bwi_buffer_text(out, "<p>");
  bwi_markup_text(out, verdict);
  bwi_buffer_text(out, "</p></section>\n");
}

static void curve_section(bwi_buffer *out, const bwi_report *r, const bw_report_options *o) {
  if (r->summary.n_budgets < 2) return;
  bwi_buffer_format(
      out,
      "<section><h2>Accuracy over the budget</h2><p class=\"note\">At the main budget the line is the worst "
      "case over all attacks, elsewhere the attack that is the strongest there. The band is the %.4g %% "
      "confidence interval, dots are single attacks in the colours of the table.</p>\n",
      100 * r->confidence);
  bwi_report_curve(out, r, o);
  bwi_buffer_text(out, "</section>\n");
}

/* A bar with the interval as a bracket on it. */
static void rate_cells(bwi_buffer *out, const bw_rate *rate) {
  bwi_buffer_format(out,
                    "<td class=\"text\"><span class=\"bar\"><i style=\"width:%.2f%%\"></i><u "
                    "style=\"left:%.2f%%;width:%.2f%%\"></u></span></td>"
                    "<td><b>%.2f %%</b><small>%.2f to %.2f</small></td>",
                    100 * rate->value, 100 * rate->low, 100 * (rate->high - rate->low), 100 * rate->value,
                    100 * rate->low, 100 * rate->high);
}

static void attack_row(bwi_buffer *out, const bw_attack_summary *a, uint32_t i) {
  bwi_buffer_format(out, "<tr><td class=\"text\"><span class=\"swatch a%u\"></span><b>", (unsigned)i);
  bwi_markup_text(out, a->name);
  bwi_buffer_text(out, "</b><small>");
  bwi_markup_text(out, a->configuration);
  bwi_buffer_text(out, "</small></td>");
  rate_cells(out, &a->remaining);
  bwi_buffer_format(out, "<td>%llu<small>of %llu</small></td><td>%llu</td>", (unsigned long long)a->broken,
                    (unsigned long long)a->attacked, (unsigned long long)a->broken_8bit);
  if (isnan(a->median_distance))
    bwi_buffer_text(out, "<td>-</td>");
  else
    bwi_buffer_format(out, "<td>%.4g<small>mean %.4g</small></td>", a->median_distance, a->mean_distance);
  bwi_buffer_format(out, "<td>%llu<small>%llu back</small></td><td>%.2f</td></tr>\n",
                    (unsigned long long)a->forwards, (unsigned long long)a->backwards, a->seconds);
}

static void attacks_section(bwi_buffer *out, const bwi_report *r) {
  if (r->summary.n_attacks == 0) return;
  bwi_buffer_text(
      out,
      "<section><h2>Attacks</h2><p class=\"note\">Each attack meets what those above it left standing. "
      "Remaining: the share of all samples that still are classified right after it. Every broken sample was "
      "verified by a fresh float32 pass; in 8 bit: those that stay broken after rounding to n/255. Distances "
      "are those of the broken samples.</p>\n"
      "<div class=\"wide\"><table><tr><th>attack</th><th></th><th>remaining</th><th>broken</th><th>in 8 "
      "bit</th><th>median distance</th><th>forward passes</th><th>seconds</th></tr>\n");
  for (uint32_t i = 0; i < r->summary.n_attacks; i++) attack_row(out, &r->attacks[i], i);
  bwi_buffer_text(out,
                  "<tr class=\"total\"><td class=\"text\"><b>worst case</b><small>per sample over all "
                  "attacks</small></td>");
  rate_cells(out, &r->summary.robust_accuracy);
  bwi_buffer_text(out, "<td></td><td></td><td></td><td></td><td></td></tr>\n</table></div></section>\n");
}

static void order_section(bwi_buffer *out, const bwi_report *r) {
  if (r->summary.n_attacks == 0) return;
  bwi_buffer_text(out, "<section><h2>Attack after attack</h2><p class=\"note\">");
  if (r->summary.n_attacks > 1)
    bwi_buffer_text(
        out,
        "What is left of the accuracy after each attack of the suite in turn; a block is what the "
        "attack broke that none before it had. ");
  bwi_buffer_text(out, r->n_samples > BWI_MOST_CELLS
                           ? "The JSON report says of each sample which attack broke it first."
                           : "A cell is a sample, in the order of the data and in the colour of the attack "
                             "that broke it first; pointing at it shows its index in the data file.");
  bwi_buffer_text(out, "</p>\n");
  bwi_report_steps(out, r);
  bwi_report_cells(out, r);
  bwi_buffer_text(out, "</section>\n");
}

static void queries_legend(bwi_buffer *out, const bwi_report *r) {
  const bw_query_point *points = r->query_points;
  bwi_buffer_text(out, "<p class=\"legend\">\n");
  for (uint32_t k = 0; k < r->summary.n_attacks; points += r->attacks[k++].n_query_points) {
    const bw_attack_summary *a = &r->attacks[k];
    if (a->n_query_points == 0) continue;
    const bw_query_point *last = &points[a->n_query_points - 1];
    bwi_buffer_format(out, "<span><i class=\"cell a%u\"></i>", (unsigned)k);
    bwi_markup_text(out, a->name);
    bwi_buffer_format(out, " <b>%.2f %%</b> <small>within %llu</small></span>\n", 100 * last->broken.value,
                      (unsigned long long)last->queries);
  }
  bwi_buffer_text(out, "</p>\n");
}

static void queries_section(bwi_buffer *out, const bwi_report *r) {
  uint32_t n = 0;
  for (uint32_t k = 0; k < r->summary.n_attacks; k++) n += r->attacks[k].n_query_points;
  if (n == 0) return;
  bwi_buffer_text(
      out,
      "<section><h2>Queries</h2><p class=\"note\">Attacks that see no gradients: how many of the "
      "samples that are right when clean they break within so many queries of each, and, of those "
      "that seek the nearest success, the median distance so far, where a sample that is broken "
      "only later counts as infinitely far.</p>\n");
  queries_legend(out, r);
  bwi_report_broken_by_queries(out, r);
  bwi_report_distance_by_queries(out, r);
  bwi_buffer_text(out, "</section>\n");
}

static double share(uint64_t part, uint64_t whole) {
  return whole > 0 ? 100 * (double)part / (double)whole : 0;
}

static void classes_section(bwi_buffer *out, const bwi_report *r) {
  if (r->summary.n_attacks == 0) return;
  bwi_buffer_text(out,
                  "<section><h2>Classes</h2><p class=\"note\">Light: right when clean. Dark: still right "
                  "after every attack.</p>\n"
                  "<div "
                  "class=\"wide\"><table><tr><th>class</th><th>samples</th><th></th><th>clean</"
                  "th><th>survives</th><th>mostly taken for</th></tr>\n");
  for (uint32_t i = 0; i < r->summary.n_classes; i++) {
    const bw_class_row *c = &r->classes[i];
    const double clean = share(c->clean_right, c->count), robust = share(c->robust, c->count);
    bwi_buffer_format(
        out,
        "<tr><td>%d</td><td>%llu</td><td class=\"text\" style=\"width:45%%\"><span class=\"bar\"><i "
        "class=\"clean\" style=\"width:%.1f%%\"></i><i style=\"width:%.1f%%\"></i></span></td>"
        "<td>%.1f %%</td><td>%.1f %%</td>",
        c->label, (unsigned long long)c->count, clean, robust, clean, robust);
    if (c->confused_with >= 0)
      bwi_buffer_format(out, "<td>%d</td></tr>\n", c->confused_with);
    else
      bwi_buffer_text(out, "<td>-</td></tr>\n");
  }
  bwi_buffer_text(out, "</table></div></section>\n");
}

static void checks_section(bwi_buffer *out, const bwi_report *r) {
  if (r->summary.n_checks == 0) return;
  bwi_buffer_text(out,
                  "<section><h2>Was the attack sound?</h2><p class=\"note\">An attack that fails looks like "
                  "a model that withstands. Each check looks for one way in "
                  "which that happens. When one blocks, the accuracy under attack must not be relied on. "
                  "Passing all of them proves nothing: a stronger attack may find "
                  "more.</p>\n<table>\n");
  for (uint32_t i = 0; i < r->summary.n_checks; i++) {
    const bw_check_result *c = &r->checks[i];
    bwi_buffer_format(
        out, "<tr><td><span class=\"mark %s\">%s</span></td><td class=\"text\" style=\"width:25%%\"><b>",
        bwi_report_outcome(c->outcome), bwi_report_outcome(c->outcome));
    bwi_markup_text(out, c->name);
    bwi_buffer_format(out, "</b><small>check %u, %s</small></td><td class=\"text\">", (unsigned)c->number,
                      c->blocks ? "blocks" : "warns");
    bwi_markup_text(out, c->finding);
    bwi_buffer_text(out, "<small>");
    bwi_markup_text(out, c->rule);
    bwi_buffer_text(out, "</small></td></tr>\n");
  }
  bwi_buffer_text(out, "</table></section>\n");
}

static void picture(bwi_buffer *out, const char *caption, const bwi_report_png *png) {
  bwi_buffer_format(out, "<img alt=\"%s\" title=\"%s\" src=\"data:image/png;base64,", caption, caption);
  bwi_markup_base64(out, png->data, png->size);
  bwi_buffer_text(out, "\">");
}

static void pictures_section(bwi_buffer *out, const bwi_report *r) {
  if (r->n_pictures == 0) return;
  bwi_buffer_text(out,
                  "<section><h2>Examples</h2><p class=\"note\">Clean, adversarial, and their difference, "
                  "strengthened to be seen.</p>\n<div class=\"shots\">\n");
  for (uint32_t i = 0; i < r->n_pictures; i++) {
    const bwi_report_picture *p = &r->pictures[i];
    bwi_buffer_text(out, "<div class=\"shot\"><div>");
    picture(out, "clean", &p->clean);
    picture(out, "adversarial", &p->adversarial);
    picture(out, "difference", &p->difference);
    bwi_buffer_format(out, "</div><p title=\"sample %llu\"><b>%d taken for %d</b>, ",
                      (unsigned long long)p->origin, p->label, p->adversarial_prediction);
    bwi_markup_text(out, p->attack != NULL ? p->attack : "none");
    bwi_buffer_format(out, " at distance %.3g</p></div>\n", (double)p->distance);
  }
  bwi_buffer_text(out, "</div></section>\n");
}

static void universals_section(bwi_buffer *out, const bwi_report *r) {
  if (r->n_universals == 0) return;
  bwi_buffer_text(out,
                  "<section><h2>One for all samples</h2><p class=\"note\">What an attack made once, to be "
                  "added to or put on every sample alike.</p>\n<div class=\"universals\">\n");
  for (uint32_t i = 0; i < r->n_universals; i++) {
    const bwi_report_universal *u = &r->universals[i];
    bwi_buffer_text(out, "<div class=\"shot\">");
    picture(out, u->kind, &u->png);
    bwi_buffer_text(out, "<p><b>");
    bwi_markup_text(out, u->attack);
    bwi_buffer_format(out, "</b>, %s<br>", u->kind);
    bwi_markup_text(out, u->caption);
    bwi_buffer_text(out, "</p></div>\n");
  }
  bwi_buffer_text(out, "</div></section>\n");
}

static void fact(bwi_buffer *out, const char *name, const char *value) {
  if (value == NULL || value[0] == '\0') return;
  bwi_buffer_format(out, "<dt>%s</dt><dd><code>", name);
  bwi_markup_text(out, value);
  bwi_buffer_text(out, "</code></dd>\n");
}

static void facts_section(bwi_buffer *out, const bwi_report *r, const bw_report_options *o) {
  char seed[24], seconds[24];
  snprintf(seed, sizeof seed, "%llu", (unsigned long long)r->seed);
  snprintf(seconds, sizeof seconds, "%.1f", r->summary.seconds);
  bwi_buffer_text(out, "<section><h2>For the record</h2><dl>\n");
  fact(out, "model", o->model_path);
  fact(out, "model digest", r->model_digest);
  fact(out, "export",
       r->pair_checked ? "compared with MLX's own outputs"
                       : "not compared: no input/output pair lay beside the model");
  fact(out, "data", o->data_path);
  fact(out, "data digest", r->data_digest);
  fact(out, "precision of the search", bwi_report_precision(r->search));
  fact(out, "seed", seed);
  fact(out, "seconds", seconds);
  fact(out, "bulwark", bw_version());
  bwi_buffer_text(out, "</dl></section>\n");
}

void bwi_report_html(bwi_buffer *out, const bwi_report *r, const bw_report_options *o) {
  bwi_buffer_text(out,
                  "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                  "content=\"width=device-width,initial-scale=1\"><title>");
  bwi_markup_text(out, o->title != NULL ? o->title : "Evaluation");
  bwi_buffer_text(out, " - Bulwark</title>\n");
  bwi_report_style(out);
  bwi_buffer_text(out, "</head><body><main>\n");
  heading(out, r, o);
  if (r->summary.blocked)
    checks_section(out, r); /* the reason comes before figures that must not be relied on */
  curve_section(out, r, o);
  attacks_section(out, r);
  order_section(out, r);
  queries_section(out, r);
  universals_section(out, r);
  pictures_section(out, r);
  classes_section(out, r);
  if (!r->summary.blocked) checks_section(out, r);
  facts_section(out, r, o);
  bwi_buffer_text(out, "</main></body></html>\n");
}
