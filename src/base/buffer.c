/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/memory.h"
#include "base/utf8.h"

/* Room for `more` bytes and the terminating NUL; latches on failure. */
static bool reserve(bwi_buffer *b, size_t more) {
  size_t needed = 0;
  if (b->failed) return false;
  if (!bwi_add_size(&needed, b->size, more) || !bwi_add_size(&needed, needed, 1)) {
    b->failed = true;
    return false;
  }
  if (needed <= b->capacity) return true;
  size_t capacity = needed < 256 ? 256 : needed;
  (void)bwi_add_size(&capacity, capacity, capacity / 2);
  char *data = bwi_realloc(b->data, b->size, capacity, 1);
  if (data == NULL) {
    b->failed = true;
    return false;
  }
  b->data = data;
  b->capacity = capacity;
  return true;
}

void bwi_buffer_put(bwi_buffer *b, const void *data, size_t size) {
  if (!reserve(b, size)) return;
  if (size > 0) memcpy(b->data + b->size, data, size);
  b->size += size;
  b->data[b->size] = '\0';
}

void bwi_buffer_text(bwi_buffer *b, const char *text) {
  bwi_buffer_put(b, text, strlen(text));
}

void bwi_buffer_plain(bwi_buffer *b, const char *text) {
  for (size_t left = strlen(text); left > 0;) {
    const uint8_t *at = (const uint8_t *)text;
    const size_t length = bwi_utf8_length(at, left), step = length > 0 ? length : 1;
    const bool control =
        length == 1 ? at[0] < 0x20 || at[0] == 0x7F : length == 2 && at[0] == 0xC2 && at[1] < 0xA0;
    bwi_buffer_put(b, length == 0 || control ? "?" : text, length == 0 || control ? 1 : step);
    text += step;
    left -= step;
  }
}

void bwi_buffer_format(bwi_buffer *b, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int size = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  if (size < 0) {
    b->failed = true;
    return;
  }
  if (!reserve(b, (size_t)size)) return;
  va_start(arguments, format);
  (void)vsnprintf(b->data + b->size, (size_t)size + 1, format, arguments);
  va_end(arguments);
  b->size += (size_t)size;
}

bw_status bwi_buffer_take(char **out, bwi_buffer *b, bw_error *err) {
  bwi_buffer_put(b, "", 0);
  if (b->failed) {
    bwi_buffer_free(b);
    return BW_FAIL(err, BW_ENOMEM, "no memory for a text");
  }
  *out = b->data;
  *b = (bwi_buffer){0};
  return BW_OK;
}

void bwi_buffer_free(bwi_buffer *b) {
  bwi_free(b->data);
  *b = (bwi_buffer){0};
}
