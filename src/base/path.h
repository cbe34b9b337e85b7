/* SPDX-License-Identifier: Apache-2.0 */
/* Paths as texts. */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include "base/error.h"

/* "folder/name", or name alone if folder is ""; freed by bwi_free. NULL when there is no memory. */
char *bwi_path_join(const char *folder, const char *name);

/* The path that the system resolves `path` to: absolute, without symlinks, "." or "..". *out is freed by
 * bwi_free. BW_EIO, BW_ENOMEM. */
bw_status bwi_path_resolve(char **out, const char *path, bw_error *err);

/* Where `path`, which need not exist though its folder must, lies below `folder`: "a/b". NULL in *out if it
 * does not. *out is freed by bwi_free. BW_EIO, BW_ENOMEM. */
bw_status bwi_path_below(char **out, const char *folder, const char *path, bw_error *err);

/* Splits at the last '/' that is not at the end: the folder ("." if there is none, "/" for the root) and the
 * name, both freed by bwi_free. A name of "", "." or ".." is resolved first. BW_EIO, BW_ENOMEM. */
bw_status bwi_path_split(char **folder, char **name, const char *path, bw_error *err);

#endif
