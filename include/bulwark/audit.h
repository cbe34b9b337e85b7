/* SPDX-License-Identifier: Apache-2.0 */
/* Audits of data and models: who may change them, whether their seal still holds, and what their log says,
 * against a policy; see docs/audit.md. Not thread-safe: one audit a thread. Stability: experimental.
 */
#ifndef BULWARK_AUDIT_H
#define BULWARK_AUDIT_H

#include <bulwark/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bw_audit bw_audit;

typedef struct bw_audit_finding {
  const char *check; /* "owner", "group", "mode", "acl", "parents", "symlinks", "special", "seal", "log" */
  const char *path;  /* below what is audited, "." for itself; of parents, seal and log as they are named */
  const char *text;  /* what is wrong, for people */
} bw_audit_finding;

/* Audits the file or folder at path by the policy, a file of JSON (docs/audit.md). BW_OK says that this could
 * be done: findings are for bw_audit_count. BW_EIO with the path, BW_EFORMAT with the policy's offset,
 * BW_ELIMIT, BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_audit_data(bw_audit **out, const char *path, const char *policy_path,
                                            bw_error *err);
BW_API void bw_audit_free(bw_audit *audit); /* NULL is fine */

BW_API size_t bw_audit_count(const bw_audit *audit); /* of findings; 0: all is well */
BW_API const bw_audit_finding *bw_audit_at(const bw_audit *audit, size_t finding); /* borrowed */

/* For people, or with json as the in-toto statement that bw_audit_sign signs. The text is freed by
 * bw_text_free. BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_audit_text(char **out, const bw_audit *audit, int json, bw_error *err);

/* The report, signed: a DSSE envelope of an in-toto statement (predicate test-result v0.1) whose subject is
 * what was audited. The key is a private one in PEM; passphrase_fd as in bw_log_create. The text is freed by
 * bw_text_free. BW_EIO, BW_EINVAL, BW_EFORMAT, BW_EUNSUPPORTED, BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_audit_sign(char **out, const bw_audit *audit, const char *key_path,
                                            int passphrase_fd, bw_error *err);

/* The statement of a signed report, if the public key in PEM at key_path made it; freed by bw_text_free.
 * BW_EUNTRUSTED if not; BW_EIO, BW_EFORMAT, BW_EUNSUPPORTED, BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_audit_read(char **out, const char *report_path, const char *key_path,
                                            bw_error *err);

#ifdef __cplusplus
}
#endif
#endif
