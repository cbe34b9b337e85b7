/* SPDX-License-Identifier: Apache-2.0 */
#include "support/refusals.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "support/sweep.h"
#include "support/unit.h"

bwi_bytes tests_file(const char *path) {
  char whole[1024];
  bwi_bytes bytes = {NULL, 0};
  bw_error err;
  (void)snprintf(whole, sizeof whole, "%s/%s", BW_TESTS_FOLDER, path);
  if (bwi_file_read(&bytes, whole, (size_t)64 << 20, &err) != BW_OK) fail_msg("%s", err.text);
  return bytes;
}

static bw_status wanted_status(const char *name) {
  if (strncmp(name, "unsupported-", 12) == 0) return BW_EUNSUPPORTED;
  return strncmp(name, "limit-", 6) == 0 ? BW_ELIMIT : BW_EFORMAT;
}

static void check_refusal(const char *reader, const refusal *row, refusal_read_fn read) {
  char path[256];
  (void)snprintf(path, sizeof path, "fuzz/corpus/%s/%s", reader, row->name);
  const bwi_bytes bytes = tests_file(path);
  const uint64_t blocks = bwi_memory_live_blocks();
  bw_error err = {BW_OK, 0, ""};
  const bw_status status = read(bytes, &err);
  if (bwi_memory_live_blocks() != blocks) fail_msg("%s leaves memory behind", row->name);
  if (status != wanted_status(row->name) || status != err.status)
    fail_msg("%s: %s, its error says %s: %s", row->name, bw_status_text(status), bw_status_text(err.status),
             err.text);
  if (err.offset != row->offset || strstr(err.text, row->text) == NULL)
    fail_msg("%s: \"%s\" at %lld, wanted \"%s\" at %lld", row->name, err.text, (long long)err.offset,
             row->text, (long long)row->offset);
  bwi_free((void *)bytes.data);
}

static void check_has_row(const char *name, const refusal *rows, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(rows[i].name, name) == 0) return;
  fail_msg("%s has no row", name);
}

void check_refusals(const char *reader, const refusal *rows, size_t count, refusal_read_fn read) {
  char path[1024];
  (void)snprintf(path, sizeof path, "%s/fuzz/corpus/%s", BW_TESTS_FOLDER, reader);
  DIR *folder = opendir(path);
  assert_non_null(folder);
  for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
    if (entry->d_name[0] != '.' && strncmp(entry->d_name, "ok-", 3) != 0)
      check_has_row(entry->d_name, rows, count);
  (void)closedir(folder);
  for (size_t i = 0; i < count; i++) check_refusal(reader, &rows[i], read);
}

static bw_status read_prefix(bwi_bytes bytes, void *payload) {
  bw_error err = {BW_OK, 0, ""};
  const bw_status status = (*(const refusal_read_fn *)payload)(bytes, &err);
  if (status != BW_OK && err.offset > bytes.size) fail_msg("offset %lld", (long long)err.offset);
  return status;
}

void check_truncations(const char *path, refusal_read_fn read) {
  const bwi_bytes bytes = tests_file(path);
  sweep_truncations(bytes, read_prefix, &read);
  bwi_free((void *)bytes.data);
}

typedef struct reading {
  bwi_bytes bytes;
  refusal_read_fn read;
} reading;

static bw_status read_again(void *payload) {
  const reading *r = payload;
  return r->read(r->bytes, NULL);
}

size_t check_allocations(const char *path, refusal_read_fn read) {
  reading r = {tests_file(path), read};
  const size_t count = sweep_allocations(read_again, &r);
  bwi_free((void *)r.bytes.data);
  return count;
}
