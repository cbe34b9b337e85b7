/* SPDX-License-Identifier: Apache-2.0 */
/* The charts of the page as inline SVG. Each draws nothing where there is nothing to show. */
#ifndef REPORT_CHARTS_H
#define REPORT_CHARTS_H

#include "report/report.h"

/* Accuracy over the budget: the worst case with its confidence band, each attack's result at the main budget,
 * and the gate as a line. */
void bwi_report_curve(bwi_buffer *out, const bwi_report *report, const bw_report_options *options);

/* Accuracy after each attack of the suite in turn. */
void bwi_report_steps(bwi_buffer *out, const bwi_report *report);

/* Over the number of queries, for attacks that see no gradients: the share of samples broken, and the median
 * distance of those attacks that seek the nearest success. */
void bwi_report_broken_by_queries(bwi_buffer *out, const bwi_report *report);
void bwi_report_distance_by_queries(bwi_buffer *out, const bwi_report *report);

#endif
