/* SPDX-License-Identifier: Apache-2.0 */
#include "support/scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/walk.h"
#include "support/unit.h"

static char folder[] = "scratch-XXXXXX";

int scratch_make(void **state) {
  (void)state;
  return mkdtemp(folder) == NULL ? -1 : 0;
}

int scratch_remove(void **state) {
  (void)state;
  int root = -1;
  bwi_walk walk;
  if (bwi_walk_open_root(&root, folder, NULL) != BW_OK) return -1;
  if (bwi_walk_below(&walk, root, NULL, NULL, NULL) != BW_OK) return -1;
  for (size_t i = walk.count; i-- > 0;)
    (void)unlinkat(root, walk.entries[i].path, walk.entries[i].kind == BWI_WALK_FOLDER ? AT_REMOVEDIR : 0);
  bwi_walk_clear(&walk);
  (void)close(root);
  return rmdir(folder);
}

const char *scratch(const char *name) {
  static char paths[8][256];
  static unsigned next;
  char *path = paths[next++ % 8];
  (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

void scratch_put(const char *name, const void *data, size_t size) {
  char *path = (char *)scratch(name), *slash = strrchr(path, '/');
  *slash = '\0';
  (void)mkdir(path, 0700);
  *slash = '/';
  FILE *file = fopen(path, "wb"); /* not base/file.h, which waits for the disk */
  assert_non_null(file);
  assert_int_equal(fwrite(data, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
}
