/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 as RFC 3629 has it: shortest forms only, no surrogates, nothing above U+10FFFF. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the well-formed sequence at text, of which left >= 1 bytes may be read; 0 if there is none. */
size_t bwi_utf8_length(const uint8_t *text, size_t left);

/* Writes a code point (not a surrogate, at most U+10FFFF) and returns its length in bytes. */
size_t bwi_utf8_encode(char out[4], uint32_t code);

/* Puts '?' in place of each byte that a terminal might act on or could not show: control characters, those
 * of two bytes included, and what is no UTF-8. */
void bwi_utf8_make_plain(char *text);

#endif
