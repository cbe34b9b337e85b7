/* SPDX-License-Identifier: Apache-2.0 */
/* Every block is preceded by a header of one alignment unit, which links the blocks of an arena. The
 * end of a block is the end of the system's allocation, so that sanitizers see an overrun of one byte. */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

#define ALIGNMENT 64

typedef union header {
  union header *next; /* in an arena: the block handed out before */
  char unit[ALIGNMENT];
} header;

static atomic_uint_fast64_t live_blocks;
static atomic_uint_fast64_t allocations_to_failure; /* 0: never */

uint64_t bwi_memory_fail_after(uint64_t n) {
  return atomic_exchange(&allocations_to_failure, n);
}

uint64_t bwi_memory_live_blocks(void) {
  return atomic_load(&live_blocks);
}

static bool must_fail(void) {
  uint_fast64_t left = atomic_load(&allocations_to_failure);
  while (left != 0)
    if (atomic_compare_exchange_weak(&allocations_to_failure, &left, left - 1)) return left == 1;
  return false;
}

/* Contents are unset. */
static void *take(size_t bytes) {
  size_t total = 0;
  void *raw = NULL;
  if (must_fail() || !bwi_add_size(&total, bytes, sizeof(header))) return NULL;
  if (posix_memalign(&raw, ALIGNMENT, total) != 0) return NULL;
  atomic_fetch_add(&live_blocks, 1);
  return (header *)raw + 1;
}

void *bwi_alloc(size_t count, size_t size) {
  size_t bytes = 0;
  if (!bwi_mul_size(&bytes, count, size)) return NULL;
  void *block = take(bytes);
  if (block != NULL) memset(block, 0, bytes);
  return block;
}

void *bwi_realloc(void *block, size_t old_count, size_t new_count, size_t size) {
  size_t bytes = 0;
  if (!bwi_mul_size(&bytes, new_count, size)) return NULL;
  char *grown = take(bytes);
  if (grown == NULL) return NULL;
  const size_t kept = (old_count < new_count ? old_count : new_count) * size;
  if (block != NULL) memcpy(grown, block, kept);
  memset(grown + kept, 0, bytes - kept);
  bwi_free(block);
  return grown;
}

void bwi_free(void *block) {
  if (block == NULL) return;
  free((header *)block - 1);
  atomic_fetch_sub(&live_blocks, 1);
}

char *bwi_strdup(const char *text) {
  const size_t bytes = strlen(text) + 1;
  char *copy = take(bytes);
  if (copy != NULL) memcpy(copy, text, bytes);
  return copy;
}

struct bwi_arena {
  header *newest;
  size_t left_bytes;
};

bwi_arena *bwi_arena_create(size_t limit_bytes) {
  bwi_arena *arena = bwi_alloc(1, sizeof *arena);
  if (arena == NULL) return NULL;
  arena->left_bytes = limit_bytes == 0 ? SIZE_MAX : limit_bytes;
  return arena;
}

void *bwi_arena_get(bwi_arena *arena, size_t count, size_t size) {
  size_t cost = 0;
  if (!bwi_mul_size(&cost, count, size) || !bwi_add_size(&cost, cost, sizeof(header))) return NULL;
  if (cost > arena->left_bytes) return NULL;
  header *block = bwi_alloc(count, size);
  if (block == NULL) return NULL;
  block[-1].next = arena->newest;
  arena->newest = block;
  arena->left_bytes -= cost;
  return block;
}

char *bwi_arena_strdup(bwi_arena *arena, const char *text) {
  const size_t bytes = strlen(text) + 1;
  char *copy = bwi_arena_get(arena, bytes, 1);
  if (copy != NULL) memcpy(copy, text, bytes);
  return copy;
}

void bwi_arena_free(bwi_arena *arena) {
  if (arena == NULL) return;
  for (header *block = arena->newest; block != NULL;) {
    header *older = block[-1].next;
    bwi_free(block);
    block = older;
  }
  bwi_free(arena);
}
