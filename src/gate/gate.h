/* SPDX-License-Identifier: Apache-2.0 */
/* What the inspectors share: the subject that they look at, and the record of what was found. */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include <bulwark/gate.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "gate/order.h"
#include "gate/rules.h"

#define BWI_GATE_MAX_DEPTH 4       /* archives in archives */
#define BWI_GATE_MAX_MEMBERS 65536 /* of all archives in a file */
#define BWI_GATE_MAX_FINDINGS 1000 /* of a file, and as many notes */

/* A file, or a member of an archive. */
typedef struct bwi_subject {
  const char *path;   /* of the file */
  const char *member; /* NULL: the file itself */
  uint64_t size;
  bwi_bytes bytes;               /* its beginning, in private memory; see bwi_subject_read */
  uint8_t *owned;                /* that memory, if it is the subject's */
  int file;                      /* to read more from; -1: bytes is all there is */
  uint32_t depth;                /* of archives around it */
  const char *type;              /* what the content is */
  bool *out_of_memory;           /* the gate's, for trials that find none */
  struct bwi_storages *storages; /* of the archive around it, which its pickles refer to; NULL */
} bwi_subject;

/* At least the first n bytes, or all if there are fewer, come to lie in s->bytes, which may move. BW_EIO,
 * BW_ENOMEM. */
bw_status bwi_subject_read(bwi_subject *s, uint64_t n, bw_error *err);
/* All of it. BW_ELIMIT past the gate's max_bytes. */
bw_status bwi_subject_read_all(const bw_gate *g, bwi_subject *s, bw_error *err);
/* n bytes from offset on, which lie in the subject, to where the caller wants them. BW_EIO. */
bw_status bwi_subject_copy(const bwi_subject *s, uint64_t offset, void *to, size_t n, bw_error *err);
/* The last part of the path or of the member's name. */
const char *bwi_subject_name(const bwi_subject *s);
/* Whether the name ends in one of the endings, ".pt .pth", whatever the case. */
bool bwi_subject_ends_in(const bwi_subject *s, const char *endings);

struct bw_gate {
  bw_gate_options options;
  bw_gate_file *files;
  size_t n_files, file_capacity;
  bw_gate_finding *findings;
  size_t n_findings, finding_capacity;
  size_t first_finding;              /* of the file that is being inspected */
  bwi_order known;                   /* its findings that have a symbol */
  uint64_t bytes_left, members_left; /* that the archives in it may still unpack to */
  bwi_arena *texts;
  bool out_of_memory; /* a finding could not be kept */
};

/* Keeps a finding; one that is there already, for the same rule and symbol, is not kept again. symbol may be
 * NULL. */
void bwi_gate_find(bw_gate *g, const bwi_subject *s, bwi_rule rule, uint64_t offset, const char *format, ...)
    BW_PRINTF(5, 6);
void bwi_gate_find_symbol(bw_gate *g, const bwi_subject *s, bwi_rule rule, uint64_t offset,
                          const char *symbol, const char *format, ...) BW_PRINTF(6, 7);

/* What a strict reader refused becomes a finding: BW_EFORMAT, BW_EUNSUPPORTED and BW_ELIMIT each have a rule.
 * Other failures are returned, BW_OK otherwise. */
bw_status bwi_gate_find_refusal(bw_gate *g, const bwi_subject *s, bw_status status, const bw_error *why,
                                bw_error *err);

/* Recognises the subject by its content and inspects it. Failures are those of reading it and of memory. */
bw_status bwi_gate_look(bw_gate *g, bwi_subject *s, bw_error *err);

/* A member of the archive `parent`, with its name and content; counted and bounded. */
bw_status bwi_gate_look_inside(bw_gate *g, const bwi_subject *parent, bwi_bytes name, bwi_bytes content,
                               bw_error *err);

#endif
