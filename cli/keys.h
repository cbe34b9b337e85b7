/* SPDX-License-Identifier: Apache-2.0 */
/* Options for keys and files that encrypt and decrypt have in common. */
#ifndef CLI_KEYS_H
#define CLI_KEYS_H

#include "cli.h"

/* Settings of both begin with this. */
typedef struct cli_keys {
  cli_texts identities;
  const char *output;
  uint64_t passphrase_fd; /* CLI_NO_FD: none */
  bool passphrase;
} cli_keys;

#define CLI_NO_FD UINT64_MAX

/* Adds identities and passphrase, asking for it on the terminal where it is wanted and no descriptor is
 * named; twice if `confirm`. CLI_CLEAN, or the exit code after printing what is wrong. */
int cli_keys_add(bw_age_keys *keys, const cli_keys *options, bool confirm);

/* The descriptor to read a passphrase from: the one that the option names, or the terminal if that is
 * CLI_NO_FD; -1: there is none. */
int cli_passphrase_open(uint64_t option);
void cli_passphrase_close(int fd, uint64_t option); /* closes the terminal */

/* Says that there is no terminal, and gives the exit code. */
int cli_passphrase_missing(void);

/* NULL for "-" and for nothing: standard input or output. */
const char *cli_path(const char *text);

#endif
