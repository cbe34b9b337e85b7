/* SPDX-License-Identifier: Apache-2.0 */
/* What a sub-command is made of. Its option table is the one source of parsing, --help, the man page
 * and shell completion. The command line sees only the public API. */
#ifndef CLI_H
#define CLI_H

#include <bulwark/bulwark.h>
#include <stdbool.h>
#include <stdio.h>

/* Exit codes, stable. */
enum {
  CLI_CLEAN = 0,
  CLI_FINDING = 1,
  CLI_USAGE = 2,
  CLI_BAD_INPUT = 3,
  CLI_LIMIT = 4,
  CLI_INTERNAL = 5,
  CLI_INTERRUPTED = 130
};

typedef enum cli_kind { CLI_FLAG, CLI_TEXT, CLI_TEXTS, CLI_REAL, CLI_COUNT, CLI_CHOICE } cli_kind;

/* Field of an option that may be given again and again. */
enum { CLI_MOST_TEXTS = 64 };
typedef struct cli_texts {
  const char *items[CLI_MOST_TEXTS];
  uint32_t count;
} cli_texts;

typedef struct cli_option {
  const char *name; /* without dashes */
  char letter;      /* short form, or 0 */
  cli_kind kind;
  const char *value; /* name of the value in --help; NULL for flags */
  const char *help;
  size_t offset; /* of the field in the command's settings: bool, const char *, cli_texts, double,
                    uint64_t, int */
  const char *const *choices; /* CLI_CHOICE: NULL-terminated; the field is the index */
} cli_option;

typedef struct cli_command {
  const char *name, *arguments, *summary, *description;
  const char *examples; /* lines that begin with "bulwark " and, behind two spaces and #, what they do */
  bool reads_inputs;    /* settings begin with a cli_inputs, whose options come before the command's own */
  uint32_t n_options;
  const cli_option *options;
  int (*run)(int argc, char **argv); /* argv[0] is the command's name */
} cli_command;

/* Option i of the command, of those that it shares and its own; NULL past the end. */
const cli_option *cli_option_at(const cli_command *command, uint32_t i);

extern const cli_command *const cli_commands[]; /* NULL-terminated */
const cli_command *cli_find(const char *name);  /* NULL if unknown */

/* Parses argv[1..] into settings; the operands are moved to argv[1..*n_operands]. Returns -1 to go on,
 * else the exit code to end with (0 after --help, CLI_USAGE after printing what is wrong). */
int cli_parse(const cli_command *command, void *settings, int argc, char **argv, int fewest, int most,
              int *n_operands);

/* Words of text, folded at 100 columns behind `indent` spaces; the cursor stands at `column`. */
void cli_print_folded(FILE *out, const char *text, int indent, int column);
void cli_help(FILE *out, const cli_command *command);
void cli_overview(FILE *out);

/* "0.3", "8/255" or "inf"; false if it is not a number. */
bool cli_number(const char *text, double *out);

/* Prints "bulwark: <subject>: <sentence>" on stderr and gives the exit code for the status. */
int cli_report_error(const char *subject, const bw_error *err);
/* The same for the command's own findings. Returns CLI_USAGE. */
int cli_usage_error(const cli_command *command, const char *format, ...) BW_PRINTF(2, 3);

/* A progress callback that draws on stderr (a bar on a terminal, plain lines elsewhere), and that stops
 * work after Ctrl-C. */
bw_progress cli_progress(bool quiet);
void cli_progress_end(void); /* wipes the bar */
bool cli_interrupted(void);

/* Writes size bytes beside path and renames; path "-" is standard output. Returns an exit code. */
int cli_write_file(const char *path, const void *data, size_t size);

/* The same for a text that the library made with this status, and frees it; says why if it made none. */
int cli_write_text(const char *path, bw_status status, char *text, const char *subject, const bw_error *err);

/* --norm, in the order of bw_norm. */
extern const char *const cli_norms[], *const cli_precisions[];

/* What commands that run a model on data have in common. */
typedef struct cli_inputs {
  const char *labels, *function, *surrogate, *stand_in;
  double eps; /* NaN: the usual one */
  uint64_t seed, threads, batch, eot, quantize;
  int norm, precision, fidelity;
  bool bpda, reference, quiet;
} cli_inputs;
extern const cli_option cli_input_options[];
extern const uint32_t cli_n_input_options;

/* Whether the values are possible: -1 to go on, else CLI_USAGE after printing what is wrong. */
int cli_check_inputs(const cli_command *command, const cli_inputs *inputs);
/* Those that go to every attack, as bw_attack_configure takes them. */
const char *cli_common_options(const cli_inputs *inputs, char text[64]);
typedef struct cli_opened {
  bw_model *model, *surrogate; /* surrogate NULL: none is wanted */
  bw_model *stand_in, *hidden; /* what model is made of, if there is a stand-in */
  bw_dataset *dataset;
} cli_opened;
/* Opens all, or prints what is wrong and gives the exit code. cli_close either way. */
int cli_open(cli_opened *out, const cli_inputs *inputs, const char *model_path, const char *data_path);
void cli_close(cli_opened *opened);

#endif
