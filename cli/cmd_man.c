/* SPDX-License-Identifier: Apache-2.0 */
/* bulwark man: the manual page, made from the command tables (make install keeps it as bulwark.1). */
#include "cli.h"

static int run(int argc, char **argv);

const cli_command cmd_man = {
    .name = "man",
    .arguments = "",
    .summary = "print the manual page",
    .description = "Prints the manual page as roff, for man -l.",
    .examples = "  bulwark man > bulwark.1\n",
    .run = run,
};

/* Text with roff's special characters escaped. */
static void print_roff(const char *text) {
  bool line_start = true;
  for (; *text != '\0'; text++) {
    if (line_start && (*text == '.' || *text == '\'')) fputs("\\&", stdout);
    if (*text == '\\')
      fputs("\\e", stdout);
    else if (*text == '-')
      fputs("\\-", stdout);
    else
      putchar(*text);
    line_start = *text == '\n';
  }
}

static void print_option(const cli_option *option) {
  fputs(".TP\n\\fB", stdout);
  if (option->letter != 0) printf("\\-%c, ", option->letter);
  fputs("\\-\\-", stdout);
  print_roff(option->name);
  printf("\\fR%s%s%s\n", option->value != NULL ? " \\fI" : "", option->value != NULL ? option->value : "",
         option->value != NULL ? "\\fR" : "");
  print_roff(option->help);
  putchar('\n');
}

static void print_command(const cli_command *command) {
  printf(".SS bulwark %s %s\n", command->name, command->arguments);
  print_roff(command->description);
  putchar('\n');
  for (uint32_t i = 0; cli_option_at(command, i) != NULL; i++) print_option(cli_option_at(command, i));
  if (command->examples != NULL) {
    fputs(".P\nExamples:\n.nf\n", stdout);
    print_roff(command->examples);
    fputs(".fi\n", stdout);
  }
}

static int run(int argc, char **argv) {
  int n = 0;
  const int code = cli_parse(&cmd_man, NULL, argc, argv, 0, 0, &n);
  if (code >= 0) return code;
  printf(
      ".TH BULWARK 1 \"\" \"bulwark %s\"\n.SH NAME\nbulwark \\- attack MLX models and measure what they "
      "withstand\n",
      bw_version());
  puts(".SH SYNOPSIS\n.B bulwark\n.I COMMAND\n[\\fIoptions\\fR]\n.SH COMMANDS");
  for (size_t i = 0; cli_commands[i] != NULL; i++) print_command(cli_commands[i]);
  puts(
      ".SH EXIT STATUS\n0 clean, 1 finding, 2 usage, 3 bad input, 4 limit reached, 5 internal error, 130 "
      "interrupted.");
  return CLI_CLEAN;
}
