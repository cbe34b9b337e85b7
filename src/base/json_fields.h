/* SPDX-License-Identifier: Apache-2.0 */
/* Members that a JSON object must have, of the kind that they must be. */
#ifndef BASE_JSON_FIELDS_H
#define BASE_JSON_FIELDS_H

#include "base/json.h"

/* The member `name` of what stands at `object`. BW_EFORMAT with its offset: there is no object or no such
 * member, or it is of another kind. */
bw_status bwi_field(bwi_json_at *out, const bwi_json *d, bwi_json_at object, const char *name,
                    bwi_json_kind kind, bw_error *err);
/* A string without NUL (borrowed). */
bw_status bwi_field_text(const char **out, const bwi_json *d, bwi_json_at object, const char *name,
                         bw_error *err);
/* Bytes in base64: either alphabet, padded or not, as JSON made from protocol buffers may have them.
 * out->data is freed by bwi_free. BW_ENOMEM besides. */
bw_status bwi_field_base64(bwi_bytes *out, const bwi_json *d, bwi_json_at object, const char *name,
                           bw_error *err);

/* Writes bytes as a string in base64, padded, standard alphabet. */
void bwi_json_base64(bwi_json_writer *w, bwi_bytes bytes);

#endif
