/* SPDX-License-Identifier: Apache-2.0 */
#include <bulwark/model.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "support/sweep.h"
#include "support/unit.h"

#define FOLDER BW_TESTS_FOLDER "/unit/data/model/"

static char *describe(const char *path, int json) {
  bw_model_info *info = NULL;
  char *text = NULL;
  bw_error err = {0};
  if (bw_model_info_open(&info, path, &err) != BW_OK) fail_msg("%s: %s", path, err.text);
  assert_int_equal(bw_model_info_text(&text, info, json, &err), BW_OK);
  bw_model_info_free(info);
  return text;
}

static void test_text(void **state) {
  (void)state;
  static const char wanted[] =
      "written by    MLX 0.32.4, layout 0.32.4\n"
      "metadata      none\n"
      "function 0\n"
      "  input       float32 (5, 6)\n"
      "  input       float32 (5, 6)\n"
      "  output      float32 (5, 3)\n"
      "  primitives  Add 1, Matmul 1\n"
      "  parameters  18 in 1 arrays, 72 bytes\n"
      "  operations  180\n"
      "  digest      ";
  char *text = describe(FOLDER "two_inputs.mlxfn", 0);
  assert_memory_equal(text, wanted, sizeof wanted - 1);
  assert_non_null(strstr(text, "\nexecuted      nothing in the file is code"));
  bw_text_free(text);
}

static void test_json(void **state) {
  (void)state;
  char *text = describe(FOLDER "two_functions.mlxfn", 1);
  bwi_json *d = NULL;
  const bwi_bytes bytes = {(const uint8_t *)text, strlen(text)};
  assert_int_equal(bwi_json_parse(&d, bytes, 1000, NULL), BW_OK);
  assert_string_equal(bwi_json_text_of(d, bwi_json_find(d, 0, "mlx_version"), NULL), "0.32.4");
  const bwi_json_at first = bwi_json_first(d, bwi_json_find(d, 0, "functions")),
                    second = bwi_json_next(d, first);
  assert_true(first >= 0 && second >= 0 && bwi_json_next(d, second) < 0);
  assert_float_equal(bwi_json_number_of(d, bwi_json_find(d, first, "parameters")), 18, 0);
  assert_float_equal(bwi_json_number_of(d, bwi_json_find(d, bwi_json_find(d, first, "primitives"), "Matmul")),
                     1, 0);
  assert_true(bwi_json_first(d, bwi_json_find(d, first, "unsupported")) < 0);
  assert_int_equal(strlen(bwi_json_text_of(d, bwi_json_find(d, first, "digest"), NULL)), 64);
  bwi_json_free(d);
  bw_text_free(text);
}

/* A file that cannot be run is described all the same. */
static void test_unsupported_primitive(void **state) {
  (void)state;
  char *text = describe(FOLDER "random.mlxfn", 0);
  assert_non_null(strstr(text, "\n  unsupported RandomBits, first as value 2\n"));
  assert_non_null(
      strstr(text, "\n  cannot run  value 2 is computed by RandomBits, which is not supported\n"));
  assert_null(strstr(text, "digest"));
  bw_text_free(text);
}

static void test_truncation(void **state) {
  (void)state;
  bwi_bytes whole = {0};
  bw_model_info *info = NULL;
  bw_error err = {0};
  char path[] = "/tmp/bulwark-info-XXXXXX";
  const int file = mkstemp(path);
  assert_true(file >= 0);
  close(file);
  assert_int_equal(bwi_file_read(&whole, FOLDER "two_inputs.mlxfn", 1 << 20, NULL), BW_OK);
  assert_int_equal(bwi_file_write(path, whole.data, whole.size - 1, NULL), BW_OK);
  assert_int_equal(bw_model_info_open(&info, path, &err), BW_EFORMAT);
  assert_true(err.offset <= whole.size);
  unlink(path);
  bwi_free((void *)(uintptr_t)whole.data);
}

static bw_status attempt(void *payload) {
  (void)payload;
  bw_model_info *info = NULL;
  char *text = NULL;
  bw_status status = bw_model_info_open(&info, FOLDER "two_inputs.mlxfn", NULL);
  if (status == BW_OK) status = bw_model_info_text(&text, info, 1, NULL);
  bw_text_free(text);
  bw_model_info_free(info);
  return status;
}

static void test_without_memory(void **state) {
  (void)state;
  assert_true(sweep_allocations(attempt, NULL) > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_text),
      cmocka_unit_test(test_json),
      cmocka_unit_test(test_unsupported_primitive),
      cmocka_unit_test(test_truncation),
      cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
