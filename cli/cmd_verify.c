/* SPDX-License-Identifier: Apache-2.0 */
/* bulwark verify: whether files are as somebody trusted has sealed them. */
#include "cli.h"

typedef struct settings {
  cli_texts bundles, keys, identities;
  const char *root, *revoked;
  uint64_t signers, threads;
  bool json, quiet;
} settings;

static const cli_option options[] = {
    {"signature", 's', CLI_TEXTS, "FILE", "a seal of PATH (default: PATH.sig); may be given again",
     offsetof(settings, bundles), NULL},
    {"key", 'k', CLI_TEXTS, "FILE", "trusted public key, PEM; may be given again", offsetof(settings, keys),
     NULL},
    {"root", 0, CLI_TEXT, "FILE", "trusted root certificates, PEM; the system's are never trusted",
     offsetof(settings, root), NULL},
    {"identity", 0, CLI_TEXTS, "NAME",
     "whose certificate is trusted with --root: email address, URI or DNS name; may be given again",
     offsetof(settings, identities), NULL},
    {"signers", 0, CLI_COUNT, "M",
     "how many different signers must have sealed PATH (default: as many as there are seals)",
     offsetof(settings, signers), NULL},
    {"revoked", 0, CLI_TEXT, "FILE",
     "fingerprints of keys and certificates that are trusted no more, a line each",
     offsetof(settings, revoked), NULL},
    {"threads", 't', CLI_COUNT, "N", "worker threads (default: all processors)", offsetof(settings, threads),
     NULL},
    {"json", 0, CLI_FLAG, NULL, "print JSON", offsetof(settings, json), NULL},
    {"quiet", 'q', CLI_FLAG, NULL, "no progress", offsetof(settings, quiet), NULL},
};

static int run(int argc, char **argv);

const cli_command cmd_verify = {
    .name = "verify",
    .arguments = "PATH",
    .summary = "check files against their seal",
    .description =
        "Checks that PATH was sealed by somebody trusted (`bulwark seal`, or model-signing with a key or a "
        "certificate) "
        "and is as it was, and names every file that was altered, added, removed, renamed or swapped.",
    .examples =
        "  bulwark verify data --key seal.pem.pub\n"
        "  bulwark verify model.safetensors --root ca.pem --identity release@example.org\n"
        "  bulwark verify data -s a.sig -s b.sig -s c.sig -k a.pub -k b.pub -k c.pub --signers 2\n",
    .n_options = sizeof options / sizeof *options,
    .options = options,
    .run = run,
};

static int verify(const settings *s, const char *path) {
  bw_error err = {0};
  bw_verification *v = NULL;
  char *text = NULL;
  bw_verify_options how;
  bw_verify_options_init(&how, sizeof how);
  how.bundles = s->bundles.items;
  how.n_bundles = s->bundles.count;
  how.keys = s->keys.items;
  how.n_keys = s->keys.count;
  how.root_path = s->root;
  how.identities = s->identities.items;
  how.n_identities = s->identities.count;
  how.signers = (uint32_t)s->signers;
  how.revoked_path = s->revoked;
  how.threads = (uint32_t)s->threads;
  how.progress = cli_progress(s->quiet);
  bw_status status = bw_verify(&v, path, &how, &err);
  cli_progress_end();
  if (status == BW_OK) status = bw_verification_text(&text, v, s->json, &err);
  if (status == BW_OK) fputs(text, stdout);
  const int code = status != BW_OK            ? cli_report_error(path, &err)
                   : bw_verification_holds(v) ? CLI_CLEAN
                                              : CLI_FINDING;
  bw_text_free(text);
  bw_verification_free(v);
  return code;
}

static int run(int argc, char **argv) {
  settings s = {0};
  int n = 0;
  const int code = cli_parse(&cmd_verify, &s, argc, argv, 1, 1, &n);
  if (code >= 0) return code;
  if (s.keys.count == 0 && s.root == NULL)
    return cli_usage_error(&cmd_verify, "trusts nobody: needs --key, or --root and --identity");
  if ((s.root == NULL) != (s.identities.count == 0))
    return cli_usage_error(&cmd_verify, "--root and --identity need each other");
  if (s.threads > 1024) return cli_usage_error(&cmd_verify, "--threads is out of range");
  if (s.signers > (s.bundles.count > 0 ? s.bundles.count : 1))
    return cli_usage_error(&cmd_verify, "--signers is more than there are seals");
  return verify(&s, argv[1]);
}
