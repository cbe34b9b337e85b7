/* SPDX-License-Identifier: Apache-2.0 */
/* bulwark attacks: what there is, or one explained. */
#include <math.h>
#include <string.h>

#include "cli.h"

static int run(int argc, char **argv);

const cli_command cmd_attacks = {
    .name = "attacks",
    .arguments = "[NAME]",
    .summary = "list the attacks, or explain one with its options",
    .description =
        "Without a name, lists every attack with the access it needs and its norms. With one, prints its "
        "paper and options with their defaults.",
    .examples = "  bulwark attacks\n  bulwark attacks pgd\n",
    .run = run,
};

static const char *access_name(bw_access access) {
  static const char *const names[] = {"label", "score", "gradient"};
  return names[access];
}

static const char *norms_text(char *text, size_t size, uint32_t norms) {
  text[0] = '\0';
  for (int i = 0; cli_norms[i] != NULL; i++)
    if (norms & BW_NORM_BIT(i)) {
      const size_t used = strlen(text);
      snprintf(text + used, size - used, "%s%s", used > 0 ? " " : "", cli_norms[i]);
    }
  return text;
}

static void print_default(const bw_option_info *option) {
  if (isnan(option->standard)) return;
  if (option->kind == BW_OPTION_BOOLEAN)
    printf(" (default %s)", option->standard != 0 ? "true" : "false");
  else if (option->kind == BW_OPTION_CHOICE)
    printf(" (default %s)", option->choices[(int)option->standard]);
  else
    printf(" (default %g)", option->standard);
}

static void print_option(const bw_option_info *option) {
  printf("  %-12s %s", option->name, option->help);
  if (option->kind == BW_OPTION_CHOICE) {
    printf(": ");
    for (int i = 0; option->choices[i] != NULL; i++) printf("%s%s", i > 0 ? ", " : "", option->choices[i]);
  }
  print_default(option);
  putchar('\n');
}

static int explain(const char *name) {
  const bw_attack_info *info = bw_attack_find(name);
  if (info == NULL) return cli_usage_error(&cmd_attacks, "no attack '%s'", name);
  char norms[32];
  printf("%s: %s\n\n%s\n\nPaper:  %s\nAccess: %s\nNorms:  %s\n\nOptions:\n", info->name, info->title,
         info->summary, info->paper, access_name(info->access), norms_text(norms, sizeof norms, info->norms));
  for (uint32_t i = 0; i < info->n_options; i++) print_option(&info->options[i]);
  return CLI_CLEAN;
}

static int run(int argc, char **argv) {
  int n = 0;
  const int code = cli_parse(&cmd_attacks, NULL, argc, argv, 0, 1, &n);
  if (code >= 0) return code;
  if (n == 1) return explain(argv[1]);
  printf("%-10s %-9s %-11s %s\n", "name", "access", "norms", "what it is");
  for (uint32_t i = 0; i < bw_attack_count(); i++) {
    const bw_attack_info *info = bw_attack_at(i);
    char norms[32];
    printf("%-10s %-9s %-11s %s\n", info->name, access_name(info->access),
           norms_text(norms, sizeof norms, info->norms), info->title);
  }
  return CLI_CLEAN;
}
