/* SPDX-License-Identifier: Apache-2.0 */
/* bulwark completion: scripts for bash, zsh and fish, made from the command tables. */
#include <string.h>

#include "cli.h"

static int run(int argc, char **argv);

const cli_command cmd_completion = {
    .name = "completion",
    .arguments = "bash|zsh|fish",
    .summary = "print a shell completion script",
    .description = "Prints a completion script for the shell.",
    .examples =
        "  source <(bulwark completion bash)\n  bulwark completion fish > "
        "~/.config/fish/completions/bulwark.fish\n",
    .run = run,
};

static void print_bash(void) {
  puts("_bulwark() {\n  local words\n  case \"${COMP_WORDS[1]}\" in");
  for (size_t i = 0; cli_commands[i] != NULL; i++) {
    printf("    %s) words=\"--help", cli_commands[i]->name);
    for (uint32_t k = 0; cli_option_at(cli_commands[i], k) != NULL; k++)
      printf(" --%s", cli_option_at(cli_commands[i], k)->name);
    puts("\" ;;");
  }
  fputs("    *) words=\"--help --version", stdout);
  for (size_t i = 0; cli_commands[i] != NULL; i++) printf(" %s", cli_commands[i]->name);
  puts(
      "\" ;;\n  esac\n"
      "  if [ \"$COMP_CWORD\" -gt 1 ] && [ \"${2#-}\" = \"$2\" ]; then COMPREPLY=($(compgen -f -- \"$2\"))\n"
      "  else COMPREPLY=($(compgen -W \"$words\" -- \"$2\")); fi\n}\ncomplete -o filenames -F _bulwark "
      "bulwark");
}

/* Single-quoted for the shell; help texts hold no quotes of that kind. */
static void print_fish(void) {
  for (size_t i = 0; cli_commands[i] != NULL; i++) {
    const cli_command *c = cli_commands[i];
    printf("complete -c bulwark -n __fish_use_subcommand -a %s -d '%s'\n", c->name, c->summary);
    for (uint32_t k = 0; cli_option_at(c, k) != NULL; k++) {
      const cli_option *o = cli_option_at(c, k);
      printf("complete -c bulwark -n '__fish_seen_subcommand_from %s' -l %s %s -d '%s'\n", c->name, o->name,
             o->kind == CLI_FLAG ? "" : "-r", o->help);
    }
  }
}

static int run(int argc, char **argv) {
  int n = 0;
  const int code = cli_parse(&cmd_completion, NULL, argc, argv, 1, 1, &n);
  if (code >= 0) return code;
  if (strcmp(argv[1], "bash") == 0) {
    print_bash();
  } else if (strcmp(argv[1], "zsh") == 0) {
    puts("autoload -U +X bashcompinit && bashcompinit");
    print_bash();
  } else if (strcmp(argv[1], "fish") == 0) {
    print_fish();
  } else {
    return cli_usage_error(&cmd_completion, "no script for '%s'; there are bash, zsh and fish", argv[1]);
  }
  return CLI_CLEAN;
}
