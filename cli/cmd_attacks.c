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
        "Without a name, lists the attacks by the access that they need and by what they seek, with their "
        "norms. With one, prints its paper and options with their defaults.",
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

/* "number of steps (default 40)", "which loss (one of ce, margin; default ce)" */
static void print_option(const bw_option_info *option) {
  char text[512];
  size_t n = (size_t)snprintf(text, sizeof text, "%s", option->help);
  if (option->kind == BW_OPTION_CHOICE) {
    for (int i = 0; option->choices[i] != NULL; i++)
      n +=
          (size_t)snprintf(text + n, sizeof text - n, "%s%s", i > 0 ? ", " : " (one of ", option->choices[i]);
    snprintf(text + n, sizeof text - n, "; default %s)", option->choices[(int)option->standard]);
  } else if (isnan(option->standard)) {
    /* derived: the help says how */
  } else if (option->kind == BW_OPTION_BOOLEAN) {
    snprintf(text + n, sizeof text - n, " (default %s)", option->standard != 0 ? "true" : "false");
  } else {
    snprintf(text + n, sizeof text - n, " (default %g)", option->standard);
  }
  printf("  %-14s ", option->name);
  cli_print_folded(stdout, text, 17, 17);
}

static int explain(const char *name) {
  const bw_attack_info *info = bw_attack_find(name);
  if (info == NULL) return cli_usage_error(&cmd_attacks, "no attack '%s'", name);
  char norms[32];
  printf("%s: %s\n\n", info->name, info->title);
  cli_print_folded(stdout, info->summary, 0, 0);
  printf("\nPaper:  ");
  cli_print_folded(stdout, info->paper, 8, 8);
  printf("Access: %s\nNorms:  %s\nSeeks:  %s\n\nOptions:\n", access_name(info->access),
         norms_text(norms, sizeof norms, info->norms),
         info->nearest ? "the nearest success (--eps inf: however far)" : "a success within the budget");
  for (uint32_t i = 0; i < info->n_options; i++) print_option(&info->options[i]);
  printf("\nOptions of every attack:\n");
  for (uint32_t i = 0; bw_attack_common_option(i) != NULL; i++) print_option(bw_attack_common_option(i));
  return CLI_CLEAN;
}

/* ---- the list ---- */

typedef struct group {
  const char *heading;
  bw_access access;
  bool nearest, transforms;
} group;

static const group groups[] = {
    {"With gradients, within a budget", BW_ACCESS_GRADIENT, false, false},
    {"With gradients, the nearest success", BW_ACCESS_GRADIENT, true, false},
    {"With scores, within a budget", BW_ACCESS_SCORE, false, false},
    {"With scores, the nearest success", BW_ACCESS_SCORE, true, false},
    {"With labels, within a budget", BW_ACCESS_LABEL, false, false},
    {"With labels, the nearest success", BW_ACCESS_LABEL, true, false},
    {"Transformations, bounded by their options: with gradients", BW_ACCESS_GRADIENT, true, true},
    {"Transformations, bounded by their options: with labels", BW_ACCESS_LABEL, true, true},
};

static bool belongs(const bw_attack_info *info, const group *g) {
  return info->access == g->access && (info->nearest != 0) == g->nearest &&
         (info->transforms != 0) == g->transforms;
}

static void print_group(const group *g, int name_width, bool *is_first) {
  bool has_heading = false;
  for (uint32_t i = 0; i < bw_attack_count(); i++) {
    const bw_attack_info *info = bw_attack_at(i);
    char norms[32];
    if (!belongs(info, g)) continue;
    if (!has_heading) printf("%s%s\n", *is_first ? "" : "\n", g->heading);
    has_heading = true;
    *is_first = false;
    printf("  %-*s  %-13s  %s\n", name_width, info->name, norms_text(norms, sizeof norms, info->norms),
           info->title);
  }
}

static void list(void) {
  int name_width = 0;
  bool is_first = true;
  for (uint32_t i = 0; i < bw_attack_count(); i++) {
    const int width = (int)strlen(bw_attack_at(i)->name);
    if (width > name_width) name_width = width;
  }
  for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) print_group(&groups[i], name_width, &is_first);
}

static int run(int argc, char **argv) {
  int n = 0;
  const int code = cli_parse(&cmd_attacks, NULL, argc, argv, 0, 1, &n);
  if (code >= 0) return code;
  if (n == 1) return explain(argv[1]);
  list();
  return CLI_CLEAN;
}
