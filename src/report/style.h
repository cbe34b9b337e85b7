/* SPDX-License-Identifier: Apache-2.0 */
/* The page's style sheet. */
#ifndef REPORT_STYLE_H
#define REPORT_STYLE_H

#include "base/buffer.h"

#define BWI_STYLE_COLOURS 8 /* attack k is drawn in the class a<k % 8> */

void bwi_report_style(bwi_buffer *out); /* <style>...</style> */

#endif
