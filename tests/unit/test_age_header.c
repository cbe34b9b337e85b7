/* SPDX-License-Identifier: Apache-2.0 */
#include "age/age_header.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "support/pipe.h"
#include "support/refusals.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bwi_bytes text(const char *text) {
  return (bwi_bytes){(const uint8_t *)text, strlen(text)};
}

#define V1 "age-encryption.org/v1\n"
#define MAC "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"

static void reads_stanzas(void **state) {
  (void)state;
  bwi_age_header h = {0};
  bwi_bytes words[BWI_AGE_MOST_ARGUMENTS];
  const char *whole = V1 "-> scrypt c2FsdA 18\nYm9keQ\n-> a\n\n" MAC "payload";
  assert_int_equal(bwi_age_header_parse(&h, text(whole), NULL), BW_OK);
  assert_int_equal(h.count, 2);
  assert_int_equal(h.size, strlen(whole) - strlen("payload"));
  assert_int_equal(h.authenticated.size, h.size - strlen(MAC) + 3);
  assert_true(bwi_age_stanza_is(&h.stanzas[0], "scrypt"));
  assert_false(bwi_age_stanza_is(&h.stanzas[0], "scryp"));
  assert_false(bwi_age_stanza_is(&h.stanzas[0], "scrypt2"));
  assert_true(bwi_age_stanza_is(&h.stanzas[1], "a"));
  assert_int_equal(h.stanzas[0].offset, strlen(V1));
  assert_int_equal(h.stanzas[0].body.size, 4);
  assert_memory_equal(h.stanzas[0].body.data, "body", 4);
  assert_int_equal(h.stanzas[1].body.size, 0);
  assert_true(bwi_age_stanza_arguments(words, &h.stanzas[0], 3));
  assert_memory_equal(words[2].data, "18", words[2].size);
  assert_false(bwi_age_stanza_arguments(words, &h.stanzas[0], 2));
  assert_false(bwi_age_stanza_arguments(words, &h.stanzas[1], 2));
  bwi_age_header_clear(&h);
  bwi_age_header_clear(&h);
}

static void decodes_arguments(void **state) {
  (void)state;
  uint8_t out[4];
  bw_error err = {.status = BW_OK};
  const bwi_age_stanza stanza = {.offset = 22};
  assert_int_equal(bwi_age_stanza_decode(out, 4, &stanza, text("c2FsdA"), &err), BW_OK);
  assert_memory_equal(out, "salt", 4);
  static const char *const wrong[] = {"", "c2Fsd", "c2FsdB", "c2FsdA==", "c2FsdGE", "c2Fs"};
  for (size_t i = 0; i < COUNT(wrong); i++) {
    assert_int_equal(bwi_age_stanza_decode(out, 4, &stanza, text(wrong[i]), &err), BW_EFORMAT);
    assert_int_equal(err.offset, 22);
  }
}

/* Besides what tests/parity/age/vectors.py holds. */
static void refuses_what_is_wrong(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bw_status status;
    uint64_t offset;
    const char *why;
  } rows[] = {
      {"", BW_EFORMAT, 0, "not an age file"},
      {"age-encryption.org", BW_EFORMAT, 0, "not an age file"},
      {"age-encryption.org/v1", BW_EFORMAT, 0, "truncated: the version line has no end"},
      {"age-encryption.org/v2\n", BW_EUNSUPPORTED, 22, "is not the version"},
      {"age-encryption.org/v1.1\n", BW_EUNSUPPORTED, 24, "is not the version"},
      {"age-encryption.org/v1\r\n", BW_EFORMAT, 23, "a version line"},
      {V1, BW_EFORMAT, 22, "here should be a stanza"},
      {V1 "->x\n\n" MAC, BW_EFORMAT, 22, "here should be a stanza"},
      {V1 MAC, BW_EFORMAT, 22, "without a recipient"},
      {V1 "-> x", BW_EFORMAT, 25, "truncated: the first line of a stanza"},
      {V1 "-> x \n\n" MAC, BW_EFORMAT, 22, "one space between them"},
      {V1 "->  x\n\n" MAC, BW_EFORMAT, 22, "one space between them"},
      {V1 "-> \n\n" MAC, BW_EFORMAT, 22, "needs arguments"},
      {V1 "-> x\ty\n\n" MAC, BW_EFORMAT, 22, "visible characters"},
      {V1 "-> x\nAA=\n" MAC, BW_EFORMAT, 29, "base64"},
      {V1 "-> x\nAAB\n" MAC, BW_EFORMAT, 29, "base64"},
      {V1 "-> x\n", BW_EFORMAT, 27, "truncated: the body of a stanza"},
      {V1 "-> x\n\n---", BW_EFORMAT, 28, "truncated: the line of the MAC"},
      {V1 "-> x\n\n--- \n", BW_EFORMAT, 28, "a MAC of 43 characters"},
      {V1 "-> x\n\n----AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", BW_EFORMAT, 28,
       "here should be \"--- \""},
      {V1 "-> x\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\n", BW_EFORMAT, 74, "base64"},
      {V1 "-> x\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n", BW_EFORMAT, 73, "base64"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    bwi_age_header h = {0};
    bw_error err = {.status = BW_OK};
    const bw_status status = bwi_age_header_parse(&h, text(rows[i].text), &err);
    if (status != rows[i].status || err.offset != rows[i].offset || strstr(err.text, rows[i].why) == NULL)
      fail_msg("row %zu: %s: \"%s\" at %lld", i, bw_status_text(status), err.text, (long long)err.offset);
    assert_null(h.stanzas);
  }
}

static bw_status parse_and_free(bwi_bytes bytes, bw_error *err) {
  bwi_age_header h = {0};
  const bw_status status = bwi_age_header_parse(&h, bytes, err);
  bwi_age_header_clear(&h);
  return status;
}

static bw_status parse_prefix(bwi_bytes bytes, void *payload) {
  (void)payload;
  return parse_and_free(bytes, NULL);
}

static void refuses_every_truncation(void **state) {
  (void)state;
  sweep_truncations(text(V1 "-> X25519 AAAA\nAAAA\n-> b c d\n\n" MAC), parse_prefix, NULL);
}

static void survives_failing_allocations(void **state) {
  (void)state;
  assert_true(check_allocations("fuzz/corpus/age_header/ok-stanza-valid-characters", parse_and_free) > 5);
}

/* ---- from an input, and back ---- */

static bw_status read_header(bwi_age_header *h, bwi_age_input *in, pipe_source *source, bw_error *err) {
  assert_int_equal(bwi_age_input_open(in, pipe_reader(source), NULL), BW_OK);
  return bwi_age_header_read(h, in, err);
}

static void reads_no_further_than_it_must(void **state) {
  (void)state;
  const char *whole = V1 "-> X25519 AAAA\nAAAA\n" MAC;
  for (size_t most = 1; most < 50; most += 7) {
    pipe_source source = {text(whole), 0, most};
    bwi_age_input in;
    bwi_age_header h = {0};
    assert_int_equal(read_header(&h, &in, &source, NULL), BW_OK);
    assert_int_equal(h.size, strlen(whole));
    assert_int_equal(in.at, 0);
    bwi_age_header_clear(&h);
    bwi_age_input_close(&in);
  }
}

static void keeps_the_limit(void **state) {
  (void)state;
  bwi_buffer whole = {0};
  bwi_buffer_text(&whole, V1);
  while (whole.size < BWI_AGE_WINDOW_BYTES) bwi_buffer_text(&whole, "-> x\n\n");
  bwi_buffer_text(&whole, MAC);
  pipe_source source = {{(uint8_t *)whole.data, whole.size}, 0, 1000};
  bwi_age_input in;
  bwi_age_header h = {0};
  bw_error err = {.status = BW_OK};
  assert_int_equal(read_header(&h, &in, &source, &err), BW_ELIMIT);
  assert_non_null(strstr(err.text, "more than 262144 bytes"));
  bwi_age_input_close(&in);
  bwi_buffer_free(&whole);
}

/* The same of what is no age file: it is refused after its first bytes. */
static void refuses_garbage_early(void **state) {
  (void)state;
  pipe_source source = {text("garbage garbage garbage garbage"), 0, 1};
  bwi_age_input in;
  bwi_age_header h = {0};
  assert_int_equal(read_header(&h, &in, &source, NULL), BW_EFORMAT);
  assert_in_range(source.at, 1, 19);
  bwi_age_input_close(&in);
}

static void checks_what_it_wrote(void **state) {
  (void)state;
  bwi_age_secrets secrets = {.file_key = "YELLOW SUBMARIN"};
  bwi_buffer out = {0};
  bwi_age_header h = {0};
  bwi_age_header_begin(&out);
  bwi_age_header_add(&out, "type", text("argument"), " more", text("body"));
  assert_int_equal(bwi_age_header_finish(&out, &secrets, NULL), BW_OK);
  assert_int_equal(bwi_age_header_parse(&h, (bwi_bytes){(uint8_t *)out.data, out.size}, NULL), BW_OK);
  assert_int_equal(h.size, out.size);
  assert_int_equal(bwi_age_header_check(&h, &secrets, NULL), BW_OK);
  bw_error err = {.status = BW_OK};
  h.mac[31] ^= 1;
  assert_int_equal(bwi_age_header_check(&h, &secrets, &err), BW_EUNTRUSTED);
  assert_int_equal(err.offset, h.authenticated.size - 3);
  h.mac[31] ^= 1;
  secrets.file_key[0] ^= 1;
  assert_int_equal(bwi_age_header_check(&h, &secrets, &err), BW_EUNTRUSTED);
  bwi_age_header_clear(&h);
  bwi_buffer_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_stanzas),
      cmocka_unit_test(decodes_arguments),
      cmocka_unit_test(refuses_what_is_wrong),
      cmocka_unit_test(refuses_every_truncation),
      cmocka_unit_test(survives_failing_allocations),
      cmocka_unit_test(reads_no_further_than_it_must),
      cmocka_unit_test(keeps_the_limit),
      cmocka_unit_test(refuses_garbage_early),
      cmocka_unit_test(checks_what_it_wrote),
  };
  return cmocka_run_group_tests_name("age_header", tests, NULL, NULL);
}
