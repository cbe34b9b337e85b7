/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/storages.h"

#include <string.h>

#include "base/memory.h"
#include "gate/imports.h"

static bool is_text(const bwi_pickle_value *v, const char *text) {
  return v->kind == BWI_PICKLE_TEXT && v->text.size == strlen(text) &&
         memcmp(v->text.data, text, v->text.size) == 0;
}

typedef struct wanted {
  const bwi_storages *storages;
  bwi_bytes key;
} wanted;

static int compare_key(const void *payload, uint32_t item) {
  const wanted *w = payload;
  const bwi_storage *s = &w->storages->list[item];
  if (w->key.size != s->key_bytes) return w->key.size < s->key_bytes ? -1 : 1;
  return memcmp(w->key.data, s->key, s->key_bytes);
}

static bool find_place(const bwi_storages *storages, bwi_bytes key, size_t *at) {
  const wanted w = {storages, key};
  return bwi_order_find(&storages->keys, compare_key, &w, at);
}

bwi_storage *bwi_storages_find(const bwi_storages *storages, bwi_bytes key) {
  size_t at = 0;
  return find_place(storages, key, &at) ? &storages->list[storages->keys.items[at]] : NULL;
}

/* What the id says, without its key; false if it is no storage of a known class. */
static bool read_id(bwi_storage *out, const bwi_pickle_value *id) {
  if (id->kind != BWI_PICKLE_TUPLE || id->count < 5 || !is_text(&id->items[0], "storage")) return false;
  const bwi_pickle_value *class = &id->items[1], *key = &id->items[2], *n = &id->items[4];
  if (class->kind != BWI_PICKLE_GLOBAL || key->kind != BWI_PICKLE_TEXT || n->kind != BWI_PICKLE_INT)
    return false;
  const bwi_allowed_import *known = bwi_import_allowed(class->text, class->name);
  if (known == NULL || known->element_bytes == 0 || n->number < 0 || n->number > INT64_MAX / 16) return false;
  if (key->text.size == 0 || memchr(key->text.data, 0, key->text.size) != NULL) return false;
  out->dtype = known->dtype;
  out->bytes = (uint64_t)n->number * known->element_bytes;
  return true;
}

bwi_storage_id bwi_storages_add(bwi_storages *storages, const bwi_pickle_value *id) {
  bwi_storage s = {0};
  if (!read_id(&s, id)) return BWI_STORAGE_NOT_ONE;
  const bwi_bytes key = id->items[2].text;
  size_t at = 0;
  if (find_place(storages, key, &at))
    return storages->list[storages->keys.items[at]].bytes == s.bytes ? BWI_STORAGE_KEPT : BWI_STORAGE_NOT_ONE;
  if (storages->count == BWI_MAX_STORAGES) return BWI_STORAGE_NOT_ONE;
  if (storages->count == storages->capacity) {
    const size_t wide = storages->capacity == 0 ? 16 : 2 * storages->capacity;
    bwi_storage *list = bwi_realloc(storages->list, storages->capacity, wide, sizeof *list);
    if (list == NULL) return BWI_STORAGE_NO_MEMORY;
    storages->list = list;
    storages->capacity = wide;
  }
  s.key = bwi_alloc(key.size + 1, 1);
  if (s.key == NULL || !bwi_order_insert(&storages->keys, at, (uint32_t)storages->count)) {
    bwi_free(s.key);
    return BWI_STORAGE_NO_MEMORY;
  }
  memcpy(s.key, key.data, key.size);
  s.key_bytes = key.size;
  storages->list[storages->count++] = s;
  return BWI_STORAGE_KEPT;
}

void bwi_storages_free(bwi_storages *storages) {
  for (size_t i = 0; i < storages->count; i++) bwi_free(storages->list[i].key);
  bwi_free(storages->list);
  bwi_order_free(&storages->keys);
  *storages = (bwi_storages){0};
}
