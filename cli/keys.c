/* SPDX-License-Identifier: Apache-2.0 */
#include "keys.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

const char *cli_path(const char *text) {
  return text != NULL && strcmp(text, "-") != 0 ? text : NULL;
}

int cli_passphrase_open(uint64_t option) {
  if (option == CLI_NO_FD) return open("/dev/tty", O_RDWR | O_CLOEXEC);
  return option <= INT_MAX ? (int)option : -1;
}

void cli_passphrase_close(int fd, uint64_t option) {
  if (option == CLI_NO_FD && fd >= 0) (void)close(fd);
}

int cli_passphrase_missing(void) {
  fprintf(stderr, "bulwark: passphrase: no terminal to ask on; give it with --passphrase-fd\n");
  return CLI_BAD_INPUT;
}

static int add_passphrase(bw_age_keys *keys, const cli_keys *options, bool confirm) {
  bw_error err = {0};
  const bool asks = options->passphrase_fd == CLI_NO_FD;
  const int fd = cli_passphrase_open(options->passphrase_fd);
  if (asks && fd < 0) return cli_passphrase_missing();
  const bw_status status = bw_age_keys_read_passphrase(keys, fd, asks && confirm, &err);
  cli_passphrase_close(fd, options->passphrase_fd);
  return status == BW_OK ? CLI_CLEAN : cli_report_error("passphrase", &err);
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
