/* SPDX-License-Identifier: Apache-2.0 */
/* The accuracy-over-budget curve as inline SVG. */
#ifndef REPORT_CURVE_H
#define REPORT_CURVE_H

#include "report/report.h"

/* Draws the worst-case accuracy with its confidence band, each attack's result at the main budget, and the
 * gate as a line. Nothing without budgets. */
void bwi_report_curve(bwi_buffer *out, const bwi_report *report, const bw_report_options *options);

#endif
