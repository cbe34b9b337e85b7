/* SPDX-License-Identifier: Apache-2.0 */
/* Events as in-toto statements: our own, those of others, and Croissant's metadata. */
#include <string.h>

#include "base/memory.h"
#include "log/croissant.h"
#include "support/refusals.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define AB "abababababababababababababababababababababababababababababababab"
#define CD "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"

static const bwi_artifact subjects[] = {{"model.safetensors", AB}};
static const bwi_artifact materials[] = {{"data.npz", CD}, {"https://example.org/\"", ""}};
static const bwi_parameter parameters[] = {{"epochs", "3"}, {"größe", "\n"}};
static const bwi_event training = {.type = BWI_EVENT_TYPE,
                                   .what = "train",
                                   .time = "2026-01-02T03:04:05Z",
                                   .by = "me",
                                   .subjects = subjects,
                                   .n_subjects = 1,
                                   .materials = materials,
                                   .n_materials = 2,
                                   .parameters = parameters,
                                   .n_parameters = 2};

static void check_artifacts(const bwi_artifact *a, const bwi_artifact *b, size_t n) {
  for (size_t i = 0; i < n; i++) {
    assert_string_equal(a[i].name, b[i].name);
    assert_string_equal(a[i].digest, b[i].digest);
  }
}

static void check_same(const bwi_event *a, const bwi_event *b) {
  assert_string_equal(a->type, b->type);
  assert_string_equal(a->what, b->what);
  assert_string_equal(a->time, b->time);
  assert_string_equal(a->by, b->by);
  assert_int_equal(a->n_subjects, b->n_subjects);
  assert_int_equal(a->n_materials, b->n_materials);
  assert_int_equal(a->n_parameters, b->n_parameters);
  check_artifacts(a->subjects, b->subjects, a->n_subjects);
  check_artifacts(a->materials, b->materials, a->n_materials);
  for (size_t i = 0; i < a->n_parameters; i++) {
    assert_string_equal(a->parameters[i].name, b->parameters[i].name);
    assert_string_equal(a->parameters[i].value, b->parameters[i].value);
  }
}

static void reads_what_it_writes(void **state) {
  (void)state;
  bwi_buffer out = {0};
  bwi_event read;
  assert_int_equal(bwi_event_write(&out, &training, NULL), BW_OK);
  assert_int_equal(bwi_event_read(&read, (bwi_bytes){(const uint8_t *)out.data, out.size}, NULL), BW_OK);
  check_same(&read, &training);
  bwi_event_clear(&read);
  bwi_buffer_free(&out);
}

static bwi_event event_of(const char *path, bw_status (*read)(bwi_event *, bwi_bytes, bw_error *)) {
  const bwi_bytes bytes = tests_file(path);
  bwi_event event;
  bw_error err;
  if (read(&event, bytes, &err) != BW_OK) fail_msg("%s: %s", path, err.text);
  bwi_free((void *)bytes.data);
  return event;
}

/* The materials of statements that others write. */
static void reads_statements_of_others(void **state) {
  (void)state;
  static const struct {
    const char *path, *name, *digest;
    size_t n_materials;
  } rows[] = {
      {"fuzz/corpus/event/ok-slsa-1", "git+https://example.org/code", CD, 1},
      {"fuzz/corpus/event/ok-slsa-0.2", "git+https://example.org/code", CD, 1},
      {"fuzz/corpus/event/ok-model-signing", "a", AB, 2},
      {"fuzz/corpus/event/ok-unknown", "", "", 0},
  };
  for (size_t k = 0; k < COUNT(rows); k++) {
    bwi_event event = event_of(rows[k].path, bwi_event_read);
    assert_int_equal(event.n_materials, rows[k].n_materials);
    assert_string_equal(event.what, event.type);
    if (event.n_materials > 0) {
      assert_string_equal(event.materials[0].name, rows[k].name);
      assert_string_equal(event.materials[0].digest, rows[k].digest);
    }
    bwi_event_clear(&event);
  }
}

/* clang-format off */
static const refusal refusals[] = {
    {"format-empty", 0, ""},
    {"format-list", 0, "here should be an object with \"_type\""},
    {"format-no-subject", 0, "there is no \"subject\""},
    {"format-subject-none", 56, "a statement must have a subject"},
    {"format-subject-text", 57, "here should be an artifact"},
    {"format-digest-short", 81, "a sha256 must have 64 hexadecimal digits"},
    {"format-digest-list", 81, "a digest must be an object"},
    {"format-digest-number", 92, "\"sha256\" must be: string"},
    {"format-name-nul", 66, "\"name\" holds a NUL"},
    {"format-own-none", 0, "an event must have a predicate"},
    {"format-own-event", 221, "there is no \"event\""},
    {"format-own-parameters", 250, "parameters must be an object"},
    {"format-own-parameter", 256, "\"b\" must be: string"},
    {"format-own-materials", 249, "here should be a list of artifacts"},
    {"format-slsa-1", 231, "there is no \"buildDefinition\""},
    {"format-resource-algorithm", 252, "there is no \"algorithm\""},
    {"unsupported-type", 0, "_type is https://in-toto.io/Statement/v0.1; known is https://in-toto.io/Statement/v1"},
    {"limit-nodes", 49537, "more than 16384 values"},
};

static const refusal croissant_refusals[] = {
    {"format-empty", 0, ""},
    {"format-type", 0, "no Croissant metadata: its @type must be sc:Dataset"},
    {"format-list", 0, "no Croissant metadata: its @type must be sc:Dataset"},
    {"format-no-distribution", 0, "there is no \"distribution\""},
    {"format-no-file", 287, "distribution: no file has a digest"},
    {"format-http", 288, "data.csv: a contentUrl must not begin with http://, where anybody on the way can change it"},
    {"format-digest-short", 288, "data.csv: a file must have a sha256 of 64 hexadecimal digits"},
    {"format-digest-none", 288, "data.csv: a file must have a sha256 of 64 hexadecimal digits"},
    {"format-md5", 288, "data.csv: a file must have a sha256 of 64 hexadecimal digits"},
    {"format-file-type", 288, "data.csv: its @type must be cr:FileObject or cr:FileSet"},
    {"format-no-id", 288, "distribution: a file must have an @id"},
    {"unsupported-version", 0, "conformsTo is http://mlcommons.org/croissant/0.8; known are Croissant 1.0 and 1.1"},
    {"unsupported-none", 0, "conformsTo is missing; known are Croissant 1.0 and 1.1"},
};
/* clang-format on */

static bw_status read_event(bwi_bytes bytes, bw_error *err) {
  bwi_event event = {0};
  const bw_status status = bwi_event_read(&event, bytes, err);
  bwi_event_clear(&event);
  return status;
}

static bw_status read_croissant(bwi_bytes bytes, bw_error *err) {
  bwi_event event = {0};
  const bw_status status = bwi_croissant_read(&event, bytes, err);
  bwi_event_clear(&event);
  return status;
}

static void refuses_what_is_wrong(void **state) {
  (void)state;
  check_refusals("event", refusals, COUNT(refusals), read_event);
  check_refusals("croissant", croissant_refusals, COUNT(croissant_refusals), read_croissant);
}

/* ---- Croissant ---- */

static void reads_croissant(void **state) {
  (void)state;
  static const bwi_parameter wanted[] = {{"name", "example"},
                                         {"license", "https://creativecommons.org/licenses/by/4.0/"},
                                         {"contentUrl data.csv", "https://example.org/data.csv"},
                                         {"encodingFormat data.csv", "text/csv"}};
  static const bwi_artifact file = {"data.csv", AB};
  const bwi_event event = {.type = BWI_EVENT_TYPE,
                           .what = "ingest",
                           .time = "",
                           .by = "",
                           .subjects = &file,
                           .n_subjects = 1,
                           .parameters = wanted,
                           .n_parameters = COUNT(wanted)};
  static const char *const paths[] = {"fuzz/corpus/croissant/ok-1.0", "fuzz/corpus/croissant/ok-1.1",
                                      "fuzz/corpus/croissant/ok-contained",
                                      "fuzz/corpus/croissant/ok-file-set"};
  for (size_t k = 0; k < COUNT(paths); k++) {
    bwi_event read = event_of(paths[k], bwi_croissant_read);
    check_same(&read, &event);
    bwi_event_clear(&read);
  }
}

/* To Croissant and back, by way of a statement. */
static void keeps_croissant(void **state) {
  (void)state;
  bwi_event first = event_of("fuzz/corpus/croissant/ok-1.0", bwi_croissant_read), second, third;
  bwi_buffer statement = {0}, metadata = {0};
  assert_int_equal(bwi_event_write(&statement, &first, NULL), BW_OK);
  assert_int_equal(
      bwi_event_read(&second, (bwi_bytes){(const uint8_t *)statement.data, statement.size}, NULL), BW_OK);
  assert_int_equal(bwi_croissant_write(&metadata, &second, NULL), BW_OK);
  assert_int_equal(
      bwi_croissant_read(&third, (bwi_bytes){(const uint8_t *)metadata.data, metadata.size}, NULL), BW_OK);
  check_same(&third, &first);
  bwi_event_clear(&first);
  bwi_event_clear(&second);
  bwi_event_clear(&third);
  bwi_buffer_free(&statement);
  bwi_buffer_free(&metadata);
}

static void writes_croissant_of_any_event(void **state) {
  (void)state;
  bwi_buffer out = {0};
  assert_int_equal(bwi_croissant_write(&out, &training, NULL), BW_OK);
  assert_non_null(strstr(
      out.data, "\"conformsTo\":\"http://mlcommons.org/croissant/1.1\",\"name\":\"model.safetensors\""));
  assert_non_null(
      strstr(out.data, "\"prov:wasDerivedFrom\":[{\"name\":\"data.npz\",\"sha256\":\"" CD "\"},"));
  assert_null(strstr(out.data, "epochs"));
  bwi_buffer_free(&out);
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  assert_true(check_allocations("fuzz/corpus/event/ok-own", read_event) > 10);
  assert_true(check_allocations("fuzz/corpus/croissant/ok-1.0", read_croissant) > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_what_it_writes),
      cmocka_unit_test(reads_statements_of_others),
      cmocka_unit_test(refuses_what_is_wrong),
      cmocka_unit_test(reads_croissant),
      cmocka_unit_test(keeps_croissant),
      cmocka_unit_test(writes_croissant_of_any_event),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
