/* SPDX-License-Identifier: Apache-2.0 */
#include "format/source.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"

static void *zlib_take(void *unused, uInt count, uInt size) {
  (void)unused;
  return bwi_alloc(count, size);
}

static void zlib_give(void *unused, void *block) {
  (void)unused;
  bwi_free(block);
}

void bwi_zlib_use_memory(z_stream *z) {
  z->zalloc = zlib_take;
  z->zfree = zlib_give;
}

bw_status bwi_source_open(bwi_source *out, bwi_bytes bytes, uint64_t base, bwi_encoding encoding,
                          bw_error *err) {
  bwi_source s = {.encoding = encoding, .bytes = bytes, .base = base};
  if (encoding != BWI_STORED) {
    s.zlib = bwi_alloc(1, sizeof *s.zlib);
    if (s.zlib == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to inflate");
    bwi_zlib_use_memory(s.zlib);
    s.zlib->next_in = bytes.data;
    const int window_bits = encoding == BWI_GZIPPED ? 16 + MAX_WBITS
                            : encoding == BWI_ZLIB  ? MAX_WBITS
                                                    : -MAX_WBITS;
    if (inflateInit2(s.zlib, window_bits) != Z_OK) {
      bwi_free(s.zlib);
      return BW_FAIL(err, BW_ENOMEM, "no memory to inflate");
    }
  }
  *out = s;
  return BW_OK;
}

void bwi_source_close(bwi_source *s) {
  if (s->zlib == NULL) return;
  (void)inflateEnd(s->zlib);
  bwi_free(s->zlib);
  s->zlib = NULL;
}

/* Encoded bytes consumed. zlib's own counter may be 32 bits wide. */
static size_t consumed(const bwi_source *s) {
  return s->zlib == NULL ? s->at : (size_t)(s->zlib->next_in - s->bytes.data);
}

uint64_t bwi_source_offset(const bwi_source *s) {
  return s->base + consumed(s);
}

uint64_t bwi_source_most(bwi_encoding encoding, size_t n) {
  /* Deflate's best: 258 bytes from a length and a distance of one bit each. */
  const uint64_t ratio = encoding == BWI_STORED ? 1 : 1032;
  return n > UINT64_MAX / ratio ? UINT64_MAX : n * ratio;
}

static uInt at_most_uint(size_t n) {
  return n > UINT32_MAX ? UINT32_MAX : (uInt)n;
}

/* One call of inflate, as far as its 32-bit counters reach; *n is reduced by what came out. */
static int inflate_some(bwi_source *s, uint8_t *to, size_t *n) {
  z_stream *z = s->zlib;
  z->avail_in = at_most_uint(s->bytes.size - consumed(s));
  z->next_out = to;
  z->avail_out = at_most_uint(*n);
  const int result = inflate(z, Z_NO_FLUSH);
  *n -= (size_t)(z->next_out - to);
  return result;
}

static bw_status inflate_all(bwi_source *s, uint8_t *to, size_t n, const char *what, bw_error *err) {
  for (size_t left = n; left > 0 && !s->ended;) {
    const size_t before = left, consumed_before = consumed(s);
    const int result = inflate_some(s, to + (n - left), &left);
    s->ended = result == Z_STREAM_END;
    if (s->ended && left > 0)
      return BW_FAIL_AT(err, BW_EFORMAT, bwi_source_offset(s), "%s ends %zu bytes too early", what, left);
    if (result == Z_MEM_ERROR) return BW_FAIL(err, BW_ENOMEM, "no memory to inflate %s", what);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
      return BW_FAIL_AT(err, BW_EFORMAT, bwi_source_offset(s), "%s is not deflated data: %s", what,
                        s->zlib->msg == NULL ? "no reason given" : s->zlib->msg);
    if (left == before && consumed(s) == consumed_before)
      return BW_FAIL_AT(err, BW_EFORMAT, bwi_source_offset(s), "truncated: %s lacks %zu bytes", what, left);
  }
  return BW_OK;
}

bw_status bwi_source_read(bwi_source *s, void *to, size_t n, const char *what, bw_error *err) {
  if (n == 0) return BW_OK;
  if (s->zlib != NULL) {
    if (s->ended)
      return BW_FAIL_AT(err, BW_EFORMAT, bwi_source_offset(s), "truncated: %s lacks %zu bytes", what, n);
    BW_TRY(inflate_all(s, to, n, what, err));
  } else {
    const size_t left = s->bytes.size - s->at;
    if (n > left)
      return BW_FAIL_AT(err, BW_EFORMAT, bwi_source_offset(s), "truncated: %s needs %zu bytes, %zu left",
                        what, n, left);
    memcpy(to, s->bytes.data + s->at, n);
    s->at += n;
  }
  s->decoded += n;
  if (s->sums) s->crc = (uint32_t)crc32_z(s->crc, to, n);
  return BW_OK;
}

bw_status bwi_source_some(bwi_source *s, void *to, size_t n, size_t *got, bw_error *err) {
  size_t left = n;
  const int result = s->ended ? Z_STREAM_END : inflate_some(s, to, &left);
  if (result == Z_MEM_ERROR) return BW_FAIL(err, BW_ENOMEM, "no memory to inflate");
  if (left == n && result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
    return BW_FAIL_AT(err, BW_EFORMAT, bwi_source_offset(s), "the data is not deflated");
  s->ended = result == Z_STREAM_END;
  *got = n - left;
  s->decoded += *got;
  return BW_OK;
}

bw_status bwi_source_end(bwi_source *s, bw_error *err) {
  if (s->zlib != NULL && !s->ended) {
    /* The end mark and, of gzip, the check sum: nothing may come out before them. */
    uint8_t extra;
    size_t left = 1;
    const int result = inflate_some(s, &extra, &left);
    if (result == Z_DATA_ERROR)
      return BW_FAIL_AT(err, BW_EFORMAT, bwi_source_offset(s), "the end of the data is damaged: %s",
                        s->zlib->msg == NULL ? "no reason given" : s->zlib->msg);
    if (left == 0)
      return BW_FAIL_AT(err, BW_EFORMAT, bwi_source_offset(s), "there is more data than there should be");
    if (result != Z_STREAM_END)
      return BW_FAIL_AT(err, BW_EFORMAT, bwi_source_offset(s), "truncated: no end of data");
    s->ended = true;
  }
  const size_t left = s->bytes.size - consumed(s);
  if (left > 0)
    return BW_FAIL_AT(err, BW_EFORMAT, bwi_source_offset(s), "%zu bytes follow the end of the data", left);
  return BW_OK;
}
