/* SPDX-License-Identifier: Apache-2.0 */
/* A log on disk: it grows, its files are where tlog-tiles has them, and whatever is changed in them is seen.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "log/log_seen.h"
#include "support/scratch.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bwi_note_key signer(void) {
  bwi_key *key = NULL;
  bwi_note_key named;
  bw_error err;
  if (bwi_key_read_private(&key, scratch("key.pem"), -1, &err) != BW_OK) fail_msg("%s", err.text);
  assert_int_equal(bwi_note_key_create(&named, "example.org/log", key, NULL), BW_OK);
  return named;
}

static int set_up(void **state) {
  bwi_key *key = NULL;
  if (scratch_make(state) != 0 || bwi_key_generate(&key, BWI_ED25519, NULL) != BW_OK) return -1;
  const bw_status status = bwi_key_write_private(key, scratch("key.pem"), NULL, 0, NULL);
  bwi_key_free(key);
  return status == BW_OK ? 0 : -1;
}

static void create(const char *name) {
  bwi_note_key key = signer();
  bw_error err;
  if (bwi_log_store_create(scratch(name), &key, &err) != BW_OK) fail_msg("%s", err.text);
  bwi_note_key_clear(&key);
}

static bw_status open_log(bwi_log_store *out, const char *name, bw_error *err) {
  bwi_note_key key = signer();
  return bwi_log_store_open(out, scratch(name), &key, err);
}

static bwi_log_store opened(const char *name) {
  bwi_log_store store;
  bw_error err;
  if (open_log(&store, name, &err) != BW_OK) fail_msg("%s: %s", name, err.text);
  return store;
}

/* Entry i of a log, and how long it is. */
static size_t entry(char out[32], uint64_t i, char mark) {
  return (size_t)snprintf(out, 32, "%c entry %llu", mark, (unsigned long long)i);
}

static void add(bwi_log_store *store, uint64_t count, char mark) {
  for (uint64_t k = 0; k < count; k++) {
    char text[32];
    bw_error err;
    const size_t size = entry(text, store->checkpoint.size, mark);
    if (bwi_log_store_add(store, (bwi_bytes){(const uint8_t *)text, size}, &err) != BW_OK)
      fail_msg("%s", err.text);
  }
}

static void check_entries(bwi_log_store *store, char mark) {
  for (uint64_t n = 0; n * BWI_TILE_WIDTH < store->checkpoint.size; n++) {
    bwi_bytes bytes, spans[BWI_TILE_WIDTH];
    uint32_t count = 0;
    assert_int_equal(bwi_log_store_bundle(&bytes, spans, &count, store, n, NULL), BW_OK);
    assert_int_equal(count, bwi_tile_width(store->checkpoint.size, 0, n));
    for (uint32_t i = 0; i < count; i++) {
      char text[32];
      assert_int_equal(spans[i].size, entry(text, n * BWI_TILE_WIDTH + i, mark));
      assert_memory_equal(spans[i].data, text, spans[i].size);
    }
    bwi_free((void *)bytes.data);
  }
}

static bool is_there(const char *name) {
  struct stat info;
  return stat(scratch(name), &info) == 0;
}

/* 259 entries: two bundles, tiles of two levels; partial tiles go when a full one takes their place. */
static void grows(void **state) {
  (void)state;
  create("grown");
  bwi_log_store store = opened("grown");
  assert_int_equal(store.checkpoint.size, 0);
  add(&store, 255, 'a');
  check_entries(&store, 'a');
  assert_true(is_there("grown/tile/0/000.p/1") && is_there("grown/tile/0/000.p/255"));
  add(&store, 4, 'a');
  check_entries(&store, 'a');
  assert_false(is_there("grown/tile/0/000.p") || is_there("grown/tile/entries/000.p"));
  assert_true(is_there("grown/tile/0/000") && is_there("grown/tile/entries/000"));
  assert_true(is_there("grown/tile/0/001.p/3") && is_there("grown/tile/1/000.p/1"));
  bwi_log_store again = opened("grown");
  assert_int_equal(again.checkpoint.size, 259);
  assert_true(bwi_merkle_equal(&again.checkpoint.head, &store.checkpoint.head));
  check_entries(&again, 'a');
  bwi_log_store_close(&again);
  bwi_log_store_close(&store);
  bw_error err;
  bwi_note_key key = signer();
  assert_int_equal(bwi_log_store_create(scratch("grown"), &key, &err), BW_EIO);
  bwi_note_key_clear(&key);
}

static void keeps_to_the_limits(void **state) {
  (void)state;
  static uint8_t large[BWI_ENTRY_MAX_BYTES + 1];
  create("limits");
  bwi_log_store store = opened("limits");
  assert_int_equal(bwi_log_store_add(&store, (bwi_bytes){large, 0}, NULL), BW_EINVAL);
  assert_int_equal(bwi_log_store_add(&store, (bwi_bytes){large, sizeof large}, NULL), BW_ELIMIT);
  assert_int_equal(bwi_log_store_add(&store, (bwi_bytes){large, sizeof large - 1}, NULL), BW_OK);
  assert_int_equal(store.checkpoint.size, 1);
  bwi_bytes bytes, spans[BWI_TILE_WIDTH];
  uint32_t count = 0;
  assert_int_equal(bwi_log_store_bundle(&bytes, spans, &count, &store, 0, NULL), BW_OK);
  assert_int_equal(spans[0].size, BWI_ENTRY_MAX_BYTES);
  bwi_free((void *)bytes.data);
  assert_int_equal(bwi_log_store_bundle(&bytes, spans, &count, &store, 1, NULL), BW_EINVAL);
  bwi_log_store_close(&store);
}

/* The key in the log has no private part: with it nothing can be added. */
static void adds_with_the_private_key_alone(void **state) {
  (void)state;
  create("public");
  bwi_note_key key;
  bwi_log_store store;
  bw_error err;
  assert_int_equal(bwi_log_store_own_key(&key, scratch("public"), NULL), BW_OK);
  assert_int_equal(bwi_log_store_open(&store, scratch("public"), &key, NULL), BW_OK);
  assert_int_equal(bwi_log_store_add(&store, (bwi_bytes){(const uint8_t *)"x", 1}, &err), BW_EINVAL);
  bwi_log_store_close(&store);
  store = opened("public");
  assert_int_equal(store.checkpoint.size, 0);
  add(&store, 1, 'a');
  bwi_log_store_close(&store);
}

/* ---- tampering ---- */

static const char *const files[] = {"t/checkpoint", "t/tile/0/000.p/5", "t/tile/entries/000.p/5"};

static bw_status read_all(const char *name, bw_error *err) {
  bwi_log_store store;
  bwi_bytes bytes = {0}, spans[BWI_TILE_WIDTH];
  uint32_t count = 0;
  BW_TRY(open_log(&store, name, err));
  const bw_status status = bwi_log_store_bundle(&bytes, spans, &count, &store, 0, err);
  bwi_free((void *)(uintptr_t)bytes.data);
  bwi_log_store_close(&store);
  return status;
}

static void sees_every_bit_of_its_files(void **state) {
  (void)state;
  create("t");
  bwi_log_store store = opened("t");
  add(&store, 5, 'a');
  bwi_log_store_close(&store);
  for (size_t f = 0; f < COUNT(files); f++) {
    bwi_bytes bytes;
    assert_int_equal(bwi_file_read(&bytes, scratch(files[f]), 1 << 20, NULL), BW_OK);
    uint8_t *copy = (uint8_t *)bytes.data;
    for (size_t bit = 0; bit < 8 * bytes.size; bit++) {
      bw_error err = {0};
      copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
      scratch_put(files[f], copy, bytes.size);
      copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
      const bw_status status = read_all("t", &err);
      if (status != BW_EFORMAT && status != BW_EUNTRUSTED)
        fail_msg("%s, bit %zu: %s", files[f], bit, err.text);
    }
    scratch_put(files[f], copy, bytes.size);
    bwi_free(copy);
  }
  assert_int_equal(read_all("t", NULL), BW_OK);
  assert_int_equal(unlink(scratch("t/tile/0/000.p/5")), 0);
  assert_int_equal(read_all("t", NULL), BW_EIO);
}

static void sees_every_truncation_of_its_files(void **state) {
  (void)state;
  create("c");
  bwi_log_store store = opened("c");
  add(&store, 5, 'a');
  bwi_log_store_close(&store);
  for (size_t f = 0; f < COUNT(files); f++) {
    bwi_bytes bytes;
    char name[64];
    (void)snprintf(name, sizeof name, "c%s", files[f] + 1); /* the same file of this log */
    assert_int_equal(bwi_file_read(&bytes, scratch(name), 1 << 20, NULL), BW_OK);
    for (size_t size = 0; size < bytes.size; size++) {
      bw_error err = {0};
      scratch_put(name, bytes.data, size);
      const bw_status status = read_all("c", &err);
      if (status != BW_EFORMAT && status != BW_EUNTRUSTED)
        fail_msg("%s, %zu bytes: %s", name, size, err.text);
    }
    scratch_put(name, bytes.data, bytes.size);
    bwi_free((void *)bytes.data);
  }
  assert_int_equal(read_all("c", NULL), BW_OK);
}

static void names_an_entry_that_was_changed(void **state) {
  (void)state;
  create("e");
  bwi_log_store store = opened("e");
  add(&store, 5, 'a');
  bwi_log_store_close(&store);
  bwi_bytes bytes;
  bw_error err;
  assert_int_equal(bwi_file_read(&bytes, scratch("e/tile/entries/000.p/5"), 1 << 20, NULL), BW_OK);
  ((uint8_t *)bytes.data)[3 * 11 + 4] ^= 1;
  scratch_put("e/tile/entries/000.p/5", bytes.data, bytes.size);
  bwi_free((void *)bytes.data);
  assert_int_equal(read_all("e", &err), BW_EUNTRUSTED);
  assert_string_equal(err.text, "entry 3 is not the one that was logged");
  /* And it does not become part of what is signed next. */
  store = opened("e");
  assert_int_equal(bwi_log_store_add(&store, (bwi_bytes){(const uint8_t *)"x", 1}, &err), BW_EUNTRUSTED);
  bwi_log_store_close(&store);
}

/* ---- what was seen before ---- */

static bw_status seen(const char *name, bw_error *err) {
  bwi_log_store store = opened(name);
  const bw_status status = bwi_log_seen_check(scratch("seen"), &store, err);
  bwi_log_store_close(&store);
  return status;
}

static void grow(const char *name, uint64_t count, char mark) {
  bwi_log_store store = opened(name);
  add(&store, count, mark);
  bwi_log_store_close(&store);
}

static void tells_growth_from_forks(void **state) {
  (void)state;
  bw_error err = {0};
  create("honest");
  create("forked");
  grow("forked", 2, 'b');
  assert_int_equal(seen("honest", NULL), BW_OK);
  for (int k = 0; k < 4; k++) {
    grow("honest", (uint64_t)(2 * k), 'a');
    if (seen("honest", &err) != BW_OK) fail_msg("%s", err.text);
    assert_int_equal(seen("honest", NULL), BW_OK);
  }
  assert_int_equal(seen("forked", &err), BW_EUNTRUSTED);
  assert_non_null(strstr(err.text, "the log was rolled back: it has 2 entries, and 12 were seen before"));
  grow("forked", 10, 'b');
  assert_int_equal(seen("forked", &err), BW_EUNTRUSTED);
  assert_non_null(
      strstr(err.text, "the log was forked: its first 12 entries are not those that were seen before"));
  grow("forked", 3, 'b');
  assert_int_equal(seen("forked", &err), BW_EUNTRUSTED);
  assert_non_null(strstr(err.text, "the log was forked"));
  assert_int_equal(seen("honest", NULL), BW_OK);
  scratch_put("seen", "not a note\n", 11);
  assert_int_equal(seen("honest", &err), BW_EFORMAT);
  assert_int_equal(unlink(scratch("seen")), 0);
}

/* A checkpoint of the past, with the files of the past beside it, is a log by itself; not to who saw a later
 * one. */
static void sees_a_replayed_checkpoint(void **state) {
  (void)state;
  bw_error err = {0};
  bwi_bytes old;
  create("replayed");
  grow("replayed", 3, 'a');
  assert_int_equal(bwi_file_read(&old, scratch("replayed/checkpoint"), 1 << 20, NULL), BW_OK);
  grow("replayed", 1, 'a');
  assert_int_equal(seen("replayed", NULL), BW_OK);
  scratch_put("replayed/checkpoint", old.data, old.size);
  bwi_free((void *)old.data);
  assert_int_equal(seen("replayed", &err), BW_EUNTRUSTED);
  assert_non_null(strstr(err.text, "rolled back: it has 3 entries, and 4 were seen before"));
  assert_int_equal(unlink(scratch("seen")), 0);
}

static bw_status open_and_read(void *payload) {
  (void)payload;
  bwi_key *bare = NULL;
  bwi_note_key key;
  bwi_log_store store;
  bwi_bytes bytes = {0}, spans[BWI_TILE_WIDTH];
  uint32_t count = 0;
  int lock = -1;
  BW_TRY(bwi_key_read_private(&bare, scratch("key.pem"), -1, NULL));
  BW_TRY(bwi_note_key_create(&key, "example.org/log", bare, NULL));
  BW_TRY(bwi_log_store_open(&store, scratch("s"), &key, NULL));
  bw_status status = bwi_log_store_lock(&lock, scratch("s"), NULL);
  if (status == BW_OK) status = bwi_log_store_bundle(&bytes, spans, &count, &store, 0, NULL);
  if (status == BW_OK) status = bwi_log_seen_check(scratch("seen"), &store, NULL);
  if (status == BW_OK) status = bwi_log_store_add(&store, (bwi_bytes){(const uint8_t *)"x", 1}, NULL);
  if (lock >= 0) bwi_log_store_unlock(lock);
  bwi_free((void *)(uintptr_t)bytes.data);
  bwi_log_store_close(&store);
  return status;
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  create("s");
  grow("s", 2, 'a');
  assert_int_equal(seen("s", NULL), BW_OK);
  assert_true(sweep_allocations(open_and_read, NULL) > 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(grows),
      cmocka_unit_test(keeps_to_the_limits),
      cmocka_unit_test(adds_with_the_private_key_alone),
      cmocka_unit_test(sees_every_bit_of_its_files),
      cmocka_unit_test(sees_every_truncation_of_its_files),
      cmocka_unit_test(names_an_entry_that_was_changed),
      cmocka_unit_test(tells_growth_from_forks),
      cmocka_unit_test(sees_a_replayed_checkpoint),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, set_up, scratch_remove);
}
