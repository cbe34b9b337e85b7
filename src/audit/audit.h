/* SPDX-License-Identifier: Apache-2.0 */
/* An audit while it is made: checks add what they find. */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "audit/policy.h"
#include "log/event.h"

#include <bulwark/audit.h>

struct bw_audit {
  bwi_policy policy;
  bwi_arena *arena;     /* holds texts */
  const char *name;     /* what is audited, as it was asked for */
  char *path;           /* the same, resolved */
  bwi_artifact subject; /* with its digest */
  bwi_artifact rules;   /* the policy's file and digest */
  int64_t time;         /* of the audit, seconds since 1970 */
  bw_audit_finding *items;
  size_t count, capacity;
};

/* Adds a finding; path and text are copied. BW_ENOMEM. */
bw_status bwi_audit_add(bw_audit *audit, const char *check, const char *path, bw_error *err,
                        const char *format, ...) BW_PRINTF(5, 6);

/* Owner, group, mode, access lists and symlinks of everything there is, and who may write the folders above.
 * BW_EIO, BW_ELIMIT, BW_ENOMEM. */
bw_status bwi_audit_access(bw_audit *audit, bw_error *err);

/* Whether the seal holds and is recent; whether the log is consistent and knows what is there. What is wrong
 * with the files of either is a finding, too. BW_EIO, BW_ENOMEM. */
bw_status bwi_audit_seal(bw_audit *audit, bw_error *err);
bw_status bwi_audit_log(bw_audit *audit, bw_error *err);

#endif
