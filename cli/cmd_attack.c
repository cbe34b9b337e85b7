/* SPDX-License-Identifier: Apache-2.0 */
/* bulwark attack: one attack, with its adversarial examples as npz and as a picture. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

typedef struct settings {
  cli_inputs inputs;
  const char *output, *sheet, *set;
  uint64_t samples, rows;
  bool json;
} settings;

static const cli_option options[] = {
    {"set", 0, CLI_TEXT, "LIST",
     "options of the attack, such as steps=100:restarts=5 (see bulwark attacks NAME)",
     offsetof(settings, set), NULL},
    {"samples", 'n', CLI_COUNT, "N", "attack the first N samples (default: all)", offsetof(settings, samples),
     NULL},
    {"output", 'o', CLI_TEXT, "FILE", "write the adversarial examples as npz", offsetof(settings, output),
     NULL},
    {"sheet", 0, CLI_TEXT, "FILE", "write a PNG sheet: clean, adversarial, difference",
     offsetof(settings, sheet), NULL},
    {"rows", 0, CLI_COUNT, "N", "samples on the sheet (default 10)", offsetof(settings, rows), NULL},
    {"json", 'j', CLI_FLAG, NULL, "print JSON", offsetof(settings, json), NULL},
};

static int run(int argc, char **argv);

const cli_command cmd_attack = {
    .name = "attack",
    .arguments = "NAME MODEL DATA",
    .summary = "run one attack and keep its adversarial examples",
    .description =
        "Runs the attack NAME (see bulwark attacks) on MODEL with the samples of DATA, verifies every "
        "success in float32, and "
        "prints what it reached. Exit code 0 however many samples fall.",
    .examples =
        "  bulwark attack pgd model.mlxfn test.npz --eps 0.3 --output adversarial.npz --sheet "
        "adversarial.png\n"
        "  bulwark attack fgsm model.mlxfn test.npz --eps 8/255 --samples 100\n"
        "  bulwark attack mi-fgsm model.mlxfn test.npz --surrogate similar.mlxfn  # by transfer\n"
        "  bulwark attack pgd model.mlxfn test.npz --norm l2 --eps 2 --set steps=100:restarts=5:loss=dlr\n",
    .reads_inputs = true,
    .n_options = sizeof options / sizeof *options,
    .options = options,
    .run = run,
};

typedef struct tally {
  uint64_t count, clean_right, robust, broken, forwards, backwards;
  double mean_distance, median_distance; /* of the successes */
  uint64_t met[2], fooled[2]; /* of the samples that something common was made from, and of the others */
} tally;

static int by_size(const void *a, const void *b) {
  const float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

static double median(float *values, uint64_t n) {
  qsort(values, n, sizeof *values, by_size);
  return n > 0 ? ((double)values[(n - 1) / 2] + (double)values[n / 2]) / 2 : 0;
}

/* A targeted attack breaks samples that were wrong to begin with, too. */
static tally count(const bw_attack_result *result, const bw_dataset *dataset) {
  tally t = {0};
  t.count = bw_attack_result_count(result);
  double sum = 0;
  float *distances = calloc(t.count + 1, sizeof *distances);
  for (uint64_t i = 0; i < t.count; i++) {
    const bw_sample_outcome *o = bw_attack_result_at(result, i);
    const bool right = o->clean_prediction == bw_dataset_label(dataset, i);
    t.clean_right += right;
    t.robust += right && !o->success;
    if (o->success && distances != NULL) distances[t.broken] = o->distance;
    t.broken += o->success;
    t.forwards += o->forwards;
    t.backwards += o->backwards;
    if (o->success) sum += o->distance;
    const int held_out = !bw_attack_result_fitted(result, i);
    t.met[held_out] += o->attacked;
    t.fooled[held_out] += o->success;
  }
  t.mean_distance = t.broken > 0 ? sum / (double)t.broken : 0;
  t.median_distance = distances != NULL ? median(distances, t.broken) : NAN;
  free(distances);
  return t;
}

/* One perturbation or patch for all: made from some samples, and tried on the others, too. */
static void print_fit(const tally *t) {
  printf("  made from        %llu samples, of which it fools %.2f %%\n", (unsigned long long)t->met[0],
         100 * (double)t->fooled[0] / (double)t->met[0]);
  if (t->met[1] > 0)
    printf("  held out         %llu samples, of which it fools %.2f %%\n", (unsigned long long)t->met[1],
           100 * (double)t->fooled[1] / (double)t->met[1]);
}

static void print_tally(const tally *t, const settings *s, const char *name, double eps, double seconds) {
  const double n = (double)t->count;
  char budget[32] = "null"; /* JSON has no infinity */
  if (isfinite(eps)) snprintf(budget, sizeof budget, "%.9g", eps);
  if (s->json) {
    printf(
        "{\"attack\":\"%s\",\"norm\":\"%s\",\"eps\":%s,\"samples\":%llu,\"clean_accuracy\":%.9g,\"robust_"
        "accuracy\":%.9g,"
        "\"successes\":%llu,\"mean_distance\":%.9g,\"median_distance\":%.9g,\"forwards\":%llu,\"backwards\":%"
        "llu,\"seconds\":%.6g}\n",
        name, cli_norms[s->inputs.norm], budget, (unsigned long long)t->count, (double)t->clean_right / n,
        (double)t->robust / n, (unsigned long long)t->broken, t->mean_distance, t->median_distance,
        (unsigned long long)t->forwards, (unsigned long long)t->backwards, seconds);
    return;
  }
  printf("%s, %s ", name, cli_norms[s->inputs.norm]);
  if (isfinite(eps))
    printf("eps %.4g, %llu samples\n", eps, (unsigned long long)t->count);
  else
    printf("without a budget, %llu samples\n", (unsigned long long)t->count);
  printf("  clean accuracy   %6.2f %%\n", 100 * (double)t->clean_right / n);
  printf("  robust accuracy  %6.2f %%   (%llu broken, each verified)\n", 100 * (double)t->robust / n,
         (unsigned long long)t->broken);
  if (t->broken > 0)
    printf("  distance         %8.4f median, %.4f mean, of the broken\n", t->median_distance,
           t->mean_distance);
  if (t->met[0] > 0) print_fit(t);
  printf("  model passes     %llu forward, %llu backward\n", (unsigned long long)t->forwards,
         (unsigned long long)t->backwards);
  printf("  time             %.2f s\n", seconds);
}

static int write_results(const bw_attack_result *result, const bw_dataset *dataset, const settings *s) {
  bw_error err = {0};
  if (s->output != NULL && bw_attack_result_save(result, dataset, s->output, &err) != BW_OK)
    return cli_report_error(s->output, &err);
  if (s->sheet != NULL && bw_attack_result_sheet(result, dataset, (uint32_t)s->rows, s->sheet, &err) != BW_OK)
    return cli_report_error(s->sheet, &err);
  return CLI_CLEAN;
}

/* The first s->samples of the data, or all. Takes over *dataset. */
static bw_status take_first(bw_dataset **dataset, uint64_t samples, bw_error *err) {
  if (samples == 0 || samples >= bw_dataset_count(*dataset)) return BW_OK;
  uint64_t *indices = calloc(samples, sizeof *indices);
  if (indices == NULL) {
    *err = (bw_error){.status = BW_ENOMEM, .offset = BW_NO_OFFSET, .text = "out of memory"};
    return BW_ENOMEM;
  }
  for (uint64_t i = 0; i < samples; i++) indices[i] = i;
  bw_dataset *part = NULL;
  const bw_status status = bw_dataset_choose(&part, *dataset, samples, indices, err);
  free(indices);
  if (status != BW_OK) return status;
  bw_dataset_free(*dataset);
  *dataset = part;
  return BW_OK;
}

static double budget_of(const settings *s, const char *name, const bw_model *model) {
  if (!isnan(s->inputs.eps)) return s->inputs.eps;
  const bw_attack_info *info = bw_attack_find(name);
  return info->nearest || info->transforms ? INFINITY : bw_attack_usual_eps(model, (bw_norm)s->inputs.norm);
}

static int attack_model(const settings *s, const char *name, bw_model *model, const bw_dataset *dataset) {
  bw_error err = {0};
  bw_attack *attack = NULL;
  bw_attack_result *result = NULL;
  const double eps = budget_of(s, name, model);
  bw_run_options o;
  bw_run_options_init(&o, sizeof o);
  o.seed = s->inputs.seed;
  o.threads = (uint32_t)s->inputs.threads;
  o.batch = (uint32_t)s->inputs.batch;
  int code = CLI_CLEAN;
  bw_status status = bw_attack_create(&attack, name, (bw_norm)s->inputs.norm, eps, &err);
  char common[64];
  if (status == BW_OK) status = bw_attack_configure(attack, cli_common_options(&s->inputs, common), &err);
  if (status == BW_OK && s->set != NULL) status = bw_attack_configure(attack, s->set, &err);
  if (status == BW_OK) {
    o.progress = cli_progress(s->inputs.quiet);
    status = bw_attack_run(&result, attack, model, dataset, &o, &err);
    cli_progress_end();
  }
  if (status != BW_OK && status != BW_ECANCEL) {
    code = cli_report_error(name, &err);
  } else {
    const tally t = count(result, dataset);
    if (status == BW_ECANCEL) fprintf(stderr, "bulwark: interrupted: the figures are of what was done\n");
    print_tally(&t, s, name, eps, bw_attack_result_seconds(result));
    code = write_results(result, dataset, s);
    if (code == CLI_CLEAN && status == BW_ECANCEL) code = CLI_INTERRUPTED;
  }
  bw_attack_result_free(result);
  bw_attack_free(attack);
  return code;
}

static int run(int argc, char **argv) {
  settings s = {.inputs.eps = NAN, .rows = 10};
  int n = 0;
  int code = cli_parse(&cmd_attack, &s, argc, argv, 3, 3, &n);
  if (code < 0 && bw_attack_find(argv[1]) == NULL)
    code = cli_usage_error(&cmd_attack, "no attack '%s' (bulwark attacks lists them)", argv[1]);
  if (code < 0) code = cli_check_inputs(&cmd_attack, &s.inputs);
  if (code >= 0) return code;
  bw_error err = {0};
  cli_opened in = {0};
  bw_model *transfer = NULL; /* answers as the model, has the surrogate's gradients */
  code = cli_open(&in, &s.inputs, argv[2], argv[3]);
  if (code == CLI_CLEAN && take_first(&in.dataset, s.samples, &err) != BW_OK)
    code = cli_report_error(argv[3], &err);
  if (code == CLI_CLEAN && in.surrogate != NULL &&
      bw_model_with_surrogate(&transfer, in.model, in.surrogate, &err) != BW_OK)
    code = cli_report_error(s.inputs.surrogate, &err);
  if (code == CLI_CLEAN) code = attack_model(&s, argv[1], transfer != NULL ? transfer : in.model, in.dataset);
  bw_model_free(transfer);
  cli_close(&in);
  return code;
}
