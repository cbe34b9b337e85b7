/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as hexadecimal digits. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 2 * size lower-case digits and a NUL. */
void bwi_hex_encode(char *out, const uint8_t *data, size_t size);

/* Exactly size bytes from exactly 2 * size digits of either case; false, with out undefined, for anything
 * else. */
bool bwi_hex_decode(uint8_t *out, size_t size, const char *text, size_t length);

#endif
