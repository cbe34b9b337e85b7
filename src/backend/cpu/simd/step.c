/* SPDX-License-Identifier: Apache-2.0 */
/* One step of an elementwise program over a block. The tail of a block goes through the same vector code as
 * its body, so an element's bits do not depend on where it lies.
 *
 * exp and log follow the Cephes approach (Moshier 1992, "Methods and programs for mathematical functions"):
 * range reduction by log 2, then a polynomial. tanh, sigmoid and erf are made of exp. Greatest errors in
 * units of the last place, over all of float32: exp 0.95, log 0.75, tanh 1.2, erf 1.2, sigmoid 2, cosh 3.
 * Functions that are rare in networks go lane by lane through libm. */
#include <math.h>

#include "backend/cpu/simd/exponential.h"
#include "backend/cpu/simd/table.h"
#include "backend/cpu/simd/vector.h"
#include "graph/graph.h"

typedef vf (*unary_fn)(vf);
typedef vf (*binary_fn)(vf, vf);
typedef float (*scalar_fn)(float);
typedef float (*scalar2_fn)(float, float);

INLINE void map1(uint32_t n, const float *a, float *out, unary_fn f) {
  uint32_t i = 0;
  for (; i + LANES <= n; i += LANES) vf_store(out + i, f(vf_load(a + i)));
  if (i < n) vf_store_first(out + i, f(vf_load_first(a + i, n - i)), n - i);
}

INLINE void map2(uint32_t n, const float *a, const float *b, float *out, binary_fn f) {
  uint32_t i = 0;
  for (; i + LANES <= n; i += LANES) vf_store(out + i, f(vf_load(a + i), vf_load(b + i)));
  if (i < n) vf_store_first(out + i, f(vf_load_first(a + i, n - i), vf_load_first(b + i, n - i)), n - i);
}

INLINE void map_scalar(uint32_t n, const float *a, float *out, scalar_fn f) {
  for (uint32_t i = 0; i < n; i++) out[i] = f(a[i]);
}

INLINE void map_scalar2(uint32_t n, const float *a, const float *b, float *out, scalar2_fn f) {
  for (uint32_t i = 0; i < n; i++) out[i] = f(a[i], b[i]);
}

INLINE vf truth(vi mask) {
  return vf_select(mask, vf_all(1.0f), vf_all(0.0f));
}
INLINE vi is_nan(vf a) {
  return a != a;
}

INLINE vf add(vf a, vf b) {
  return a + b;
}
INLINE vf subtract(vf a, vf b) {
  return a - b;
}
INLINE vf multiply(vf a, vf b) {
  return a * b;
}
INLINE vf divide(vf a, vf b) {
  return a / b;
}
/* NaN wins, as in MLX. */
INLINE vf maximum(vf a, vf b) {
  return vf_select(is_nan(a) | (a > b), a, b);
}
INLINE vf minimum(vf a, vf b) {
  return vf_select(is_nan(a) | (a < b), a, b);
}
INLINE vf equal(vf a, vf b) {
  return truth(a == b);
}
INLINE vf equal_nan(vf a, vf b) {
  return truth((a == b) | (is_nan(a) & is_nan(b)));
}
INLINE vf not_equal(vf a, vf b) {
  return truth(a != b);
}
INLINE vf greater(vf a, vf b) {
  return truth(a > b);
}
INLINE vf greater_equal(vf a, vf b) {
  return truth(a >= b);
}
INLINE vf less(vf a, vf b) {
  return truth(a < b);
}
INLINE vf less_equal(vf a, vf b) {
  return truth(a <= b);
}
INLINE vf logical_and(vf a, vf b) {
  return truth((a != vf_all(0.0f)) & (b != vf_all(0.0f)));
}
INLINE vf logical_or(vf a, vf b) {
  return truth((a != vf_all(0.0f)) | (b != vf_all(0.0f)));
}
INLINE vf logical_not(vf a) {
  return truth(a == vf_all(0.0f));
}
INLINE vf negative(vf a) {
  return -a;
}
INLINE vf square(vf a) {
  return a * a;
}
INLINE vf absolute(vf a) {
  return (vf)((vi)a & 0x7fffffff);
}
INLINE vf sign(vf a) {
  return truth(a > vf_all(0.0f)) - truth(a < vf_all(0.0f));
}

/* x = m 2^e with m in [sqrt(1/2), sqrt(2)). */
INLINE vf logarithm(vf x) {
  const vi tiny = x < vf_all(1.17549435e-38f);
  const vf scaled = vf_select(tiny, x * vf_all(8388608.0f), x);
  const vi bits = (vi)scaled;
  vi e = ((bits >> 23) & 0xff) - 126;
  vf m = (vf)((bits & 0x007fffff) | 0x3f000000);
  const vi low = m < vf_all(0.707106781186547524f);
  m = vf_select(low, m + m, m) - vf_all(1.0f);
  e = e + low;         /* a true mask is -1 */
  e = e - (tiny & 23); /* undoes the scaling of denormals */
  const vf exponent = __builtin_convertvector(e, vf), z = m * m;
  vf p = vf_all(7.0376836292e-2f);
  p = p * m + vf_all(-1.1514610310e-1f);
  p = p * m + vf_all(1.1676998740e-1f);
  p = p * m + vf_all(-1.2420140846e-1f);
  p = p * m + vf_all(1.4249322787e-1f);
  p = p * m + vf_all(-1.6668057665e-1f);
  p = p * m + vf_all(2.0000714765e-1f);
  p = p * m + vf_all(-2.4999993993e-1f);
  p = p * m + vf_all(3.3333331174e-1f);
  vf y = p * m * z;
  y = y + exponent * vf_all(-2.12194440e-4f) - vf_all(0.5f) * z;
  y = m + y + exponent * vf_all(0.693359375f);
  y = vf_select(x == vf_all(INFINITY), x, y);
  y = vf_select(x == vf_all(0.0f), vf_all(-INFINITY), y);
  return vf_select((x < vf_all(0.0f)) | is_nan(x), vf_all(NAN), y);
}

INLINE vf log_two(vf x) {
  return logarithm(x) * vf_all(1.44269504088896341f);
}
INLINE vf log_ten(vf x) {
  return logarithm(x) * vf_all(0.434294481903251828f);
}
/* By the exponential that cannot overflow, so that small results keep their bits. */
INLINE vf sigmoid(vf x) {
  const vf e = vf_exp(-absolute(x));
  return vf_select(x < vf_all(0.0f), e, vf_all(1.0f)) / (vf_all(1.0f) + e);
}

INLINE vf with_sign_of(vf magnitude, vf x) {
  return (vf)((vi)magnitude | ((vi)x & (int32_t)0x80000000u));
}

/* A polynomial near 0, where 1 - 2 / (e^2x + 1) would cancel. */
INLINE vf hyperbolic_tangent(vf x) {
  const vf a = absolute(x), z = x * x;
  vf p = vf_all(-5.70498872745e-3f);
  p = p * z + vf_all(2.06390887954e-2f);
  p = p * z + vf_all(-5.37397155531e-2f);
  p = p * z + vf_all(1.33314422036e-1f);
  p = p * z + vf_all(-3.33332819422e-1f);
  const vf near = p * z * x + x;
  const vf far = vf_all(1.0f) - vf_all(2.0f) / (vf_exp(a + a) + vf_all(1.0f));
  return vf_select(a < vf_all(0.625f), near, vf_select(is_nan(x), x, with_sign_of(far, x)));
}

/* Near 0 a polynomial for erf(x) / x - 1 in x^2; past 1, 1 - exp(-p) with a polynomial p for -log(erfc(|x|)),
 * whose error erfc scales down. Both are minimax fits in relative error (Lawson's iteration, 0.02 units in
 * the last place); past 4 the result is 1. */
INLINE vf error_function(vf x) {
  const vf a = absolute(x), z = x * x;
  vf p = vf_all(7.85386099e-5f);
  p = p * z + vf_all(-8.01019351e-4f);
  p = p * z + vf_all(5.18832767e-3f);
  p = p * z + vf_all(-2.68538119e-2f);
  p = p * z + vf_all(1.12835851e-1f);
  p = p * z + vf_all(-3.76126258e-1f);
  p = p * z + vf_all(1.28379166e-1f);
  const vf near = p * x + x;
  const vf t = vf_select(a > vf_all(4.0f), vf_all(4.0f), a);
  vf q = vf_all(-1.86379256e-4f);
  q = q * t + vf_all(2.94765891e-3f);
  q = q * t + vf_all(-2.18380664e-2f);
  q = q * t + vf_all(1.03106759e-1f);
  q = q * t + vf_all(6.38144827e-1f);
  q = q * t + vf_all(1.12708919f);
  q = q * t + vf_all(3.41522299e-4f);
  const vf far = vf_all(1.0f) - vf_exp(-q);
  return vf_select(a < vf_all(1.0f), near, with_sign_of(far, x));
}

/* exp(|x| / 2) does not overflow before the result does. */
INLINE vf hyperbolic_cosine(vf x) {
  const vf root = vf_exp(vf_all(0.5f) * absolute(x));
  return vf_all(0.5f) * root * root + vf_all(0.5f) / (root * root);
}

/* log(e^a + e^b): the greater, plus log(1 + e) with what rounding took from 1 + e put back. Where one is
 * infinite the difference would be NaN. */
INLINE vf log_add_exp(vf a, vf b) {
  const vf greater = maximum(a, b), less = minimum(a, b);
  const vf e = vf_exp(less - greater), u = vf_all(1.0f) + e;
  const vf sum = greater + (logarithm(u) - ((u - vf_all(1.0f)) - e) / u);
  const vi infinite = (absolute(greater) == vf_all(INFINITY)) | (absolute(less) == vf_all(INFINITY));
  return vf_select(infinite | is_nan(greater), greater, sum);
}

static float floor_of_quotient(float a, float b) {
  return floorf(a / b);
}

/* The sign of the divisor, as Python's %. */
static float remainder_of(float a, float b) {
  const float r = fmodf(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static float reciprocal_root(float x) {
  return 1.0f / sqrtf(x);
}

/* 0 where the primitive is not known here. */
static int one_operand(bwi_prim prim, int32_t parameter, uint32_t n, const float *a, float *out) {
  switch (prim) {
    case BWI_Abs: map1(n, a, out, absolute); return 1;
    case BWI_Cosh: map1(n, a, out, hyperbolic_cosine); return 1;
    case BWI_Erf: map1(n, a, out, error_function); return 1;
    case BWI_Exp: map1(n, a, out, vf_exp); return 1;
    case BWI_Log: map1(n, a, out, parameter == 0 ? log_two : parameter == 1 ? log_ten : logarithm); return 1;
    case BWI_LogicalNot: map1(n, a, out, logical_not); return 1;
    case BWI_Negative: map1(n, a, out, negative); return 1;
    case BWI_Sigmoid: map1(n, a, out, sigmoid); return 1;
    case BWI_Sign: map1(n, a, out, sign); return 1;
    case BWI_Square: map1(n, a, out, square); return 1;
    case BWI_Tanh: map1(n, a, out, hyperbolic_tangent); return 1;
    case BWI_ArcCos: map_scalar(n, a, out, acosf); return 1;
    case BWI_ArcCosh: map_scalar(n, a, out, acoshf); return 1;
    case BWI_ArcSin: map_scalar(n, a, out, asinf); return 1;
    case BWI_ArcSinh: map_scalar(n, a, out, asinhf); return 1;
    case BWI_ArcTan: map_scalar(n, a, out, atanf); return 1;
    case BWI_ArcTanh: map_scalar(n, a, out, atanhf); return 1;
    case BWI_Ceil: map_scalar(n, a, out, ceilf); return 1;
    case BWI_Cos: map_scalar(n, a, out, cosf); return 1;
    case BWI_Expm1: map_scalar(n, a, out, expm1f); return 1;
    case BWI_Floor: map_scalar(n, a, out, floorf); return 1;
    case BWI_Log1p: map_scalar(n, a, out, log1pf); return 1;
    case BWI_Round: map_scalar(n, a, out, rintf); return 1;
    case BWI_Sin: map_scalar(n, a, out, sinf); return 1;
    case BWI_Sinh: map_scalar(n, a, out, sinhf); return 1;
    case BWI_Tan: map_scalar(n, a, out, tanf); return 1;
    case BWI_Sqrt: map_scalar(n, a, out, parameter != 0 ? reciprocal_root : sqrtf); return 1;
    default: return 0;
  }
}

static int two_operands(bwi_prim prim, int32_t parameter, uint32_t n, const float *a, const float *b,
                        float *out) {
  switch (prim) {
    case BWI_Add: map2(n, a, b, out, add); return 1;
    case BWI_Divide: map2(n, a, b, out, divide); return 1;
    case BWI_Equal: map2(n, a, b, out, parameter != 0 ? equal_nan : equal); return 1;
    case BWI_Greater: map2(n, a, b, out, greater); return 1;
    case BWI_GreaterEqual: map2(n, a, b, out, greater_equal); return 1;
    case BWI_Less: map2(n, a, b, out, less); return 1;
    case BWI_LessEqual: map2(n, a, b, out, less_equal); return 1;
    case BWI_LogAddExp: map2(n, a, b, out, log_add_exp); return 1;
    case BWI_LogicalAnd: map2(n, a, b, out, logical_and); return 1;
    case BWI_LogicalOr: map2(n, a, b, out, logical_or); return 1;
    case BWI_Maximum: map2(n, a, b, out, maximum); return 1;
    case BWI_Minimum: map2(n, a, b, out, minimum); return 1;
    case BWI_Multiply: map2(n, a, b, out, multiply); return 1;
    case BWI_NotEqual: map2(n, a, b, out, not_equal); return 1;
    case BWI_Subtract: map2(n, a, b, out, subtract); return 1;
    case BWI_ArcTan2: map_scalar2(n, a, b, out, atan2f); return 1;
    case BWI_FloorDivide: map_scalar2(n, a, b, out, floor_of_quotient); return 1;
    case BWI_Power: map_scalar2(n, a, b, out, powf); return 1;
    case BWI_Remainder: map_scalar2(n, a, b, out, remainder_of); return 1;
    default: return 0;
  }
}

static void select_step(uint32_t n, const float *const *in, float *out) {
  uint32_t i = 0;
  for (; i + LANES <= n; i += LANES)
    vf_store(out + i, vf_select(vf_load(in[0] + i) != vf_all(0.0f), vf_load(in[1] + i), vf_load(in[2] + i)));
  if (i < n) {
    const uint32_t rest = n - i;
    const vi mask = vf_load_first(in[0] + i, rest) != vf_all(0.0f);
    vf_store_first(out + i, vf_select(mask, vf_load_first(in[1] + i, rest), vf_load_first(in[2] + i, rest)),
                   rest);
  }
}

int VARIANT(step)(int prim, int32_t parameter, uint32_t n, const float *const *in, float *out) {
  if ((bwi_prim)prim == BWI_Select) {
    select_step(n, in, out);
    return 1;
  }
  if (in[1] == NULL) return one_operand((bwi_prim)prim, parameter, n, in[0], out);
  return two_operands((bwi_prim)prim, parameter, n, in[0], in[1], out);
}
