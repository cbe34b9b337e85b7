/* SPDX-License-Identifier: Apache-2.0 */
/* What came from what: trees of events. An artifact's digest is its letter 64 times. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "log/lineage.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static char digests[256][65];

static const char *digest_of(char letter) {
  char *digest = digests[(unsigned char)letter];
  memset(digest, letter, 64);
  return digest;
}

/* "m<dc": an event that makes m from d and c; upper-case letters are addresses without a digest. */
static bw_status add(bwi_lineage *l, const char *what, const char *text) {
  bwi_event e = {.arena = bwi_arena_create(0), .what = what, .type = "", .time = "", .by = ""};
  if (e.arena == NULL) return BW_ENOMEM;
  const size_t n = strlen(text);
  bwi_artifact *all = bwi_arena_get(e.arena, n, sizeof *all);
  if (all == NULL) {
    bwi_event_clear(&e);
    return BW_ENOMEM;
  }
  for (size_t i = 0, k = 0; i < n; i++) {
    if (text[i] == '<') {
      e.n_subjects = k;
      continue;
    }
    static char names[256][2];
    char *name = names[(unsigned char)text[i]];
    name[0] = text[i];
    all[k++] = (bwi_artifact){name, (unsigned char)text[i] >= 'a' ? digest_of(text[i]) : ""};
  }
  e.subjects = all;
  e.materials = all + e.n_subjects;
  e.n_materials = n - 1 - e.n_subjects;
  return bwi_lineage_add(l, &e, NULL);
}

static bwi_lineage lineage_of(char root, size_t count, const char *const *events) {
  bwi_lineage l = {0};
  for (size_t i = 0; i < count; i++) assert_int_equal(add(&l, "make", events[i]), BW_OK);
  assert_int_equal(bwi_lineage_trace(&l, digest_of(root), NULL), BW_OK);
  return l;
}

static const char *const story[] = {"d<D", "c<C", "m<dc", "x<y", "r<", "m<"};

static void draws_the_tree(void **state) {
  (void)state;
  bwi_lineage l = lineage_of('m', COUNT(story), story);
  bwi_buffer out = {0};
  bwi_lineage_write_tree(&out, &l);
  assert_string_equal(out.data,
                      "m  sha256:mmmmmmmmmmmm\n"
                      "├─ make #2\n"
                      "│  ├─ d  sha256:dddddddddddd\n"
                      "│  │  └─ make #0\n"
                      "│  │     └─ D\n"
                      "│  └─ c  sha256:cccccccccccc\n"
                      "│     └─ make #1\n"
                      "│        └─ C\n"
                      "└─ make #5\n");
  bwi_buffer_free(&out);
  bwi_lineage_clear(&l);
}

static void follows_what_leads_there_alone(void **state) {
  (void)state;
  bwi_lineage l = lineage_of('m', COUNT(story), story);
  static const bool wanted[] = {true, true, true, false, false, true};
  for (size_t i = 0; i < COUNT(story); i++) assert_int_equal(l.event_leads[i], wanted[i]);
  assert_false(l.artifact_leads[bwi_lineage_find(&l, &(bwi_artifact){"", digest_of('x')})]);
  assert_int_equal(bwi_lineage_find(&l, &(bwi_artifact){"", digest_of('q')}), l.n_artifacts);
  assert_int_equal(bwi_lineage_find(&l, &(bwi_artifact){"Q", ""}), l.n_artifacts);
  bwi_lineage_clear(&l);
}

/* Shared sources are followed once, circles end, and depth has an end. */
static void ends_whatever_the_events_say(void **state) {
  (void)state;
  static const char *const shared[] = {"b<a", "c<a", "m<bc", "a<A"};
  static const char *const circle[] = {"a<b", "b<a"};
  static const char *const self[] = {"a<a"};
  bwi_buffer out = {0};
  bwi_lineage l = lineage_of('m', COUNT(shared), shared);
  bwi_lineage_write_tree(&out, &l);
  assert_non_null(strstr(out.data, "│     └─ a  sha256:aaaaaaaaaaaa\n   │        └─ make #3\n"));
  assert_non_null(strstr(out.data, "      └─ a  sha256:aaaaaaaaaaaa  (see above)\n"));
  bwi_lineage_clear(&l);
  out.size = 0;
  l = lineage_of('a', COUNT(circle), circle);
  bwi_lineage_write_tree(&out, &l);
  assert_string_equal(out.data,
                      "a  sha256:aaaaaaaaaaaa\n└─ make #0\n   └─ b  sha256:bbbbbbbbbbbb\n"
                      "      └─ make #1\n         └─ a  sha256:aaaaaaaaaaaa  (see above)\n");
  bwi_lineage_clear(&l);
  out.size = 0;
  l = lineage_of('a', COUNT(self), self);
  bwi_lineage_write_tree(&out, &l);
  assert_string_equal(out.data,
                      "a  sha256:aaaaaaaaaaaa\n└─ make #0\n   └─ a  sha256:aaaaaaaaaaaa  (see above)\n");
  bwi_lineage_clear(&l);
  bwi_buffer_free(&out);
}

static void stops_where_it_is_too_deep(void **state) {
  (void)state;
  bwi_lineage l = {0};
  bwi_buffer out = {0};
  for (int i = 0; i < 100; i++) {
    const char text[] = {(char)(i + 128), '<', (char)(i + 127), '\0'};
    assert_int_equal(add(&l, "make", text), BW_OK);
  }
  assert_int_equal(bwi_lineage_trace(&l, digest_of((char)227), NULL), BW_OK);
  bwi_lineage_write_tree(&out, &l);
  size_t lines = 0;
  for (size_t i = 0; i < out.size; i++) lines += out.data[i] == '\n';
  assert_int_equal(lines, 64);
  bwi_buffer_free(&out);
  bwi_lineage_clear(&l);
}

static void writes_json_and_dot(void **state) {
  (void)state;
  bwi_lineage l = lineage_of('m', COUNT(story), story);
  bwi_buffer out = {0};
  bwi_json *d = NULL;
  bwi_lineage_write_json(&out, &l);
  assert_int_equal(bwi_json_parse(&d, (bwi_bytes){(const uint8_t *)out.data, out.size}, 1000, NULL), BW_OK);
  assert_string_equal(bwi_json_text_of(d, bwi_json_find(d, 0, "of"), NULL), digest_of('m'));
  size_t n = 0;
  for (bwi_json_at at = bwi_json_first(d, bwi_json_find(d, 0, "artifacts")); at >= 0;
       at = bwi_json_next(d, at))
    n++;
  assert_int_equal(n, 5);
  bwi_json_free(d);
  out.size = 0;
  bwi_lineage_write_dot(&out, &l);
  assert_non_null(strstr(out.data, "digraph lineage {"));
  assert_non_null(strstr(out.data, "[shape=ellipse, label=\"make #2\"];"));
  assert_null(strstr(out.data, "make #3"));
  bwi_buffer_free(&out);
  bwi_lineage_clear(&l);
}

/* Names come from whoever added the events. */
static void keeps_control_characters_away(void **state) {
  (void)state;
  bwi_lineage l = {0};
  bwi_buffer out = {0};
  static const bwi_artifact subject = {"a\x1b[2J\"\xff",
                                       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
  bwi_event e = {.what = "x\ny", .type = "", .time = "", .by = "", .subjects = &subject, .n_subjects = 1};
  assert_int_equal(bwi_lineage_add(&l, &e, NULL), BW_OK);
  assert_int_equal(bwi_lineage_trace(&l, subject.digest, NULL), BW_OK);
  bwi_lineage_write_tree(&out, &l);
  assert_string_equal(out.data, "a?[2J\"?  sha256:aaaaaaaaaaaa\n└─ x?y #0\n");
  out.size = 0;
  bwi_lineage_write_dot(&out, &l);
  assert_non_null(strstr(out.data, "label=\"a?[2J\\\"?\\naaaaaaaaaaaa\""));
  bwi_buffer_free(&out);
  bwi_lineage_clear(&l);
}

static bw_status trace_and_write(void *payload) {
  (void)payload;
  bwi_lineage l = {0};
  bwi_buffer out = {0};
  bw_status status = BW_OK;
  for (size_t i = 0; i < COUNT(story) && status == BW_OK; i++) status = add(&l, "make", story[i]);
  if (status == BW_OK) status = bwi_lineage_trace(&l, digest_of('m'), NULL);
  if (status == BW_OK) {
    bwi_lineage_write_tree(&out, &l);
    bwi_lineage_write_dot(&out, &l);
    status = out.failed ? BW_ENOMEM : BW_OK;
  }
  bwi_buffer_free(&out);
  bwi_lineage_clear(&l);
  return status;
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  assert_true(sweep_allocations(trace_and_write, NULL) > 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(draws_the_tree),
      cmocka_unit_test(follows_what_leads_there_alone),
      cmocka_unit_test(ends_whatever_the_events_say),
      cmocka_unit_test(writes_json_and_dot),
      cmocka_unit_test(keeps_control_characters_away),
      cmocka_unit_test(survives_every_failing_allocation),
      cmocka_unit_test(stops_where_it_is_too_deep),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
