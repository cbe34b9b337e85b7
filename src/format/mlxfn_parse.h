/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over a .mlxfn file under the assumption that one layout holds. */
#ifndef FORMAT_MLXFN_PARSE_H
#define FORMAT_MLXFN_PARSE_H

#include "format/mlxfn.h"
#include "format/mlxfn_layout.h"

#define BWI_MLXFN_VERSION_BYTES 64

/* The file's version string, into text (at most capacity - 1 printable ASCII characters); the cursor
 * then stands behind it. */
void bwi_mlxfn_read_version(bwi_cursor *c, char *text, size_t capacity);

/* Errors and ownership as bwi_mlxfn_read. */
bw_status bwi_mlxfn_parse(bwi_mlxfn **out, bwi_bytes bytes, bwi_mlxfn_layout layout,
                          const bwi_mlxfn_limits *limits, bw_error *err);

#endif
