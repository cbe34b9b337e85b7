/* SPDX-License-Identifier: Apache-2.0 */
/* From the bytes of an exported function to a graph. The file's shapes are not trusted: every value is
 * inferred anew from its operands and must come out as the file says. */
#ifndef MODEL_IMPORT_H
#define MODEL_IMPORT_H

#include "format/mlxfn.h"
#include "graph/graph.h"

/* Values that a function may have: enough for a recurrent layer unrolled over a thousand steps. Making a
 * model takes time and memory in proportion. */
#define BWI_IMPORT_MAX_VALUES 32768

/* What a graph may cost at the batch size that it was exported with, so that a small file cannot ask for
 * unbounded memory or time. */
typedef struct bwi_import_limits {
  uint64_t max_value_bytes; /* of one value; default 8 GiB */
  uint64_t max_total_bytes; /* of all values that are not constants; default 256 GiB */
  uint64_t max_operations;  /* bwi_operations of all values; default 2^42 */
} bwi_import_limits;
bwi_import_limits bwi_import_default_limits(void);

/* Builds function number `function` at the batch size that it was exported with. Constants are copied, so the
 * file's bytes may go. BW_EFORMAT with the byte offset of the value that does not make sense, or whose dtype
 * or shape is not what the file says (a shapeless file's shapes are not compared); BW_EUNSUPPORTED naming
 * the primitive and its place; BW_ELIMIT; BW_ENOMEM. */
bw_status bwi_import(bwi_graph **out, const bwi_mlxfn *file, uint32_t function,
                     const bwi_import_limits *limits, bw_error *err);

/* A bwi_mlxfn_accept without payload: whether the shapes of all functions agree. A primitive that is not
 * supported, or a limit, says nothing against a layout. */
bw_status bwi_import_accept(void *payload, const bwi_mlxfn *candidate, bw_error *err);

/* Whether a primitive of a file, named by its key, can be computed. */
bool bwi_import_supports(const char *primitive);

#endif
