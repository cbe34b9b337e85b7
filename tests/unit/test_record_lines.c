/* SPDX-License-Identifier: Apache-2.0 */
/* Lines: every byte of a text is in one record, and quotes hold records together. */
#include <string.h>

#include "base/memory.h"
#include "records/record_lines.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MOST 5

typedef struct row {
  const char *name, *text;
  bool quotes;
  size_t count;
  uint64_t ends[MOST];
} row;

static const row rows[] = {
    {"nothing", "", true, 0, {0}},
    {"one line", "a,b\n", true, 1, {4}},
    {"no feed at the end", "a\nb", true, 2, {2, 3}},
    {"carriage returns", "a\r\nb\r\n", true, 2, {3, 6}},
    {"empty lines", "\n\n\n", true, 3, {1, 2, 3}},
    {"a feed in quotes", "\"a\nb\",c\nd\n", true, 2, {8, 10}},
    {"quotes in quotes", "\"a\"\"\n\"\"b\"\nc\n", true, 2, {10, 12}},
    {"empty quotes", "\"\",\"\"\n", true, 1, {6}},
    {"quotes at the end", "a,\"b\"", true, 1, {5}},
    {"semicolons and tabs", "\"a\n\";\"b\n\"\t\"c\n\"|d\n", true, 1, {17}},
    {"NUL is a byte", "a", true, 1, {1}},
    {"quotes mean nothing in JSON lines", "{\"a\":\"b\n\"}\n", false, 2, {8, 11}},
};

static bwi_bytes bytes_of(const char *text) {
  return (bwi_bytes){(const uint8_t *)text, strlen(text)};
}

static void splits(void **state) {
  (void)state;
  for (size_t k = 0; k < COUNT(rows); k++) {
    bwi_lines lines;
    bw_error err;
    if (bwi_lines_split(&lines, bytes_of(rows[k].text), rows[k].quotes, &err) != BW_OK)
      fail_msg("%s: %s", rows[k].name, err.text);
    if (lines.count != rows[k].count) fail_msg("%s: %zu records", rows[k].name, lines.count);
    assert_int_equal(lines.starts[0], 0);
    for (size_t i = 0; i < lines.count; i++)
      if (lines.starts[i + 1] != rows[k].ends[i])
        fail_msg("%s: record %zu ends at %llu", rows[k].name, i, (unsigned long long)lines.starts[i + 1]);
    bwi_lines_clear(&lines);
  }
}

static void refuses_wrong_quotes(void **state) {
  (void)state;
  static const struct {
    const char *text, *why;
    uint64_t offset;
  } refused[] = {
      {"a\"b\"\n", "a quote inside a field", 1},
      {"a,b\n \"c\"\n", "a quote inside a field", 5},
      {"\"a\"b\n", "text behind a closing quote", 3},
      {"a\n\"b\nc\n", "has no end", 2},
      {"\"a\"\"", "has no end", 0},
  };
  for (size_t k = 0; k < COUNT(refused); k++) {
    bwi_lines lines = {0};
    bw_error err;
    assert_int_equal(bwi_lines_split(&lines, bytes_of(refused[k].text), true, &err), BW_EFORMAT);
    if (strstr(err.text, refused[k].why) == NULL || err.offset != refused[k].offset)
      fail_msg("%s: %s at %llu", refused[k].text, err.text, (unsigned long long)err.offset);
    assert_null(lines.starts);
  }
}

static void splits_many_lines(void **state) {
  (void)state;
  static char text[3 * 5000 + 1];
  for (size_t i = 0; i < 5000; i++) memcpy(text + 3 * i, "ab\n", 3);
  for (int quotes = 0; quotes < 2; quotes++) {
    bwi_lines lines;
    assert_int_equal(bwi_lines_split(&lines, bytes_of(text), quotes != 0, NULL), BW_OK);
    assert_int_equal(lines.count, 5000);
    for (size_t i = 0; i <= 5000; i++) assert_int_equal(lines.starts[i], 3 * i);
    bwi_lines_clear(&lines);
  }
}

static void knows_suffixes(void **state) {
  (void)state;
  assert_true(bwi_path_ends_with("a/train.csv", ".csv"));
  assert_true(bwi_path_ends_with("TRAIN.CSV", ".csv"));
  assert_false(bwi_path_ends_with("train.csv.gz", ".csv"));
  assert_false(bwi_path_ends_with("csv", ".csv"));
}

static bw_status split_and_clear(void *payload) {
  bwi_lines lines = {0};
  const bw_status status = bwi_lines_split(&lines, *(const bwi_bytes *)payload, true, NULL);
  bwi_lines_clear(&lines);
  return status;
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  char text[601];
  memset(text, '\n', 600);
  text[600] = '\0';
  bwi_bytes bytes = bytes_of(text);
  assert_int_equal(sweep_allocations(split_and_clear, &bytes), 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(splits),
      cmocka_unit_test(refuses_wrong_quotes),
      cmocka_unit_test(splits_many_lines),
      cmocka_unit_test(knows_suffixes),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
