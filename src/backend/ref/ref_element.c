/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/ref/ref_element.h"

#include <math.h>
#include <string.h>

#include "base/half.h"

bool bwi_is_real(bw_dtype dtype) {
  return dtype >= BW_F16 && dtype <= BW_BF16;
}

/* --- conversions of one element --- */

/* What x86 does with what does not fit (C leaves it open, and MLX runs whatever the machine has): the least
 * value of the register it converts in. The narrow dtypes keep the low bits of that. */
static int32_t to_i32(double x) {
  return x > -2147483649.0 && x < 2147483648.0 ? (int32_t)x : INT32_MIN;
}

static int64_t to_i64(double x) {
  return x >= -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN;
}

static uint64_t to_u64(double x) {
  return x >= 0x1p63 ? (uint64_t)to_i64(x - 0x1p63) ^ (UINT64_C(1) << 63) : (uint64_t)to_i64(x);
}

static float integer_to_float(int64_t x, bool is_u64) {
  return is_u64 ? (float)(uint64_t)x : (float)x;
}

/* Through float, as MLX computes its halves. */
static double from_f16(uint16_t bits) {
  return (double)bwi_f16_to_f32(bits);
}

static double from_bf16(uint16_t bits) {
  return (double)bwi_bf16_to_f32(bits);
}

double bwi_round_to(bw_dtype dtype, double value) {
  switch (dtype) {
    case BW_F16: return from_f16(bwi_f32_to_f16((float)value));
    case BW_BF16: return from_bf16(bwi_f32_to_bf16((float)value));
    case BW_F32: return (double)(float)value;
    default: return value;
  }
}

/* --- blocks --- */

/* One loop a dtype: these macros only spare writing it thirteen times four times. */
#define LOAD(type, expression)                   \
  do {                                           \
    const type *p = (const type *)base + offset; \
    for (int64_t i = 0; i < n; i++) {            \
      const type x = p[i * step];                \
      to[i] = (expression);                      \
    }                                            \
  } while (0)

#define STORE(type, expression)         \
  do {                                  \
    type *p = (type *)base + offset;    \
    for (int64_t i = 0; i < n; i++) {   \
      p[i * step] = (type)(expression); \
    }                                   \
  } while (0)

void bwi_load_real(double *to, const void *base, bw_dtype dtype, int64_t offset, int64_t step, int64_t n) {
  switch (dtype) {
    case BW_BOOL: LOAD(uint8_t, (double)(x != 0)); break;
    case BW_U8: LOAD(uint8_t, (double)x); break;
    case BW_U16: LOAD(uint16_t, (double)x); break;
    case BW_U32: LOAD(uint32_t, (double)x); break;
    case BW_U64: LOAD(uint64_t, (double)x); break;
    case BW_I8: LOAD(int8_t, (double)x); break;
    case BW_I16: LOAD(int16_t, (double)x); break;
    case BW_I32: LOAD(int32_t, (double)x); break;
    case BW_I64: LOAD(int64_t, (double)x); break;
    case BW_F16: LOAD(uint16_t, from_f16(x)); break;
    case BW_F32: LOAD(float, (double)x); break;
    case BW_F64: LOAD(double, x); break;
    case BW_BF16: LOAD(uint16_t, from_bf16(x)); break;
  }
}

void bwi_store_real(void *base, bw_dtype dtype, int64_t offset, int64_t step, const double *from, int64_t n) {
  switch (dtype) {
    case BW_BOOL: STORE(uint8_t, from[i] != 0); break;
    case BW_U8: STORE(uint8_t, to_i32(from[i])); break;
    case BW_U16: STORE(uint16_t, to_i32(from[i])); break;
    case BW_U32: STORE(uint32_t, to_i64(from[i])); break;
    case BW_U64: STORE(uint64_t, to_u64(from[i])); break;
    case BW_I8: STORE(int8_t, to_i32(from[i])); break;
    case BW_I16: STORE(int16_t, to_i32(from[i])); break;
    case BW_I32: STORE(int32_t, to_i32(from[i])); break;
    case BW_I64: STORE(int64_t, to_i64(from[i])); break;
    case BW_F16: STORE(uint16_t, bwi_f32_to_f16((float)from[i])); break;
    case BW_F32: STORE(float, from[i]); break;
    case BW_F64: STORE(double, from[i]); break;
    case BW_BF16: STORE(uint16_t, bwi_f32_to_bf16((float)from[i])); break;
  }
}

void bwi_load_integer(int64_t *to, const void *base, bw_dtype dtype, int64_t offset, int64_t step,
                      int64_t n) {
  switch (dtype) {
    case BW_BOOL: LOAD(uint8_t, x != 0); break;
    case BW_U8: LOAD(uint8_t, x); break;
    case BW_U16: LOAD(uint16_t, x); break;
    case BW_U32: LOAD(uint32_t, x); break;
    case BW_U64: LOAD(uint64_t, (int64_t)x); break;
    case BW_I8: LOAD(int8_t, x); break;
    case BW_I16: LOAD(int16_t, x); break;
    case BW_I32: LOAD(int32_t, x); break;
    case BW_I64: LOAD(int64_t, x); break;
    case BW_F16:
    case BW_F32:
    case BW_F64:
    case BW_BF16: break;
  }
}

void bwi_store_integer(void *base, bw_dtype dtype, int64_t offset, int64_t step, const int64_t *from,
                       bool is_u64, int64_t n) {
  switch (dtype) {
    case BW_BOOL: STORE(uint8_t, from[i] != 0); break;
    case BW_U8:
    case BW_I8: STORE(uint8_t, from[i]); break;
    case BW_U16:
    case BW_I16: STORE(uint16_t, from[i]); break;
    case BW_U32:
    case BW_I32: STORE(uint32_t, from[i]); break;
    case BW_U64:
    case BW_I64: STORE(int64_t, from[i]); break;
    case BW_F16: STORE(uint16_t, bwi_f32_to_f16(integer_to_float(from[i], is_u64))); break;
    case BW_F32: STORE(float, integer_to_float(from[i], is_u64)); break;
    case BW_F64: STORE(double, is_u64 ? (double)(uint64_t)from[i] : (double)from[i]); break;
    case BW_BF16: STORE(uint16_t, bwi_f32_to_bf16(integer_to_float(from[i], is_u64))); break;
  }
}

void bwi_load_wide(bwi_wide *to, const void *base, bw_dtype dtype, int64_t offset, int64_t step, int64_t n) {
  if (bwi_is_real(dtype)) {
    bwi_load_real(&to->real, base, dtype, offset, step, n);
  } else {
    bwi_load_integer(&to->integer, base, dtype, offset, step, n);
  }
}

void bwi_store_wide(void *base, bw_dtype dtype, int64_t offset, int64_t step, const bwi_wide *from,
                    int64_t n) {
  if (bwi_is_real(dtype)) {
    bwi_store_real(base, dtype, offset, step, &from->real, n);
  } else {
    bwi_store_integer(base, dtype, offset, step, &from->integer, false, n);
  }
}

/* --- keys --- */

static int64_t key_of_real(double x) {
  if (isnan(x)) return BWI_KEY_NAN;
  int64_t bits;
  memcpy(&bits, &x, sizeof bits);
  if (x == 0) return 0;
  return bits >= 0 ? bits : INT64_MIN - bits; /* sign and magnitude to two's complement */
}

void bwi_load_key(int64_t *to, const void *base, bw_dtype dtype, int64_t offset, int64_t step, int64_t n) {
  if (!bwi_is_real(dtype)) {
    bwi_load_integer(to, base, dtype, offset, step, n);
    for (int64_t i = 0; dtype == BW_U64 && i < n; i++) to[i] ^= INT64_MIN;
    return;
  }
  double values[BWI_BLOCK];
  for (int64_t done = 0; done < n; done += BWI_BLOCK) {
    const int64_t count = n - done < BWI_BLOCK ? n - done : BWI_BLOCK;
    bwi_load_real(values, base, dtype, offset + done * step, step, count);
    for (int64_t i = 0; i < count; i++) to[done + i] = key_of_real(values[i]);
  }
}
