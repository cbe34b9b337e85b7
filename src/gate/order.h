/* SPDX-License-Identifier: Apache-2.0 */
/* The items of a list in order, so that a hostile file with very many of them costs no more than their
 * number. No hash: whoever makes the file could choose what collides. */
#ifndef GATE_ORDER_H
#define GATE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct bwi_order {
  uint32_t *items; /* places in the list */
  size_t count, capacity;
} bwi_order;

/* How what is wanted compares with the item: negative if it comes before it, 0 if it is that. */
typedef int (*bwi_order_fn)(const void *wanted, uint32_t item);

/* True if there is such an item; *at is its number in the order, or the one that it would get. */
bool bwi_order_find(const bwi_order *order, bwi_order_fn compare, const void *wanted, size_t *at);
/* Gives an item the number at; false without memory. */
bool bwi_order_insert(bwi_order *order, size_t at, uint32_t item);
void bwi_order_free(bwi_order *order);

#endif
