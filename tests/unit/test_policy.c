/* SPDX-License-Identifier: Apache-2.0 */
/* Policies of audits: every rule is read, and what is no rule is refused. */
#include <string.h>

#include "audit/policy.h"
#include "support/refusals.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bwi_policy policy_of(const char *path) {
  const bwi_bytes bytes = tests_file(path);
  bwi_policy policy;
  bw_error err;
  if (bwi_policy_read(&policy, bytes, "where", &err) != BW_OK) fail_msg("%s: %s", path, err.text);
  bwi_free((void *)bytes.data);
  return policy;
}

static void reads_every_rule(void **state) {
  (void)state;
  bwi_policy p = policy_of("fuzz/corpus/policy/ok-all");
  assert_int_equal(p.owners.count, 2);
  assert_int_equal(p.owners.items[0], 0);
  assert_int_equal(p.owners.items[1], 1000);
  assert_int_equal(p.groups.count, 1);
  assert_int_equal(p.mode, 0640);
  assert_int_equal(p.folder_mode, 0750);
  assert_true(p.no_acl);
  assert_true(p.parents);
  assert_int_equal(p.symlinks, BWI_SYMLINKS_INSIDE);
  assert_true(p.seal.wanted);
  assert_int_equal(p.seal.keys.count, 2);
  assert_string_equal(p.seal.keys.items[0], "where/seal.pub");
  assert_string_equal(p.seal.keys.items[1], "/etc/seal.pub");
  assert_string_equal(p.seal.signature, "where/data.sig");
  assert_int_equal(p.seal.max_days, 90);
  assert_string_equal(p.log.path, "where/events");
  assert_string_equal(p.log.key, "where/log.key");
  assert_string_equal(p.log.seen, "where/../seen");
  assert_string_equal(p.log.events.items[1], "approve");
  bwi_policy_clear(&p);
}

static void checks_nothing_unasked(void **state) {
  (void)state;
  bwi_policy p = policy_of("fuzz/corpus/policy/ok-empty");
  assert_null(p.owners.items);
  assert_null(p.groups.items);
  assert_int_equal(p.mode, -1);
  assert_int_equal(p.folder_mode, -1);
  assert_false(p.no_acl || p.parents || p.seal.wanted);
  assert_int_equal(p.symlinks, BWI_SYMLINKS_ANY);
  assert_null(p.log.path);
  bwi_policy_clear(&p);
}

static bw_status read_policy(bwi_bytes bytes, bw_error *err) {
  bwi_policy policy;
  const bw_status status = bwi_policy_read(&policy, bytes, "where", err);
  if (status == BW_OK) bwi_policy_clear(&policy);
  return status;
}

/* clang-format off */
static const refusal refusals[] = {
    {"format-empty", 0, ""},
    {"format-list", 0, "here should be an object"},
    {"format-rule", 10, "there is no rule \"modes\" here"},
    {"format-rule-seal", 37, "there is no rule \"max-days\" here"},
    {"format-mode-number", 9, "a mode must be as \"0640\""},
    {"format-mode-digit", 9, "a mode must be as \"0640\""},
    {"format-mode-long", 9, "a mode must be as \"0640\""},
    {"format-mode-large", 9, "a mode must be as \"0640\""},
    {"format-mode-empty", 9, "a mode must be as \"0640\""},
    {"format-owners-empty", 11, "here should be a list with something in it"},
    {"format-owners-text", 11, "here should be a list with something in it"},
    {"format-owners-negative", 12, "here should be a name or its number"},
    {"format-owners-half", 12, "here should be a name or its number"},
    {"format-owners-large", 12, "here should be a name or its number"},
    {"format-owner-name", 12, "there is no user nobody-has-this-name"},
    {"format-flag", 12, "here should be true or false"},
    {"format-symlinks", 13, "here should be \"any\", \"inside\" or \"none\""},
    {"format-seal-flag", 9, "here should be an object"},
    {"format-seal-keys", 9, "a seal needs \"keys\" that are trusted"},
    {"format-seal-days", 37, "here should be a number of days"},
    {"format-path-empty", 17, "here should be a path"},
    {"format-path-nul", 17, "here should be a path"},
    {"format-log-path", 8, "a log needs a \"path\""},
    {"format-events", 33, "here should be a text"},
    {"limit-nodes", 12294, "more than 4096 values"},
};
/* clang-format on */

static void refuses_what_is_no_rule(void **state) {
  (void)state;
  check_refusals("policy", refusals, COUNT(refusals), read_policy);
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  assert_true(check_allocations("fuzz/corpus/policy/ok-all", read_policy) > 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_every_rule),
      cmocka_unit_test(checks_nothing_unasked),
      cmocka_unit_test(refuses_what_is_no_rule),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
