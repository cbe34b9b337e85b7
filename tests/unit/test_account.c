/* SPDX-License-Identifier: Apache-2.0 */
/* Users, groups and access lists of the system that the tests run on. */
#include <stdio.h>

#include "base/account.h"
#include "support/scratch.h"
#include "support/sweep.h"
#include "support/unit.h"

#ifdef __linux__
#include <sys/xattr.h>
#endif

static void knows_root(void **state) {
  (void)state;
  uint32_t id = 7;
  bw_error err;
  assert_int_equal(bwi_user_id(&id, "root", &err), BW_OK);
  assert_int_equal(id, 0);
  assert_int_equal(bwi_user_id(&id, "nobody-has-this-name", &err), BW_EINVAL);
  assert_string_equal(err.text, "there is no user nobody-has-this-name");
  assert_int_equal(bwi_group_id(&id, "no-group-has-this-name", &err), BW_EINVAL);
  assert_string_equal(err.text, "there is no group no-group-has-this-name");
  assert_int_equal(id, 0);
}

#ifdef __linux__
static void sees_access_lists(void **state) {
  (void)state;
  /* Version 2; owner rw, user 7 rw, group r, mask rw, others none: tag, permissions, id, little-endian. */
  static const unsigned char list[] = {2, 0, 0,   0,   1,   0,   6,  0, 255, 255, 255, 255, 2,   0,  6,
                                       0, 7, 0,   0,   0,   4,   0,  4, 0,   255, 255, 255, 255, 16, 0,
                                       6, 0, 255, 255, 255, 255, 32, 0, 0,   0,   255, 255, 255, 255};
  scratch_put("file", "x", 1);
  assert_false(bwi_has_access_list(scratch("file")));
  assert_false(bwi_has_access_list(scratch("none")));
  if (setxattr(scratch("file"), "system.posix_acl_access", list, sizeof list, 0) != 0) {
    printf("SKIP sees_access_lists: the file system keeps none\n");
    return;
  }
  assert_true(bwi_has_access_list(scratch("file")));
}
#endif

static bw_status look_up(void *payload) {
  uint32_t id = 0;
  (void)payload;
  BW_TRY(bwi_user_id(&id, "root", NULL));
  return bwi_group_id(&id, "no-group-has-this-name", NULL) == BW_ENOMEM ? BW_ENOMEM : BW_OK;
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  assert_int_equal(sweep_allocations(look_up, NULL), 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(knows_root),
#ifdef __linux__
      cmocka_unit_test(sees_access_lists),
#endif
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
