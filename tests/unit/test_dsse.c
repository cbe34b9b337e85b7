/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/dsse.h"

#include <string.h>

#include "base/memory.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bwi_bytes bytes_of(const char *text) {
  return (bwi_bytes){(const uint8_t *)text, strlen(text)};
}

/* The example of the DSSE specification (protocol.md, test vectors). */
static const char example_key[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZ805D3eqNZywjCI19lInBJOp7YMr\n"
    "CrzAH3CVTAOQ0jgMeCvVTiaRJaRPRDOv8UMs6U4SvKc6pnrIDOoSYI3fdA==\n"
    "-----END PUBLIC KEY-----\n";

/* There as raw r and s, here in DER, as model signing has it. */
#define EXAMPLE_SIGNATURE \
  "MEQCIANyarEBrVbCdjtsaqyOSHJ14qeRk6CdxfhZ2fjvPEo7AiBR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="

static bw_status read_envelope(bwi_envelope *out, const char *text, bw_error *err) {
  bwi_json *d = NULL;
  assert_int_equal(bwi_json_parse(&d, bytes_of(text), 100, NULL), BW_OK);
  const bw_status status = bwi_envelope_read(out, d, 0, err);
  bwi_json_free(d);
  return status;
}

static bool holds(const bwi_envelope *envelope, const bwi_key *key) {
  bool answer = false;
  assert_int_equal(bwi_envelope_check(&answer, envelope, key, NULL), BW_OK);
  return answer;
}

static void test_published_example(void **state) {
  (void)state;
  bwi_buffer pae = {0};
  bwi_dsse_pae(&pae, "http://example.com/HelloWorld", bytes_of("hello world"));
  assert_string_equal(pae.data, "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  bwi_buffer_free(&pae);

  bwi_envelope e = {0};
  bwi_key *key = NULL;
  assert_int_equal(bwi_key_read_public(&key, bytes_of(example_key), NULL), BW_OK);
  assert_int_equal(
      read_envelope(&e,
                    "{\"payload\":\"aGVsbG8gd29ybGQ=\",\"payloadType\":\"http://example.com/HelloWorld\","
                    "\"signatures\":[{\"keyid\":\"66301bbf\",\"sig\":\"" EXAMPLE_SIGNATURE "\"}]}",
                    NULL),
      BW_OK);
  assert_true(holds(&e, key));
  ((uint8_t *)e.payload.data)[0] ^= 1;
  assert_false(holds(&e, key));
  ((uint8_t *)e.payload.data)[0] ^= 1;
  e.type[0] = 'H';
  assert_false(holds(&e, key));
  bwi_envelope_clear(&e);
  bwi_key_free(key);
}

/* keyid as "" and null, and base64 as protocol buffers allow it. */
static void test_spellings(void **state) {
  (void)state;
  static const char *const texts[] = {
      "{\"payload\":\"+//+\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"Zg==\",\"keyid\":\"\"}]}",
      "{\"payload\":\"-__-\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"Zg\",\"keyid\":null}]}",
      "{\"signatures\":[{\"sig\":\"Zg==\"}],\"payloadType\":\"t\",\"payload\":\"-__-\",\"more\":[1,{}]}",
  };
  for (size_t i = 0; i < COUNT(texts); i++) {
    bwi_envelope e = {0};
    assert_int_equal(read_envelope(&e, texts[i], NULL), BW_OK);
    assert_string_equal(e.type, "t");
    assert_int_equal(e.payload.size, 3);
    assert_memory_equal(e.payload.data, "\xFB\xFF\xFE", 3);
    assert_int_equal(e.signature.size, 1);
    bwi_envelope_clear(&e);
  }
}

static void test_refusals(void **state) {
  (void)state;
  static const struct {
    const char *text, *reason;
    uint64_t offset;
  } rows[] = {
      {"[]", "here should be an object with \"payloadType\"", 0},
      {"{}", "there is no \"payloadType\"", 0},
      {"{\"payloadType\":3}", "\"payloadType\" must be: string", 15},
      {"{\"payloadType\":\"t\"}", "there is no \"payload\"", 0},
      {"{\"payloadType\":\"t\",\"payload\":\"Zh==\"}", "\"payload\": the last base64 digit", 29},
      {"{\"payloadType\":\"t\",\"payload\":\"Zg==\\u0000\"}", "\"payload\" holds a NUL", 29},
      {"{\"payloadType\":\"t\",\"payload\":\"Zg==\",\"signatures\":{}}", "\"signatures\" must be: array", 49},
      {"{\"payloadType\":\"t\",\"payload\":\"Zg==\",\"signatures\":[]}", "exactly one signature", 49},
      {"{\"payloadType\":\"t\",\"payload\":\"Zg==\",\"signatures\":[{\"sig\":\"\"},{\"sig\":\"\"}]}",
       "exactly one signature", 49},
      {"{\"payloadType\":\"t\",\"payload\":\"Zg==\",\"signatures\":[{}]}", "there is no \"sig\"", 50},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    bwi_envelope e = {0};
    bw_error err = {BW_OK, 0, ""};
    if (read_envelope(&e, rows[i].text, &err) != BW_EFORMAT || strstr(err.text, rows[i].reason) == NULL ||
        err.offset != rows[i].offset)
      fail_msg("%s: at %llu %s", rows[i].text, (unsigned long long)err.offset, err.text);
    assert_null(e.type);
  }
}

static bw_status sign_and_read(void *payload) {
  bwi_envelope made = {0}, again = {0};
  bwi_buffer text = {0};
  bwi_json_writer w = {.out = &text};
  bwi_json *d = NULL;
  bw_status status = bwi_envelope_sign(&made, BWI_DSSE_IN_TOTO, bytes_of("{}"), payload, NULL);
  if (status == BW_OK) {
    bwi_envelope_write(&w, &made);
    status = text.failed ? BW_ENOMEM
                         : bwi_json_parse(&d, (bwi_bytes){(const uint8_t *)text.data, text.size}, 100, NULL);
  }
  if (status == BW_OK) status = bwi_envelope_read(&again, d, 0, NULL);
  if (status == BW_OK) {
    bool signed_by_key = false;
    status = bwi_envelope_check(&signed_by_key, &again, payload, NULL);
    assert_int_equal(signed_by_key, status == BW_OK);
  }
  bwi_json_free(d);
  bwi_buffer_free(&text);
  bwi_envelope_clear(&made);
  bwi_envelope_clear(&again);
  return status;
}

static void test_round_trip_without_memory(void **state) {
  (void)state;
  bwi_key *key = NULL;
  assert_int_equal(bwi_key_generate(&key, BWI_ED25519, NULL), BW_OK);
  assert_true(sweep_allocations(sign_and_read, key) > 8);
  bwi_key_free(key);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_published_example),
      cmocka_unit_test(test_spellings),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_round_trip_without_memory),
  };
  return cmocka_run_group_tests_name("dsse", tests, NULL, NULL);
}
