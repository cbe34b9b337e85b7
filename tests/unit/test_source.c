/* SPDX-License-Identifier: Apache-2.0 */
#include "format/source.h"

#include <string.h>

#include "support/unit.h"

/* "hello hello hello\n", deflated. */
static const uint8_t deflated[] = {0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x90, 0x5c, 0x00};
static const char text[] = "hello hello hello\n";
enum { TEXT_BYTES = sizeof text - 1 };

static const struct {
  bwi_encoding encoding;
  bwi_bytes bytes;
} sources[] = {
    {BWI_STORED, {(const uint8_t *)text, TEXT_BYTES}},
    {BWI_DEFLATED, {deflated, sizeof deflated}},
};

static void reads_in_pieces(void **state) {
  (void)state;
  for (size_t k = 0; k < sizeof sources / sizeof *sources; k++)
    for (size_t first = 0; first <= TEXT_BYTES; first++) {
      bwi_source s;
      char got[TEXT_BYTES] = "";
      assert_int_equal(bwi_source_open(&s, sources[k].bytes, 100, sources[k].encoding, NULL), BW_OK);
      s.sums = true;
      assert_int_equal(bwi_source_read(&s, got, first, "first", NULL), BW_OK);
      assert_int_equal(bwi_source_read(&s, got + first, TEXT_BYTES - first, "second", NULL), BW_OK);
      assert_int_equal(bwi_source_end(&s, NULL), BW_OK);
      assert_memory_equal(got, text, TEXT_BYTES);
      assert_int_equal(s.decoded, TEXT_BYTES);
      assert_int_equal(s.crc, crc32(0, (const Bytef *)text, TEXT_BYTES));
      assert_int_equal(bwi_source_offset(&s), 100 + sources[k].bytes.size);
      bwi_source_close(&s);
      bwi_source_close(&s);
    }
}

static void refuses_more_and_less_than_there_is(void **state) {
  (void)state;
  for (size_t k = 0; k < sizeof sources / sizeof *sources; k++) {
    bwi_source s;
    char got[TEXT_BYTES + 1];
    bw_error err;
    assert_int_equal(bwi_source_open(&s, sources[k].bytes, 100, sources[k].encoding, NULL), BW_OK);
    assert_int_equal(bwi_source_read(&s, got, TEXT_BYTES + 1, "text", &err), BW_EFORMAT);
    assert_true(err.offset >= 100 && err.offset <= 100 + sources[k].bytes.size);
    bwi_source_close(&s);
    assert_int_equal(bwi_source_open(&s, sources[k].bytes, 100, sources[k].encoding, NULL), BW_OK);
    assert_int_equal(bwi_source_read(&s, got, TEXT_BYTES - 1, "text", NULL), BW_OK);
    assert_int_equal(bwi_source_end(&s, &err), BW_EFORMAT);
    bwi_source_close(&s);
  }
}

static void knows_what_cannot_be(void **state) {
  (void)state;
  assert_int_equal(bwi_source_most(BWI_STORED, 10), 10);
  assert_int_equal(bwi_source_most(BWI_DEFLATED, 10), 10320);
  assert_true(bwi_source_most(BWI_GZIPPED, SIZE_MAX) == UINT64_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_in_pieces),
      cmocka_unit_test(refuses_more_and_less_than_there_is),
      cmocka_unit_test(knows_what_cannot_be),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
