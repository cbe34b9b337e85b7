/* SPDX-License-Identifier: Apache-2.0 */
/* Terse, because there may be 10,000 of them: items of a list need no end tag, and a cell without a class is
 * a sample that stands. */
#include "report/cells.h"

#include <stdio.h>

#include "report/markup.h"

static bool is_wrong(const bw_evaluated_sample *s) {
  return s->clean_prediction != s->label;
}

static void legend_entry(bwi_buffer *out, const char *colour, const char *name, uint64_t count,
                         uint64_t all) {
  bwi_buffer_format(out, "<span><i class=\"cell %s\"></i>", colour);
  bwi_markup_text(out, name);
  bwi_buffer_format(out, " <b>%llu</b> <small>%.2f %%</small></span>\n", (unsigned long long)count,
                    100 * (double)count / (double)all);
}

static void legend(bwi_buffer *out, const bwi_report *r) {
  uint64_t n_wrong = 0, n_broken = 0;
  for (uint64_t i = 0; i < r->n_samples; i++) n_wrong += is_wrong(&r->samples[i]);
  bwi_buffer_text(out, "<p class=\"legend\">\n");
  for (uint32_t k = 0; k < r->summary.n_attacks; k++) {
    char colour[16];
    uint64_t count = 0;
    for (uint64_t i = 0; i < r->n_samples; i++) count += r->samples[i].broken_by == (int32_t)k;
    n_broken += count;
    snprintf(colour, sizeof colour, "a%u", (unsigned)k);
    legend_entry(out, colour, r->attacks[k].name, count, r->n_samples);
  }
  legend_entry(out, "", "stands", r->n_samples - n_wrong - n_broken, r->n_samples);
  legend_entry(out, "x", "wrong when clean", n_wrong, r->n_samples);
  bwi_buffer_text(out, "</p>\n");
}

static void cell(bwi_buffer *out, const bwi_report *r, uint64_t i) {
  const bw_evaluated_sample *s = &r->samples[i];
  const uint64_t labelled = r->n_samples > 1000 ? 1000 : 200; /* both fill rows, wide and narrow ones */
  const unsigned long long origin = s->origin;
  bwi_buffer_text(out, "<li");
  if (s->broken_by >= 0)
    bwi_buffer_format(out, " class=a%u", (unsigned)s->broken_by);
  else if (is_wrong(s))
    bwi_buffer_text(out, " class=x");
  if (i % labelled == 0) bwi_buffer_format(out, " data-row=%llu", origin);
  bwi_buffer_format(out, " title=\"%llu ", origin);
  bwi_markup_text(out, s->broken_by >= 0 ? r->attacks[s->broken_by].name : is_wrong(s) ? "wrong" : "stands");
  bwi_buffer_text(out, "\">");
}

void bwi_report_cells(bwi_buffer *out, const bwi_report *r) {
  legend(out, r);
  if (r->n_samples > BWI_MOST_CELLS) return;
  bwi_buffer_text(out,
                  "<ol class=\"cells\" role=\"img\" aria-label=\"The attack that broke each sample\">\n");
  for (uint64_t i = 0; i < r->n_samples; i++) cell(out, r, i);
  bwi_buffer_text(out, "\n</ol>\n");
}
