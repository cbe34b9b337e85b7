/* SPDX-License-Identifier: Apache-2.0 */
/* Record trees: made, opened, compared with what became of the data, and asked about batches. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "format/formats.h"
#include "records/record_tree.h"
#include "support/refusals.h"
#include "support/scratch.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bw_array *ramp(bw_dtype dtype, uint32_t rank, const int64_t *shape) {
  bw_array *array = NULL;
  assert_int_equal(bw_array_create(&array, dtype, rank, shape, NULL), BW_OK);
  uint8_t *bytes = bw_array_data(array);
  for (size_t i = 0; i < bw_array_bytes(array); i++) bytes[i] = (uint8_t)(i * 7 + i / 256);
  return array;
}

/* Five images with labels, three others without, a scalar. */
static void put_npz(const char *name, bool deflate) {
  const char *const names[] = {"images", "more", "labels", "scale"};
  bw_array *const arrays[] = {ramp(BW_F32, 3, (int64_t[]){5, 2, 2}), ramp(BW_U8, 2, (int64_t[]){3, 4}),
                              ramp(BW_I64, 1, (int64_t[]){5}), ramp(BW_F64, 0, NULL)};
  bwi_buffer out = {0};
  assert_int_equal(bwi_npz_write(&out, 4, names, (const bw_array *const *)arrays, deflate, NULL), BW_OK);
  scratch_put(name, out.data, out.size);
  bwi_buffer_free(&out);
  for (size_t i = 0; i < 4; i++) bw_array_free(arrays[i]);
}

static const char lines[] = "name,says\n\"a\",\"b\nc\"\nd,e\n";

static void put_all(void) {
  static const uint8_t idx[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6};
  put_npz("d.npz", true);
  scratch_put("d.idx", idx, sizeof idx);
  scratch_put("d.csv", lines, sizeof lines - 1);
  scratch_put("d.jsonl", "{}\n{\"a\": 1}", 11);
  scratch_put("cats/a", "A", 1);
  scratch_put("cats/b", "", 0);
}

static bw_record_tree *tree_of(const char *name) {
  bw_record_tree *tree = NULL;
  bw_error err;
  const char *at = scratch("tree");
  if (bw_record_tree_make(scratch(name), at, &err) != BW_OK || bw_record_tree_open(&tree, at, &err) != BW_OK)
    fail_msg("%s: %s", name, err.text);
  return tree;
}

/* The texts of all changes, '|' between them. */
static void told(char *out, size_t size, bw_record_tree *tree, const char *name) {
  bw_record_report *report = NULL;
  bw_error err;
  out[0] = '\0';
  if (bw_record_tree_compare(&report, tree, scratch(name), &err) != BW_OK) fail_msg("%s: %s", name, err.text);
  for (uint64_t i = 0; i < bw_record_report_count(report); i++) {
    char *text = NULL;
    const size_t used = strlen(out);
    assert_non_null(bw_record_report_at(report, i));
    assert_int_equal(bw_record_report_text(&text, report, i, NULL), BW_OK);
    (void)snprintf(out + used, size - used, "%s%s", used > 0 ? "|" : "", text);
    bwi_free(text);
  }
  assert_int_equal(bw_record_report_text(&(char *){NULL}, report, bw_record_report_count(report), NULL),
                   BW_EINVAL);
  bw_record_report_free(report);
}

static void reads_every_format(void **state) {
  (void)state;
  static const struct {
    const char *name, *format;
    uint64_t count;
  } rows[] = {{"d.npz", "npz", 9},
              {"d.idx", "idx", 2},
              {"d.csv", "csv", 3},
              {"d.jsonl", "jsonl", 2},
              {"cats", "folder", 2}};
  put_all();
  for (size_t k = 0; k < COUNT(rows); k++) {
    char text[512], head[65];
    bw_record_tree *tree = tree_of(rows[k].name);
    assert_string_equal(bw_record_tree_format(tree), rows[k].format);
    assert_int_equal(bw_record_tree_count(tree), rows[k].count);
    bw_record_tree_head(tree, head);
    assert_int_equal(strlen(head), 64);
    told(text, sizeof text, tree, rows[k].name);
    assert_string_equal(text, "");
    bw_record_tree_free(tree);
  }
}

/* What is stored is another thing than what it means: the same arrays, packed otherwise, are the same
 * records. */
static void looks_at_content_alone(void **state) {
  (void)state;
  char text[512];
  put_npz("d.npz", true);
  bw_record_tree *tree = tree_of("d.npz");
  put_npz("d.npz", false);
  told(text, sizeof text, tree, "d.npz");
  assert_string_equal(text, "");
  bw_record_tree_free(tree);
}

static void names_what_was_changed(void **state) {
  (void)state;
  static const struct {
    const char *name, *before, *after, *told;
  } rows[] = {
      {"t.csv", "a\nb\nc\n", "a\nX\nc\n", "record 1 (line 2) was changed"},
      {"t.csv", "a\n\"b\nb\"\nc\n", "a\n\"b\nb\"\nX\n", "record 2 (line 4) was changed"},
      {"t.csv", "a\nb\nc\n", "a\nb\nc", "record 2 (line 3) was changed"},
      {"t.csv", "a\nb\nc\n", "a\nb\nX\nc\n", "record 2 (line 3) was inserted"},
      {"t.csv", "a\nb\nc\n", "a\nb\nc\na\n",
       "record 3 (line 4) was inserted; it is a copy of what was record 0"},
      {"t.csv", "a\nb\nc\n", "a\nc\n", "what was record 1 was removed"},
      {"t.csv", "a\nb\nc\n", "c\nb\na\n", "record 0 (line 1) and record 2 (line 3) were swapped"},
      {"t.csv", "a\nb\nc\nd\n", "b\nc\na\nd\n", "record 2 (line 3) was record 0"},
      {"t.jsonl", "1\n2\n", "1\r\n2\n", "record 0 (line 1) was changed"},
  };
  for (size_t k = 0; k < COUNT(rows); k++) {
    char text[512];
    scratch_put(rows[k].name, rows[k].before, strlen(rows[k].before));
    bw_record_tree *tree = tree_of(rows[k].name);
    scratch_put(rows[k].name, rows[k].after, strlen(rows[k].after));
    told(text, sizeof text, tree, rows[k].name);
    if (strcmp(text, rows[k].told) != 0) fail_msg("row %zu: %s", k, text);
    bw_record_tree_free(tree);
  }
}

static void tells_in_json(void **state) {
  (void)state;
  bw_record_report *report = NULL;
  char *text = NULL;
  scratch_put("t.csv", "a\nb\nc\n", 6);
  bw_record_tree *tree = tree_of("t.csv");
  scratch_put("t.csv", "a\nX\na\n", 6);
  assert_int_equal(bw_record_tree_compare(&report, tree, scratch("t.csv"), NULL), BW_OK);
  assert_int_equal(bw_record_report_json(&text, report, NULL), BW_OK);
  assert_string_equal(text,
                      "{\"changes\":[{\"fate\":\"changed\",\"before\":1,\"after\":1,"
                      "\"text\":\"record 1 (line 2) was changed\"},"
                      "{\"fate\":\"changed\",\"before\":2,\"after\":2,\"copy_of\":0,"
                      "\"text\":\"record 2 (line 3) was changed; it is a copy of what was record 0\"}]}\n");
  bwi_free(text);
  bw_record_report_free(report);
  bw_record_tree_free(tree);
}

static void sees_every_bit_of_a_text(void **state) {
  (void)state;
  char changed[sizeof lines], text[512];
  scratch_put("t.jsonl", lines, sizeof lines - 1);
  bw_record_tree *tree = tree_of("t.jsonl");
  for (size_t bit = 0; bit < 8 * (sizeof lines - 1); bit++) {
    memcpy(changed, lines, sizeof lines);
    changed[bit / 8] ^= (char)(1 << bit % 8);
    scratch_put("t.jsonl", changed, sizeof lines - 1);
    told(text, sizeof text, tree, "t.jsonl");
    if (text[0] == '\0') fail_msg("bit %zu", bit);
  }
  bw_record_tree_free(tree);
}

static void change_array(const char *name, const char *array, size_t at) {
  bwi_bytes bytes;
  bwi_archive archive = {0};
  bwi_buffer out = {0};
  assert_int_equal(bwi_file_read(&bytes, scratch(name), 1 << 20, NULL), BW_OK);
  assert_int_equal(bwi_npz_read(&archive, bytes, 1 << 20, NULL), BW_OK);
  ((uint8_t *)bw_array_data((bw_array *)bwi_archive_find(&archive, array)))[at] ^= 1;
  assert_int_equal(bwi_npz_write(&out, archive.count, (const char *const *)archive.names,
                                 (const bw_array *const *)archive.arrays, true, NULL),
                   BW_OK);
  scratch_put(name, out.data, out.size);
  bwi_buffer_free(&out);
  bwi_archive_clear(&archive);
  bwi_free((void *)bytes.data);
}

static void names_rows_of_arrays(void **state) {
  (void)state;
  static const struct {
    const char *array, *told;
    size_t at;
  } rows[] = {
      {"images", "record 0 (row 0 of images, labels) was changed", 15},
      {"images", "record 1 (row 1 of images, labels) was changed", 16},
      {"labels", "record 4 (row 4 of images, labels) was changed", 39},
      {"more", "record 7 (row 2 of more) was changed", 11},
      {"scale", "record 8 (row 0 of scale) was changed", 0},
  };
  for (size_t k = 0; k < COUNT(rows); k++) {
    char text[512];
    put_npz("d.npz", false);
    bw_record_tree *tree = tree_of("d.npz");
    change_array("d.npz", rows[k].array, rows[k].at);
    told(text, sizeof text, tree, "d.npz");
    assert_string_equal(text, rows[k].told);
    bw_record_tree_free(tree);
  }
}

/* A file of a folder is a record with its path: what it is called is often its label. */
static void names_files_of_folders(void **state) {
  (void)state;
  char text[512];
  put_all();
  bw_record_tree *tree = tree_of("cats");
  scratch_put("cats/b", "B", 1);
  told(text, sizeof text, tree, "cats");
  assert_string_equal(text, "record 1 (b) was changed");
  scratch_put("cats/b", "", 0);
  assert_int_equal(rename(scratch("cats/a"), scratch("cats/c")), 0);
  told(text, sizeof text, tree, "cats");
  assert_string_equal(text, "what was record 0 was removed|record 1 (c) was inserted");
  bw_record_tree_free(tree);
  bw_error err;
  assert_int_equal(symlink("b", scratch("cats/z")), 0);
  assert_int_equal(bw_record_tree_make(scratch("cats"), scratch("tree"), &err), BW_EUNSUPPORTED);
  assert_string_equal(err.text, "z is neither a file nor a folder");
  assert_int_equal(unlink(scratch("cats/z")), 0);
  assert_int_equal(unlink(scratch("cats/c")), 0);
}

static void refuses_data_of_another_kind(void **state) {
  (void)state;
  bw_error err;
  bw_record_report *report = NULL;
  put_all();
  bw_record_tree *tree = tree_of("d.csv");
  assert_int_equal(bw_record_tree_compare(&report, tree, scratch("cats"), &err), BW_EFORMAT);
  assert_non_null(strstr(err.text, "is a folder, not csv"));
  bw_record_tree_free(tree);
  tree = tree_of("d.npz");
  assert_int_equal(bw_record_tree_compare(&report, tree, scratch("d.csv"), &err), BW_EFORMAT);
  bw_record_tree_free(tree);
  scratch_put("t.txt", "x", 1);
  assert_int_equal(bw_record_tree_make(scratch("t.txt"), scratch("tree"), &err), BW_EUNSUPPORTED);
  assert_non_null(strstr(err.text, "no records that can be told apart"));
  assert_int_equal(bw_record_tree_make(scratch("none"), scratch("tree"), &err), BW_EIO);
  assert_int_equal(bw_record_tree_open(&tree, scratch("none"), &err), BW_EIO);
}

/* ---- batches ---- */

enum { MANY = 70000 };

/* Line i of six bytes. */
static void number(char out[6], uint64_t i) {
  for (int k = 4; k >= 0; k--, i /= 10) out[k] = (char)('0' + i % 10);
  out[5] = '\n';
}

static void put_many(void) {
  static char text[MANY * 6];
  for (uint64_t i = 0; i < MANY; i++) number(text + 6 * i, i);
  scratch_put("many.jsonl", text, sizeof text);
}

static void checks_batches(void **state) {
  (void)state;
  put_many();
  bw_record_tree *tree = tree_of("many.jsonl");
  assert_int_equal(bw_record_tree_count(tree), MANY);
  static char text[700][6];
  static bw_record_part parts[700];
  for (uint64_t first = 0; first < MANY; first += 700) {
    uint64_t n_right = 0;
    for (uint64_t i = 0; i < 700; i++) {
      number(text[i], first + i);
      parts[i] = (bw_record_part){text[i], 6};
    }
    assert_int_equal(bw_record_tree_check(&n_right, tree, first, 700, parts, 1, NULL), BW_OK);
    assert_int_equal(n_right, 700);
    text[first / 700][2] ^= 1;
    assert_int_equal(bw_record_tree_check(&n_right, tree, first, 700, parts, 1, NULL), BW_OK);
    assert_int_equal(n_right, first / 700);
  }
  uint64_t n_right = 7;
  bw_error err;
  assert_int_equal(bw_record_tree_check(&n_right, tree, MANY - 1, 2, parts, 1, &err), BW_EINVAL);
  assert_int_equal(bw_record_tree_check(&n_right, tree, UINT64_MAX, 2, parts, 1, &err), BW_EINVAL);
  assert_int_equal(n_right, 7);
  assert_int_equal(bw_record_tree_check(&n_right, tree, MANY, 0, NULL, 1, &err), BW_OK);
  assert_int_equal(n_right, 0);
  bw_record_tree_free(tree);
}

static void checks_rows_of_arrays(void **state) {
  (void)state;
  put_npz("d.npz", true);
  bw_record_tree *tree = tree_of("d.npz");
  bw_array *images = ramp(BW_F32, 3, (int64_t[]){5, 2, 2}), *labels = ramp(BW_I64, 1, (int64_t[]){5});
  bw_record_part parts[6];
  for (size_t i = 0; i < 3; i++) {
    parts[2 * i] = (bw_record_part){(const uint8_t *)bw_array_view(images) + 16 * (i + 1), 16};
    parts[2 * i + 1] = (bw_record_part){(const uint8_t *)bw_array_view(labels) + 8 * (i + 1), 8};
  }
  uint64_t n_right = 0;
  assert_int_equal(bw_record_tree_check(&n_right, tree, 1, 3, parts, 2, NULL), BW_OK);
  assert_int_equal(n_right, 3);
  assert_int_equal(bw_record_tree_check(&n_right, tree, 0, 3, parts, 2, NULL), BW_OK);
  assert_int_equal(n_right, 0);
  bw_array_free(images);
  bw_array_free(labels);
  bw_record_tree_free(tree);
}

/* ---- the file ---- */

/* Whatever bit of the tree's file is flipped, nothing passes as if it had not been. */
static void vouches_for_its_own_hashes(void **state) {
  (void)state;
  scratch_put("t.jsonl", lines, sizeof lines - 1);
  assert_int_equal(bw_record_tree_make(scratch("t.jsonl"), scratch("tree"), NULL), BW_OK);
  bwi_bytes bytes;
  assert_int_equal(bwi_file_read(&bytes, scratch("tree"), 1 << 20, NULL), BW_OK);
  uint8_t *copy = (uint8_t *)bytes.data;
  const size_t header_bytes = bytes.size - 32 * (size_t)bwi_record_tree_start(4, BWI_TILE_LEVELS);
  for (size_t bit = 0; bit < 8 * bytes.size; bit++) {
    bw_record_tree *tree = NULL;
    bw_record_report *report = NULL;
    copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
    scratch_put("tree", copy, bytes.size);
    copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
    if (bw_record_tree_open(&tree, scratch("tree"), NULL) == BW_OK &&
        bw_record_tree_compare(&report, tree, scratch("t.jsonl"), NULL) == BW_OK &&
        bw_record_report_count(report) == 0)
      if (bit % 8 != 5 || bit / 8 >= header_bytes) /* the case of a digit of the head */
        fail_msg("bit %zu", bit);
    bw_record_report_free(report);
    bw_record_tree_free(tree);
  }
  bwi_free(copy);
}

static void names_a_damaged_tile(void **state) {
  (void)state;
  put_many();
  bw_record_tree *tree = tree_of("many.jsonl");
  bwi_bytes bytes;
  assert_int_equal(bwi_file_read(&bytes, scratch("tree"), 16 << 20, NULL), BW_OK);
  const size_t start = bytes.size - 32 * (size_t)bwi_record_tree_start(MANY, BWI_TILE_LEVELS);
  ((uint8_t *)bytes.data)[start + 32 * 300] ^= 1;
  bw_record_tree_free(tree);
  scratch_put("tree", bytes.data, bytes.size);
  bwi_free((void *)bytes.data);
  assert_int_equal(bw_record_tree_open(&tree, scratch("tree"), NULL), BW_OK);
  const bw_record_part part = {"00000\n", 6};
  uint64_t n_right = 0;
  bw_error err;
  assert_int_equal(bw_record_tree_check(&n_right, tree, 0, 1, &part, 1, &err), BW_OK);
  assert_int_equal(n_right, 1);
  assert_int_equal(bw_record_tree_check(&n_right, tree, 256, 1, &part, 1, &err), BW_EFORMAT);
  assert_string_equal(err.text, "tile 1 of level 0 does not hash to what stands above it");
  bw_record_tree_free(tree);
}

static bw_status read_header(bwi_bytes bytes, bw_error *err) {
  bwi_record_tree_header header;
  const bw_status status = bwi_record_tree_read_header(&header, bytes, bytes.size, err);
  if (status == BW_OK) bwi_record_tree_header_clear(&header);
  return status;
}

/* clang-format off */
static const refusal refusals[] = {
    {"format-empty", 0, "it must begin with \"bulwark-records v1\""},
    {"format-magic", 0, "it must begin with \"bulwark-records v1\""},
    {"format-no-end", 19, "the header has no end"},
    {"format-json", 20, "a key was expected"},
    {"format-list", 19, "no \"format\" in the header"},
    {"format-no-format", 19, "no \"format\" in the header"},
    {"format-head-short", 19, "\"head\" must be 64 hexadecimal digits"},
    {"format-head-digit", 19, "\"head\" must be 64 hexadecimal digits"},
    {"format-no-groups", 19, "no list \"groups\" in the header"},
    {"format-group-number", 121, "a group must have a number of records and a layout"},
    {"format-group-negative", 121, "a group must have a number of records and a layout"},
    {"format-group-half", 121, "a group must have a number of records and a layout"},
    {"format-layout-nul", 121, "a layout with NUL, or too many records"},
    {"format-too-many", 165, "a layout with NUL, or too many records"},
    {"format-hash-less", 149, "3 records have 3 hashes of 32 bytes; 64 bytes are left"},
    {"format-hash-more", 149, "3 records have 3 hashes of 32 bytes; 128 bytes are left"},
    {"format-hash-half", 149, "3 records have 3 hashes of 32 bytes; 80 bytes are left"},
    {"format-huge", 167, "9223372036854775296 records have"},
    {"limit-nodes", 16497, "more than 8192 values"},
    {"unsupported-format", 19, "records of format \"parquet\" are not known"},
};
/* clang-format on */

static void refuses_wrong_headers(void **state) {
  (void)state;
  check_refusals("record_tree", refusals, COUNT(refusals), read_header);
}

static bw_status make_and_compare(void *payload) {
  const char *data = payload;
  bw_record_tree *tree = NULL;
  bw_record_report *report = NULL;
  char *text = NULL, *json = NULL;
  bw_status status = bw_record_tree_make(data, scratch("tree"), NULL);
  if (status == BW_OK) status = bw_record_tree_open(&tree, scratch("tree.old"), NULL);
  if (status == BW_OK) status = bw_record_tree_compare(&report, tree, data, NULL);
  if (status == BW_OK) status = bw_record_report_text(&text, report, 0, NULL);
  if (status == BW_OK) status = bw_record_report_json(&json, report, NULL);
  bwi_free(text);
  bwi_free(json);
  bw_record_report_free(report);
  bw_record_tree_free(tree);
  return status;
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  put_all();
  static const char *const names[] = {"d.npz", "d.idx", "d.csv", "cats"};
  for (size_t k = 0; k < COUNT(names); k++) {
    char path[256];
    (void)snprintf(path, sizeof path, "%s", scratch(names[k]));
    assert_int_equal(bw_record_tree_make(path, scratch("tree.old"), NULL), BW_OK);
    if (k == 0) change_array("d.npz", "labels", 3);
    if (k == 1) scratch_put("d.idx", (const uint8_t[]){0, 0, 8, 1, 0, 0, 0, 1, 9}, 9);
    if (k == 2) scratch_put("d.csv", lines, sizeof lines - 4);
    if (k == 3) scratch_put("cats/b", "B", 1);
    assert_true(sweep_allocations(make_and_compare, path) > 10);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_every_format),
      cmocka_unit_test(looks_at_content_alone),
      cmocka_unit_test(names_what_was_changed),
      cmocka_unit_test(tells_in_json),
      cmocka_unit_test(sees_every_bit_of_a_text),
      cmocka_unit_test(names_rows_of_arrays),
      cmocka_unit_test(names_files_of_folders),
      cmocka_unit_test(refuses_data_of_another_kind),
      cmocka_unit_test(checks_batches),
      cmocka_unit_test(checks_rows_of_arrays),
      cmocka_unit_test(vouches_for_its_own_hashes),
      cmocka_unit_test(names_a_damaged_tile),
      cmocka_unit_test(refuses_wrong_headers),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
