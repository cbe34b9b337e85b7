/* SPDX-License-Identifier: Apache-2.0 */
/* Bech32 as BIP 173 has it, without its limit on the length: the text of age's keys. */
#ifndef AGE_BECH32_H
#define AGE_BECH32_H

#include "base/cursor.h"

/* Of the text of size bytes behind a prefix of so many characters, its end not counted. */
#define BWI_BECH32_CHARACTERS(prefix, size) ((prefix) + 1 + (8 * (size) + 4) / 5 + 6)

/* Writes the lower-case text of the bytes behind the prefix ("age" gives "age1...") and a NUL. */
void bwi_bech32_encode(char *out, const char *prefix, bwi_bytes bytes);

/* The bytes of a text whose prefix, in lower case, is `prefix`, and of which there must be exactly `size`.
 * Text is all lower or all upper case. BW_EFORMAT with the offset in text; out is then wiped. */
bw_status bwi_bech32_decode(uint8_t *out, size_t size, const char *prefix, bwi_bytes text, bw_error *err);

#endif
