/* SPDX-License-Identifier: Apache-2.0 */
/* Policies of audits (docs/audit.md): one JSON object; a rule that is left out is not checked, and one that
 * is not known is an error, since a misspelt rule would check nothing. */
#ifndef AUDIT_POLICY_H
#define AUDIT_POLICY_H

#include "base/cursor.h"
#include "base/memory.h"

#define BWI_POLICY_MAX_BYTES ((size_t)1 << 20)

typedef struct bwi_ids {
  uint32_t *items; /* NULL: not checked */
  size_t count;
} bwi_ids;

typedef struct bwi_texts {
  const char **items;
  size_t count;
} bwi_texts;

typedef enum bwi_symlinks { BWI_SYMLINKS_ANY, BWI_SYMLINKS_INSIDE, BWI_SYMLINKS_NONE } bwi_symlinks;

typedef struct bwi_policy {
  bwi_arena *arena; /* holds what it points to */
  bwi_ids owners, groups;
  int32_t mode, folder_mode; /* the most permission bits that are allowed; -1: not checked */
  bool no_acl, parents;
  bwi_symlinks symlinks;
  struct {
    bool wanted;
    const char *signature; /* NULL: beside the data */
    bwi_texts keys;
    int64_t max_days; /* -1: any age */
  } seal;
  struct {
    const char *path; /* NULL: no log is wanted */
    const char *key, *seen;
    bwi_texts events;
  } log;
} bwi_policy;

/* Paths in the policy are told from `folder`. *out is cleared by bwi_policy_clear. BW_EFORMAT with the
 * offset, also for users and groups that there are none of; BW_EIO, BW_ELIMIT, BW_ENOMEM. */
bw_status bwi_policy_read(bwi_policy *out, bwi_bytes text, const char *folder, bw_error *err);
void bwi_policy_clear(bwi_policy *policy);

#endif
