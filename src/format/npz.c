/* SPDX-License-Identifier: Apache-2.0 */
/* NumPy's archive: a ZIP file whose members are npy files. */
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "format/formats.h"
#include "format/npy.h"
#include "format/zip.h"

static const char suffix[] = ".npy";
#define SUFFIX_BYTES (sizeof suffix - 1)

/* ---- reading ---- */

static bw_status check_member(const bwi_zip_member *m, bw_error *err) {
  const bwi_bytes name = m->name;
  if (name.size <= SUFFIX_BYTES || memcmp(name.data + name.size - SUFFIX_BYTES, suffix, SUFFIX_BYTES) != 0)
    return BW_FAIL_AT(err, BW_EUNSUPPORTED, m->offset, "member \"%.*s\" is no .npy file",
                      (int)(name.size < 64 ? name.size : 64), (const char *)name.data);
  if (m->decoded_bytes > bwi_source_most(m->encoding, (size_t)m->encoded_bytes))
    return BW_FAIL_AT(err, BW_EFORMAT, m->offset, "%" PRIu64 " bytes cannot inflate to %" PRIu64,
                      m->encoded_bytes, m->decoded_bytes);
  return BW_OK;
}

static bw_status read_member(bw_array **out, const bwi_zip_member *m, bwi_bytes file, size_t *budget_bytes,
                             bw_error *err) {
  BW_TRY(check_member(m, err));
  const bwi_bytes encoded = {file.data + m->data_offset, (size_t)m->encoded_bytes};
  bw_array *array = NULL;
  bwi_source s;
  BW_TRY(bwi_source_open(&s, encoded, m->data_offset, m->encoding, err));
  s.sums = true;
  bw_status status = bwi_npy_read_source(&array, &s, m->decoded_bytes, budget_bytes, err);
  if (status == BW_OK && s.crc != m->crc) {
    bw_array_free(array);
    status = BW_FAIL_AT(err, BW_EFORMAT, m->offset, "CRC-32 is %08" PRIx32 " where %08" PRIx32 " is stored",
                        s.crc, m->crc);
  }
  bwi_source_close(&s);
  if (status == BW_OK) *out = array;
  return status;
}

static char *copy_name(bwi_bytes name) {
  char *copy = bwi_alloc(name.size - SUFFIX_BYTES + 1, 1);
  if (copy != NULL) memcpy(copy, name.data, name.size - SUFFIX_BYTES);
  return copy;
}

bw_status bwi_npz_read(bwi_archive *out, bwi_bytes bytes, size_t max_bytes, bw_error *err) {
  bwi_zip_member *members = NULL;
  bwi_archive archive = {0};
  size_t count = 0;
  BW_TRY(bwi_zip_read(&members, &count, bytes, err));
  bw_status status = bwi_archive_create(&archive, count, err);
  for (size_t i = 0; i < count && status == BW_OK; i++) {
    status = read_member(&archive.arrays[i], &members[i], bytes, &max_bytes, err);
    archive.names[i] = status == BW_OK ? copy_name(members[i].name) : NULL;
    if (status == BW_OK && archive.names[i] == NULL)
      status = BW_FAIL(err, BW_ENOMEM, "no memory for an array's name");
  }
  bwi_free(members);
  if (status == BW_OK)
    *out = archive;
  else
    bwi_archive_clear(&archive);
  return status;
}

/* ---- writing ---- */

static bw_status write_member(bwi_zip_writer *w, const char *name, const bw_array *array, bw_error *err) {
  bwi_buffer header = {0}, file_name = {0};
  bw_status status = bwi_npy_write_header(&header, array, err);
  bwi_buffer_text(&file_name, name);
  bwi_buffer_text(&file_name, suffix);
  if (status == BW_OK && (header.failed || file_name.failed))
    status = BW_FAIL(err, BW_ENOMEM, "no memory to write array %s", name);
  if (status == BW_OK) {
    const bwi_bytes start = {(const uint8_t *)header.data, header.size};
    const bwi_bytes elements = {bw_array_view(array), bw_array_bytes(array)};
    status = bwi_zip_add(w, file_name.data, start, elements, err);
  }
  bwi_buffer_free(&header);
  bwi_buffer_free(&file_name);
  return status;
}

bw_status bwi_npz_write(bwi_buffer *out, size_t count, const char *const *names,
                        const bw_array *const *arrays, bool deflate, bw_error *err) {
  bwi_zip_writer w = {.out = out, .deflate = deflate};
  bw_status status = BW_OK;
  for (size_t i = 0; i < count && status == BW_OK; i++) status = write_member(&w, names[i], arrays[i], err);
  if (status == BW_OK) status = bwi_zip_finish(&w, err);
  bwi_zip_writer_free(&w);
  return status;
}
