/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/order.h"

#include "support/sweep.h"
#include "support/unit.h"

typedef struct wanted {
  const uint32_t *list;
  uint32_t value;
} wanted;

static int compare(const void *payload, uint32_t item) {
  const wanted *w = payload;
  return (w->value > w->list[item]) - (w->value < w->list[item]);
}

enum { ITEMS = 1000 };

/* Each value of a list of distinct ones, in an order that is neither up nor down; 0 without memory. */
static size_t insert_all(bwi_order *order, uint32_t *list) {
  for (uint32_t i = 0; i < ITEMS; i++) {
    size_t at = 0;
    list[i] = i * 7919 % ITEMS;
    const wanted w = {list, list[i]};
    assert_false(bwi_order_find(order, compare, &w, &at));
    if (!bwi_order_insert(order, at, i)) return 0;
    assert_true(bwi_order_find(order, compare, &w, &at));
    assert_int_equal(order->items[at], i);
  }
  return order->count;
}

static void keeps_items_in_order(void **state) {
  (void)state;
  bwi_order order = {0};
  uint32_t list[ITEMS];
  assert_int_equal(insert_all(&order, list), ITEMS);
  for (uint32_t i = 0; i < ITEMS; i++) assert_int_equal(list[order.items[i]], i);
  size_t at = 0;
  const wanted beyond = {list, ITEMS};
  assert_false(bwi_order_find(&order, compare, &beyond, &at));
  assert_int_equal(at, ITEMS);
  bwi_order_free(&order);
}

static bw_status insert_some(void *payload) {
  bwi_order order = {0};
  const size_t count = insert_all(&order, payload);
  bwi_order_free(&order);
  return count == ITEMS ? BW_OK : BW_ENOMEM;
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  uint32_t list[ITEMS];
  assert_true(sweep_allocations(insert_some, list) > 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keeps_items_in_order),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
