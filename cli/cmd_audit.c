/* SPDX-License-Identifier: Apache-2.0 */
/* bulwark audit: whether data are kept as a policy wants them. */
#include <string.h>

#include "keys.h"

typedef struct settings {
  const char *policy, *key, *output;
  uint64_t passphrase_fd;
  bool json;
} settings;

static const cli_option options[] = {
    {"policy", 'p', CLI_TEXT, "FILE", "data: the policy, JSON (needed)", offsetof(settings, policy), NULL},
    {"key", 'k', CLI_TEXT, "FILE", "data: private key, PEM, that signs the report; report: the public one",
     offsetof(settings, key), NULL},
    {"passphrase-fd", 0, CLI_COUNT, "N",
     "an encrypted key's passphrase is the first line of file descriptor N (default: asked for on the "
     "terminal)",
     offsetof(settings, passphrase_fd), NULL},
    {"output", 'o', CLI_TEXT, "FILE", "data: write the signed report to FILE", offsetof(settings, output),
     NULL},
    {"json", 0, CLI_FLAG, NULL, "data: print the report as an in-toto statement", offsetof(settings, json),
     NULL},
};

static int run(int argc, char **argv);

const cli_command cmd_audit = {
    .name = "audit",
    .arguments = "data PATH | report FILE",
    .summary = "check owners, modes, symlinks, seal and log of data against a policy",
    .description =
        "data PATH checks everything at PATH against the policy: owner, group, mode, access lists, symlinks "
        "out of it, "
        "folders above that others may write, whether its seal still holds, and whether its log is "
        "consistent and "
        "knows what is there. Each finding is named; exit code 1 if there is one. With --key the report is "
        "signed. "
        "report FILE prints a signed report if it is by the key.",
    .examples =
        "  bulwark audit data train --policy policy.json\n"
        "  bulwark audit data train --policy policy.json --key audit.pem -o report.json\n"
        "  bulwark audit report report.json --key audit.pem.pub\n",
    .n_options = sizeof options / sizeof *options,
    .options = options,
    .run = run,
};

static int write_report(const settings *s, const bw_audit *audit) {
  bw_error err = {0};
  char *report = NULL;
  const int passphrase = cli_passphrase_open(s->passphrase_fd);
  const bw_status status = bw_audit_sign(&report, audit, s->key, passphrase, &err);
  cli_passphrase_close(passphrase, s->passphrase_fd);
  return cli_write_text(s->output, status, report, s->key, &err);
}

static int print_audit(const settings *s, const bw_audit *audit) {
  bw_error err = {0};
  char *text = NULL;
  const bw_status status = bw_audit_text(&text, audit, s->json, &err);
  return cli_write_text("-", status, text, "audit", &err);
}

static int audit_data(const settings *s, const char *path) {
  bw_error err = {0};
  bw_audit *audit = NULL;
  if (s->policy == NULL) return cli_usage_error(&cmd_audit, "data needs --policy");
  if ((s->key == NULL) != (s->output == NULL))
    return cli_usage_error(&cmd_audit, "--key and --output need each other: a signed report");
  if (bw_audit_data(&audit, path, s->policy, &err) != BW_OK) return cli_report_error(path, &err);
  int code = print_audit(s, audit);
  if (code == CLI_CLEAN && s->key != NULL) code = write_report(s, audit);
  if (code == CLI_CLEAN && bw_audit_count(audit) > 0) code = CLI_FINDING;
  bw_audit_free(audit);
  return code;
}

static int read_report(const settings *s, const char *path) {
  bw_error err = {0};
  char *text = NULL;
  if (s->key == NULL) return cli_usage_error(&cmd_audit, "report needs --key, the public one");
  if (bw_audit_read(&text, path, s->key, &err) != BW_OK) return cli_report_error(path, &err);
  printf("%s\n", text);
  bw_text_free(text);
  return CLI_CLEAN;
}

static int run(int argc, char **argv) {
  settings s = {.passphrase_fd = CLI_NO_FD};
  int n = 0;
  const int code = cli_parse(&cmd_audit, &s, argc, argv, 2, 2, &n);
  if (code >= 0) return code;
  if (strcmp(argv[1], "data") == 0) return audit_data(&s, argv[2]);
  if (strcmp(argv[1], "report") == 0) return read_report(&s, argv[2]);
  return cli_usage_error(&cmd_audit, "there is no %s: it is data or report", argv[1]);
}
