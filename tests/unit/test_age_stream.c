/* SPDX-License-Identifier: Apache-2.0 */
/* Chunks cut, moved and changed. What tests/parity/age/vectors.py says about the payload is tried on the
 * program. */
#include "age/age_stream.h"

#include <string.h>

#include "base/memory.h"
#include "support/pipe.h"
#include "support/unit.h"

enum { CHUNK = 65536, SEALED = CHUNK + 16, NONCE = 16 };

static bwi_age_secrets secrets = {.file_key = "YELLOW SUBMARIN"};
static const bw_progress silent = {0};

static bw_status seal(bwi_buffer *out, bwi_bytes plain, size_t most) {
  pipe_source source = {plain, 0, most};
  bwi_age_input in = {0};
  bw_status status = bwi_age_input_open(&in, pipe_reader(&source), NULL);
  if (status == BW_OK) status = bwi_age_stream_seal(pipe_writer(out), &in, &secrets, &silent, NULL);
  bwi_age_input_close(&in);
  return status;
}

static bw_status open_sealed(bwi_buffer *out, bwi_bytes sealed, size_t most, bw_error *err) {
  pipe_source source = {sealed, 0, most};
  bwi_age_input in = {0};
  bw_status status = bwi_age_input_open(&in, pipe_reader(&source), err);
  if (status == BW_OK) status = bwi_age_stream_open(pipe_writer(out), &in, &secrets, &silent, err);
  bwi_age_input_close(&in);
  return status;
}

static bwi_bytes span(const bwi_buffer *b) {
  return (bwi_bytes){(const uint8_t *)b->data, b->size};
}

/* size bytes, chunk by chunk another number. */
static bwi_buffer ramp(size_t size) {
  bwi_buffer b = {0};
  static uint8_t chunk[CHUNK];
  for (size_t at = 0; at < size; at += CHUNK) {
    memset(chunk, (int)(at / CHUNK + 1), sizeof chunk);
    bwi_buffer_put(&b, chunk, size - at < CHUNK ? size - at : CHUNK);
  }
  assert_false(b.failed);
  return b;
}

static void opens_what_it_sealed(void **state) {
  (void)state;
  static const size_t sizes[] = {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7, 5 * CHUNK};
  static const size_t parts[] = {0, 4096, 70001};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
      bwi_buffer plain = ramp(sizes[i]), sealed = {0}, opened = {0};
      const size_t n_chunks = sizes[i] == 0 ? 1 : (sizes[i] + CHUNK - 1) / CHUNK;
      assert_int_equal(seal(&sealed, span(&plain), parts[k]), BW_OK);
      assert_int_equal(sealed.size, NONCE + sizes[i] + 16 * n_chunks);
      assert_int_equal(open_sealed(&opened, span(&sealed), parts[k], NULL), BW_OK);
      assert_int_equal(opened.size, sizes[i]);
      if (sizes[i] > 0) assert_memory_equal(opened.data, plain.data, sizes[i]);
      bwi_buffer_free(&plain);
      bwi_buffer_free(&sealed);
      bwi_buffer_free(&opened);
    }
  }
}

/* Two encryptions of the same have no chunk in common. */
static void draws_a_nonce_each_time(void **state) {
  (void)state;
  bwi_buffer plain = ramp(100), one = {0}, two = {0};
  assert_int_equal(seal(&one, span(&plain), 0), BW_OK);
  assert_int_equal(seal(&two, span(&plain), 0), BW_OK);
  assert_memory_not_equal(one.data, two.data, NONCE);
  assert_memory_not_equal(one.data + NONCE, two.data + NONCE, 100);
  bwi_buffer_free(&plain);
  bwi_buffer_free(&one);
  bwi_buffer_free(&two);
}

/* ---- what is found out ---- */

/* A list of chunks by number, from a payload of four of which the last has 100 bytes, and what becomes of it.
 */
typedef struct arrangement {
  const char *name;
  int chunks[8]; /* -1 ends */
  size_t cut;    /* bytes taken from the end */
  size_t extra;  /* bytes appended */
  size_t opened_chunks;
  uint64_t offset; /* of the error, behind the nonce */
  const char *why;
} arrangement;

static const arrangement arrangements[] = {
    {"whole", {0, 1, 2, 3, -1}, 0, 0, 3, 0, NULL},
    {"last missing", {0, 1, 2, -1}, 0, 0, 3, 3 * SEALED, "truncated: chunk 2 is not the last one"},
    {"two missing", {0, 1, -1}, 0, 0, 2, 2 * SEALED, "truncated: chunk 1 is not the last one"},
    {"all missing", {-1}, 0, 0, 0, 0, "truncated: chunk 0 is missing"},
    {"cut in the last", {0, 1, 2, 3, -1}, 1, 0, 3, 3 * SEALED, "chunk 3 was altered, cut short or added to"},
    {"cut in a full one", {0, 1, -1}, 1, 0, 1, SEALED, "chunk 1 was altered, cut short or added to"},
    {"cut to less than a tag", {0, 1, 2, 3, -1}, 101, 0, 3, 3 * SEALED, "truncated: chunk 3 is missing"},
    {"added to the last",
     {0, 1, 2, 3, -1},
     0,
     1,
     3,
     3 * SEALED,
     "chunk 3 was altered, cut short or added to"},
    {"swapped", {1, 0, 2, 3, -1}, 0, 0, 0, 0, "moved, repeated or removed: here should be chunk 0 and is 1"},
    {"later swapped", {0, 2, 1, 3, -1}, 0, 0, 1, SEALED, "here should be chunk 1 and is 2"},
    {"repeated", {0, 1, 1, 2, 3, -1}, 0, 0, 2, 2 * SEALED, "here should be chunk 2 and is 1"},
    {"removed", {0, 2, 3, -1}, 0, 0, 1, SEALED, "here should be chunk 1 and is 2"},
    {"first removed", {1, 2, 3, -1}, 0, 0, 0, 0, "here should be chunk 0 and is 1"},
    {"last first", {3, -1}, 0, 0, 0, 0, "here should be chunk 0 and is 3"},
    {"last again", {0, 1, 2, 3, 3, -1}, 0, 0, 3, 3 * SEALED, "chunk 3 was altered, cut short or added to"},
};

static bwi_buffer arrange(const arrangement *row, const bwi_buffer *sealed) {
  bwi_buffer out = {0};
  bwi_buffer_put(&out, sealed->data, NONCE);
  for (const int *chunk = row->chunks; *chunk >= 0; chunk++)
    bwi_buffer_put(&out, sealed->data + NONCE + *chunk * SEALED, *chunk < 3 ? SEALED : 116);
  out.size -= row->cut;
  for (size_t i = 0; i < row->extra; i++) bwi_buffer_text(&out, "x");
  return out;
}

static void names_what_happened(void **state) {
  (void)state;
  bwi_buffer plain = ramp(3 * CHUNK + 100), sealed = {0};
  assert_int_equal(seal(&sealed, span(&plain), 0), BW_OK);
  for (size_t i = 0; i < sizeof arrangements / sizeof *arrangements; i++) {
    const arrangement *row = &arrangements[i];
    bwi_buffer wrong = arrange(row, &sealed), opened = {0};
    bw_error err = {.status = BW_OK, .offset = NONCE, .text = ""};
    const bw_status status = open_sealed(&opened, span(&wrong), 0, &err);
    const size_t wanted = row->why == NULL ? plain.size : row->opened_chunks * CHUNK;
    if (status != (row->why == NULL ? BW_OK : BW_EUNTRUSTED) || err.offset != NONCE + row->offset ||
        (row->why != NULL && strstr(err.text, row->why) == NULL) || opened.size != wanted)
      fail_msg("%s: \"%s\" at %lld, %zu bytes", row->name, err.text, (long long)err.offset, opened.size);
    if (wanted > 0) assert_memory_equal(opened.data, plain.data, wanted);
    bwi_buffer_free(&wrong);
    bwi_buffer_free(&opened);
  }
  bwi_buffer_free(&plain);
  bwi_buffer_free(&sealed);
}

/* A full last chunk is authentic: it comes out before what follows it is refused. */
static void names_what_was_appended(void **state) {
  (void)state;
  bwi_buffer plain = ramp(2 * CHUNK), sealed = {0}, opened = {0};
  bw_error err = {.status = BW_OK};
  assert_int_equal(seal(&sealed, span(&plain), 0), BW_OK);
  bwi_buffer_text(&sealed, "more");
  assert_int_equal(open_sealed(&opened, span(&sealed), 0, &err), BW_EUNTRUSTED);
  assert_non_null(strstr(err.text, "something was appended: chunk 1 is the last one"));
  assert_int_equal(err.offset, NONCE + 2 * SEALED);
  assert_int_equal(opened.size, 2 * CHUNK);
  bwi_buffer_free(&plain);
  bwi_buffer_free(&sealed);
  bwi_buffer_free(&opened);
}

static void refuses_a_flip_of_any_byte(void **state) {
  (void)state;
  bwi_buffer plain = ramp(200), sealed = {0};
  assert_int_equal(seal(&sealed, span(&plain), 0), BW_OK);
  for (size_t i = 0; i < sealed.size; i++) {
    bwi_buffer opened = {0};
    sealed.data[i] = (char)(sealed.data[i] ^ 0x10);
    assert_int_equal(open_sealed(&opened, span(&sealed), 0, NULL), BW_EUNTRUSTED);
    assert_int_equal(opened.size, 0);
    sealed.data[i] = (char)(sealed.data[i] ^ 0x10);
    bwi_buffer_free(&opened);
  }
  for (size_t size = 0; size < NONCE; size++)
    assert_int_equal(open_sealed(NULL, (bwi_bytes){(uint8_t *)sealed.data, size}, 0, NULL), BW_EUNTRUSTED);
  bwi_buffer_free(&plain);
  bwi_buffer_free(&sealed);
}

/* ---- the ends ---- */

static int stop_after_two(const bw_tick *tick, void *payload) {
  uint64_t *n_ticks = payload;
  assert_true(tick->done > 0);
  return ++*n_ticks == 2;
}

static void stops_when_told(void **state) {
  (void)state;
  uint64_t n_ticks = 0;
  const bw_progress progress = {stop_after_two, &n_ticks};
  bwi_buffer plain = ramp(5 * CHUNK), sealed = {0};
  pipe_source source = {span(&plain), 0, 0};
  bwi_age_input in = {0};
  assert_int_equal(bwi_age_input_open(&in, pipe_reader(&source), NULL), BW_OK);
  assert_int_equal(bwi_age_stream_seal(pipe_writer(&sealed), &in, &secrets, &progress, NULL), BW_ECANCEL);
  assert_int_equal(sealed.size, NONCE + 2 * SEALED);
  bwi_age_input_close(&in);
  bwi_buffer_free(&plain);
  bwi_buffer_free(&sealed);
}

static bw_status refuse_bytes(void *payload, const void *data, size_t size, bw_error *err) {
  (void)payload, (void)data, (void)size;
  return BW_FAIL(err, BW_EIO, "no room");
}

static bw_status fail_to_read(void *payload, void *data, size_t size, size_t *got, bw_error *err) {
  (void)payload, (void)data, (void)size, (void)got;
  return BW_FAIL(err, BW_EIO, "no disk");
}

static void passes_failures_on(void **state) {
  (void)state;
  pipe_source source = {{(const uint8_t *)"x", 1}, 0, 0};
  bwi_age_input in = {0};
  bw_error err = {.status = BW_OK};
  assert_int_equal(bwi_age_input_open(&in, pipe_reader(&source), NULL), BW_OK);
  assert_int_equal(bwi_age_stream_seal((bw_age_writer){refuse_bytes, NULL}, &in, &secrets, &silent, &err),
                   BW_EIO);
  assert_string_equal(err.text, "no room");
  bwi_age_input_close(&in);
  bwi_buffer out = {0};
  assert_int_equal(bwi_age_input_open(&in, (bw_age_reader){fail_to_read, NULL}, NULL), BW_OK);
  assert_int_equal(bwi_age_stream_open(pipe_writer(&out), &in, &secrets, &silent, &err), BW_EIO);
  assert_string_equal(err.text, "no disk");
  bwi_age_input_close(&in);
  bwi_buffer_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(opens_what_it_sealed),       cmocka_unit_test(draws_a_nonce_each_time),
      cmocka_unit_test(names_what_happened),        cmocka_unit_test(names_what_was_appended),
      cmocka_unit_test(refuses_a_flip_of_any_byte), cmocka_unit_test(stops_when_told),
      cmocka_unit_test(passes_failures_on),
  };
  return cmocka_run_group_tests_name("age_stream", tests, NULL, NULL);
}
