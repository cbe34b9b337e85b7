/* SPDX-License-Identifier: Apache-2.0 */
/* What the gate reads in text: members of JSON objects, words of Python, paths. */
#include <string.h>

#include "base/buffer.h"
#include "gate/pairs.h"
#include "gate/paths.h"
#include "gate/python_source.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bwi_bytes bytes_of(const char *text) {
  return (bwi_bytes){(const uint8_t *)text, strlen(text)};
}

/* ---- JSON ---- */

static bw_status note(void *payload, const bwi_pair *pair, bw_error *err) {
  char value[100];
  (void)err;
  bwi_buffer_text(payload, pair->key);
  if (pair->is_text) {
    (void)bwi_pair_unescape(value, sizeof value, pair->value);
    bwi_buffer_format(payload, "='%s'", value);
  }
  bwi_buffer_text(payload, " ");
  return BW_OK;
}

static void finds_members(void **state) {
  (void)state;
  static const struct {
    const char *text, *pairs;
  } cases[] = {
      {"", ""},
      {"{}", ""},
      {"{\"a\": \"b\"}", "a='b' "},
      {"{\"a\" : [1, {\"b\":\n\"c\"}], \"d\":null}", "a b='c' d "},
      {"{\"a\": \"x:y\", \"b\": 1}", "a='x:y' b "},
      {"{\"a\\\"b\": \"c\\\\\"}", "a\"b='c\\' "},
      {"{\"cl\\u0061ss\": \"\\u004cambda\\n\"}", "class='Lambda\n' "},
      {"\"a\": \"never ends", "a "},
      {"a\": b: \\\":", ""},
      {"\xFF\xFE\"a\":\"b\"\x01", "a='b' "},
      {"\"\\ud800\": \"\\q\"", "\xEF\xBF\xBD='q' "},
  };
  for (size_t k = 0; k < COUNT(cases); k++) {
    bwi_buffer log = {0};
    bwi_buffer_text(&log, "");
    assert_int_equal(bwi_pairs_each(bytes_of(cases[k].text), note, &log, NULL), BW_OK);
    if (strcmp(log.data, cases[k].pairs) != 0)
      fail_msg("%s: %s, wanted %s", cases[k].text, log.data, cases[k].pairs);
    bwi_buffer_free(&log);
  }
}

static void cuts_what_is_long(void **state) {
  (void)state;
  char text[700], small[10];
  bwi_buffer log = {0};
  memset(text, 'k', sizeof text);
  text[0] = '"';
  memcpy(text + 301, "\":1", 4);
  assert_int_equal(bwi_pairs_each(bytes_of(text), note, &log, NULL), BW_OK);
  assert_int_equal(strspn(log.data, "k"), BWI_PAIR_KEY_BYTES - 4);
  bwi_buffer_free(&log);
  assert_int_equal(bwi_pair_unescape(small, sizeof small, bytes_of("123456789")), 6);
  assert_string_equal(small, "123456");
}

static bw_status refuse(void *payload, const bwi_pair *pair, bw_error *err) {
  (void)payload;
  return BW_FAIL_AT(err, BW_ECANCEL, pair->offset, "enough");
}

static void ends_when_it_is_told(void **state) {
  (void)state;
  bw_error err;
  assert_int_equal(bwi_pairs_each(bytes_of("{\"a\":1}"), refuse, NULL, &err), BW_ECANCEL);
  assert_int_equal(err.offset, 2);
}

/* ---- Python ---- */

static void tells_python_from_prose(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool is_python;
  } cases[] = {
      {"import os\n\ndef f(x):\n  return x\n", true},
      {"from a import b\nclass C(b):  \r\n  pass\n", true},
      {"import os\n", false},
      {"import goods from abroad;\nclass warfare:\n", false},
      {"The class of\n", false},
      {"", false},
  };
  for (size_t k = 0; k < COUNT(cases); k++)
    if (bwi_python_is_source(bytes_of(cases[k].text)) != cases[k].is_python) fail_msg("%s", cases[k].text);
}

static void finds_dangerous_words(void **state) {
  (void)state;
  static const struct {
    const char *text, *words;
  } cases[] = {
      {"x = eval('1')", "eval "},
      {"x = eval ('1')", "eval "},
      {"model.eval()", ""},
      {"re.compile('x')", ""},
      {"eval = 3", ""},
      {"# eval('1')\n", ""},
      {"s = \"eval('1')\"; t = '''\nexec(x)\n'''", ""},
      {"s = 'it\\'s'; exec(s)", "exec "},
      {"s = 'open\nexec(s)", "exec "},
      {"import subprocess, socket", "subprocess socket "},
      {"os.system('x'); os.popen('x'); os.path.join(a)", "system popen "},
      {"tensor.pickle", ""},
      {"__import__('os')", "__import__ "},
      {"evaluate(x); my_eval(x)", ""},
  };
  for (size_t k = 0; k < COUNT(cases); k++) {
    const bwi_bytes text = bytes_of(cases[k].text);
    char words[128] = "";
    size_t at = 0, n = 0;
    while (bwi_python_find_danger(text, &at, &n)) {
      strncat(words, cases[k].text + at, n);
      strncat(words, " ", 2);
      at += n;
    }
    if (strcmp(words, cases[k].words) != 0) fail_msg("%s: %s", cases[k].text, words);
  }
}

/* ---- paths ---- */

static void tells_where_paths_lead(void **state) {
  (void)state;
  static const char *const inside[] = {"a", "a/b", "a..b", "..a", "a/..b/c", "...", "a/"};
  static const char *const outside[] = {"", "/a", "\\a", "C:a", "..", "../a", "a/..", "a/../b", "a\\..\\b"};
  for (size_t k = 0; k < COUNT(inside); k++)
    if (bwi_path_leads_out(bytes_of(inside[k]))) fail_msg("%s", inside[k]);
  for (size_t k = 0; k < COUNT(outside); k++)
    if (!bwi_path_leads_out(bytes_of(outside[k]))) fail_msg("%s", outside[k]);
  assert_true(bwi_path_leads_out((bwi_bytes){(const uint8_t *)"a\0b", 3}));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(finds_members),         cmocka_unit_test(cuts_what_is_long),
      cmocka_unit_test(ends_when_it_is_told),  cmocka_unit_test(tells_python_from_prose),
      cmocka_unit_test(finds_dangerous_words), cmocka_unit_test(tells_where_paths_lead),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
