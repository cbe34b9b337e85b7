/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/dsse.h"

#include <string.h>

#include "base/json_fields.h"
#include "base/memory.h"

void bwi_dsse_pae(bwi_buffer *out, const char *type, bwi_bytes payload) {
  bwi_buffer_format(out, "DSSEv1 %zu %s %zu ", strlen(type), type, payload.size);
  bwi_buffer_put(out, payload.data, payload.size);
}

bw_status bwi_envelope_sign(bwi_envelope *out, const char *type, bwi_bytes payload, const bwi_key *key,
                            bw_error *err) {
  bwi_envelope e = {.type = bwi_strdup(type)};
  bwi_buffer signed_text = {0};
  uint8_t *copy = bwi_alloc(payload.size, 1);
  bw_status status = BW_OK;
  if (copy != NULL) {
    if (payload.size > 0) memcpy(copy, payload.data, payload.size);
    e.payload = (bwi_bytes){copy, payload.size};
  }
  bwi_dsse_pae(&signed_text, type, payload);
  if (e.type == NULL || copy == NULL || signed_text.failed) {
    status = BW_FAIL(err, BW_ENOMEM, "no memory to sign %zu bytes", payload.size);
    goto out;
  }
  const bwi_bytes message = {(const uint8_t *)signed_text.data, signed_text.size};
  status = bwi_signature_make(&e.signature, key, message, err);
out:
  bwi_buffer_free(&signed_text);
  if (status == BW_OK)
    *out = e;
  else
    bwi_envelope_clear(&e);
  return status;
}

void bwi_envelope_clear(bwi_envelope *envelope) {
  bwi_free(envelope->type);
  bwi_free((void *)envelope->payload.data);
  bwi_free((void *)envelope->signature.data);
  *envelope = (bwi_envelope){0};
}

bw_status bwi_envelope_check(bool *holds, const bwi_envelope *envelope, const bwi_key *key, bw_error *err) {
  bwi_buffer text = {0};
  bwi_dsse_pae(&text, envelope->type, envelope->payload);
  const bool failed = text.failed;
  const bwi_bytes message = {(const uint8_t *)text.data, text.size};
  if (!failed) *holds = bwi_signature_holds(key, message, envelope->signature);
  bwi_buffer_free(&text);
  return failed ? BW_FAIL(err, BW_ENOMEM, "no memory to check a signature") : BW_OK;
}

void bwi_envelope_write(bwi_json_writer *w, const bwi_envelope *envelope) {
  bwi_json_open(w, '{');
  bwi_json_key(w, "payload");
  bwi_json_base64(w, envelope->payload);
  bwi_json_text(w, "payloadType", envelope->type);
  bwi_json_key(w, "signatures");
  bwi_json_open(w, '[');
  bwi_json_open(w, '{');
  bwi_json_key(w, "sig");
  bwi_json_base64(w, envelope->signature);
  bwi_json_text(w, "keyid", "");
  bwi_json_close(w, '}');
  bwi_json_close(w, ']');
  bwi_json_close(w, '}');
}

static bw_status read_fields(bwi_envelope *e, const bwi_json *d, bwi_json_at at, bw_error *err) {
  const char *type = NULL;
  bwi_json_at signatures = -1;
  BW_TRY(bwi_field_text(&type, d, at, "payloadType", err));
  e->type = bwi_strdup(type);
  if (e->type == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for an envelope");
  BW_TRY(bwi_field_base64(&e->payload, d, at, "payload", err));
  BW_TRY(bwi_field(&signatures, d, at, "signatures", BWI_JSON_ARRAY, err));
  const bwi_json_at only = bwi_json_first(d, signatures);
  if (only < 0 || bwi_json_next(d, only) >= 0)
    return BW_FAIL_AT(err, BW_EFORMAT, bwi_json_offset_of(d, signatures),
                      "there must be exactly one signature");
  return bwi_field_base64(&e->signature, d, only, "sig", err);
}

bw_status bwi_envelope_read(bwi_envelope *out, const bwi_json *d, bwi_json_at at, bw_error *err) {
  bwi_envelope e = {0};
  const bw_status status = read_fields(&e, d, at, err);
  if (status == BW_OK)
    *out = e;
  else
    bwi_envelope_clear(&e);
  return status;
}
