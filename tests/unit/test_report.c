/* SPDX-License-Identifier: Apache-2.0 */
/* Every format of every kind of outcome: sound, below its gate, blocked, stopped before the end. */
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "eval/evaluation.h"
#include "report/cells.h"
#include "report/markup.h"
#include "report/report.h"
#include "support/sweep.h"
#include "support/toy.h"
#include "support/unit.h"

static const char hostile_title[] = "a<b>&\"c'\x01.mlxfn";

typedef enum kind { SOUND, BELOW_GATE, BLOCKED, STOPPED, N_KINDS } kind;

static toy honest, masked;
static bw_dataset *pictures;
static bw_model *models[2];
static bw_evaluation *evaluations[N_KINDS];

static int stop_after_two_attacks(const bw_tick *tick, void *payload) {
  (void)payload;
  return strncmp(tick->phase, "noise", 5) == 0;
}

static bw_evaluation *evaluate(bw_model *model, bool stopped) {
  bw_evaluation_options o;
  bw_evaluation_options_init(&o, sizeof o);
  o.eps = 0.1;
  o.n_budgets = 2;
  o.attacks = "fgsm,pgd:steps=10,noise:draws=3,bim";
  if (stopped) o.progress.call = stop_after_two_attacks;
  bw_evaluation *e = NULL;
  bw_error err = {0};
  const bw_status status = bw_evaluation_run(&e, model, pictures, &o, &err);
  if (status != (stopped ? BW_ECANCEL : BW_OK)) fail_msg("%s", err.text);
  return e;
}

static int setup(void **state) {
  (void)state;
  toy_train(&honest, TOY_HONEST);
  toy_train(&masked, TOY_QUANTISED);
  pictures = toy_data(60, 1);
  models[0] = toy_model(&honest);
  models[1] = toy_model(&masked);
  evaluations[SOUND] = evaluate(models[0], false);
  evaluations[BELOW_GATE] = evaluate(models[0], false);
  evaluations[BLOCKED] = evaluate(models[1], false);
  evaluations[STOPPED] = evaluate(models[0], true);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  for (int k = 0; k < N_KINDS; k++) bw_evaluation_free(evaluations[k]);
  for (int k = 0; k < 2; k++) bw_model_free(models[k]);
  bw_dataset_free(pictures);
  return 0;
}

static bw_report_options options_of(kind k) {
  bw_report_options o;
  bw_report_options_init(&o, sizeof o);
  o.title = hostile_title;
  o.model_path = "models/<x>.mlxfn";
  o.data_path = "test.npz";
  o.fail_under = k == BELOW_GATE ? 0.99 : k == SOUND ? 0.01 : NAN;
  return o;
}

static char *render(kind k, bw_report_format format, bool colour) {
  bw_report_options o = options_of(k);
  o.colour = colour;
  char *text = NULL;
  size_t bytes = 0;
  assert_int_equal(bw_evaluation_report(&text, &bytes, evaluations[k], format, &o, NULL), BW_OK);
  assert_int_equal(strlen(text), bytes);
  return text;
}

static void assert_holds(const char *text, const char *wanted) {
  if (strstr(text, wanted) == NULL) fail_msg("'%s' is not in:\n%.2000s", wanted, text);
}

static void assert_lacks(const char *text, const char *unwanted) {
  if (strstr(text, unwanted) != NULL) fail_msg("'%s' is in the report", unwanted);
}

static void test_text(void **state) {
  (void)state;
  static const char *const wanted[N_KINDS] = {"Gate passed. No attack of this suite", "Gate failed.",
                                              "Not to be relied on", "Incomplete"};
  for (int k = 0; k < N_KINDS; k++) {
    char *text = render((kind)k, BW_REPORT_TEXT, false);
    assert_holds(text, wanted[k]);
    assert_holds(text, "clean");
    assert_holds(text, "linf eps=0.1 steps=10 step=0.025 restarts=1 loss=ce");
    assert_lacks(text, "\x1b");
    assert_lacks(text, "nan");
    assert_lacks(text, "robust ");
    char left[48];
    const bw_attack_summary second = bw_evaluation_attack(evaluations[k], 1);
    snprintf(left, sizeof left, "  %-10s %7.2f %%  [", second.name, 100 * second.remaining.value);
    assert_holds(text, left);
    bw_text_free(text);
    text = render((kind)k, BW_REPORT_TEXT, true);
    assert_holds(text, "\x1b[1m");
    bw_text_free(text);
  }
  char *text = render(BLOCKED, BW_REPORT_TEXT, false);
  assert_holds(text, "gradient-present");
  bw_text_free(text);
}

static bwi_json *parse(const char *text) {
  bwi_json *document = NULL;
  bw_error err = {0};
  if (bwi_json_parse(&document, (bwi_bytes){(const uint8_t *)text, strlen(text)}, 100000, &err) != BW_OK)
    fail_msg("%s", err.text);
  return document;
}

static double number_at(const bwi_json *d, bwi_json_at object, const char *key) {
  const bwi_json_at at = bwi_json_find(d, object, key);
  assert_true(at >= 0 && bwi_json_kind_of(d, at) == BWI_JSON_NUMBER);
  return bwi_json_number_of(d, at);
}

static size_t count_children(const bwi_json *d, bwi_json_at at) {
  size_t n = 0;
  for (bwi_json_at child = bwi_json_first(d, at); child >= 0; child = bwi_json_next(d, child)) n++;
  return n;
}

static void check_attacks(const bwi_json *d, const bw_evaluation *e) {
  uint32_t k = 0;
  for (bwi_json_at at = bwi_json_first(d, bwi_json_find(d, 0, "attacks")); at >= 0;
       at = bwi_json_next(d, at), k++) {
    const bw_attack_summary a = bw_evaluation_attack(e, k);
    assert_true(number_at(d, bwi_json_find(d, at, "remaining"), "hits") == (double)a.remaining.hits);
    assert_true(number_at(d, at, "attacked") == (double)a.attacked);
    assert_true(number_at(d, at, "broken") == (double)a.broken);
    assert_true(number_at(d, at, "broken_8bit") == (double)a.broken_8bit);
    const bwi_json_at points = bwi_json_find(d, at, "by_queries");
    assert_int_equal(count_children(d, points), a.n_query_points);
    if (a.n_query_points == 0) continue;
    const bw_query_point first = bw_evaluation_query_point(e, k, 0);
    assert_true(number_at(d, bwi_json_first(d, points), "queries") == (double)first.queries);
    assert_true(number_at(d, bwi_json_find(d, bwi_json_first(d, points), "broken"), "hits") ==
                (double)first.broken.hits);
  }
}

static void test_json(void **state) {
  (void)state;
  for (int k = 0; k < N_KINDS; k++) {
    const bw_evaluation_summary s = bw_evaluation_summarise(evaluations[k]);
    char *text = render((kind)k, BW_REPORT_JSON, false);
    bwi_json *d = parse(text);
    const bwi_json_at robust = bwi_json_find(d, 0, "robust_accuracy"), checks = bwi_json_find(d, 0, "checks");
    assert_true(number_at(d, robust, "value") == s.robust_accuracy.value);
    assert_true(number_at(d, robust, "low") == s.robust_accuracy.low);
    assert_true(number_at(d, bwi_json_find(d, 0, "clean_accuracy"), "hits") == (double)s.clean_accuracy.hits);
    assert_true(number_at(d, 0, "eps") == 0.1);
    assert_int_equal(count_children(d, checks), s.n_checks);
    assert_int_equal(count_children(d, bwi_json_find(d, 0, "attacks")), k == STOPPED ? 2 : 4);
    assert_int_equal(count_children(d, bwi_json_find(d, 0, "curve")), s.n_budgets);
    const bwi_json_at complete = bwi_json_find(d, 0, "complete");
    assert_int_equal(bwi_json_number_of(d, complete), k != STOPPED);
    const bwi_json_at samples = bwi_json_find(d, 0, "per_sample");
    assert_int_equal(count_children(d, bwi_json_find(d, samples, "broken_by")), 60);
    bwi_json_at predicted = bwi_json_first(d, bwi_json_find(d, samples, "adversarial_prediction"));
    bwi_json_at by = bwi_json_first(d, bwi_json_find(d, samples, "broken_by"));
    for (uint64_t i = 0; i < 60; i++) {
      const bw_evaluated_sample sample = bw_evaluation_sample(evaluations[k], i);
      assert_true(bwi_json_number_of(d, predicted) == sample.adversarial_prediction);
      assert_true(bwi_json_number_of(d, by) == sample.broken_by);
      predicted = bwi_json_next(d, predicted);
      by = bwi_json_next(d, by);
    }
    check_attacks(d, evaluations[k]);
    bwi_json_free(d);
    bw_text_free(text);
  }
}

/* Every element is closed, in order; attributes are quoted; nothing is left unescaped. */
static void assert_well_formed(const char *text, const char *const *void_elements) {
  char open[64][24];
  int depth = 0;
  for (const char *at = strchr(text, '<'); at != NULL; at = strchr(at, '<')) {
    const char *end = strchr(at, '>');
    assert_non_null(end);
    const char *inside = at + 1;
    const bool closes = *inside == '/';
    if (closes) inside++;
    char name[24] = "";
    sscanf(inside, "%23[a-zA-Z0-9]", name);
    bool is_void = end[-1] == '/' || at[1] == '!' || at[1] == '?';
    for (const char *const *v = void_elements; *v != NULL; v++) is_void |= strcmp(*v, name) == 0;
    if (closes) {
      if (depth == 0 || strcmp(open[depth - 1], name) != 0)
        fail_msg("</%s> closes <%s>", name, depth > 0 ? open[depth - 1] : "nothing");
      depth--;
    } else if (!is_void) {
      assert_true(depth < 64);
      snprintf(open[depth++], sizeof open[0], "%s", name);
    }
    at = end;
  }
  if (depth != 0) fail_msg("<%s> is not closed", open[depth - 1]);
  for (const char *at = strchr(text, '&'); at != NULL; at = strchr(at + 1, '&')) {
    char entity[8] = "";
    if (sscanf(at, "&%7[a-z0-9#];", entity) != 1) fail_msg("a bare ampersand: %.20s", at);
  }
}

static int count(const char *text, const char *part) {
  int n = 0;
  for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) n++;
  return n;
}

static void test_junit(void **state) {
  (void)state;
  static const char *const none[] = {NULL};
  for (int k = 0; k < N_KINDS; k++) {
    const bw_evaluation_summary s = bw_evaluation_summarise(evaluations[k]);
    char *text = render((kind)k, BW_REPORT_JUNIT, false);
    assert_well_formed(text, none);
    int blocked = 0;
    for (uint32_t c = 0; c < s.n_checks; c++)
      blocked += bw_evaluation_check(evaluations[k], c)->outcome == BW_CHECK_BLOCKED;
    const int failures = blocked + (k == BELOW_GATE) + (k == STOPPED);
    char figure[32];
    snprintf(figure, sizeof figure, "failures=\"%d\"", failures);
    assert_holds(text, figure);
    assert_int_equal(count(text, "<failure "), failures);
    snprintf(figure, sizeof figure, "tests=\"%d\"", count(text, "<testcase "));
    assert_holds(text, figure);
    bw_text_free(text);
  }
}

static void test_html(void **state) {
  (void)state;
  static const char *const void_elements[] = {"meta", "img", "li", NULL}; /* li: need not be closed */
  for (int k = 0; k < N_KINDS; k++) {
    char *text = render((kind)k, BW_REPORT_HTML, false);
    const char *body = strstr(text, "</style>");
    assert_non_null(body);
    assert_well_formed(text, void_elements);
    assert_lacks(text, "http");
    assert_lacks(text, "<script");
    assert_lacks(text, "url(");
    assert_lacks(text, "<b>&\"c");
    assert_holds(text, "a&lt;b&gt;&amp;&quot;c&#39;.mlxfn");
    assert_lacks(body, "nan");
    if (strstr(text, "<img") != NULL)
      assert_holds(text, "data:image/png;base64,iVBORw0KGgo"); /* PNG's signature */
    if (k == BLOCKED) assert_holds(text, "untrusted");
    bw_text_free(text);
  }
}

/* ---- a report made by hand ---- */

enum { N_BY_HAND = BWI_MOST_CELLS + 1 };

typedef struct by_hand {
  bw_attack_summary attacks[3];
  bw_query_point points[6];
  bw_evaluated_sample samples[N_BY_HAND];
  bwi_report_universal universal;
  bwi_report report;
} by_hand;

/* Of four samples one was wrong when clean, and pgd and square broke one each; the others stand. */
static void make(by_hand *m, uint64_t n_samples) {
  *m = (by_hand){
      .attacks = {{.name = "pgd", .configuration = "", .remaining.value = 0.75},
                  {.name = "square", .configuration = "", .remaining.value = 0.5, .n_query_points = 3},
                  {.name = "boundary",
                   .configuration = "",
                   .remaining.value = 0.25,
                   .n_query_points = 3,
                   .nearest = 1}},
      .points = {{1, {.value = 0}, NAN},
                 {16, {.value = 0.2}, 3},
                 {256, {.value = 0.4}, 2},
                 {1, {.value = 0.1}, NAN},
                 {16, {.value = 0.4}, 0.4},
                 {256, {.value = 0.4}, 0.2}},
      .universal = {"uap", "universal perturbation", "shown <10> times", {"foobar", 6}},
  };
  for (uint64_t i = 0; i < n_samples; i++) {
    static const int32_t broken_by[] = {0, -1, -1, 1};
    m->samples[i] =
        (bw_evaluated_sample){.origin = i + 7, .clean_prediction = i % 4 == 2, .broken_by = broken_by[i % 4]};
  }
  m->report = (bwi_report){
      .summary = {.complete = 1, .n_attacks = 3, .eps = 0.3, .clean_accuracy.value = 1},
      .attacks = m->attacks,
      .query_points = m->points,
      .n_samples = n_samples,
      .samples = m->samples,
      .n_universals = 1,
      .universals = &m->universal,
      .model_digest = "",
      .data_digest = "",
      .confidence = 0.95,
  };
}

static char *page(const by_hand *m) {
  bwi_buffer out = {0};
  const bw_report_options o = options_of(SOUND);
  bwi_report_html(&out, &m->report, &o);
  assert_false(out.failed);
  return out.data;
}

static void test_charts(void **state) {
  (void)state;
  static const char *const void_elements[] = {"meta", "img", "li", "br", NULL};
  static by_hand m;
  make(&m, 4);
  char *text = page(&m);
  assert_well_formed(text, void_elements);
  static const char *const wanted[] = {
      /* 100, 75, 50, 25 % in four steps of (984 - 48) / 4, 170 high */
      "\"curve\" points=\"48.0,16.0 282.0,16.0 282.0,58.5 516.0,58.5 516.0,101.0 750.0,101.0 750.0,143.5 "
      "984.0,143.5 \"",
      "<rect class=\"drop a1\" x=\"516.0\" y=\"58.5\" width=\"234.0\" height=\"42.5\"/>",
      /* 2^0, 2^4 and 2^8 queries; up to 40 %, 210 high */
      "\"line a1\" points=\"48.0,226.0 516.0,121.0 984.0,16.0 \"",
      "\"line a2\" points=\"48.0,173.5 516.0,16.0 984.0,16.0 \"",
      /* of the attack that seeks the nearest, up to 0.4 */
      "\"line a2\" points=\"516.0,16.0 984.0,121.0 \"",
      "<li class=a0 data-row=7 title=\"7 pgd\"><li title=\"8 stands\"><li class=x title=\"9 wrong\"><li "
      "class=a1 title=\"10 square\">",
      "boundary <b>0</b>",
      "src=\"data:image/png;base64,Zm9vYmFy\"",
      "shown &lt;10&gt; times",
      ".a7{--c:var(--c7);--m:none;",
      ".a8{--c:var(--c0);--m:radial",
      ".a31{--c:var(--c7);--m:linear",
  };
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) assert_holds(text, wanted[i]);
  assert_int_equal(count(text, "class=\"line "), 3);
  bw_text_free(text);
}

static void test_size_of_cells(void **state) {
  (void)state;
  static by_hand m;
  make(&m, 10000);
  char *text = page(&m);
  const size_t many = strlen(text);
  bw_text_free(text);
  make(&m, 1000);
  text = page(&m);
  const size_t few = strlen(text);
  bw_text_free(text);
  assert_true(many - few < 31 * 9000); /* the longest, "<li class=a1 title=\"9999 square\">", has 33 */
  make(&m, N_BY_HAND);
  text = page(&m);
  assert_lacks(text, "data-row=");
  assert_holds(text, "The JSON report says");
  bw_text_free(text);
}

/* Reports are read by machines too: they have points in their numbers wherever they are written. */
static void test_locale(void **state) {
  (void)state;
  static const char *const with_comma[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE", NULL};
  const char *found = NULL;
  for (int i = 0; with_comma[i] != NULL && found == NULL; i++) found = setlocale(LC_NUMERIC, with_comma[i]);
  if (found == NULL) {
    printf("SKIP test_locale: no locale with a decimal comma is installed\n");
    return;
  }
  for (int format = BW_REPORT_TEXT; format <= BW_REPORT_HTML; format++) {
    char *here = render(SOUND, (bw_report_format)format, false);
    setlocale(LC_NUMERIC, "C");
    char *plain = render(SOUND, (bw_report_format)format, false);
    setlocale(LC_NUMERIC, found);
    assert_string_equal(here, plain);
    bw_text_free(here);
    bw_text_free(plain);
  }
  setlocale(LC_NUMERIC, "C");
}

static void test_markup(void **state) {
  (void)state;
  static const struct {
    const char *bytes, *base64;
  } rows[] = {{"", ""},
              {"f", "Zg=="},
              {"fo", "Zm8="},
              {"foo", "Zm9v"},
              {"foob", "Zm9vYg=="},
              {"fooba", "Zm9vYmE="},
              {"foobar", "Zm9vYmFy"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) { /* RFC 4648, section 10 */
    bwi_buffer out = {0};
    bwi_buffer_text(&out, "");
    bwi_markup_base64(&out, rows[i].bytes, strlen(rows[i].bytes));
    assert_string_equal(out.data, rows[i].base64);
    bwi_buffer_free(&out);
  }
}

static void test_budgets_as_people_write_them(void **state) {
  (void)state;
  static const struct {
    double eps;
    const char *text;
  } rows[] = {{0, "0"},         {0.3, "0.3"}, {8.0 / 255, "8/255"}, {16.0 / 255, "16/255"},
              {0.075, "0.075"}, {1, "1"},     {12, "12"},           {0.031, "0.031"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char text[24];
    bwi_report_eps(text, sizeof text, rows[i].eps);
    assert_string_equal(text, rows[i].text);
  }
}

static bw_status render_once(void *payload) {
  char *text = NULL;
  const bw_report_options o = options_of(SOUND);
  const bw_status status =
      bw_evaluation_report(&text, NULL, evaluations[SOUND], *(const bw_report_format *)payload, &o, NULL);
  if (status == BW_OK) bw_text_free(text);
  return status;
}

static void test_allocation_failures(void **state) {
  (void)state;
  for (int format = BW_REPORT_TEXT; format <= BW_REPORT_JUNIT; format++)
    assert_true(sweep_allocations(render_once, &format) > 3);
}

static void test_unknown_format(void **state) {
  (void)state;
  char *text = NULL;
  assert_int_equal(bw_evaluation_report(&text, NULL, evaluations[SOUND], (bw_report_format)9, NULL, NULL),
                   BW_EINVAL);
  assert_null(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_text),
      cmocka_unit_test(test_json),
      cmocka_unit_test(test_junit),
      cmocka_unit_test(test_html),
      cmocka_unit_test(test_charts),
      cmocka_unit_test(test_size_of_cells),
      cmocka_unit_test(test_locale),
      cmocka_unit_test(test_markup),
      cmocka_unit_test(test_budgets_as_people_write_them),
      cmocka_unit_test(test_allocation_failures),
      cmocka_unit_test(test_unknown_format),
  };
  return cmocka_run_group_tests_name("report", tests, setup, teardown);
}
