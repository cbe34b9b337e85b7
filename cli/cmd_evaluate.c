/* SPDX-License-Identifier: Apache-2.0 */
/* bulwark evaluate: a suite of attacks, checked for soundness, as a table, a page and a gate. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

typedef struct settings {
  cli_inputs inputs;
  const char *attacks, *html, *junit, *resume, *title;
  double fail_under, confidence;
  uint64_t samples, budgets;
  bool json, no_html, no_checks;
} settings;

static const cli_option options[] = {
    {"attacks", 'a', CLI_TEXT, "LIST",
     "attacks with options, such as fgsm,pgd:steps=100:restarts=5 (default: autoattack; square if MODEL "
     "gives no gradients); each gets what those before it left",
     offsetof(settings, attacks), NULL},
    {"samples", 'n', CLI_COUNT, "N", "attack a random part of N samples (default: all)",
     offsetof(settings, samples), NULL},
    {"budgets", 0, CLI_COUNT, "N", "points of the accuracy curve (default 8; 0: no curve)",
     offsetof(settings, budgets), NULL},
    {"fail-under", 0, CLI_REAL, "RATE", "gate: exit with 1 if the robust accuracy is below RATE, such as 0.6",
     offsetof(settings, fail_under), NULL},
    {"json", 'j', CLI_FLAG, NULL, "print JSON instead of the table", offsetof(settings, json), NULL},
    {"html", 0, CLI_TEXT, "FILE", "where the page goes (default bulwark-report.html)",
     offsetof(settings, html), NULL},
    {"no-html", 0, CLI_FLAG, NULL, "write no page", offsetof(settings, no_html), NULL},
    {"junit", 0, CLI_TEXT, "FILE", "write checks and gate as JUnit XML", offsetof(settings, junit), NULL},
    {"title", 0, CLI_TEXT, "TEXT", "title of the page", offsetof(settings, title), NULL},
    {"resume", 'r', CLI_TEXT, "FILE", "keep finished work in FILE, and go on from it if it is there",
     offsetof(settings, resume), NULL},
    {"confidence", 0, CLI_REAL, "LEVEL", "of the intervals (default 0.95)", offsetof(settings, confidence),
     NULL},
    {"no-checks", 0, CLI_FLAG, NULL,
     "leave out the soundness checks that cost extra runs; the report says so", offsetof(settings, no_checks),
     NULL},
};

static int run(int argc, char **argv);

const cli_command cmd_evaluate = {
    .name = "evaluate",
    .arguments = "MODEL DATA",
    .summary = "measure how much accuracy survives a suite of attacks",
    .description =
        "Attacks MODEL (a .mlxfn file) on DATA (npz, npy, safetensors, IDX, IDX.gz or CIFAR-10 binary), "
        "checks that the attack "
        "itself was sound, prints a table and writes a page. Exit code 0: sound and above the gate; 1: below "
        "the gate, or a "
        "blocking check failed, so that the figure must not be relied on.",
    .examples =
        "  bulwark evaluate model.mlxfn test.npz\n"
        "  bulwark evaluate model.mlxfn t10k-images-idx3-ubyte.gz --eps 0.1 --samples 1000\n"
        "  bulwark evaluate model.mlxfn test.npz --attacks pgd:steps=100:restarts=5,mi-fgsm\n"
        "  bulwark evaluate model.mlxfn test.npz --fail-under 0.6 --junit robust.xml --json > robust.json\n"
        "  bulwark evaluate model.mlxfn test.npz --resume run.state  # Ctrl-C, then the same line again\n",
    .reads_inputs = true,
    .n_options = sizeof options / sizeof *options,
    .options = options,
    .run = run,
};

static bw_evaluation_options evaluation_options(const settings *s, const char *common) {
  bw_evaluation_options o;
  bw_evaluation_options_init(&o, sizeof o);
  o.attacks = s->attacks;
  o.attack_options = common;
  o.norm = (bw_norm)s->inputs.norm;
  o.eps = s->inputs.eps;
  o.n_budgets = (uint32_t)s->budgets;
  o.samples = s->samples;
  o.seed = s->inputs.seed;
  o.threads = (uint32_t)s->inputs.threads;
  o.batch = (uint32_t)s->inputs.batch;
  o.checks = !s->no_checks;
  o.confidence = s->confidence;
  o.resume_path = s->resume;
  o.progress = cli_progress(s->inputs.quiet);
  return o;
}

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

/* Renders one format to a file, or to standard output for "-". */
static int write_report(const bw_evaluation *e, bw_report_format format, const bw_report_options *o,
                        const char *path) {
  bw_error err = {0};
  char *text = NULL;
  size_t bytes = 0;
  if (bw_evaluation_report(&text, &bytes, e, format, o, &err) != BW_OK)
    return cli_report_error("report", &err);
  const int code = cli_write_file(path, text, bytes);
  bw_text_free(text);
  return code;
}

static int write_reports(const bw_evaluation *e, const settings *s, char **operands) {
  bw_report_options o;
  bw_report_options_init(&o, sizeof o);
  o.title = s->title != NULL ? s->title : base_name(operands[1]);
  o.model_path = operands[1];
  o.data_path = operands[2];
  o.fail_under = s->fail_under;
  o.colour = isatty(STDOUT_FILENO);
  int code = write_report(e, s->json ? BW_REPORT_JSON : BW_REPORT_TEXT, &o, "-");
  if (code == CLI_CLEAN && s->junit != NULL) code = write_report(e, BW_REPORT_JUNIT, &o, s->junit);
  if (code == CLI_CLEAN && !s->no_html) {
    code = write_report(e, BW_REPORT_HTML, &o, s->html);
    if (code == CLI_CLEAN) fprintf(s->json ? stderr : stdout, "Page: %s\n", s->html);
  }
  return code;
}

static int verdict(const bw_evaluation *e, const settings *s) {
  const bw_evaluation_summary summary = bw_evaluation_summarise(e);
  if (!summary.complete) return CLI_INTERRUPTED;
  if (summary.blocked) return CLI_FINDING;
  return !isnan(s->fail_under) && summary.robust_accuracy.value < s->fail_under ? CLI_FINDING : CLI_CLEAN;
}

static void note_unchecked_export(const bw_model *model, const char *path) {
  if (bw_model_pair_checked(model)) return;
  fprintf(stderr,
          "bulwark: note: no input/output pair lies beside %s, so MLX's export could not be checked; "
          "python/bulwark_export.py writes one\n",
          path);
}

static int evaluate(const settings *s, const cli_opened *in, char **operands) {
  bw_error err = {0};
  bw_evaluation *evaluation = NULL;
  note_unchecked_export(in->model, operands[1]);
  char common[64];
  bw_evaluation_options o = evaluation_options(s, cli_common_options(&s->inputs, common));
  o.surrogate = in->surrogate;
  const bw_status status = bw_evaluation_run(&evaluation, in->model, in->dataset, &o, &err);
  cli_progress_end();
  if (status != BW_OK && status != BW_ECANCEL) return cli_report_error("evaluate", &err);
  if (status == BW_ECANCEL && s->resume != NULL)
    fprintf(stderr, "bulwark: interrupted: the same command goes on from %s\n", s->resume);
  int code = write_reports(evaluation, s, operands);
  if (code == CLI_CLEAN) code = verdict(evaluation, s);
  bw_evaluation_free(evaluation);
  return code;
}

static int check_settings(const settings *s) {
  const int code = cli_check_inputs(&cmd_evaluate, &s->inputs);
  if (code >= 0) return code;
  if (!isnan(s->fail_under) && (s->fail_under < 0 || s->fail_under > 1))
    return cli_usage_error(&cmd_evaluate, "--fail-under must be from 0 to 1, such as 0.6");
  if (s->confidence <= 0 || s->confidence >= 1)
    return cli_usage_error(&cmd_evaluate, "--confidence must be between 0 and 1");
  if (s->budgets > 1000) return cli_usage_error(&cmd_evaluate, "--budgets is out of range");
  return -1;
}

static int run(int argc, char **argv) {
  settings s = {
      .inputs.eps = NAN, .fail_under = NAN, .confidence = 0.95, .budgets = 8, .html = "bulwark-report.html"};
  int n = 0;
  int code = cli_parse(&cmd_evaluate, &s, argc, argv, 2, 2, &n);
  if (code < 0) code = check_settings(&s);
  if (code >= 0) return code;
  cli_opened in = {0};
  code = cli_open(&in, &s.inputs, argv[1], argv[2]);
  if (code == CLI_CLEAN) code = evaluate(&s, &in, argv);
  cli_close(&in);
  return code;
}
