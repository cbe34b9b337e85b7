/* SPDX-License-Identifier: Apache-2.0 */
/* age's ASCII armour (c2sp.org/age): strict PEM (RFC 7468, figure 3). One text for each file, but for the
 * ends of lines and white space around the whole. */
#ifndef AGE_AGE_ARMOR_H
#define AGE_AGE_ARMOR_H

#include "age/age_input.h"

#define BWI_AGE_LINE_BYTES 48 /* decoded */

/* Text to bytes. `text` stays the caller's. */
typedef struct bwi_age_dearmor {
  bwi_age_input *text;
  uint8_t line[BWI_AGE_LINE_BYTES];
  size_t at, size; /* line[at..size) is still to be read */
  bool begun, last, ended;
} bwi_age_dearmor;
bw_age_reader bwi_age_dearmor_reader(bwi_age_dearmor *armor);

/* Bytes to text. */
typedef struct bwi_age_armor {
  bw_age_writer text;
  uint8_t line[BWI_AGE_LINE_BYTES];
  size_t size;
  bool begun;
} bwi_age_armor;
bw_age_writer bwi_age_armor_writer(bwi_age_armor *armor);
bw_status bwi_age_armor_finish(bwi_age_armor *armor,
                               bw_error *err); /* the last line, which is short, and the end */

/* Whether the input, of which nothing was read, is armoured: it begins with white space or a dash. */
bw_status bwi_age_is_armored(bool *out, bwi_age_input *in, bw_error *err);

#endif
