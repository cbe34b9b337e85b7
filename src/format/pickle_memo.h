/* SPDX-License-Identifier: Apache-2.0 */
/* The memo of the pickle machine: values by index. Files choose the indices, so it is a hash table. */
#ifndef FORMAT_PICKLE_MEMO_H
#define FORMAT_PICKLE_MEMO_H

#include "format/pickle.h"

typedef struct bwi_pickle_memo {
  struct bwi_pickle_memo_entry *entries;
  size_t capacity; /* 0, or a power of two above count */
  size_t count;    /* of distinct indices */
} bwi_pickle_memo;

const bwi_pickle_value *bwi_pickle_memo_find(const bwi_pickle_memo *memo,
                                             uint64_t index); /* NULL if absent */
/* False if there is no memory. */
bool bwi_pickle_memo_put(bwi_pickle_memo *memo, uint64_t index, const bwi_pickle_value *value);
void bwi_pickle_memo_free(bwi_pickle_memo *memo);
/* Bytes that one more entry may take. */
size_t bwi_pickle_memo_growth(const bwi_pickle_memo *memo);

#endif
