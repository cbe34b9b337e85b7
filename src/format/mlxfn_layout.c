/* SPDX-License-Identifier: Apache-2.0 */
/* The tables. Sources: the state() members of MLX's primitives and the names in its exporter, release by
 * release; from 0.25.2 on also files that those releases wrote (tests/unit/data/mlxfn). Fields that a
 * release lacks stay 0, which is what it behaved as, unless a row says otherwise with "c". */
#include "format/mlxfn_layout.h"

#include <string.h>

#include "format/mlxfn.h"

/* Versions as major * 10^6 + minor * 10^3 + patch. */
static const struct {
  const char *name;
  uint32_t since;
} layouts[BWI_MLXFN_LAYOUT_COUNT] = {
    [BWI_MLXFN_0_22_0] = {"0.22.0", 22000}, [BWI_MLXFN_0_23_0] = {"0.23.0", 23000},
    [BWI_MLXFN_0_23_2] = {"0.23.2", 23002}, [BWI_MLXFN_0_24_0] = {"0.24.0", 24000},
    [BWI_MLXFN_0_25_0] = {"0.25.0", 25000}, [BWI_MLXFN_0_25_2] = {"0.25.2", 25002},
    [BWI_MLXFN_0_26_2] = {"0.26.2", 26002}, [BWI_MLXFN_0_29_0] = {"0.29.0", 29000},
    [BWI_MLXFN_0_29_1] = {"0.29.1", 29001}, [BWI_MLXFN_0_30_0] = {"0.30.0", 30000},
    [BWI_MLXFN_0_31_2] = {"0.31.2", 31002}, [BWI_MLXFN_0_32_1] = {"0.32.1", 32001},
    [BWI_MLXFN_0_32_2] = {"0.32.2", 32002}, [BWI_MLXFN_0_32_4] = {"0.32.4", 32004},
};

#define MANY BWI_MLXFN_MAX_INPUTS

static const bwi_mlxfn_primitive primitives[] = {
    {"Abs", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Add", 2, 2, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"AddMM", 3, 3, 1, 1, BWI_MLXFN_0_22_0, "f0 f1"},
    {"Arange", 0, 0, 1, 1, BWI_MLXFN_0_22_0, "d0 d1 d2"},
    {"ArcCos", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"ArcCosh", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"ArcSin", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"ArcSinh", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"ArcTan", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"ArcTan2", 2, 2, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"ArcTanh", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"ArgPartition", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "i0 i1"},
    {"ArgReduce", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "e0<2 i1"},
    {"ArgSort", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "i0"},
    {"AsStrided", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "S0 Q1 z0"},
    {"AsType", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "t0"},
    {"BitwiseBinary", 2, 2, 1, 1, BWI_MLXFN_0_22_0, "e0<5"},
    {"BlockMaskedMM", 2, 5, 1, 1, BWI_MLXFN_0_22_0, "i0"},
    {"Broadcast", 1, MANY, 1, 1, BWI_MLXFN_0_22_0, "S0"},
    {"BroadcastAxes", 1, MANY, 1, 1, BWI_MLXFN_0_22_0, "S0"},
    {"Ceil", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Cholesky", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "b0"},
    {"Concatenate", 1, MANY, 1, 1, BWI_MLXFN_0_22_0, "i0"},
    {"Conjugate", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Convolution", 2, 2, 1, 1, BWI_MLXFN_0_22_0, "D1 S0 S3 S4 i0 b1"},
    {"Convolution", 2, 2, 1, 1, BWI_MLXFN_0_25_2, "S1 S2 S0 S3 S4 i0 b1"},
    {"Convolution", 2, 2, 1, 1, BWI_MLXFN_0_26_2, "S0 S1 S2 S3 S4 i0 b1"},
    {"Copy", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Cos", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Cosh", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Depends", 1, MANY, 1, MANY, BWI_MLXFN_0_22_0, ""},
    {"DivMod", 2, 2, 2, 2, BWI_MLXFN_0_22_0, ""},
    {"Divide", 2, 2, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"DynamicSlice", 2, 2, 1, 1, BWI_MLXFN_0_22_0, "S0 S1"},
    {"DynamicSliceUpdate", 3, 3, 1, 1, BWI_MLXFN_0_22_0, "S0"},
    {"Eig", 1, 1, 1, 2, BWI_MLXFN_0_22_0, "b0"},
    {"Eigh", 1, 1, 1, 2, BWI_MLXFN_0_22_0, "u0 b1"},
    {"Equal", 2, 2, 1, 1, BWI_MLXFN_0_22_0, "b0"},
    {"Erf", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"ErfInv", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Exp", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"ExpandDims", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "S0"},
    {"Expm1", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"FFT", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "Z0 b0 b1"},
    {"FFT", 1, 1, 1, 1, BWI_MLXFN_0_32_4, "Z0 b0 b1 b2"},
    {"Flatten", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "i0 i1"},
    {"Floor", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"FloorDivide", 2, 2, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Full", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Gather", 1, MANY, 1, 1, BWI_MLXFN_0_22_0, "S0 S1"},
    {"GatherAxis", 2, 2, 1, 1, BWI_MLXFN_0_22_0, "i0"},
    {"GatherMM", 4, 4, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"GatherMM", 4, 4, 1, 1, BWI_MLXFN_0_25_0, "b0 b1"},
    {"GatherQMM", 5, 6, 1, 1, BWI_MLXFN_0_22_0, "i0 i1 b3"},
    {"GatherQMM", 5, 6, 1, 1, BWI_MLXFN_0_25_0, "i0 i1 b3 b4 b5"},
    {"GatherQMM", 5, 6, 1, 1, BWI_MLXFN_0_29_0, "i0 i1 e2<4 b3 b4 b5"},
    {"Greater", 2, 2, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"GreaterEqual", 2, 2, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Hadamard", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "f0"},
    {"Imag", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Inverse", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "b0 b1"},
    {"LayerNorm", 3, 3, 1, 1, BWI_MLXFN_0_22_0, "f0"},
    {"LayerNormVJP", 4, 4, 3, 3, BWI_MLXFN_0_22_0, "f0"},
    {"Less", 2, 2, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"LessEqual", 2, 2, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Log", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "e0<3"},
    {"Log1p", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"LogAddExp", 2, 2, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"LogSumExp", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"LogicalAnd", 2, 2, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"LogicalNot", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"LogicalOr", 2, 2, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"MaskedScatter", 3, 3, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Matmul", 2, 2, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Maximum", 2, 2, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Minimum", 2, 2, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Multiply", 2, 2, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Negative", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"NotEqual", 2, 2, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"NumberOfElements", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "S0 b0 t0"},
    {"Pad", 2, 2, 1, 1, BWI_MLXFN_0_22_0, "S0 S1 S2"},
    {"Partition", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "i0 i1"},
    {"Power", 2, 2, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"QRF", 1, 1, 2, 2, BWI_MLXFN_0_22_0, ""},
    {"Quantize", 1, 4, 1, 3, BWI_MLXFN_0_22_0, "i0 i1 b3"},
    {"Quantize", 1, 4, 1, 3, BWI_MLXFN_0_29_0, "i0 i1 e2<4 b3"},
    {"QuantizedMatmul", 3, 4, 1, 1, BWI_MLXFN_0_22_0, "i0 i1 b3"},
    {"QuantizedMatmul", 3, 4, 1, 1, BWI_MLXFN_0_29_0, "i0 i1 e2<4 b3"},
    {"RMSNorm", 2, 2, 1, 1, BWI_MLXFN_0_22_0, "f0"},
    {"RMSNormVJP", 3, 3, 2, 2, BWI_MLXFN_0_22_0, "f0"},
    {"RandomBits", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "S0 i0"},
    {"Real", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Reduce", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "e0<6 S0"},
    {"Remainder", 2, 2, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Reshape", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "S0"},
    {"RoPE", 2, 3, 1, 1, BWI_MLXFN_0_22_0, "i0 b1 f0 f1 b2"},
    {"Round", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"SVD", 1, 1, 1, 3, BWI_MLXFN_0_22_0, "c0=1"},
    {"SVD", 1, 1, 1, 3, BWI_MLXFN_0_23_2, "b0"},
    {"ScaledDotProductAttention", 3, 5, 1, 2, BWI_MLXFN_0_22_0, "f0"},
    {"ScaledDotProductAttention", 3, 5, 1, 2, BWI_MLXFN_0_24_0, "f0 b0"},
    {"ScaledDotProductAttention", 3, 5, 1, 2, BWI_MLXFN_0_29_1, "f0 b0 b1"},
    {"ScaledDotProductAttention", 3, 5, 1, 2, BWI_MLXFN_0_30_0, "f0 b0 b1 b2"},
    {"ScaledDotProductAttention", 3, 5, 1, 2, BWI_MLXFN_0_32_2, "f0 b0 b1 b2 b3"},
    {"Scan", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "e0<5 i1 b2 b3"},
    {"Scatter", 2, MANY, 1, 1, BWI_MLXFN_0_22_0, "e0<5 S0"},
    {"ScatterAxis", 3, 3, 1, 1, BWI_MLXFN_0_22_0, "e0<2 i1"},
    {"SearchSorted", 2, 2, 1, 1, BWI_MLXFN_0_22_0, "b0"},
    {"Select", 3, 3, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Sigmoid", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Sign", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Sin", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Sinh", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Slice", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "S0 S1 S2"},
    {"SliceUpdate", 2, 2, 1, 1, BWI_MLXFN_0_22_0, "c0=4 S0 S1 S2"},
    {"SliceUpdate", 2, 2, 1, 1, BWI_MLXFN_0_31_2, "e0<5 S0 S1 S2"},
    {"Softmax", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "b0"},
    {"Sort", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "i0"},
    {"Split", 1, 1, 1, MANY, BWI_MLXFN_0_22_0, "S0 i0"},
    {"Sqrt", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "b0"},
    {"Square", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Squeeze", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "S0"},
    {"StopGradient", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Subtract", 2, 2, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Tan", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Tanh", 1, 1, 1, 1, BWI_MLXFN_0_22_0, ""},
    {"Transpose", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "S0"},
    {"Unflatten", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "i0 S0"},
    {"View", 1, 1, 1, 1, BWI_MLXFN_0_22_0, "t0"},
};

#define N_PRIMITIVES (sizeof primitives / sizeof *primitives)

const bwi_mlxfn_primitive *bwi_mlxfn_primitives(size_t *count) {
  *count = N_PRIMITIVES;
  return primitives;
}

const char *bwi_mlxfn_layout_name(bwi_mlxfn_layout layout) {
  return layouts[layout].name;
}

/* One number of at most three digits, as all of a version's are. */
static const char *read_number(const char *text, uint32_t *out) {
  uint32_t value = 0;
  size_t digits = 0;
  for (; digits < 3 && text[digits] >= '0' && text[digits] <= '9'; digits++)
    value = 10 * value + (uint32_t)(text[digits] - '0');
  *out = value;
  return digits == 0 ? NULL : text + digits;
}

bool bwi_mlxfn_layout_of(const char *version, bwi_mlxfn_layout *layout) {
  uint32_t number[3] = {0};
  const char *rest = version;
  for (int i = 0; i < 3 && rest != NULL; i++) {
    if (i > 0) rest = *rest == '.' ? rest + 1 : NULL;
    if (rest != NULL) rest = read_number(rest, &number[i]);
  }
  const uint32_t value = number[0] * 1000000 + number[1] * 1000 + number[2];
  uint32_t found = BWI_MLXFN_LAYOUT_COUNT - 1;
  if (rest != NULL)
    while (found > 0 && layouts[found].since > value) found--;
  *layout = (bwi_mlxfn_layout)found;
  return rest != NULL && *rest == '\0' && value >= layouts[found].since;
}

static int compare_key(bwi_bytes key, const char *other) {
  const size_t size = strlen(other);
  const int order = memcmp(key.data, other, key.size < size ? key.size : size);
  if (order != 0) return order;
  return (key.size > size) - (key.size < size);
}

const bwi_mlxfn_primitive *bwi_mlxfn_primitive_of(bwi_bytes key, bwi_mlxfn_layout layout) {
  if (key.size == 0) return NULL;
  if (compare_key(key, "AffineQuantize") == 0) key = (bwi_bytes){(const uint8_t *)"Quantize", 8};
  size_t lo = 0, hi = N_PRIMITIVES; /* the first row after those of `key` and `layout` or older */
  while (lo < hi) {
    const size_t middle = lo + (hi - lo) / 2;
    const int order = compare_key(key, primitives[middle].key);
    if (order < 0 || (order == 0 && primitives[middle].since > layout))
      hi = middle;
    else
      lo = middle + 1;
  }
  if (lo == 0 || compare_key(key, primitives[lo - 1].key) != 0) return NULL;
  return &primitives[lo - 1];
}
