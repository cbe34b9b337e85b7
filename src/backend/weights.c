/* SPDX-License-Identifier: Apache-2.0 */
/* Packed constants, made once and shared by all plans of a model. Chains by address: a model has some
 * hundred entries, but a hostile file may have ten thousands. */
#include "backend/plan.h"

#include <pthread.h>
#include <string.h>

#include "base/memory.h"

typedef struct entry {
  struct entry *next;
  const void *data;
  char *kind;
  uint64_t variant;
  void *block;
} entry;

#define N_CHAINS 1024

struct bwi_weights {
  pthread_mutex_t lock;
  entry *chains[N_CHAINS];
};

static entry **chain_of(bwi_weights *weights, const void *data) {
  const uint64_t spread = (uint64_t)(uintptr_t)data * UINT64_C(0x9e3779b97f4a7c15);
  return &weights->chains[(spread >> 32) % N_CHAINS];
}

bw_status bwi_weights_create(bwi_weights **out, bw_error *err) {
  bwi_weights *weights = bwi_alloc(1, sizeof *weights);
  if (weights == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a store of weights");
  if (pthread_mutex_init(&weights->lock, NULL) != 0) {
    bwi_free(weights);
    return BW_FAIL(err, BW_ENOMEM, "no mutex for a store of weights");
  }
  *out = weights;
  return BW_OK;
}

static void free_entry(entry *e) {
  if (e == NULL) return;
  bwi_free(e->kind);
  bwi_free(e->block);
  bwi_free(e);
}

void bwi_weights_free(bwi_weights *weights) {
  if (weights == NULL) return;
  for (size_t k = 0; k < N_CHAINS; k++) {
    for (entry *e = weights->chains[k], *next; e != NULL; e = next) {
      next = e->next;
      free_entry(e);
    }
  }
  pthread_mutex_destroy(&weights->lock);
  bwi_free(weights);
}

static const entry *find(const entry *chain, const void *data, const char *kind, uint64_t variant) {
  for (const entry *e = chain; e != NULL; e = e->next)
    if (e->data == data && e->variant == variant && strcmp(e->kind, kind) == 0) return e;
  return NULL;
}

bw_status bwi_weights_get(const void **out, bwi_weights *weights, const void *data, const char *kind,
                          uint64_t variant, size_t bytes,
                          bw_status (*fill)(void *payload, void *block, bw_error *err), void *payload,
                          bw_error *err) {
  bw_status status = BW_OK;
  entry *made = NULL;
  /* Held while filling: two plans that want one block wait for it rather than make it twice. */
  pthread_mutex_lock(&weights->lock);
  entry **chain = chain_of(weights, data);
  const entry *e = find(*chain, data, kind, variant);
  if (e == NULL) {
    made = bwi_alloc(1, sizeof *made);
    if (made != NULL) {
      made->data = data;
      made->variant = variant;
      made->kind = bwi_strdup(kind);
      made->block = bwi_alloc(bytes, 1);
    }
    if (made == NULL || made->kind == NULL || made->block == NULL) {
      status = BW_FAIL(err, BW_ENOMEM, "out of memory for packed weights (%zu bytes)", bytes);
      goto out;
    }
    status = fill(payload, made->block, err);
    if (status != BW_OK) goto out;
    made->next = *chain;
    *chain = made;
    e = made;
    made = NULL;
  }
  *out = e->block;
out:
  pthread_mutex_unlock(&weights->lock);
  free_entry(made);
  return status;
}
