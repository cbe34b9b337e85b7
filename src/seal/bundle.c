/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/bundle.h"

#include <string.h>

#include "base/json_fields.h"
#include "base/memory.h"

/* A bundle has two dozen values; the payload is one string. */
enum { MAX_NODES = 4096 };

static const char media_type[] = "application/vnd.dev.sigstore.bundle.v0.3+json";

void bwi_bundle_clear(bwi_bundle *bundle) {
  bwi_envelope_clear(&bundle->envelope);
  bwi_certificates_free(bundle->chain);
  *bundle = (bwi_bundle){0};
}

/* ---- reading ---- */

static bw_status read_media_type(const bwi_json *d, bw_error *err) {
  const char *type = NULL;
  BW_TRY(bwi_field_text(&type, d, 0, "mediaType", err));
  if (strcmp(type, media_type) != 0)
    return BW_FAIL(err, BW_EUNSUPPORTED, "the bundle is of type %.80s; known is %s", type, media_type);
  return BW_OK;
}

/* Both may be missing: the bytes of the key itself, which stood here before the hint, prove nothing. */
static bw_status read_hint(char hint[BWI_FINGERPRINT_BYTES], const bwi_json *d, bwi_json_at key,
                           bw_error *err) {
  const char *text = NULL;
  const bwi_json_at at = bwi_json_kind_of(d, key) == BWI_JSON_OBJECT ? bwi_json_find(d, key, "hint") : -1;
  if (at < 0 || bwi_json_kind_of(d, at) == BWI_JSON_NULL) return BW_OK;
  BW_TRY(bwi_field_text(&text, d, key, "hint", err));
  if (strlen(text) >= BWI_FINGERPRINT_BYTES)
    return BW_FAIL_AT(err, BW_EFORMAT, bwi_json_offset_of(d, at), "\"hint\" is longer than a SHA-256 in hex");
  memcpy(hint, text, strlen(text) + 1);
  return BW_OK;
}

static bw_status read_chain(bwi_certificates **out, const bwi_json *d, bwi_json_at chain, bw_error *err) {
  bwi_bytes der[BWI_CERTIFICATES_MAX];
  size_t count = 0;
  bwi_json_at list = -1;
  BW_TRY(bwi_field(&list, d, chain, "certificates", BWI_JSON_ARRAY, err));
  bw_status status = BW_OK;
  for (bwi_json_at at = bwi_json_first(d, list); at >= 0 && status == BW_OK; at = bwi_json_next(d, at)) {
    status = count < BWI_CERTIFICATES_MAX
                 ? bwi_field_base64(&der[count], d, at, "rawBytes", err)
                 : BW_FAIL(err, BW_ELIMIT, "more than %d certificates", BWI_CERTIFICATES_MAX);
    if (status == BW_OK) count++;
  }
  if (status == BW_OK) status = bwi_certificates_from_der(out, der, count, err);
  for (size_t i = 0; i < count; i++) bwi_free((void *)der[i].data);
  return status;
}

static bw_status read_material(bwi_bundle *b, const bwi_json *d, bw_error *err) {
  bwi_json_at material = -1;
  BW_TRY(bwi_field(&material, d, 0, "verificationMaterial", BWI_JSON_OBJECT, err));
  const bwi_json_at key = bwi_json_find(d, material, "publicKey");
  const bwi_json_at chain = bwi_json_find(d, material, "x509CertificateChain");
  if (key >= 0 && chain >= 0)
    return BW_FAIL_AT(err, BW_EFORMAT, bwi_json_offset_of(d, material), "both a key and certificates");
  if (key >= 0) return read_hint(b->hint, d, key, err);
  if (chain >= 0) return read_chain(&b->chain, d, chain, err);
  if (bwi_json_find(d, material, "certificate") >= 0)
    return BW_FAIL(err, BW_EUNSUPPORTED,
                   "the bundle is signed through Sigstore; known are keys and certificate chains");
  return BW_FAIL_AT(err, BW_EFORMAT, bwi_json_offset_of(d, material), "neither a key nor certificates");
}

static bw_status read_document(bwi_bundle *b, const bwi_json *d, bw_error *err) {
  bwi_json_at envelope = -1;
  BW_TRY(read_media_type(d, err));
  BW_TRY(read_material(b, d, err));
  BW_TRY(bwi_field(&envelope, d, 0, "dsseEnvelope", BWI_JSON_OBJECT, err));
  return bwi_envelope_read(&b->envelope, d, envelope, err);
}

bw_status bwi_bundle_read(bwi_bundle *out, bwi_bytes json, bw_error *err) {
  bwi_bundle b = {0};
  bwi_json *d = NULL;
  BW_TRY(bwi_json_parse(&d, json, MAX_NODES, err));
  const bw_status status = read_document(&b, d, err);
  bwi_json_free(d);
  if (status == BW_OK)
    *out = b;
  else
    bwi_bundle_clear(&b);
  return status;
}

/* ---- writing ---- */

static bw_status write_chain(bwi_json_writer *w, const bwi_certificates *chain, bw_error *err) {
  bwi_json_key(w, "x509CertificateChain");
  bwi_json_open(w, '{');
  bwi_json_key(w, "certificates");
  bwi_json_open(w, '[');
  for (size_t i = 0; i < bwi_certificates_count(chain); i++) {
    bwi_bytes der = {NULL, 0};
    BW_TRY(bwi_certificate_der(&der, chain, i, err));
    bwi_json_open(w, '{');
    bwi_json_key(w, "rawBytes");
    bwi_json_base64(w, der);
    bwi_json_close(w, '}');
    bwi_free((void *)der.data);
  }
  bwi_json_close(w, ']');
  bwi_json_close(w, '}');
  return BW_OK;
}

static void write_hint(bwi_json_writer *w, const char *hint) {
  bwi_json_key(w, "publicKey");
  bwi_json_open(w, '{');
  bwi_json_text(w, "hint", hint);
  bwi_json_close(w, '}');
}

bw_status bwi_bundle_write(bwi_buffer *out, const bwi_bundle *bundle, bw_error *err) {
  bwi_json_writer w = {.out = out};
  bwi_json_open(&w, '{');
  bwi_json_text(&w, "mediaType", media_type);
  bwi_json_key(&w, "verificationMaterial");
  bwi_json_open(&w, '{');
  if (bundle->chain != NULL)
    BW_TRY(write_chain(&w, bundle->chain, err));
  else
    write_hint(&w, bundle->hint);
  bwi_json_key(&w, "tlogEntries");
  bwi_json_open(&w, '[');
  bwi_json_close(&w, ']');
  bwi_json_close(&w, '}');
  bwi_json_key(&w, "dsseEnvelope");
  bwi_envelope_write(&w, &bundle->envelope);
  bwi_json_close(&w, '}');
  bwi_buffer_text(out, "\n");
  return out->failed ? BW_FAIL(err, BW_ENOMEM, "no memory for a bundle") : BW_OK;
}
