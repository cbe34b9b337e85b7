/* SPDX-License-Identifier: Apache-2.0 */
/* JUnit XML, for pipelines: a test case a soundness check, and one for the gate. */
#include <stdio.h>

#include "report/markup.h"
#include "report/report.h"

static void open_case(bwi_buffer *out, const char *class_name, const char *name) {
  bwi_buffer_format(out, "    <testcase classname=\"bulwark.%s\" name=\"", class_name);
  bwi_markup_text(out, name);
  bwi_buffer_text(out, "\">");
}

static void put_result(bwi_buffer *out, const char *element, const char *message) {
  bwi_buffer_format(out, "<%s message=\"", element);
  bwi_markup_text(out, message);
  bwi_buffer_text(out, "\"/>");
}

static void put_check(bwi_buffer *out, const bw_check_result *c) {
  open_case(out, "checks", c->name);
  if (c->outcome == BW_CHECK_BLOCKED) put_result(out, "failure", c->finding);
  if (c->outcome == BW_CHECK_SKIPPED) put_result(out, "skipped", c->finding);
  bwi_buffer_text(out, "<system-out>");
  bwi_markup_text(out, c->rule);
  bwi_buffer_format(out, " (%s) ", bwi_report_outcome(c->outcome));
  bwi_markup_text(out, c->finding);
  bwi_buffer_text(out, "</system-out></testcase>\n");
}

static void put_gate(bwi_buffer *out, const bwi_report *r, const bw_report_options *o) {
  char message[128];
  snprintf(message, sizeof message, "robust accuracy %.4f, wanted at least %.4f",
           r->summary.robust_accuracy.value, o->fail_under);
  open_case(out, "gate", "robust-accuracy");
  if (bwi_report_gate(r, o) == 0) put_result(out, "failure", message);
  bwi_buffer_text(out, "</testcase>\n");
}

static void put_completeness(bwi_buffer *out, const bwi_report *r) {
  open_case(out, "evaluation", "complete");
  if (!r->summary.complete) put_result(out, "failure", "stopped before the end");
  bwi_buffer_text(out, "</testcase>\n");
}

void bwi_report_junit(bwi_buffer *out, const bwi_report *r, const bw_report_options *o) {
  const int gate = bwi_report_gate(r, o);
  uint32_t failures = (uint32_t)(gate == 0) + (uint32_t)!r->summary.complete, skipped = 0;
  for (uint32_t i = 0; i < r->summary.n_checks; i++) {
    failures += r->checks[i].outcome == BW_CHECK_BLOCKED;
    skipped += r->checks[i].outcome == BW_CHECK_SKIPPED;
  }
  bwi_buffer_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"");
  bwi_markup_text(out, o->title != NULL ? o->title : "bulwark");
  bwi_buffer_format(out, "\" tests=\"%u\" failures=\"%u\" skipped=\"%u\" time=\"%.3f\">\n",
                    r->summary.n_checks + 1 + (gate >= 0), failures, skipped, r->summary.seconds);
  put_completeness(out, r);
  for (uint32_t i = 0; i < r->summary.n_checks; i++) put_check(out, &r->checks[i]);
  if (gate >= 0) put_gate(out, r, o);
  bwi_buffer_text(out, "  </testsuite>\n</testsuites>\n");
}
