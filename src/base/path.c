/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static bw_status no_memory(bw_error *err) {
  return BW_FAIL(err, BW_ENOMEM, "no memory for a path");
}

/* The first `size` bytes. */
static char *copy_of(const char *text, size_t size) {
  char *copy = bwi_alloc(size + 1, 1);
  if (copy != NULL) (void)snprintf(copy, size + 1, "%s", text);
  return copy;
}

char *bwi_path_join(const char *folder, const char *name) {
  const size_t size = strlen(folder) + strlen(name) + 2;
  char *path = bwi_alloc(size, 1);
  if (path != NULL) (void)snprintf(path, size, "%s%s%s", folder, folder[0] == '\0' ? "" : "/", name);
  return path;
}

bw_status bwi_path_resolve(char **out, const char *path, bw_error *err) {
  char *found = realpath(path, NULL);
  if (found == NULL) return errno == ENOMEM ? no_memory(err) : bwi_fail_system(err, "find", path, errno);
  char *copy = bwi_strdup(found);
  free(found);
  if (copy == NULL) return no_memory(err);
  *out = copy;
  return BW_OK;
}

/* Without the '/' at its end, unless it is nothing else. */
static size_t trimmed_size(const char *path) {
  size_t size = strlen(path);
  while (size > 1 && path[size - 1] == '/') size--;
  return size;
}

static bool is_dots(const char *name, size_t size) {
  return size <= 2 && strncmp(name, "..", size) == 0;
}

static size_t name_start(const char *path, size_t size) {
  while (size > 0 && path[size - 1] != '/') size--;
  return size;
}

static bw_status split_text(char **folder, char **name, const char *path, bw_error *err) {
  const size_t size = trimmed_size(path), start = name_start(path, size);
  char *before = start == 0 ? bwi_strdup(".") : copy_of(path, start == 1 ? 1 : start - 1);
  char *last = copy_of(path + start, size - start);
  if (before == NULL || last == NULL) {
    bwi_free(before);
    bwi_free(last);
    return no_memory(err);
  }
  *folder = before;
  *name = last;
  return BW_OK;
}

bw_status bwi_path_split(char **folder, char **name, const char *path, bw_error *err) {
  const size_t size = trimmed_size(path), start = name_start(path, size);
  if (!is_dots(path + start, size - start)) return split_text(folder, name, path, err);
  char *resolved = NULL;
  bw_status status = bwi_path_resolve(&resolved, path, err);
  if (resolved != NULL) status = split_text(folder, name, resolved, err);
  bwi_free(resolved);
  return status;
}

/* What follows `folder` and a '/' in `path`; NULL if path begins otherwise. */
static const char *rest_below(const char *folder, const char *path) {
  const size_t size = strcmp(folder, "/") == 0 ? 0 : strlen(folder);
  if (strncmp(path, folder, size) != 0) return NULL;
  if (path[size] == '\0') return "";
  return path[size] == '/' ? path + size + 1 : NULL;
}

/* All three are resolved but for name. */
static bw_status place(char **out, const char *root, const char *parent, const char *name, bw_error *err) {
  const char *rest = rest_below(root, parent);
  char *path = rest != NULL ? bwi_path_join(rest, name) : NULL;
  if (rest != NULL && path == NULL) return no_memory(err);
  *out = path;
  return BW_OK;
}

bw_status bwi_path_below(char **out, const char *folder, const char *path, bw_error *err) {
  char *root = NULL, *parent = NULL, *before = NULL, *name = NULL;
  bw_status status = bwi_path_resolve(&root, folder, err);
  if (root != NULL) status = bwi_path_split(&before, &name, path, err);
  if (before != NULL) status = bwi_path_resolve(&parent, before, err);
  if (parent != NULL) status = place(out, root, parent, name, err);
  bwi_free(root);
  bwi_free(parent);
  bwi_free(before);
  bwi_free(name);
  return status;
}
