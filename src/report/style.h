/* SPDX-License-Identifier: Apache-2.0 */
/* The page's style sheet. */
#ifndef REPORT_STYLE_H
#define REPORT_STYLE_H

#include "base/buffer.h"

/* <style>...</style>. Attack k < 32 has the class a<k>. */
void bwi_report_style(bwi_buffer *out);

#endif
