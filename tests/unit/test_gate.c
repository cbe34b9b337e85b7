/* SPDX-License-Identifier: Apache-2.0 */
/* The gate over the corpus of its fuzz target, over real files, and its reports. */
#include <bulwark/gate.h>
#include <bulwark/model.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "support/refusals.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bw_gate *new_gate(void) {
  bw_gate *gate = NULL;
  bw_gate_options options;
  bw_gate_options_init(&options, sizeof options);
  options.max_bytes = UINT64_C(16) << 20;
  assert_int_equal(bw_gate_create(&gate, &options, NULL), BW_OK);
  return gate;
}

/* ---- what is found ---- */

typedef struct row {
  const char *name, *type, *rules;
} row;

/* clang-format off */
static const row rows[] = {
    {"format-7z", "opaque container", "type-opaque"},
    {"format-auto-map", "JSON", "remote-code"},
    {"format-bytecode", "executable", "executable"},
    {"format-elf", "executable", "executable"},
    {"format-gguf-overlap", "GGUF", "malformed"},
    {"format-gguf-template", "GGUF", "template-escape"},
    {"format-gguf-values", "GGUF", "values-not-finite"},
    {"format-gzip", "gzip", "pickle-import-dangerous"},
    {"format-gzip-trailing", "gzip", "unsupported"},
    {"format-hdf5-inside", "pickle", "polyglot pickle-broken"},
    {"format-hdf5-lambda", "HDF5", "keras-lambda"},
    {"format-hdf5-trailing", "HDF5", "malformed"},
    {"format-json-template", "JSON", "template-escape"},
    {"format-keras-lambda", "zip", "keras-lambda"},
    {"format-keras-module", "zip", "keras-module"},
    {"format-legacy", "PyTorch file, as before 1.6", "pickle-import-dangerous malformed pickle-broken"},
    {"format-legacy-long", "PyTorch file, as before 1.6", "malformed pickle-broken"},
    {"format-mlxfn-kernel", "mlxfn", "kernel-source unsupported"},
    {"format-model-file", "JSON", "remote-code"},
    {"format-npy-fields", "npy", "object-array pickle-import-dangerous"},
    {"format-npy-objects", "npy", "object-array pickle-import-dangerous"},
    {"format-npy-short", "npy", "malformed"},
    {"format-npz", "npz", "object-array pickle-import-dangerous"},
    {"format-onnx-external-size", "ONNX", "external-data malformed"},
    {"format-onnx-path", "ONNX", "external-path"},
    {"format-onnx-size", "ONNX", "malformed"},
    {"format-onnx-values", "ONNX", "values-not-finite"},
    {"format-onnx-values-typed", "ONNX", "values-not-finite"},
    {"format-pickle", "pickle", "pickle-import-dangerous"},
    {"format-pickle-behind-fault", "pickle", "pickle-broken pickle-import-dangerous"},
    {"format-pickle-class-called", "pickle", "pickle-call"},
    {"format-pickle-class-changed", "pickle", "pickle-call"},
    {"format-pickle-duplicates", "pickle", "pickle-expansion"},
    {"format-pickle-extension", "pickle", "pickle-extension"},
    {"format-pickle-late", "pickle", "pickle-import-dangerous"},
    {"format-pickle-nested", "pickle", "pickle-nested"},
    {"format-pickle-padded", "pickle", "pickle-import-dangerous"},
    {"format-pickle-persistent", "pickle", "pickle-persistent"},
    {"format-pickle-trailing", "pickle", "pickle-broken"},
    {"format-pickle-unknown-import", "pickle", "pickle-import"},
    {"format-picture-pickle", "picture", "polyglot"},
    {"format-polyglot", "npy", "polyglot"},
    {"format-polyglot-comment", "npy", "polyglot"},
    {"format-polyglot-large", "npy", "polyglot"},
    {"format-python", "Python source", "python-source"},
    {"format-python-dangerous", "Python source", "python-source python-dangerous python-dangerous"},
    {"format-range", "npy", "values-range"},
    {"format-safetensors-length", "safetensors", "malformed"},
    {"format-safetensors-pickle", "safetensors", "polyglot"},
    {"format-safetensors-trailing", "safetensors", "malformed"},
    {"format-script", "executable", "executable"},
    {"format-tar-device", "tar", "archive-link"},
    {"format-tar-duplicate", "tar", "archive-duplicate"},
    {"format-tar-folder-path", "tar", "archive-path"},
    {"format-tar-link", "tar", "archive-link"},
    {"format-tar-mode", "tar", "archive-link"},
    {"format-tar-name", "tar", "polyglot"},
    {"format-tar-path", "tar", "archive-path"},
    {"format-tar-pickle", "tar", "pickle-import-dangerous"},
    {"format-tar-signed", "tar", "pickle-import-dangerous"},
    {"format-tar-truncated", "tar", "pickle-import-dangerous"},
    {"format-torch", "PyTorch archive", "pickle-import-dangerous type-unknown"},
    {"format-torch-hidden", "PyTorch archive", "pickle-import-dangerous"},
    {"format-torch-no-storage", "PyTorch archive", "malformed"},
    {"format-torch-short-storage", "PyTorch archive", "malformed type-unknown"},
    {"format-torch-values", "PyTorch archive", "values-not-finite"},
    {"format-torchscript", "TorchScript archive", "python-source torchscript-code"},
    {"format-values", "npy", "values-not-finite"},
    {"format-zip-bomb", "zip", "archive-bomb"},
    {"format-zip-crc", "zip", "malformed pickle-import-dangerous"},
    {"format-zip-deflated", "zip", "pickle-import-dangerous"},
    {"format-zip-directory", "zip", "malformed pickle-import-dangerous"},
    {"format-zip-flags", "zip", "unsupported pickle-import-dangerous"},
    {"format-zip-in-zip", "zip", "pickle-import-dangerous"},
    {"format-zip-link", "zip", "archive-link"},
    {"format-zip-marked", "zip", "malformed pickle-import-dangerous"},
    {"format-zip-path", "zip", "archive-path"},
    {"format-zip-path-absolute", "zip", "archive-path"},
    {"format-zip-trailing", "zip", "malformed"},
    {"format-zlib", "zlib", "pickle-import-dangerous"},
    {"ok-classes", "text", ""},
    {"ok-empty", "empty", ""},
    {"ok-encrypted", "zip", "archive-encrypted"},
    {"ok-gguf", "GGUF", ""},
    {"ok-gguf-template", "GGUF", "template"},
    {"ok-gzip", "gzip", ""},
    {"ok-hdf5", "HDF5", ""},
    {"ok-json", "JSON", ""},
    {"ok-json-template", "JSON", "template"},
    {"ok-keras", "zip", ""},
    {"ok-legacy", "PyTorch file, as before 1.6", ""},
    {"ok-mlxfn", "mlxfn", ""},
    {"ok-npy", "npy", ""},
    {"ok-npy-objects", "npy", "object-array"},
    {"ok-npy-string", "npy", ""},
    {"ok-npz", "npz", ""},
    {"ok-npz-objects", "npz", "object-array"},
    {"ok-onnx", "ONNX", "custom-operator"},
    {"ok-onnx-external", "ONNX", "external-data"},
    {"ok-pickle", "pickle", ""},
    {"ok-picture", "picture", ""},
    {"ok-safetensors", "safetensors", ""},
    {"ok-safetensors-f8", "safetensors", ""},
    {"ok-state", "pickle", ""},
    {"ok-tar", "tar", ""},
    {"ok-text", "text", ""},
    {"ok-torch", "PyTorch archive", ""},
    {"ok-two-pickles", "pickle", ""},
    {"ok-unknown", "unknown", "type-unknown"},
    {"ok-vocabulary", "text", ""},
    {"ok-zlib", "zlib", ""},
};
/* clang-format on */

/* The rules of all findings, in their order. */
static char *rules_of(const bw_gate *gate) {
  bwi_buffer rules = {0};
  bwi_buffer_text(&rules, "");
  for (uint64_t i = 0; i < bw_gate_finding_count(gate); i++)
    bwi_buffer_format(&rules, "%s%s", i == 0 ? "" : " ", bw_gate_finding_at(gate, i)->rule->id);
  assert_false(rules.failed);
  return rules.data;
}

static void check_row(const row *r) {
  char path[256];
  bw_gate *gate = new_gate();
  (void)snprintf(path, sizeof path, "fuzz/corpus/gate/%s", r->name);
  const bwi_bytes bytes = tests_file(path);
  assert_int_equal(bw_gate_inspect_bytes(gate, "input", bytes.data, bytes.size, NULL), BW_OK);
  char *rules = rules_of(gate);
  const bw_gate_file *file = bw_gate_file_at(gate, 0);
  if (strcmp(rules, r->rules) != 0) fail_msg("%s: %s, wanted %s", r->name, rules, r->rules);
  if (strcmp(file->type, r->type) != 0) fail_msg("%s: is %s, wanted %s", r->name, file->type, r->type);
  assert_int_equal(file->status, BW_OK);
  assert_int_equal(file->bytes, bytes.size);
  bwi_free(rules);
  bw_gate_free(gate);
  bwi_free((void *)bytes.data);
}

static void finds_what_is_there(void **state) {
  (void)state;
  for (size_t k = 0; k < COUNT(rows); k++) check_row(&rows[k]);
}

static void has_a_row_for_each_file(void **state) {
  (void)state;
  size_t n = 0;
  DIR *folder = opendir(BW_TESTS_FOLDER "/fuzz/corpus/gate");
  assert_non_null(folder);
  for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
    n += entry->d_name[0] != '.';
  (void)closedir(folder);
  assert_int_equal(n, COUNT(rows));
}

/* What the strict readers accept is clean, what they find malformed is a finding. */
static void agrees_with_the_readers(void **state) {
  (void)state;
  static const char *const readers[] = {"mlxfn", "npy", "npz", "safetensors"};
  for (size_t k = 0; k < COUNT(readers); k++) {
    char path[512];
    (void)snprintf(path, sizeof path, "%s/fuzz/corpus/%s", BW_TESTS_FOLDER, readers[k]);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
      const bool ok = strncmp(entry->d_name, "ok-", 3) == 0, bad = strncmp(entry->d_name, "format-", 7) == 0;
      if (!ok && !bad) continue;
      /* A name that ends as the format's do: what is something else altogether is a finding then, too. */
      char name[512];
      (void)snprintf(path, sizeof path, "fuzz/corpus/%s/%s", readers[k], entry->d_name);
      (void)snprintf(name, sizeof name, "%s.%s", entry->d_name, readers[k]);
      bw_gate *gate = new_gate();
      const bwi_bytes bytes = tests_file(path);
      assert_int_equal(bw_gate_inspect_bytes(gate, name, bytes.data, bytes.size, NULL), BW_OK);
      if ((bw_gate_file_at(gate, 0)->n_findings == 0) != ok) fail_msg("%s: wrong verdict", path);
      bwi_free((void *)bytes.data);
      bw_gate_free(gate);
    }
    (void)closedir(folder);
  }
}

static void names_the_place_and_the_import(void **state) {
  (void)state;
  bw_gate *gate = new_gate();
  const bwi_bytes bytes = tests_file("fuzz/corpus/gate/format-zip-in-zip");
  assert_int_equal(bw_gate_inspect_bytes(gate, "a.zip", bytes.data, bytes.size, NULL), BW_OK);
  assert_int_equal(bw_gate_finding_count(gate), 1);
  const bw_gate_finding *f = bw_gate_finding_at(gate, 0);
  assert_string_equal(f->path, "a.zip");
  assert_string_equal(f->member, "inner.zip!x.bin");
  assert_string_equal(f->symbol, "os.system");
  assert_string_equal(f->text, "GLOBAL imports os.system");
  assert_int_equal(f->offset, 0);
  assert_int_equal(f->rule->severity, BW_GATE_ERROR);
  bw_gate_free(gate);
  bwi_free((void *)bytes.data);
}

static void holds_content_against_the_name(void **state) {
  (void)state;
  static const struct {
    const char *name, *content, *rules;
  } cases[] = {
      {"x.pt", "text\n", "type-mismatch"},
      {"x.PT", "text\n", "type-mismatch"},
      {"x.bin", "text\n", ""},
      {"pt", "text\n", ""},
      {"x.txt", "(lp0\n.", "type-mismatch"},
      {"x.pickle", "(lp0\n.", ""},
      {"x.safetensors", "(lp0\n.", "type-mismatch"},
      {"x.npy", "\x01\x02", "type-mismatch"},
  };
  for (size_t k = 0; k < COUNT(cases); k++) {
    bw_gate *gate = new_gate();
    assert_int_equal(
        bw_gate_inspect_bytes(gate, cases[k].name, cases[k].content, strlen(cases[k].content), NULL), BW_OK);
    char *rules = rules_of(gate);
    if (strcmp(rules, cases[k].rules) != 0) fail_msg("%s: %s", cases[k].name, rules);
    bwi_free(rules);
    bw_gate_free(gate);
  }
}

/* ---- values ---- */

/* 20 MiB of ones, so that there are several tasks, with something else at one place. */
static void check_values(bw_dtype dtype, size_t at, const void *value, const char *rules) {
  const size_t width = bw_dtype_bytes(dtype), n = ((size_t)20 << 20) / width;
  uint8_t *data = bwi_alloc(256 + n * width, 1);
  bw_gate *gate = NULL;
  assert_non_null(data);
  assert_int_equal(bw_gate_create(&gate, NULL, NULL), BW_OK);
  char header[200];
  (void)snprintf(header, sizeof header, "{\"a\":{\"dtype\":\"%s\",\"shape\":[%zu],\"data_offsets\":[0,%zu]}}",
                 dtype == BW_F16    ? "F16"
                 : dtype == BW_BF16 ? "BF16"
                 : dtype == BW_F32  ? "F32"
                                    : "F64",
                 n, n * width);
  data[0] = (uint8_t)strlen(header);
  memcpy(data + 8, header, strlen(header));
  uint8_t *elements = data + 8 + strlen(header);
  memcpy(elements + at * width, value, width);
  const size_t size = 8 + strlen(header) + n * width;
  assert_int_equal(bw_gate_inspect_bytes(gate, "x", data, size, NULL), BW_OK);
  char *found = rules_of(gate);
  if (strcmp(found, rules) != 0) fail_msg("dtype %d: %s, wanted %s", (int)dtype, found, rules);
  if (rules[0] != '\0')
    assert_int_equal(bw_gate_finding_at(gate, 0)->offset, (size_t)(elements - data) + at * width);
  bwi_free(found);
  bw_gate_free(gate);
  bwi_free(data);
}

static void finds_values_out_of_range(void **state) {
  (void)state;
  const uint16_t nan16 = 0x7E01, inf_bf16 = 0xFF80, most_f16 = 0x7BFF, large_bf16 = 0x6000;
  const uint32_t nan32 = 0xFFC00000, inf32 = 0x7F800000, large32 = 0x7F000000, least32 = 0x00000001;
  const uint64_t inf64 = UINT64_C(0x7FF) << 52, large64 = UINT64_C(0x7FE) << 52;
  check_values(BW_F16, 3, &nan16, "values-not-finite");
  check_values(BW_F16, 3, &most_f16, "");
  check_values(BW_BF16, ((size_t)20 << 19) - 1, &inf_bf16, "values-not-finite");
  check_values(BW_BF16, 0, &large_bf16, "values-range");
  check_values(BW_F32, 5000000, &nan32, "values-not-finite");
  check_values(BW_F32, 4194304, &inf32, "values-not-finite");
  check_values(BW_F32, 4194303, &large32, "values-range");
  check_values(BW_F32, 0, &least32, "");
  check_values(BW_F64, 1, &inf64, "values-not-finite");
  check_values(BW_F64, 2, &large64, "values-range");
}

/* ---- files ---- */

static void reads_files(void **state) {
  (void)state;
  bw_gate *gate = new_gate();
  assert_int_equal(bw_gate_inspect(gate, BW_TESTS_FOLDER "/fuzz/corpus/gate/ok-torch", NULL), BW_OK);
  assert_int_equal(bw_gate_inspect(gate, "/nonexistent/file", NULL), BW_OK);
  assert_int_equal(bw_gate_inspect(gate, "/dev/null", NULL), BW_OK);
  assert_int_equal(bw_gate_file_count(gate), 3);
  assert_int_equal(bw_gate_file_at(gate, 0)->status, BW_OK);
  assert_int_equal(bw_gate_file_at(gate, 1)->status, BW_EIO);
  assert_non_null(strstr(bw_gate_file_at(gate, 1)->reason, "No such file"));
  assert_non_null(strstr(bw_gate_file_at(gate, 2)->reason, "not a regular file"));
  bw_gate_free(gate);
}

static void write_file(const char *folder, const char *name, const char *content, size_t size) {
  char path[600];
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  assert_int_equal(bwi_file_write(path, content, size, NULL), BW_OK);
}

static void remove_in(const char *folder, const char *name) {
  char path[600];
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  assert_int_equal(remove(path), 0);
}

static const char hostile[] = "cos\nsystem\n(S'true'\ntR.";

static void reads_folders(void **state) {
  (void)state;
  char folder[] = "/tmp/bulwark-gate-XXXXXX", below[64], link[64], path[64];
  assert_non_null(mkdtemp(folder));
  (void)snprintf(below, sizeof below, "%s/below", folder);
  (void)snprintf(link, sizeof link, "%s/link", folder);
  assert_int_equal(mkdir(below, 0700), 0);
  write_file(folder, "a.txt", "text", 4);
  write_file(below, "m.bin", hostile, sizeof hostile - 1);
  assert_int_equal(symlink("/etc/passwd", link), 0);
  bw_gate *gate = new_gate();
  assert_int_equal(bw_gate_inspect(gate, folder, NULL), BW_OK);
  assert_int_equal(bw_gate_file_count(gate), 3);
  (void)snprintf(path, sizeof path, "%s/below/m.bin", folder);
  assert_string_equal(bw_gate_file_at(gate, 1)->path, path);
  char *rules = rules_of(gate);
  assert_string_equal(rules, "pickle-import-dangerous symlink");
  bwi_free(rules);
  bw_gate_free(gate);
  remove_in(folder, "link");
  remove_in(folder, "a.txt");
  remove_in(below, "m.bin");
  assert_int_equal(rmdir(below), 0);
  assert_int_equal(rmdir(folder), 0);
}

/* What is handed out stays, whatever happens to the file. */
static void holds_what_it_inspected(void **state) {
  (void)state;
  char folder[] = "/tmp/bulwark-gate-XXXXXX", path[64], read_back[5] = "";
  assert_non_null(mkdtemp(folder));
  (void)snprintf(path, sizeof path, "%s/x", folder);
  write_file(folder, "x", "text", 4);
  bw_gate *gate = new_gate();
  bw_held *held = NULL;
  assert_int_equal(bw_gate_hold(&held, gate, path, NULL), BW_OK);
  assert_non_null(held);
  write_file(folder, "x", "changed", 7);
  assert_int_equal(bw_held_bytes(held), 4);
  assert_memory_equal(bw_held_data(held), "text", 4);
  const int descriptor = bw_held_descriptor(held);
  assert_int_equal(read(descriptor, read_back, sizeof read_back), 4);
  assert_string_equal(read_back, "text");
  assert_true(write(descriptor, "x", 1) < 0);
  assert_true(ftruncate(descriptor, 0) != 0);
  bw_held_free(held);
  write_file(folder, "x", hostile, sizeof hostile - 1);
  assert_int_equal(bw_gate_hold(&held, gate, path, NULL), BW_OK);
  assert_null(held);
  assert_int_equal(bw_gate_finding_count(gate), 1);
  remove_in(folder, "x");
  assert_int_equal(bw_gate_hold(&held, gate, path, NULL), BW_EIO);
  assert_int_equal(bw_gate_hold(&held, gate, folder, NULL), BW_EIO);
  bw_held_free(NULL);
  assert_int_equal(rmdir(folder), 0);
  bw_gate_free(gate);
}

/* Very many storages, the last of which is referred to again and again, and the same import as often. */
static void takes_no_longer_than_the_file_is_large(void **state) {
  (void)state;
  bwi_buffer b = {0};
  bwi_buffer_text(&b, "Vstorage\np1\n0ctorch\nFloatStorage\np2\n0Vcpu\np3\n0");
  for (int i = 0; i < 40000; i++) bwi_buffer_format(&b, "(g1\ng2\nV%d\ng3\nI1\ntp5\n0g5\nQ0", i);
  for (int i = 0; i < 100000; i++) bwi_buffer_text(&b, "g5\nQ0");
  for (int i = 0; i < 900; i++) bwi_buffer_format(&b, "ca\nb%d\n0", i);
  for (int i = 0; i < 100000; i++) bwi_buffer_text(&b, "ca\nb899\n0");
  bwi_buffer_text(&b, "N.");
  assert_false(b.failed);
  bw_gate *gate = new_gate();
  const clock_t start = clock();
  assert_int_equal(bw_gate_inspect_bytes(gate, "x.pkl", b.data, b.size, NULL), BW_OK);
  assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 10);
  assert_int_equal(bw_gate_finding_count(gate), 900);
  bw_gate_free(gate);
  bwi_buffer_free(&b);
}

static void keeps_its_limit(void **state) {
  (void)state;
  bw_gate *gate = NULL;
  bw_gate_options options;
  bw_gate_options_init(&options, sizeof options);
  options.max_bytes = 100;
  assert_int_equal(bw_gate_create(&gate, &options, NULL), BW_OK);
  assert_int_equal(bw_gate_inspect(gate, BW_TESTS_FOLDER "/fuzz/corpus/gate/ok-torch", NULL), BW_OK);
  assert_int_equal(bw_gate_file_at(gate, 0)->status, BW_ELIMIT);
  bw_gate_free(gate);
  options.max_weight = 0;
  assert_int_equal(bw_gate_create(&gate, &options, NULL), BW_EINVAL);
}

/* ---- reports ---- */

static bwi_json *parse_report(const bw_gate *gate, bw_gate_format format) {
  char *text = NULL;
  bwi_json *json = NULL;
  bw_error err;
  assert_int_equal(bw_gate_report(&text, gate, format, 0, NULL), BW_OK);
  if (bwi_json_parse(&json, (bwi_bytes){(const uint8_t *)text, strlen(text)}, 10000, &err) != BW_OK)
    fail_msg("%s", err.text);
  bw_text_free(text);
  return json;
}

static size_t count_children(const bwi_json *json, bwi_json_at at) {
  size_t n = 0;
  for (bwi_json_at child = bwi_json_first(json, at); child >= 0; child = bwi_json_next(json, child)) n++;
  return n;
}

static void reports(void **state) {
  (void)state;
  bw_gate *gate = new_gate();
  char *text = NULL;
  const bwi_bytes bytes = tests_file("fuzz/corpus/gate/format-zip-in-zip");
  assert_int_equal(bw_gate_inspect_bytes(gate, "a b.zip", bytes.data, bytes.size, NULL), BW_OK);
  assert_int_equal(bw_gate_inspect_bytes(gate, "clean.txt", "text", 4, NULL), BW_OK);
  assert_int_equal(bw_gate_report(&text, gate, BW_GATE_TEXT, 0, NULL), BW_OK);
  assert_non_null(strstr(text, "inner.zip!x.bin: GLOBAL imports os.system (byte 0)"));
  assert_non_null(strstr(text, "2 files: 1 clean, 1 with findings, 0 not read"));
  bw_text_free(text);
  bwi_json *json = parse_report(gate, BW_GATE_JSON);
  assert_int_equal(count_children(json, bwi_json_find(json, 0, "files")), 2);
  bwi_json_free(json);
  bwi_json *sarif = parse_report(gate, BW_GATE_SARIF);
  const bwi_json_at run = bwi_json_first(sarif, bwi_json_find(sarif, 0, "runs"));
  assert_string_equal(bwi_json_text_of(sarif, bwi_json_find(sarif, 0, "version"), NULL), "2.1.0");
  assert_int_equal(count_children(sarif, bwi_json_find(sarif, run, "results")), 1);
  assert_int_equal(count_children(sarif, bwi_json_find(sarif, run, "artifacts")), 2);
  const bwi_json_at result = bwi_json_first(sarif, bwi_json_find(sarif, run, "results"));
  assert_string_equal(bwi_json_text_of(sarif, bwi_json_find(sarif, result, "ruleId"), NULL),
                      "pickle-import-dangerous");
  bwi_json_free(sarif);
  bw_gate_free(gate);
  bwi_free((void *)bytes.data);
}

/* Names that the terminal would act on, or that would look like another line of the report. */
static void shows_hostile_names_as_text(void **state) {
  (void)state;
  static const char archive[] =
      "PK\3\4\24\0\0\0\0\0\0\0\0\0\0\0\0\0\27\0\0\0\27\0\0\0\12\0\0\0"
      "a\n\033[2K\302\233\377\177cos\nsystem\n(S'true'\ntR.";
  bw_gate *gate = new_gate();
  char *text = NULL;
  assert_int_equal(bw_gate_inspect_bytes(gate, "b\033c\r", archive, sizeof archive - 1, NULL), BW_OK);
  assert_int_equal(bw_gate_report(&text, gate, BW_GATE_TEXT, 0, NULL), BW_OK);
  assert_non_null(strstr(text, "b?c?: zip, "));
  assert_non_null(strstr(text, " a??[2K????: GLOBAL imports os.system"));
  bw_text_free(text);
  bwi_json *json = parse_report(gate, BW_GATE_JSON);
  const bwi_json_at file = bwi_json_first(json, bwi_json_find(json, 0, "files"));
  assert_string_equal(bwi_json_text_of(json, bwi_json_find(json, file, "path"), NULL), "b\033c\r");
  bwi_json_free(json);
  bw_gate_free(gate);
}

static void describes_every_rule(void **state) {
  (void)state;
  for (uint32_t i = 0; i < bw_gate_rule_count(); i++) {
    const bw_gate_rule *rule = bw_gate_rule_at(i);
    assert_non_null(rule->id);
    assert_true(rule->summary[0] != '\0' && rule->help[0] != '\0');
    for (uint32_t k = 0; k < i; k++) assert_string_not_equal(rule->id, bw_gate_rule_at(k)->id);
  }
}

/* ---- memory ---- */

static bw_status inspect_and_report(void *payload) {
  const bwi_bytes *bytes = payload;
  bw_gate *gate = NULL;
  char *text = NULL;
  bw_status status = bw_gate_create(&gate, NULL, NULL);
  if (status == BW_OK) status = bw_gate_inspect_bytes(gate, "x", bytes->data, bytes->size, NULL);
  for (int format = BW_GATE_TEXT; format <= BW_GATE_SARIF && status == BW_OK; format++) {
    status = bw_gate_report(&text, gate, (bw_gate_format)format, 0, NULL);
    if (status == BW_OK) bw_text_free(text);
  }
  bw_gate_free(gate);
  return status;
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  static const char *const files[] = {"format-zip-deflated",
                                      "format-zip-marked",
                                      "ok-torch",
                                      "ok-legacy",
                                      "format-npz",
                                      "format-gzip",
                                      "format-values",
                                      "ok-mlxfn",
                                      "ok-safetensors",
                                      "format-pickle-behind-fault",
                                      "format-pickle-nested",
                                      "ok-gguf-template",
                                      "ok-onnx",
                                      "format-tar-pickle",
                                      "format-json-template",
                                      "ok-hdf5",
                                      "format-python-dangerous",
                                      "ok-vocabulary"};
  for (size_t k = 0; k < COUNT(files); k++) {
    char path[128];
    (void)snprintf(path, sizeof path, "fuzz/corpus/gate/%s", files[k]);
    bwi_bytes bytes = tests_file(path);
    assert_true(sweep_allocations(inspect_and_report, &bytes) > 5);
    bwi_free((void *)bytes.data);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(finds_what_is_there),
      cmocka_unit_test(has_a_row_for_each_file),
      cmocka_unit_test(agrees_with_the_readers),
      cmocka_unit_test(names_the_place_and_the_import),
      cmocka_unit_test(holds_content_against_the_name),
      cmocka_unit_test(finds_values_out_of_range),
      cmocka_unit_test(reads_files),
      cmocka_unit_test(reads_folders),
      cmocka_unit_test(holds_what_it_inspected),
      cmocka_unit_test(takes_no_longer_than_the_file_is_large),
      cmocka_unit_test(keeps_its_limit),
      cmocka_unit_test(reports),
      cmocka_unit_test(shows_hostile_names_as_text),
      cmocka_unit_test(describes_every_rule),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
