/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of two rows of records. A record is a letter here. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "records/record_compare.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MOST 64

/* What is told, as text: "~3" changed, "+3" inserted, "-3" removed, "5>3" moved, "3x7" swapped; "=4" behind
 * it: a copy of 4. */
static const struct {
  const char *before, *after, *told;
} rows[] = {
    {"", "", ""},
    {"abcdef", "abcdef", ""},
    {"abcdef", "abXdef", "~2"},
    {"abcdef", "XbcdeY", "~0 ~5"},
    {"abcdef", "abXcdef", "+2"},
    {"abcdef", "Xabcdef", "+0"},
    {"abcdef", "abcdefX", "+6"},
    {"abcdef", "abdef", "-2"},
    {"abcdef", "bcde", "-0 -5"},
    {"abcdef", "adcbef", "1x3"},
    {"abcdef", "bacdef", "0x1"},
    {"abcdef", "fbcdea", "0x5"},
    {"abcdef", "badcfe", "0x1 2x3 4x5"},
    {"abcdef", "bcdeaf", "0>4"},
    {"abcdef", "abfcde", "5>2"},
    {"abcdefghij", "abXcdefgij", "+2 -7"},
    {"abcdefghij", "bcdefghijX", "-0 +9"},
    {"abcdef", "abbcdef", "+2=1"},
    {"abcdef", "abadef", "~2=0"},
    {"abcdef", "", "-0 -1 -2 -3 -4 -5"},
    {"", "ab", "+0 +1"},
    {"aaaa", "aaaaa", "+4=0"},
    {"aaaa", "aaa", "-3"},
    {"aaba", "aaca", "~2"},
    {"abcabc", "abcXbc", "~3"},
    {"xaybzc", "xaybz", "-5"},
};

static size_t letters(bwi_merkle_hash out[MOST], const char *text) {
  size_t n = 0;
  for (; text[n] != '\0'; n++) {
    memset(out[n].bytes, 0, sizeof out[n].bytes);
    out[n].bytes[31] = (uint8_t)text[n];
  }
  return n;
}

static void put(char *out, size_t size, const bw_record_change *c) {
  const unsigned long long before = c->before, after = c->after;
  const size_t used = strlen(out);
  char *at = out + used;
  const size_t left = size - used;
  const char *blank = used > 0 ? " " : "";
  switch (c->fate) {
    case BW_RECORD_CHANGED: (void)snprintf(at, left, "%s~%llu", blank, after); break;
    case BW_RECORD_INSERTED: (void)snprintf(at, left, "%s+%llu", blank, after); break;
    case BW_RECORD_REMOVED: (void)snprintf(at, left, "%s-%llu", blank, before); break;
    case BW_RECORD_MOVED: (void)snprintf(at, left, "%s%llu>%llu", blank, before, after); break;
    case BW_RECORD_SWAPPED: (void)snprintf(at, left, "%s%llux%llu", blank, before, after); break;
  }
  const size_t now = strlen(out);
  if (c->copy_of != BW_NO_RECORD)
    (void)snprintf(out + now, size - now, "=%llu", (unsigned long long)c->copy_of);
}

static void tells(void **state) {
  (void)state;
  for (size_t k = 0; k < COUNT(rows); k++) {
    bwi_merkle_hash before[MOST], after[MOST];
    const size_t n = letters(before, rows[k].before), m = letters(after, rows[k].after);
    bwi_record_changes changes;
    char told[256] = "";
    assert_int_equal(bwi_record_compare(&changes, before, n, after, m, NULL), BW_OK);
    for (size_t i = 0; i < changes.count; i++) put(told, sizeof told, &changes.items[i]);
    if (strcmp(told, rows[k].told) != 0)
      fail_msg("%s to %s: told \"%s\", wanted \"%s\"", rows[k].before, rows[k].after, told, rows[k].told);
    bwi_record_changes_clear(&changes);
  }
}

/* Whatever becomes of a row: something is told exactly if it is another, and the numbers add up. */
static void tells_of_every_difference(void **state) {
  (void)state;
  for (uint32_t round = 0; round < 3000; round++) {
    bwi_merkle_hash before[MOST], after[MOST];
    uint32_t draws[26];
    char a[MOST] = "", b[MOST] = "";
    bwi_rng_u32(draws, COUNT(draws), (bwi_rng_key){7, round, 0}, 0);
    const uint32_t n = draws[24] % 12, m = draws[25] % 12;
    for (uint32_t i = 0; i < n; i++) a[i] = (char)('a' + draws[i] % 9);
    for (uint32_t i = 0; i < m; i++) b[i] = (char)('a' + draws[12 + i] % 9);
    bwi_record_changes changes;
    assert_int_equal(bwi_record_compare(&changes, before, letters(before, a), after, letters(after, b), NULL),
                     BW_OK);
    if ((changes.count == 0) != (strcmp(a, b) == 0)) fail_msg("%s to %s: %zu changes", a, b, changes.count);
    size_t inserted = 0, removed = 0;
    for (size_t i = 0; i < changes.count; i++) {
      const bw_record_change *c = &changes.items[i];
      inserted += c->fate == BW_RECORD_INSERTED;
      removed += c->fate == BW_RECORD_REMOVED;
      assert_true(c->before < n || c->before == BW_NO_RECORD);
      assert_true(c->after < m || c->after == BW_NO_RECORD);
      if (c->copy_of != BW_NO_RECORD) assert_int_equal(a[c->copy_of], b[c->after]);
      if (c->fate == BW_RECORD_MOVED) assert_int_equal(a[c->before], b[c->after]);
      if (c->fate == BW_RECORD_CHANGED) assert_int_not_equal(a[c->before], b[c->after]);
    }
    if (n + inserted != m + removed) fail_msg("%s to %s: %zu in, %zu out", a, b, inserted, removed);
    bwi_record_changes_clear(&changes);
  }
}

static bw_status compare_and_clear(void *payload) {
  (void)payload;
  bwi_merkle_hash before[MOST], after[MOST];
  bwi_record_changes changes = {0};
  const size_t n = letters(before, "abcdefgh"), m = letters(after, "abXdgeh");
  const bw_status status = bwi_record_compare(&changes, before, n, after, m, NULL);
  bwi_record_changes_clear(&changes);
  return status;
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  assert_int_equal(sweep_allocations(compare_and_clear, NULL), 9);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tells),
      cmocka_unit_test(tells_of_every_difference),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
