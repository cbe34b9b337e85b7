/* SPDX-License-Identifier: Apache-2.0 */
/* Which attack broke each sample, as cells in the order of the data. */
#ifndef REPORT_CELLS_H
#define REPORT_CELLS_H

#include "report/report.h"

enum { BWI_MOST_CELLS = 20000 };

/* A legend with counts and, of at most BWI_MOST_CELLS samples, a cell each with its index in the data file.
 */
void bwi_report_cells(bwi_buffer *out, const bwi_report *report);

#endif
