/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8259. The reader keeps a private copy of the text and unescapes strings inside it, walks the
 * document with a stack of its own, and finds duplicate keys by sorting once at the end. Stricter than
 * the RFC asks: lone surrogates, keys that hold NUL, and numbers beyond double are refused. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"

typedef struct node {
  bwi_json_kind kind;
  bwi_json_at parent, first, next;
  size_t offset;
  const char *key; /* NULL unless in an object */
  const char *text;
  size_t text_size;
  double number; /* of a bool: 0 or 1 */
  int64_t integer;
  bool is_integer;
} node;

struct bwi_json {
  char *text;
  size_t size;
  node *nodes;
  size_t n_nodes, capacity;
};

typedef struct parser {
  bwi_json *d;
  size_t at, max_nodes;
  bwi_json_at open;                     /* the innermost container, -1 outside the root */
  bwi_json_at last[BWI_JSON_MAX_DEPTH]; /* last child so far of each open container */
  int depth;
  bw_error *err;
} parser;

static bw_status fail(const parser *p, const char *problem) {
  return BW_FAIL_AT(p->err, BW_EFORMAT, p->at, "JSON: %s", problem);
}

/* The text copy ends in NUL, which no token contains, so looking one byte ahead is safe. */
static char peek(const parser *p) {
  return p->d->text[p->at];
}

static void skip_space(parser *p) {
  while (peek(p) == ' ' || peek(p) == '\t' || peek(p) == '\n' || peek(p) == '\r') p->at++;
}

static bw_status grow(parser *p) {
  bwi_json *d = p->d;
  if (d->n_nodes >= p->max_nodes || d->n_nodes >= INT32_MAX)
    return BW_FAIL_AT(p->err, BW_ELIMIT, p->at, "JSON: more than %zu values", p->max_nodes);
  if (d->n_nodes < d->capacity) return BW_OK;
  const size_t capacity = d->capacity < 16 ? 16 : d->capacity * 2;
  node *nodes = bwi_realloc(d->nodes, d->n_nodes, capacity, sizeof *nodes);
  if (nodes == NULL) return BW_FAIL(p->err, BW_ENOMEM, "JSON: no memory for %zu values", capacity);
  d->nodes = nodes;
  d->capacity = capacity;
  return BW_OK;
}

/* Adds a node at the current offset as the last child of the open container. */
static bw_status add_node(parser *p, const char *key, node **out) {
  BW_TRY(grow(p));
  const bwi_json_at index = (bwi_json_at)p->d->n_nodes++;
  node *made = &p->d->nodes[index];
  *made = (node){.parent = p->open, .first = -1, .next = -1, .offset = p->at, .key = key};
  if (p->open >= 0) {
    const bwi_json_at last = p->last[p->depth - 1];
    if (last < 0)
      p->d->nodes[p->open].first = index;
    else
      p->d->nodes[last].next = index;
    p->last[p->depth - 1] = index;
  }
  *out = made;
  return BW_OK;
}

static bool read_hex4(const char *text, uint32_t *out) {
  uint32_t value = 0;
  for (int i = 0; i < 4; i++) {
    const char c = text[i];
    if (c >= '0' && c <= '9')
      value = value * 16 + (uint32_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
      value = value * 16 + (uint32_t)(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      value = value * 16 + (uint32_t)(c - 'A' + 10);
    else
      return false; /* the closing NUL too */
  }
  *out = value;
  return true;
}

/* p->at is after the backslash and 'u'; moves past the escape, a surrogate pair included. */
static bw_status read_unicode_escape(parser *p, uint32_t *out) {
  const char *text = p->d->text;
  uint32_t code = 0, low = 0;
  if (!read_hex4(text + p->at, &code)) return fail(p, "\\u needs four hexadecimal digits");
  if (code >= 0xDC00 && code <= 0xDFFF) return fail(p, "low surrogate without a high one");
  if (code >= 0xD800 && code <= 0xDBFF) {
    const char *second = text + p->at + 4;
    if (second[0] != '\\' || second[1] != 'u' || !read_hex4(second + 2, &low) || low < 0xDC00 || low > 0xDFFF)
      return fail(p, "high surrogate without a low one");
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    p->at += 6;
  }
  p->at += 4;
  *out = code;
  return BW_OK;
}

/* p->at is after the backslash. Appends to *end, which never overtakes p->at: an escape is longer than
 * what it stands for. */
static bw_status read_escape(parser *p, char **end) {
  static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
  const char letter = peek(p);
  if (letter == 'u') {
    uint32_t code = 0;
    p->at++;
    BW_TRY(read_unicode_escape(p, &code));
    *end += bwi_utf8_encode(*end, code);
    return BW_OK;
  }
  const char *found = letter == '\0' ? NULL : strchr(letters, letter);
  if (found == NULL) return fail(p, "unknown escape");
  *(*end)++ = values[found - letters];
  p->at++;
  return BW_OK;
}

/* p->at is at the opening quote. The result lies NUL-terminated in the text copy. */
static bw_status read_string(parser *p, const char **out, size_t *out_size) {
  char *text = p->d->text;
  const size_t start = ++p->at;
  char *end = text + start;
  while (p->at < p->d->size && text[p->at] != '"') {
    if ((uint8_t)text[p->at] < 0x20) return fail(p, "control character in a string");
    if (text[p->at] == '\\') {
      p->at++;
      BW_TRY(read_escape(p, &end));
      continue;
    }
    const size_t length = bwi_utf8_length((const uint8_t *)text + p->at, p->d->size - p->at);
    if (length == 0) return fail(p, "invalid UTF-8");
    memmove(end, text + p->at, length);
    end += length;
    p->at += length;
  }
  if (p->at == p->d->size) return fail(p, "string without an end");
  *out_size = (size_t)(end - (text + start));
  *out = text + start;
  p->at++; /* before the NUL goes in: it may replace the quote */
  *end = '\0';
  return BW_OK;
}

static size_t skip_digits(parser *p) {
  const size_t start = p->at;
  while (peek(p) >= '0' && peek(p) <= '9') p->at++;
  return p->at - start;
}

/* The digits of an integer that fits; false if it does not. */
static bool exact_integer(const char *text, const char *end, int64_t *out) {
  const bool negative = *text == '-';
  int64_t value = 0; /* grown downwards: INT64_MIN has no positive twin */
  for (text += negative; text < end; text++) {
    const int digit = *text - '0';
    if (value < (INT64_MIN + digit) / 10) return false;
    value = value * 10 - digit;
  }
  if (!negative && value == INT64_MIN) return false;
  *out = negative ? value : -value;
  return true;
}

static bw_status read_number(parser *p, node *into) {
  const char *start = p->d->text + p->at;
  bool is_integer = true;
  if (peek(p) == '-') p->at++;
  if (peek(p) == '0')
    p->at++;
  else if (skip_digits(p) == 0)
    return fail(p, "a value was expected");
  if (peek(p) == '.') {
    is_integer = false;
    p->at++;
    if (skip_digits(p) == 0) return fail(p, "a digit was expected after the point");
  }
  if (peek(p) == 'e' || peek(p) == 'E') {
    is_integer = false;
    p->at++;
    if (peek(p) == '+' || peek(p) == '-') p->at++;
    if (skip_digits(p) == 0) return fail(p, "a digit was expected in the exponent");
  }
  into->number = bwi_number_parse(start, NULL);
  if (!isfinite(into->number))
    return BW_FAIL_AT(p->err, BW_EFORMAT, into->offset, "JSON: number out of range");
  into->kind = BWI_JSON_NUMBER;
  if (is_integer) {
    into->is_integer = exact_integer(start, p->d->text + p->at, &into->integer);
  } else if (fabs(into->number) <= 0x1p53 && into->number == floor(into->number)) {
    into->is_integer = true;
    into->integer = (int64_t)into->number;
  }
  return BW_OK;
}

static bool skip_word(parser *p, const char *word) {
  const size_t length = strlen(word);
  if (strncmp(p->d->text + p->at, word, length) != 0) return false;
  p->at += length;
  return true;
}

static bw_status open_container(parser *p, node *into, bwi_json_kind kind) {
  if (p->depth == BWI_JSON_MAX_DEPTH)
    return BW_FAIL_AT(p->err, BW_ELIMIT, p->at, "JSON: nested deeper than %d", BWI_JSON_MAX_DEPTH);
  into->kind = kind;
  p->open = (bwi_json_at)(into - p->d->nodes);
  p->last[p->depth++] = -1;
  p->at++;
  return BW_OK;
}

/* A scalar, or the opening bracket of a container, which then is the open one. */
static bw_status read_value(parser *p, const char *key) {
  node *into = NULL;
  BW_TRY(add_node(p, key, &into));
  switch (peek(p)) {
    case '{': return open_container(p, into, BWI_JSON_OBJECT);
    case '[': return open_container(p, into, BWI_JSON_ARRAY);
    case '"': into->kind = BWI_JSON_STRING; return read_string(p, &into->text, &into->text_size);
    default: break;
  }
  if (skip_word(p, "null")) {
    into->kind = BWI_JSON_NULL;
    return BW_OK;
  }
  const bool truth = skip_word(p, "true");
  if (truth || skip_word(p, "false")) {
    into->kind = BWI_JSON_BOOL;
    into->number = truth;
    return BW_OK;
  }
  return read_number(p, into);
}

static bw_status read_key(parser *p, const char **key) {
  const size_t start = p->at;
  size_t size = 0;
  if (peek(p) != '"') return fail(p, "a key was expected");
  BW_TRY(read_string(p, key, &size));
  if (strlen(*key) != size) {
    p->at = start;
    return fail(p, "a key holds NUL");
  }
  skip_space(p);
  if (peek(p) != ':') return fail(p, "':' was expected");
  p->at++;
  skip_space(p);
  return BW_OK;
}

static void close_container(parser *p) {
  p->at++;
  p->depth--;
  p->open = p->d->nodes[p->open].parent;
}

/* One step inside the open container: its end, or one more member. */
static bw_status read_in_container(parser *p) {
  const bool object = p->d->nodes[p->open].kind == BWI_JSON_OBJECT;
  const bool empty = p->last[p->depth - 1] < 0;
  skip_space(p);
  if (peek(p) == (object ? '}' : ']')) {
    close_container(p);
    return BW_OK;
  }
  if (!empty) {
    if (peek(p) != ',') return fail(p, object ? "',' or '}' was expected" : "',' or ']' was expected");
    p->at++;
    skip_space(p);
  }
  const char *key = NULL;
  if (object) BW_TRY(read_key(p, &key));
  return read_value(p, key);
}

static int by_parent_and_key(const void *left, const void *right) {
  const node *const *a = left, *const *b = right;
  if ((*a)->parent != (*b)->parent) return (*a)->parent < (*b)->parent ? -1 : 1;
  const int order = strcmp((*a)->key, (*b)->key);
  if (order != 0) return order;
  return (*a)->offset < (*b)->offset ? -1 : 1;
}

static bw_status refuse_duplicate_keys(const parser *p) {
  const bwi_json *d = p->d;
  const node **members = bwi_alloc(d->n_nodes, sizeof *members);
  if (members == NULL) return BW_FAIL(p->err, BW_ENOMEM, "JSON: no memory for %zu values", d->n_nodes);
  size_t n_members = 0;
  for (size_t i = 0; i < d->n_nodes; i++)
    if (d->nodes[i].key != NULL) members[n_members++] = &d->nodes[i];
  qsort(members, n_members, sizeof *members, by_parent_and_key);
  bw_status status = BW_OK;
  for (size_t i = 1; i < n_members && status == BW_OK; i++)
    if (members[i]->parent == members[i - 1]->parent && strcmp(members[i]->key, members[i - 1]->key) == 0)
      status = BW_FAIL_AT(p->err, BW_EFORMAT, members[i]->offset, "JSON: the key \"%.80s\" is there twice",
                          members[i]->key);
  bwi_free(members);
  return status;
}

static bw_status parse(parser *p) {
  skip_space(p);
  BW_TRY(read_value(p, NULL));
  while (p->open >= 0) BW_TRY(read_in_container(p));
  skip_space(p);
  if (p->at != p->d->size) return fail(p, "the text goes on after the value");
  return refuse_duplicate_keys(p);
}

bw_status bwi_json_parse(bwi_json **out, bwi_bytes text, size_t max_nodes, bw_error *err) {
  bwi_json *d = bwi_alloc(1, sizeof *d);
  char *copy = text.size == SIZE_MAX ? NULL : bwi_alloc(text.size + 1, 1);
  if (d == NULL || copy == NULL) {
    bwi_free(d);
    bwi_free(copy);
    return BW_FAIL(err, BW_ENOMEM, "JSON: no memory for a text of %zu bytes", text.size);
  }
  if (text.size > 0) memcpy(copy, text.data, text.size);
  d->text = copy;
  d->size = text.size;
  parser p = {.d = d, .max_nodes = max_nodes, .open = -1, .err = err};
  const bw_status status = parse(&p);
  if (status == BW_OK)
    *out = d;
  else
    bwi_json_free(d);
  return status;
}

void bwi_json_free(bwi_json *document) {
  if (document == NULL) return;
  bwi_free(document->nodes);
  bwi_free(document->text);
  bwi_free(document);
}

bwi_json_kind bwi_json_kind_of(const bwi_json *d, bwi_json_at at) {
  return d->nodes[at].kind;
}

bwi_json_at bwi_json_first(const bwi_json *d, bwi_json_at at) {
  return d->nodes[at].first;
}

bwi_json_at bwi_json_next(const bwi_json *d, bwi_json_at at) {
  return d->nodes[at].next;
}

const char *bwi_json_key_of(const bwi_json *d, bwi_json_at at) {
  return d->nodes[at].key;
}

bwi_json_at bwi_json_find(const bwi_json *d, bwi_json_at object, const char *key) {
  bwi_json_at member = d->nodes[object].kind == BWI_JSON_OBJECT ? d->nodes[object].first : -1;
  while (member >= 0 && strcmp(d->nodes[member].key, key) != 0) member = d->nodes[member].next;
  return member;
}

const char *bwi_json_text_of(const bwi_json *d, bwi_json_at at, size_t *size) {
  if (size != NULL) *size = d->nodes[at].text_size;
  return d->nodes[at].text;
}

double bwi_json_number_of(const bwi_json *d, bwi_json_at at) {
  return d->nodes[at].number;
}

bool bwi_json_int_of(const bwi_json *d, bwi_json_at at, int64_t *out) {
  if (!d->nodes[at].is_integer) return false;
  *out = d->nodes[at].integer;
  return true;
}

size_t bwi_json_offset_of(const bwi_json *d, bwi_json_at at) {
  return d->nodes[at].offset;
}
