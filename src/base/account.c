/* SPDX-License-Identifier: Apache-2.0 */
#include "base/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "base/memory.h"

#ifdef __APPLE__
#include <sys/acl.h>
#else
#include <sys/xattr.h>
#endif

enum { ENTRY_BYTES = 1 << 20 }; /* of a group with its members */

static bw_status answer(bool found, int error, const char *kind, const char *name, bw_error *err) {
  if (found) return BW_OK;
  if (error != 0) return bwi_fail_system(err, "look up", name, error);
  return BW_FAIL(err, BW_EINVAL, "there is no %s %s", kind, name);
}

bw_status bwi_user_id(uint32_t *out, const char *name, bw_error *err) {
  struct passwd entry, *found = NULL;
  char *room = bwi_alloc(ENTRY_BYTES, 1);
  if (room == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to look up %s", name);
  const int error = getpwnam_r(name, &entry, room, ENTRY_BYTES, &found);
  if (found != NULL) *out = (uint32_t)found->pw_uid;
  bwi_free(room);
  return answer(found != NULL, error, "user", name, err);
}

bw_status bwi_group_id(uint32_t *out, const char *name, bw_error *err) {
  struct group entry, *found = NULL;
  char *room = bwi_alloc(ENTRY_BYTES, 1);
  if (room == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to look up %s", name);
  const int error = getgrnam_r(name, &entry, room, ENTRY_BYTES, &found);
  if (found != NULL) *out = (uint32_t)found->gr_gid;
  bwi_free(room);
  return answer(found != NULL, error, "group", name, err);
}

#ifdef __APPLE__
bool bwi_has_access_list(const char *path) {
  acl_t list = acl_get_link_np(path, ACL_TYPE_EXTENDED);
  if (list != NULL) (void)acl_free(list);
  return list != NULL;
}
#else
bool bwi_has_access_list(const char *path) {
  /* The system keeps these only where there is more to say than permission bits do. */
  return lgetxattr(path, "system.posix_acl_access", NULL, 0) > 0 ||
         lgetxattr(path, "system.posix_acl_default", NULL, 0) > 0;
}
#endif
