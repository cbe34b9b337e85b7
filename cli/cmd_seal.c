/* SPDX-License-Identifier: Apache-2.0 */
/* bulwark seal: sign a list of files and their digests, or make the key to do so. */
#include <string.h>

#include "keys.h"

typedef struct settings {
  const char *key, *certificate, *output, *new_key;
  cli_texts ignore;
  uint64_t shard_size, threads, passphrase_fd;
  int hash, type;
  bool shards, modes, allow_symlinks, passphrase, json, quiet;
} settings;

static const char *const hashes[] = {"sha256", "blake2b", NULL};
static const char *const types[] = {"p256", "p384", "p521", "ed25519", NULL};

static const cli_option options[] = {
    {"key", 'k', CLI_TEXT, "FILE", "private key to sign with, PEM: P-256, P-384, P-521 or Ed25519",
     offsetof(settings, key), NULL},
    {"certificate", 'c', CLI_TEXT, "FILE",
     "certificates, PEM: the key's own first, then those that lead to a root",
     offsetof(settings, certificate), NULL},
    {"output", 'o', CLI_TEXT, "FILE", "write the seal to FILE (default: PATH.sig)",
     offsetof(settings, output), NULL},
    {"ignore", 'i', CLI_TEXTS, "PATH", "leave out PATH, as it is named below the folder; may be given again",
     offsetof(settings, ignore), NULL},
    {"modes", 'm', CLI_FLAG, NULL, "seal permission bits and folders too", offsetof(settings, modes), NULL},
    {"shards", 0, CLI_FLAG, NULL, "digest large files in stretches, by all threads",
     offsetof(settings, shards), NULL},
    {"shard-size", 0, CLI_COUNT, "BYTES", "of a stretch (default 1000000000); implies --shards",
     offsetof(settings, shard_size), NULL},
    {"hash", 0, CLI_CHOICE, "NAME", "sha256 (default) or blake2b", offsetof(settings, hash), hashes},
    {"allow-symlinks", 0, CLI_FLAG, NULL, "seal symlinks to files as the files that they lead to",
     offsetof(settings, allow_symlinks), NULL},
    {"passphrase-fd", 0, CLI_COUNT, "N",
     "an encrypted key's passphrase is the first line of file descriptor N (default: asked for on the "
     "terminal)",
     offsetof(settings, passphrase_fd), NULL},
    {"new-key", 0, CLI_TEXT, "FILE",
     "make a key pair, the private key in FILE and the public one in FILE.pub; seals nothing",
     offsetof(settings, new_key), NULL},
    {"type", 0, CLI_CHOICE, "TYPE", "of the new key: p256 (default), p384, p521 or ed25519",
     offsetof(settings, type), types},
    {"passphrase", 'p', CLI_FLAG, NULL, "encrypt the new key with a passphrase, asked for on the terminal",
     offsetof(settings, passphrase), NULL},
    {"threads", 't', CLI_COUNT, "N", "worker threads (default: all processors)", offsetof(settings, threads),
     NULL},
    {"json", 0, CLI_FLAG, NULL, "print JSON", offsetof(settings, json), NULL},
    {"quiet", 'q', CLI_FLAG, NULL, "no progress", offsetof(settings, quiet), NULL},
};

static int run(int argc, char **argv);

const cli_command cmd_seal = {
    .name = "seal",
    .arguments = "[PATH]",
    .summary = "sign a list of the files of a model or data set",
    .description =
        "Digests every file at PATH and signs the list, in the format of OpenSSF Model Signing v1.0, which "
        "model-signing "
        "reads too. `bulwark verify` then names every file that was altered, added, removed, renamed or "
        "swapped.",
    .examples =
        "  bulwark seal --new-key seal.pem -p              # key pair: seal.pem and seal.pem.pub\n"
        "  bulwark seal data --key seal.pem                # writes data.sig\n"
        "  bulwark seal data --key seal.pem --modes        # permission bits too\n"
        "  bulwark seal model.safetensors --key leaf.pem --certificate chain.pem --shards\n",
    .n_options = sizeof options / sizeof *options,
    .options = options,
    .run = run,
};

static int make_key(const settings *s) {
  char public_path[4096];
  bw_error err = {0};
  bw_key_options how;
  if (snprintf(public_path, sizeof public_path, "%s.pub", s->new_key) >= (int)sizeof public_path)
    return cli_usage_error(&cmd_seal, "--new-key: the name is too long");
  bw_key_options_init(&how, sizeof how);
  how.kind = (bw_key_kind)s->type;
  if (s->passphrase || s->passphrase_fd != CLI_NO_FD) {
    how.passphrase_fd = cli_passphrase_open(s->passphrase_fd);
    if (how.passphrase_fd < 0) return cli_passphrase_missing();
  }
  const bw_status status = bw_key_create(s->new_key, public_path, &how, &err);
  cli_passphrase_close(how.passphrase_fd, s->passphrase_fd);
  if (status != BW_OK) return cli_report_error(s->new_key, &err);
  if (!s->quiet)
    printf("%s: private, for you alone\n%s: public, for those who verify\n", s->new_key, public_path);
  return CLI_CLEAN;
}

static void print_sealed(const bw_sealed *sealed, bool json) {
  printf(json ? "{\"files\":%llu,\"root\":\"%s\",\"fingerprint\":\"%s\"}\n"
              : "sealed %llu files\nroot   %s\nkey    %s\n",
         (unsigned long long)sealed->n_files, sealed->root, sealed->fingerprint);
}

static int seal(const settings *s, const char *path) {
  bw_error err = {0};
  bw_sealed sealed;
  bw_seal_options how;
  bw_seal_options_init(&how, sizeof how);
  how.key_path = s->key;
  how.passphrase_fd = cli_passphrase_open(s->passphrase_fd);
  how.certificate_path = s->certificate;
  how.output_path = s->output;
  how.shard_bytes = s->shard_size != 0 ? s->shard_size : s->shards ? 1000000000 : 0;
  how.blake2b = s->hash == 1;
  how.allow_symlinks = s->allow_symlinks;
  how.modes = s->modes;
  how.ignore = s->ignore.items;
  how.n_ignore = s->ignore.count;
  how.threads = (uint32_t)s->threads;
  how.progress = cli_progress(s->quiet);
  const bw_status status = bw_seal(&sealed, path, &how, &err);
  cli_progress_end();
  cli_passphrase_close(how.passphrase_fd, s->passphrase_fd);
  if (status != BW_OK) return cli_report_error(path, &err);
  print_sealed(&sealed, s->json);
  return CLI_CLEAN;
}

static int run(int argc, char **argv) {
  settings s = {.passphrase_fd = CLI_NO_FD};
  int n = 0;
  const int code = cli_parse(&cmd_seal, &s, argc, argv, 0, 1, &n);
  if (code >= 0) return code;
  if (s.threads > 1024) return cli_usage_error(&cmd_seal, "--threads is out of range");
  if (s.new_key != NULL && (n > 0 || s.key != NULL))
    return cli_usage_error(&cmd_seal, "--new-key stands alone");
  if (s.new_key != NULL) return make_key(&s);
  if (n == 0) return cli_usage_error(&cmd_seal, "expects PATH");
  if (s.key == NULL) return cli_usage_error(&cmd_seal, "needs --key; --new-key makes one");
  return seal(&s, argv[1]);
}
