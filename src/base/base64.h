/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 as RFC 4648 has it, sections 4 and 5. Decoding is strict and canonical: one text for each
 * sequence of bytes, no white space, no padding where none belongs. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buffer.h"
#include "base/cursor.h"

typedef enum bwi_base64_form {
  BWI_BASE64,         /* standard alphabet, padded */
  BWI_BASE64_BARE,    /* standard alphabet, no padding */
  BWI_BASE64_URL,     /* URL alphabet, padded */
  BWI_BASE64_URL_BARE /* URL alphabet, no padding */
} bwi_base64_form;

/* Appends the text for the bytes. */
void bwi_base64_encode(bwi_buffer *out, bwi_bytes bytes, bwi_base64_form form);

/* *out is the caller's, out->data freed by bwi_free. BW_EFORMAT with the offset in text, BW_ENOMEM. */
bw_status bwi_base64_decode(bwi_bytes *out, bwi_bytes text, bwi_base64_form form, bw_error *err);

#endif
