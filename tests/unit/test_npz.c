/* SPDX-License-Identifier: Apache-2.0 */
/* npz, and with it the ZIP reader and writer. */
#include <string.h>

#include "base/memory.h"
#include "format/formats.h"
#include "format/zip.h"
#include "support/refusals.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define NO_LIMIT SIZE_MAX

static bwi_archive read_archive(const char *name) {
  char path[128] = "fuzz/corpus/npz/";
  bwi_archive archive = {0};
  bw_error err = {BW_OK, 0, ""};
  strncat(path, name, sizeof path - strlen(path) - 1);
  const bwi_bytes bytes = tests_file(path);
  if (bwi_npz_read(&archive, bytes, NO_LIMIT, &err) != BW_OK) fail_msg("%s: %s", name, err.text);
  bwi_free((void *)bytes.data);
  return archive;
}

static void reads_members(void **state) {
  (void)state;
  bwi_archive archive = read_archive("ok-two");
  assert_int_equal(archive.count, 2);
  const bw_array *x = bwi_archive_find(&archive, "x"), *y = bwi_archive_find(&archive, "y");
  assert_ptr_equal(x, archive.arrays[0]);
  assert_ptr_equal(y, archive.arrays[1]);
  assert_null(bwi_archive_find(&archive, "x.npy"));
  assert_int_equal(bw_array_dtype(x), BW_F32);
  assert_int_equal(bw_array_dtype(y), BW_I64);
  const uint8_t *bytes = bw_array_view(x);
  for (size_t i = 0; i < 24; i++) assert_int_equal(bytes[i], i);
  bwi_archive_clear(&archive);
  bwi_archive_clear(&archive);
}

/* Shapes of ZIP files that Python and others write: sizes in 64 bits, data descriptors, extra fields. */
static void reads_every_shape_of_zip(void **state) {
  (void)state;
  static const struct {
    const char *name;
    size_t count, first_bytes;
  } rows[] = {
      {"ok-none", 0, 0},
      {"ok-wide", 2, 24},
      {"ok-wide-end", 1, 24},
      {"ok-extra", 1, 24},
      {"ok-descriptor", 1, 24},
      {"ok-descriptor-bare", 1, 24},
      {"ok-descriptor-wide", 1, 24},
      {"ok-descriptor-wide-bare", 1, 24},
      {"ok-fortran", 1, 24},
      {"ok-utf8-name", 1, 24},
      {"ok-ratio", 1, 1 << 20},
  };
  for (size_t k = 0; k < COUNT(rows); k++) {
    bwi_archive archive = read_archive(rows[k].name);
    if (archive.count != rows[k].count) fail_msg("%s: %zu members", rows[k].name, archive.count);
    if (archive.count > 0) assert_int_equal(bw_array_bytes(archive.arrays[0]), rows[k].first_bytes);
    bwi_archive_clear(&archive);
  }
}

/* clang-format off */
static const refusal refusals[] = {
    {"format-bomb", 0, "74 bytes cannot inflate to 4000000128"},
    {"format-comment", 185, "here should be the end of a ZIP file; it is truncated, or something follows it"},
    {"format-count", 180, "the central directory and its end record do not fit together"},
    {"format-count-many", 180, "the central directory and its end record do not fit together"},
    {"format-crc", 0, "CRC-32 is 3972dfce where 00000001 is stored"},
    {"format-crc-stored", 0, "CRC-32 is 3972dfce where 00000001 is stored"},
    {"format-deflate-long", 130, "there is more data than there should be"},
    {"format-descriptor-crc", 129, "no data descriptor that agrees with the central directory"},
    {"format-descriptor-missing", 129, "no data descriptor that agrees with the central directory"},
    {"format-descriptor-signature", 129, "here should be a data descriptor"},
    {"format-empty", 0, "truncated: no ZIP file has 0 bytes"},
    {"format-extra", 184, "the extra fields are malformed or lack a zip64 size"},
    {"format-gap", 35, "94 bytes of data overlap the next member or leave a gap before it"},
    {"format-gap-last", 35, "94 bytes of data overlap the next member or leave a gap before it"},
    {"format-in-front", 422, "the central directory and its end record do not fit together"},
    {"format-name-control", 132, "a member without a plain name, or on another disk"},
    {"format-name-empty", 124, "a member without a plain name, or on another disk"},
    {"format-no-end", 417, "here should be the end of a ZIP file; it is truncated, or something follows it"},
    {"format-not-deflated", 36, "npy preamble is not deflated data: invalid block type"},
    {"format-offset", 0, "a member starts at 7, not where the last one ends"},
    {"format-offset-far", 0, "a member starts at 1073741824, not where the last one ends"},
    {"format-other-name", 0, "a local header does not agree with the central directory"},
    {"format-other-size", 0, "a local header does not agree with the central directory"},
    {"format-overlap", 35, "94 bytes of data overlap the next member or leave a gap before it"},
    {"format-same-name", 235, "two members have one name"},
    {"format-short", 0, "truncated: no ZIP file has 4 bytes"},
    {"format-size-high", 105, "the shape takes 24 bytes and the file holds 25"},
    {"format-size-low", 105, "the shape takes 24 bytes and the file holds 23"},
    {"format-stored-sizes", 187, "a stored member has two sizes: 152 and 153"},
    {"format-trailing", 181, "here should be the end of a ZIP file; it is truncated, or something follows it"},
    {"format-wide-missing", 180, "the extra fields are malformed or lack a zip64 size"},
    {"limit-decoded", 134, "an array of 17825792 bytes; the limit leaves 16777216"},
    {"unsupported-encrypted", 0, "an encrypted member is not supported"},
    {"unsupported-flags", 129, "compression method 8 with flags 0x2000 is not supported"},
    {"unsupported-folder", 0, "member \"x/\" is no .npy file"},
    {"unsupported-method", 187, "compression method 12 with flags 0x0 is not supported"},
    {"unsupported-name", 0, "member \"x.pkl\" is no .npy file"},
    {"unsupported-name-only-suffix", 0, "member \".npy\" is no .npy file"},
    {"unsupported-object", 47, "dtype '|O' means Python objects, which would have to be unpickled; that can run code"},
};
/* clang-format on */

/* 16 MiB, which the rows of limit- exceed. */
static bw_status read_and_free(bwi_bytes bytes, bw_error *err) {
  bwi_archive archive = {0};
  const bw_status status = bwi_npz_read(&archive, bytes, (size_t)16 << 20, err);
  if (status != BW_OK) assert_null(archive.arrays);
  bwi_archive_clear(&archive);
  return status;
}

static void refuses_what_is_wrong(void **state) {
  (void)state;
  check_refusals("npz", refusals, COUNT(refusals), read_and_free);
}

static void refuses_every_truncation(void **state) {
  (void)state;
  static const char *const paths[] = {"fuzz/corpus/npz/ok-two", "fuzz/corpus/npz/ok-wide-end"};
  for (size_t k = 0; k < COUNT(paths); k++) check_truncations(paths[k], read_and_free);
}

/* The limit is on all arrays together: 24 bytes each. */
static void keeps_the_limit(void **state) {
  (void)state;
  const bwi_bytes bytes = tests_file("fuzz/corpus/npz/ok-two");
  bwi_archive archive = {0};
  bw_error err;
  assert_int_equal(bwi_npz_read(&archive, bytes, 47, &err), BW_ELIMIT);
  assert_int_equal(bwi_npz_read(&archive, bytes, 48, &err), BW_OK);
  bwi_archive_clear(&archive);
  bwi_free((void *)bytes.data);
}

/* ---- writing ---- */

static bw_array *ramp(bw_dtype dtype, int64_t n) {
  bw_array *array = NULL;
  assert_int_equal(bw_array_create(&array, dtype, 1, &n, NULL), BW_OK);
  uint8_t *bytes = bw_array_data(array);
  for (size_t i = 0; i < bw_array_bytes(array); i++) bytes[i] = (uint8_t)(i / 64);
  return array;
}

static const char *const names[] = {"images", "größe"};

static void check_round_trip(bool deflate) {
  bw_array *const arrays[] = {ramp(BW_F32, 20000), ramp(BW_U8, 0)};
  bwi_buffer out = {0}, again = {0};
  bwi_archive archive = {0};
  assert_int_equal(bwi_npz_write(&out, 2, names, (const bw_array *const *)arrays, deflate, NULL), BW_OK);
  assert_int_equal(bwi_npz_write(&again, 2, names, (const bw_array *const *)arrays, deflate, NULL), BW_OK);
  assert_int_equal(out.size, again.size);
  assert_memory_equal(out.data, again.data, out.size);
  assert_true(deflate ? out.size < 20000 : out.size > 80000);
  assert_int_equal(bwi_npz_read(&archive, (bwi_bytes){(const uint8_t *)out.data, out.size}, NO_LIMIT, NULL),
                   BW_OK);
  assert_int_equal(archive.count, 2);
  for (size_t i = 0; i < 2; i++) {
    assert_string_equal(archive.names[i], names[i]);
    assert_int_equal(bw_array_bytes(archive.arrays[i]), bw_array_bytes(arrays[i]));
    assert_memory_equal(bw_array_view(archive.arrays[i]), bw_array_view(arrays[i]),
                        bw_array_bytes(arrays[i]));
    bw_array_free(arrays[i]);
  }
  bwi_archive_clear(&archive);
  bwi_buffer_free(&out);
  bwi_buffer_free(&again);
}

static void writes_what_it_reads(void **state) {
  (void)state;
  check_round_trip(false);
  check_round_trip(true);
}

static void refuses_to_write_bfloat16(void **state) {
  (void)state;
  bw_array *array = ramp(BW_BF16, 3);
  bwi_buffer out = {0};
  bw_error err;
  const bw_array *const arrays[] = {array};
  assert_int_equal(bwi_npz_write(&out, 1, names, arrays, true, &err), BW_EUNSUPPORTED);
  bwi_buffer_free(&out);
  bw_array_free(array);
}

static void writes_no_more_members_than_zip_counts(void **state) {
  (void)state;
  bwi_buffer out = {0};
  bwi_zip_writer w = {.out = &out, .count = UINT16_MAX - 1};
  bw_error err;
  assert_int_equal(bwi_zip_add(&w, "x", (bwi_bytes){NULL, 0}, (bwi_bytes){NULL, 0}, &err), BW_ELIMIT);
  assert_int_equal(out.size, 0);
  bwi_zip_writer_free(&w);
}

static bw_status read_and_write(void *payload) {
  bwi_archive archive = {0};
  bwi_buffer out = {0};
  bw_status status = bwi_npz_read(&archive, *(const bwi_bytes *)payload, NO_LIMIT, NULL);
  for (int deflate = 0; deflate < 2 && status == BW_OK; deflate++) {
    bwi_buffer_free(&out);
    status = bwi_npz_write(&out, archive.count, (const char *const *)archive.names,
                           (const bw_array *const *)archive.arrays, deflate != 0, NULL);
  }
  bwi_buffer_free(&out);
  bwi_archive_clear(&archive);
  return status;
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  bwi_bytes bytes = tests_file("fuzz/corpus/npz/ok-two");
  assert_true(sweep_allocations(read_and_write, &bytes) > 20);
  bwi_free((void *)bytes.data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_members),
      cmocka_unit_test(reads_every_shape_of_zip),
      cmocka_unit_test(refuses_what_is_wrong),
      cmocka_unit_test(refuses_every_truncation),
      cmocka_unit_test(keeps_the_limit),
      cmocka_unit_test(writes_what_it_reads),
      cmocka_unit_test(refuses_to_write_bfloat16),
      cmocka_unit_test(writes_no_more_members_than_zip_counts),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
