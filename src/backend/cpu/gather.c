/* SPDX-License-Identifier: Apache-2.0 */
/* One copy a slice. Indices are data: each is checked before anything is read there. */
#include "backend/cpu/gather.h"

#include <string.h>

#include "base/memory.h"

typedef struct axis {
  bw_dtype dtype; /* of its index array */
  int64_t extent, stride, size;
} axis;

typedef struct state {
  int64_t n_slices;
  size_t item, slice_bytes;
  uint32_t n_axes;
  axis axes[BW_MAX_RANK];
} state;

static int64_t index_at(const void *data, bw_dtype dtype, int64_t i) {
  switch (dtype) {
    case BW_U8: return ((const uint8_t *)data)[i];
    case BW_U16: return ((const uint16_t *)data)[i];
    case BW_U32: return ((const uint32_t *)data)[i];
    case BW_I8: return ((const int8_t *)data)[i];
    case BW_I16: return ((const int16_t *)data)[i];
    case BW_I32: return ((const int32_t *)data)[i];
    default: return ((const int64_t *)data)[i];
  }
}

/* Where along the axis the slice starts; a negative index counts from the end. False: it does not fit. */
static bool position_at(int64_t *out, const axis *a, const void *indices, int64_t i) {
  int64_t at = index_at(indices, a->dtype, i);
  if (at < 0 && a->dtype == BW_U64) return false; /* 2^63 or more */
  if (at < 0) at += a->extent;
  if (at < 0 || at > a->extent - a->size) return false;
  *out = at;
  return true;
}

static bw_status run(void *opaque, const void *const *in, void *out, void *scratch) {
  (void)scratch;
  const state *s = opaque;
  for (int64_t i = 0; i < s->n_slices; i++) {
    int64_t offset = 0, at = 0;
    for (uint32_t k = 0; k < s->n_axes; k++) {
      if (!position_at(&at, &s->axes[k], in[k + 1], i)) return BW_EFORMAT;
      offset += at * s->axes[k].stride;
    }
    memcpy((char *)out + (size_t)i * s->slice_bytes, (const char *)in[0] + (size_t)offset * s->item,
           s->slice_bytes);
  }
  return BW_OK;
}

/* All of the axes behind the first that is not 1. */
static bool is_one_piece(const bwi_dims *shape, const bwi_dims *slice) {
  uint32_t a = 0;
  while (a < slice->n && slice->v[a] == 1) a++;
  for (a++; a < slice->n; a++)
    if (slice->v[a] != shape->v[a]) return false;
  return true;
}

bw_status bwi_bind_gather(bwi_kernel *out, const bwi_graph *g, bwi_id id, bw_error *err) {
  const bwi_node *n = bwi_graph_node(g, id), *x = bwi_graph_node(g, n->in[0]);
  if (n->prim != BWI_Gather || n->n_in < 2 || bwi_node_count(n) == 0 ||
      !is_one_piece(&x->shape, &n->params->v[1]))
    return BW_FAIL(err, BW_EUNSUPPORTED, "not a gathering of slices in one piece");
  const bwi_dims *axes = &n->params->v[0], *slice = &n->params->v[1];
  state *s = bwi_alloc(1, sizeof *s);
  if (s == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a kernel");
  s->n_slices = bwi_node_count(bwi_graph_node(g, n->in[1]));
  s->item = bw_dtype_bytes(n->dtype);
  s->slice_bytes = bwi_node_bytes(n) / (size_t)s->n_slices;
  s->n_axes = axes->n;
  for (uint32_t k = 0; k < axes->n; k++) {
    const uint32_t a = (uint32_t)axes->v[k];
    s->axes[k] = (axis){bwi_graph_node(g, n->in[k + 1])->dtype, x->shape.v[a], 1, slice->v[a]};
    for (uint32_t behind = a + 1; behind < x->shape.n; behind++) s->axes[k].stride *= x->shape.v[behind];
  }
  *out = (bwi_kernel){.run = run, .free = bwi_free, .state = s, .in_place = -1, .name = "gather"};
  return BW_OK;
}
