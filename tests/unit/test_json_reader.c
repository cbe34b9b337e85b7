/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/json.h"
#include "support/sweep.h"
#include "support/unit.h"

#define MAX_NODES 1000

static bwi_bytes bytes_of(const char *text) {
  return (bwi_bytes){(const uint8_t *)text, strlen(text)};
}

static bwi_json *parsed(const char *text) {
  bwi_json *d = NULL;
  bw_error err = {BW_OK, 0, ""};
  if (bwi_json_parse(&d, bytes_of(text), MAX_NODES, &err) != BW_OK) fail_msg("%s: %s", text, err.text);
  return d;
}

static void test_accepted(void **state) {
  (void)state;
  static const char *const rows[] = {
      "null",
      " true ",
      "\t\r\nfalse\n",
      "0",
      "-0",
      "1.5e-3",
      "1E+2",
      "\"\"",
      "[]",
      "{}",
      "[[],{}]",
      "[1,2]",
      "{\"\":0}",
      "{\"a\":{\"a\":1},\"b\":{\"a\":2}}",
      "\"\\u0000\"",
      "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
      "\"\\uD834\\uDD1E\"",
      "\"\x7F\"",
      "\"\xC2\x80\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\"",
      "1.7976931348623157e308",
      "5e-324",
      "1e-999",
      "-0.0000000000000000000000000000000000000000000000000000001",
      "123456789012345678901234567890",
      "[\"a\",\"a\"]",
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) bwi_json_free(parsed(rows[i]));
}

static void test_refused(void **state) {
  (void)state;
  static const struct {
    const char *text;
    uint64_t offset;
  } rows[] = {
      {"", 0},
      {"  ", 2},
      {"nul", 0},
      {"True", 0},
      {"nulll", 4},
      {"[1,2", 4},
      {"[1,]", 3},
      {"[,1]", 1},
      {"[1 2]", 3},
      {"[1}", 2},
      {"{\"a\"}", 4},
      {"{\"a\" 1}", 5},
      {"{\"a\":}", 5},
      {"{\"a\":1,}", 7},
      {"{a:1}", 1},
      {"{1:1}", 1},
      {"{\"a\":1]", 6},
      {"[1]]", 3},
      {"[] []", 3},
      {"'a'", 0},
      {"01", 1},
      {"-", 1},
      {"+1", 0},
      {".5", 0},
      {"1.", 2},
      {"1.e1", 2},
      {"1e", 2},
      {"1e+", 3},
      {"0x10", 1},
      {"-a", 1},
      {"NaN", 0},
      {"Infinity", 0},
      {"-Infinity", 1},
      {"1e999", 0},
      {"-1e309", 0},
      {"\"", 1},
      {"\"a", 2},
      {"\"\\", 2},
      {"\"\\a\"", 2},
      {"\"\\u12\"", 3},
      {"\"\\u12G4\"", 3},
      {"\"a\nb\"", 2},
      {"\"\t\"", 1},
      {"\"\\uD800\"", 3},
      {"\"\\uDC00\"", 3},
      {"\"\\uD800\\n\"", 3},
      {"\"\\uD800\\u0041\"", 3},
      {"\"\\uD800\\uD800\"", 3},
      {"\"\xC0\x80\"", 1},
      {"\"\x80\"", 1},
      {"\"\xE0\x9F\xBF\"", 1},
      {"\"\xED\xA0\x80\"", 1},
      {"\"\xF0\x8F\xBF\xBF\"", 1},
      {"\"\xF4\x90\x80\x80\"", 1},
      {"\"\xC3\"", 1},
      {"\"\xFF\"", 1},
      {"\xEF\xBB\xBF[]", 0},
      {"[1/**/]", 2},
      {"//\n1", 0},
      {"{\"a\":1,\"a\":2}", 11},
      {"{\"x\":{\"b\":1,\"a\":2,\"b\":3}}", 22},
      {"{\"a\":1,\"\\u0061\":2}", 16},
      {"{\"a\\u0000b\":1}", 1},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bwi_json *d = NULL;
    bw_error err = {BW_OK, 0, ""};
    const bw_status status = bwi_json_parse(&d, bytes_of(rows[i].text), MAX_NODES, &err);
    if (status != BW_EFORMAT || err.status != BW_EFORMAT || d != NULL)
      fail_msg("%s is accepted", rows[i].text);
    if (err.offset != rows[i].offset)
      fail_msg("%s: offset %llu, wanted %llu (%s)", rows[i].text, (unsigned long long)err.offset,
               (unsigned long long)rows[i].offset, err.text);
  }
}

static void test_nul_bytes_in_the_text(void **state) {
  (void)state;
  static const char *const rows[] = {"1\0", "\0[", "[\0", "\"\0"}; /* two bytes of each */
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bwi_json *d = NULL;
    assert_int_equal(bwi_json_parse(&d, (bwi_bytes){(const uint8_t *)rows[i], 2}, MAX_NODES, NULL),
                     BW_EFORMAT);
  }
}

static void test_numbers(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double number;
    bool is_integer;
    int64_t integer;
  } rows[] = {
      {"0", 0, true, 0},
      {"-0", 0, true, 0},
      {"7", 7, true, 7},
      {"9007199254740993", 9007199254740992.0, true, INT64_C(9007199254740993)},
      {"9223372036854775807", 0x1p63, true, INT64_MAX},
      {"9223372036854775808", 0x1p63, false, 0},
      {"-9223372036854775808", -0x1p63, true, INT64_MIN},
      {"-9223372036854775809", -0x1p63, false, 0},
      {"99999999999999999999", 1e20, false, 0},
      {"1.0", 1, true, 1},
      {"12e2", 1200, true, 1200},
      {"-5E-1", -0.5, false, 0},
      {"1e300", 1e300, false, 0},
      {"0.1", 0.1, false, 0},
      {"2.2250738585072011e-308", 2.2250738585072011e-308, false, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bwi_json *d = parsed(rows[i].text);
    int64_t integer = 0;
    assert_int_equal(bwi_json_kind_of(d, 0), BWI_JSON_NUMBER);
    if (bwi_json_number_of(d, 0) != rows[i].number)
      fail_msg("%s: %.17g", rows[i].text, bwi_json_number_of(d, 0));
    if (bwi_json_int_of(d, 0, &integer) != rows[i].is_integer || integer != rows[i].integer)
      fail_msg("%s: integer %lld", rows[i].text, (long long)integer);
    bwi_json_free(d);
  }
}

static void test_strings(void **state) {
  (void)state;
  bwi_json *d = parsed("\"a\\n\\u00e9\\u20AC\\uD83D\\uDE00\\u0000z\"");
  size_t size = 0;
  const char *text = bwi_json_text_of(d, 0, &size);
  static const char want[] = "a\n\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\0z";
  assert_int_equal(size, sizeof want - 1);
  assert_memory_equal(text, want, sizeof want);
  bwi_json_free(d);
}

static void test_tree(void **state) {
  (void)state;
  bwi_json *d = parsed("{\"shape\": [2, 3], \"k\\u0065y\": {\"deep\": true}, \"last\": null}");
  assert_int_equal(bwi_json_kind_of(d, 0), BWI_JSON_OBJECT);
  const bwi_json_at shape = bwi_json_find(d, 0, "shape"), key = bwi_json_find(d, 0, "key");
  assert_int_equal(bwi_json_first(d, 0), shape);
  assert_int_equal(bwi_json_next(d, shape), key);
  assert_int_equal(bwi_json_next(d, bwi_json_find(d, 0, "last")), -1);
  assert_string_equal(bwi_json_key_of(d, key), "key");
  assert_int_equal(bwi_json_find(d, 0, "deep"), -1); /* not a member of the root */
  assert_int_equal(bwi_json_find(d, shape, "shape"), -1);
  assert_true(bwi_json_number_of(d, bwi_json_find(d, key, "deep")) == 1);

  const bwi_json_at two = bwi_json_first(d, shape), three = bwi_json_next(d, two);
  assert_true(bwi_json_number_of(d, two) == 2);
  assert_true(bwi_json_number_of(d, three) == 3);
  assert_int_equal(bwi_json_next(d, three), -1);
  assert_int_equal(bwi_json_offset_of(d, three), 14);
  assert_null(bwi_json_key_of(d, three));
  int64_t integer = 0;
  assert_false(bwi_json_int_of(d, shape, &integer));
  bwi_json_free(d);
  bwi_json_free(NULL);
}

static void test_depth_limit(void **state) {
  (void)state;
  char text[2 * BWI_JSON_MAX_DEPTH + 3];
  for (int depth = BWI_JSON_MAX_DEPTH; depth <= BWI_JSON_MAX_DEPTH + 1; depth++) {
    memset(text, '[', (size_t)depth);
    memset(text + depth, ']', (size_t)depth);
    bwi_json *d = NULL;
    bw_error err = {BW_OK, 0, ""};
    const bw_status status =
        bwi_json_parse(&d, (bwi_bytes){(uint8_t *)text, 2 * (size_t)depth}, MAX_NODES, &err);
    assert_int_equal(status, depth == BWI_JSON_MAX_DEPTH ? BW_OK : BW_ELIMIT);
    if (status != BW_OK) assert_int_equal(err.offset, BWI_JSON_MAX_DEPTH);
    bwi_json_free(d);
  }
}

static void test_node_limit(void **state) {
  (void)state;
  bwi_json *d = NULL;
  bw_error err = {BW_OK, 0, ""};
  assert_int_equal(bwi_json_parse(&d, bytes_of("[1,2,3]"), 3, &err), BW_ELIMIT);
  assert_int_equal(err.offset, 5);
  assert_null(d);
  assert_int_equal(bwi_json_parse(&d, bytes_of("[1,2,3]"), 4, &err), BW_OK);
  bwi_json_free(d);
}

static const char document[] =
    "{\"a\":[1,-2.5e3,\"x\\u00e9\",true,false,null],\"b\":{\"c\":\"\\uD83D\\uDE00\"}}";

static bw_status read_and_free(bwi_bytes bytes, void *payload) {
  (void)payload;
  bwi_json *d = NULL;
  const bw_status status = bwi_json_parse(&d, bytes, MAX_NODES, NULL);
  bwi_json_free(d);
  return status;
}

static void test_every_truncation(void **state) {
  (void)state;
  sweep_truncations(bytes_of(document), read_and_free, NULL);
}

static bw_status read_document(void *payload) {
  return read_and_free(*(const bwi_bytes *)payload, NULL);
}

static void test_read_allocation_failures(void **state) {
  (void)state;
  bwi_buffer b = {0};
  bwi_buffer_text(&b, "[");
  for (int i = 0; i < 100; i++) bwi_buffer_text(&b, "1,"); /* enough nodes to grow several times */
  bwi_buffer_text(&b, "{\"a\":1}]");
  bwi_bytes text = bytes_of(b.data);
  assert_true(sweep_allocations(read_document, &text) > 4);
  bwi_buffer_free(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_accepted),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_nul_bytes_in_the_text),
      cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_strings),
      cmocka_unit_test(test_tree),
      cmocka_unit_test(test_depth_limit),
      cmocka_unit_test(test_node_limit),
      cmocka_unit_test(test_every_truncation),
      cmocka_unit_test(test_read_allocation_failures),
  };
  return cmocka_run_group_tests_name("json reader", tests, NULL, NULL);
}
