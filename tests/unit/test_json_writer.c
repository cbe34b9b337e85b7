/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/json.h"
#include "support/unit.h"

static void test_layout(void **state) {
  (void)state;
  bwi_buffer b = {0};
  bwi_json_writer w = {.out = &b};
  bwi_json_open(&w, '{');
  bwi_json_key(&w, "empty");
  bwi_json_open(&w, '[');
  bwi_json_close(&w, ']');
  bwi_json_key(&w, "mixed");
  bwi_json_open(&w, '[');
  bwi_json_int(&w, INT64_MIN);
  bwi_json_bool(&w, true);
  bwi_json_bool(&w, false);
  bwi_json_null(&w);
  bwi_json_open(&w, '{');
  bwi_json_text(&w, "k", "v");
  bwi_json_text(&w, "none", NULL);
  bwi_json_close(&w, '}');
  bwi_json_open(&w, '{');
  bwi_json_key(&w, "k");
  bwi_json_number(&w, 0.5);
  bwi_json_close(&w, '}');
  bwi_json_close(&w, ']');
  bwi_json_key(&w, "last");
  bwi_json_string(&w, "");
  bwi_json_close(&w, '}');
  assert_string_equal(b.data,
                      "{\"empty\":[],\"mixed\":[-9223372036854775808,true,false,null,{\"k\":\"v\",\"none\":null},{\"k\":0."
                      "5}],\"last\":\"\"}");
  bwi_buffer_free(&b);
}

static void test_escapes(void **state) {
  (void)state;
  static const struct {
    const char *text, *json;
  } rows[] = {
      {"plain", "\"plain\""},
      {"\"\\/\b\f\n\r\t", "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
      {"\x01\x1F\x7F", "\"\\u0001\\u001f\x7F\""},
      {"\xC3\xA9\xF0\x9F\x98\x80", "\"\xC3\xA9\xF0\x9F\x98\x80\""},
      {"a\xFFz", "\"a\xEF\xBF\xBDz\""},
      {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"cut \xE2\x82", "\"cut \xEF\xBF\xBD\xEF\xBF\xBD\""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bwi_buffer b = {0};
    bwi_json_writer w = {.out = &b};
    bwi_json_string(&w, rows[i].text);
    assert_string_equal(b.data, rows[i].json);
    bwi_json *read = NULL; /* what we write we read */
    assert_int_equal(bwi_json_parse(&read, (bwi_bytes){(uint8_t *)b.data, b.size}, 1, NULL), BW_OK);
    bwi_json_free(read);
    bwi_buffer_free(&b);
  }
}

static void test_numbers(void **state) {
  (void)state;
  static const struct {
    double value;
    const char *json;
  } rows[] = {{-1.5, "-1.5"}, {100, "100"}, {NAN, "null"}, {INFINITY, "null"}, {-INFINITY, "null"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bwi_buffer b = {0};
    bwi_json_writer w = {.out = &b};
    bwi_json_number(&w, rows[i].value);
    assert_string_equal(b.data, rows[i].json);
    bwi_buffer_free(&b);
  }
}

static void test_depth_limit(void **state) {
  (void)state;
  bwi_buffer b = {0};
  bwi_json_writer w = {.out = &b};
  for (int i = 0; i < BWI_JSON_MAX_DEPTH; i++) bwi_json_open(&w, '[');
  assert_false(b.failed);
  bwi_json_open(&w, '[');
  assert_true(b.failed);
  bwi_buffer_free(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_layout),
      cmocka_unit_test(test_escapes),
      cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_depth_limit),
  };
  return cmocka_run_group_tests_name("json writer", tests, NULL, NULL);
}
