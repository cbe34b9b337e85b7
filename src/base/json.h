/* SPDX-License-Identifier: Apache-2.0 */
/* JSON out and in. The writer is a thin layer over a buffer that keeps commas and escapes right;
 * the reader is strict (RFC 8259), bounded in depth and size, and gives byte offsets. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buffer.h"
#include "base/cursor.h"

#define BWI_JSON_MAX_DEPTH 32

typedef struct bwi_json_writer {
  bwi_buffer *out;
  int depth;
  bool need_comma[BWI_JSON_MAX_DEPTH];
  bool after_key;
} bwi_json_writer;

/* Nesting past BWI_JSON_MAX_DEPTH fails the buffer. */
void bwi_json_open(bwi_json_writer *w, char bracket);  /* '{' or '[' */
void bwi_json_close(bwi_json_writer *w, char bracket); /* '}' or ']' */
void bwi_json_key(bwi_json_writer *w, const char *key);
void bwi_json_string(bwi_json_writer *w, const char *text); /* invalid UTF-8 becomes U+FFFD */
void bwi_json_number(bwi_json_writer *w, double value);     /* NaN and Inf become null; shortest round trip */
void bwi_json_int(bwi_json_writer *w, int64_t value);
void bwi_json_bool(bwi_json_writer *w, bool value);
void bwi_json_null(bwi_json_writer *w);
void bwi_json_text(bwi_json_writer *w, const char *key, const char *text); /* a member; NULL becomes null */

typedef enum bwi_json_kind {
  BWI_JSON_NULL,
  BWI_JSON_BOOL,
  BWI_JSON_NUMBER,
  BWI_JSON_STRING,
  BWI_JSON_ARRAY,
  BWI_JSON_OBJECT
} bwi_json_kind;

/* A parsed document: nodes in one block, children linked. */
typedef struct bwi_json bwi_json;
/* BW_EFORMAT with the offset; BW_ELIMIT past max_nodes or BWI_JSON_MAX_DEPTH; BW_ENOMEM. Refused as
 * malformed: duplicate keys, keys that hold NUL, lone surrogates, numbers beyond double. */
bw_status bwi_json_parse(bwi_json **out, bwi_bytes text, size_t max_nodes, bw_error *err);
void bwi_json_free(bwi_json *document);

typedef int32_t bwi_json_at; /* node index; 0 is the root, -1 is none */
bwi_json_kind bwi_json_kind_of(const bwi_json *d, bwi_json_at at);
bwi_json_at bwi_json_first(const bwi_json *d, bwi_json_at at);  /* first child or -1 */
bwi_json_at bwi_json_next(const bwi_json *d, bwi_json_at at);   /* next sibling or -1 */
const char *bwi_json_key_of(const bwi_json *d, bwi_json_at at); /* NUL-terminated key of an object's member */
bwi_json_at bwi_json_find(const bwi_json *d, bwi_json_at object, const char *key);
/* A string, unescaped; it may hold NUL. size may be NULL. */
const char *bwi_json_text_of(const bwi_json *d, bwi_json_at at, size_t *size);
double bwi_json_number_of(const bwi_json *d, bwi_json_at at);          /* of true 1, of false 0 */
bool bwi_json_int_of(const bwi_json *d, bwi_json_at at, int64_t *out); /* false if not an exact integer */
size_t bwi_json_offset_of(const bwi_json *d, bwi_json_at at);          /* byte offset in the text */

#endif
