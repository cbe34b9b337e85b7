/* SPDX-License-Identifier: Apache-2.0 */
#include "keys.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

const char *cli_path(const char *text) {
  return text != NULL && strcmp(text, "-") != 0 ? text : NULL;
}

static int add_passphrase(bw_age_keys *keys, const cli_keys *options, bool confirm) {
  bw_error err = {0};
  if (options->passphrase_fd != CLI_NO_FD) {
    const int fd = options->passphrase_fd <= INT_MAX ? (int)options->passphrase_fd : -1;
    return bw_age_keys_read_passphrase(keys, fd, false, &err) == BW_OK ? CLI_CLEAN
                                                                       : cli_report_error("passphrase", &err);
  }
  const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) {
    fprintf(stderr, "bulwark: passphrase: no terminal to ask on; give it with --passphrase-fd\n");
    return CLI_BAD_INPUT;
  }
  const bw_status status = bw_age_keys_read_passphrase(keys, terminal, confirm, &err);
  close(terminal);
  return status == BW_OK ? CLI_CLEAN : cli_report_error("passphrase", &err);
}

int cli_passphrase_open(uint64_t fd, bool *own) {
  *own = fd == CLI_NO_FD;
  if (*own) return open("/dev/tty", O_RDWR | O_CLOEXEC);
  return fd <= INT_MAX ? (int)fd : -1;
}

int cli_keys_add(bw_age_keys *keys, const cli_keys *options, bool confirm) {
  for (uint32_t i = 0; i < options->identities.count; i++) {
    bw_error err = {0};
    if (bw_age_keys_add_identities(keys, options->identities.items[i], &err) != BW_OK)
      return cli_report_error("identity", &err);
  }
  if (options->passphrase || options->passphrase_fd != CLI_NO_FD)
    return add_passphrase(keys, options, confirm);
  return CLI_CLEAN;
}
