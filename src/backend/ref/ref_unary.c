/* SPDX-License-Identifier: Apache-2.0 */
/* Elementwise primitives of one operand. */
#include <math.h>

#include "backend/ref/ref.h"
#include "backend/ref/ref_iterate.h"

enum { LOG_TWO = 0, LOG_TEN = 1 };

/* erf^-1 by Giles's approximation (2012, "Approximating the erfinv function"), accurate to single precision,
 * then two steps of Newton on erf or erfc, whichever does not cancel. */
static double inverse_erf(double x) {
  if (isnan(x) || x < -1 || x > 1) return NAN;
  if (x == 1 || x == -1) return x > 0 ? INFINITY : -INFINITY;
  static const double centre[] = {2.81022636e-08,  3.43273939e-07, -3.5233877e-06,
                                  -4.39150654e-06, 0.00021858087,  -0.00125372503,
                                  -0.00417768164,  0.246640727,    1.50140941};
  static const double tail[] = {-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
                                -0.0076224613,   0.00943887047,  1.00167406,    2.83297682};
  const double magnitude = fabs(x);
  const double w = -log1p(-magnitude * magnitude);
  const double at = w < 5 ? w - 2.5 : sqrt(w) - 3;
  const double *c = w < 5 ? centre : tail;
  double polynomial = c[0];
  for (int i = 1; i < 9; i++) polynomial = polynomial * at + c[i];
  double y = polynomial * magnitude;
  for (int i = 0; i < 2; i++) {
    const double excess = magnitude < 0.5 ? erf(y) - magnitude : (1 - magnitude) - erfc(y);
    y -= excess * exp(y * y) * 0.88622692545275801365; /* half the square root of pi */
  }
  return copysign(y, x);
}

static double logarithm(double x, int64_t base) {
  return base == LOG_TWO ? log2(x) : base == LOG_TEN ? log10(x) : log(x);
}

static double sigmoid(double x) {
  return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

#define EACH(expression)                                         \
  do {                                                           \
    for (int64_t i = 0; i < n; i++) x[i] = (double)(expression); \
  } while (0)

void bwi_unary_real(bwi_prim prim, int64_t parameter, double *x, int64_t n) {
  switch (prim) {
    case BWI_Abs: EACH(fabs(x[i])); break;
    case BWI_ArcCos: EACH(acos(x[i])); break;
    case BWI_ArcCosh: EACH(acosh(x[i])); break;
    case BWI_ArcSin: EACH(asin(x[i])); break;
    case BWI_ArcSinh: EACH(asinh(x[i])); break;
    case BWI_ArcTan: EACH(atan(x[i])); break;
    case BWI_ArcTanh: EACH(atanh(x[i])); break;
    case BWI_Ceil: EACH(ceil(x[i])); break;
    case BWI_Cos: EACH(cos(x[i])); break;
    case BWI_Cosh: EACH(cosh(x[i])); break;
    case BWI_Erf: EACH(erf(x[i])); break;
    case BWI_ErfInv: EACH(inverse_erf(x[i])); break;
    case BWI_Exp: EACH(exp(x[i])); break;
    case BWI_Expm1: EACH(expm1(x[i])); break;
    case BWI_Floor: EACH(floor(x[i])); break;
    case BWI_Log: EACH(logarithm(x[i], parameter)); break;
    case BWI_Log1p: EACH(log1p(x[i])); break;
    case BWI_LogicalNot: EACH(x[i] == 0); break;
    case BWI_Negative: EACH(-x[i]); break;
    case BWI_Round: EACH(rint(x[i])); break; /* half to even */
    case BWI_Sigmoid: EACH(sigmoid(x[i])); break;
    case BWI_Sign: EACH((x[i] > 0) - (x[i] < 0)); break; /* 0 for NaN */
    case BWI_Sin: EACH(sin(x[i])); break;
    case BWI_Sinh: EACH(sinh(x[i])); break;
    case BWI_Sqrt: EACH(parameter != 0 ? 1 / sqrt(x[i]) : sqrt(x[i])); break;
    case BWI_Square: EACH(x[i] * x[i]); break;
    case BWI_Tan: EACH(tan(x[i])); break;
    case BWI_Tanh: EACH(tanh(x[i])); break;
    default: break; /* StopGradient */
  }
}

/* Integers are exact under the rounding primitives, and the functions of reals take none. */
static void unary_integer(bwi_prim prim, bw_dtype dtype, int64_t *x, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    const uint64_t bits = (uint64_t)x[i];
    const bool negative = x[i] < 0 && dtype != BW_U64;
    switch (prim) {
      case BWI_Abs: x[i] = negative ? (int64_t)(0 - bits) : x[i]; break;
      case BWI_BitwiseInvert: x[i] = (int64_t)~bits; break;
      case BWI_LogicalNot: x[i] = x[i] == 0; break;
      case BWI_Negative: x[i] = (int64_t)(0 - bits); break;
      case BWI_Sign: x[i] = negative ? -1 : x[i] != 0; break;
      case BWI_Square: x[i] = (int64_t)(bits * bits); break;
      default: break;
    }
  }
}

bw_status bwi_ref_unary(const bwi_ref_call *call) {
  const bw_dtype dtype = call->operand[0]->dtype;
  const int64_t count = bwi_node_count(call->node);
  bwi_wide x[BWI_BLOCK];
  for (int64_t done = 0; done < count; done += BWI_BLOCK) {
    const int64_t n = count - done < BWI_BLOCK ? count - done : BWI_BLOCK;
    bwi_load_wide(x, call->in[0], dtype, done, 1, n);
    if (bwi_is_real(dtype)) {
      bwi_unary_real(call->node->prim, call->node->params->i[0], &x->real, n);
    } else {
      unary_integer(call->node->prim, dtype, &x->integer, n);
    }
    bwi_store_wide(call->out, dtype, done, 1, x, n);
  }
  return BW_OK;
}

bw_status bwi_ref_astype(const bwi_ref_call *call) {
  const bw_dtype from = call->operand[0]->dtype, to = call->node->dtype;
  const int64_t count = bwi_node_count(call->node);
  bwi_wide x[BWI_BLOCK];
  for (int64_t done = 0; done < count; done += BWI_BLOCK) {
    const int64_t n = count - done < BWI_BLOCK ? count - done : BWI_BLOCK;
    bwi_load_wide(x, call->in[0], from, done, 1, n);
    if (bwi_is_real(from)) {
      bwi_store_real(call->out, to, done, 1, &x->real, n);
    } else {
      bwi_store_integer(call->out, to, done, 1, &x->integer, from == BW_U64, n);
    }
  }
  return BW_OK;
}
