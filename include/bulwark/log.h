/* SPDX-License-Identifier: Apache-2.0
 *
 * A transparency log of what happened to data and models: signed events, each an in-toto statement in a DSSE
 * envelope, in a Merkle tree (RFC 6962) whose head is signed (C2SP tlog-checkpoint) and that can only grow.
 * It is a folder of plain files (C2SP tlog-tiles); see docs/provenance.md. Every opening compares it with
 * what was seen before. Not thread-safe: one log a thread; several processes may use one folder. Stability:
 * experimental.
 */
#ifndef BULWARK_LOG_H
#define BULWARK_LOG_H

#include <bulwark/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bw_log bw_log;

/* Makes an empty log in a new folder. origin is its name, such as "example.org/data"; its checkpoints are
 * signed by the private Ed25519 key in PEM at key_path, whose passphrase, if it is encrypted, is read from
 * the descriptor passphrase_fd; -1: it is not. BW_EIO, also if path exists; BW_EINVAL for the name or the
 * kind of the key, BW_EFORMAT, BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_log_create(const char *path, const char *origin, const char *key_path,
                                            int passphrase_fd, bw_error *err);

typedef struct bw_log_options {
  size_t struct_size;
  const char *key; /* of the log: its text "name+1a2b3c4d+base64", or a file that holds it; default NULL: the
                      one that lies in the log, which is trusted when it is seen first */
  const char *seen_path; /* where the last checkpoint that was seen is kept; default NULL: path with ".seen"
                            behind it */
} bw_log_options;

BW_API void bw_log_options_init(bw_log_options *options, size_t struct_size);

/* Opens a log: checks the signature of its checkpoint, the right edge of its tree, and that it has for a
 * beginning what was seen before; then keeps its checkpoint as seen. options may be NULL. BW_EUNTRUSTED: a
 * signature does not hold, or the log was rolled back or forked; BW_EIO, BW_EFORMAT, BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_log_open(bw_log **out, const char *path, const bw_log_options *options,
                                          bw_error *err);
BW_API void bw_log_free(bw_log *log); /* NULL is fine */

BW_API uint64_t bw_log_count(const bw_log *log);
BW_API const char *bw_log_origin(const bw_log *log);      /* borrowed */
BW_API void bw_log_head(const bw_log *log, char hex[65]); /* of the tree */
BW_API const char *bw_log_key(const bw_log *log);         /* its text; borrowed */

/* ---- adding ---- */

typedef struct bw_log_event {
  size_t struct_size;
  const char *what; /* "ingest", "transform", "approve", "scan", "train", "release", or another word */
  const char *by;   /* who; default NULL */
  int64_t time;     /* seconds since 1970; default 0: now */
  const char *const *subjects;  /* what came to be or was looked at: files and folders, which are digested, or
                                   the  SHA-256 of something in 64 digits */
  const char *const *materials; /* what it was made from: the same, or addresses ("https://...") */
  const char *const *parameters; /* "name=value" */
  size_t n_subjects, n_materials, n_parameters;
  const char *statement_path; /* instead of all these: an in-toto statement in JSON */
  const char *croissant_path; /* instead of subjects: those of Croissant metadata, and more parameters */
} bw_log_event;

BW_API void bw_log_event_init(bw_log_event *event, size_t struct_size);

/* Signs the event by the key in PEM at key_path and adds it; *index is its number. The key signs the
 * checkpoint, too, and must be the log's. log has the new count afterwards. BW_EINVAL: no subject, a
 * parameter without '=', another key; BW_ELIMIT: the envelope has more than 65,535 bytes; BW_EIO, BW_EFORMAT,
 * BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_log_add(uint64_t *index, bw_log *log, const bw_log_event *event,
                                         const char *key_path, int passphrase_fd, bw_error *err);

/* ---- reading ---- */

/* Entries first to first + count for people, or with json as {"origin", "size", "head", "entries"}; the text
 * is freed by bw_text_free. BW_EINVAL past the end, BW_EUNTRUSTED if an entry is not what was logged or its
 * signature is not by the log's key, BW_EIO, BW_EFORMAT, BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_log_text(char **out, bw_log *log, uint64_t first, uint64_t count, int json,
                                          bw_error *err);

typedef enum bw_log_form {
  BW_LOG_ENVELOPE,  /* the entry, as it was logged */
  BW_LOG_STATEMENT, /* the in-toto statement in it */
  BW_LOG_CROISSANT, /* Croissant 1.1 metadata of its subjects */
  BW_LOG_PROOF      /* that it is in the log: C2SP tlog-proof */
} bw_log_form;

/* Exports entry `index`; errors as bw_log_text. */
BW_API BW_NODISCARD bw_status bw_log_export(char **out, bw_log *log, uint64_t index, bw_log_form form,
                                            bw_error *err);

/* Checks without the log that an entry is in it: entry_path is an exported envelope, proof_path its proof,
 * key the log's key as in bw_log_options. *index is its number. BW_EUNTRUSTED if that is not so, BW_EIO,
 * BW_EFORMAT, BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_log_check_proof(uint64_t *index, const char *proof_path,
                                                 const char *entry_path, const char *key, bw_error *err);

/* Reads all of the log and checks every tile, entry and signature. Errors as bw_log_text. */
BW_API BW_NODISCARD bw_status bw_log_verify(bw_log *log, bw_error *err);

/* ---- lineage ---- */

typedef enum bw_lineage_form { BW_LINEAGE_TREE, BW_LINEAGE_JSON, BW_LINEAGE_DOT } bw_lineage_form;

/* Where something came from: `what` is a file or folder, which is digested, or a SHA-256 in 64 digits. The
 * text is freed by bw_text_free; *n_events says how many events lead to it, 0 if the log does not know it.
 * Errors as bw_log_text. */
BW_API BW_NODISCARD bw_status bw_log_lineage(char **out, uint64_t *n_events, bw_log *log, const char *what,
                                             bw_lineage_form form, bw_error *err);

#ifdef __cplusplus
}
#endif
#endif
