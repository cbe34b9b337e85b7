/* SPDX-License-Identifier: Apache-2.0 */
/* bulwark info: what a model file holds, without running it. */
#include "cli.h"

typedef struct settings {
  bool json;
} settings;

static const cli_option options[] = {
    {"json", 0, CLI_FLAG, NULL, "print JSON", offsetof(settings, json), NULL},
};

static int run(int argc, char **argv);

const cli_command cmd_info = {
    .name = "info",
    .arguments = "FILE",
    .summary = "say what a model file holds, without running it",
    .description =
        "Reads a function that MLX exported (.mlxfn) and prints its inputs, outputs, primitives with counts, "
        "parameters, "
        "the MLX version that wrote it, and what would be executed. Nothing in the file is run.",
    .examples = "  bulwark info model.mlxfn\n  bulwark info model.mlxfn --json | jq .primitives\n",
    .n_options = sizeof options / sizeof *options,
    .options = options,
    .run = run,
};

static int run(int argc, char **argv) {
  settings s = {0};
  int n = 0;
  const int code = cli_parse(&cmd_info, &s, argc, argv, 1, 1, &n);
  if (code >= 0) return code;
  bw_error err = {0};
  bw_model_info *info = NULL;
  char *text = NULL;
  bw_status status = bw_model_info_open(&info, argv[1], &err);
  if (status == BW_OK) status = bw_model_info_text(&text, info, s.json, &err);
  if (status == BW_OK) fputs(text, stdout);
  bw_text_free(text);
  bw_model_info_free(info);
  return status == BW_OK ? CLI_CLEAN : cli_report_error(argv[1], &err);
}
