/* SPDX-License-Identifier: Apache-2.0 */
#include "format/mlxfn_fields.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "base/memory.h"
#include "format/elements.h"

#define BLOCK_BYTES 64 /* what the arena adds to each block */

bwi_cursor *bwi_mlxfn_at(bwi_mlxfn_parser *p, size_t offset) {
  if (p->c.status == BW_OK) p->c.at = offset;
  return &p->c;
}

void *bwi_mlxfn_take(bwi_mlxfn_parser *p, size_t count, size_t size) {
  size_t bytes = 0, used = 0;
  if (bwi_mlxfn_failed(p)) return NULL;
  if (!bwi_mul_size(&bytes, count, size) || !bwi_add_size(&used, p->used_bytes + BLOCK_BYTES, bytes) ||
      used > p->limits->max_memory_bytes) {
    bwi_cursor_fail(&p->c, BW_ELIMIT, "reading it takes more than the limit of %zu bytes",
                    p->limits->max_memory_bytes);
    return NULL;
  }
  void *block = bwi_arena_get(p->arena, count, size);
  if (block == NULL) bwi_cursor_fail(&p->c, BW_ENOMEM, "no memory for %zu bytes", bytes);
  p->used_bytes = used;
  return block;
}

/* ---- fields ---- */

uint32_t bwi_mlxfn_read_count(bwi_mlxfn_parser *p, size_t min_bytes, uint32_t most, const char *what) {
  const size_t start = p->c.at;
  const size_t count = bwi_cursor_count(&p->c, min_bytes, what);
  if (count <= most) return (uint32_t)count;
  bwi_cursor_fail(bwi_mlxfn_at(p, start), BW_ELIMIT, "%s is %zu, the limit is %u", what, count,
                  (unsigned)most);
  return 0;
}

static bool is_plain_text(bwi_bytes text) {
  for (size_t i = 0; i < text.size; i++)
    if (text.data[i] < 0x20 || text.data[i] == 0x7F) return false;
  return true;
}

const char *bwi_mlxfn_read_text(bwi_mlxfn_parser *p, bool one_line, const char *what) {
  const size_t start = p->c.at;
  const bwi_bytes span = bwi_cursor_take(&p->c, bwi_cursor_count(&p->c, 1, what), what);
  if (span.size > 0 && (one_line ? !is_plain_text(span) : memchr(span.data, 0, span.size) != NULL))
    bwi_cursor_fail(bwi_mlxfn_at(p, start), BW_EFORMAT, "%s holds a control character", what);
  char *text = bwi_mlxfn_take(p, span.size + 1, 1);
  if (text != NULL && span.size > 0) memcpy(text, span.data, span.size);
  return text;
}

void bwi_mlxfn_read_dims(bwi_mlxfn_parser *p, bwi_dims *out, char kind, const char *what) {
  const size_t start = p->c.at;
  const size_t count = bwi_cursor_count(&p->c, kind == 'S' ? 4 : 8, what);
  if (count > BW_MAX_RANK) {
    bwi_cursor_fail(bwi_mlxfn_at(p, start), BW_EUNSUPPORTED, "%s has %zu items; at most %d are supported",
                    what, count, BW_MAX_RANK);
    return;
  }
  out->n = (uint32_t)count;
  for (uint32_t i = 0; i < out->n; i++)
    out->v[i] = kind == 'S' ? bwi_cursor_i32le(&p->c, what) : bwi_cursor_i64le(&p->c, what);
  for (uint32_t i = 0; i < out->n && kind == 'Z'; i++)
    if (out->v[i] < 0)
      bwi_cursor_fail(bwi_mlxfn_at(p, start), BW_EFORMAT, "%s has an item beyond 2^63", what);
}

bw_dtype bwi_mlxfn_read_dtype(bwi_mlxfn_parser *p, const char *what) {
  const size_t start = p->c.at;
  const int32_t number = bwi_cursor_i32le(&p->c, what);
  const uint8_t bytes = bwi_cursor_u8(&p->c, what);
  if (bwi_mlxfn_failed(p)) return BW_BOOL;
  const bool without_f64 = p->layout < BWI_MLXFN_0_23_0;
  const int32_t complex64 = without_f64 ? 12 : 13;
  if (number == complex64 && bytes == 8) {
    bwi_cursor_fail(bwi_mlxfn_at(p, start), BW_EUNSUPPORTED, "%s is complex64, which is not supported", what);
    return BW_BOOL;
  }
  const int32_t today = without_f64 && number == BW_F64 ? BW_BF16 : number;
  if (number >= 0 && number < complex64 && bw_dtype_bytes((bw_dtype)today) == bytes) return (bw_dtype)today;
  bwi_cursor_fail(bwi_mlxfn_at(p, start), BW_EFORMAT,
                  "%s is number %" PRId32 " of %u bytes, which is no dtype", what, number, bytes);
  return BW_BOOL;
}

size_t bwi_mlxfn_data_bytes(bwi_mlxfn_parser *p, const bwi_mlxfn_array *array, size_t offset) {
  size_t bytes = 0;
  char text[128];
  if (bwi_elements_bytes(&bytes, array->dtype, &array->shape, offset, NULL) != BW_OK)
    bwi_cursor_fail(bwi_mlxfn_at(p, offset), BW_EFORMAT, "shape %s has a negative extent or overflows",
                    bwi_dims_text(text, sizeof text, &array->shape));
  return bytes;
}

bwi_mlxfn_array bwi_mlxfn_read_array(bwi_mlxfn_parser *p, size_t *bytes) {
  bwi_mlxfn_array array = {0};
  const size_t start = p->c.at;
  bwi_mlxfn_read_dims(p, &array.shape, 'S', "shape");
  array.dtype = bwi_mlxfn_read_dtype(p, "dtype");
  *bytes = bwi_mlxfn_data_bytes(p, &array, start);
  return array;
}

/* ---- state ---- */

static int64_t read_enum(bwi_mlxfn_parser *p, int32_t below) {
  const size_t start = p->c.at;
  const int32_t value = bwi_cursor_i32le(&p->c, "state");
  if (value < 0 || value >= below)
    bwi_cursor_fail(bwi_mlxfn_at(p, start), BW_EFORMAT,
                    "state holds %" PRId32 " where 0 to %" PRId32 " is defined", value, below - 1);
  return value;
}

static int64_t read_triangle(bwi_mlxfn_parser *p) {
  const size_t start = p->c.at;
  const bwi_bytes text = bwi_cursor_take(&p->c, bwi_cursor_count(&p->c, 1, "state"), "state");
  const bool known = text.size == 1 && (text.data[0] == 'L' || text.data[0] == 'U');
  if (!known)
    bwi_cursor_fail(bwi_mlxfn_at(p, start), BW_EFORMAT,
                    "state names a triangle that is neither \"L\" nor \"U\"");
  return known && text.data[0] == 'U';
}

static int64_t read_offset(bwi_mlxfn_parser *p) {
  const size_t start = p->c.at;
  const int64_t value = bwi_cursor_i64le(&p->c, "state");
  if (value < 0) bwi_cursor_fail(bwi_mlxfn_at(p, start), BW_EFORMAT, "state holds an offset beyond 2^63");
  return value;
}

/* One field as mlxfn_layout.h describes them. */
static void read_field(bwi_mlxfn_parser *p, bwi_mlxfn_state *state, char kind, size_t slot,
                       int32_t argument) {
  switch (kind) {
    case 'i': state->i[slot] = bwi_cursor_i32le(&p->c, "state"); break;
    case 'b': state->i[slot] = bwi_cursor_bool(&p->c, "state"); break;
    case 'e': state->i[slot] = read_enum(p, argument); break;
    case 'u': state->i[slot] = read_triangle(p); break;
    case 'z': state->i[slot] = read_offset(p); break;
    case 'c': state->i[slot] = argument; break;
    case 'f': state->f[slot] = (double)bwi_cursor_f32le(&p->c, "state"); break;
    case 'd': state->f[slot] = bwi_cursor_f64le(&p->c, "state"); break;
    case 't': state->dtype = bwi_mlxfn_read_dtype(p, "state"); break;
    case 'D':
      bwi_mlxfn_read_dims(p, &state->v[slot], 'S', "state");
      state->v[slot + 1] = state->v[slot];
      break;
    default: bwi_mlxfn_read_dims(p, &state->v[slot], kind, "state"); break;
  }
}

void bwi_mlxfn_read_state(bwi_mlxfn_parser *p, bwi_mlxfn_state *state, const char *fields) {
  while (*fields != '\0') {
    const char kind = fields[0];
    const size_t slot = (size_t)(fields[1] - '0');
    const bool has_argument = fields[2] == '<' || fields[2] == '=';
    read_field(p, state, kind, slot, has_argument ? fields[3] - '0' : 0);
    fields += has_argument ? 4 : 2;
    if (*fields == ' ') fields++;
  }
}
