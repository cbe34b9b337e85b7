/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/manifest.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define A "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806"
#define B "27dd8ed44a83ff94d557f9fd0412ed5a8cbca69ea04922d88c01184a07300a5a"

static bwi_bytes bytes_of(const char *text) {
  return (bwi_bytes){(const uint8_t *)text, strlen(text)};
}

/* ---- reading ---- */

/* The digest of all the digests, in this order. */
static void root_of(char hex[65], const char *const *digests, size_t count) {
  uint8_t all[4 * 32], root[32];
  for (size_t i = 0; i < count; i++)
    assert_true(bwi_hex_decode(all + 32 * i, 32, digests[i], strlen(digests[i])));
  assert_int_equal(bwi_digest(root, BWI_SHA256, all, 32 * count, NULL), BW_OK);
  bwi_hex_encode(hex, root, 32);
}

#define RESOURCE(name, algorithm, digest) \
  "{\"name\":\"" name "\",\"algorithm\":\"" algorithm "\",\"digest\":\"" digest "\"}"
#define FILES "\"method\":\"files\",\"hash_type\":\"sha256\",\"allow_symlinks\":false"
#define SHARDS "\"method\":\"shards\",\"hash_type\":\"sha256\",\"shard_size\":3.0,\"allow_symlinks\":true"

typedef struct statement {
  const char *serialization, *resources, *subject_more;
} statement;

/* A statement over resources whose digests are A, B, A, ... */
static void write_statement(char text[4096], statement s, size_t n_digests) {
  static const char *const digests[] = {A, B, A, B};
  char root[65];
  root_of(root, digests, n_digests);
  (void)snprintf(
      text, 4096,
      "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"m\",\"digest\":{\"sha256\":"
      "\"%s\"}%s}],\"predicateType\":\"https://model_signing/signature/v1.0\",\"predicate\":{"
      "\"serialization\":{%s},\"resources\":[%s],\"unknown\":1}}",
      root, s.subject_more, s.serialization, s.resources);
}

static void test_reads_files(void **state) {
  (void)state;
  char text[4096];
  bwi_manifest m = {0};
  bw_error err;
  write_statement(text,
                  (statement){FILES ",\"ignore_paths\":[\".git\",\"m.sig\"]",
                              RESOURCE("sub/b", "sha256", A) "," RESOURCE("a", "sha256", B), ""},
                  2);
  if (bwi_manifest_read(&m, bytes_of(text), &err) != BW_OK) fail_msg("%s", err.text);
  assert_string_equal(m.name, "m");
  assert_int_equal(m.how.hash, BWI_SHA256);
  assert_int_equal(m.how.shard_bytes, 0);
  assert_false(m.how.allow_symlinks);
  assert_false(m.how.modes);
  assert_int_equal(m.how.n_ignore, 2);
  assert_string_equal(m.how.ignore[1], "m.sig");
  assert_int_equal(m.n_files, 2);
  assert_string_equal(m.files[0].path, "a");
  assert_int_equal(m.shards[m.files[0].first].digest[0], 0x27);
  assert_string_equal(m.files[1].path, "sub/b");
  bwi_manifest_clear(&m);
}

/* model-signing writes shard_size as 3.0 and puts it into the algorithm's name. A path may hold colons. */
static void test_reads_shards(void **state) {
  (void)state;
  char text[4096];
  bwi_manifest m = {0};
  bw_error err;
  write_statement(text,
                  (statement){SHARDS,
                              RESOURCE("a:1:2:3:4", "sha256-sharded-3", A) "," RESOURCE(
                                  "b:3:5", "sha256", B) "," RESOURCE("b:0:3", "sha256-sharded-3", A),
                              ""},
                  3);
  /* The first shard of "a:1:2" would start at 3. */
  assert_int_equal(bwi_manifest_read(&m, bytes_of(text), &err), BW_EFORMAT);
  write_statement(
      text,
      (statement){SHARDS,
                  RESOURCE("a:1:2:0:1", "sha256-sharded-3", A) "," RESOURCE(
                      "b:3:5", "sha256", B) "," RESOURCE("b:0:3", "sha256-sharded-3", A),
                  ",\"annotations\":{\"modes\":{\"b\":\"0644\",\"a:1:2\":\"4755\",\".\":\"0700\"}}"},
      3);
  if (bwi_manifest_read(&m, bytes_of(text), &err) != BW_OK) fail_msg("%s", err.text);
  assert_int_equal(m.how.shard_bytes, 3);
  assert_true(m.how.allow_symlinks);
  assert_int_equal(m.n_files, 2);
  assert_string_equal(m.files[0].path, "a:1:2");
  assert_int_equal(m.files[1].count, 2);
  assert_int_equal(m.shards[m.files[1].first].end, 3);
  assert_int_equal(m.shards[m.files[1].first + 1].end, 5);
  assert_true(m.how.modes);
  assert_int_equal(m.n_modes, 3);
  assert_string_equal(m.modes[1].path, "a:1:2");
  assert_int_equal(m.modes[1].mode, 04755);
  bwi_manifest_clear(&m);
}

static void test_refusals(void **state) {
  (void)state;
  static const struct {
    statement s;
    size_t n_digests; /* 9: the root is wrong */
    bw_status status;
    const char *reason;
  } rows[] = {
      {{FILES, RESOURCE("a", "sha256", A) "," RESOURCE("a", "sha256", B), ""},
       2,
       BW_EFORMAT,
       "a is there twice"},
      {{FILES, RESOURCE("a", "sha256", A), ""}, 2, BW_EFORMAT, "digest is not that of the resources"},
      {{FILES, RESOURCE("../a", "sha256", A), ""}, 1, BW_EFORMAT, "leads out"},
      {{FILES, RESOURCE("a/../b", "sha256", A), ""}, 1, BW_EFORMAT, "leads out"},
      {{FILES, RESOURCE("/a", "sha256", A), ""}, 1, BW_EFORMAT, "leads out"},
      {{FILES, RESOURCE("a//b", "sha256", A), ""}, 1, BW_EFORMAT, "leads out"},
      {{FILES, RESOURCE("a/./b", "sha256", A), ""}, 1, BW_EFORMAT, "leads out"},
      {{FILES, RESOURCE("a/", "sha256", A), ""}, 1, BW_EFORMAT, "leads out"},
      {{FILES, RESOURCE("", "sha256", A), ""}, 1, BW_EFORMAT, "leads out"},
      {{FILES, RESOURCE("a\\u0000", "sha256", A), ""}, 1, BW_EFORMAT, "holds a NUL"},
      {{FILES, RESOURCE("a", "sha512", A), ""}, 1, BW_EFORMAT, "the algorithm of a resource"},
      {{FILES, RESOURCE("a", "sha256", "2c8b"), ""}, 1, BW_EFORMAT, "not as long as its algorithm"},
      {{FILES, "3", ""}, 1, BW_EFORMAT, "an object with \"name\""},
      {{SHARDS, RESOURCE("a:0:4", "sha256", A), ""},
       1,
       BW_EFORMAT,
       "path:start:end, no longer than shard_size"},
      {{SHARDS, RESOURCE("a:0:0", "sha256", A), ""}, 1, BW_EFORMAT, "path:start:end"},
      {{SHARDS, RESOURCE("a:00:3", "sha256", A), ""}, 1, BW_EFORMAT, "path:start:end"},
      {{SHARDS, RESOURCE("a:0:-3", "sha256", A), ""}, 1, BW_EFORMAT, "path:start:end"},
      {{SHARDS, RESOURCE("a:0", "sha256", A), ""}, 1, BW_EFORMAT, "path:start:end"},
      {{SHARDS, RESOURCE("a:0:99999999999999999999", "sha256", A), ""}, 1, BW_EFORMAT, "path:start:end"},
      {{SHARDS, RESOURCE("a:0:3", "sha256", A) "," RESOURCE("a:4:6", "sha256", B), ""},
       2,
       BW_EFORMAT,
       "missing"},
      {{SHARDS, RESOURCE("a:0:3", "sha256", A) "," RESOURCE("a:2:5", "sha256", B), ""},
       2,
       BW_EFORMAT,
       "missing"},
      {{"\"method\":\"lines\",\"hash_type\":\"sha256\"", "", ""}, 0, BW_EUNSUPPORTED, "method is lines"},
      {{"\"method\":\"files\",\"hash_type\":\"blake3\"", "", ""}, 0, BW_EUNSUPPORTED, "hash_type is blake3"},
      {{"\"method\":\"files\",\"hash_type\":\"sha256\"", "", ""}, 0, BW_EFORMAT, "no \"allow_symlinks\""},
      {{"\"method\":\"shards\",\"hash_type\":\"sha256\",\"shard_size\":0", "", ""},
       0,
       BW_EFORMAT,
       "shard_size must"},
      {{"\"method\":\"shards\",\"hash_type\":\"sha256\",\"shard_size\":2.5", "", ""},
       0,
       BW_EFORMAT,
       "shard_size must"},
      {{"\"method\":\"shards\",\"hash_type\":\"sha256\",\"shard_size\":1e300", "", ""},
       0,
       BW_EFORMAT,
       "shard_size must"},
      {{FILES ",\"ignore_paths\":\".git\"", "", ""}, 0, BW_EFORMAT, "ignore_paths must be a list"},
      {{FILES ",\"ignore_paths\":[3]", "", ""}, 0, BW_EFORMAT, "ignore_paths must hold strings"},
      {{FILES, "", ",\"annotations\":{\"modes\":[]}"}, 0, BW_EFORMAT, "\"modes\" must be an object"},
      {{FILES, "", ",\"annotations\":{\"modes\":{\"a\":\"644\"}}"}, 0, BW_EFORMAT, "four octal digits"},
      {{FILES, "", ",\"annotations\":{\"modes\":{\"a\":\"0648\"}}"}, 0, BW_EFORMAT, "four octal digits"},
      {{FILES, "", ",\"annotations\":{\"modes\":{\"..\":\"0644\"}}"}, 0, BW_EFORMAT, "leads out"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    char text[4096];
    bwi_manifest m = {0};
    bw_error err = {BW_OK, 0, ""};
    write_statement(text, rows[i].s, rows[i].n_digests);
    if (bwi_manifest_read(&m, bytes_of(text), &err) != rows[i].status ||
        strstr(err.text, rows[i].reason) == NULL)
      fail_msg("row %zu: %s", i, err.text);
    assert_null(m.arena);
  }
}

static void test_refuses_other_statements(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bw_status status;
  } rows[] = {
      {"{\"_type\":\"https://in-toto.io/Statement/v0.1\"}", BW_EUNSUPPORTED},
      {"{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicateType\":\"https://model_signing/Digests/"
       "v0.1\"}",
       BW_EUNSUPPORTED},
      {"{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicateType\":\"https://model_signing/signature/"
       "v1.0\","
       "\"subject\":[]}",
       BW_EFORMAT},
      {"[", BW_EFORMAT},
      {"", BW_EFORMAT},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    bwi_manifest m = {0};
    if (bwi_manifest_read(&m, bytes_of(rows[i].text), NULL) != rows[i].status) fail_msg("row %zu", i);
  }
}

/* ---- writing ---- */

static bwi_sealed_file files[] = {{"a", 0, 2}, {"a-b", 2, 1}};
static bwi_shard shards[] = {{0, 3, {1}}, {3, 5, {2}}, {0, 1, {3}}};
static bwi_sealed_mode modes[] = {{".", 0755}, {"a", 04755}, {"a-b", 0600}};
static const char *const ignored[] = {".git"};

static bw_status write_and_read(void *payload) {
  const bwi_digest_kind hash = *(const bwi_digest_kind *)payload;
  bwi_manifest m = {.arena = bwi_arena_create(0),
                    .name = "m",
                    .how = {.hash = hash, .shard_bytes = 3, .modes = true, .ignore = ignored, .n_ignore = 1},
                    .files = files,
                    .n_files = 2,
                    .shards = shards,
                    .n_shards = 3,
                    .modes = modes,
                    .n_modes = 3};
  bwi_manifest again = {0};
  bwi_buffer text = {0};
  bw_status status = m.arena == NULL ? BW_ENOMEM : bwi_manifest_write(&text, &m, NULL);
  if (status == BW_OK)
    status = bwi_manifest_read(&again, (bwi_bytes){(const uint8_t *)text.data, text.size}, NULL);
  if (status == BW_OK) {
    /* By code point: '-' comes before ':'. */
    assert_true(strstr(text.data, "\"a-b:0:1\"") < strstr(text.data, "\"a:0:3\""));
    assert_memory_equal(again.root, m.root, sizeof m.root);
    assert_int_equal(again.n_files, 2);
    for (size_t i = 0; i < 2; i++) {
      assert_string_equal(again.files[i].path, files[i].path);
      assert_int_equal(again.files[i].count, files[i].count);
    }
    for (size_t i = 0; i < 3; i++) {
      assert_int_equal(again.shards[i].end, shards[i].end);
      assert_memory_equal(again.shards[i].digest, shards[i].digest, bwi_digest_bytes(hash));
      assert_string_equal(again.modes[i].path, modes[i].path);
      assert_int_equal(again.modes[i].mode, modes[i].mode);
    }
  }
  bwi_buffer_free(&text);
  bwi_manifest_clear(&again);
  bwi_manifest_clear(&m);
  return status;
}

static void test_writes_what_it_reads(void **state) {
  (void)state;
  static const bwi_digest_kind hashes[] = {BWI_SHA256, BWI_BLAKE2B};
  for (size_t i = 0; i < COUNT(hashes); i++) assert_int_equal(write_and_read((void *)&hashes[i]), BW_OK);
  assert_true(sweep_allocations(write_and_read, (void *)&hashes[0]) > 20);
}

static void test_refuses_names_that_are_no_text(void **state) {
  (void)state;
  static bwi_sealed_file odd[] = {{"\xFF", 0, 1}};
  bwi_manifest m = {
      .arena = bwi_arena_create(0), .name = "m", .files = odd, .n_files = 1, .shards = shards, .n_shards = 1};
  bwi_buffer text = {0};
  assert_int_equal(bwi_manifest_write(&text, &m, NULL), BW_EINVAL);
  bwi_buffer_free(&text);
  bwi_manifest_clear(&m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_reads_files),
      cmocka_unit_test(test_reads_shards),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_refuses_other_statements),
      cmocka_unit_test(test_writes_what_it_reads),
      cmocka_unit_test(test_refuses_names_that_are_no_text),
  };
  return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
