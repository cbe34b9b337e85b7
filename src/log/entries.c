/* SPDX-License-Identifier: Apache-2.0 */
#include "log/entries.h"

bw_status bwi_entries_split(bwi_bytes *spans, uint32_t count, bwi_bytes bytes, bw_error *err) {
  bwi_cursor c = bwi_cursor_over(bytes, err);
  for (uint32_t i = 0; i < count; i++) {
    const uint8_t high = bwi_cursor_u8(&c, "length of an entry"),
                  low = bwi_cursor_u8(&c, "length of an entry");
    spans[i] = bwi_cursor_take(&c, (size_t)high << 8 | low, "entry");
  }
  if (c.status == BW_OK && bwi_cursor_left(&c) > 0)
    return bwi_cursor_fail(&c, BW_EFORMAT, "%zu bytes follow the entries", bwi_cursor_left(&c));
  return c.status;
}

void bwi_entries_put(bwi_buffer *out, bwi_bytes entry) {
  const uint8_t length[] = {(uint8_t)(entry.size >> 8), (uint8_t)entry.size};
  bwi_buffer_put(out, length, sizeof length);
  bwi_buffer_put(out, entry.data, entry.size);
}
