/* SPDX-License-Identifier: Apache-2.0 */
/* bulwark gate: whether files may be loaded. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

typedef struct settings {
  const char *sarif;
  double max_weight;
  uint64_t max_bytes;
  bool json, no_values, hold;
} settings;

static const cli_option options[] = {
    {"json", 0, CLI_FLAG, NULL, "print JSON", offsetof(settings, json), NULL},
    {"sarif", 0, CLI_TEXT, "FILE", "write the findings as SARIF 2.1.0 (- is standard output)",
     offsetof(settings, sarif), NULL},
    {"no-values", 0, CLI_FLAG, NULL,
     "do not read the weights for NaN, infinities and numbers out of range: of large files only the header "
     "is read",
     offsetof(settings, no_values), NULL},
    {"hold", 0, CLI_FLAG, NULL,
     "run a command on exactly the bytes that were inspected: a sealed copy, whose path takes the place "
     "of {}",
     offsetof(settings, hold), NULL},
    {"max-weight", 0, CLI_REAL, "X", "largest magnitude of a weight that is no finding (default 1.8e19)",
     offsetof(settings, max_weight), NULL},
    {"max-bytes", 0, CLI_COUNT, "N",
     "most bytes of a file that must be read whole, and that the archives in one file may unpack to "
     "(default 16 GiB)",
     offsetof(settings, max_bytes), NULL},
};

static int run(int argc, char **argv);

const cli_command cmd_gate = {
    .name = "gate",
    .arguments = "FILE|FOLDER... | --hold FILE -- COMMAND {}",
    .summary = "decide whether files may be loaded, without executing anything in them",
    .description =
        "Decides whether files, or all files below a folder, may be loaded by MLX, NumPy or PyTorch: "
        "safetensors, npy, npz, GGUF, mlxfn, pickles and PyTorch archives, ONNX, HDF5 and Keras, zip and tar "
        "archives, configurations and Python sources. What a file is its content says, not its name. Nothing "
        "is executed or unpickled. Exit code 1: there is a finding, which is an error or a warning; notes "
        "are none. Exit code 3: a file could not be read. docs/gate.md lists the rules.",
    .examples =
        "  bulwark gate model.pt\n"
        "  bulwark gate *.safetensors --no-values  # headers only\n"
        "  bulwark gate weights.npz --json | jq '.files[].findings'\n"
        "  bulwark gate model.bin --sarif gate.sarif\n"
        "  bulwark gate --hold weights.npz -- python infer.py {}\n",
    .n_options = sizeof options / sizeof *options,
    .options = options,
    .run = run,
};

/* The verdict over all files. One that cannot be read is worse than nothing, but no finding. */
static int exit_code(const bw_gate *gate) {
  int code = CLI_CLEAN;
  for (uint64_t i = 0; i < bw_gate_file_count(gate); i++) {
    const bw_gate_file *file = bw_gate_file_at(gate, i);
    if (file->n_findings > 0) return CLI_FINDING;
    if (file->status != BW_OK && code == CLI_CLEAN)
      code = file->status == BW_ELIMIT ? CLI_LIMIT : CLI_BAD_INPUT;
  }
  return code;
}

static int print_report(const bw_gate *gate, const settings *s) {
  char *text = NULL;
  bw_error err = {0};
  const bool colour = isatty(STDOUT_FILENO) == 1;
  const bw_status status = bw_gate_report(&text, gate, s->json ? BW_GATE_JSON : BW_GATE_TEXT, colour, &err);
  return cli_write_text("-", status, text, "gate", &err);
}

static int write_sarif(const bw_gate *gate, const char *path) {
  char *text = NULL;
  bw_error err = {0};
  if (path == NULL) return CLI_CLEAN;
  const bw_status status = bw_gate_report(&text, gate, BW_GATE_SARIF, 0, &err);
  return cli_write_text(path, status, text, "gate", &err);
}

/* Shows what was found and gives the exit code for it. */
static int report(const bw_gate *gate, const settings *s) {
  int code = print_report(gate, s);
  if (code == CLI_CLEAN) code = write_sarif(gate, s->sarif);
  return code == CLI_CLEAN ? exit_code(gate) : code;
}

static int inspect_all(bw_gate *gate, const settings *s, int n, char **paths) {
  bw_error err = {0};
  for (int i = 0; i < n; i++)
    if (bw_gate_inspect(gate, paths[i], &err) != BW_OK) return cli_report_error(paths[i], &err);
  return report(gate, s);
}

/* ---- --hold ---- */

/* Becomes the command, with the copy in place of each {}; comes back only if it cannot. */
static int run_command(const bw_held *held, char **command, int n) {
  char path[32];
  const int descriptor = bw_held_descriptor(held);
  snprintf(path, sizeof path, "/dev/fd/%d", descriptor);
  for (int i = 0; i < n; i++)
    if (strcmp(command[i], "{}") == 0) command[i] = path;
  if (fcntl(descriptor, F_SETFD, 0) == 0) execvp(command[0], command);
  fprintf(stderr, "bulwark: %s: cannot run: %s\n", command[0], strerror(errno));
  return CLI_BAD_INPUT;
}

static int hold(bw_gate *gate, const settings *s, int n, char **operands) {
  bw_error err = {0};
  bw_held *held = NULL;
  bool has_place = false;
  for (int i = 1; i < n; i++) has_place = has_place || strcmp(operands[i], "{}") == 0;
  if (!has_place) return cli_usage_error(&cmd_gate, "--hold expects FILE -- COMMAND with a {} in it");
  if (bw_gate_hold(&held, gate, operands[0], &err) != BW_OK) return cli_report_error(operands[0], &err);
  if (held == NULL) {
    const int code = report(gate, s);
    return code == CLI_CLEAN ? CLI_FINDING : code;
  }
  operands[n] = NULL;
  int code = write_sarif(gate, s->sarif);
  if (code == CLI_CLEAN) code = run_command(held, operands + 1, n - 1);
  bw_held_free(held);
  return code;
}

static int run(int argc, char **argv) {
  bw_gate_options o;
  bw_gate_options_init(&o, sizeof o);
  settings s = {.max_weight = o.max_weight, .max_bytes = o.max_bytes};
  int n = 0;
  bw_gate *gate = NULL;
  bw_error err = {0};
  int code = cli_parse(&cmd_gate, &s, argc, argv, 1, argc, &n);
  if (code >= 0) return code;
  o.values = !s.no_values;
  o.max_weight = s.max_weight;
  o.max_bytes = s.max_bytes;
  if (!(o.max_weight > 0)) return cli_usage_error(&cmd_gate, "--max-weight must be above 0");
  if (bw_gate_create(&gate, &o, &err) != BW_OK) return cli_report_error("gate", &err);
  code = s.hold ? hold(gate, &s, n, argv + 1) : inspect_all(gate, &s, n, argv + 1);
  bw_gate_free(gate);
  return code;
}
