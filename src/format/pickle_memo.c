/* SPDX-License-Identifier: Apache-2.0 */
#include "format/pickle_memo.h"

#include "base/memory.h"

#define FIRST_CAPACITY 64

typedef struct bwi_pickle_memo_entry {
  bool used;
  uint64_t index;
  bwi_pickle_value value;
} entry;

/* The entry of that index, or the free one where it belongs; the table is never full. */
static entry *place_of(const bwi_pickle_memo *memo, uint64_t index) {
  size_t at = (size_t)((index * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (memo->capacity - 1);
  while (memo->entries[at].used && memo->entries[at].index != index) at = (at + 1) & (memo->capacity - 1);
  return &memo->entries[at];
}

const bwi_pickle_value *bwi_pickle_memo_find(const bwi_pickle_memo *memo, uint64_t index) {
  if (memo->capacity == 0) return NULL;
  const entry *found = place_of(memo, index);
  return found->used ? &found->value : NULL;
}

static bool must_grow(const bwi_pickle_memo *memo) {
  return memo->count >= memo->capacity / 2;
}

static size_t next_capacity(const bwi_pickle_memo *memo) {
  return memo->capacity == 0 ? FIRST_CAPACITY : 2 * memo->capacity;
}

size_t bwi_pickle_memo_growth(const bwi_pickle_memo *memo) {
  return must_grow(memo) ? (next_capacity(memo) - memo->capacity) * sizeof(entry) : 0;
}

static bool grow(bwi_pickle_memo *memo) {
  bwi_pickle_memo wide = {.capacity = next_capacity(memo), .count = memo->count};
  wide.entries = bwi_alloc(wide.capacity, sizeof *wide.entries);
  if (wide.entries == NULL) return false;
  for (size_t i = 0; i < memo->capacity; i++)
    if (memo->entries[i].used) *place_of(&wide, memo->entries[i].index) = memo->entries[i];
  bwi_free(memo->entries);
  *memo = wide;
  return true;
}

bool bwi_pickle_memo_put(bwi_pickle_memo *memo, uint64_t index, const bwi_pickle_value *value) {
  if (must_grow(memo) && !grow(memo)) return false;
  entry *place = place_of(memo, index);
  memo->count += !place->used;
  *place = (entry){true, index, *value};
  return true;
}

void bwi_pickle_memo_free(bwi_pickle_memo *memo) {
  bwi_free(memo->entries);
  *memo = (bwi_pickle_memo){0};
}
