/* SPDX-License-Identifier: Apache-2.0 */
/* A machine that walks pickles without building anything: it keeps the stack and the memo as Python's
 * unpickler does, and tells what would be imported, called and changed. */
#ifndef FORMAT_PICKLE_H
#define FORMAT_PICKLE_H

#include "base/cursor.h"

typedef enum bwi_pickle_kind {
  BWI_PICKLE_DATA, /* a number, a list, a dict, ...: made by the machine itself */
  BWI_PICKLE_INT,
  BWI_PICKLE_TEXT,
  BWI_PICKLE_BYTES,
  BWI_PICKLE_TUPLE,
  BWI_PICKLE_GLOBAL, /* what an import gives */
  BWI_PICKLE_MADE,   /* what a call gives; a persistent id has no callable and so no names */
  BWI_PICKLE_UNKNOWN /* a memo entry that is not there, a name that is no text, ... */
} bwi_pickle_kind;

typedef struct bwi_pickle_value {
  bwi_pickle_kind kind;
  uint32_t count; /* TUPLE: items that are kept: all or, of a long one, none */
  int64_t number; /* INT */
  bwi_bytes text; /* TEXT, BYTES: the content; GLOBAL: the module; MADE: that of the callable */
  bwi_bytes name; /* GLOBAL, MADE */
  const struct bwi_pickle_value *items; /* TUPLE */
} bwi_pickle_value;

typedef enum bwi_pickle_event_kind {
  BWI_PICKLE_IMPORTS,  /* value: GLOBAL, or UNKNOWN where the names are no text */
  BWI_PICKLE_CALLS,    /* value: what is called */
  BWI_PICKLE_CHANGES,  /* value: whose state or items are set */
  BWI_PICKLE_PERSISTS, /* value: the id */
  BWI_PICKLE_EXTENDS,  /* value: INT, a code of copyreg's registry */
  BWI_PICKLE_HOLDS     /* value: TEXT or BYTES */
} bwi_pickle_event_kind;

typedef struct bwi_pickle_event {
  bwi_pickle_event_kind kind;
  size_t offset;      /* of the opcode */
  const char *opcode; /* its name */
  const bwi_pickle_value *value;
  bool unreached; /* before it an opcode took what was not there, where all unpicklers stop */
} bwi_pickle_event;

/* Anything but BW_OK ends the walk. What the event points to is gone when the walk is over. */
typedef bw_status (*bwi_pickle_visit_fn)(void *payload, const bwi_pickle_event *event, bw_error *err);

typedef struct bwi_pickle_limits {
  uint64_t max_opcodes;    /* default 2^32 */
  size_t max_memory_bytes; /* of stack, memo and kept values; default 512 MiB */
} bwi_pickle_limits;
bwi_pickle_limits bwi_pickle_default_limits(void);

typedef struct bwi_pickle_walk {
  size_t end;   /* behind the last opcode that was understood */
  bool stopped; /* STOP was met */
  uint64_t opcodes, gets, puts, duplicates;
  bw_error fault; /* the first thing that Python would stumble over; BW_OK if there is none. BW_EFORMAT, or
                     BW_ELIMIT where a limit ended the walk. */
} bwi_pickle_walk;

/* Walks one pickle, from bytes[start] to its STOP or as far as there are opcodes. It goes on where Python
 * would stop (a missing memo entry, an empty stack), since what came before has run by then and unpicklers
 * differ. visit may be NULL. BW_ENOMEM, or what visit returned; a broken pickle is no failure. */
bw_status bwi_pickle_run(bwi_pickle_walk *out, bwi_bytes bytes, size_t start, const bwi_pickle_limits *limits,
                         bwi_pickle_visit_fn visit, void *payload, bw_error *err);

#endif
