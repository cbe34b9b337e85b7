/* SPDX-License-Identifier: Apache-2.0 */
/* The only place that allocates. Counts are multiplied with overflow checks; tests can make the
 * n-th allocation fail and count the live blocks. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <bulwark/status.h>

/* Zero-filled, 64-byte aligned; NULL when there is no memory or count * size overflows.
 * A zero-sized request gives a valid pointer. */
void *bwi_alloc(size_t count, size_t size);
/* Grows or shrinks a bwi_alloc block (or NULL) of old_count elements; new elements are zero. On failure
 * NULL, and the old block stays valid. */
void *bwi_realloc(void *block, size_t old_count, size_t new_count, size_t size);
void bwi_free(void *block); /* NULL is fine */

char *bwi_strdup(const char *text); /* NULL when there is no memory */

/* For tests: the n-th allocation from now on fails, once (0 = never). Per process, not per thread.
 * Returns what was left of the countdown before: 0 when its failure has happened. */
uint64_t bwi_memory_fail_after(uint64_t n);
uint64_t bwi_memory_live_blocks(void);

/* An arena hands out memory that is freed all at once. */
typedef struct bwi_arena bwi_arena;
bwi_arena *bwi_arena_create(size_t limit_bytes); /* 0 = no limit; NULL when there is no memory */
/* As bwi_alloc; NULL past the limit, of which a block costs its size and 64 bytes. */
void *bwi_arena_get(bwi_arena *arena, size_t count, size_t size);
char *bwi_arena_strdup(bwi_arena *arena, const char *text); /* as bwi_arena_get */
void bwi_arena_free(bwi_arena *arena);

#endif
