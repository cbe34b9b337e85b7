/* SPDX-License-Identifier: Apache-2.0 */
#include "base/options.h"

#include <stddef.h>

#include "support/unit.h"

/* What a caller sees who was compiled before `added` was. */
typedef struct short_options {
  size_t struct_size;
  int steps;
} short_options;

typedef struct options {
  size_t struct_size;
  int steps;
  int added;
} options;

static const options standard = {sizeof(options), 40, 7};

static void test_an_older_caller_is_not_overrun(void **state) {
  (void)state;
  struct {
    short_options given;
    int guard;
  } caller = {{0, 0}, 99};
  bwi_options_init(&caller.given, sizeof caller.given, &standard, offsetof(options, added));
  assert_int_equal(caller.given.steps, 40);
  assert_int_equal(caller.guard, 99);

  options own = standard;
  caller.given.steps = 3;
  bwi_options_take(&own, sizeof own, &caller.given, offsetof(options, added));
  assert_int_equal(own.steps, 3);
  assert_int_equal(own.added, 7);
}

static void test_a_newer_caller_gives_what_is_known(void **state) {
  (void)state;
  struct {
    options known;
    int unknown;
  } caller = {{0, 0, 0}, 99};
  bwi_options_init(&caller, sizeof caller, &standard, sizeof standard);
  assert_int_equal(caller.known.added, 7);
  assert_int_equal(caller.unknown, 99);

  options own = standard;
  caller.known.added = 8;
  bwi_options_take(&own, sizeof own, &caller, sizeof caller);
  assert_int_equal(own.added, 8);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_an_older_caller_is_not_overrun),
      cmocka_unit_test(test_a_newer_caller_gives_what_is_known),
  };
  return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
