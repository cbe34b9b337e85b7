/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures of samples, and the two files that the result of an attack is written to. */
#include "attack/picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attack/result.h"
#include "base/file.h"
#include "base/memory.h"
#include "format/formats.h"
#include "support/contest.h"
#include "support/unit.h"

static void test_which_shapes_are_images(void **state) {
  (void)state;
  static const struct {
    uint32_t rank;
    int64_t shape[4];
    bwi_picture wanted; /* height 0: no image */
  } rows[] = {
      {2, {28, 27}, {28, 27, 1, false}},    {3, {28, 27, 1}, {28, 27, 1, false}},
      {3, {32, 31, 3}, {32, 31, 3, false}}, {3, {3, 32, 31}, {32, 31, 3, true}},
      {3, {1, 32, 31}, {32, 31, 1, true}},  {1, {784}, {0, 0, 0, false}},
      {3, {32, 31, 4}, {0, 0, 0, false}},   {3, {1, 1, 3}, {0, 0, 0, false}},
      {2, {5000, 28}, {0, 0, 0, false}},    {4, {2, 8, 8, 3}, {0, 0, 0, false}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bwi_picture picture = {0};
    assert_int_equal(bwi_picture_of(&picture, rows[i].rank, rows[i].shape), rows[i].wanted.height != 0);
    assert_int_equal(picture.height, rows[i].wanted.height);
    assert_int_equal(picture.width, rows[i].wanted.width);
    assert_int_equal(picture.channels, rows[i].wanted.channels);
    assert_int_equal(picture.planar, rows[i].wanted.planar);
  }
}

static void test_layouts(void **state) {
  (void)state;
  static const struct {
    uint32_t rank;
    int64_t shape[4];
    bwi_layout wanted;
  } rows[] = {
      {2, {28, 27}, {28, 27, 1, 27, 1, 1}}, {3, {8, 9, 12}, {8, 9, 12, 108, 12, 1}},
      {3, {3, 8, 9}, {8, 9, 3, 9, 1, 72}},  {3, {3, 9, 3}, {3, 9, 3, 27, 3, 1}},
      {1, {784}, {1, 784, 1, 784, 1, 1}},   {4, {2, 8, 8, 3}, {1, 384, 1, 384, 1, 1}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const bwi_layout layout = bwi_layout_of(rows[i].rank, rows[i].shape);
    assert_memory_equal(&layout, &rows[i].wanted, sizeof layout);
  }
}

static void test_pixels(void **state) {
  (void)state;
  const bwi_picture grey = {1, 4, 1, false}, colour = {1, 2, 3, false}, planar = {1, 2, 3, true};
  const float sample[4] = {-1, 0, 1, NAN}, rgb[6] = {0, 0.2F, 0.4F, 0.6F, 0.8F, 1},
              planes[6] = {0, 0.6F, 0.2F, 0.8F, 0.4F, 1};
  uint8_t pixels[12], others[6];
  bwi_picture_pixels(pixels, &grey, sample, -1, 1);
  const uint8_t wanted[12] = {0, 0, 0, 128, 128, 128, 255, 255, 255, 0, 0, 0};
  assert_memory_equal(pixels, wanted, sizeof wanted);
  bwi_picture_pixels(pixels, &colour, rgb, 0, 1);
  bwi_picture_pixels(others, &planar, planes, 0, 1);
  const uint8_t wanted_rgb[6] = {0, 51, 102, 153, 204, 255};
  assert_memory_equal(pixels, wanted_rgb, sizeof wanted_rgb);
  assert_memory_equal(others, wanted_rgb, sizeof wanted_rgb);
}

static void test_differences(void **state) {
  (void)state;
  const bwi_picture grey = {1, 3, 1, false}, colour = {1, 1, 3, false};
  const float clean[3] = {0.5F, 0.5F, 0.5F}, adversarial[3] = {0.6F, 0.5F, 0.4F};
  uint8_t pixels[9];
  const float largest = bwi_picture_largest(&grey, clean, adversarial);
  assert_float_equal(largest, 0.1, 1e-6);
  bwi_picture_difference(pixels, &grey, clean, adversarial, largest);
  assert_true(pixels[0] > pixels[2]);                                               /* red above */
  assert_true(pixels[3] == pixels[4] && pixels[4] == pixels[5] && pixels[3] > 240); /* white at zero */
  assert_true(pixels[6] < pixels[8]);                                               /* blue below */
  bwi_picture_difference(pixels, &colour, clean, adversarial, largest);
  assert_true(pixels[0] == 255 && pixels[1] == 128 && pixels[2] == 0);
  bwi_picture_difference(pixels, &grey, clean, clean, 0); /* nothing to strengthen */
  assert_true(pixels[0] == pixels[8]);
}

/* ---- files ---- */

static toy net;
static bw_model *model;
static bw_dataset *pictures;
static bw_attack_result *result;
static char path[] = "/tmp/bulwark-attack-XXXXXX";

static int setup(void **state) {
  (void)state;
  toy_train(&net, TOY_HONEST);
  model = toy_model(&net);
  pictures = toy_data(40, 1);
  result = contest("pgd", BW_LINF, 0.1, NULL, model, pictures, NULL);
  const int file = mkstemp(path);
  assert_true(file >= 0);
  close(file);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  bw_attack_result_free(result);
  bw_dataset_free(pictures);
  bw_model_free(model);
  unlink(path);
  return 0;
}

static bwi_bytes read_back(void) {
  bwi_bytes bytes = {0};
  assert_int_equal(bwi_file_read(&bytes, path, 1 << 24, NULL), BW_OK);
  return bytes;
}

static void test_saving(void **state) {
  (void)state;
  assert_int_equal(bw_attack_result_save(result, pictures, path, NULL), BW_OK);
  const bwi_bytes bytes = read_back();
  bwi_archive archive = {0};
  assert_int_equal(bwi_npz_read(&archive, bytes, 1 << 24, NULL), BW_OK);
  assert_int_equal(archive.count, 7);
  const bw_array *adversarial = bwi_archive_find(&archive, "adversarial"),
                 *success = bwi_archive_find(&archive, "success"),
                 *predictions = bwi_archive_find(&archive, "adversarial_predictions"),
                 *origin = bwi_archive_find(&archive, "origin");
  assert_int_equal(bw_array_rank(adversarial), 4);
  assert_int_equal(bw_array_dtype(success), BW_BOOL);
  for (uint64_t i = 0; i < 40; i++) {
    const bw_sample_outcome *o = bw_attack_result_at(result, i);
    assert_int_equal(((const uint8_t *)bw_array_view(success))[i], o->success);
    assert_int_equal(((const int32_t *)bw_array_view(predictions))[i], o->adversarial_prediction);
    assert_int_equal(((const uint64_t *)bw_array_view(origin))[i], i);
    assert_memory_equal((const float *)bw_array_view(adversarial) + i * TOY_D,
                        bw_attack_result_sample(result, i), TOY_D * sizeof(float));
  }
  bwi_archive_clear(&archive);
  bwi_free((void *)(uintptr_t)bytes.data);
  bw_dataset *other = toy_data(3, 1);
  assert_int_equal(bw_attack_result_save(result, other, path, NULL), BW_EINVAL);
  bw_dataset_free(other);
}

static uint32_t big_endian(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void test_sheet(void **state) {
  (void)state;
  static const struct { uint32_t rows, shown; } rows[] = {{1, 1}, {5, 5}, {0, 1}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(bw_attack_result_sheet(result, pictures, rows[i].rows, path, NULL), BW_OK);
    const bwi_bytes bytes = read_back();
    assert_memory_equal(bytes.data, "\x89PNG\r\n\x1a\n", 8);
    /* Tiles of 6 x 6 at 14 times, margins of 8. */
    assert_int_equal(big_endian(bytes.data + 16), 8 + 3 * (84 + 8));
    assert_int_equal(big_endian(bytes.data + 20), 8 + rows[i].shown * (84 + 8));
    bwi_free((void *)(uintptr_t)bytes.data);
  }
}

static void test_no_sheet_of_what_is_no_image(void **state) {
  (void)state;
  linear l; /* its samples are rows */
  linear_open(&l, 2, 0, 1);
  bw_attack_result *attacked = contest("fgsm", BW_LINF, 0.1, NULL, l.model, l.data, NULL);
  assert_int_equal(bw_attack_result_sheet(attacked, l.data, 1, path, NULL), BW_EUNSUPPORTED);
  bw_attack_result_free(attacked);
  linear_close(&l);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_which_shapes_are_images),
      cmocka_unit_test(test_layouts),
      cmocka_unit_test(test_pixels),
      cmocka_unit_test(test_differences),
      cmocka_unit_test(test_saving),
      cmocka_unit_test(test_sheet),
      cmocka_unit_test(test_no_sheet_of_what_is_no_image),
  };
  return cmocka_run_group_tests_name("attack_picture", tests, setup, teardown);
}
