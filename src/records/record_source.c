/* SPDX-License-Identifier: Apache-2.0 */
#include "records/record_source.h"

#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"

static const bwi_record_format *const formats[] = {&bwi_records_npz, &bwi_records_idx, &bwi_records_csv,
                                                   &bwi_records_jsonl, &bwi_records_folder};
#define N_FORMATS (sizeof formats / sizeof *formats)

const bwi_record_format *bwi_record_format_find(const char *name) {
  for (size_t i = 0; i < N_FORMATS; i++)
    if (strcmp(formats[i]->name, name) == 0) return formats[i];
  return NULL;
}

static const bwi_record_format *format_that_fits(const char *path, bwi_bytes bytes) {
  for (size_t i = 0; i < N_FORMATS; i++)
    if (formats[i]->fits(path, bytes)) return formats[i];
  return NULL;
}

static bw_status read_bytes(bwi_record_source *source, const char *path, bw_error *err) {
  struct stat info;
  if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) return BW_OK;
  return bwi_file_read(&source->bytes, path, BWI_RECORD_MAX_BYTES, err);
}

bw_status bwi_record_source_open(bwi_record_source *out, const char *path, const bwi_record_format *format,
                                 bw_error *err) {
  bwi_record_source source = {.format = format};
  bw_status status = read_bytes(&source, path, err);
  if (status == BW_OK && format == NULL) {
    source.format = format_that_fits(path, source.bytes);
    if (source.format == NULL)
      status =
          BW_FAIL(err, BW_EUNSUPPORTED,
                  "%s has no records that can be told apart: not npz, IDX, .csv, .jsonl or a folder", path);
  }
  if (status == BW_OK && (source.bytes.data == NULL) != (source.format == &bwi_records_folder))
    status = BW_FAIL(err, BW_EFORMAT, "%s is %s, not %s", path,
                     source.bytes.data == NULL ? "a folder" : "a file", source.format->name);
  if (status == BW_OK) status = source.format->open(&source, path, err);
  if (status == BW_OK)
    *out = source;
  else
    bwi_record_source_close(&source);
  return status;
}

void bwi_record_source_close(bwi_record_source *source) {
  if (source->state != NULL) source->format->close(source->state);
  for (size_t i = 0; i < source->n_groups; i++) bwi_free(source->groups[i].layout);
  bwi_free(source->groups);
  bwi_record_drop_bytes(source);
  *source = (bwi_record_source){0};
}

const char *bwi_record_layout(const bwi_record_group *groups, size_t n_groups, uint64_t i) {
  for (size_t g = 0; g < n_groups; g++) {
    if (i < groups[g].count) return groups[g].layout;
    i -= groups[g].count;
  }
  return "";
}

void bwi_record_drop_bytes(bwi_record_source *source) {
  bwi_free((void *)(uintptr_t)source->bytes.data);
  source->bytes = (bwi_bytes){NULL, 0};
}

bw_status bwi_record_add_group(bwi_record_source *source, uint64_t count, const char *layout, bw_error *err) {
  bwi_record_group *groups =
      bwi_realloc(source->groups, source->n_groups, source->n_groups + 1, sizeof *groups);
  if (groups == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a group of records");
  source->groups = groups;
  groups[source->n_groups] = (bwi_record_group){count, bwi_strdup(layout)};
  if (groups[source->n_groups].layout == NULL)
    return BW_FAIL(err, BW_ENOMEM, "no memory for the layout of records");
  source->n_groups++;
  source->count += count;
  return BW_OK;
}
