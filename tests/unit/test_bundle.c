/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles as the versions of model-signing have written them, and those that are refused. */
#include "seal/bundle.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "support/refusals.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define TYPE "\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\""
#define ENVELOPE                                                                                    \
  "\"dsseEnvelope\":{\"payload\":\"e30=\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"AA==\"," \
  "\"keyid\":null}]}"
#define HINT "e8450decaf0123456789e8450decaf0123456789e8450decaf01234567893f8e"
#define WITH(material) "{" TYPE ",\"verificationMaterial\":{" material "}," ENVELOPE "}"

static bwi_bytes bytes_of(const char *text) {
  return (bwi_bytes){(const uint8_t *)text, strlen(text)};
}

/* Before 1.1 the key itself stood in place of its hint; members come in any order. */
static void test_key_bundles_of_every_version(void **state) {
  (void)state;
  static const struct {
    const char *text, *hint;
  } rows[] = {
      {WITH("\"publicKey\":{\"hint\":\"" HINT "\"},\"tlogEntries\":[]"), HINT},
      {WITH("\"publicKey\":{\"rawBytes\":\"LS0t\",\"keyDetails\":\"PKIX_ECDSA_P256_SHA_256\"},"
            "\"tlogEntries\":[]"),
       ""},
      {WITH("\"tlogEntries\":[],\"publicKey\":{\"hint\":null}"), ""},
      {WITH("\"publicKey\":{}"), ""},
      {"{" ENVELOPE ",\"verificationMaterial\":{\"publicKey\":{\"hint\":\"" HINT "\"}}," TYPE ",\"later\":1}",
       HINT},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    bwi_bundle b = {0};
    bw_error err;
    if (bwi_bundle_read(&b, bytes_of(rows[i].text), &err) != BW_OK) fail_msg("row %zu: %s", i, err.text);
    assert_string_equal(b.hint, rows[i].hint);
    assert_null(b.chain);
    assert_string_equal(b.envelope.type, "t");
    assert_int_equal(b.envelope.payload.size, 2);
    bwi_bundle_clear(&b);
  }
}

static void test_refusals(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bw_status status;
    const char *reason;
  } rows[] = {
      {"", BW_EFORMAT, ""},
      {"[]", BW_EFORMAT, "\"mediaType\""},
      {"{\"mediaType\":\"application/vnd.dev.sigstore.bundle+json;version=0.2\"}", BW_EUNSUPPORTED,
       "version=0.2"},
      {"{" TYPE "}", BW_EFORMAT, "no \"verificationMaterial\""},
      {WITH(""), BW_EFORMAT, "neither a key nor certificates"},
      {WITH("\"certificate\":{\"rawBytes\":\"AA==\"}"), BW_EUNSUPPORTED, "through Sigstore"},
      {WITH("\"publicKey\":{},\"x509CertificateChain\":{}"), BW_EFORMAT, "both a key and certificates"},
      {WITH("\"publicKey\":{\"hint\":\"" HINT "0\"}"), BW_EFORMAT, "longer than a SHA-256"},
      {WITH("\"publicKey\":{\"hint\":3}"), BW_EFORMAT, "\"hint\" must be: string"},
      {WITH("\"x509CertificateChain\":{}"), BW_EFORMAT, "no \"certificates\""},
      {WITH("\"x509CertificateChain\":{\"certificates\":[]}"), BW_EFORMAT, "no certificate"},
      {WITH("\"x509CertificateChain\":{\"certificates\":[{\"rawBytes\":\"AA==\"}]}"), BW_EFORMAT,
       "malformed certificate"},
      {WITH("\"x509CertificateChain\":{\"certificates\":[3]}"), BW_EFORMAT, "an object with \"rawBytes\""},
      {"{" TYPE ",\"verificationMaterial\":{\"publicKey\":{}}}", BW_EFORMAT, "no \"dsseEnvelope\""},
      {WITH("\"publicKey\":{},\"publicKey\":{}"), BW_EFORMAT, ""},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    bwi_bundle b = {0};
    bw_error err = {BW_OK, 0, ""};
    if (bwi_bundle_read(&b, bytes_of(rows[i].text), &err) != rows[i].status ||
        strstr(err.text, rows[i].reason) == NULL)
      fail_msg("row %zu: %s", i, err.text);
    assert_null(b.envelope.type);
  }
}

/* *payload is the certificates, or NULL for a bare key. */
static bw_status write_and_read(void *payload) {
  bwi_bundle made = {.envelope = {.type = bwi_strdup("t")}, .hint = HINT}, again = {0};
  bwi_buffer text = {0};
  bw_status status = made.envelope.type == NULL ? BW_ENOMEM : BW_OK;
  if (status == BW_OK && payload != NULL)
    status = bwi_certificates_read(&made.chain, *(const bwi_bytes *)payload, NULL);
  if (status == BW_OK) status = bwi_bundle_write(&text, &made, NULL);
  if (status == BW_OK)
    status = bwi_bundle_read(&again, (bwi_bytes){(const uint8_t *)text.data, text.size}, NULL);
  if (status == BW_OK) {
    assert_string_equal(again.hint, payload != NULL ? "" : HINT);
    assert_int_equal(again.chain != NULL, payload != NULL);
    if (payload != NULL) assert_int_equal(bwi_certificates_count(again.chain), 1);
  }
  bwi_buffer_free(&text);
  bwi_bundle_clear(&made);
  bwi_bundle_clear(&again);
  return status;
}

static bool holds(const bwi_envelope *envelope, const bwi_key *key) {
  bool answer = false;
  assert_int_equal(bwi_envelope_check(&answer, envelope, key, NULL), BW_OK);
  return answer;
}

/* A bundle of model-signing's own tests; its certificate is for the key that signed. */
static void test_published_chain(void **state) {
  (void)state;
  const bwi_bytes json = tests_file("unit/data/model-signing/v1.1.0-certificate.sig"),
                  pem = tests_file("unit/data/model-signing/key.pub");
  bwi_bundle b = {0};
  bwi_key *certified = NULL, *known = NULL;
  assert_int_equal(bwi_bundle_read(&b, json, NULL), BW_OK);
  assert_int_equal(bwi_certificates_count(b.chain), 2);
  assert_int_equal(bwi_certificate_key(&certified, b.chain, 0, NULL), BW_OK);
  assert_int_equal(bwi_key_read_public(&known, pem, NULL), BW_OK);
  assert_true(bwi_key_same(certified, known));
  assert_true(holds(&b.envelope, certified));
  ((uint8_t *)b.envelope.payload.data)[b.envelope.payload.size - 1] ^= 1;
  assert_false(holds(&b.envelope, certified));
  bwi_key_free(certified);
  bwi_key_free(known);
  bwi_bundle_clear(&b);
  bwi_free((void *)json.data);
  bwi_free((void *)pem.data);
}

static void test_writes_what_it_reads(void **state) {
  (void)state;
  bwi_bytes pem = tests_file("unit/data/certificates/alice.pem");
  assert_true(sweep_allocations(write_and_read, NULL) > 5);
  assert_true(sweep_allocations(write_and_read, &pem) > 8);
  bwi_free((void *)pem.data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_key_bundles_of_every_version),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_published_chain),
      cmocka_unit_test(test_writes_what_it_reads),
  };
  return cmocka_run_group_tests_name("bundle", tests, NULL, NULL);
}
