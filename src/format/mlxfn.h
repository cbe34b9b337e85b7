/* SPDX-License-Identifier: Apache-2.0 */
/* MLX's exported functions (.mlxfn), byte for byte: layout of every release since 0.22, no meaning.
 * The file names primitives and carries their state; what a primitive means is the graph's business. */
#ifndef FORMAT_MLXFN_H
#define FORMAT_MLXFN_H

#include "base/cursor.h"
#include "base/dims.h"

#define BWI_MLXFN_MAX_INPUTS 64 /* operands of one primitive, and inputs or outputs of a function */
#define BWI_MLXFN_NAME_BYTES 32
#define BWI_MLXFN_MAX_STATE 8 /* fields of one kind in a primitive's state */

/* A primitive's state in the order of the newest layout, split by kind: the k-th integer, enum or bool
 * is i[k], the k-th real f[k], the k-th vector v[k]. Fields that an older layout lacks hold the value
 * that the older MLX behaved as if it had (0, or as src/format/mlxfn_layout.c says). A vector longer
 * than BW_MAX_RANK is refused. */
typedef struct bwi_mlxfn_state {
  int64_t i[BWI_MLXFN_MAX_STATE];
  double f[BWI_MLXFN_MAX_STATE];
  bwi_dims v[BWI_MLXFN_MAX_STATE - 2];
  bw_dtype dtype; /* of AsType, View, NumberOfElements */
} bwi_mlxfn_state;

typedef struct bwi_mlxfn_array {
  bwi_dims shape;
  bw_dtype dtype;
} bwi_mlxfn_array;

typedef enum bwi_mlxfn_kind { BWI_MLXFN_INPUT, BWI_MLXFN_CONSTANT, BWI_MLXFN_PRIMITIVE } bwi_mlxfn_kind;

/* A value is one array of the function, numbered from 0 in tape order: inputs first, then as the tape
 * defines them. A primitive with several outputs defines several values that share `first_output`. */
typedef struct bwi_mlxfn_value {
  bwi_mlxfn_kind kind;
  bwi_mlxfn_array array; /* as stored in the file: not to be trusted */
  uint64_t offset;       /* byte offset of the value's tape entry */
  bwi_bytes data;        /* constants: raw little-endian elements inside the file's bytes */
  const char *primitive; /* primitives: table key such as "Reduce"; else NULL */
  bwi_mlxfn_state state;
  uint32_t n_operands;
  const uint32_t *operands;   /* values with smaller numbers */
  uint32_t output, n_outputs; /* which output of how many this is; n_outputs >= 1 */
  uint32_t first_output;      /* value number of output 0 of the same primitive call */
} bwi_mlxfn_value;

typedef struct bwi_mlxfn_function {
  uint32_t n_keywords;
  const char *const *keywords; /* names of the last n_keywords inputs */
  uint32_t n_inputs;           /* values 0 .. n_inputs - 1 */
  uint32_t n_values;
  const bwi_mlxfn_value *values;
  uint32_t n_outputs;
  const uint32_t *outputs; /* values */
} bwi_mlxfn_function;

typedef struct bwi_mlxfn {
  const char *version;  /* as written, for example "0.32.2" */
  const char *metadata; /* "" before 0.32.1 */
  const char *layout;   /* name of the layout that fitted, for example "0.32.1" */
  bool shapeless;
  uint32_t n_functions;
  const bwi_mlxfn_function *functions;
} bwi_mlxfn;

/* Limits, checked before memory is taken. max_memory_bytes bounds a parsed form, constants not counted;
 * two forms are alive while layouts are compared. */
typedef struct bwi_mlxfn_limits {
  uint32_t max_functions, max_values; /* defaults 64 and 200,000 */
  size_t max_memory_bytes;            /* default 256 MiB */
} bwi_mlxfn_limits;
bwi_mlxfn_limits bwi_mlxfn_default_limits(void);

/* Decides whether a candidate parse makes sense (all stored shapes agree with inferred ones). BW_OK to
 * accept; any other status rejects this layout. */
typedef bw_status (*bwi_mlxfn_accept)(void *payload, const bwi_mlxfn *candidate, bw_error *err);

/* Parses with the layout that the version string names; where that fails or the version is a
 * development build, tries every layout and takes the one that parses to the last byte and that
 * `accept` (may be NULL) accepts. The result borrows from bytes. Freed by bwi_mlxfn_free.
 * BW_EFORMAT with the byte offset: malformed, or two layouts with different meaning fit;
 * BW_EUNSUPPORTED: an unknown primitive, or CustomKernel (named as executable content); BW_ELIMIT; BW_ENOMEM.
 */
bw_status bwi_mlxfn_read(bwi_mlxfn **out, bwi_bytes bytes, const bwi_mlxfn_limits *limits,
                         bwi_mlxfn_accept accept, void *payload, bw_error *err);
void bwi_mlxfn_free(bwi_mlxfn *file);

#endif
