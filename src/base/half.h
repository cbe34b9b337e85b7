/* SPDX-License-Identifier: Apache-2.0 */
/* f16 and bf16 to and from f32, round to nearest even, as MLX does. NaN stays NaN, with its sign. */
#ifndef BASE_HALF_H
#define BASE_HALF_H

#include <stdint.h>

float bwi_f16_to_f32(uint16_t bits);
uint16_t bwi_f32_to_f16(float value);
float bwi_bf16_to_f32(uint16_t bits);
uint16_t bwi_f32_to_bf16(float value);

#endif
