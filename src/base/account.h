/* SPDX-License-Identifier: Apache-2.0 */
/* Users and groups of the system, and what it grants besides permission bits. */
#ifndef BASE_ACCOUNT_H
#define BASE_ACCOUNT_H

#include <stdbool.h>

#include "base/error.h"

/* The number of a user or group. BW_EINVAL if there is none of that name; BW_EIO, BW_ENOMEM. */
bw_status bwi_user_id(uint32_t *out, const char *name, bw_error *err);
bw_status bwi_group_id(uint32_t *out, const char *name, bw_error *err);

/* Whether the file, which is not followed if it is a symlink, has an access list beyond its permission bits,
 * or gives one to files made in it. */
bool bwi_has_access_list(const char *path);

#endif
