/* SPDX-License-Identifier: Apache-2.0 */
/* bulwark evaluate: a suite of attacks, checked for soundness, as a table, a page and a gate. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

typedef struct settings {
  const char *labels, *function, *attacks, *html, *junit, *resume, *title;
  double eps, fail_under, confidence;
  uint64_t samples, seed, threads, batch, budgets;
  int norm, precision;
  bool json, no_html, no_checks, quiet, reference;
} settings;

static const cli_option options[] = {
    {"norm", 0, CLI_CHOICE, "NORM", "norm of the perturbation: linf (default), l2, l1",
     offsetof(settings, norm), cli_norms},
    {"eps", 'e', CLI_REAL, "EPS",
     "budget, such as 0.3 or 8/255 (default: linf 0.3, l2 2, l1 10 for one channel; 8/255, 0.5, 12 for more)",
     offsetof(settings, eps), NULL},
    {"attacks", 'a', CLI_TEXT, "LIST",
     "attacks with options, such as fgsm,pgd:steps=100:restarts=5 (default: the standard suite)",
     offsetof(settings, attacks), NULL},
    {"samples", 'n', CLI_COUNT, "N", "attack a random part of N samples (default: all)",
     offsetof(settings, samples), NULL},
    {"seed", 's', CLI_COUNT, "SEED", "of every random choice (default 0)", offsetof(settings, seed), NULL},
    {"budgets", 0, CLI_COUNT, "N", "points of the accuracy curve (default 8; 0: no curve)",
     offsetof(settings, budgets), NULL},
    {"threads", 't', CLI_COUNT, "N", "worker threads (default: all processors); never changes a verdict",
     offsetof(settings, threads), NULL},
    {"batch", 'b', CLI_COUNT, "N", "samples in flight a thread (default: chosen); never changes a verdict",
     offsetof(settings, batch), NULL},
    {"precision", 0, CLI_CHOICE, "TYPE",
     "of the search for adversarial examples: float32 (default) or bfloat16; successes are verified in "
     "float32",
     offsetof(settings, precision), cli_precisions},
    {"labels", 'l', CLI_TEXT, "FILE", "labels, when they are not in DATA", offsetof(settings, labels), NULL},
    {"function", 0, CLI_TEXT, "NAME", "which function of MODEL, when it holds several",
     offsetof(settings, function), NULL},
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
    {"reference", 0, CLI_FLAG, NULL, "use the plain-C reference backend (slow)",
     offsetof(settings, reference), NULL},
    {"quiet", 'q', CLI_FLAG, NULL, "no progress", offsetof(settings, quiet), NULL},
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
    .n_options = sizeof options / sizeof *options,
    .options = options,
    .run = run,
};

static bw_evaluation_options evaluation_options(const settings *s) {
  bw_evaluation_options o;
  bw_evaluation_options_init(&o, sizeof o);
  o.attacks = s->attacks;
  o.norm = (bw_norm)s->norm;
  o.eps = s->eps;
  o.n_budgets = (uint32_t)s->budgets;
  o.samples = s->samples;
  o.seed = s->seed;
  o.threads = (uint32_t)s->threads;
  o.batch = (uint32_t)s->batch;
  o.checks = !s->no_checks;
  o.confidence = s->confidence;
  o.resume_path = s->resume;
  o.progress = cli_progress(s->quiet);
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

static int evaluate(const settings *s, char **operands) {
  bw_error err = {0};
  bw_model *model = NULL;
  bw_dataset *dataset = NULL;
  bw_evaluation *evaluation = NULL;
  bw_model_options mo;
  bw_model_options_init(&mo, sizeof mo);
  mo.function = s->function;
  mo.search = (bw_precision)s->precision;
  mo.reference = s->reference;
  bw_dataset_options dataset_options;
  bw_dataset_options_init(&dataset_options, sizeof dataset_options);
  dataset_options.labels_path = s->labels;
  int code = CLI_CLEAN;
  if (bw_model_open(&model, operands[1], &mo, &err) != BW_OK) {
    code = cli_report_error(operands[1], &err);
  } else if (bw_dataset_open(&dataset, operands[2], &dataset_options, &err) != BW_OK) {
    code = cli_report_error(operands[2], &err);
  } else {
    if (!bw_model_pair_checked(model))
      fprintf(stderr,
              "bulwark: note: no input/output pair lies beside %s, so MLX's export could not be checked; "
              "python/bulwark_export.py writes one\n",
              operands[1]);
    const bw_evaluation_options o = evaluation_options(s);
    const bw_status status = bw_evaluation_run(&evaluation, model, dataset, &o, &err);
    cli_progress_end();
    if (status != BW_OK && status != BW_ECANCEL) {
      code = cli_report_error("evaluate", &err);
    } else {
      if (status == BW_ECANCEL && s->resume != NULL)
        fprintf(stderr, "bulwark: interrupted: the same command goes on from %s\n", s->resume);
      code = write_reports(evaluation, s, operands);
      if (code == CLI_CLEAN) code = verdict(evaluation, s);
    }
  }
  bw_evaluation_free(evaluation);
  bw_dataset_free(dataset);
  bw_model_free(model);
  return code;
}

static int run(int argc, char **argv) {
  settings s = {
      .eps = NAN, .fail_under = NAN, .confidence = 0.95, .budgets = 8, .html = "bulwark-report.html"};
  int n = 0;
  const int code = cli_parse(&cmd_evaluate, &s, argc, argv, 2, 2, &n);
  if (code >= 0) return code;
  if (!isnan(s.eps) && s.eps <= 0) return cli_usage_error(&cmd_evaluate, "--eps must be above 0");
  if (!isnan(s.fail_under) && (s.fail_under < 0 || s.fail_under > 1))
    return cli_usage_error(&cmd_evaluate, "--fail-under must be from 0 to 1, such as 0.6");
  if (s.confidence <= 0 || s.confidence >= 1)
    return cli_usage_error(&cmd_evaluate, "--confidence must be between 0 and 1");
  if (s.threads > 1024 || s.batch > 1000000 || s.budgets > 1000)
    return cli_usage_error(&cmd_evaluate, "--threads, --batch or --budgets is out of range");
  return evaluate(&s, argv);
}
