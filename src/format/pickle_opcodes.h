/* SPDX-License-Identifier: Apache-2.0 */
/* The opcodes of Python's pickle format, protocols 0 to 5 (CPython, Lib/pickletools.py): what stands behind
 * each in the stream, and what it does to the machine. */
#ifndef FORMAT_PICKLE_OPCODES_H
#define FORMAT_PICKLE_OPCODES_H

#include <stdint.h>

/* What follows the opcode. */
typedef enum bwi_pickle_argument {
  BWI_ARG_NONE,
  BWI_ARG_U8,
  BWI_ARG_U16,
  BWI_ARG_I32,
  BWI_ARG_U32,
  BWI_ARG_U64,
  BWI_ARG_F64,
  BWI_ARG_LINE,   /* text up to a newline */
  BWI_ARG_LINES,  /* two of them */
  BWI_ARG_SIZED8, /* bytes behind their number, which has 8, 32 or 64 bits */
  BWI_ARG_SIZED32,
  BWI_ARG_SIZED64
} bwi_pickle_argument;

typedef enum bwi_pickle_action {
  BWI_DO_NOTHING,
  BWI_DO_PROTO,
  BWI_DO_STOP,
  BWI_DO_MARK,
  BWI_DO_POP,
  BWI_DO_POP_MARK,
  BWI_DO_DUP,
  BWI_DO_PUSH_DATA,
  BWI_DO_PUSH_UNKNOWN,
  BWI_DO_PUSH_INT,      /* of the argument */
  BWI_DO_PUSH_INT_TEXT, /* of a line */
  BWI_DO_PUSH_REAL_TEXT,
  BWI_DO_PUSH_TEXT,
  BWI_DO_PUSH_TEXT_QUOTED,  /* a Python literal */
  BWI_DO_PUSH_TEXT_ESCAPED, /* with \uXXXX */
  BWI_DO_PUSH_BYTES,
  BWI_DO_PUT, /* the index is the argument */
  BWI_DO_PUT_TEXT,
  BWI_DO_MEMOIZE,
  BWI_DO_GET,
  BWI_DO_GET_TEXT,
  BWI_DO_TUPLE, /* of what stands above the mark */
  BWI_DO_TUPLE_0,
  BWI_DO_TUPLE_1,
  BWI_DO_TUPLE_2,
  BWI_DO_TUPLE_3,
  BWI_DO_COLLECT,    /* a list, dict or frozen set of what stands above the mark */
  BWI_DO_CHANGE_1,   /* puts one value into the object below it */
  BWI_DO_CHANGE_2,   /* a key and a value */
  BWI_DO_CHANGE_ALL, /* what stands above the mark */
  BWI_DO_GLOBAL,
  BWI_DO_STACK_GLOBAL,
  BWI_DO_INST,
  BWI_DO_OBJ,
  BWI_DO_CALL_1, /* a callable and its arguments */
  BWI_DO_CALL_2, /* and keyword arguments */
  BWI_DO_BUILD,
  BWI_DO_PERSISTENT_TEXT,
  BWI_DO_PERSISTENT,
  BWI_DO_EXTENSION
} bwi_pickle_action;

typedef struct bwi_pickle_opcode {
  const char *name; /* as in pickletools; NULL: no opcode */
  bwi_pickle_argument argument;
  bwi_pickle_action action;
} bwi_pickle_opcode;

const bwi_pickle_opcode *bwi_pickle_opcode_of(uint8_t code); /* NULL if there is none */

#endif
