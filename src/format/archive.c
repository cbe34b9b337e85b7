/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/memory.h"
#include "format/formats.h"

void bwi_archive_clear(bwi_archive *archive) {
  for (size_t i = 0; i < archive->count; i++) {
    bwi_free(archive->names[i]);
    bw_array_free(archive->arrays[i]);
  }
  bwi_free(archive->names);
  bwi_free(archive->arrays);
  *archive = (bwi_archive){0};
}

const bw_array *bwi_archive_find(const bwi_archive *archive, const char *name) {
  for (size_t i = 0; i < archive->count; i++)
    if (strcmp(archive->names[i], name) == 0) return archive->arrays[i];
  return NULL;
}

bw_status bwi_archive_create(bwi_archive *out, size_t count, bw_error *err) {
  bwi_archive archive = {.names = bwi_alloc(count, sizeof *archive.names),
                         .arrays = bwi_alloc(count, sizeof *archive.arrays)};
  if (archive.names == NULL || archive.arrays == NULL) {
    bwi_archive_clear(&archive);
    return BW_FAIL(err, BW_ENOMEM, "no memory for %zu arrays", count);
  }
  archive.count = count;
  *out = archive;
  return BW_OK;
}
