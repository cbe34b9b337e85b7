/* SPDX-License-Identifier: Apache-2.0 */
/* Offline placement, largest block first, each into the tightest gap between the blocks placed before
 * that live at the same time (Pisarchyk and Lee 2020, "Efficient memory management for deep neural net
 * inference", section 5.2). */
#include "backend/placement.h"

#include <stdlib.h>

#include "base/checked.h"
#include "base/memory.h"

static int larger_first(const void *a, const void *b) {
  const bwi_block *x = *(bwi_block *const *)a, *y = *(bwi_block *const *)b;
  if (x->bytes != y->bytes) return x->bytes < y->bytes ? 1 : -1;
  return x < y ? -1 : x > y; /* the order of the list, so that a plan is the same on every machine */
}

/* A block where it was put. Kept apart from the blocks so that the search runs through memory in order. */
typedef struct placed {
  size_t offset, end;
  uint32_t first, last;
} placed;

/* `list` is sorted by offset. Returns the start of the tightest gap that takes `block`. */
static size_t tightest_gap(const bwi_block *block, const placed *list, uint32_t n_placed) {
  size_t end = 0, best = SIZE_MAX, best_gap = SIZE_MAX;
  for (uint32_t i = 0; i < n_placed; i++) {
    if (list[i].first > block->last || block->first > list[i].last) continue;
    const size_t gap = list[i].offset > end ? list[i].offset - end : 0;
    if (gap >= block->bytes && gap > 0 && gap < best_gap) {
      best = end;
      best_gap = gap;
    }
    if (list[i].end > end) end = list[i].end;
  }
  return best != SIZE_MAX ? best : end;
}

static void insert_by_offset(placed *list, uint32_t n_placed, const bwi_block *block) {
  uint32_t at = n_placed;
  for (; at > 0 && list[at - 1].offset > block->offset; at--) list[at] = list[at - 1];
  list[at] = (placed){block->offset, block->offset + block->bytes, block->first, block->last};
}

bw_status bwi_place(size_t *total_bytes, bwi_block *blocks, uint32_t count, bw_error *err) {
  bw_status status = BW_OK;
  size_t sum = 0, total = 0;
  if (count > BWI_PLACE_MAX_BLOCKS)
    return BW_FAIL(err, BW_ELIMIT, "a plan has at most %d buffers, not %u", BWI_PLACE_MAX_BLOCKS, count);
  for (uint32_t i = 0; i < count; i++) {
    const size_t pad = (BWI_ALIGNMENT - blocks[i].bytes % BWI_ALIGNMENT) % BWI_ALIGNMENT;
    if (!bwi_add_size(&blocks[i].bytes, blocks[i].bytes, pad) || !bwi_add_size(&sum, sum, blocks[i].bytes))
      return BW_FAIL(err, BW_ELIMIT, "the plan's buffers do not fit the address space");
  }
  bwi_block **order = bwi_alloc(count, sizeof *order);
  placed *list = bwi_alloc(count, sizeof *list);
  if (order == NULL || list == NULL) {
    status = BW_FAIL(err, BW_ENOMEM, "out of memory placing %u buffers", count);
    goto out;
  }
  for (uint32_t i = 0; i < count; i++) order[i] = &blocks[i];
  if (count > 0) qsort(order, count, sizeof *order, larger_first);
  for (uint32_t i = 0; i < count; i++) {
    order[i]->offset = tightest_gap(order[i], list, i);
    insert_by_offset(list, i, order[i]);
    if (order[i]->offset + order[i]->bytes > total) total = order[i]->offset + order[i]->bytes;
  }
  *total_bytes = total;
out:
  bwi_free(order);
  bwi_free(list);
  return status;
}
