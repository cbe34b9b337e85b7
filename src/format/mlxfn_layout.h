/* SPDX-License-Identifier: Apache-2.0 */
/* What the releases of MLX wrote into .mlxfn files: one layout for each stretch of releases that wrote
 * the same bytes, and for each primitive the fields of its state. */
#ifndef FORMAT_MLXFN_LAYOUT_H
#define FORMAT_MLXFN_LAYOUT_H

#include "base/cursor.h"

/* Named after the first release that wrote it; oldest first. */
typedef enum bwi_mlxfn_layout {
  BWI_MLXFN_0_22_0,
  BWI_MLXFN_0_23_0, /* float64 joins the dtypes at 11 and moves those after it */
  BWI_MLXFN_0_23_2, /* SVD */
  BWI_MLXFN_0_24_0, /* ScaledDotProductAttention: causal */
  BWI_MLXFN_0_25_0, /* GatherMM, GatherQMM: sorted indices */
  BWI_MLXFN_0_25_2, /* Convolution: low and high padding */
  BWI_MLXFN_0_26_2, /* Convolution: strides first */
  BWI_MLXFN_0_29_0, /* quantization mode */
  BWI_MLXFN_0_29_1, /* ScaledDotProductAttention: sinks */
  BWI_MLXFN_0_30_0, /* ScaledDotProductAttention: logsumexp */
  BWI_MLXFN_0_31_2, /* SliceUpdate: reduction */
  BWI_MLXFN_0_32_1, /* header: metadata */
  BWI_MLXFN_0_32_2, /* ScaledDotProductAttention: force_fused */
  BWI_MLXFN_0_32_4, /* FFT: odd length of the output */
  BWI_MLXFN_LAYOUT_COUNT
} bwi_mlxfn_layout;

const char *bwi_mlxfn_layout_name(bwi_mlxfn_layout layout); /* for example "0.26.2" */

/* The layout that a version names: that of the release itself or, for what is no plain release
 * ("0.32.2.dev20260101", "x"), the likeliest one and false. */
bool bwi_mlxfn_layout_of(const char *version, bwi_mlxfn_layout *layout);

/* A row of the primitive table. Fields are in the file's order, separated by blanks; each is a kind, the
 * slot of bwi_mlxfn_state that it fills, and an argument for two of the kinds:
 *   i3    int32 to i[3]                    b3    truth byte to i[3]
 *   e3<4  int32 enum 0..3 to i[3]          u3    string "L" or "U" to i[3] as 0 or 1
 *   z3    uint64 to i[3]                   c3=4  nothing in the file; i[3] is 4
 *   f3    float32 to f[3]                  d3    float64 to f[3]
 *   S3    int32 vector to v[3]             D3    int32 vector to v[3] and v[4]
 *   Q3    int64 vector to v[3]             Z3    uint64 vector to v[3]
 *   t0    dtype */
typedef struct bwi_mlxfn_primitive {
  const char *key;
  uint8_t fewest_operands, most_operands, fewest_outputs, most_outputs;
  bwi_mlxfn_layout since; /* rows of one key: the last whose `since` is not newer than the file's holds */
  const char *fields;
} bwi_mlxfn_primitive;

/* NULL if MLX has no exportable primitive of that key. AffineQuantize gives Quantize, its later name. */
const bwi_mlxfn_primitive *bwi_mlxfn_primitive_of(bwi_bytes key, bwi_mlxfn_layout layout);

/* All rows, by key and then by since; for tests. */
const bwi_mlxfn_primitive *bwi_mlxfn_primitives(size_t *count);

#endif
