/* SPDX-License-Identifier: Apache-2.0 */
/* Conversion goes through chunks of one wide kind, so that 13 x 13 pairs are 13 loads and 13 stores:
 * integers as 64 bits of two's complement, floats as double. */
#include <bulwark/array.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/checked.h"
#include "base/dims.h"
#include "base/error.h"
#include "base/half.h"
#include "base/memory.h"

struct bw_array {
  bw_dtype dtype;
  bwi_dims shape;
  int64_t count;
  size_t bytes;
  void *data;
};

typedef struct dtype_info {
  const char *name;
  size_t bytes;
  bool is_float, is_signed;
} dtype_info;

static const dtype_info dtypes[BW_DTYPE_COUNT] = {
    [BW_BOOL] = {"bool", 1, false, false},   [BW_U8] = {"uint8", 1, false, false},
    [BW_U16] = {"uint16", 2, false, false},  [BW_U32] = {"uint32", 4, false, false},
    [BW_U64] = {"uint64", 8, false, false},  [BW_I8] = {"int8", 1, false, true},
    [BW_I16] = {"int16", 2, false, true},    [BW_I32] = {"int32", 4, false, true},
    [BW_I64] = {"int64", 8, false, true},    [BW_F16] = {"float16", 2, true, true},
    [BW_F32] = {"float32", 4, true, true},   [BW_F64] = {"float64", 8, true, true},
    [BW_BF16] = {"bfloat16", 2, true, true},
};

static bool is_dtype(bw_dtype dtype) {
  return (unsigned)dtype < BW_DTYPE_COUNT;
}

size_t bw_dtype_bytes(bw_dtype dtype) {
  return is_dtype(dtype) ? dtypes[dtype].bytes : 0;
}

const char *bw_dtype_name(bw_dtype dtype) {
  return is_dtype(dtype) ? dtypes[dtype].name : "unknown";
}

bw_status bw_array_create(bw_array **out, bw_dtype dtype, uint32_t rank, const int64_t *shape,
                          bw_error *err) {
  if (!is_dtype(dtype)) return BW_FAIL(err, BW_EINVAL, "dtype %d is not a bw_dtype", (int)dtype);
  if (rank > BW_MAX_RANK)
    return BW_FAIL(err, BW_EINVAL, "rank %u is over the maximum of %d", (unsigned)rank, BW_MAX_RANK);
  bwi_dims dims = {.n = rank};
  for (uint32_t i = 0; i < rank; i++) {
    if (shape[i] < 0) return BW_FAIL(err, BW_EINVAL, "shape[%u] is negative", (unsigned)i);
    dims.v[i] = shape[i];
  }
  int64_t count = 0;
  size_t bytes = 0;
  char text[96];
  if (!bwi_shape_count(&count, shape, rank) || (uint64_t)count > SIZE_MAX ||
      !bwi_mul_size(&bytes, (size_t)count, dtypes[dtype].bytes))
    return BW_FAIL(err, BW_ELIMIT, "the size of an array of shape %s overflows",
                   bwi_dims_text(text, sizeof text, &dims));

  bw_array *array = bwi_alloc(1, sizeof *array);
  void *data = bwi_alloc(bytes, 1);
  if (array == NULL || data == NULL) {
    bwi_free(array);
    bwi_free(data);
    return BW_FAIL(err, BW_ENOMEM, "no memory for an array of shape %s and type %s",
                   bwi_dims_text(text, sizeof text, &dims), dtypes[dtype].name);
  }
  *array = (bw_array){dtype, dims, count, bytes, data};
  *out = array;
  return BW_OK;
}

void bw_array_free(bw_array *array) {
  if (array == NULL) return;
  bwi_free(array->data);
  bwi_free(array);
}

bw_dtype bw_array_dtype(const bw_array *array) {
  return array->dtype;
}

uint32_t bw_array_rank(const bw_array *array) {
  return array->shape.n;
}

const int64_t *bw_array_shape(const bw_array *array) {
  return array->shape.v;
}

int64_t bw_array_count(const bw_array *array) {
  return array->count;
}

size_t bw_array_bytes(const bw_array *array) {
  return array->bytes;
}

void *bw_array_data(bw_array *array) {
  return array->data;
}

const void *bw_array_view(const bw_array *array) {
  return array->data;
}

#define CHUNK 256

typedef struct chunk {
  size_t n;
  uint64_t integer[CHUNK]; /* sign-extended where the type is signed */
  double real[CHUNK];
} chunk;

static void load_integers(chunk *c, const void *from, bw_dtype dtype) {
  /* The one loop for nine element types. */
#define LOAD(type) \
  for (size_t i = 0; i < c->n; i++) c->integer[i] = (uint64_t)((const type *)from)[i]
  switch (dtype) {
    case BW_BOOL:
      for (size_t i = 0; i < c->n; i++) c->integer[i] = ((const uint8_t *)from)[i] != 0;
      break;
    case BW_U8: LOAD(uint8_t); break;
    case BW_U16: LOAD(uint16_t); break;
    case BW_U32: LOAD(uint32_t); break;
    case BW_U64: LOAD(uint64_t); break;
    case BW_I8: LOAD(int8_t); break;
    case BW_I16: LOAD(int16_t); break;
    case BW_I32: LOAD(int32_t); break;
    default: LOAD(int64_t); break;
  }
#undef LOAD
}

static void load_reals(chunk *c, const void *from, bw_dtype dtype) {
  const uint16_t *half = from;
  const float *single = from;
  switch (dtype) {
    case BW_F16:
      for (size_t i = 0; i < c->n; i++) c->real[i] = (double)bwi_f16_to_f32(half[i]);
      break;
    case BW_BF16:
      for (size_t i = 0; i < c->n; i++) c->real[i] = (double)bwi_bf16_to_f32(half[i]);
      break;
    case BW_F32:
      for (size_t i = 0; i < c->n; i++) c->real[i] = (double)single[i];
      break;
    default: memcpy(c->real, from, c->n * sizeof *c->real); break;
  }
}

/* Floats to integers round towards zero, saturate, and NaN becomes 0. */
static void reals_to_integers(chunk *c, const dtype_info *to) {
  const int value_bits = (int)(8 * to->bytes) - (to->is_signed ? 1 : 0);
  const double above = ldexp(1.0, value_bits); /* the first value that does not fit */
  const double lowest = to->is_signed ? -above : 0.0;
  const uint64_t highest = UINT64_MAX >> (64 - value_bits);
  for (size_t i = 0; i < c->n; i++) {
    const double value = c->real[i];
    if (isnan(value))
      c->integer[i] = 0;
    else if (value >= above)
      c->integer[i] = highest;
    else if (value <= lowest)
      c->integer[i] = to->is_signed ? (uint64_t)(int64_t)lowest : 0;
    else
      c->integer[i] = to->is_signed ? (uint64_t)(int64_t)value : (uint64_t)value;
  }
}

static void reals_to_truths(chunk *c) {
  for (size_t i = 0; i < c->n; i++) c->integer[i] = c->real[i] != 0.0;
}

/* Types narrower than double are rounded here, once, from the integer. */
static void integers_to_reals(chunk *c, bool is_signed, bool to_double) {
  for (size_t i = 0; i < c->n; i++) {
    const uint64_t bits = c->integer[i];
    if (to_double)
      c->real[i] = is_signed ? (double)(int64_t)bits : (double)bits;
    else
      c->real[i] = (double)(is_signed ? (float)(int64_t)bits : (float)bits);
  }
}

static void store_integers(void *to, const chunk *c, size_t element_bytes) {
  switch (element_bytes) {
    case 1:
      for (size_t i = 0; i < c->n; i++) ((uint8_t *)to)[i] = (uint8_t)c->integer[i];
      break;
    case 2:
      for (size_t i = 0; i < c->n; i++) ((uint16_t *)to)[i] = (uint16_t)c->integer[i];
      break;
    case 4:
      for (size_t i = 0; i < c->n; i++) ((uint32_t *)to)[i] = (uint32_t)c->integer[i];
      break;
    default: memcpy(to, c->integer, c->n * sizeof *c->integer); break;
  }
}

static void store_reals(void *to, const chunk *c, bw_dtype dtype) {
  uint16_t *half = to;
  float *single = to;
  switch (dtype) {
    case BW_F16:
      for (size_t i = 0; i < c->n; i++) half[i] = bwi_f32_to_f16((float)c->real[i]);
      break;
    case BW_BF16:
      for (size_t i = 0; i < c->n; i++) half[i] = bwi_f32_to_bf16((float)c->real[i]);
      break;
    case BW_F32:
      for (size_t i = 0; i < c->n; i++) single[i] = (float)c->real[i];
      break;
    default: memcpy(to, c->real, c->n * sizeof *c->real); break;
  }
}

static void convert_chunk(chunk *c, void *to, bw_dtype to_dtype, const void *from, bw_dtype from_dtype) {
  const dtype_info *source = &dtypes[from_dtype], *target = &dtypes[to_dtype];
  if (source->is_float)
    load_reals(c, from, from_dtype);
  else
    load_integers(c, from, from_dtype);

  if (target->is_float) {
    if (!source->is_float) integers_to_reals(c, source->is_signed, to_dtype == BW_F64);
    store_reals(to, c, to_dtype);
    return;
  }
  if (source->is_float && to_dtype == BW_BOOL)
    reals_to_truths(c);
  else if (source->is_float)
    reals_to_integers(c, target);
  else if (to_dtype == BW_BOOL)
    for (size_t i = 0; i < c->n; i++) c->integer[i] = c->integer[i] != 0;
  store_integers(to, c, target->bytes);
}

bw_status bw_array_convert(bw_array **out, const bw_array *array, bw_dtype dtype, bw_error *err) {
  bw_array *made = NULL;
  BW_TRY(bw_array_create(&made, dtype, array->shape.n, array->shape.v, err));
  if (dtype == array->dtype) {
    memcpy(made->data, array->data, array->bytes);
    *out = made;
    return BW_OK;
  }
  const size_t count = (size_t)array->count, from_bytes = dtypes[array->dtype].bytes;
  chunk c = {0};
  for (size_t first = 0; first < count; first += CHUNK) {
    c.n = count - first < CHUNK ? count - first : CHUNK;
    convert_chunk(&c, (char *)made->data + first * dtypes[dtype].bytes, dtype,
                  (const char *)array->data + first * from_bytes, array->dtype);
  }
  *out = made;
  return BW_OK;
}
