/* SPDX-License-Identifier: Apache-2.0 */
/* exp, within 2 units in the last place, by the Cephes approach (Moshier 1992): range reduction by log 2,
 * then a polynomial. */
#ifndef BACKEND_CPU_SIMD_EXPONENTIAL_H
#define BACKEND_CPU_SIMD_EXPONENTIAL_H

#include "backend/cpu/simd/vector.h"

/* x = n log 2 + r with |r| <= log 2 / 2; 2^n is applied in two halves so that neither over- nor underflows
 * before the result does. */
INLINE vf vf_exp(vf x) {
  const vf magic = vf_all(12582912.0f); /* 1.5 * 2^23: adding it rounds to a whole number */
  x = vf_select(x > vf_all(89.0f), vf_all(89.0f), x);
  x = vf_select(x < vf_all(-104.0f), vf_all(-104.0f), x);
  const vf shifted = x * vf_all(1.44269504089f) + magic;
  const vf n = shifted - magic;
  vf r = x - n * vf_all(0.693359375f);
  r = r - n * vf_all(-2.12194440e-4f);
  vf p = vf_all(1.9875691500e-4f);
  p = p * r + vf_all(1.3981999507e-3f);
  p = p * r + vf_all(8.3334519073e-3f);
  p = p * r + vf_all(4.1665795894e-2f);
  p = p * r + vf_all(1.6666665459e-1f);
  p = p * r + vf_all(5.0000001201e-1f);
  const vf y = p * (r * r) + r + vf_all(1.0f);
  const vi whole = (vi)shifted - (vi)magic;
  const vi half = whole >> 1;
  const vf scale1 = (vf)((half + 127) << 23), scale2 = (vf)((whole - half + 127) << 23);
  return vf_select(x != x, x, y * scale1 * scale2);
}

#endif
