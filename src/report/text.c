/* SPDX-License-Identifier: Apache-2.0 */
/* The table on the terminal. */
#include <math.h>
#include <stdio.h>

#include "report/report.h"

typedef struct style {
  const char *bold, *good, *warn, *bad, *dim, *off;
} style;

static const style plain = {"", "", "", "", "", ""};
static const style coloured = {"\033[1m", "\033[32m", "\033[33m", "\033[31m", "\033[2m", "\033[0m"};

static void heading(bwi_buffer *out, const bwi_report *r, const bw_report_options *o, const style *s) {
  const bw_evaluation_summary *e = &r->summary;
  char eps[24];
  bwi_report_eps(eps, sizeof eps, e->eps);
  bwi_buffer_format(out, "%s%s%s under %s perturbations of at most %s, %llu samples, %.1f s\n\n", s->bold,
                    o->title != NULL ? o->title : "Evaluation", s->off, bwi_report_norm(e->norm), eps,
                    (unsigned long long)e->clean_accuracy.trials, e->seconds);
}

static void rate_row(bwi_buffer *out, const char *name, const bw_rate *rate, const char *rest) {
  bwi_buffer_format(out, "  %-10s %7.2f %%  [%6.2f, %6.2f]%s", name, 100 * rate->value, 100 * rate->low,
                    100 * rate->high, rest);
}

static void attack_rows(bwi_buffer *out, const bwi_report *r, const style *s) {
  bwi_buffer_format(out, "  %s%-10s %9s  %-16s  %8s %8s %8s %9s %10s %8s%s\n", s->dim, "attack", "remaining",
                    "interval", "attacked", "broken", "in 8 bit", "distance", "passes", "seconds", s->off);
  for (uint32_t i = 0; i < r->summary.n_attacks; i++) {
    const bw_attack_summary *a = &r->attacks[i];
    char rest[96], distance[16];
    snprintf(distance, sizeof distance, isnan(a->median_distance) ? "-" : "%.4g", a->median_distance);
    snprintf(rest, sizeof rest, "  %8llu %8llu %8llu %9s %10llu %8.2f\n", (unsigned long long)a->attacked,
             (unsigned long long)a->broken, (unsigned long long)a->broken_8bit, distance,
             (unsigned long long)a->forwards + a->backwards, a->seconds);
    rate_row(out, a->name, &a->remaining, rest);
    bwi_buffer_format(out, "    %s%s%s\n", s->dim, a->configuration, s->off);
  }
}

static void check_rows(bwi_buffer *out, const bwi_report *r, const style *s) {
  const char *const colour[] = {s->good, s->warn, s->bad, s->dim};
  for (int want = BW_CHECK_BLOCKED; want >= BW_CHECK_WARNED; want--)
    for (uint32_t i = 0; i < r->summary.n_checks; i++) {
      const bw_check_result *c = &r->checks[i];
      if ((int)c->outcome == want)
        bwi_buffer_format(out, "  %s%s%s %s: %s\n", colour[want], bwi_report_outcome(c->outcome), s->off,
                          c->name, c->finding);
    }
  uint32_t n_passed = 0;
  for (uint32_t i = 0; i < r->summary.n_checks; i++) {
    if (r->checks[i].outcome != BW_CHECK_PASSED) continue;
    if (n_passed++ == 0) bwi_buffer_format(out, "  %spassed:%s", s->good, s->off);
    bwi_buffer_format(out, " %s", r->checks[i].name);
  }
  if (n_passed > 0) bwi_buffer_text(out, "\n");
  for (uint32_t i = 0; i < r->summary.n_checks; i++)
    if (r->checks[i].outcome == BW_CHECK_SKIPPED)
      bwi_buffer_format(out, "  %sskipped%s %s: %s\n", s->dim, s->off, r->checks[i].name,
                        r->checks[i].finding);
}

void bwi_report_text(bwi_buffer *out, const bwi_report *r, const bw_report_options *o) {
  const style *s = o->colour ? &coloured : &plain;
  const bw_evaluation_summary *e = &r->summary;
  heading(out, r, o, s);
  rate_row(out, "clean", &e->clean_accuracy, "\n");
  attack_rows(out, r, s);
  bwi_buffer_text(out, s->bold);
  rate_row(out, "worst case", &e->robust_accuracy, "  per sample over all attacks\n");
  bwi_buffer_text(out, s->off);
  if (e->n_checks > 0) bwi_buffer_text(out, "\n");
  check_rows(out, r, s);
  char verdict[256];
  bwi_report_verdict(verdict, sizeof verdict, r, o);
  const char *colour = e->blocked || bwi_report_gate(r, o) == 0 ? s->bad : s->bold;
  bwi_buffer_format(out, "\n%s%s%s\n", colour, verdict, s->off);
}
