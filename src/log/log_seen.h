/* SPDX-License-Identifier: Apache-2.0 */
/* The last checkpoint of a log that its verifier saw, in a file of the verifier's. A log that grew has it for
 * a beginning; one that does not was rolled back or forked. */
#ifndef LOG_LOG_SEEN_H
#define LOG_LOG_SEEN_H

#include "log/log_store.h"

/* Compares the log with what `path` keeps, and keeps the log's checkpoint there if it is newer, or the first.
 * BW_EUNTRUSTED if the log is older or another, or the file is of another log; BW_EIO, BW_EFORMAT, BW_ENOMEM.
 */
bw_status bwi_log_seen_check(const char *path, bwi_log_store *store, bw_error *err);

#endif
