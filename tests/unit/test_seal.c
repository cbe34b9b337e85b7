/* SPDX-License-Identifier: Apache-2.0 */
/* Sealing and verifying folders and files, and each way in which they can differ. */
#include <bulwark/seal.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "crypto/certificate.h"
#include "support/refusals.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static char folder[] = "test_seal-XXXXXX";

static void put(const char *path, const char *text) {
  assert_int_equal(bwi_file_write(path, text, strlen(text), NULL), BW_OK);
}

/* Test data, where the test runs. */
static void copy_data(const char *from_folder, const char *name) {
  char from[96];
  (void)snprintf(from, sizeof from, "unit/data/%s/%s", from_folder, name);
  const bwi_bytes bytes = tests_file(from);
  assert_int_equal(bwi_file_write(name, bytes.data, bytes.size, NULL), BW_OK);
  bwi_free((void *)bytes.data);
}

static int make_folder(void **state) {
  (void)state;
  if (mkdtemp(folder) == NULL || chdir(folder) != 0) return -1;
  bw_key_options options;
  bw_key_options_init(&options, sizeof options);
  if (bw_key_create("a.key", "a.pub", &options, NULL) != BW_OK) return -1;
  options.kind = BW_KEY_ED25519;
  return bw_key_create("b.key", "b.pub", &options, NULL) == BW_OK ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  static const char *const files[] = {"a.key", "a.pub", "b.key", "b.pub"};
  for (size_t i = 0; i < COUNT(files); i++) (void)unlink(files[i]);
  return chdir("..") == 0 ? rmdir(folder) : -1;
}

/* ---- a tree that each test begins with, and what may come to lie in it ---- */

static const char *const everything[] = {"set/a",      "set/b",       "set/a-b",     "set/sub/c",
                                         "set/sub/d",  "set/empty",   "set/new",     "set/sub/new",
                                         "set/.git/x", "set/set.sig", "set.sig",     "set.b.sig",
                                         "set/notes",  "one.bin",     "one.bin.sig", "revoked"};

static int make_tree(void **state) {
  (void)state;
  assert_int_equal(mkdir("set", 0755), 0);
  assert_int_equal(mkdir("set/sub", 0755), 0);
  put("set/a", "content of a");
  put("set/b", "content of b");
  put("set/a-b", "between");
  put("set/sub/c", "content of c");
  put("set/empty", "");
  static const char *const paths[] = {"set/a", "set/b", "set/a-b", "set/sub/c", "set/empty"};
  for (size_t i = 0; i < COUNT(paths); i++) assert_int_equal(chmod(paths[i], 0644), 0);
  return 0;
}

static int remove_tree(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(everything); i++) (void)unlink(everything[i]);
  (void)rmdir("set/.git");
  (void)rmdir("set/hollow");
  (void)rmdir("set/sub");
  return rmdir("set");
}

static bw_seal_options sealing_with(const char *key) {
  bw_seal_options options;
  bw_seal_options_init(&options, sizeof options);
  options.key_path = key;
  options.threads = 2;
  return options;
}

static void seal(const char *path, const bw_seal_options *options) {
  bw_error err;
  if (bw_seal(NULL, path, options, &err) != BW_OK) fail_msg("%s", err.text);
}

static const char *const key_a[] = {"a.pub"}, *const both_keys[] = {"a.pub", "b.pub"};

static bw_verify_options trusting_a(void) {
  bw_verify_options options;
  bw_verify_options_init(&options, sizeof options);
  options.keys = key_a;
  options.n_keys = 1;
  options.threads = 2;
  return options;
}

static bw_verification *verify(const char *path, const bw_verify_options *options) {
  bw_verification *v = NULL;
  bw_error err;
  if (bw_verify(&v, path, options, &err) != BW_OK) fail_msg("%s", err.text);
  return v;
}

/* The differences of set from its seal as "kind path other;" each. */
static void describe(char text[512], const bw_verify_options *options) {
  static const char *const names[] = {"changed", "missing", "added",   "renamed",
                                      "swapped", "symlink", "special", "mode"};
  bw_verification *v = verify("set", options);
  const bw_seal_signer *signer = bw_verification_signer(v, 0);
  text[0] = '\0';
  if (signer->problem != NULL) strncat(text, signer->problem, 500);
  for (uint64_t i = 0; i < signer->n_differences; i++) {
    const bw_difference *d = bw_verification_difference(v, 0, i);
    const size_t used = strlen(text);
    (void)snprintf(text + used, 512 - used, "%s %s%s%s;", names[d->kind], d->path,
                   d->other != NULL ? " " : "", d->other != NULL ? d->other : "");
  }
  assert_int_equal(bw_verification_holds(v), text[0] == '\0');
  bw_verification_free(v);
}

static void expect(const char *wanted) {
  char text[512];
  const bw_verify_options options = trusting_a();
  describe(text, &options);
  assert_string_equal(text, wanted);
}

/* ---- what differs ---- */

static void change_nothing(void) {}
static void flip(void) {
  put("set/a", "content of A");
}
static void append(void) {
  put("set/a", "content of a!");
}
static void truncate_it(void) {
  put("set/sub/c", "");
}
static void add(void) {
  put("set/sub/new", "new");
}
static void duplicate(void) {
  put("set/new", "content of a");
}
static void drop(void) {
  assert_int_equal(unlink("set/b"), 0);
}
static void move(void) {
  assert_int_equal(rename("set/a", "set/sub/d"), 0);
}
static void swap(void) {
  put("set/a", "content of c");
  put("set/sub/c", "content of a");
}
static void link_away(void) {
  assert_int_equal(rename("set/a", "set/new"), 0);
  assert_int_equal(symlink("new", "set/a"), 0);
  assert_int_equal(unlink("set/b"), 0);
}
static void add_pipe(void) {
  assert_int_equal(mkfifo("set/new", 0644), 0);
}
static void open_up(void) {
  assert_int_equal(chmod("set/a", 0666), 0);
}
static void open_folder(void) {
  assert_int_equal(chmod("set/sub", 0777), 0);
}
static void add_folder(void) {
  assert_int_equal(mkdir("set/hollow", 0755), 0);
}
static void add_git(void) {
  assert_int_equal(mkdir("set/.git", 0755), 0);
  put("set/.git/x", "x");
}
static void add_empty(void) {
  put("set/new", "");
}

static void test_every_difference_is_named(void **state) {
  (void)state;
  static const struct {
    const char *name;
    void (*change)(void);
    const char *plain, *shards, *modes;
  } rows[] = {
      {"nothing", change_nothing, "", "", ""},
      {"flip", flip, "changed a;", "changed a;", "changed a;"},
      {"append", append, "changed a;", "changed a;", "changed a;"},
      {"truncate", truncate_it, "changed sub/c;", "missing sub/c;", "changed sub/c;"},
      {"add", add, "added sub/new;", "added sub/new;", "added sub/new;"},
      {"duplicate", duplicate, "added new;", "added new;", "added new;"},
      {"drop", drop, "missing b;", "missing b;", "missing b;"},
      {"move", move, "renamed a sub/d;", "renamed a sub/d;", "renamed a sub/d;"},
      {"swap", swap, "swapped a sub/c;", "swapped a sub/c;", "swapped a sub/c;"},
      {"link", link_away, "symlink a;missing b;added new;", "symlink a;missing b;added new;",
       "symlink a;missing b;added new;"},
      {"pipe", add_pipe, "special new;", "special new;", "special new;"},
      {"mode", open_up, "", "", "mode a;"},
      {"folder's mode", open_folder, "", "", "mode sub;"},
      {"folder", add_folder, "", "", "added hollow;"},
      {"git", add_git, "", "", ""},
  };
  for (size_t i = 0; i < COUNT(rows); i++)
    for (int how = 0; how < 3; how++) {
      (void)make_tree(NULL);
      bw_seal_options options = sealing_with("a.key");
      options.shard_bytes = how == 1 ? 5 : 0;
      options.modes = how == 2;
      seal("set", &options);
      rows[i].change();
      const bw_verify_options trust = trusting_a();
      char text[512];
      describe(text, &trust);
      const char *wanted = how == 0 ? rows[i].plain : how == 1 ? rows[i].shards : rows[i].modes;
      if (strcmp(text, wanted) != 0) fail_msg("%s, %d: %s", rows[i].name, how, text);
      assert_int_equal(remove_tree(NULL), 0);
    }
}

/* Method shards knows no empty files; with modes they are known all the same. */
static void test_empty_files_among_shards(void **state) {
  (void)state;
  bw_seal_options options = sealing_with("a.key");
  options.shard_bytes = 5;
  seal("set", &options);
  add_empty();
  expect("");
  assert_int_equal(unlink("set/new"), 0);
  options.modes = true;
  seal("set", &options);
  expect("");
  add_empty();
  expect("added new;");
  assert_int_equal(unlink("set/empty"), 0);
  expect("missing empty;added new;");
}

static void test_digests_are_told(void **state) {
  (void)state;
  bw_seal_options options = sealing_with("a.key");
  options.shard_bytes = 5;
  seal("set", &options);
  put("set/a", "content oF a");
  const bw_verify_options trust = trusting_a();
  bw_verification *v = verify("set", &trust);
  const bw_difference *d = bw_verification_difference(v, 0, 0);
  assert_non_null(strstr(d->expected, "12 bytes, of which 5 to 10 sha256:"));
  assert_non_null(strstr(d->found, "12 bytes, of which 5 to 10 sha256:"));
  assert_string_not_equal(d->expected, d->found);
  bw_verification_free(v);
  put("set/a", "content of a, and more");
  v = verify("set", &trust);
  d = bw_verification_difference(v, 0, 0);
  assert_non_null(strstr(d->expected, "12 bytes, of which 10 to 12"));
  assert_non_null(strstr(d->found, "22 bytes, of which 10 to 15"));
  bw_verification_free(v);
}

/* ---- who sealed ---- */

static void test_wrong_key_is_named(void **state) {
  (void)state;
  char text[512];
  const bw_seal_options options = sealing_with("b.key");
  seal("set", &options);
  bw_verify_options trust = trusting_a();
  describe(text, &trust);
  assert_non_null(strstr(text, "which is not trusted"));
  trust.keys = both_keys;
  trust.n_keys = 2;
  describe(text, &trust);
  assert_string_equal(text, "");

  bw_verification *v = NULL;
  bw_error err;
  trust.n_keys = 0;
  assert_int_equal(bw_verify(&v, "set", &trust, &err), BW_EINVAL);
  trust.root_path = "root.pem";
  assert_int_equal(bw_verify(&v, "set", &trust, &err), BW_EINVAL);
  assert_non_null(strstr(err.text, "without an identity"));
  assert_null(v);
}

/* An older seal beside newer content, and one whose payload was altered. */
static void test_stale_and_altered_seals(void **state) {
  (void)state;
  const bw_seal_options options = sealing_with("a.key");
  seal("set", &options);
  bwi_bytes old = {NULL, 0};
  assert_int_equal(bwi_file_read(&old, "set.sig", 1 << 20, NULL), BW_OK);
  put("set/a", "newer");
  seal("set", &options);
  expect("");
  assert_int_equal(bwi_file_write("set.sig", old.data, old.size, NULL), BW_OK);
  expect("changed a;");
  char *payload = strstr((char *)old.data, "\"payload\":\"") + 30;
  *payload = *payload == 'A' ? 'B' : 'A';
  assert_int_equal(bwi_file_write("set.sig", old.data, old.size, NULL), BW_OK);
  bwi_free((void *)old.data);
  char text[512];
  const bw_verify_options trust = trusting_a();
  describe(text, &trust);
  assert_non_null(strstr(text, "the signature does not hold"));
}

static void test_several_signers(void **state) {
  (void)state;
  static const char *const bundles[] = {"set.sig", "set.b.sig"}, *const twice[] = {"set.sig", "set.sig"};
  bw_seal_options options = sealing_with("a.key");
  seal("set", &options);
  options = sealing_with("b.key");
  options.output_path = "set.b.sig";
  seal("set", &options);
  bw_verify_options trust = trusting_a();
  trust.bundles = bundles;
  trust.n_bundles = 2;
  const struct {
    size_t n_keys;
    uint32_t wanted;
    bool twice, holds;
  } rows[] = {{2, 0, false, true}, {2, 2, false, true}, {1, 0, false, false}, {1, 2, false, false},
              {1, 1, false, true}, {2, 2, true, false}, {2, 1, true, true}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    trust.keys = both_keys;
    trust.n_keys = rows[i].n_keys;
    trust.signers = rows[i].wanted;
    trust.bundles = rows[i].twice ? twice : bundles;
    bw_verification *v = verify("set", &trust);
    if (bw_verification_holds(v) != rows[i].holds) fail_msg("row %zu", i);
    bw_verification_free(v);
  }
  trust.signers = 3;
  bw_verification *v = NULL;
  assert_int_equal(bw_verify(&v, "set", &trust, NULL), BW_EINVAL);
}

static const char *const alice[] = {"alice@example.org"}, *const mallory[] = {"mallory@example.org"};
static const char *const certificate_files[] = {"alice.key", "alice.pem", "between.pem", "root.pem"};

/* The tree, sealed by alice's certificate; her file holds that of her issuer, too. */
static int make_certified(void **state) {
  bwi_buffer chain = {0};
  (void)make_tree(state);
  for (size_t i = 0; i < COUNT(certificate_files); i++) copy_data("certificates", certificate_files[i]);
  for (size_t i = 1; i < 3; i++) {
    bwi_bytes pem = {NULL, 0};
    assert_int_equal(bwi_file_read(&pem, certificate_files[i], 1 << 16, NULL), BW_OK);
    bwi_buffer_put(&chain, pem.data, pem.size);
    bwi_free((void *)pem.data);
  }
  assert_int_equal(bwi_file_write("alice.pem", chain.data, chain.size, NULL), BW_OK);
  bwi_buffer_free(&chain);
  bw_seal_options options = sealing_with("alice.key");
  options.certificate_path = "alice.pem";
  seal("set", &options);
  return 0;
}

static int remove_certified(void **state) {
  for (size_t i = 0; i < COUNT(certificate_files); i++) (void)unlink(certificate_files[i]);
  return remove_tree(state);
}

static bw_verify_options trusting_alice(void) {
  bw_verify_options options = trusting_a();
  options.n_keys = 0;
  options.root_path = "root.pem";
  options.identities = alice;
  options.n_identities = 1;
  return options;
}

static void test_certificates(void **state) {
  (void)state;
  char text[512];
  bw_verify_options trust = trusting_a();
  describe(text, &trust);
  assert_string_equal(text, "signed with a certificate, and no root is trusted");
  trust = trusting_alice();
  describe(text, &trust);
  assert_string_equal(text, "");
  trust.identities = mallory;
  describe(text, &trust);
  assert_non_null(strstr(text, "signed by alice@example.org, "));
  trust = trusting_alice();
  trust.time = 1500000000;
  describe(text, &trust);
  assert_non_null(strstr(text, "not yet valid"));

  bw_error err;
  bw_seal_options options = sealing_with("a.key");
  options.certificate_path = "alice.pem";
  assert_int_equal(bw_seal(NULL, "set", &options, &err), BW_EINVAL);
  assert_non_null(strstr(err.text, "not of the key that signs"));
}

static void expect_revoked(const bw_verify_options *trust, const char *fingerprint, const char *what) {
  char text[512], line[128];
  bw_verify_options with_list = *trust;
  (void)snprintf(line, sizeof line, "# gone\n\n%s  laptop stolen\n", fingerprint);
  put("revoked", line);
  with_list.revoked_path = "revoked";
  describe(text, &with_list);
  (void)snprintf(line, sizeof line, "the %s %.16s... is revoked", what, fingerprint);
  assert_string_equal(text, line);
}

static void test_revocation(void **state) {
  (void)state;
  bw_verify_options trust = trusting_alice();
  bw_verification *v = verify("set", &trust);
  expect_revoked(&trust, bw_verification_signer(v, 0)->fingerprint, "key");
  bw_verification_free(v);

  bwi_bytes pem = {NULL, 0};
  bwi_certificates *chain = NULL;
  assert_int_equal(bwi_file_read(&pem, "alice.pem", 1 << 16, NULL), BW_OK);
  assert_int_equal(bwi_certificates_read(&chain, pem, NULL), BW_OK);
  bwi_free((void *)pem.data);
  for (size_t i = 0; i < 2; i++) {
    char fingerprint[BWI_FINGERPRINT_BYTES];
    assert_int_equal(bwi_certificate_fingerprint(fingerprint, chain, i, NULL), BW_OK);
    expect_revoked(&trust, fingerprint, "certificate");
  }
  bwi_certificates_free(chain);

  bw_sealed sealed;
  const bw_seal_options options = sealing_with("a.key");
  assert_int_equal(bw_seal(&sealed, "set", &options, NULL), BW_OK);
  trust = trusting_a();
  expect_revoked(&trust, sealed.fingerprint, "key");

  bw_error err;
  put("revoked", "not a fingerprint\n");
  trust.revoked_path = "revoked";
  assert_int_equal(bw_verify(&v, "set", &trust, &err), BW_EFORMAT);
  assert_non_null(strstr(err.text, "revoked: line 1 must begin with a fingerprint"));
}

/* ---- seals of others ---- */

/* The bundles that versions of model-signing made for its own tests, of a file and of a folder. */
static void test_published_seals(void **state) {
  (void)state;
  static const struct {
    const char *bundle;
    bool folder;
  } rows[] = {{"v0.3.1-key.sig", false},
              {"v1.0.0-key.sig", false},
              {"v1.0.1-key.sig", true},
              {"v1.1.0-key.sig", true}};
  static const char *const keys[] = {"key.pub"};
  copy_data("model-signing", "key.pub");
  assert_int_equal(mkdir("signed", 0755), 0);
  put("signed/signme-2", "signme-2");
  for (size_t i = 0; i < COUNT(rows); i++) {
    const char *path = rows[i].folder ? "signed" : "signed/signme-1";
    bw_verify_options trust = trusting_a();
    trust.keys = keys;
    trust.bundles = &rows[i].bundle;
    trust.n_bundles = 1;
    copy_data("model-signing", rows[i].bundle);
    put("signed/signme-1", "signme-1\n");
    bw_verification *v = verify(path, &trust);
    if (!bw_verification_holds(v)) fail_msg("%s", rows[i].bundle);
    bw_verification_free(v);
    put("signed/signme-1", "signme-1");
    v = verify(path, &trust);
    if (bw_verification_holds(v)) fail_msg("%s", rows[i].bundle);
    assert_string_equal(bw_verification_difference(v, 0, 0)->path, "signme-1");
    bw_verification_free(v);
    assert_int_equal(unlink(rows[i].bundle), 0);
  }
  assert_int_equal(unlink("signed/signme-1") | unlink("signed/signme-2") | unlink("key.pub"), 0);
  assert_int_equal(rmdir("signed"), 0);
}

/* ---- what may be sealed ---- */

static void test_single_file(void **state) {
  (void)state;
  put("one.bin", "weights");
  bw_seal_options options = sealing_with("a.key");
  options.modes = true;
  seal("one.bin", &options);
  const bw_verify_options trust = trusting_a();
  bw_verification *v = verify("one.bin", &trust);
  assert_true(bw_verification_holds(v));
  assert_int_equal(bw_verification_files(v), 1);
  bw_verification_free(v);
  put("one.bin", "Weights");
  v = verify("one.bin", &trust);
  assert_string_equal(bw_verification_difference(v, 0, 0)->path, "one.bin");
  char *report = NULL;
  assert_int_equal(bw_verification_text(&report, v, false, NULL), BW_OK);
  assert_non_null(strstr(report, "FAILS one.bin.sig, sealed by a.pub"));
  assert_non_null(strstr(report, "changed  one.bin\n           expected sha256:"));
  bwi_free(report);
  bw_verification_free(v);
}

static void test_symlinks(void **state) {
  (void)state;
  bw_error err;
  bw_seal_options options = sealing_with("a.key");
  assert_int_equal(symlink("a", "set/new"), 0);
  assert_int_equal(bw_seal(NULL, "set", &options, &err), BW_EINVAL);
  assert_non_null(strstr(err.text, "new is a symlink"));
  options.allow_symlinks = true;
  seal("set", &options);
  expect("");
  assert_int_equal(unlink("set/new"), 0);
  assert_int_equal(symlink("b", "set/new"), 0);
  expect("changed new;");
  assert_int_equal(unlink("set/new"), 0);
  assert_int_equal(symlink("sub", "set/new"), 0);
  expect("symlink new;");
}

static void test_what_is_left_out(void **state) {
  (void)state;
  static const char *const ignore[] = {"notes", "sub"};
  bw_seal_options options = sealing_with("a.key");
  options.ignore = ignore;
  options.n_ignore = 2;
  options.output_path = "set/set.sig";
  add_git();
  seal("set", &options);
  put("set/notes", "changing");
  put("set/sub/new", "changing");
  char text[512];
  static const char *const bundles[] = {"set/set.sig"};
  bw_verify_options trust = trusting_a();
  trust.bundles = bundles;
  trust.n_bundles = 1;
  describe(text, &trust);
  assert_string_equal(text, "");
  bw_verification *v = verify("set", &trust);
  char *report = NULL;
  assert_int_equal(bw_verification_signer(v, 0)->n_ignored, 3);
  assert_int_equal(bw_verification_text(&report, v, false, NULL), BW_OK);
  assert_non_null(strstr(report, "\n  left out notes\n  left out sub\n  left out set.sig\n"));
  bwi_free(report);
  assert_int_equal(bw_verification_text(&report, v, true, NULL), BW_OK);
  assert_non_null(strstr(report, "\"ignored\":[\"notes\",\"sub\",\"set.sig\"]"));
  bwi_free(report);
  bw_verification_free(v);
  put("set/new", "x");
  describe(text, &trust);
  assert_string_equal(text, "added new;");
}

static void test_what_cannot_be_sealed(void **state) {
  (void)state;
  bw_error err;
  bw_seal_options options = sealing_with("a.key");
  assert_int_equal(bw_seal(NULL, "absent", &options, &err), BW_EIO);
  assert_int_equal(mkdir("set/hollow", 0755), 0);
  assert_int_equal(bw_seal(NULL, "set/hollow", &options, &err), BW_EINVAL);
  assert_non_null(strstr(err.text, "no files"));
  options.key_path = "absent";
  assert_int_equal(bw_seal(NULL, "set", &options, &err), BW_EIO);
  options.key_path = NULL;
  assert_int_equal(bw_seal(NULL, "set", &options, &err), BW_EINVAL);
  assert_int_equal(access("set.sig", F_OK), -1);
}

static int stop(const bw_tick *tick, void *payload) {
  (void)tick;
  (*(int *)payload)++;
  return 1;
}

static void test_cancel(void **state) {
  (void)state;
  int calls = 0;
  bw_seal_options options = sealing_with("a.key");
  options.progress = (bw_progress){stop, &calls};
  assert_int_equal(bw_seal(NULL, "set", &options, NULL), BW_ECANCEL);
  assert_true(calls > 0);
  assert_int_equal(access("set.sig", F_OK), -1);
}

/* ---- memory ---- */

/* One thread, so that the same allocation fails each time. */
static void test_without_memory(void **state) {
  (void)state;
  bw_seal_options options = sealing_with("a.key");
  bw_verify_options trust = trusting_a();
  options.threads = trust.threads = 1;
  options.modes = true;
  for (uint64_t n = 1;; n++) {
    const uint64_t before = bwi_memory_live_blocks();
    (void)bwi_memory_fail_after(n);
    const bw_status status = bw_seal(NULL, "set", &options, NULL);
    const bool failed = bwi_memory_fail_after(0) == 0;
    assert_int_equal(bwi_memory_live_blocks(), before);
    assert_int_equal(status, failed ? BW_ENOMEM : BW_OK);
    if (!failed) break;
  }
  for (uint64_t n = 1;; n++) {
    bw_verification *v = NULL;
    const uint64_t before = bwi_memory_live_blocks();
    (void)bwi_memory_fail_after(n);
    const bw_status status = bw_verify(&v, "set", &trust, NULL);
    const bool failed = bwi_memory_fail_after(0) == 0;
    assert_int_equal(status, failed ? BW_ENOMEM : BW_OK);
    bw_verification_free(v);
    assert_int_equal(bwi_memory_live_blocks(), before);
    if (!failed) break;
  }
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, make_tree, remove_tree)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_difference_is_named),
      IN_TREE(test_empty_files_among_shards),
      IN_TREE(test_digests_are_told),
      IN_TREE(test_wrong_key_is_named),
      IN_TREE(test_stale_and_altered_seals),
      IN_TREE(test_several_signers),
      cmocka_unit_test_setup_teardown(test_certificates, make_certified, remove_certified),
      cmocka_unit_test_setup_teardown(test_revocation, make_certified, remove_certified),
      cmocka_unit_test(test_published_seals),
      IN_TREE(test_single_file),
      IN_TREE(test_symlinks),
      IN_TREE(test_what_is_left_out),
      IN_TREE(test_what_cannot_be_sealed),
      IN_TREE(test_cancel),
      IN_TREE(test_without_memory),
  };
  return cmocka_run_group_tests_name("seal", tests, make_folder, remove_folder);
}
