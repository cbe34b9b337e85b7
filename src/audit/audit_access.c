/* SPDX-License-Identifier: Apache-2.0 */
/* Who may change what is there. Nothing is opened but folders, and no symlink is followed. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/account.h"
#include "base/path.h"
#include "base/walk.h"

static bool is_among(const bwi_ids *ids, uint32_t id) {
  for (size_t i = 0; i < ids->count; i++)
    if (ids->items[i] == id) return true;
  return false;
}

/* ---- entries ---- */

static bw_status check_owner(bw_audit *a, const bwi_walk_entry *e, bw_error *err) {
  const bwi_policy *p = &a->policy;
  if (p->owners.items != NULL && !is_among(&p->owners, e->owner))
    BW_TRY(bwi_audit_add(a, "owner", e->path, err, "belongs to user %" PRIu32, e->owner));
  if (p->groups.items != NULL && !is_among(&p->groups, e->group))
    BW_TRY(bwi_audit_add(a, "group", e->path, err, "belongs to group %" PRIu32, e->group));
  return BW_OK;
}

static bw_status check_mode(bw_audit *a, const bwi_walk_entry *e, bw_error *err) {
  const int32_t most = e->kind == BWI_WALK_FOLDER ? a->policy.folder_mode : a->policy.mode;
  if (most < 0 || e->kind == BWI_WALK_SYMLINK || (e->mode & ~(uint32_t)most) == 0) return BW_OK;
  return bwi_audit_add(a, "mode", e->path, err, "mode %04" PRIo32 " grants more than %04" PRIo32, e->mode,
                       (uint32_t)most);
}

/* What the symlink leads to, as far as it is below what is audited. */
static bw_status check_target(bw_audit *a, const bwi_walk_entry *e, const char *path, bw_error *err) {
  char *target = NULL;
  const size_t n = strlen(a->path);
  const bw_status status = bwi_path_resolve(&target, path, NULL);
  if (status == BW_ENOMEM) return BW_FAIL(err, BW_ENOMEM, "no memory for a path");
  const bool inside =
      target != NULL && strncmp(target, a->path, n) == 0 && (target[n] == '/' || target[n] == '\0');
  bwi_free(target);
  if (inside) return BW_OK;
  return bwi_audit_add(a, "symlinks", e->path, err, "%s",
                       status == BW_OK ? "a symlink that leads out of it" : "a symlink that leads nowhere");
}

static bw_status check_kind(bw_audit *a, const bwi_walk_entry *e, const char *path, bw_error *err) {
  if (e->kind == BWI_WALK_SPECIAL)
    return bwi_audit_add(a, "special", e->path, err, "neither a file nor a folder");
  if (e->kind != BWI_WALK_SYMLINK || a->policy.symlinks == BWI_SYMLINKS_ANY) return BW_OK;
  if (a->policy.symlinks == BWI_SYMLINKS_INSIDE) return check_target(a, e, path, err);
  return bwi_audit_add(a, "symlinks", e->path, err, "a symlink");
}

static bw_status check_entry(bw_audit *a, const bwi_walk_entry *e, const char *path, bw_error *err) {
  BW_TRY(check_owner(a, e, err));
  BW_TRY(check_mode(a, e, err));
  BW_TRY(check_kind(a, e, path, err));
  if (a->policy.no_acl && bwi_has_access_list(path))
    return bwi_audit_add(a, "acl", e->path, err, "has an access list beyond its mode");
  return BW_OK;
}

/* ---- folders above ---- */

enum { STICKY = 01000 }; /* POSIX has its name, S_ISVTX, and this value for XSI systems alone */

/* Who may write a folder may put another in place of what is in it, unless it is sticky. */
static bw_status check_parent(bw_audit *a, const char *path, bw_error *err) {
  struct stat info;
  const bwi_policy *p = &a->policy;
  if (stat(path, &info) != 0) return bwi_fail_system(err, "ask about", path, errno);
  const bool sticky = (info.st_mode & STICKY) != 0;
  if ((info.st_mode & S_IWOTH) != 0 && !sticky)
    BW_TRY(bwi_audit_add(a, "parents", path, err, "everybody may replace what is in it"));
  if ((info.st_mode & S_IWGRP) != 0 && !sticky && !is_among(&p->groups, (uint32_t)info.st_gid))
    BW_TRY(bwi_audit_add(a, "parents", path, err, "group %" PRIu32 " may replace what is in it",
                         (uint32_t)info.st_gid));
  if (p->owners.items != NULL && info.st_uid != 0 && !is_among(&p->owners, (uint32_t)info.st_uid))
    BW_TRY(bwi_audit_add(a, "parents", path, err, "user %" PRIu32 " may replace what is in it",
                         (uint32_t)info.st_uid));
  return BW_OK;
}

static bw_status check_parents(bw_audit *a, bw_error *err) {
  char *path = bwi_strdup(a->path);
  if (path == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a path");
  bw_status status = BW_OK;
  while (status == BW_OK && strcmp(path, "/") != 0) {
    char *slash = strrchr(path, '/');
    slash[slash == path] = '\0'; /* "/a" becomes "/" */
    status = check_parent(a, path, err);
  }
  bwi_free(path);
  return status;
}

/* ---- */

static bw_status check_walk(bw_audit *a, const bwi_walk *walk, bw_error *err) {
  bw_status status = BW_OK;
  for (size_t i = 0; i < walk->count && status == BW_OK; i++) {
    char *path = bwi_path_join(a->path, walk->entries[i].path);
    status = path == NULL ? BW_FAIL(err, BW_ENOMEM, "no memory for a path")
                          : check_entry(a, &walk->entries[i], path, err);
    bwi_free(path);
  }
  return status;
}

static bw_status check_below(bw_audit *a, bw_error *err) {
  int root = -1;
  bwi_walk walk;
  BW_TRY(bwi_walk_open_root(&root, a->path, err));
  bw_status status = bwi_walk_below(&walk, root, NULL, NULL, err);
  (void)close(root);
  if (status != BW_OK) return status;
  status = check_walk(a, &walk, err);
  bwi_walk_clear(&walk);
  return status;
}

/* The file or folder itself; *is_folder says which. */
static bw_status check_itself(bool *is_folder, bw_audit *a, const char *folder, const char *name,
                              bw_error *err) {
  int parent = -1;
  bwi_walk walk;
  BW_TRY(bwi_walk_open_root(&parent, folder, err));
  bw_status status = bwi_walk_one(&walk, parent, name, err);
  (void)close(parent);
  if (status != BW_OK) return status;
  bwi_walk_entry self = walk.entries[0];
  self.path = ".";
  *is_folder = self.kind == BWI_WALK_FOLDER;
  status = check_entry(a, &self, a->path, err);
  bwi_walk_clear(&walk);
  return status;
}

bw_status bwi_audit_access(bw_audit *audit, bw_error *err) {
  char *folder = NULL, *name = NULL;
  bool is_folder = false;
  BW_TRY(bwi_path_split(&folder, &name, audit->path, err));
  bw_status status = check_itself(&is_folder, audit, folder, name, err);
  bwi_free(folder);
  bwi_free(name);
  if (status == BW_OK && is_folder) status = check_below(audit, err);
  return status == BW_OK && audit->policy.parents ? check_parents(audit, err) : status;
}
