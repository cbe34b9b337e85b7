/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_fields.h"

#include <string.h>

#include "base/base64.h"

static const char *const kind_names[] = {
    [BWI_JSON_NULL] = "null",     [BWI_JSON_BOOL] = "true or false", [BWI_JSON_NUMBER] = "number",
    [BWI_JSON_STRING] = "string", [BWI_JSON_ARRAY] = "array",        [BWI_JSON_OBJECT] = "object"};

bw_status bwi_field(bwi_json_at *out, const bwi_json *d, bwi_json_at object, const char *name,
                    bwi_json_kind kind, bw_error *err) {
  if (bwi_json_kind_of(d, object) != BWI_JSON_OBJECT)
    return BW_FAIL_AT(err, BW_EFORMAT, bwi_json_offset_of(d, object), "here should be an object with \"%s\"",
                      name);
  const bwi_json_at at = bwi_json_find(d, object, name);
  if (at < 0) return BW_FAIL_AT(err, BW_EFORMAT, bwi_json_offset_of(d, object), "there is no \"%s\"", name);
  if (bwi_json_kind_of(d, at) != kind)
    return BW_FAIL_AT(err, BW_EFORMAT, bwi_json_offset_of(d, at), "\"%s\" must be: %s", name,
                      kind_names[kind]);
  *out = at;
  return BW_OK;
}

bw_status bwi_field_text(const char **out, const bwi_json *d, bwi_json_at object, const char *name,
                         bw_error *err) {
  bwi_json_at at = -1;
  size_t size = 0;
  BW_TRY(bwi_field(&at, d, object, name, BWI_JSON_STRING, err));
  const char *text = bwi_json_text_of(d, at, &size);
  if (strlen(text) != size)
    return BW_FAIL_AT(err, BW_EFORMAT, bwi_json_offset_of(d, at), "\"%s\" holds a NUL", name);
  *out = text;
  return BW_OK;
}

static bwi_base64_form form_of(const char *text, size_t size) {
  const bool url = memchr(text, '-', size) != NULL || memchr(text, '_', size) != NULL;
  const bool padded = size % 4 == 0;
  if (url) return padded ? BWI_BASE64_URL : BWI_BASE64_URL_BARE;
  return padded ? BWI_BASE64 : BWI_BASE64_BARE;
}

bw_status bwi_field_base64(bwi_bytes *out, const bwi_json *d, bwi_json_at object, const char *name,
                           bw_error *err) {
  const char *text = NULL;
  BW_TRY(bwi_field_text(&text, d, object, name, err));
  const size_t size = strlen(text);
  bw_error why;
  const bw_status status =
      bwi_base64_decode(out, (bwi_bytes){(const uint8_t *)text, size}, form_of(text, size), &why);
  if (status == BW_OK) return BW_OK;
  return BW_FAIL_AT(err, status, bwi_json_offset_of(d, bwi_json_find(d, object, name)), "\"%s\": %s", name,
                    why.text);
}

void bwi_json_base64(bwi_json_writer *w, bwi_bytes bytes) {
  bwi_buffer text = {0};
  bwi_base64_encode(&text, bytes, BWI_BASE64);
  if (text.failed) w->out->failed = true;
  bwi_json_string(w, text.failed || text.size == 0 ? "" : text.data);
  bwi_buffer_free(&text);
}
