/* SPDX-License-Identifier: Apache-2.0 */
/* Writing, the same bytes for the same content: no times, no attributes but "a file its owner may use". */
#include <string.h>

#include "base/memory.h"
#include "format/zip.h"

#define VERSION_NEEDED 20    /* deflate */
#define DAY_ZERO 0x00210000u /* 1980-01-01 00:00 */
#define FLAG_UTF8 0x0800u
#define OWNER_MAY_USE (0600u << 16)
#define CHUNK_BYTES 16384

void bwi_zip_writer_free(bwi_zip_writer *w) {
  bwi_buffer_free(&w->directory);
}

static void put(bwi_buffer *out, uint32_t value, size_t bytes) {
  uint8_t raw[4];
  for (size_t i = 0; i < bytes; i++) raw[i] = (uint8_t)(value >> (8 * i));
  bwi_buffer_put(out, raw, bytes);
}

typedef struct written {
  uint32_t crc, encoded_bytes, decoded_bytes;
} written;

/* The fields that a local header and an entry of the directory share. */
static void put_header(bwi_buffer *out, const char *name, bool deflated, const written *sizes) {
  bool ascii = true;
  for (const char *c = name; *c != '\0'; c++) ascii = ascii && (unsigned char)*c < 0x80;
  put(out, VERSION_NEEDED, 2);
  put(out, ascii ? 0 : FLAG_UTF8, 2);
  put(out, deflated ? 8 : 0, 2);
  put(out, DAY_ZERO, 4);
  put(out, sizes->crc, 4);
  put(out, sizes->encoded_bytes, 4);
  put(out, sizes->decoded_bytes, 4);
  put(out, (uint32_t)strlen(name), 2);
  put(out, 0, 2);
}

/* One part of a member through zlib into the buffer. */
static bool deflate_part(z_stream *z, bwi_buffer *out, bwi_bytes part, int flush) {
  uint8_t chunk[CHUNK_BYTES];
  z->next_in = part.data;
  z->avail_in = (uInt)part.size;
  do {
    z->next_out = chunk;
    z->avail_out = sizeof chunk;
    if (deflate(z, flush) == Z_STREAM_ERROR) return false;
    bwi_buffer_put(out, chunk, sizeof chunk - z->avail_out);
  } while (z->avail_out == 0);
  return true;
}

static bool deflate_parts(bwi_buffer *out, bwi_bytes a, bwi_bytes b) {
  z_stream z = {0};
  bwi_zlib_use_memory(&z);
  if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return false;
  const bool done = deflate_part(&z, out, a, Z_NO_FLUSH) && deflate_part(&z, out, b, Z_FINISH);
  (void)deflateEnd(&z);
  return done;
}

static bw_status check_limits(const bwi_zip_writer *w, const char *name, bwi_bytes a, bwi_bytes b,
                              bw_error *err) {
  const uint64_t limit = UINT32_MAX - (UINT64_C(1) << 20); /* deflate may add a little */
  if (w->count >= UINT16_MAX - 1 || strlen(name) > UINT16_MAX)
    return BW_FAIL(err, BW_ELIMIT, "more than %d members or a name too long for a ZIP file", UINT16_MAX - 1);
  if (a.size > limit || b.size > limit - a.size || w->out->size > limit - a.size - b.size)
    return BW_FAIL(err, BW_ELIMIT, "a ZIP file of more than 4 GiB is not written");
  return BW_OK;
}

bw_status bwi_zip_add(bwi_zip_writer *w, const char *name, bwi_bytes a, bwi_bytes b, bw_error *err) {
  BW_TRY(check_limits(w, name, a, b, err));
  const size_t start = w->out->size;
  written sizes = {0};
  sizes.decoded_bytes = (uint32_t)(a.size + b.size);
  sizes.crc = (uint32_t)crc32_z(crc32_z(0, a.data, a.size), b.data, b.size);
  put(w->out, 0x04034B50, 4);
  const size_t header_at = w->out->size;
  put_header(w->out, name, w->deflate, &sizes);
  bwi_buffer_text(w->out, name);
  const size_t data_at = w->out->size;
  if (w->deflate) {
    if (!deflate_parts(w->out, a, b)) w->out->failed = true;
  } else {
    bwi_buffer_put(w->out, a.data, a.size);
    bwi_buffer_put(w->out, b.data, b.size);
  }
  sizes.encoded_bytes = (uint32_t)(w->out->size - data_at);
  put(&w->directory, 0x02014B50, 4);
  put(&w->directory, VERSION_NEEDED | 3u << 8, 2); /* made on Unix */
  put_header(&w->directory, name, w->deflate, &sizes);
  put(&w->directory, 0, 2);
  put(&w->directory, 0, 4);
  put(&w->directory, OWNER_MAY_USE, 4);
  put(&w->directory, (uint32_t)start, 4);
  bwi_buffer_text(&w->directory, name);
  if (w->out->failed || w->directory.failed) return BW_FAIL(err, BW_ENOMEM, "no memory to write %s", name);
  /* The compressed size is known only now: after version, flags, method, time and check sum. */
  for (size_t i = 0; i < 4; i++)
    w->out->data[header_at + 14 + i] = (char)(uint8_t)(sizes.encoded_bytes >> (8 * i));
  w->count++;
  return BW_OK;
}

bw_status bwi_zip_finish(bwi_zip_writer *w, bw_error *err) {
  const size_t start = w->out->size, bytes = w->directory.size;
  bwi_buffer_put(w->out, w->directory.data, bytes);
  put(w->out, 0x06054B50, 4);
  put(w->out, 0, 4);
  put(w->out, (uint32_t)w->count, 2);
  put(w->out, (uint32_t)w->count, 2);
  put(w->out, (uint32_t)bytes, 4);
  put(w->out, (uint32_t)start, 4);
  put(w->out, 0, 2);
  return w->out->failed ? BW_FAIL(err, BW_ENOMEM, "no memory to write a ZIP file") : BW_OK;
}
