/* SPDX-License-Identifier: Apache-2.0 */
/* The storages that a pickle of PyTorch refers to by persistent ids: ("storage", class, key, device, number
 * of elements). Their bytes stand elsewhere in the file. */
#ifndef GATE_STORAGES_H
#define GATE_STORAGES_H

#include <bulwark/array.h>

#include "format/pickle.h"
#include "gate/order.h"

typedef struct bwi_storage {
  char *key;
  size_t key_bytes;
  uint64_t bytes;
  bw_dtype dtype; /* of its floating-point numbers; else BW_U8 */
  bool found;     /* the archive has a member for it */
} bwi_storage;

typedef struct bwi_storages {
  bwi_storage *list;
  size_t count, capacity;
  bwi_order keys;
} bwi_storages;

typedef enum bwi_storage_id { BWI_STORAGE_KEPT, BWI_STORAGE_NOT_ONE, BWI_STORAGE_NO_MEMORY } bwi_storage_id;

#define BWI_MAX_STORAGES 65536

/* Keeps the storage that a persistent id names, if that is one; a second id of the same key with another size
 * is not one, nor is one too many. */
bwi_storage_id bwi_storages_add(bwi_storages *storages, const bwi_pickle_value *id);
bwi_storage *bwi_storages_find(const bwi_storages *storages, bwi_bytes key); /* NULL if absent */
void bwi_storages_free(bwi_storages *storages);

#endif
