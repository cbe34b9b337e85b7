/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles of entries (c2sp.org/tlog-tiles): one behind another, each with its length in two bytes, the higher
 * first. */
#ifndef LOG_ENTRIES_H
#define LOG_ENTRIES_H

#include "base/buffer.h"
#include "base/cursor.h"

#define BWI_ENTRY_MAX_BYTES 65535
#define BWI_ENTRIES_MAX_BYTES ((size_t)256 * (2 + BWI_ENTRY_MAX_BYTES)) /* of a full bundle */

/* The spans of `count` entries, which are all of the bytes. BW_EFORMAT with the offset. */
bw_status bwi_entries_split(bwi_bytes *spans, uint32_t count, bwi_bytes bytes, bw_error *err);
void bwi_entries_put(bwi_buffer *out, bwi_bytes entry); /* of at most BWI_ENTRY_MAX_BYTES */

#endif
