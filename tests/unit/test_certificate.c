/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates are made by data/certificates/make. */
#include "crypto/certificate.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "support/refusals.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { NOW = 1800000000 }; /* 2027 */

static bwi_bytes pem_of(const char *name) {
  char path[96];
  (void)snprintf(path, sizeof path, "unit/data/certificates/%s.pem", name);
  return tests_file(path);
}

/* A chain of the named certificates; up to three, the rest NULL. */
static bwi_certificates *chain_of(const char *const names[3]) {
  bwi_buffer text = {0};
  bwi_certificates *chain = NULL;
  bw_error err;
  for (size_t i = 0; i < 3 && names[i] != NULL; i++) {
    const bwi_bytes pem = pem_of(names[i]);
    bwi_buffer_put(&text, pem.data, pem.size);
    bwi_free((void *)pem.data);
  }
  if (bwi_certificates_read(&chain, (bwi_bytes){(const uint8_t *)text.data, text.size}, &err) != BW_OK)
    fail_msg("%s: %s", names[0], err.text);
  bwi_buffer_free(&text);
  return chain;
}

static void test_who_may_sign(void **state) {
  (void)state;
  static const struct {
    const char *chain[3], *root;
    const char *problem; /* NULL: none */
  } rows[] = {
      {{"alice", "between"}, "root", NULL},
      {{"alice", "between", "root"}, "root", NULL},
      {{"bob", "between"}, "root", NULL},
      {{"alice"}, "root", "unable to get local issuer certificate"},
      {{"alice", "between"}, "other", "unable to get"},
      {{"alice", "between", "other"}, "root", NULL}, /* what is not needed is not used */
      {{"expired", "between"}, "root", "certificate 1 of the chain: certificate has expired"},
      {{"future", "between"}, "root", "certificate 1 of the chain: certificate is not yet valid"},
      {{"web", "between"}, "root", "not for code signing"},
      {{"no-usage", "between"}, "root", "not for code signing"},
      {{"encipher", "between"}, "root", "not for digital signatures"},
      {{"from-web", "web-only"}, "root", "an issuing certificate is not for code signing"},
      {{"from-leaf", "alice", "between"}, "root", "invalid CA certificate"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    const char *const root_names[3] = {rows[i].root};
    bwi_certificates *chain = chain_of(rows[i].chain), *roots = chain_of(root_names);
    bw_error err = {BW_OK, 0, ""};
    const bw_status status = bwi_certificates_check(chain, roots, NOW, &err);
    const bool as_wanted = rows[i].problem == NULL
                               ? status == BW_OK
                               : status == BW_EUNTRUSTED && strstr(err.text, rows[i].problem) != NULL;
    if (!as_wanted) fail_msg("%s, row %zu: %s", rows[i].chain[0], i, err.text);
    bwi_certificates_free(chain);
    bwi_certificates_free(roots);
  }
}

static void test_time_is_the_callers(void **state) {
  (void)state;
  static const char *const names[3] = {"expired", "between"}, *const root_names[3] = {"root"};
  bwi_certificates *chain = chain_of(names), *roots = chain_of(root_names);
  assert_int_equal(bwi_certificates_check(chain, roots, 1580000000, NULL), BW_OK); /* January 2020 */
  assert_int_equal(bwi_certificates_check(chain, roots, 1570000000, NULL), BW_EUNTRUSTED);
  assert_int_equal(bwi_certificates_check(chain, roots, 1620000000, NULL), BW_EUNTRUSTED);
  bwi_certificates_free(chain);
  bwi_certificates_free(roots);
}

static void test_names(void **state) {
  (void)state;
  static const char *const alice_names[3] = {"alice"}, *const bob_names[3] = {"bob"};
  bwi_certificates *alice = chain_of(alice_names), *bob = chain_of(bob_names);
  static const struct {
    const char *name;
    bool has;
  } rows[] = {
      {"alice@example.org", true},
      {"https://example.org/alice", true},
      {"alice.example.org", true},
      {"Alice@example.org", false},
      {"alice@example.or", false},
      {"alice@example.orgs", false},
      {"example.org", false},
      {"alice", false},
      {"", false},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    if (bwi_certificate_has_name(alice, rows[i].name) != rows[i].has) fail_msg("%s", rows[i].name);
    assert_false(bwi_certificate_has_name(bob, rows[i].name));
  }
  bwi_buffer text = {0};
  bwi_certificate_names(&text, alice);
  bwi_buffer_text(&text, "; ");
  bwi_certificate_names(&text, bob);
  assert_string_equal(text.data, "alice@example.org, https://example.org/alice, alice.example.org; /CN=bob");
  bwi_buffer_free(&text);
  bwi_certificates_free(alice);
  bwi_certificates_free(bob);
}

static void test_der_both_ways(void **state) {
  (void)state;
  static const char *const names[3] = {"alice", "between"};
  bwi_certificates *chain = chain_of(names), *again = NULL;
  bwi_bytes der[2];
  char one[BWI_FINGERPRINT_BYTES], two[BWI_FINGERPRINT_BYTES];
  for (size_t i = 0; i < 2; i++) assert_int_equal(bwi_certificate_der(&der[i], chain, i, NULL), BW_OK);
  assert_int_equal(bwi_certificates_from_der(&again, der, 2, NULL), BW_OK);
  assert_int_equal(bwi_certificates_count(again), 2);
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(bwi_certificate_fingerprint(one, chain, i, NULL), BW_OK);
    assert_int_equal(bwi_certificate_fingerprint(two, again, i, NULL), BW_OK);
    assert_string_equal(one, two);
  }
  bwi_certificates_free(again);
  bwi_certificates *none = NULL;
  const bwi_bytes longer = {der[0].data, der[0].size - 1};
  assert_int_equal(bwi_certificates_from_der(&none, &longer, 1, NULL), BW_EFORMAT);
  assert_int_equal(bwi_certificates_from_der(&none, der, 0, NULL), BW_EFORMAT);
  assert_null(none);
  for (size_t i = 0; i < 2; i++) bwi_free((void *)der[i].data);
  bwi_certificates_free(chain);
}

/* Nobody is asked for a passphrase. */
#define ENCRYPTED                                                   \
  "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: " \
  "AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"                \
  "AAECAwQFBgcICQoLDA0ODw==\n-----END CERTIFICATE-----\n"

static void test_refusals(void **state) {
  (void)state;
  static const char *const texts[] = {"",
                                      "hello",
                                      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                                      "-----BEGIN CERTIFICATE-----\nMIIB",
                                      "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
                                      ENCRYPTED};
  for (size_t i = 0; i < COUNT(texts); i++) {
    bwi_certificates *none = NULL;
    if (bwi_certificates_read(&none, (bwi_bytes){(const uint8_t *)texts[i], strlen(texts[i])}, NULL) !=
        BW_EFORMAT)
      fail_msg("row %zu", i);
    assert_null(none);
  }
  bwi_buffer many = {0};
  const bwi_bytes pem = pem_of("root");
  for (int i = 0; i <= BWI_CERTIFICATES_MAX; i++) bwi_buffer_put(&many, pem.data, pem.size);
  bwi_certificates *none = NULL;
  assert_int_equal(bwi_certificates_read(&none, (bwi_bytes){(const uint8_t *)many.data, many.size}, NULL),
                   BW_ELIMIT);
  bwi_buffer_free(&many);
  bwi_free((void *)pem.data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_who_may_sign), cmocka_unit_test(test_time_is_the_callers),
      cmocka_unit_test(test_names),        cmocka_unit_test(test_der_both_ways),
      cmocka_unit_test(test_refusals),
  };
  return cmocka_run_group_tests_name("certificate", tests, NULL, NULL);
}
