/* SPDX-License-Identifier: Apache-2.0 */
/* Elementwise primitives of two operands, and Select, with NumPy broadcasting. */
#include <math.h>

#include "backend/ref/ref.h"
#include "backend/ref/ref_fold.h"
#include "backend/ref/ref_iterate.h"

/* --- real numbers --- */

/* The sign of the divisor, as Python's %. */
static double remainder_real(double a, double b) {
  const double r = fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

#define EACH(expression)                                         \
  do {                                                           \
    for (int64_t i = 0; i < n; i++) a[i] = (double)(expression); \
  } while (0)

void bwi_binary_real(bwi_prim prim, int64_t parameter, bw_dtype dtype, double *a, const double *b,
                     int64_t n) {
  switch (prim) {
    case BWI_Add: EACH(a[i] + b[i]); break;
    case BWI_ArcTan2: EACH(atan2(a[i], b[i])); break;
    case BWI_Divide: EACH(a[i] / b[i]); break;
    /* MLX rounds the quotient before it takes the floor, which can be the next integer up. */
    case BWI_FloorDivide: EACH(floor(bwi_round_to(dtype, a[i] / b[i]))); break;
    case BWI_Equal: EACH(a[i] == b[i] || (parameter != 0 && isnan(a[i]) && isnan(b[i]))); break;
    case BWI_Greater: EACH(a[i] > b[i]); break;
    case BWI_GreaterEqual: EACH(a[i] >= b[i]); break;
    case BWI_Less: EACH(a[i] < b[i]); break;
    case BWI_LessEqual: EACH(a[i] <= b[i]); break;
    case BWI_LogAddExp: EACH(bwi_logaddexp(a[i], b[i])); break;
    case BWI_LogicalAnd: EACH(a[i] != 0 && b[i] != 0); break;
    case BWI_LogicalOr: EACH(a[i] != 0 || b[i] != 0); break;
    case BWI_Maximum: EACH(bwi_max_real(a[i], b[i])); break;
    case BWI_Minimum: EACH(bwi_min_real(a[i], b[i])); break;
    case BWI_Multiply: EACH(a[i] * b[i]); break;
    case BWI_NotEqual: EACH(a[i] != b[i]); break;
    case BWI_Power: EACH(pow(a[i], b[i])); break;
    case BWI_Remainder: EACH(remainder_real(a[i], b[i])); break;
    case BWI_Subtract: EACH(a[i] - b[i]); break;
    default: break;
  }
}

/* --- integers --- */

typedef struct integer_type {
  bool is_u64;
  unsigned shift_mask; /* C computes narrow integers as int, and x86 shifts by the count modulo the width */
} integer_type;

typedef struct quotient {
  int64_t floor, remainder;
} quotient;

/* Rounded down; 0 and 0 for a divisor of 0, where MLX stops the process. */
static quotient divide(int64_t a, int64_t b, integer_type type) {
  if (b == 0) return (quotient){0, 0};
  if (type.is_u64)
    return (quotient){(int64_t)((uint64_t)a / (uint64_t)b), (int64_t)((uint64_t)a % (uint64_t)b)};
  if (b == -1) return (quotient){(int64_t)(0 - (uint64_t)a), 0}; /* the least integer has no quotient */
  quotient q = {a / b, a % b};
  if (q.remainder != 0 && (q.remainder < 0) != (b < 0)) {
    q.floor--;
    q.remainder += b;
  }
  return q;
}

/* By squaring, wrapping; 0 for a negative exponent, as in MLX. */
static int64_t power(int64_t base, int64_t exponent, integer_type type) {
  if (exponent < 0 && !type.is_u64) return 0;
  uint64_t result = 1, factor = (uint64_t)base;
  for (uint64_t e = (uint64_t)exponent; e != 0; e >>= 1, factor *= factor)
    if (e & 1) result *= factor;
  return (int64_t)result;
}

static int64_t bitwise(int64_t operation, int64_t a, int64_t b, integer_type type) {
  const unsigned by = (unsigned)b & type.shift_mask;
  switch (operation) {
    case 0: return a & b;
    case 1: return a | b;
    case 2: return a ^ b;
    case 3: return (int64_t)((uint64_t)a << by);
    default: return type.is_u64 ? (int64_t)((uint64_t)a >> by) : a >> by;
  }
}

static int64_t binary_integer(bwi_prim prim, int64_t parameter, int64_t a, int64_t b, integer_type type) {
  switch (prim) {
    case BWI_Add: return (int64_t)((uint64_t)a + (uint64_t)b);
    case BWI_BitwiseBinary: return bitwise(parameter, a, b, type);
    case BWI_FloorDivide: return divide(a, b, type).floor;
    case BWI_Equal: return a == b;
    case BWI_Greater: return bwi_less_integer(b, a, type.is_u64);
    case BWI_GreaterEqual: return !bwi_less_integer(a, b, type.is_u64);
    case BWI_Less: return bwi_less_integer(a, b, type.is_u64);
    case BWI_LessEqual: return !bwi_less_integer(b, a, type.is_u64);
    case BWI_LogicalAnd: return a != 0 && b != 0;
    case BWI_LogicalOr: return a != 0 || b != 0;
    case BWI_Maximum: return bwi_less_integer(a, b, type.is_u64) ? b : a;
    case BWI_Minimum: return bwi_less_integer(b, a, type.is_u64) ? b : a;
    case BWI_Multiply: return (int64_t)((uint64_t)a * (uint64_t)b);
    case BWI_NotEqual: return a != b;
    case BWI_Power: return power(a, b, type);
    case BWI_Remainder: return divide(a, b, type).remainder;
    case BWI_Subtract: return (int64_t)((uint64_t)a - (uint64_t)b);
    default: return 0;
  }
}

/* --- arrays --- */

static void binary_block(const bwi_node *node, bw_dtype dtype, bwi_wide *a, const bwi_wide *b, int64_t n) {
  const int64_t parameter = node->params->i[0];
  if (bwi_is_real(dtype)) {
    bwi_binary_real(node->prim, parameter, dtype, &a->real, &b->real, n);
    return;
  }
  const integer_type type = {.is_u64 = dtype == BW_U64, .shift_mask = bw_dtype_bytes(dtype) == 8 ? 63 : 31};
  for (int64_t i = 0; i < n; i++)
    a[i].integer = binary_integer(node->prim, parameter, a[i].integer, b[i].integer, type);
}

bw_status bwi_ref_binary(const bwi_ref_call *call) {
  const bwi_node *node = call->node;
  const bw_dtype dtype = call->operand[0]->dtype;
  const bwi_dims strides[2] = {bwi_broadcast_strides(&call->operand[0]->shape, &node->shape),
                               bwi_broadcast_strides(&call->operand[1]->shape, &node->shape)};
  bwi_walk w;
  bwi_wide a[BWI_BLOCK], b[BWI_BLOCK];
  int64_t at = 0;
  bwi_walk_begin(&w, &node->shape, 2, strides);
  while (bwi_walk_next(&w)) {
    for (int64_t done = 0; done < w.row; done += BWI_BLOCK) {
      const int64_t n = w.row - done < BWI_BLOCK ? w.row - done : BWI_BLOCK;
      bwi_load_wide(a, call->in[0], dtype, w.offset[0] + done * w.step[0], w.step[0], n);
      bwi_load_wide(b, call->in[1], dtype, w.offset[1] + done * w.step[1], w.step[1], n);
      binary_block(node, dtype, a, b, n);
      /* A comparison of reals left 0.0 or 1.0: stored as a real either way. */
      if (bwi_is_real(dtype)) {
        bwi_store_real(call->out, node->dtype, at, 1, &a->real, n);
      } else {
        bwi_store_integer(call->out, node->dtype, at, 1, &a->integer, false, n);
      }
      at += n;
    }
  }
  return BW_OK;
}

bw_status bwi_ref_select(const bwi_ref_call *call) {
  const bwi_node *node = call->node;
  bwi_dims strides[3];
  for (uint32_t k = 0; k < 3; k++) strides[k] = bwi_broadcast_strides(&call->operand[k]->shape, &node->shape);
  const uint8_t *condition = call->in[0];
  bwi_walk w;
  bwi_wide a[BWI_BLOCK], b[BWI_BLOCK];
  int64_t at = 0;
  bwi_walk_begin(&w, &node->shape, 3, strides);
  while (bwi_walk_next(&w)) {
    for (int64_t done = 0; done < w.row; done += BWI_BLOCK) {
      const int64_t n = w.row - done < BWI_BLOCK ? w.row - done : BWI_BLOCK;
      bwi_load_wide(a, call->in[1], node->dtype, w.offset[1] + done * w.step[1], w.step[1], n);
      bwi_load_wide(b, call->in[2], node->dtype, w.offset[2] + done * w.step[2], w.step[2], n);
      for (int64_t i = 0; i < n; i++)
        if (condition[w.offset[0] + (done + i) * w.step[0]] == 0) a[i] = b[i];
      bwi_store_wide(call->out, node->dtype, at, 1, a, n);
      at += n;
    }
  }
  return BW_OK;
}
