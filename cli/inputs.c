/* SPDX-License-Identifier: Apache-2.0 */
/* Model, data set and how to work on them: what the commands that attack have in common. */
#include "cli.h"

#include <math.h>

static const char *const fidelities[] = {"clean", "reference", NULL};

const cli_option cli_input_options[] = {
    {"norm", 0, CLI_CHOICE, "NORM", "norm of the perturbation: linf (default), l2, l1, l0",
     offsetof(cli_inputs, norm), cli_norms},
    {"eps", 'e', CLI_REAL, "EPS",
     "budget, such as 0.3 or 8/255, or inf for attacks that seek the nearest success (default: linf 0.3, "
     "l2 2, l1 10 for one channel; 8/255, 0.5, 12 for more; l0 24 values)",
     offsetof(cli_inputs, eps), NULL},
    {"seed", 's', CLI_COUNT, "SEED", "of every random choice (default 0)", offsetof(cli_inputs, seed), NULL},
    {"threads", 't', CLI_COUNT, "N", "worker threads (default: all processors); never changes a verdict",
     offsetof(cli_inputs, threads), NULL},
    {"batch", 'b', CLI_COUNT, "N", "samples in flight a thread (default: chosen); never changes a verdict",
     offsetof(cli_inputs, batch), NULL},
    {"precision", 0, CLI_CHOICE, "TYPE",
     "of the search for adversarial examples: float32 (default) or bfloat16; successes are verified in "
     "float32",
     offsetof(cli_inputs, precision), cli_precisions},
    {"labels", 'l', CLI_TEXT, "FILE", "labels, when they are not in DATA", offsetof(cli_inputs, labels),
     NULL},
    {"function", 0, CLI_TEXT, "NAME", "which function of MODEL, when it holds several",
     offsetof(cli_inputs, function), NULL},
    {"surrogate", 0, CLI_TEXT, "FILE",
     "model to transfer from: gradients are those of FILE, successes are verified on MODEL; evaluate tries "
     "it on what its attacks leave",
     offsetof(cli_inputs, surrogate), NULL},
    {"stand-in", 0, CLI_TEXT, "FILE",
     "model whose gradients take the place of MODEL's, which hides its own or has none (BPDA)",
     offsetof(cli_inputs, stand_in), NULL},
    {"bpda", 0, CLI_FLAG, NULL,
     "let gradients pass rounding, floor, sign and stopped gradients as if they were "
     "the identity",
     offsetof(cli_inputs, bpda), NULL},
    {"eot", 0, CLI_COUNT, "N", "for random models: gradients and scores are means of N passes (default 1)",
     offsetof(cli_inputs, eot), NULL},
    {"quantize", 0, CLI_COUNT, "BITS",
     "only images that can be stored with BITS a coordinate count, such as 8", offsetof(cli_inputs, quantize),
     NULL},
    {"fidelity", 0, CLI_CHOICE, "TO",
     "clean (default), or reference: with slips of the authors' code that "
     "change results",
     offsetof(cli_inputs, fidelity), fidelities},
    {"reference", 0, CLI_FLAG, NULL, "use the plain-C reference backend (slow)",
     offsetof(cli_inputs, reference), NULL},
    {"quiet", 'q', CLI_FLAG, NULL, "no progress", offsetof(cli_inputs, quiet), NULL},
};
const uint32_t cli_n_input_options = sizeof cli_input_options / sizeof *cli_input_options;

int cli_check_inputs(const cli_command *command, const cli_inputs *inputs) {
  if (!isnan(inputs->eps) && inputs->eps <= 0) return cli_usage_error(command, "--eps must be above 0");
  if (inputs->threads > 1024 || inputs->batch > 1000000)
    return cli_usage_error(command, "--threads or --batch is out of range");
  if (inputs->eot > 1000) return cli_usage_error(command, "--eot must be from 1 to 1000");
  if (inputs->quantize > 16) return cli_usage_error(command, "--quantize must be from 1 to 16");
  if (inputs->stand_in != NULL && inputs->surrogate != NULL)
    return cli_usage_error(command, "--stand-in and --surrogate exclude each other");
  return -1;
}

const char *cli_common_options(const cli_inputs *inputs, char text[64]) {
  const unsigned long long eot = inputs->eot > 0 ? inputs->eot : 1, bits = inputs->quantize;
  snprintf(text, 64, "eot=%llu:quantize=%llu:fidelity=%s", eot, bits, fidelities[inputs->fidelity]);
  return text;
}

int cli_open(cli_opened *out, const cli_inputs *inputs, const char *model_path, const char *data_path) {
  bw_error err = {0};
  bw_model_options model_options, surrogate_options;
  bw_model_options_init(&model_options, sizeof model_options);
  model_options.search = (bw_precision)inputs->precision;
  model_options.reference = inputs->reference;
  model_options.straight_through = inputs->bpda;
  surrogate_options = model_options;
  model_options.function = inputs->function;
  bw_dataset_options dataset_options;
  bw_dataset_options_init(&dataset_options, sizeof dataset_options);
  dataset_options.labels_path = inputs->labels;
  if (bw_model_open(&out->model, model_path, &model_options, &err) != BW_OK)
    return cli_report_error(model_path, &err);
  if (inputs->surrogate != NULL &&
      bw_model_open(&out->surrogate, inputs->surrogate, &surrogate_options, &err) != BW_OK)
    return cli_report_error(inputs->surrogate, &err);
  if (inputs->stand_in != NULL) {
    bw_model *hidden = out->hidden = out->model;
    out->model = NULL;
    if (bw_model_open(&out->stand_in, inputs->stand_in, &surrogate_options, &err) != BW_OK ||
        bw_model_with_stand_in(&out->model, hidden, out->stand_in, &err) != BW_OK)
      return cli_report_error(inputs->stand_in, &err);
  }
  if (bw_dataset_open(&out->dataset, data_path, &dataset_options, &err) != BW_OK)
    return cli_report_error(data_path, &err);
  return CLI_CLEAN;
}

void cli_close(cli_opened *opened) {
  bw_dataset_free(opened->dataset);
  bw_model_free(opened->surrogate);
  bw_model_free(opened->model);
  bw_model_free(opened->stand_in);
  bw_model_free(opened->hidden);
}
