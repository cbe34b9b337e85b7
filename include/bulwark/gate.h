/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether files may be loaded by MLX, NumPy or PyTorch. Nothing in them is executed or unpickled.
 * docs/gate.md lists the rules. A bw_gate belongs to one thread at a time. Stability: stable.
 */
#ifndef BULWARK_GATE_H
#define BULWARK_GATE_H

#include <bulwark/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A note is worth knowing; warnings and errors are findings, for which a file must not be loaded. */
typedef enum bw_gate_severity { BW_GATE_NOTE, BW_GATE_WARNING, BW_GATE_ERROR } bw_gate_severity;

typedef struct bw_gate_rule {
  const char *id; /* "pickle-import"; never renamed */
  bw_gate_severity severity;
  const char *summary; /* what is wrong, in a line */
  const char *help;    /* why it matters and what to do */
} bw_gate_rule;

/* All rules; their order may change. */
BW_API uint32_t bw_gate_rule_count(void);
BW_API const bw_gate_rule *bw_gate_rule_at(uint32_t i);

typedef struct bw_gate_options {
  size_t struct_size;
  int values;         /* also read the weights, for NaN, Inf and numbers out of range; default 1 */
  double max_weight;  /* the largest magnitude in range; default 1.8e19, whose square float32 still holds */
  uint64_t max_bytes; /* of a file that must be read whole, and of what the archives in one file may unpack
                         to; default 16 GiB */
} bw_gate_options;
BW_API void bw_gate_options_init(bw_gate_options *options, size_t struct_size);

typedef struct bw_gate bw_gate;

/* *out is the caller's, freed by bw_gate_free. options may be NULL. BW_EINVAL: a max_weight that is not above
 * 0; BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_gate_create(bw_gate **out, const bw_gate_options *options, bw_error *err);
BW_API void bw_gate_free(bw_gate *gate);

/* Inspects a file, or all files below a folder, and adds them to the gate's list. A file that cannot be read
 * is in the list, too, with the reason as its status. Symbolic links in a folder are findings and not
 * followed. BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_gate_inspect(bw_gate *gate, const char *path, bw_error *err);

/* The same for bytes in memory that nobody may change meanwhile. name stands for the path. BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_gate_inspect_bytes(bw_gate *gate, const char *name, const void *data,
                                                    size_t size, bw_error *err);

/* A private copy of a file that was inspected: what is used is what was verified, whatever happens to the
 * file. On Linux it is memory that is sealed, so that nobody can change it any more; elsewhere a file without
 * a name, of which only a descriptor for reading is left. */
typedef struct bw_held bw_held;

/* Copies a file, inspects the copy, and hands it out if there is no finding; else *out is NULL and the gate's
 * list says why. *out is the caller's, freed by bw_held_free. BW_EIO: the file cannot be read, or no copy be
 * made; BW_ELIMIT; BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_gate_hold(bw_held **out, bw_gate *gate, const char *path, bw_error *err);
BW_API const void *bw_held_data(const bw_held *held); /* borrowed, read-only */
BW_API size_t bw_held_bytes(const bw_held *held);
/* For reading, at its beginning; closed by bw_held_free, and by programs that this process becomes unless
 * FD_CLOEXEC is taken away. Others open it as /dev/fd/N. */
BW_API int bw_held_descriptor(const bw_held *held);
BW_API void bw_held_free(bw_held *held); /* NULL is fine */

typedef struct bw_gate_file {
  const char *path;
  const char *type; /* what the content is, "safetensors" or "unknown"; NULL if it could not be read */
  uint64_t bytes;
  uint64_t n_findings; /* warnings and errors; notes are not counted */
  uint64_t n_notes;
  bw_status status;   /* BW_OK: it was read. Else BW_EIO, BW_ELIMIT, and why: */
  const char *reason; /* NULL with BW_OK */
} bw_gate_file;

typedef struct bw_gate_finding {
  const char *path; /* of the file */
  const char
      *member; /* in an archive, "archive/data.pkl", or "inner.zip!data.pkl" in one inside it; else NULL */
  const bw_gate_rule *rule;
  uint64_t offset;    /* byte in the file or member, BW_NO_OFFSET if there is no one place */
  const char *symbol; /* what a pickle imports, "os.system"; else NULL */
  const char *text;   /* one sentence */
} bw_gate_finding;

/* In the order of inspection; what they point to lives until the gate is used or freed. */
BW_API uint64_t bw_gate_file_count(const bw_gate *gate);
BW_API const bw_gate_file *bw_gate_file_at(const bw_gate *gate, uint64_t i);
BW_API uint64_t bw_gate_finding_count(const bw_gate *gate); /* notes included */
BW_API const bw_gate_finding *bw_gate_finding_at(const bw_gate *gate, uint64_t i);

typedef enum bw_gate_format { BW_GATE_TEXT, BW_GATE_JSON, BW_GATE_SARIF } bw_gate_format;

/* Renders what was found; SARIF is version 2.1.0. *out is NUL-terminated, freed by bw_text_free. colour: ANSI
 * colours in text. BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_gate_report(char **out, const bw_gate *gate, bw_gate_format format,
                                             int colour, bw_error *err);

#ifdef __cplusplus
}
#endif
#endif
