/* SPDX-License-Identifier: Apache-2.0 */
#include <bulwark/dataset.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "format/formats.h"
#include "support/sweep.h"
#include "support/unit.h"

enum { N = 3, D = 4 };

static char folder[] = "/tmp/bulwark-dataset-XXXXXX";

static const char *path_of(const char *name) {
  static char paths[4][256]; /* as many as a test holds at a time */
  static int next;
  char *path = paths[next++ % 4];
  (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

static bw_array *array_of(bw_dtype dtype, uint32_t rank, const int64_t *shape, const void *data) {
  bw_array *array = NULL;
  assert_int_equal(bw_array_create(&array, dtype, rank, shape, NULL), BW_OK);
  if (data != NULL) memcpy(bw_array_data(array), data, bw_array_bytes(array));
  return array;
}

static const int64_t samples_shape[] = {N, 2, 2}, labels_shape[] = {N};
static const uint8_t pixels[N * D] = {0, 51, 102, 255, 1, 2, 3, 4, 5, 6, 7, 8};
static const int64_t classes[N] = {2, 0, 7};

static bw_array *some_samples(void) {
  return array_of(BW_U8, 3, samples_shape, pixels);
}

static bw_array *some_labels(void) {
  return array_of(BW_I64, 1, labels_shape, classes);
}

/* --- files --- */

static void write_bytes(const char *name, const void *data, size_t size) {
  assert_int_equal(bwi_file_write(path_of(name), data, size, NULL), BW_OK);
}

static void write_npy(const char *name, const bw_array *array) {
  bwi_buffer buffer = {0};
  assert_int_equal(bwi_npy_write(&buffer, array, NULL), BW_OK);
  write_bytes(name, buffer.data, buffer.size);
  bwi_buffer_free(&buffer);
}

static void write_npz(const char *name, const char *x_name, const char *y_name) {
  const char *names[] = {x_name, y_name};
  bw_array *x = some_samples(), *y = some_labels();
  const bw_array *arrays[] = {x, y};
  bwi_buffer buffer = {0};
  assert_int_equal(bwi_npz_write(&buffer, 2, names, arrays, true, NULL), BW_OK);
  write_bytes(name, buffer.data, buffer.size);
  bwi_buffer_free(&buffer);
  bw_array_free(x);
  bw_array_free(y);
}

static int write_files(void **state) {
  (void)state;
  static const uint8_t idx_labels[] = {0, 0, 8, 1, 0, 0, 0, N, 2, 0, 7};
  uint8_t idx_images[16 + N * D] = {0, 0, 8, 3, 0, 0, 0, N, 0, 0, 0, 2, 0, 0, 0, 2}, cifar[2 * 3073] = {0};
  assert_non_null(mkdtemp(folder));
  memcpy(idx_images + 16, pixels, sizeof pixels);
  write_bytes("t10k-images-idx3-ubyte", idx_images, sizeof idx_images);
  write_bytes("t10k-labels-idx1-ubyte", idx_labels, sizeof idx_labels);
  write_bytes("other", idx_images, sizeof idx_images);
  cifar[0] = 9;      /* label of the first */
  cifar[1 + 5] = 10; /* red, green and blue of its pixel 5 */
  cifar[1 + 1024 + 5] = 20;
  cifar[1 + 2048 + 5] = 30;
  write_bytes("cifar", cifar, sizeof cifar);
  write_npz("named.npz", "images", "labels");
  write_npz("unnamed.npz", "foo", "bar");
  bw_array *x = some_samples(), *y = some_labels();
  write_npy("x.npy", x);
  write_npy("y.npy", y);
  bw_array_free(x);
  bw_array_free(y);
  write_bytes("nonsense", "nonsense", 8);
  static const char head[] =
      "{\"x\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"
      "\"y\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[8,9]}}";
  uint8_t tensors[8 + sizeof head - 1 + 9] = {sizeof head - 1};
  memcpy(tensors + 8, head, sizeof head - 1);
  tensors[8 + sizeof head - 1 + 8] = 5;
  write_bytes("some.safetensors", tensors, sizeof tensors);
  return 0;
}

static int remove_files(void **state) {
  (void)state;
  static const char *const names[] = {"t10k-images-idx3-ubyte",
                                      "t10k-labels-idx1-ubyte",
                                      "other",
                                      "cifar",
                                      "named.npz",
                                      "unnamed.npz",
                                      "x.npy",
                                      "y.npy",
                                      "nonsense",
                                      "some.safetensors"};
  for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) unlink(path_of(names[k]));
  return rmdir(folder);
}

/* --- opening --- */

static void check_some(const bw_dataset *d, const char *what) {
  if (bw_dataset_count(d) != N || bw_dataset_rank(d) != 2) fail_msg("%s: other shape", what);
  for (uint64_t i = 0; i < N; i++) {
    assert_int_equal(bw_dataset_label(d, i), classes[i]);
    assert_int_equal(bw_dataset_origin(d, i), i);
    for (uint32_t k = 0; k < D; k++)
      assert_float_equal(bw_dataset_sample(d, i)[k], (float)pixels[i * D + k] / 255.0f, 0);
  }
}

static void test_formats(void **state) {
  (void)state;
  static const struct {
    const char *name, *labels, *samples_name, *labels_name;
  } rows[] = {
      {"named.npz", NULL, NULL, NULL},
      {"unnamed.npz", NULL, NULL, NULL},
      {"unnamed.npz", NULL, "foo", "bar"},
      {"x.npy", "y.npy", NULL, NULL},
      {"t10k-images-idx3-ubyte", NULL, NULL, NULL},
      {"other", "t10k-labels-idx1-ubyte", NULL, NULL},
      {"x.npy", "unnamed.npz", NULL, NULL},
  };
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
    bw_dataset_options o;
    bw_dataset_options_init(&o, sizeof o);
    o.labels_path = rows[k].labels == NULL ? NULL : path_of(rows[k].labels);
    o.samples_name = rows[k].samples_name;
    o.labels_name = rows[k].labels_name;
    bw_dataset *d = NULL;
    bw_error err;
    if (bw_dataset_open(&d, path_of(rows[k].name), &o, &err) != BW_OK)
      fail_msg("%s: %s", rows[k].name, err.text);
    check_some(d, rows[k].name);
    bw_dataset_free(d);
  }
}

static void test_cifar10_has_channels_last(void **state) {
  (void)state;
  bw_dataset *d = NULL;
  static const int64_t shape[] = {32, 32, 3};
  assert_int_equal(bw_dataset_open(&d, path_of("cifar"), NULL, NULL), BW_OK);
  assert_int_equal(bw_dataset_count(d), 2);
  assert_memory_equal(bw_dataset_shape(d), shape, sizeof shape);
  assert_int_equal(bw_dataset_label(d, 0), 9);
  for (uint32_t c = 0; c < 3; c++)
    assert_float_equal(bw_dataset_sample(d, 0)[5 * 3 + c], (float)(10 * (c + 1)) / 255.0f, 0);
  bw_dataset_free(d);
}

static void test_safetensors(void **state) {
  (void)state;
  bw_dataset *d = NULL;
  assert_int_equal(bw_dataset_open(&d, path_of("some.safetensors"), NULL, NULL), BW_OK);
  assert_int_equal(bw_dataset_count(d), 1);
  assert_int_equal(bw_dataset_label(d, 0), 5);
  bw_dataset_free(d);
}

static void test_refused_files(void **state) {
  (void)state;
  static const struct {
    const char *name, *samples_name, *labels;
    bw_status status;
  } rows[] = {
      {"nonsense", NULL, NULL, BW_EFORMAT}, {"not there", NULL, NULL, BW_EIO},
      {"x.npy", NULL, NULL, BW_EFORMAT},    {"named.npz", "absent", NULL, BW_EFORMAT},
      {"x.npy", NULL, "x.npy", BW_EFORMAT}, {"other", NULL, NULL, BW_EFORMAT},
      {"cifar", NULL, "y.npy", BW_EFORMAT},
  };
  for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
    bw_dataset_options o;
    bw_dataset_options_init(&o, sizeof o);
    o.samples_name = rows[k].samples_name;
    o.labels_path = rows[k].labels == NULL ? NULL : path_of(rows[k].labels);
    bw_dataset *d = NULL;
    bw_error err = {0};
    const bw_status status = bw_dataset_open(&d, path_of(rows[k].name), &o, &err);
    if (status != rows[k].status) fail_msg("%s: %s: %s", rows[k].name, bw_status_text(status), err.text);
    assert_null(d);
  }
  bw_dataset_options other; /* whose fault it is must be said */
  bw_error err;
  bw_dataset *none = NULL;
  bw_dataset_options_init(&other, sizeof other);
  other.labels_path = path_of("nonsense");
  assert_int_equal(bw_dataset_open(&none, path_of("x.npy"), &other, &err), BW_EFORMAT);
  assert_non_null(strstr(err.text, "the labels, "));
  assert_non_null(strstr(err.text, "nonsense: is no npz"));
  bw_dataset_options small;
  bw_dataset *d = NULL;
  bw_dataset_options_init(&small, sizeof small);
  small.max_bytes = 10;
  assert_int_equal(bw_dataset_open(&d, path_of("named.npz"), &small, NULL), BW_ELIMIT);
}

/* --- arrays --- */

static void test_refused_arrays(void **state) {
  (void)state;
  static const float not_finite[N * D] = {NAN};
  static const int64_t below_zero[N] = {0, -1, 0}, too_great[N] = {0, INT64_C(1) << 40, 0};
  static const int64_t two[] = {2}, flat[] = {N}, none[] = {N, 0};
  bw_array *x = some_samples(), *y = some_labels();
  bw_array *arrays[] = {array_of(BW_F32, 3, samples_shape, not_finite),
                        array_of(BW_I64, 1, labels_shape, below_zero),
                        array_of(BW_I64, 1, labels_shape, too_great),
                        array_of(BW_I32, 1, two, NULL),
                        array_of(BW_F32, 1, labels_shape, NULL),
                        array_of(BW_U8, 1, flat, NULL),
                        array_of(BW_U8, 2, none, NULL),
                        array_of(BW_I32, 3, samples_shape, NULL)};
  const bw_array *pairs[][2] = {{arrays[0], y}, {x, arrays[1]}, {x, arrays[2]}, {x, arrays[3]},
                                {x, arrays[4]}, {arrays[5], y}, {arrays[6], y}, {arrays[7], y}};
  for (size_t k = 0; k < sizeof pairs / sizeof pairs[0]; k++) {
    bw_dataset *d = NULL;
    if (bw_dataset_create(&d, pairs[k][0], pairs[k][1], NULL) != BW_EFORMAT) fail_msg("pair %zu", k);
    assert_null(d);
  }
  for (size_t k = 0; k < sizeof arrays / sizeof arrays[0]; k++) bw_array_free(arrays[k]);
  bw_array_free(x);
  bw_array_free(y);
}

static bw_dataset *create(void) {
  bw_array *x = some_samples(), *y = some_labels();
  bw_dataset *d = NULL;
  assert_int_equal(bw_dataset_create(&d, x, y, NULL), BW_OK);
  bw_array_free(x);
  bw_array_free(y);
  return d;
}

static void test_choosing(void **state) {
  (void)state;
  static const uint64_t indices[] = {2, 0, 2}, outside[] = {N};
  bw_dataset *all = create(), *some = NULL, *again = NULL;
  assert_int_equal(bw_dataset_choose(&some, all, 3, indices, NULL), BW_OK);
  assert_int_equal(bw_dataset_label(some, 0), 7);
  assert_int_equal(bw_dataset_origin(some, 0), 2);
  assert_memory_equal(bw_dataset_sample(some, 1), bw_dataset_sample(all, 0), D * sizeof(float));
  assert_int_equal(bw_dataset_choose(&again, some, 1, indices + 1, NULL),
                   BW_OK); /* of a part: still where it came from */
  assert_int_equal(bw_dataset_origin(again, 0), 2);
  assert_int_equal(bw_dataset_choose(&again, all, 1, outside, NULL), BW_EINVAL);
  assert_int_equal(bw_dataset_choose(&again, all, 0, indices, NULL), BW_EINVAL);
  bw_dataset_free(all);
  bw_dataset_free(some);
  bw_dataset_free(again);
}

static void test_digest(void **state) {
  (void)state;
  static const uint64_t order[] = {0, 1, 2}, other[] = {1, 0, 2};
  bw_dataset *a = create(), *b = NULL, *c = NULL;
  char of_a[65], of_b[65], of_c[65];
  assert_int_equal(bw_dataset_choose(&b, a, N, order, NULL), BW_OK);
  assert_int_equal(bw_dataset_choose(&c, a, N, other, NULL), BW_OK);
  assert_int_equal(bw_dataset_digest(a, of_a, NULL), BW_OK);
  assert_int_equal(bw_dataset_digest(b, of_b, NULL), BW_OK);
  assert_int_equal(bw_dataset_digest(c, of_c, NULL), BW_OK);
  assert_int_equal(strlen(of_a), 64);
  assert_string_equal(of_a, of_b);
  assert_string_not_equal(of_a, of_c);
  bw_dataset_free(a);
  bw_dataset_free(b);
  bw_dataset_free(c);
}

static bw_status attempt(void *payload) {
  bw_dataset *d = NULL;
  const bw_status status = bw_dataset_open(&d, path_of(payload), NULL, NULL);
  bw_dataset_free(d);
  return status;
}

static void test_without_memory(void **state) {
  (void)state;
  char *const names[] = {"named.npz", "cifar", "t10k-images-idx3-ubyte"};
  for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
    assert_true(sweep_allocations(attempt, names[k]) > 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_formats),        cmocka_unit_test(test_cifar10_has_channels_last),
      cmocka_unit_test(test_safetensors),    cmocka_unit_test(test_refused_files),
      cmocka_unit_test(test_refused_arrays), cmocka_unit_test(test_choosing),
      cmocka_unit_test(test_digest),         cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests(tests, write_files, remove_files);
}
