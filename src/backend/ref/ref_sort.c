/* SPDX-License-Identifier: Apache-2.0 */
/* Sorting, stable, NaN last, and searching in what is sorted. A partition is a whole sort: every sorted
 * line is partitioned at every place. */
#include <string.h>

#include "backend/ref/ref.h"
#include "backend/ref/ref_iterate.h"

typedef struct ranked {
  int64_t key, index;
} ranked;

static int64_t axis_of(const bwi_node *node) {
  const bool partition = node->prim == BWI_Partition || node->prim == BWI_ArgPartition;
  return node->params->i[partition ? 1 : 0];
}

size_t bwi_ref_sort_scratch(const bwi_node *node, const bwi_node *const *operand) {
  return 2 * sizeof(ranked) * (size_t)operand[0]->shape.v[axis_of(node)];
}

static void merge(ranked *to, const ranked *a, int64_t n_a, const ranked *b, int64_t n_b) {
  while (n_a > 0 && n_b > 0) {
    if (b->key < a->key) {
      *to++ = *b++;
      n_b--;
    } else {
      *to++ = *a++;
      n_a--;
    }
  }
  memcpy(to, a, (size_t)n_a * sizeof *a);
  memcpy(to + n_a, b, (size_t)n_b * sizeof *b);
}

/* Merge sort from runs of one up, between the two halves of the scratch; returns the half with the result. */
static const ranked *sort_line(const bwi_ref_call *call, int64_t start, int64_t step, int64_t n) {
  ranked *from = call->scratch, *to = from + n;
  for (int64_t i = 0; i < n; i++) {
    bwi_load_key(&from[i].key, call->in[0], call->operand[0]->dtype, start + i * step, step, 1);
    from[i].index = i;
  }
  for (int64_t run = 1; run < n; run *= 2) {
    for (int64_t at = 0; at < n; at += 2 * run) {
      const int64_t middle = at + run < n ? at + run : n, end = at + 2 * run < n ? at + 2 * run : n;
      merge(to + at, from + at, middle - at, from + middle, end - middle);
    }
    ranked *swap = from;
    from = to;
    to = swap;
  }
  return from;
}

bw_status bwi_ref_sort(const bwi_ref_call *call) {
  const bwi_lines lines = bwi_lines_along(&call->node->shape, axis_of(call->node));
  const int64_t bytes = (int64_t)bw_dtype_bytes(call->node->dtype);
  for (int64_t o = 0; o < lines.outer; o++) {
    for (int64_t i = 0; i < lines.inner; i++) {
      const int64_t start = o * lines.extent * lines.inner + i;
      const ranked *sorted = sort_line(call, start, lines.inner, lines.extent);
      for (int64_t k = 0; k < lines.extent; k++)
        memcpy((char *)call->out + (start + k * lines.inner) * bytes,
               (const char *)call->in[0] + (start + sorted[k].index * lines.inner) * bytes, (size_t)bytes);
    }
  }
  return BW_OK;
}

bw_status bwi_ref_arg_sort(const bwi_ref_call *call) {
  const bwi_lines lines = bwi_lines_along(&call->node->shape, axis_of(call->node));
  uint32_t *out = call->out;
  for (int64_t o = 0; o < lines.outer; o++) {
    for (int64_t i = 0; i < lines.inner; i++) {
      const int64_t start = o * lines.extent * lines.inner + i;
      const ranked *sorted = sort_line(call, start, lines.inner, lines.extent);
      for (int64_t k = 0; k < lines.extent; k++) out[start + k * lines.inner] = (uint32_t)sorted[k].index;
    }
  }
  return BW_OK;
}

/* How many elements lie before the value; with `right`, those equal to it too. */
static uint32_t search(const bwi_ref_call *call, int64_t value, bool right) {
  const bwi_node *sorted = call->operand[0];
  int64_t lo = 0, hi = sorted->shape.v[0];
  while (lo < hi) {
    const int64_t middle = lo + (hi - lo) / 2;
    int64_t key;
    bwi_load_key(&key, call->in[0], sorted->dtype, middle, 1, 1);
    if (key < value || (right && key == value)) {
      lo = middle + 1;
    } else {
      hi = middle;
    }
  }
  return (uint32_t)lo;
}

bw_status bwi_ref_search_sorted(const bwi_ref_call *call) {
  const int64_t count = bwi_node_count(call->node);
  uint32_t *out = call->out;
  for (int64_t i = 0; i < count; i++) {
    int64_t value;
    bwi_load_key(&value, call->in[1], call->operand[1]->dtype, i, 1, 1);
    out[i] = search(call, value, call->node->params->i[0] != 0);
  }
  return BW_OK;
}
