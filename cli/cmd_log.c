/* SPDX-License-Identifier: Apache-2.0 */
/* bulwark log: what happened to data and models, in a log that can only grow. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"

typedef enum form { TEXT, DOT, ENVELOPE, STATEMENT, CROISSANT } form;
static const char *const forms[] = {"text", "dot", "envelope", "statement", "croissant", NULL};

typedef struct settings {
  const char *key, *origin, *by, *statement, *croissant, *trust, *seen, *output;
  cli_texts from, with;
  uint64_t time, passphrase_fd;
  int form;
  bool json;
} settings;

static const cli_option options[] = {
    {"key", 'k', CLI_TEXT, "FILE", "new, add: the log's private key, PEM, Ed25519", offsetof(settings, key),
     NULL},
    {"passphrase-fd", 0, CLI_COUNT, "N",
     "an encrypted key's passphrase is the first line of file descriptor N (default: asked for on the "
     "terminal)",
     offsetof(settings, passphrase_fd), NULL},
    {"origin", 0, CLI_TEXT, "NAME", "new: what the log is called, such as example.org/data",
     offsetof(settings, origin), NULL},
    {"from", 'f', CLI_TEXTS, "WHAT",
     "add: what it was made from: a file, a folder, a SHA-256 or an address; may be given again",
     offsetof(settings, from), NULL},
    {"by", 0, CLI_TEXT, "WHO", "add: who did it", offsetof(settings, by), NULL},
    {"with", 'w', CLI_TEXTS, "NAME=VALUE", "add: a parameter; may be given again", offsetof(settings, with),
     NULL},
    {"time", 0, CLI_COUNT, "SECONDS", "add: when it happened, since 1970 (default: now)",
     offsetof(settings, time), NULL},
    {"croissant", 0, CLI_TEXT, "FILE", "add: the subjects are the files of this Croissant metadata",
     offsetof(settings, croissant), NULL},
    {"statement", 0, CLI_TEXT, "FILE", "add: log this in-toto statement as it is",
     offsetof(settings, statement), NULL},
    {"as", 0, CLI_CHOICE, "FORM",
     "show: text (default), or of one entry its envelope, statement or croissant; trace: text or dot",
     offsetof(settings, form), forms},
    {"output", 'o', CLI_TEXT, "FILE", "write to FILE (default: standard output)", offsetof(settings, output),
     NULL},
    {"trust", 't', CLI_TEXT, "KEY",
     "the log's public key, or the file that holds it (default: LOG/key, trusted when it is seen first)",
     offsetof(settings, trust), NULL},
    {"seen", 0, CLI_TEXT, "FILE", "where the newest checkpoint seen is kept (default: LOG.seen)",
     offsetof(settings, seen), NULL},
    {"json", 0, CLI_FLAG, NULL, "show, trace, verify: print JSON", offsetof(settings, json), NULL},
};

static int run(int argc, char **argv);

const cli_command cmd_log = {
    .name = "log",
    .arguments = "new|add|show|trace|prove|verify LOG [ARGUMENT...]",
    .summary = "keep and check a transparency log of data and models",
    .description =
        "Keeps signed events in an append-only Merkle tree (RFC 6962) in the folder LOG. "
        "new LOG makes an empty one. add LOG EVENT SUBJECT... logs that EVENT (ingest, transform, approve, "
        "scan, train, release or another word) made or looked at the subjects. show LOG [INDEX] prints "
        "entries. trace LOG WHAT tells where WHAT came from. prove LOG INDEX writes a proof that the entry "
        "is "
        "in the log. verify LOG checks all of it; verify PROOF ENTRY checks a proof without the log. "
        "Whatever reads a log refuses one that was rolled back or forked since it was seen last, with exit "
        "code 1.",
    .examples =
        "  bulwark seal --new-key log.pem --type ed25519\n"
        "  bulwark log new events --key log.pem --origin example.org/data\n"
        "  bulwark log add events ingest data --from https://example.org/data.tar --key log.pem\n"
        "  bulwark log add events train model.safetensors --from data --with epochs=3 --key log.pem\n"
        "  bulwark log trace events model.safetensors      # back to every source\n"
        "  bulwark log show events 1 --as envelope -o entry.json\n"
        "  bulwark log prove events 1 -o entry.proof\n"
        "  bulwark log verify entry.proof entry.json --trust events/key\n",
    .n_options = sizeof options / sizeof *options,
    .options = options,
    .run = run,
};

/* ---- what the verbs share ---- */

static int open_log(bw_log **out, const settings *s, const char *path) {
  bw_error err = {0};
  bw_log_options how;
  bw_log_options_init(&how, sizeof how);
  how.key = s->trust;
  how.seen_path = s->seen;
  return bw_log_open(out, path, &how, &err) == BW_OK ? CLI_CLEAN : cli_report_error(path, &err);
}

/* Writes the text that a call made, or says why it did not. */
static int give(const settings *s, const char *subject, bw_status status, char *text, const bw_error *err) {
  return cli_write_text(s->output != NULL ? s->output : "-", status, text, subject, err);
}

static int read_index(uint64_t *out, const char *text) {
  char *end = NULL;
  *out = strtoull(text, &end, 10);
  if (text[0] >= '0' && text[0] <= '9' && *end == '\0') return -1;
  return cli_usage_error(&cmd_log, "INDEX must be the number of an entry, not %s", text);
}

/* ---- verbs: argv[0] is the log, and n operands follow ---- */

static int new_log(const settings *s, int n, char **argv) {
  (void)n;
  bw_error err = {0};
  if (s->key == NULL || s->origin == NULL) return cli_usage_error(&cmd_log, "new needs --key and --origin");
  const int passphrase = cli_passphrase_open(s->passphrase_fd);
  const bw_status status = bw_log_create(argv[0], s->origin, s->key, passphrase, &err);
  cli_passphrase_close(passphrase, s->passphrase_fd);
  return status == BW_OK ? CLI_CLEAN : cli_report_error(argv[0], &err);
}

static int add_event(bw_log *log, const settings *s, int n, char **argv) {
  bw_error err = {0};
  bw_log_event event;
  uint64_t index = 0;
  bw_log_event_init(&event, sizeof event);
  event.what = n > 0 ? argv[1] : NULL;
  event.by = s->by;
  event.time = (int64_t)s->time;
  event.subjects = (const char *const *)argv + 2;
  event.n_subjects = n > 1 ? (size_t)n - 1 : 0;
  event.materials = s->from.items;
  event.n_materials = s->from.count;
  event.parameters = s->with.items;
  event.n_parameters = s->with.count;
  event.statement_path = s->statement;
  event.croissant_path = s->croissant;
  const int passphrase = cli_passphrase_open(s->passphrase_fd);
  const bw_status status = bw_log_add(&index, log, &event, s->key, passphrase, &err);
  cli_passphrase_close(passphrase, s->passphrase_fd);
  if (status != BW_OK) return cli_report_error(argv[0], &err);
  printf(s->json ? "{\"index\":%" PRIu64 "}\n" : "entry %" PRIu64 "\n", index);
  return CLI_CLEAN;
}

static int add(const settings *s, int n, char **argv) {
  bw_log *log = NULL;
  const bool given = s->statement != NULL || s->croissant != NULL;
  if (s->key == NULL) return cli_usage_error(&cmd_log, "add needs --key");
  if (s->time > INT64_MAX) return cli_usage_error(&cmd_log, "--time is out of range");
  if (s->statement != NULL && (n > 0 || s->croissant != NULL || s->from.count + s->with.count > 0))
    return cli_usage_error(&cmd_log, "--statement stands alone");
  if (s->statement == NULL && n == 0) return cli_usage_error(&cmd_log, "add needs EVENT, such as train");
  if (given ? n > 1 : n < 2)
    return cli_usage_error(&cmd_log, given ? "--croissant names the subjects" : "add needs a SUBJECT");
  int code = open_log(&log, s, argv[0]);
  if (code == CLI_CLEAN) code = add_event(log, s, n, argv);
  bw_log_free(log);
  return code;
}

static int show_entries(bw_log *log, const settings *s, int n, char **argv) {
  bw_error err = {0};
  char *text = NULL, head[65];
  uint64_t index = 0;
  const int code = n > 0 ? read_index(&index, argv[1]) : -1;
  if (code >= 0) return code;
  if (s->form == TEXT) {
    if (n == 0 && !s->json && s->output == NULL) {
      bw_log_head(log, head);
      printf("%s: %" PRIu64 " entries, head %s\n", bw_log_origin(log), bw_log_count(log), head);
    }
    const bw_status status = bw_log_text(&text, log, index, n > 0 ? 1 : bw_log_count(log), s->json, &err);
    return give(s, argv[0], status, text, &err);
  }
  const bw_log_form as = s->form == ENVELOPE    ? BW_LOG_ENVELOPE
                         : s->form == STATEMENT ? BW_LOG_STATEMENT
                                                : BW_LOG_CROISSANT;
  const bw_status status = bw_log_export(&text, log, index, as, &err);
  return give(s, argv[0], status, text, &err);
}

static int show(const settings *s, int n, char **argv) {
  bw_log *log = NULL;
  if (s->form == DOT) return cli_usage_error(&cmd_log, "--as dot is for trace");
  if (s->form != TEXT && n == 0) return cli_usage_error(&cmd_log, "--as needs the INDEX of one entry");
  int code = open_log(&log, s, argv[0]);
  if (code == CLI_CLEAN) code = show_entries(log, s, n, argv);
  bw_log_free(log);
  return code;
}

static int trace(const settings *s, int n, char **argv) {
  (void)n;
  bw_log *log = NULL;
  bw_error err = {0};
  char *text = NULL;
  uint64_t n_events = 0;
  if (s->form > DOT) return cli_usage_error(&cmd_log, "trace has the forms text and dot");
  const bw_lineage_form as = s->form == DOT ? BW_LINEAGE_DOT : s->json ? BW_LINEAGE_JSON : BW_LINEAGE_TREE;
  int code = open_log(&log, s, argv[0]);
  if (code == CLI_CLEAN) {
    const bw_status status = bw_log_lineage(&text, &n_events, log, argv[1], as, &err);
    code = give(s, argv[1], status, text, &err);
  }
  bw_log_free(log);
  if (code != CLI_CLEAN || n_events > 0) return code;
  fprintf(stderr, "bulwark: %s: the log knows no event that it came from\n", argv[1]);
  return CLI_FINDING;
}

static int prove(const settings *s, int n, char **argv) {
  (void)n;
  bw_log *log = NULL;
  bw_error err = {0};
  char *text = NULL;
  uint64_t index = 0;
  int code = read_index(&index, argv[1]);
  if (code >= 0) return code;
  code = open_log(&log, s, argv[0]);
  if (code == CLI_CLEAN) {
    const bw_status status = bw_log_export(&text, log, index, BW_LOG_PROOF, &err);
    code = give(s, argv[0], status, text, &err);
  }
  bw_log_free(log);
  return code;
}

static int verify_proof(const settings *s, const char *proof, const char *entry) {
  bw_error err = {0};
  uint64_t index = 0;
  if (s->trust == NULL) return cli_usage_error(&cmd_log, "verify PROOF ENTRY needs --trust");
  if (bw_log_check_proof(&index, proof, entry, s->trust, &err) != BW_OK) return cli_report_error(proof, &err);
  printf(s->json ? "{\"index\":%" PRIu64 "}\n" : "it is entry %" PRIu64 "\n", index);
  return CLI_CLEAN;
}

static int verify(const settings *s, int n, char **argv) {
  bw_log *log = NULL;
  bw_error err = {0};
  char head[65];
  if (n == 1) return verify_proof(s, argv[0], argv[1]);
  int code = open_log(&log, s, argv[0]);
  if (code == CLI_CLEAN && bw_log_verify(log, &err) != BW_OK) code = cli_report_error(argv[0], &err);
  if (code == CLI_CLEAN) {
    bw_log_head(log, head);
    printf(s->json ? "{\"origin\":\"%s\",\"size\":%" PRIu64 ",\"head\":\"%s\"}\n"
                   : "%s: all of %" PRIu64 " entries hold, head %s\n",
           bw_log_origin(log), bw_log_count(log), head);
  }
  bw_log_free(log);
  return code;
}

/* ---- */

static const struct verb {
  const char *name, *operands;
  int fewest, most; /* operands behind LOG; -1: any number */
  int (*run)(const settings *s, int n, char **argv);
} verbs[] = {{"new", "", 0, 0, new_log},       {"add", " EVENT SUBJECT...", 0, -1, add},
             {"show", " [INDEX]", 0, 1, show}, {"trace", " WHAT", 1, 1, trace},
             {"prove", " INDEX", 1, 1, prove}, {"verify", ", or PROOF ENTRY", 0, 1, verify}};

static int run(int argc, char **argv) {
  settings s = {.passphrase_fd = CLI_NO_FD};
  int n = 0;
  const int code = cli_parse(&cmd_log, &s, argc, argv, 1, argc, &n);
  if (code >= 0) return code;
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
    const struct verb *verb = &verbs[i];
    if (strcmp(argv[1], verb->name) != 0) continue;
    if (n < 2 + verb->fewest || (verb->most >= 0 && n > 2 + verb->most))
      return cli_usage_error(&cmd_log, "%s expects LOG%s", verb->name, verb->operands);
    return verb->run(&s, n - 2, argv + 2);
  }
  return cli_usage_error(&cmd_log, "there is no %s: it is new, add, show, trace, prove or verify", argv[1]);
}
