/* SPDX-License-Identifier: Apache-2.0 */
/* Which text is refused is tested with the corpus of the fuzz target, made by tests/parity/age/vectors.py. */
#include "age/age_armor.h"

#include <string.h>

#include "base/memory.h"
#include "support/pipe.h"
#include "support/refusals.h"
#include "support/sweep.h"
#include "support/unit.h"

static bw_status dearmor(bwi_buffer *out, bwi_bytes text, size_t part_bytes, bw_error *err) {
  pipe_source source = {text, 0, 0};
  bwi_age_input input = {0};
  bwi_age_dearmor armor = {.text = &input};
  const bw_age_reader reader = bwi_age_dearmor_reader(&armor);
  uint8_t part[256];
  bw_status status = bwi_age_input_open(&input, pipe_reader(&source), err);
  for (size_t got = 1; got > 0 && status == BW_OK;) {
    status = reader.read(reader.payload, part, part_bytes, &got, err);
    if (status == BW_OK) bwi_buffer_put(out, part, got);
  }
  bwi_age_input_close(&input);
  if (status == BW_OK && out->failed) status = BW_FAIL(err, BW_ENOMEM, "no memory for the output");
  return status;
}

static bw_status armor(bwi_buffer *out, bwi_bytes bytes, size_t part_bytes) {
  bwi_age_armor a = {.text = pipe_writer(out)};
  const bw_age_writer writer = bwi_age_armor_writer(&a);
  bw_status status = BW_OK;
  for (size_t at = 0; at < bytes.size && status == BW_OK; at += part_bytes) {
    const size_t left = bytes.size - at;
    status = writer.write(writer.payload, bytes.data + at, left < part_bytes ? left : part_bytes, NULL);
  }
  return status == BW_OK ? bwi_age_armor_finish(&a, NULL) : status;
}

static void writes_what_it_reads(void **state) {
  (void)state;
  uint8_t bytes[300];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(7 * i);
  for (size_t size = 0; size <= sizeof bytes; size += size < 100 ? 1 : 47) {
    for (size_t part = 1; part < 256; part += 50) {
      bwi_buffer text = {0}, again = {0};
      assert_int_equal(armor(&text, (bwi_bytes){bytes, size}, part), BW_OK);
      assert_int_equal(dearmor(&again, (bwi_bytes){(uint8_t *)text.data, text.size}, part, NULL), BW_OK);
      assert_int_equal(again.size, size);
      if (size > 0) assert_memory_equal(again.data, bytes, size);
      bwi_buffer_free(&text);
      bwi_buffer_free(&again);
    }
  }
}

static void writes_lines_of_64(void **state) {
  (void)state;
  bwi_buffer text = {0};
  const uint8_t zeros[49] = {0};
  assert_int_equal(armor(&text, (bwi_bytes){zeros, sizeof zeros}, 10), BW_OK);
  assert_string_equal(text.data,
                      "-----BEGIN AGE ENCRYPTED FILE-----\n"
                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
                      "AA==\n"
                      "-----END AGE ENCRYPTED FILE-----\n");
  bwi_buffer_free(&text);
}

/* clang-format off */
static const refusal refusals[] = {
    {"format-armor-empty-last-line", 360, "an empty line, or a missing end"},
    {"format-armor-empty-line-begin", 35, "an empty line, or a missing end"},
    {"format-armor-empty-line-end", 312, "here should be \"-----END"},
    {"format-armor-eol-between-padding", 310, "base64"},
    {"format-armor-garbage-leading", 0, "here should be \"-----BEGIN"},
    {"format-armor-garbage-trailing", 345, "something follows its end"},
    {"format-armor-headers", 42, "base64"},
    {"format-armor-invalid-character-header", 35, "no base64 digit"},
    {"format-armor-invalid-character-payload", 295, "no base64 digit"},
    {"format-armor-long-line", 35, "a line of more than 64 characters"},
    {"format-armor-lowercase", 0, "here should be \"-----BEGIN"},
    {"format-armor-no-end-line", 312, "here should be \"-----END"},
    {"format-armor-no-padding", 309, "not a multiple of 4"},
    {"format-armor-not-canonical", 308, "bits that belong to no byte"},
    {"format-armor-pgp-checksum", 312, "here should be \"-----END"},
    {"format-armor-short-line", 52, "here should be \"-----END"},
    {"format-armor-whitespace-begin", 0, "here should be \"-----BEGIN"},
    {"format-armor-whitespace-end", 312, "here should be \"-----END"},
    {"format-armor-whitespace-eol", 35, "a line of more than 64 characters"},
    {"format-armor-whitespace-last-line", 312, "not a multiple of 4"},
    {"format-armor-whitespace-line-start", 35, "a line of more than 64 characters"},
    {"format-armor-wrong-type", 0, "here should be \"-----BEGIN"},
};
/* clang-format on */

static bw_status read_and_free(bwi_bytes text, bw_error *err) {
  bwi_buffer out = {0};
  const bw_status status = dearmor(&out, text, 256, err);
  bwi_buffer_free(&out);
  return status;
}

static void refuses_what_is_wrong(void **state) {
  (void)state;
  check_refusals("age_armor", refusals, sizeof refusals / sizeof *refusals, read_and_free);
}

static bw_status read_prefix(bwi_bytes text, void *payload) {
  (void)payload;
  return read_and_free(text, NULL);
}

/* But for the last byte, the end of the last line, which may be missing. */
static void refuses_every_truncation(void **state) {
  (void)state;
  bwi_bytes whole = tests_file("fuzz/corpus/age_armor/ok-armor");
  sweep_truncations((bwi_bytes){whole.data, whole.size - 1}, read_prefix, NULL);
  bwi_free((void *)whole.data);
}

static void bounds_the_space_around(void **state) {
  (void)state;
  bwi_bytes whole = tests_file("fuzz/corpus/age_armor/ok-armor");
  for (int behind = 0; behind < 2; behind++)
    for (size_t n = 1023; n < 1026; n++) {
      bwi_buffer text = {0};
      if (behind != 0) bwi_buffer_put(&text, whole.data, whole.size);
      for (size_t i = 0; i < n; i++) bwi_buffer_text(&text, "\n");
      if (behind == 0) bwi_buffer_put(&text, whole.data, whole.size);
      const bw_status status = read_and_free((bwi_bytes){(uint8_t *)text.data, text.size}, NULL);
      assert_int_equal(status, n > 1024 ? BW_EFORMAT : BW_OK);
      bwi_buffer_free(&text);
    }
  bwi_free((void *)whole.data);
}

static void tells_armour_from_bytes(void **state) {
  (void)state;
  static const struct {
    const char *start;
    bool armored;
  } rows[] = {{"-----BEGIN", true}, {"\r\n --", true}, {"age-encryption.org/v1\n", false}, {"", false}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    pipe_source source = {{(const uint8_t *)rows[i].start, strlen(rows[i].start)}, 0, 0};
    bwi_age_input in = {0};
    bool armored = !rows[i].armored;
    assert_int_equal(bwi_age_input_open(&in, pipe_reader(&source), NULL), BW_OK);
    assert_int_equal(bwi_age_is_armored(&armored, &in, NULL), BW_OK);
    assert_int_equal(armored, rows[i].armored);
    bwi_age_input_close(&in);
  }
}

static bw_status write_and_free(void *payload) {
  const uint8_t zeros[100] = {0};
  bwi_buffer out = {0};
  (void)payload;
  const bw_status status = armor(&out, (bwi_bytes){zeros, sizeof zeros}, 60);
  bwi_buffer_free(&out);
  return status;
}

static void survives_failing_allocations(void **state) {
  (void)state;
  assert_true(check_allocations("fuzz/corpus/age_armor/ok-armor", read_and_free) > 4);
  assert_true(sweep_allocations(write_and_free, NULL) > 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(writes_what_it_reads),         cmocka_unit_test(writes_lines_of_64),
      cmocka_unit_test(refuses_what_is_wrong),        cmocka_unit_test(refuses_every_truncation),
      cmocka_unit_test(bounds_the_space_around),      cmocka_unit_test(tells_armour_from_bytes),
      cmocka_unit_test(survives_failing_allocations),
  };
  return cmocka_run_group_tests_name("age_armor", tests, NULL, NULL);
}
