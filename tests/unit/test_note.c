/* SPDX-License-Identifier: Apache-2.0 */
/* Signed notes: those of the specification and of Go's checksum database, and what is no note. */
#include <string.h>

#include "base/memory.h"
#include "log/note.h"
#include "support/refusals.h"
#include "support/scratch.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* golang.org/x/mod/sumdb/note, note_test.go, and a checkpoint that sum.golang.org signed. */
static const char peter[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
static const char peters_note[] =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "\xE2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
static const char golang[] = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
static const char golangs_note[] =
    "go.sum database tree\n63096908\n8lHrQPRYe4KT4WQ9/Qk8/taKnD6IRHbFgfN7vQE2Y54=\n\n"
    "\xE2\x80\x94 sum.golang.org "
    "Az3gri/oVBN1jAhNZ/iS+W31psFAWRT20/GyrhpU6taFwulQGetBkH5S7wpGXdS935jiIGiUUAXBVHzT/P6fYhqAmAk=\n";

static bwi_bytes bytes_of(const char *text) {
  return (bwi_bytes){(const uint8_t *)text, strlen(text)};
}

static bwi_note_key key_of(const char *text) {
  bwi_note_key key;
  bw_error err;
  if (bwi_note_key_read(&key, bytes_of(text), &err) != BW_OK) fail_msg("%s: %s", text, err.text);
  return key;
}

static bw_status check(const char *text, const char *key_text, bw_error *err) {
  bwi_note note;
  bwi_note_key key = key_of(key_text);
  bw_status status = bwi_note_read(&note, bytes_of(text), err);
  if (status == BW_OK) status = bwi_note_check(&note, &key, err);
  bwi_note_key_clear(&key);
  return status;
}

static void verifies_notes_of_others(void **state) {
  (void)state;
  bw_error err = {0};
  if (check(peters_note, peter, &err) != BW_OK) fail_msg("%s", err.text);
  if (check(golangs_note, golang, &err) != BW_OK) fail_msg("%s", err.text);
  assert_int_equal(check(peters_note, golang, &err), BW_EUNTRUSTED);
  assert_string_equal(err.text, "no signature by the key of sum.golang.org");
}

static void sees_every_bit_of_the_text(void **state) {
  (void)state;
  char changed[sizeof peters_note];
  const size_t text_bytes = (size_t)(strstr(peters_note, "\n\n") - peters_note) + 1;
  for (size_t bit = 0; bit < 8 * text_bytes; bit++) {
    bw_error err;
    memcpy(changed, peters_note, sizeof changed);
    changed[bit / 8] ^= (char)(1 << bit % 8);
    if (check(changed, peter, &err) == BW_OK) fail_msg("bit %zu", bit);
  }
  bw_error err;
  memcpy(changed, peters_note, sizeof changed);
  changed[3] = 'x';
  assert_int_equal(check(changed, peter, &err), BW_EUNTRUSTED);
  assert_string_equal(err.text, "the signature of PeterNeumann does not hold: the text was changed");
}

/* Signatures of keys that are not known are passed over, also where name or id are those of a known one. */
static void passes_over_others(void **state) {
  (void)state;
  static const char *const lines[] = {
      "\xE2\x80\x94 Other x08gowAA\n",
      "\xE2\x80\x94 PeterNeumann x08goAAA\n",
  };
  for (size_t k = 0; k < COUNT(lines); k++) {
    char both[1024] = "";
    bw_error err = {0};
    strncat(both, peters_note, sizeof both - 1);
    strncat(both, lines[k], sizeof both - strlen(both) - 1);
    if (check(both, peter, &err) != BW_OK) fail_msg("%s", err.text);
  }
}

static void signs_as_others_do(void **state) {
  (void)state;
  bwi_key *key = NULL;
  bwi_note_key signer;
  bwi_note note;
  bwi_buffer out = {0}, text = {0};
  assert_int_equal(bwi_key_generate(&key, BWI_ED25519, NULL), BW_OK);
  assert_int_equal(bwi_note_key_create(&signer, "example.org/log", key, NULL), BW_OK);
  assert_int_equal(bwi_note_sign(&out, bytes_of("one\n\ntwo\n"), &signer, NULL), BW_OK);
  assert_int_equal(bwi_note_read(&note, bytes_of(out.data), NULL), BW_OK);
  assert_int_equal(note.text.size, 9);
  assert_int_equal(note.n_signatures, 1);
  assert_int_equal(bwi_note_check(&note, &signer, NULL), BW_OK);
  assert_int_equal(bwi_note_key_write(&text, &signer, NULL), BW_OK);
  bwi_note_key reader = key_of(text.data);
  assert_int_equal(bwi_note_check(&note, &reader, NULL), BW_OK);
  bwi_buffer again = {0};
  assert_int_equal(bwi_note_sign(&again, bytes_of("one\n"), &reader, NULL), BW_EINVAL);
  assert_int_equal(bwi_note_sign(&again, bytes_of("one"), &signer, NULL), BW_EINVAL);
  assert_int_equal(bwi_note_sign(&again, bytes_of("\x01\n"), &signer, NULL), BW_EINVAL);
  bwi_buffer_free(&again);
  bwi_note_key_clear(&reader);
  bwi_note_key_clear(&signer);
  bwi_buffer_free(&out);
  bwi_buffer_free(&text);
}

static void refuses_wrong_keys(void **state) {
  (void)state;
  static const char *const rows[] = {
      "",
      "PeterNeumann",
      "PeterNeumann+c74f20a3",
      "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
      "Peterneumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
      "PeterNeumann+c74f20a+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
      "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TX",
      "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
      "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
      "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
      "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
  };
  for (size_t k = 0; k < COUNT(rows); k++) {
    bwi_note_key key;
    const bw_status status = bwi_note_key_read(&key, bytes_of(rows[k]), NULL);
    if (status != BW_EFORMAT) fail_msg("%s: %s", rows[k], bw_status_text(status));
  }
}

static void refuses_wrong_names(void **state) {
  (void)state;
  static const char *const rows[] = {"",
                                     "a b",
                                     "a+b",
                                     "a\nb",
                                     "a\xC2\xA0"
                                     "b",
                                     "a\xE2\x80\x8A"
                                     "b",
                                     "\xE3\x80\x80",
                                     "\xFF"};
  for (size_t k = 0; k < COUNT(rows); k++) {
    bwi_key *key = NULL;
    bwi_note_key made;
    assert_int_equal(bwi_key_generate(&key, BWI_ED25519, NULL), BW_OK);
    assert_int_equal(bwi_note_key_create(&made, rows[k], key, NULL), BW_EINVAL);
  }
  bwi_key *other = NULL;
  bwi_note_key made;
  assert_int_equal(bwi_key_generate(&other, BWI_P256, NULL), BW_OK);
  assert_int_equal(bwi_note_key_create(&made, "a", other, NULL), BW_EINVAL);
}

/* clang-format off */
static const refusal refusals[] = {
    {"format-control", 1, "a control character in a note"},
    {"format-empty", 0, "a note must end with an empty line and lines of signatures"},
    {"format-name-plus", 8, "a signature's line must have a name, a space and base64"},
    {"format-no-dash", 8, "a signature's line must begin with an em dash and a space"},
    {"format-no-feed", 18, "a note must end with an empty line and lines of signatures"},
    {"format-no-name", 8, "a signature's line must have a name, a space and base64"},
    {"format-no-signature", 7, "a note must end with an empty line and lines of signatures"},
    {"format-no-space", 8, "a signature's line must have a name, a space and base64"},
    {"format-not-utf8", 1, "a note must be UTF-8"},
    {"limit-signatures", 712, "more than 64 signatures"},
};
/* clang-format on */

static bw_status read_note(bwi_bytes bytes, bw_error *err) {
  bwi_note note;
  return bwi_note_read(&note, bytes, err);
}

static void refuses_what_is_no_note(void **state) {
  (void)state;
  check_refusals("note", refusals, COUNT(refusals), read_note);
}

static void keeps_the_limit(void **state) {
  (void)state;
  uint8_t *many = bwi_alloc(BWI_NOTE_MAX_BYTES + 1, 1);
  bw_error err;
  assert_int_equal(read_note((bwi_bytes){many, BWI_NOTE_MAX_BYTES + 1}, &err), BW_ELIMIT);
  bwi_free(many);
}

static bw_status sign_and_check(void *payload) {
  bwi_note_key key, reader;
  bwi_note note;
  bwi_key *bare = NULL;
  bwi_buffer out = {0}, text = {0};
  BW_TRY(bwi_key_read_private(&bare, payload, -1, NULL));
  BW_TRY(bwi_note_key_create(&key, "a", bare, NULL));
  bw_status status = bwi_note_sign(&out, bytes_of("a\n"), &key, NULL);
  if (status == BW_OK) status = bwi_note_read(&note, bytes_of(out.data), NULL);
  if (status == BW_OK) status = bwi_note_check(&note, &key, NULL);
  if (status == BW_OK) status = bwi_note_key_write(&text, &key, NULL);
  if (status == BW_OK) status = bwi_note_key_read(&reader, bytes_of(text.data), NULL);
  if (status == BW_OK) bwi_note_key_clear(&reader);
  bwi_buffer_free(&out);
  bwi_buffer_free(&text);
  bwi_note_key_clear(&key);
  return status;
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  bwi_key *key = NULL;
  const char *path = scratch("key.pem");
  assert_int_equal(bwi_key_generate(&key, BWI_ED25519, NULL), BW_OK);
  assert_int_equal(bwi_key_write_private(key, path, NULL, 0, NULL), BW_OK);
  bwi_key_free(key);
  assert_true(sweep_allocations(sign_and_check, (void *)path) > 8);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(verifies_notes_of_others),
      cmocka_unit_test(sees_every_bit_of_the_text),
      cmocka_unit_test(passes_over_others),
      cmocka_unit_test(signs_as_others_do),
      cmocka_unit_test(refuses_wrong_keys),
      cmocka_unit_test(refuses_wrong_names),
      cmocka_unit_test(refuses_what_is_no_note),
      cmocka_unit_test(keeps_the_limit),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
