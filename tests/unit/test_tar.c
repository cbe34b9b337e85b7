/* SPDX-License-Identifier: Apache-2.0 */
/* tar archives. */
#include "format/tar.h"

#include <string.h>

#include "base/memory.h"
#include "support/refusals.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bw_status read_and_free(bwi_bytes bytes, bw_error *err) {
  static bwi_tar_member m;
  bwi_tar tar = bwi_tar_over(bytes, err);
  while (bwi_tar_next(&tar, &m)) continue;
  return tar.c.status;
}

/* clang-format off */
static const refusal refusals[] = {
    {"format-behind-end", 1536, "something stands behind the end of the archive"},
    {"format-extensions", 16384, "too many extended headers in front of a member"},
    {"format-header-cut", 1024, "truncated: header needs 512 bytes, 100 left"},
    {"format-number", 0, "a number in a header is none"},
    {"format-pax", 0, "an extended header has no records"},
    {"format-size", 0, "truncated: a member goes beyond the archive"},
    {"format-sum", 0, "the check sum of a header is wrong"},
    {"format-truncated", 0, "truncated: a member goes beyond the archive"},
    {"unsupported-global", 0, "a global header that names or sizes members"},
    {"unsupported-kind", 0, "a kind of member that is not supported"},
    {"unsupported-name", 5632, "a name of more than 4,095 bytes"},
    {"unsupported-sparse", 1024, "a kind of member that is not supported"},
};
/* clang-format on */

static void refuses_what_is_wrong(void **state) {
  (void)state;
  check_refusals("tar", refusals, COUNT(refusals), read_and_free);
}

static void reads_members(void **state) {
  (void)state;
  char long_name[201];
  memset(long_name, 'n', 200);
  long_name[200] = '\0';
  const struct {
    const char *file, *name, *link;
    char kind;
    size_t bytes;
  } cases[] = {
      {"ok-one", "x", "", '0', 5},
      {"ok-no-end", "x", "", '0', 5},
      {"ok-folder", "d/", "", '5', 0},
      {"ok-link", "l", "/etc/passwd", '2', 0},
      {"ok-prefix", "folder/x", "", '0', 5},
      {"ok-signed", "\xff", "", '0', 5},
      {"ok-old", "x", "", '0', 5},
      {"ok-gnu-size", "x", "", '0', 5},
      {"ok-pax", "long/name", "", '0', 5},
      {"ok-gnu-name", long_name, "", '0', 5},
      {"ok-gnu-link", "l", long_name, '1', 0},
  };
  for (size_t k = 0; k < COUNT(cases); k++) {
    char path[128] = "fuzz/corpus/tar/";
    strncat(path, cases[k].file, sizeof path - strlen(path) - 1);
    const bwi_bytes bytes = tests_file(path);
    static bwi_tar_member m;
    bwi_tar tar = bwi_tar_over(bytes, NULL);
    assert_true(bwi_tar_begins(bytes));
    if (!bwi_tar_next(&tar, &m)) fail_msg("%s has no member", cases[k].file);
    if (strcmp(m.name, cases[k].name) != 0 || strcmp(m.link, cases[k].link) != 0 || m.kind != cases[k].kind ||
        m.data.size != cases[k].bytes)
      fail_msg("%s: \"%s\" of kind %c to \"%s\", %zu bytes", cases[k].file, m.name, m.kind, m.link,
               m.data.size);
    while (bwi_tar_next(&tar, &m)) continue;
    assert_int_equal(tar.c.status, BW_OK);
    bwi_free((void *)bytes.data);
  }
}

static void tells_archives_from_others(void **state) {
  (void)state;
  static const uint8_t zeros[1024];
  assert_false(bwi_tar_begins((bwi_bytes){zeros, sizeof zeros}));
  assert_false(bwi_tar_begins((bwi_bytes){zeros, 0}));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refuses_what_is_wrong),
      cmocka_unit_test(reads_members),
      cmocka_unit_test(tells_archives_from_others),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
