/* SPDX-License-Identifier: Apache-2.0 */
/* bulwark encrypt: a file for whoever holds a key or a passphrase. */
#include <unistd.h>

#include "keys.h"

typedef struct settings {
  cli_keys keys;
  cli_texts recipients, recipient_files;
  const char *new_identity;
  bool armor;
} settings;

static const cli_option options[] = {
    {"recipient", 'r', CLI_TEXTS, "KEY", "encrypt to this public key (age1...); may be given again",
     offsetof(settings, recipients), NULL},
    {"recipients", 'R', CLI_TEXTS, "FILE",
     "encrypt to the public keys in FILE, one a line; may be given again",
     offsetof(settings, recipient_files), NULL},
    {"identity", 'i', CLI_TEXTS, "FILE",
     "encrypt to the owners of the secret keys in FILE; may be given again",
     offsetof(settings, keys.identities), NULL},
    {"passphrase", 'p', CLI_FLAG, NULL, "encrypt with a passphrase, asked for on the terminal",
     offsetof(settings, keys.passphrase), NULL},
    {"passphrase-fd", 0, CLI_COUNT, "N", "encrypt with a passphrase, the first line of file descriptor N",
     offsetof(settings, keys.passphrase_fd), NULL},
    {"armor", 'a', CLI_FLAG, NULL, "write text (PEM) instead of bytes", offsetof(settings, armor), NULL},
    {"output", 'o', CLI_TEXT, "FILE", "write to FILE (default: standard output)",
     offsetof(settings, keys.output), NULL},
    {"new-identity", 0, CLI_TEXT, "FILE",
     "make a secret key, keep it in FILE (which must not exist) and print the "
     "public one; encrypts nothing",
     offsetof(settings, new_identity), NULL},
};

static int run(int argc, char **argv);

const cli_command cmd_encrypt = {
    .name = "encrypt",
    .arguments = "[FILE]",
    .summary = "encrypt a file in the age format",
    .description =
        "Encrypts FILE (default: standard input) in the age v1 format, which `bulwark decrypt` and the age "
        "program "
        "read. Any of the recipients can decrypt it; a passphrase excludes other recipients.",
    .examples =
        "  bulwark encrypt --new-identity key.txt          # prints age1..., the key to encrypt to\n"
        "  bulwark encrypt data.npz -r age1... -o data.npz.age\n"
        "  tar c data | bulwark encrypt -i key.txt > data.tar.age\n"
        "  bulwark encrypt model.safetensors -p -o model.safetensors.age\n",
    .n_options = sizeof options / sizeof *options,
    .options = options,
    .run = run,
};

static int make_identity(const char *path) {
  char recipient[BW_AGE_RECIPIENT_BYTES];
  bw_error err = {0};
  if (bw_age_new_identity(path, recipient, &err) != BW_OK) return cli_report_error("identity", &err);
  printf("%s\n", recipient);
  return CLI_CLEAN;
}

static int add_recipients(bw_age_keys *keys, const settings *s) {
  bw_error err = {0};
  for (uint32_t i = 0; i < s->recipients.count; i++)
    if (bw_age_keys_add_recipient(keys, s->recipients.items[i], &err) != BW_OK)
      return cli_report_error("recipient", &err);
  for (uint32_t i = 0; i < s->recipient_files.count; i++)
    if (bw_age_keys_add_recipients(keys, s->recipient_files.items[i], &err) != BW_OK)
      return cli_report_error("recipients", &err);
  return CLI_CLEAN;
}

static int encrypt(const settings *s, const char *input, bw_age_keys *keys) {
  int code = add_recipients(keys, s);
  if (code == CLI_CLEAN) code = cli_keys_add(keys, &s->keys, true);
  if (code != CLI_CLEAN) return code;
  bw_error err = {0};
  bw_age_options how;
  bw_age_options_init(&how, sizeof how);
  how.armor = s->armor;
  how.progress = cli_progress(true);
  if (bw_age_encrypt_file(cli_path(s->keys.output), cli_path(input), keys, &how, &err) == BW_OK)
    return CLI_CLEAN;
  return cli_report_error(cli_path(input) != NULL ? input : "standard input", &err);
}

static int check(const settings *s, int n) {
  const bool secret = s->keys.passphrase || s->keys.passphrase_fd != CLI_NO_FD;
  const bool to_keys = s->recipients.count + s->recipient_files.count + s->keys.identities.count > 0;
  if (s->new_identity != NULL && (secret || to_keys || n > 0))
    return cli_usage_error(&cmd_encrypt, "--new-identity stands alone");
  if (s->new_identity != NULL) return -1;
  if (!secret && !to_keys)
    return cli_usage_error(&cmd_encrypt, "nobody to encrypt to: needs -r, -R, -i or -p");
  if (secret && to_keys) return cli_usage_error(&cmd_encrypt, "a passphrase excludes other recipients");
  if (!s->armor && cli_path(s->keys.output) == NULL && isatty(STDOUT_FILENO))
    return cli_usage_error(&cmd_encrypt, "bytes are not for a terminal: needs --output or --armor");
  return -1;
}

static int run(int argc, char **argv) {
  settings s = {.keys.passphrase_fd = CLI_NO_FD};
  int n = 0;
  int code = cli_parse(&cmd_encrypt, &s, argc, argv, 0, 1, &n);
  if (code < 0) code = check(&s, n);
  if (code >= 0) return code;
  if (s.new_identity != NULL) return make_identity(s.new_identity);
  bw_age_keys *keys = NULL;
  bw_error err = {0};
  if (bw_age_keys_create(&keys, &err) != BW_OK) return cli_report_error("keys", &err);
  code = encrypt(&s, n > 0 ? argv[1] : NULL, keys);
  bw_age_keys_free(keys);
  return code;
}
