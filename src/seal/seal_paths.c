/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/seal_paths.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/path.h"

bw_status bwi_seal_beside(char **out, const char *path, const char *chosen, bw_error *err) {
  char *folder = NULL, *name = NULL, *joined = NULL;
  bw_status status = chosen == NULL ? bwi_path_split(&folder, &name, path, err) : BW_OK;
  if (status != BW_OK) return status;
  if (chosen == NULL) joined = strcmp(folder, ".") == 0 ? bwi_strdup(name) : bwi_path_join(folder, name);
  const char *stem = chosen != NULL ? chosen : joined;
  const size_t room = stem != NULL ? strlen(stem) + sizeof ".sig" : 0;
  char *made = stem != NULL ? bwi_alloc(room, 1) : NULL;
  if (made == NULL) {
    status = BW_FAIL(err, BW_ENOMEM, "no memory for a path");
  } else {
    (void)snprintf(made, room, "%s%s", stem, chosen == NULL ? ".sig" : "");
    *out = made;
  }
  bwi_free(folder);
  bwi_free(name);
  bwi_free(joined);
  return status;
}

bw_status bwi_ignore_add(bwi_ignore *ignore, const char *path, bw_error *err) {
  const char **grown = bwi_realloc(ignore->items, ignore->count, ignore->count + 1, sizeof *grown);
  char *copy = bwi_strdup(path);
  if (grown != NULL) ignore->items = grown;
  if (grown == NULL || copy == NULL) {
    bwi_free(copy);
    return BW_FAIL(err, BW_ENOMEM, "no memory for a list of paths");
  }
  ignore->items[ignore->count++] = copy;
  return BW_OK;
}

static const char *const standard[] = {".git", ".gitattributes", ".github", ".gitignore"};
enum { N_STANDARD = sizeof standard / sizeof *standard };

bw_status bwi_ignore_standard(bwi_ignore *ignore, bw_error *err) {
  for (int i = 0; i < N_STANDARD; i++) BW_TRY(bwi_ignore_add(ignore, standard[i], err));
  return BW_OK;
}

bool bwi_ignore_is_standard(const char *path) {
  for (int i = 0; i < N_STANDARD; i++)
    if (strcmp(standard[i], path) == 0) return true;
  return false;
}

bw_status bwi_ignore_file(bwi_ignore *ignore, const char *folder, const char *file, bw_error *err) {
  char *below = NULL;
  BW_TRY(bwi_path_below(&below, folder, file, err));
  const bw_status status = below != NULL ? bwi_ignore_add(ignore, below, err) : BW_OK;
  bwi_free(below);
  return status;
}

void bwi_ignore_clear(bwi_ignore *ignore) {
  for (size_t i = 0; i < ignore->count; i++) bwi_free((void *)ignore->items[i]);
  bwi_free(ignore->items);
  *ignore = (bwi_ignore){0};
}
