/* SPDX-License-Identifier: Apache-2.0 */
/* Patience alignment: records that occur once before and once after are paired; the longest rising run of
 * pairs stays, other pairs have moved; what lies between is aligned from both ends. O(n log n). */
#include "records/record_compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define NONE SIZE_MAX

typedef struct entry {
  bwi_merkle_hash hash;
  size_t at;
} entry;

/* One side: its hashes, the same sorted, and for each record the one that it is paired with. */
typedef struct side {
  const bwi_merkle_hash *hashes;
  size_t n;
  entry *sorted;
  size_t *pair;
  bool *told; /* nothing more is to be said of it */
} side;

typedef struct comparison {
  side before, after;
  size_t *tails, *previous; /* of the rising run */
  bwi_record_changes out;
  size_t capacity;
} comparison;

static int by_hash(const void *a, const void *b) {
  const entry *x = a, *y = b;
  const int order = memcmp(x->hash.bytes, y->hash.bytes, sizeof x->hash.bytes);
  return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static bw_status open_side(side *s, const bwi_merkle_hash *hashes, size_t n, bw_error *err) {
  *s = (side){hashes, n, bwi_alloc(n, sizeof *s->sorted), bwi_alloc(n, sizeof *s->pair),
              bwi_alloc(n, sizeof *s->told)};
  if (s->sorted == NULL || s->pair == NULL || s->told == NULL)
    return BW_FAIL(err, BW_ENOMEM, "no memory to compare %zu records", n);
  for (size_t i = 0; i < n; i++) {
    s->sorted[i] = (entry){hashes[i], i};
    s->pair[i] = NONE;
  }
  qsort(s->sorted, n, sizeof *s->sorted, by_hash);
  return BW_OK;
}

static void close_side(side *s) {
  bwi_free(s->sorted);
  bwi_free(s->pair);
  bwi_free(s->told);
}

/* The place in s->sorted of the first record with the hash, s->n if there is none. */
static size_t find_first(const side *s, const bwi_merkle_hash *hash) {
  size_t lo = 0, hi = s->n;
  while (lo < hi) {
    const size_t middle = lo + (hi - lo) / 2;
    if (memcmp(s->sorted[middle].hash.bytes, hash->bytes, sizeof hash->bytes) < 0)
      lo = middle + 1;
    else
      hi = middle;
  }
  return lo < s->n && bwi_merkle_equal(&s->sorted[lo].hash, hash) ? lo : s->n;
}

/* The only record with the hash, or NONE. */
static size_t find_only(const side *s, const bwi_merkle_hash *hash) {
  const size_t k = find_first(s, hash);
  if (k == s->n || (k + 1 < s->n && bwi_merkle_equal(&s->sorted[k + 1].hash, hash))) return NONE;
  return s->sorted[k].at;
}

static void pair_unique(comparison *c) {
  for (size_t i = 0; i < c->after.n; i++) {
    const bwi_merkle_hash *hash = &c->after.hashes[i];
    const size_t j = find_only(&c->before, hash);
    if (j == NONE || find_only(&c->after, hash) == NONE) continue;
    c->after.pair[i] = j;
    c->before.pair[j] = i;
  }
}

/* ---- telling ---- */

static bw_status tell(comparison *c, bw_record_fate fate, size_t before, size_t after, bw_error *err) {
  if (c->out.count == c->capacity) {
    const size_t more = c->capacity == 0 ? 64 : 2 * c->capacity;
    bw_record_change *items = bwi_realloc(c->out.items, c->capacity, more, sizeof *items);
    if (items == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for %zu changes", more);
    c->out.items = items;
    c->capacity = more;
  }
  uint64_t copy_of = BW_NO_RECORD;
  if (fate == BW_RECORD_CHANGED || fate == BW_RECORD_INSERTED) {
    const size_t k = find_first(&c->before, &c->after.hashes[after]);
    if (k < c->before.n) copy_of = c->before.sorted[k].at;
  }
  if (before != NONE) c->before.told[before] = true;
  if (after != NONE) c->after.told[after] = true;
  c->out.items[c->out.count++] = (bw_record_change){fate, before == NONE ? BW_NO_RECORD : before,
                                                    after == NONE ? BW_NO_RECORD : after, copy_of};
  return BW_OK;
}

static bw_status tell_swaps(comparison *c, bw_error *err) {
  if (c->before.n != c->after.n) return BW_OK;
  for (size_t i = 0; i < c->after.n; i++) {
    const size_t j = c->after.pair[i];
    if (j == NONE || j <= i || c->after.pair[j] != i) continue;
    BW_TRY(tell(c, BW_RECORD_SWAPPED, i, j, err));
    c->before.told[j] = c->after.told[i] = true;
  }
  return BW_OK;
}

/* ---- aligning ---- */

/* Unpairs what is not on the longest run of pairs that rise on both sides; these have moved. */
static bw_status tell_moves(comparison *c, bw_error *err) {
  size_t length = 0;
  for (size_t i = 0; i < c->after.n; i++) {
    const size_t j = c->after.pair[i];
    if (j == NONE || c->after.told[i]) continue;
    size_t lo = 0, hi = length; /* how many runs end before j */
    while (lo < hi) {
      const size_t middle = lo + (hi - lo) / 2;
      if (c->after.pair[c->tails[middle]] < j)
        lo = middle + 1;
      else
        hi = middle;
    }
    c->previous[i] = lo == 0 ? NONE : c->tails[lo - 1];
    c->tails[lo] = i;
    if (lo == length) length++;
  }
  size_t on_run = length == 0 ? NONE : c->tails[length - 1];
  for (size_t i = c->after.n; i-- > 0;) {
    if (i == on_run) {
      on_run = c->previous[i];
    } else if (c->after.pair[i] != NONE && !c->after.told[i]) {
      BW_TRY(tell(c, BW_RECORD_MOVED, c->after.pair[i], i, err));
    }
  }
  return BW_OK;
}

/* The next record at or behind `at`, below `end`, of which nothing was told. */
static size_t next_untold(const side *s, size_t at, size_t end) {
  while (at < end && s->told[at]) at++;
  return at;
}

static size_t last_untold(const side *s, size_t start, size_t end) {
  while (end > start && s->told[end - 1]) end--;
  return end;
}

typedef struct gap {
  size_t before, before_end, after, after_end;
} gap;

static bool same(const comparison *c, size_t before, size_t after) {
  return bwi_merkle_equal(&c->before.hashes[before], &c->after.hashes[after]);
}

/* Records that occur more than once cannot be paired; at the ends of a gap they are what they were. */
static void shrink(const comparison *c, gap *g) {
  for (;; g->before++, g->after++) {
    g->before = next_untold(&c->before, g->before, g->before_end);
    g->after = next_untold(&c->after, g->after, g->after_end);
    if (g->before == g->before_end || g->after == g->after_end || !same(c, g->before, g->after)) break;
  }
  for (;; g->before_end--, g->after_end--) {
    g->before_end = last_untold(&c->before, g->before, g->before_end);
    g->after_end = last_untold(&c->after, g->after, g->after_end);
    if (g->before == g->before_end || g->after == g->after_end ||
        !same(c, g->before_end - 1, g->after_end - 1))
      break;
  }
}

static size_t count_untold(const side *s, size_t at, size_t end) {
  size_t n = 0;
  for (; at < end; at++) n += !s->told[at];
  return n;
}

/* Between two pairs: as many records as both have were changed, unless they are the same; the others were
 * inserted or removed. */
static bw_status tell_gap(comparison *c, gap g, bw_error *err) {
  shrink(c, &g);
  const size_t n_before = count_untold(&c->before, g.before, g.before_end);
  const size_t n_after = count_untold(&c->after, g.after, g.after_end);
  const size_t n_both = n_before < n_after ? n_before : n_after;
  for (size_t k = 0; k < n_before || k < n_after; k++) {
    const size_t j = k < n_before ? next_untold(&c->before, g.before, g.before_end) : NONE;
    const size_t i = k < n_after ? next_untold(&c->after, g.after, g.after_end) : NONE;
    if (j != NONE) g.before = j + 1;
    if (i != NONE) g.after = i + 1;
    if (k >= n_both)
      BW_TRY(tell(c, j != NONE ? BW_RECORD_REMOVED : BW_RECORD_INSERTED, j, i, err));
    else if (!same(c, j, i))
      BW_TRY(tell(c, BW_RECORD_CHANGED, j, i, err));
  }
  return BW_OK;
}

static bw_status tell_gaps(comparison *c, bw_error *err) {
  gap g = {0};
  for (size_t i = 0; i < c->after.n; i++) {
    if (c->after.pair[i] == NONE || c->after.told[i]) continue;
    g.before_end = c->after.pair[i];
    g.after_end = i;
    BW_TRY(tell_gap(c, g, err));
    g.before = g.before_end + 1;
    g.after = g.after_end + 1;
  }
  g.before_end = c->before.n;
  g.after_end = c->after.n;
  return tell_gap(c, g, err);
}

static uint64_t place(const bw_record_change *change) {
  if (change->fate == BW_RECORD_SWAPPED) return change->before;
  return change->after != BW_NO_RECORD ? change->after : change->before;
}

static int by_place(const void *a, const void *b) {
  const uint64_t x = place(a), y = place(b);
  return (x > y) - (x < y);
}

static bw_status compare(comparison *c, bw_error *err) {
  c->tails = bwi_alloc(c->after.n, sizeof *c->tails);
  c->previous = bwi_alloc(c->after.n, sizeof *c->previous);
  if (c->tails == NULL || c->previous == NULL)
    return BW_FAIL(err, BW_ENOMEM, "no memory to compare %zu records", c->after.n);
  pair_unique(c);
  BW_TRY(tell_swaps(c, err));
  BW_TRY(tell_moves(c, err));
  BW_TRY(tell_gaps(c, err));
  if (c->out.count > 0) qsort(c->out.items, c->out.count, sizeof *c->out.items, by_place);
  return BW_OK;
}

bw_status bwi_record_compare(bwi_record_changes *out, const bwi_merkle_hash *before, size_t n_before,
                             const bwi_merkle_hash *after, size_t n_after, bw_error *err) {
  comparison c = {0};
  if (n_before == n_after && memcmp(before, after, n_after * sizeof *after) == 0) {
    *out = c.out;
    return BW_OK;
  }
  bw_status status = open_side(&c.before, before, n_before, err);
  if (status == BW_OK) status = open_side(&c.after, after, n_after, err);
  if (status == BW_OK) status = compare(&c, err);
  close_side(&c.before);
  close_side(&c.after);
  bwi_free(c.tails);
  bwi_free(c.previous);
  if (status == BW_OK)
    *out = c.out;
  else
    bwi_record_changes_clear(&c.out);
  return status;
}

void bwi_record_changes_clear(bwi_record_changes *changes) {
  bwi_free(changes->items);
  *changes = (bwi_record_changes){0};
}
