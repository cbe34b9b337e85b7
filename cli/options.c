/* SPDX-License-Identifier: Apache-2.0 */
/* Parses a command's arguments by its option table. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

const char *const cli_norms[] = {"linf", "l2", "l1", "l0", NULL};
const char *const cli_precisions[] = {"float32", "bfloat16", NULL};

bool cli_number(const char *text, double *out) {
  char *end = NULL;
  double value = strtod(text, &end);
  if (end == text) return false;
  if (*end == '/') {
    const char *divisor_text = end + 1;
    const double divisor = strtod(divisor_text, &end);
    if (end == divisor_text || divisor == 0) return false;
    value /= divisor;
  }
  if (*end != '\0' || isnan(value)) return false;
  *out = value;
  return true;
}

int cli_usage_error(const cli_command *command, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "bulwark %s: ", command->name);
  vfprintf(stderr, format, arguments);
  fprintf(stderr, "; see bulwark %s --help\n", command->name);
  va_end(arguments);
  return CLI_USAGE;
}

const cli_option *cli_option_at(const cli_command *command, uint32_t i) {
  const uint32_t n_shared = command->reads_inputs ? cli_n_input_options : 0;
  if (i < n_shared) return &cli_input_options[i];
  return i - n_shared < command->n_options ? &command->options[i - n_shared] : NULL;
}

static const cli_option *find_option(const cli_command *command, const char *name, size_t length) {
  const cli_option *option = NULL;
  for (uint32_t i = 0; (option = cli_option_at(command, i)) != NULL; i++) {
    if (strlen(option->name) == length && strncmp(option->name, name, length) == 0) return option;
    if (length == 1 && option->letter == name[0]) return option;
  }
  return NULL;
}

static bool parse_count(const char *text, uint64_t *out) {
  if (text[0] < '0' || text[0] > '9') return false;
  char *end = NULL;
  errno = 0;
  const unsigned long long value = strtoull(text, &end, 10);
  if (*end != '\0' || errno != 0) return false;
  *out = value;
  return true;
}

static bool parse_choice(const char *const *choices, const char *text, int *out) {
  for (int i = 0; choices[i] != NULL; i++)
    if (strcmp(choices[i], text) == 0) {
      *out = i;
      return true;
    }
  return false;
}

static int bad_choice(const cli_command *command, const cli_option *option, const char *text) {
  char list[160] = "";
  for (int i = 0; option->choices[i] != NULL; i++) {
    const size_t used = strlen(list);
    snprintf(list + used, sizeof list - used, "%s%s", i == 0 ? "" : ", ", option->choices[i]);
  }
  return cli_usage_error(command, "--%s %s: must be one of %s", option->name, text, list);
}

static int add_text(const cli_command *command, const cli_option *option, cli_texts *texts,
                    const char *text) {
  if (texts->count == CLI_MOST_TEXTS)
    return cli_usage_error(command, "--%s more than %d times", option->name, CLI_MOST_TEXTS);
  texts->items[texts->count++] = text;
  return -1;
}

static int store(const cli_command *command, const cli_option *option, char *field, const char *text) {
  switch (option->kind) {
    case CLI_FLAG: memcpy(field, &(bool){true}, sizeof(bool)); return -1;
    case CLI_TEXT: memcpy(field, &text, sizeof text); return -1;
    case CLI_TEXTS: return add_text(command, option, (cli_texts *)(void *)field, text);
    case CLI_REAL: {
      double value = 0;
      if (!cli_number(text, &value))
        return cli_usage_error(command, "--%s %s: must be a number such as 0.3 or 8/255", option->name, text);
      memcpy(field, &value, sizeof value);
      return -1;
    }
    case CLI_COUNT: {
      uint64_t value = 0;
      if (!parse_count(text, &value))
        return cli_usage_error(command, "--%s %s: must be a whole number, 0 or more", option->name, text);
      memcpy(field, &value, sizeof value);
      return -1;
    }
    case CLI_CHOICE: {
      int value = 0;
      if (!parse_choice(option->choices, text, &value)) return bad_choice(command, option, text);
      memcpy(field, &value, sizeof value);
      return -1;
    }
  }
  return CLI_INTERNAL;
}

/* Takes the option at argv[*i], and its value there or in the next argument. */
static int take_option(const cli_command *command, void *settings, int argc, char **argv, int *i) {
  const char *name = argv[*i] + (argv[*i][1] == '-' ? 2 : 1);
  const char *equals = strchr(name, '=');
  const size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
  const cli_option *option = find_option(command, name, length);
  if (option == NULL || (argv[*i][1] != '-' && length != 1))
    return cli_usage_error(command, "unknown option %s", argv[*i]);
  const char *text = equals != NULL ? equals + 1 : NULL;
  if (option->kind == CLI_FLAG && text != NULL)
    return cli_usage_error(command, "--%s takes no value", option->name);
  if (option->kind != CLI_FLAG && text == NULL) {
    if (*i + 1 >= argc) return cli_usage_error(command, "--%s needs a value", option->name);
    text = argv[++*i];
  }
  return store(command, option, (char *)settings + option->offset, text);
}

int cli_parse(const cli_command *command, void *settings, int argc, char **argv, int fewest, int most,
              int *n_operands) {
  int n = 0;
  bool options_end = false;
  for (int i = 1; i < argc; i++) {
    if (!options_end && strcmp(argv[i], "--") == 0) {
      options_end = true;
    } else if (!options_end && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
      cli_help(stdout, command);
      return CLI_CLEAN;
    } else if (!options_end && argv[i][0] == '-' && argv[i][1] != '\0') {
      const int code = take_option(command, settings, argc, argv, &i);
      if (code >= 0) return code;
    } else {
      argv[++n] = argv[i];
    }
  }
  if (n < fewest || n > most)
    return cli_usage_error(command, "expects %s",
                           command->arguments[0] != '\0' ? command->arguments : "no operands");
  *n_operands = n;
  return -1;
}
