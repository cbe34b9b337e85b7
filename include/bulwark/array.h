/* SPDX-License-Identifier: Apache-2.0
 *
 * Dense, row-major, owned arrays: what data sets, results and files are made of.
 * Thread-safe for concurrent reading. Stability: stable.
 */
#ifndef BULWARK_ARRAY_H
#define BULWARK_ARRAY_H

#include <bulwark/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BW_MAX_RANK 10

/* Numbered as in MLX's export format since 0.23. */
typedef enum bw_dtype {
  BW_BOOL = 0,
  BW_U8 = 1,
  BW_U16 = 2,
  BW_U32 = 3,
  BW_U64 = 4,
  BW_I8 = 5,
  BW_I16 = 6,
  BW_I32 = 7,
  BW_I64 = 8,
  BW_F16 = 9,
  BW_F32 = 10,
  BW_F64 = 11,
  BW_BF16 = 12
} bw_dtype;

#define BW_DTYPE_COUNT 13

typedef struct bw_array bw_array;

/* A zero-filled array. shape has rank entries, each >= 0. *out is the caller's, freed by
 * bw_array_free. BW_EINVAL: not a bw_dtype, rank > BW_MAX_RANK or a negative extent; BW_ELIMIT: the
 * byte size overflows; BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_array_create(bw_array **out, bw_dtype dtype, uint32_t rank,
                                              const int64_t *shape, bw_error *err);
BW_API void bw_array_free(bw_array *array); /* NULL is fine */

BW_API bw_dtype bw_array_dtype(const bw_array *array);
BW_API uint32_t bw_array_rank(const bw_array *array);
BW_API const int64_t *bw_array_shape(const bw_array *array); /* borrowed, rank entries */
BW_API int64_t bw_array_count(const bw_array *array);        /* number of elements */
BW_API size_t bw_array_bytes(const bw_array *array);
BW_API void *bw_array_data(bw_array *array); /* borrowed, 64-byte aligned */
BW_API const void *bw_array_view(const bw_array *array);

/* A new array with the same values and another dtype. Integers to integers wrap, floats to integers
 * round towards zero and saturate (NaN becomes 0), anything but zero is true; f16 and bf16 round to
 * nearest even from float32, as MLX does. BW_EINVAL: not a bw_dtype; BW_ELIMIT: the byte size
 * overflows; BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_array_convert(bw_array **out, const bw_array *array, bw_dtype dtype,
                                               bw_error *err);

/* Bytes of one element; 0 for a number that is not a bw_dtype. */
BW_API size_t bw_dtype_bytes(bw_dtype dtype);
/* "float32", "bfloat16", "bool", ... as MLX names them; "unknown" for a number that is not one. */
BW_API const char *bw_dtype_name(bw_dtype dtype);

#ifdef __cplusplus
}
#endif
#endif
