/* SPDX-License-Identifier: Apache-2.0 */
/* The words that all renderings share. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "report/report.h"

int bwi_report_gate(const bwi_report *report, const bw_report_options *options) {
  if (isnan(options->fail_under)) return -1;
  return report->summary.robust_accuracy.value >= options->fail_under;
}

static uint32_t count_checks(const bwi_report *report, bw_check_outcome outcome) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < report->summary.n_checks; i++) n += report->checks[i].outcome == outcome;
  return n;
}

/* " gradient-present, noise-not-better" */
static void list_blocked(char *text, size_t bytes, const bwi_report *report) {
  size_t used = 0;
  text[0] = '\0';
  for (uint32_t i = 0; i < report->summary.n_checks && used < bytes; i++)
    if (report->checks[i].outcome == BW_CHECK_BLOCKED)
      used +=
          (size_t)snprintf(text + used, bytes - used, "%s %s", used > 0 ? "," : "", report->checks[i].name);
}

void bwi_report_verdict(char *text, size_t bytes, const bwi_report *report,
                        const bw_report_options *options) {
  const uint32_t warned = count_checks(report, BW_CHECK_WARNED),
                 passed = count_checks(report, BW_CHECK_PASSED);
  const int gate = bwi_report_gate(report, options);
  char eps[24], blocked[160];
  bwi_report_eps(eps, sizeof eps, report->summary.eps);
  list_blocked(blocked, sizeof blocked, report);
  if (!report->summary.complete) {
    snprintf(text, bytes, "Incomplete: stopped before the end; the figures are upper bounds.");
  } else if (report->summary.blocked) {
    snprintf(text, bytes, "Not to be relied on, for the attack may have been blind. Blocked by%s.", blocked);
  } else {
    char left[80] = "No sample withstands the attacks of this suite";
    const bool any = report->summary.robust_accuracy.hits > 0;
    if (any)
      snprintf(left, sizeof left, "No attack of this suite brought the accuracy below %.2f %%",
               100 * report->summary.robust_accuracy.value);
    snprintf(text, bytes, "%s%s at %s %s. %u of %u soundness checks passed%s%s",
             gate < 0 ? ""
             : gate   ? "Gate passed. "
                      : "Gate failed. ",
             left, bwi_report_norm(report->summary.norm), eps, (unsigned)passed,
             (unsigned)report->summary.n_checks,
             warned > 0                          ? ", the others warned or were skipped"
             : passed < report->summary.n_checks ? ", the others were skipped"
                                                 : "",
             any ? "; a stronger attack may find more." : ".");
  }
}

const char *bwi_report_norm(bw_norm norm) {
  static const char *const names[] = {"Linf", "L2", "L1", "L0"};
  return names[norm];
}

const char *bwi_report_precision(bw_precision precision) {
  return precision == BW_BFLOAT16 ? "bfloat16" : "float32";
}

const char *bwi_report_outcome(bw_check_outcome outcome) {
  static const char *const names[] = {"passed", "warned", "blocked", "skipped"};
  return names[outcome];
}

void bwi_report_eps(char *text, size_t bytes, double eps) {
  const double levels = eps * 255, thousandths = eps * 1000;
  const bool short_decimal = fabs(thousandths - round(thousandths)) < 1e-9;
  if (!short_decimal && levels >= 0.999 && fabs(levels - round(levels)) < 1e-6)
    snprintf(text, bytes, "%.0f/255", round(levels));
  else
    snprintf(text, bytes, "%.4g", eps);
}
