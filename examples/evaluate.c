/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks a model and prints what survives, with nothing but the public API:
 *   cc evaluate.c $(pkg-config --cflags --libs bulwark) -o evaluate && ./evaluate model.mlxfn test.npz
 */
#include <bulwark/bulwark.h>
#include <stdio.h>

static int show(const bw_tick *tick, void *payload) {
  (void)payload;
  if (tick->total > 0 && tick->done == tick->total)
    fprintf(stderr, "%s: %llu samples\n", tick->phase, (unsigned long long)tick->total);
  return 0; /* anything else would stop the evaluation */
}

static void print(const bw_evaluation *evaluation) {
  const bw_evaluation_summary s = bw_evaluation_summarise(evaluation);
  printf("clean %.2f %%, under attack %.2f %% (%.2f to %.2f)\n", 100 * s.clean_accuracy.value,
         100 * s.robust_accuracy.value, 100 * s.robust_accuracy.low, 100 * s.robust_accuracy.high);
  for (uint32_t i = 0; i < s.n_attacks; i++) {
    const bw_attack_summary a = bw_evaluation_attack(evaluation, i);
    printf("  %-10s %6.2f %%  %s\n", a.name, 100 * a.remaining.value, a.configuration);
  }
  for (uint32_t i = 0; i < s.n_checks; i++) {
    const bw_check_result *c = bw_evaluation_check(evaluation, i);
    if (c->outcome == BW_CHECK_BLOCKED) printf("  not to be relied on: %s: %s\n", c->name, c->finding);
  }
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: evaluate MODEL DATA\n");
    return 2;
  }
  bw_error err = {0};
  bw_model *model = NULL;
  bw_dataset *dataset = NULL;
  bw_evaluation *evaluation = NULL;
  bw_evaluation_options options;
  bw_evaluation_options_init(&options, sizeof options);
  options.attacks = "fgsm,pgd:steps=20";
  options.samples = 200;
  options.progress.call = show;

  bw_status status = bw_model_open(&model, argv[1], NULL, &err);
  if (status == BW_OK) status = bw_dataset_open(&dataset, argv[2], NULL, &err);
  if (status == BW_OK) status = bw_evaluation_run(&evaluation, model, dataset, &options, &err);
  if (status == BW_OK)
    print(evaluation);
  else
    fprintf(stderr, "evaluate: %s\n", err.text);

  bw_evaluation_free(evaluation);
  bw_dataset_free(dataset);
  bw_model_free(model);
  return status == BW_OK ? 0 : 3;
}
