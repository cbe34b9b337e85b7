/* SPDX-License-Identifier: Apache-2.0 */
/* What --help prints, made from the command tables. */
#include <string.h>

#include "cli.h"

void cli_print_folded(FILE *out, const char *text, int indent, int column) {
  for (const char *separator = ""; *text != '\0'; separator = " ") {
    const int word = (int)strcspn(text, " "), wanted = (int)strlen(separator) + word;
    if (column > indent && column + wanted > 100) {
      fprintf(out, "\n%*s", indent, "");
      column = indent;
      separator = "";
    }
    column += fprintf(out, "%s%.*s", separator, word, text);
    text += word;
    text += strspn(text, " ");
  }
  fputc('\n', out);
}

static void print_option(FILE *out, const cli_option *option) {
  char left[48];
  const char letter[] = {'-', option->letter, ',', ' ', '\0'};
  snprintf(left, sizeof left, "  %s--%s%s%s", option->letter != 0 ? letter : "    ", option->name,
           option->value != NULL ? " " : "", option->value != NULL ? option->value : "");
  fprintf(out, "%-28s", left);
  cli_print_folded(out, option->help, 28, 28);
}

void cli_help(FILE *out, const cli_command *command) {
  fprintf(out, "Usage: bulwark %s %s%s\n\n", command->name, command->arguments,
          cli_option_at(command, 0) != NULL ? " [options]" : "");
  cli_print_folded(out, command->description, 0, 0);
  fprintf(out, "\nOptions:\n");
  for (uint32_t i = 0; cli_option_at(command, i) != NULL; i++) print_option(out, cli_option_at(command, i));
  fprintf(out, "  -h, --help                this text\n");
  if (command->examples != NULL) fprintf(out, "\nExamples:\n%s", command->examples);
}

void cli_overview(FILE *out) {
  fprintf(out,
          "Bulwark %s attacks MLX models as an adversary would and says how much of their accuracy\n"
          "survives, and keeps data and models from being changed unseen.\n\nUsage: bulwark COMMAND "
          "...\n\nCommands:\n",
          bw_version());
  for (size_t i = 0; cli_commands[i] != NULL; i++)
    fprintf(out, "  %-12s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
  fprintf(out,
          "\n`bulwark COMMAND --help` explains one, with examples. Start with:\n"
          "  bulwark evaluate model.mlxfn test.npz\n"
          "  bulwark gate model.safetensors\n\n"
          "Exit codes: 0 clean, 1 finding (something changed, an unsound evaluation), 2 usage, 3 bad input,\n"
          "4 limit reached, 5 internal error, 130 interrupted.\n");
}
