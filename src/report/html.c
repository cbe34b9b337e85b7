/* SPDX-License-Identifier: Apache-2.0 */
/* One self-contained page: no script, nothing fetched, readable in print and in the dark. */
#include <math.h>
#include <stdio.h>

#include "report/curve.h"
#include "report/markup.h"

static const char style_sheet[] =
    ":root{--ink:#1b2430;--soft:#5d6878;--line:#e3e7ee;--card:#fff;--page:#f5f7fa;--blue:#2f62c9;--good:#1d7f55;--warn:#a86a00;--bad:#b3261e}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6eaf1;--soft:#9aa6b8;--line:#2d3645;--card:#1a212c;--page:#11161e;--blue:#7fa8ff;--good:#5cc99a;--warn:#e0a94a;--bad:#ff8a80}}\n"
    "*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,Segoe UI,sans-serif}\n"
    "main{max-width:1000px;margin:0 auto;padding:32px 20px 64px}h1{font-size:26px;margin:0 0 4px}h2{font-size:17px;margin:0 0 12px}\n"
    ".sub{color:var(--soft);margin:0 0 20px}section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:20px 24px;margin:0 0 18px;break-inside:avoid}\n"
    ".figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:14px;margin:0 0 18px}\n"
    ".figure{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 18px}.figure b{display:block;font-size:30px;line-height:1.2}\n"
    ".figure span,.figure small{color:var(--soft)}.verdict{border-left:5px solid var(--good);font-size:16px}.verdict.bad{border-left-color:var(--bad)}\n"
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th{color:var(--soft);font-weight:500;font-size:13px;text-align:right;padding:4px 8px}\n"
    "td{border-top:1px solid var(--line);padding:7px 8px;text-align:right;vertical-align:top}th:first-child,td:first-child{text-align:left}td.text,th.text{text-align:left}\n"
    "td small{color:var(--soft);display:block;font-size:12px}.bar{background:var(--line);border-radius:4px;height:9px;width:150px;position:relative;overflow:hidden;display:inline-block}\n"
    ".bar i{position:absolute;left:0;top:0;bottom:0;background:var(--blue);border-radius:4px}.bar i.clean{opacity:.3}\n"
    ".mark{font-weight:600;font-size:13px;white-space:nowrap}.passed{color:var(--good)}.warned{color:var(--warn)}.blocked{color:var(--bad)}.skipped{color:var(--soft)}\n"
    ".plot{width:100%;height:auto}.grid{stroke:var(--line)}.tick{fill:var(--soft);font-size:12px}.band{fill:var(--blue);opacity:.16}.curve{fill:none;stroke:var(--blue);stroke-width:2.5}\n"
    ".dot{fill:var(--blue)}.attack{fill:none;stroke:var(--bad);stroke-width:1.8}.gate{stroke:var(--bad);stroke-dasharray:5 4}\n"
    ".shots{display:grid;grid-template-columns:repeat(auto-fill,minmax(270px,1fr));gap:14px}.shot{border:1px solid var(--line);border-radius:10px;padding:10px}\n"
    ".shot div{display:flex;gap:8px}.shot figure{margin:0;flex:1;text-align:center}.shot img{width:100%;image-rendering:pixelated;border-radius:4px;background:#000}\n"
    ".shot p{margin:6px 0 0;font-size:13px}figcaption,footer{color:var(--soft);font-size:12px}code{font-size:12px;word-break:break-all}\n"
    "@media print{body{background:#fff}section,.figure{border-color:#ccc}}\n";

static void figure(bwi_buffer *out, const char *name, const bw_rate *rate) {
  bwi_buffer_format(out, "<div class=\"figure\"><span>%s</span><b>%.2f %%</b><small>%.2f to %.2f, %llu of %llu</small></div>\n", name, 100 * rate->value,
                    100 * rate->low, 100 * rate->high, (unsigned long long)rate->hits, (unsigned long long)rate->trials);
}

static void heading(bwi_buffer *out, const bwi_report *r, const bw_report_options *o) {
  char eps[24], verdict[256];
  bwi_report_eps(eps, sizeof eps, r->summary.eps);
  bwi_report_verdict(verdict, sizeof verdict, r, o);
  bwi_buffer_text(out, "<h1>");
  bwi_markup_text(out, o->title != NULL ? o->title : "Evaluation");
  bwi_buffer_format(out, "</h1>\n<p class=\"sub\">Accuracy under %s perturbations of at most %s</p>\n<div class=\"figures\">\n", bwi_report_norm(r->summary.norm), eps);
  figure(out, "Clean accuracy", &r->summary.clean_accuracy);
  figure(out, "Survives every attack", &r->summary.robust_accuracy);
  uint32_t passed = 0;
  for (uint32_t i = 0; i < r->summary.n_checks; i++) passed += r->checks[i].outcome == BW_CHECK_PASSED;
  bwi_buffer_format(out, "<div class=\"figure\"><span>Soundness checks</span><b>%u / %u</b><small>passed</small></div>\n", passed, r->summary.n_checks);
  bwi_buffer_format(out, "<div class=\"figure\"><span>Time</span><b>%.1f s</b><small>%u attacks</small></div>\n</div>\n", r->summary.seconds, r->summary.n_attacks);
  const bool bad = r->summary.blocked || !r->summary.complete || bwi_report_gate(r, o) == 0;
  bwi_buffer_format(out, "<section class=\"verdict%s\">", bad ? " bad" : "");
  bwi_markup_text(out, verdict);
  bwi_buffer_text(out, "</section>\n");
}

static void curve_section(bwi_buffer *out, const bwi_report *r, const bw_report_options *o) {
  if (r->summary.n_budgets < 2) return;
  bwi_buffer_text(out, "<section><h2>Accuracy over the budget</h2>\n");
  bwi_report_curve(out, r, o);
  bwi_buffer_format(out, "<footer>Blue: worst case over all attacks, with its %.0f %% band. Red rings: each attack at the main budget.</footer></section>\n", 100 * r->confidence);
}

static void attack_row(bwi_buffer *out, const bw_attack_summary *a) {
  bwi_buffer_text(out, "<tr><td><b>");
  bwi_markup_text(out, a->name);
  bwi_buffer_text(out, "</b><small>");
  bwi_markup_text(out, a->configuration);
  bwi_buffer_format(out, "</small></td><td>%.2f %%<small>%.2f to %.2f</small></td><td>%.2f %%</td>", 100 * a->robust_accuracy.value, 100 * a->robust_accuracy.low,
                    100 * a->robust_accuracy.high, 100 * a->robust_8bit.value);
  if (isnan(a->median_distance)) bwi_buffer_text(out, "<td>-</td><td>-</td>");
  else bwi_buffer_format(out, "<td>%.4g</td><td>%.4g</td>", a->mean_distance, a->median_distance);
  bwi_buffer_format(out, "<td>%llu<small>%llu back</small></td><td>%.2f</td></tr>\n", (unsigned long long)a->forwards, (unsigned long long)a->backwards, a->seconds);
}

static void attacks_section(bwi_buffer *out, const bwi_report *r) {
  bwi_buffer_text(out, "<section><h2>Attacks</h2><table><tr><th>attack</th><th>survives</th><th>in 8 bit</th><th>mean distance</th><th>median</th><th>passes</th><th>seconds</th></tr>\n");
  for (uint32_t i = 0; i < r->summary.n_attacks; i++) attack_row(out, &r->attacks[i]);
  bwi_buffer_text(out, "</table></section>\n");
}

static double share(uint64_t part, uint64_t whole) {
  return whole > 0 ? 100 * (double)part / (double)whole : 0;
}

static void classes_section(bwi_buffer *out, const bwi_report *r) {
  bwi_buffer_text(out, "<section><h2>Classes</h2><table><tr><th>class</th><th>samples</th><th class=\"text\">clean (light) and under attack</th><th>clean</th><th>survives</th><th>taken for</th></tr>\n");
  for (uint32_t i = 0; i < r->summary.n_classes; i++) {
    const bw_class_row *c = &r->classes[i];
    const double clean = share(c->clean_right, c->count), robust = share(c->robust, c->count);
    bwi_buffer_format(out, "<tr><td>%d</td><td>%llu</td><td class=\"text\"><span class=\"bar\"><i class=\"clean\" style=\"width:%.1f%%\"></i><i style=\"width:%.1f%%\"></i></span></td>"
                      "<td>%.1f %%</td><td>%.1f %%</td>", c->label, (unsigned long long)c->count, clean, robust, clean, robust);
    if (c->confused_with >= 0) bwi_buffer_format(out, "<td>%d</td></tr>\n", c->confused_with);
    else bwi_buffer_text(out, "<td>-</td></tr>\n");
  }
  bwi_buffer_text(out, "</table></section>\n");
}

static void checks_section(bwi_buffer *out, const bwi_report *r) {
  bwi_buffer_text(out, "<section><h2>Was the attack sound?</h2><table><tr><th>check</th><th class=\"text\">finding</th><th>outcome</th></tr>\n");
  for (uint32_t i = 0; i < r->summary.n_checks; i++) {
    const bw_check_result *c = &r->checks[i];
    bwi_buffer_text(out, "<tr><td>");
    bwi_markup_text(out, c->name);
    bwi_buffer_text(out, "<small>");
    bwi_markup_text(out, c->rule);
    bwi_buffer_text(out, "</small></td><td class=\"text\">");
    bwi_markup_text(out, c->finding);
    bwi_buffer_format(out, "</td><td class=\"mark %s\">%s</td></tr>\n", bwi_report_outcome(c->outcome), bwi_report_outcome(c->outcome));
  }
  bwi_buffer_text(out, "</table></section>\n");
}

static void picture(bwi_buffer *out, const char *caption, const void *data, size_t size) {
  bwi_buffer_format(out, "<figure><img alt=\"%s\" src=\"data:image/png;base64,", caption);
  bwi_markup_base64(out, data, size);
  bwi_buffer_format(out, "\"><figcaption>%s</figcaption></figure>", caption);
}

static void pictures_section(bwi_buffer *out, const bwi_report *r) {
  if (r->n_pictures == 0) return;
  bwi_buffer_text(out, "<section><h2>Examples</h2><div class=\"shots\">\n");
  for (uint32_t i = 0; i < r->n_pictures; i++) {
    const bwi_report_picture *p = &r->pictures[i];
    bwi_buffer_text(out, "<div class=\"shot\"><div>");
    picture(out, "clean", p->clean.data, p->clean.size);
    picture(out, "adversarial", p->adversarial.data, p->adversarial.size);
    picture(out, "difference", p->difference.data, p->difference.size);
    bwi_buffer_format(out, "</div><p>sample %llu: %d taken for <b>%d</b> by ", (unsigned long long)p->origin, p->label, p->adversarial_prediction);
    bwi_markup_text(out, p->attack != NULL ? p->attack : "none");
    bwi_buffer_format(out, ", distance %.3g</p></div>\n", (double)p->distance);
  }
  bwi_buffer_text(out, "</div></section>\n");
}

static void fact(bwi_buffer *out, const char *name, const char *value) {
  if (value == NULL || value[0] == '\0') return;
  bwi_buffer_format(out, "<tr><td>%s</td><td class=\"text\"><code>", name);
  bwi_markup_text(out, value);
  bwi_buffer_text(out, "</code></td></tr>\n");
}

static void facts_section(bwi_buffer *out, const bwi_report *r, const bw_report_options *o) {
  char seed[24];
  snprintf(seed, sizeof seed, "%llu", (unsigned long long)r->seed);
  bwi_buffer_text(out, "<section><h2>For the record</h2><table><tr><th></th><th></th></tr>\n");
  fact(out, "model", o->model_path);
  fact(out, "model digest", r->model_digest);
  fact(out, "export", r->pair_checked ? "compared with MLX's own outputs" : "not compared: no input/output pair lay beside the model");
  fact(out, "data", o->data_path);
  fact(out, "data digest", r->data_digest);
  fact(out, "seed", seed);
  fact(out, "bulwark", bw_version());
  bwi_buffer_text(out, "</table></section>\n");
}

void bwi_report_html(bwi_buffer *out, const bwi_report *r, const bw_report_options *o) {
  bwi_buffer_text(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>");
  bwi_markup_text(out, o->title != NULL ? o->title : "Evaluation");
  bwi_buffer_format(out, " - Bulwark</title>\n<style>%s</style></head><body><main>\n", style_sheet);
  heading(out, r, o);
  curve_section(out, r, o);
  attacks_section(out, r);
  checks_section(out, r);
  pictures_section(out, r);
  classes_section(out, r);
  facts_section(out, r, o);
  bwi_buffer_text(out, "</main></body></html>\n");
}
