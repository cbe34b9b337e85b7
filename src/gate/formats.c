/* SPDX-License-Identifier: Apache-2.0 */
/* The registry. Formats with a magic number come first, those that only a trial tells come last. */
#include "gate/formats.h"

#include <string.h>

static bool starts(const bwi_subject *s, const char *magic, size_t n) {
  return s->bytes.size >= n && memcmp(s->bytes.data, magic, n) == 0;
}

/* ---- programs ---- */

static bool is_windows_program(const bwi_subject *s) {
  if (!starts(s, "MZ", 2) || s->bytes.size < 64) return false;
  bwi_cursor c = bwi_cursor_over(s->bytes, NULL);
  (void)bwi_cursor_take(&c, 60, "header");
  (void)bwi_cursor_take(&c, bwi_cursor_u32le(&c, "offset"), "stub");
  return bwi_cursor_u32le(&c, "signature") == 0x00004550;
}

static bool is_executable(const bwi_subject *s) {
  static const struct {
    const char *magic;
    size_t size;
  } rows[] = {{"\x7F\x45LF", 4},
              {"\xFE\xED\xFA\xCE", 4},
              {"\xFE\xED\xFA\xCF", 4},
              {"\xCE\xFA\xED\xFE", 4},
              {"\xCF\xFA\xED\xFE", 4},
              {"\xCA\xFE\xBA\xBE", 4},
              {"\0asm", 4},
              {"#!/", 3},
              {"#! /", 4}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (starts(s, rows[i].magic, rows[i].size)) return true;
  /* Bytecode of CPython: the version's number, then CR LF. */
  const bool is_bytecode =
      s->bytes.size >= 16 && s->bytes.data[2] == '\r' && s->bytes.data[3] == '\n' && s->bytes.data[1] == '\r';
  return is_bytecode || is_windows_program(s);
}

static bw_status inspect_executable(bw_gate *g, bwi_subject *s, bw_error *err) {
  (void)err;
  bwi_gate_find(g, s, BWI_RULE_EXECUTABLE, 0, "the content is a program, a library, bytecode or a script");
  return BW_OK;
}

/* ---- containers that stay shut ---- */

static bool is_opaque(const bwi_subject *s) {
  return starts(s, "7z\xBC\xAF\x27\x1C", 6) || starts(s, "Rar!\x1A\x07", 6) ||
         starts(s,
                "\xFD"
                "7zXZ",
                5) ||
         (starts(s, "BZh", 3) && s->bytes.size >= 10 && memcmp(s->bytes.data + 4, "1AY&SY", 6) == 0) ||
         starts(s, "\x28\xB5\x2F\xFD", 4) || starts(s, "\x04\x22\x4D\x18", 4) || starts(s, "MSCF\0\0\0\0", 8);
}

static bw_status inspect_opaque(bw_gate *g, bwi_subject *s, bw_error *err) {
  (void)err;
  bwi_gate_find(g, s, BWI_RULE_TYPE_OPAQUE, 0,
                "a container (7-Zip, RAR, xz, bzip2, Zstandard, LZ4 or CAB) that the gate cannot look into");
  return BW_OK;
}

/* ---- what holds no code ---- */

static bool is_picture(const bwi_subject *s) {
  return starts(s, "\x89PNG\r\n\x1A\n", 8) || starts(s, "\xFF\xD8\xFF", 3) || starts(s, "GIF8", 4) ||
         (starts(s, "RIFF", 4) && s->bytes.size >= 12 && memcmp(s->bytes.data + 8, "WEBP", 4) == 0);
}

static bool is_empty(const bwi_subject *s) {
  return s->size == 0;
}

/* ---- the table ---- */

static const bwi_gate_format_row rows[] = {
    {"empty", NULL, is_empty, NULL},
    {"npy", ".npy", bwi_is_npy, bwi_inspect_npy},
    {"zip", ".zip .npz .pt .pth .ckpt .keras", bwi_is_zip, bwi_inspect_zip},
    {"gzip", ".gz .tgz .joblib", bwi_is_gzip, bwi_inspect_gzip},
    {"opaque container", ".7z .rar .xz .bz2 .zst .lz4", is_opaque, inspect_opaque},
    {"GGUF", ".gguf", bwi_is_gguf, bwi_inspect_gguf},
    {"HDF5", ".h5 .hdf5 .hdf", bwi_is_hdf5, bwi_inspect_hdf5},
    {"tar", ".tar .pt .pth", bwi_is_tar, bwi_inspect_tar},
    {"picture", ".png .jpg .jpeg .gif .webp", is_picture, NULL},
    {"executable", ".so .dylib .dll .exe .pyc .sh", is_executable, inspect_executable},
    {"safetensors", ".safetensors", bwi_is_safetensors, bwi_inspect_safetensors},
    {"mlxfn", ".mlxfn", bwi_is_mlxfn, bwi_inspect_mlxfn},
    {"pickle", ".pkl .pickle .pt .pth .ckpt .joblib .dill", bwi_is_pickle, bwi_inspect_pickle},
    {"text", ".txt .md .csv .tsv .json .py .jinja .yaml .yml", bwi_is_text, bwi_inspect_text},
    {"ONNX", ".onnx", bwi_is_onnx, bwi_inspect_onnx},
    {"zlib", ".z .zlib .joblib", bwi_is_zlib, bwi_inspect_zlib}, /* "x^2" is text */
};

const bwi_gate_format_row *bwi_gate_recognise(const bwi_subject *s) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (rows[i].is(s)) return &rows[i];
  return NULL;
}

const bwi_gate_format_row *bwi_gate_promised(const bwi_subject *s, const bwi_gate_format_row *but) {
  const bwi_gate_format_row *promised = NULL;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (!bwi_subject_ends_in(s, rows[i].endings)) continue;
    if (&rows[i] == but) return NULL;
    if (promised == NULL) promised = &rows[i];
  }
  return promised;
}
