/* SPDX-License-Identifier: Apache-2.0 */
/* bulwark decrypt: the way back. */
#include "keys.h"

static const cli_option options[] = {
    {"identity", 'i', CLI_TEXTS, "FILE", "secret keys (AGE-SECRET-KEY-1...), one a line; may be given again",
     offsetof(cli_keys, identities), NULL},
    {"passphrase", 'p', CLI_FLAG, NULL, "the file is encrypted with a passphrase; ask for it on the terminal",
     offsetof(cli_keys, passphrase), NULL},
    {"passphrase-fd", 0, CLI_COUNT, "N", "the passphrase is the first line of file descriptor N",
     offsetof(cli_keys, passphrase_fd), NULL},
    {"output", 'o', CLI_TEXT, "FILE",
     "write to FILE (default: standard output), which appears only if all of it "
     "is authentic",
     offsetof(cli_keys, output), NULL},
};

static int run(int argc, char **argv);

const cli_command cmd_decrypt = {
    .name = "decrypt",
    .arguments = "[FILE]",
    .summary = "decrypt a file in the age format",
    .description =
        "Decrypts FILE (default: standard input), which `bulwark encrypt` or the age program made, as bytes "
        "or as "
        "text. Altered, truncated, reordered or extended files are found out, with the byte. On standard "
        "output "
        "appears only what is authentic; whoever reads it must still look at the exit code, which tells "
        "whether it "
        "was all. Exit code 1: not authentic. 2: no key fits. 3: no age file.",
    .examples =
        "  bulwark decrypt data.npz.age -i key.txt -o data.npz\n"
        "  bulwark decrypt -i key.txt < data.tar.age | tar x\n"
        "  bulwark decrypt model.safetensors.age -p -o model.safetensors\n",
    .n_options = sizeof options / sizeof *options,
    .options = options,
    .run = run,
};

static int decrypt(const cli_keys *s, const char *input, bw_age_keys *keys) {
  const int code = cli_keys_add(keys, s, false);
  if (code != CLI_CLEAN) return code;
  bw_error err = {0};
  bw_age_options how;
  bw_age_options_init(&how, sizeof how);
  how.progress = cli_progress(true);
  if (bw_age_decrypt_file(cli_path(s->output), cli_path(input), keys, &how, &err) == BW_OK) return CLI_CLEAN;
  return cli_report_error(cli_path(input) != NULL ? input : "standard input", &err);
}

static int run(int argc, char **argv) {
  cli_keys s = {.passphrase_fd = CLI_NO_FD};
  int n = 0;
  const int code = cli_parse(&cmd_decrypt, &s, argc, argv, 0, 1, &n);
  if (code >= 0) return code;
  if (s.identities.count == 0 && !s.passphrase && s.passphrase_fd == CLI_NO_FD)
    return cli_usage_error(&cmd_decrypt, "needs a key: -i, -p or --passphrase-fd");
  bw_age_keys *keys = NULL;
  bw_error err = {0};
  if (bw_age_keys_create(&keys, &err) != BW_OK) return cli_report_error("keys", &err);
  const int done = decrypt(&s, n > 0 ? argv[1] : NULL, keys);
  bw_age_keys_free(keys);
  return done;
}
