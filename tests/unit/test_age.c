/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, and encryption as a whole. What must be refused is the corpus of the fuzz target, made by
 * tests/parity/age/vectors.py. */
#include <bulwark/age.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "age/age_keys.h"
#include "base/file.h"
#include "base/memory.h"
#include "support/pipe.h"
#include "support/refusals.h"
#include "support/sweep.h"
#include "support/unit.h"

/* The key pair of c2sp.org/age, and the secret one of tests/parity/age/vectors.py. */
#define RECIPIENT "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
#define IDENTITY "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"

static char folder[] = "test_age-XXXXXX";
static char path[64], other_path[64];

static int make_folder(void **state) {
  (void)state;
  if (mkdtemp(folder) == NULL) return -1;
  (void)snprintf(path, sizeof path, "%s/one", folder);
  (void)snprintf(other_path, sizeof other_path, "%s/two", folder);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  (void)unlink(path);
  (void)unlink(other_path);
  return rmdir(folder);
}

static void put_file(const char *name, const char *text) {
  assert_int_equal(bwi_file_write(name, text, strlen(text), NULL), BW_OK);
}

static bw_age_keys *create(void) {
  bw_age_keys *keys = NULL;
  assert_int_equal(bw_age_keys_create(&keys, NULL), BW_OK);
  return keys;
}

static bw_age_keys *with_identity(const char *text) {
  bw_age_keys *keys = create();
  put_file(path, text);
  assert_int_equal(bw_age_keys_add_identities(keys, path, NULL), BW_OK);
  return keys;
}

static bw_age_keys *with_passphrase(const char *text) {
  bw_age_keys *keys = create();
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(write(ends[1], text, strlen(text)), strlen(text));
  (void)close(ends[1]);
  assert_int_equal(bw_age_keys_read_passphrase(keys, ends[0], false, NULL), BW_OK);
  (void)close(ends[0]);
  return keys;
}

/* ---- keys ---- */

static void identity_has_its_recipient(void **state) {
  (void)state;
  bw_age_keys *keys = with_identity("# a comment\n\n" IDENTITY "\r\n");
  assert_int_equal(bw_age_keys_add_recipient(keys, RECIPIENT, NULL), BW_OK);
  assert_memory_equal(keys->recipients[0], keys->identities->recipient, BWI_X25519_BYTES);
  bw_age_keys_free(keys);
  bw_age_keys_free(NULL);
}

static void refuses_other_keys(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool identity;
    bw_status status;
    const char *why;
  } rows[] = {
      {"age1zvkyg", false, BW_EFORMAT, "one of 32 bytes has 62"},
      {IDENTITY, false, BW_EFORMAT, "no key that begins with age1"},
      {"ssh-ed25519 AAAA", false, BW_EUNSUPPORTED, "only X25519 recipients"},
      {"age1yubikey1qqqq", false, BW_EUNSUPPORTED, "plugins"},
      {"age1pq1qqqq", false, BW_EUNSUPPORTED, "only X25519 recipients"},
      {RECIPIENT, true, BW_EFORMAT, "no key that begins with age-secret-key-1"},
      {"AGE-PLUGIN-YUBIKEY-1QQQQ", true, BW_EUNSUPPORTED, "only X25519 identities"},
      {"AGE-SECRET-KEY-PQ-1QQQQ", true, BW_EUNSUPPORTED, "only X25519 identities"},
      {"-----BEGIN OPENSSH PRIVATE KEY-----", true, BW_EUNSUPPORTED, "decrypt an encrypted one first"},
      {"# nothing", true, BW_EFORMAT, "holds no key"},
      {"# nothing", false, BW_EFORMAT, "holds no key"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bw_age_keys *keys = create();
    bw_error err = {.status = BW_OK};
    put_file(path, rows[i].text);
    const bw_status status = rows[i].identity ? bw_age_keys_add_identities(keys, path, &err)
                                              : bw_age_keys_add_recipients(keys, path, &err);
    if (status != rows[i].status || strstr(err.text, rows[i].why) == NULL)
      fail_msg("%s: %s: \"%s\"", rows[i].text, bw_status_text(status), err.text);
    bw_age_keys_free(keys);
  }
}

static void names_the_line(void **state) {
  (void)state;
  bw_age_keys *keys = create();
  bw_error err = {.status = BW_OK};
  put_file(path, "# one\n" RECIPIENT "\n\nage1wrong\n");
  assert_int_equal(bw_age_keys_add_recipients(keys, path, &err), BW_EFORMAT);
  assert_non_null(strstr(err.text, "line 4: "));
  assert_int_equal(bw_age_keys_add_recipients(keys, "/nonexistent/keys", &err), BW_EIO);
  bw_age_keys_free(keys);
}

static void bounds_key_files(void **state) {
  (void)state;
  bwi_buffer big = {0};
  bw_age_keys *keys = create();
  while (big.size <= 32768) bwi_buffer_text(&big, "# comment\n");
  put_file(path, big.data);
  assert_int_equal(bw_age_keys_add_identities(keys, path, NULL), BW_ELIMIT);
  bwi_buffer_free(&big);
  bw_age_keys_free(keys);
}

static void makes_identities(void **state) {
  (void)state;
  char recipient[BW_AGE_RECIPIENT_BYTES] = "", line[BW_AGE_RECIPIENT_BYTES + 16];
  struct stat info;
  (void)unlink(path);
  assert_int_equal(bw_age_new_identity(path, recipient, NULL), BW_OK);
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(info.st_mode & 0777, 0600);
  bw_age_keys *keys = create();
  assert_int_equal(bw_age_keys_add_identities(keys, path, NULL), BW_OK);
  assert_int_equal(bw_age_keys_add_recipient(keys, recipient, NULL), BW_OK);
  assert_memory_equal(keys->recipients[0], keys->identities->recipient, BWI_X25519_BYTES);
  bwi_bytes text = {NULL, 0};
  assert_int_equal(bwi_file_read(&text, path, 1000, NULL), BW_OK);
  (void)snprintf(line, sizeof line, "# public key: %s\n", recipient);
  assert_memory_equal(text.data, line, strlen(line));
  bwi_free((void *)text.data);
  bw_age_keys_free(keys);
  assert_int_equal(bw_age_new_identity(path, recipient, NULL), BW_EIO); /* it is there */
}

/* ---- encryption ---- */

static bw_status encrypt(bwi_buffer *out, const char *text, const bw_age_keys *keys,
                         const bw_age_options *options) {
  pipe_source source = {{(const uint8_t *)text, strlen(text)}, 0, 0};
  return bw_age_encrypt(pipe_writer(out), pipe_reader(&source), keys, options, NULL);
}

static bw_status decrypt(bwi_buffer *out, bwi_bytes bytes, const bw_age_keys *keys, bw_error *err) {
  pipe_source source = {bytes, 0, 0};
  return bw_age_decrypt(pipe_writer(out), pipe_reader(&source), keys, NULL, err);
}

static void check_round_trip(const bw_age_keys *to, const bw_age_keys *with, bool armor) {
  bwi_buffer sealed = {0}, opened = {0};
  bw_age_options options;
  bw_age_options_init(&options, sizeof options);
  options.armor = armor;
  options.work_factor = 4;
  assert_int_equal(encrypt(&sealed, "some text", to, &options), BW_OK);
  assert_int_equal(sealed.data[0], armor ? '-' : 'a');
  assert_int_equal(decrypt(&opened, (bwi_bytes){(uint8_t *)sealed.data, sealed.size}, with, NULL), BW_OK);
  assert_string_equal(opened.data, "some text");
  bwi_buffer_free(&sealed);
  bwi_buffer_free(&opened);
}

static void opens_what_it_sealed(void **state) {
  (void)state;
  bw_age_keys *to = create(), *own = with_identity(IDENTITY),
              *secret = with_passphrase("open sesame\nnot this");
  assert_int_equal(
      bw_age_keys_add_recipient(to, "age1579d5nzu7s3npwhdwyq5svga3ldfgyzr928z0pxmaa5ln0fw2fmqgevm26", NULL),
      BW_OK); /* somebody else */
  assert_int_equal(bw_age_keys_add_recipient(to, RECIPIENT, NULL), BW_OK);
  for (int armor = 0; armor < 2; armor++) {
    check_round_trip(to, own, armor != 0);
    check_round_trip(own, own, armor != 0);
    check_round_trip(secret, secret, armor != 0);
  }
  bw_age_keys_free(to);
  bw_age_keys_free(own);
  bw_age_keys_free(secret);
}

static void wants_somebody_to_encrypt_to(void **state) {
  (void)state;
  bwi_buffer out = {0};
  bw_age_keys *nobody = create(), *both = with_passphrase("x");
  bw_age_options options;
  bw_age_options_init(&options, sizeof options);
  assert_int_equal(encrypt(&out, "", nobody, NULL), BW_EINVAL);
  for (uint32_t work_factor = 0; work_factor < 24; work_factor += 23) {
    options.work_factor = work_factor;
    assert_int_equal(encrypt(&out, "", both, &options), BW_EINVAL);
  }
  assert_int_equal(bw_age_keys_add_recipient(both, RECIPIENT, NULL), BW_OK);
  assert_int_equal(encrypt(&out, "", both, NULL), BW_EINVAL);
  assert_int_equal(out.size, 0);
  bw_age_keys_free(nobody);
  bw_age_keys_free(both);
}

/* Files that the reference implementation made (FiloSottile/age, testdata/testkit: armor_full_last_line and
 * armor_no_match), public domain. */
static const char published[] =
    "-----BEGIN AGE ENCRYPTED FILE-----\n"
    "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBURWlGMHlwcXIrYnB2Y3FY\n"
    "TnlDVkpwTDdPdXdQZFZ3UEw3S1FFYkZET0NjCkVtRUNBRWNLTituL1ZzOVNiV2lW\n"
    "K0h1MHIrRThSNzdEZFdZeWQ4M253N1UKLS0tIFZuKzU0anFpaVVDRStXWmNFVlkz\n"
    "ZjFzcUhqbHUvejFMQ1EvVDdYbTdxSTAK7s9ix86RtDMnTmjU8vkTTLdMW3bj4iHS\n"
    "YS3WWUtZB5wJqKgEe8kpsp0iOnD2CNG4DVKBC0Z7SAcCFb8xdwV9CRavSEE7OU1c\n"
    "-----END AGE ENCRYPTED FILE-----\n";
#define PUBLISHED_IDENTITY "AGE-SECRET-KEY-1XMWWC06LY3EE5RYTXM9MFLAZ2U56JJJ36S0MYPDRWSVLUL66MV4QX3S7F6"

static void opens_a_published_file(void **state) {
  (void)state;
  bwi_buffer opened = {0};
  bw_error err = {.status = BW_OK};
  const bwi_bytes file = {(const uint8_t *)published, sizeof published - 1};
  bw_age_keys *right = with_identity(PUBLISHED_IDENTITY "\n" IDENTITY), *wrong = with_identity(IDENTITY);
  bw_age_keys *secret = with_passphrase("x"), *none = create();
  assert_int_equal(decrypt(&opened, file, right, NULL), BW_OK);
  assert_string_equal(opened.data, "age age age age age age age age age age ");
  assert_int_equal(decrypt(&opened, file, wrong, &err), BW_EINVAL);
  assert_non_null(strstr(err.text, "no identity that was given opens it"));
  assert_int_equal(decrypt(&opened, file, secret, &err), BW_EINVAL);
  assert_non_null(strstr(err.text, "no identity was given"));
  assert_int_equal(decrypt(&opened, file, none, &err), BW_EINVAL);
  bwi_buffer_free(&opened);
  bw_age_keys_free(right);
  bw_age_keys_free(wrong);
  bw_age_keys_free(secret);
  bw_age_keys_free(none);
}

static void tells_about_passphrases(void **state) {
  (void)state;
  const bwi_bytes file = tests_file("fuzz/corpus/age/untrusted-scrypt");
  bwi_buffer opened = {0};
  bw_error err = {.status = BW_OK};
  bw_age_keys *right = with_passphrase("password"), *wrong = with_passphrase("passw0rd"), *none = create();
  assert_int_equal(decrypt(&opened, file, right, NULL), BW_OK);
  assert_string_equal(opened.data, "age");
  assert_int_equal(decrypt(&opened, file, wrong, &err), BW_EINVAL);
  assert_non_null(strstr(err.text, "the passphrase is wrong"));
  assert_int_equal(decrypt(&opened, file, none, &err), BW_EINVAL);
  assert_non_null(strstr(err.text, "none was given"));
  bwi_buffer_free(&opened);
  bwi_free((void *)file.data);
  bw_age_keys_free(right);
  bw_age_keys_free(wrong);
  bw_age_keys_free(none);
}

/* ---- every byte, every truncation, every allocation ---- */

typedef struct attempt {
  const bw_age_keys *keys;
  bwi_bytes file;
  bool armor;
} attempt;

static bw_status try_to_decrypt(bwi_bytes bytes, const bw_age_keys *keys) {
  bwi_buffer opened = {0};
  const bw_status status = decrypt(&opened, bytes, keys, NULL);
  if (status != BW_OK && status != BW_ENOMEM) assert_int_equal(opened.size, 0);
  bwi_buffer_free(&opened);
  return status;
}

static void refuses_every_change(void **state) {
  (void)state;
  bw_age_keys *keys = with_identity(IDENTITY);
  bwi_buffer sealed = {0};
  assert_int_equal(encrypt(&sealed, "some text", keys, NULL), BW_OK);
  const bwi_bytes whole = {(const uint8_t *)sealed.data, sealed.size};
  assert_int_equal(try_to_decrypt(whole, keys), BW_OK);
  for (size_t size = 0; size < sealed.size; size++)
    assert_int_not_equal(try_to_decrypt((bwi_bytes){whole.data, size}, keys), BW_OK);
  for (size_t i = 0; i < sealed.size; i++) {
    sealed.data[i] = (char)(sealed.data[i] ^ 1);
    assert_int_not_equal(try_to_decrypt(whole, keys), BW_OK);
    sealed.data[i] = (char)(sealed.data[i] ^ 1);
  }
  bwi_buffer_free(&sealed);
  bw_age_keys_free(keys);
}

static bw_status encrypt_and_free(void *payload) {
  const attempt *a = payload;
  bwi_buffer out = {0};
  bw_age_options options;
  bw_age_options_init(&options, sizeof options);
  options.armor = a->armor;
  const bw_status status = encrypt(&out, "some text", a->keys, &options);
  bwi_buffer_free(&out);
  return status;
}

static bw_status decrypt_and_free(void *payload) {
  const attempt *a = payload;
  return try_to_decrypt(a->file, a->keys);
}

static bw_status add_and_free(void *payload) {
  bw_age_keys *keys = NULL;
  (void)payload;
  bw_status status = bw_age_keys_create(&keys, NULL);
  if (status == BW_OK) status = bw_age_keys_add_recipient(keys, RECIPIENT, NULL);
  bw_age_keys_free(keys);
  return status;
}

static void survives_failing_allocations(void **state) {
  (void)state;
  bw_age_keys *keys = with_identity(PUBLISHED_IDENTITY);
  attempt a = {keys, {(const uint8_t *)published, sizeof published - 1}, false};
  assert_true(sweep_allocations(decrypt_and_free, &a) > 10);
  for (int armor = 0; armor < 2; armor++) {
    a.armor = armor != 0;
    assert_true(sweep_allocations(encrypt_and_free, &a) > 5);
  }
  assert_true(sweep_allocations(add_and_free, NULL) > 1);
  bw_age_keys_free(keys);
}

/* ---- files ---- */

static void file_appears_only_if_authentic(void **state) {
  (void)state;
  bw_age_keys *keys = with_identity(IDENTITY);
  struct stat info;
  bwi_bytes bytes = {NULL, 0};
  put_file(path, "some text");
  assert_int_equal(bw_age_encrypt_file(other_path, path, keys, NULL, NULL), BW_OK);
  (void)unlink(path);
  assert_int_equal(bwi_file_read(&bytes, other_path, 1000, NULL), BW_OK);
  ((uint8_t *)bytes.data)[bytes.size - 1] ^= 1;
  assert_int_equal(bwi_file_write(other_path, bytes.data, bytes.size, NULL), BW_OK);
  assert_int_equal(bw_age_decrypt_file(path, other_path, keys, NULL, NULL), BW_EUNTRUSTED);
  assert_int_equal(stat(path, &info), -1);
  ((uint8_t *)bytes.data)[bytes.size - 1] ^= 1;
  assert_int_equal(bwi_file_write(other_path, bytes.data, bytes.size, NULL), BW_OK);
  bwi_free((void *)bytes.data);
  assert_int_equal(bw_age_decrypt_file(path, other_path, keys, NULL, NULL), BW_OK);
  assert_int_equal(bwi_file_read(&bytes, path, 1000, NULL), BW_OK);
  assert_int_equal(bytes.size, 9);
  bwi_free((void *)bytes.data);
  assert_int_equal(bw_age_decrypt_file(path, "/nonexistent/file", keys, NULL, NULL), BW_EIO);
  assert_int_equal(bw_age_decrypt_file("/nonexistent/file", other_path, keys, NULL, NULL), BW_EIO);
  bw_age_keys_free(keys);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(identity_has_its_recipient),
      cmocka_unit_test(refuses_other_keys),
      cmocka_unit_test(names_the_line),
      cmocka_unit_test(bounds_key_files),
      cmocka_unit_test(makes_identities),
      cmocka_unit_test(opens_what_it_sealed),
      cmocka_unit_test(wants_somebody_to_encrypt_to),
      cmocka_unit_test(opens_a_published_file),
      cmocka_unit_test(tells_about_passphrases),
      cmocka_unit_test(refuses_every_change),
      cmocka_unit_test(survives_failing_allocations),
      cmocka_unit_test(file_appears_only_if_authentic),
  };
  return cmocka_run_group_tests_name("age", tests, make_folder, remove_folder);
}
