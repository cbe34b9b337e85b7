/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/order.h"

#include <string.h>

#include "base/memory.h"

bool bwi_order_find(const bwi_order *order, bwi_order_fn compare, const void *wanted, size_t *at) {
  size_t low = 0, high = order->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const int sign = compare(wanted, order->items[middle]);
    if (sign == 0) {
      *at = middle;
      return true;
    }
    if (sign < 0)
      high = middle;
    else
      low = middle + 1;
  }
  *at = low;
  return false;
}

bool bwi_order_insert(bwi_order *order, size_t at, uint32_t item) {
  if (order->count == order->capacity) {
    const size_t wide = order->capacity == 0 ? 16 : 2 * order->capacity;
    uint32_t *items = bwi_realloc(order->items, order->capacity, wide, sizeof *items);
    if (items == NULL) return false;
    order->items = items;
    order->capacity = wide;
  }
  memmove(order->items + at + 1, order->items + at, (order->count - at) * sizeof *order->items);
  order->items[at] = item;
  order->count++;
  return true;
}

void bwi_order_free(bwi_order *order) {
  bwi_free(order->items);
  *order = (bwi_order){0};
}
