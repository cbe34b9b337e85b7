/* SPDX-License-Identifier: Apache-2.0 */
#include "log/log_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"

bw_status bwi_log_file_path(char **out, const char *folder, const char *name, bw_error *err) {
  char *path = bwi_path_join(folder, name);
  if (path == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a path");
  *out = path;
  return BW_OK;
}

/* The folders between the log's own and the file. */
static bw_status make_folders(char *path, size_t folder_bytes, bw_error *err) {
  for (char *slash = strchr(path + folder_bytes + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    const int made = mkdir(path, 0777);
    if (made != 0 && errno != EEXIST) return bwi_fail_system(err, "create the folder", path, errno);
    *slash = '/';
  }
  return BW_OK;
}

bw_status bwi_log_file_read(bwi_bytes *out, const char *folder, const char *name, size_t limit_bytes,
                            bw_error *err) {
  char *path = NULL;
  BW_TRY(bwi_log_file_path(&path, folder, name, err));
  const bw_status status = bwi_file_read(out, path, limit_bytes, err);
  bwi_free(path);
  return status;
}

bw_status bwi_log_file_write(const char *folder, const char *name, bwi_bytes bytes, bw_error *err) {
  char *path = NULL;
  BW_TRY(bwi_log_file_path(&path, folder, name, err));
  bw_status status = make_folders(path, strlen(folder), err);
  if (status == BW_OK) status = bwi_file_write(path, bytes.data, bytes.size, err);
  bwi_free(path);
  return status;
}

bw_status bwi_log_tile_read(bwi_bytes *out, uint32_t *found, const char *folder, int level, uint64_t n,
                            uint32_t width, size_t limit_bytes, bw_error *err) {
  char name[BWI_TILE_PATH_BYTES];
  bwi_tile_path(name, level, n, width);
  *found = width;
  bw_status status = bwi_log_file_read(out, folder, name, limit_bytes, err);
  if (status != BW_EIO || width == BWI_TILE_WIDTH) return status;
  bwi_tile_path(name, level, n, BWI_TILE_WIDTH);
  if (bwi_log_file_read(out, folder, name, limit_bytes, NULL) != BW_OK) return status;
  *found = BWI_TILE_WIDTH;
  return BW_OK;
}

bw_status bwi_log_tile_write(const char *folder, int level, uint64_t n, uint32_t width, bwi_bytes bytes,
                             bw_error *err) {
  char name[BWI_TILE_PATH_BYTES];
  bwi_tile_path(name, level, n, width);
  return bwi_log_file_write(folder, name, bytes, err);
}

void bwi_log_tile_drop_partial(const char *folder, int level, uint64_t n) {
  char name[BWI_TILE_PATH_BYTES], *path = NULL;
  for (uint32_t width = 1; width < BWI_TILE_WIDTH; width++) {
    bwi_tile_path(name, level, n, width);
    if (bwi_log_file_path(&path, folder, name, NULL) != BW_OK) return;
    (void)unlink(path);
    if (width == BWI_TILE_WIDTH - 1) {
      *strrchr(path, '/') = '\0';
      (void)rmdir(path);
    }
    bwi_free(path);
  }
}
