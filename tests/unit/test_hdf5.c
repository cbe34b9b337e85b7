/* SPDX-License-Identifier: Apache-2.0 */
/* Superblocks of HDF5. */
#include "format/hdf5.h"

#include <string.h>

#include "base/memory.h"
#include "support/refusals.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bw_status read_and_free(bwi_bytes bytes, bw_error *err) {
  bwi_hdf5 file;
  return bwi_hdf5_read(&file, bytes, bytes.size, err);
}

/* clang-format off */
static const refusal refusals[] = {
    {"format-base", 0, "the base address is 8, not that of the superblock"},
    {"format-empty", 0, "no HDF5 file"},
    {"format-end-short", 0, "the file ends at 56 where it says 1000"},
    {"format-signature", 0, "no HDF5 file"},
    {"format-trailing", 0, "the file ends at 65 where it says 60"},
    {"format-truncated", 15, "truncated: flags needs 9 bytes, 5 left"},
    {"unsupported-version", 9, "superblock version 4 is not supported"},
    {"unsupported-width", 24, "offsets of 3 bytes are not supported"},
};
/* clang-format on */

static void refuses_what_is_wrong(void **state) {
  (void)state;
  check_refusals("hdf5", refusals, COUNT(refusals), read_and_free);
}

static void reads_every_version(void **state) {
  (void)state;
  static const struct {
    const char *path;
    uint8_t version;
    uint64_t offset;
  } cases[] = {
      {"fuzz/corpus/hdf5/ok-0", 0, 0},      {"fuzz/corpus/hdf5/ok-1", 1, 0},
      {"fuzz/corpus/hdf5/ok-2", 2, 0},      {"fuzz/corpus/hdf5/ok-3", 3, 0},
      {"fuzz/corpus/hdf5/ok-narrow", 0, 0}, {"fuzz/corpus/hdf5/ok-user-block", 0, 512},
  };
  for (size_t k = 0; k < COUNT(cases); k++) {
    const bwi_bytes bytes = tests_file(cases[k].path);
    bwi_hdf5 file;
    assert_int_equal(bwi_hdf5_read(&file, bytes, bytes.size, NULL), BW_OK);
    assert_int_equal(file.version, cases[k].version);
    assert_int_equal(file.offset, cases[k].offset);
    assert_int_equal(file.end, bytes.size);
    bwi_free((void *)bytes.data);
  }
}

static void refuses_every_truncation(void **state) {
  (void)state;
  check_truncations("fuzz/corpus/hdf5/ok-3", read_and_free);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refuses_what_is_wrong),
      cmocka_unit_test(reads_every_version),
      cmocka_unit_test(refuses_every_truncation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
