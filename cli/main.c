/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: finds the sub-command and hands over. */
#include <string.h>

#include "cli.h"

extern const cli_command cmd_attack, cmd_attacks, cmd_audit, cmd_completion, cmd_decrypt, cmd_encrypt,
    cmd_evaluate, cmd_fetch, cmd_gate, cmd_info, cmd_log, cmd_man, cmd_records, cmd_seal, cmd_verify;

const cli_command *const cli_commands[] = {&cmd_evaluate, &cmd_attack,     &cmd_attacks, &cmd_gate,
                                           &cmd_info,     &cmd_seal,       &cmd_verify,  &cmd_records,
                                           &cmd_log,      &cmd_audit,      &cmd_encrypt, &cmd_decrypt,
                                           &cmd_fetch,    &cmd_completion, &cmd_man,     NULL};

const cli_command *cli_find(const char *name) {
  for (size_t i = 0; cli_commands[i] != NULL; i++)
    if (strcmp(cli_commands[i]->name, name) == 0) return cli_commands[i];
  return NULL;
}

static int help(int argc, char **argv) {
  if (argc < 3) {
    cli_overview(stdout);
    return CLI_CLEAN;
  }
  const cli_command *command = cli_find(argv[2]);
  if (command == NULL) {
    fprintf(stderr, "bulwark: no command '%s'; see bulwark --help\n", argv[2]);
    return CLI_USAGE;
  }
  cli_help(stdout, command);
  return CLI_CLEAN;
}

int main(int argc, char **argv) {
  if (argc < 2) {
    cli_overview(stderr);
    return CLI_USAGE;
  }
  const char *name = argv[1];
  if (strcmp(name, "--version") == 0) {
    printf("bulwark %s\n", bw_version());
    return CLI_CLEAN;
  }
  if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
    return help(argc, argv);
  const cli_command *command = cli_find(name);
  if (command == NULL) {
    fprintf(stderr, "bulwark: no command '%s'; see bulwark --help\n", name);
    return CLI_USAGE;
  }
  const int code = command->run(argc - 1, argv + 1);
  if (fflush(stdout) != 0 || ferror(stdout)) {
    fprintf(stderr, "bulwark: standard output: cannot write\n");
    return CLI_INTERNAL;
  }
  return code;
}
