/* SPDX-License-Identifier: Apache-2.0 */
/* Text inside XML and HTML. */
#ifndef REPORT_MARKUP_H
#define REPORT_MARKUP_H

#include "base/buffer.h"

/* Escapes & < > " ' and drops control characters that XML forbids. */
void bwi_markup_text(bwi_buffer *out, const char *text);
void bwi_markup_base64(bwi_buffer *out, const void *data, size_t size);

#endif
