/* SPDX-License-Identifier: Apache-2.0 */
/* Every movement is one or more copies between strided views; neighbouring axes that lie evenly in both
 * views are merged first, so that most copies become a few runs of bytes. */
#include "backend/cpu/movement.h"

#include <string.h>

#include "base/memory.h"
#include "graph/build.h"

/* Elements [shape] from one view to another; strides and offsets in elements. */
typedef struct copy {
  uint32_t operand, rank;
  int64_t shape[BW_MAX_RANK], from[BW_MAX_RANK], to[BW_MAX_RANK];
  int64_t from_offset, to_offset;
} copy;

typedef struct state {
  size_t item;      /* bytes of an element */
  int64_t count;    /* elements of the output */
  bool whole_first; /* SliceUpdate: operand 0 is copied as it is */
  int fill;         /* Pad: the operand that holds the value to fill with; else -1 */
  uint32_t n_copies;
  copy copies[];
} state;

/* --- copying --- */

static void copy_run(char *to, const char *from, int64_t n, int64_t to_stride, int64_t from_stride,
                     size_t item) {
  if (to_stride == 1 && from_stride == 1) {
    memcpy(to, from, (size_t)n * item);
  } else if (item == 4) {
    uint32_t *t = (uint32_t *)(void *)to;
    const uint32_t *f = (const uint32_t *)(const void *)from;
    for (int64_t i = 0; i < n; i++) t[i * to_stride] = f[i * from_stride];
  } else {
    for (int64_t i = 0; i < n; i++)
      memcpy(to + i * to_stride * (int64_t)item, from + i * from_stride * (int64_t)item, item);
  }
}

static void run_copy(const copy *c, char *to, const char *from, size_t item) {
  const int64_t size = (int64_t)item;
  const uint32_t last = c->rank - 1;
  int64_t index[BW_MAX_RANK] = {0};
  to += c->to_offset * size;
  from += c->from_offset * size;
  for (;;) {
    copy_run(to, from, c->shape[last], c->to[last], c->from[last], item);
    uint32_t a = last;
    while (a-- > 0) {
      to += c->to[a] * size;
      from += c->from[a] * size;
      if (++index[a] < c->shape[a]) break;
      to -= c->shape[a] * c->to[a] * size;
      from -= c->shape[a] * c->from[a] * size;
      index[a] = 0;
    }
    if (a == UINT32_MAX) return;
  }
}

static bw_status run(void *opaque, const void *const *in, void *out, void *scratch) {
  (void)scratch;
  const state *s = opaque;
  if (s->whole_first && in[0] != out) memcpy(out, in[0], (size_t)s->count * s->item);
  if (s->fill >= 0)
    for (int64_t i = 0; i < s->count; i++) memcpy((char *)out + (size_t)i * s->item, in[s->fill], s->item);
  for (uint32_t k = 0; k < s->n_copies; k++) run_copy(&s->copies[k], out, in[s->copies[k].operand], s->item);
  return BW_OK;
}

/* --- describing --- */

static void contiguous(int64_t *strides, const bwi_dims *shape) {
  int64_t stride = 1;
  for (uint32_t a = shape->n; a-- > 0;) {
    strides[a] = stride;
    stride *= shape->v[a];
  }
}

/* Drops axes of extent 1 and merges axes that lie evenly in both views; leaves at least one axis. */
static void merge_axes(copy *c) {
  uint32_t n = 0;
  for (uint32_t a = 0; a < c->rank; a++) {
    if (c->shape[a] == 1) continue;
    if (n > 0 && c->from[n - 1] == c->from[a] * c->shape[a] && c->to[n - 1] == c->to[a] * c->shape[a]) {
      c->shape[n - 1] *= c->shape[a];
      c->from[n - 1] = c->from[a];
      c->to[n - 1] = c->to[a];
      continue;
    }
    c->shape[n] = c->shape[a];
    c->from[n] = c->from[a];
    c->to[n++] = c->to[a];
  }
  if (n == 0) {
    c->shape[0] = c->from[0] = c->to[0] = 1;
    n = 1;
  }
  c->rank = n;
}

/* A copy of the whole operand or output, both views dense; callers then bend one of the two. */
static copy dense(const bwi_dims *shape, const bwi_dims *from, const bwi_dims *to) {
  copy c = {.rank = shape->n};
  memcpy(c.shape, shape->v, sizeof c.shape);
  if (from != NULL) contiguous(c.from, from);
  if (to != NULL) contiguous(c.to, to);
  return c;
}

/* start and step of a slice along each axis, applied to a dense view's strides. */
static int64_t slice_view(int64_t *strides, uint32_t rank, const bwi_dims *start, const bwi_dims *step) {
  int64_t offset = 0;
  for (uint32_t a = 0; a < rank; a++) {
    offset += start->v[a] * strides[a];
    strides[a] *= step->v[a];
  }
  return offset;
}

static copy transpose(const bwi_node *n, const bwi_node *x) {
  int64_t strides[BW_MAX_RANK];
  contiguous(strides, &x->shape);
  copy c = dense(&n->shape, NULL, &n->shape);
  for (uint32_t a = 0; a < n->shape.n; a++) c.from[a] = strides[n->params->v[0].v[a]];
  return c;
}

static copy broadcast(const bwi_node *n, const bwi_node *x) {
  int64_t strides[BW_MAX_RANK];
  contiguous(strides, &x->shape);
  copy c = dense(&n->shape, NULL, &n->shape);
  const uint32_t missing = n->shape.n - x->shape.n;
  for (uint32_t a = 0; a < n->shape.n; a++)
    c.from[a] = a < missing || x->shape.v[a - missing] == 1 ? 0 : strides[a - missing];
  return c;
}

static copy slice(const bwi_node *n, const bwi_node *x) {
  copy c = dense(&n->shape, &x->shape, &n->shape);
  c.from_offset = slice_view(c.from, c.rank, &n->params->v[0], &n->params->v[2]);
  return c;
}

static copy slice_update(const bwi_node *n, const bwi_node *update) {
  copy c = dense(&update->shape, &update->shape, &n->shape);
  c.to_offset = slice_view(c.to, c.rank, &n->params->v[0], &n->params->v[2]);
  c.operand = 1;
  return c;
}

static copy as_strided(const bwi_node *n) {
  copy c = dense(&n->shape, NULL, &n->shape);
  memcpy(c.from, n->params->v[1].v, sizeof c.from);
  c.from_offset = n->params->i[0];
  return c;
}

static copy pad(const bwi_node *n, const bwi_node *x) {
  copy c = dense(&x->shape, &x->shape, &n->shape);
  const bwi_dims *axes = &n->params->v[0], *low = &n->params->v[1];
  for (uint32_t k = 0; k < axes->n; k++) c.to_offset += low->v[k] * c.to[axes->v[k]];
  return c;
}

static void concatenate(copy *copies, const bwi_graph *g, const bwi_node *n) {
  int64_t done = 0;
  for (uint32_t k = 0; k < n->n_in; k++) {
    const bwi_node *x = bwi_graph_node(g, n->in[k]);
    copies[k] = dense(&x->shape, &x->shape, &n->shape);
    copies[k].operand = k;
    copies[k].to_offset = done * copies[k].to[n->params->i[0]];
    done += x->shape.v[n->params->i[0]];
  }
}

/* Update with a reduction, and a second operand that is the source itself, are the reference's. */
static bool moves(const bwi_node *n) {
  switch (n->prim) {
    case BWI_Transpose:
    case BWI_Broadcast:
    case BWI_Slice:
    case BWI_AsStrided:
    case BWI_Pad:
    case BWI_Concatenate: return true;
    case BWI_SliceUpdate: return n->params->i[0] == BWI_UPDATE_NONE;
    default: return false;
  }
}

static void describe(state *s, const bwi_graph *g, const bwi_node *n) {
  const bwi_node *x = bwi_graph_node(g, n->in[0]);
  switch (n->prim) {
    case BWI_Transpose: s->copies[0] = transpose(n, x); break;
    case BWI_Broadcast: s->copies[0] = broadcast(n, x); break;
    case BWI_Slice: s->copies[0] = slice(n, x); break;
    case BWI_AsStrided: s->copies[0] = as_strided(n); break;
    case BWI_Concatenate: concatenate(s->copies, g, n); break;
    case BWI_Pad:
      s->copies[0] = pad(n, x);
      s->fill = 1;
      break;
    default: s->copies[0] = slice_update(n, bwi_graph_node(g, n->in[1])); s->whole_first = true;
  }
  for (uint32_t k = 0; k < s->n_copies; k++) merge_axes(&s->copies[k]);
}

bw_status bwi_bind_movement(bwi_kernel *out, const bwi_graph *g, bwi_id id, bw_error *err) {
  const bwi_node *n = bwi_graph_node(g, id);
  if (!moves(n)) return BW_FAIL(err, BW_EUNSUPPORTED, "moves nothing");
  for (uint32_t k = 0; k < n->n_in; k++)
    if (bwi_node_count(bwi_graph_node(g, n->in[k])) == 0)
      return BW_FAIL(err, BW_EUNSUPPORTED, "an operand without elements is the reference's");
  const uint32_t n_copies = n->prim == BWI_Concatenate ? n->n_in : 1;
  state *s = bwi_alloc(1, sizeof *s + n_copies * sizeof *s->copies);
  if (s == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a kernel");
  *s =
      (state){.item = bw_dtype_bytes(n->dtype), .count = bwi_node_count(n), .fill = -1, .n_copies = n_copies};
  describe(s, g, n);
  *out = (bwi_kernel){
      .run = run, .free = bwi_free, .state = s, .in_place = s->whole_first ? 0 : -1, .name = "copy"};
  return BW_OK;
}
