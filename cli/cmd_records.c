/* SPDX-License-Identifier: Apache-2.0 */
/* bulwark records: which record of a data set was changed. */
#include <inttypes.h>
#include <string.h>

#include "cli.h"

typedef struct settings {
  const char *tree;
  bool json;
} settings;

static const cli_option options[] = {
    {"tree", 't', CLI_TEXT, "FILE", "the tree's file (default: DATA.records)", offsetof(settings, tree),
     NULL},
    {"json", 0, CLI_FLAG, NULL, "print JSON", offsetof(settings, json), NULL},
};

static int run(int argc, char **argv);

const cli_command cmd_records = {
    .name = "records",
    .arguments = "make|check DATA",
    .summary = "name the records of a data set that were changed",
    .description =
        "make keeps a Merkle tree over the records of DATA (npz, IDX, CSV, JSON lines, or a folder, whose "
        "files "
        "are its records) in a file beside it. check reads DATA again and names every record that was "
        "changed, "
        "inserted, removed, moved or swapped since; exit code 1 if there is one. What vouches for the tree "
        "is a "
        "seal or a log: seal its file with the data.",
    .examples =
        "  bulwark records make train.csv                  # writes train.csv.records\n"
        "  bulwark records check train.csv\n",
    .n_options = sizeof options / sizeof *options,
    .options = options,
    .run = run,
};

static int open_tree(bw_record_tree **out, const char *path) {
  bw_error err = {0};
  return bw_record_tree_open(out, path, &err) == BW_OK ? CLI_CLEAN : cli_report_error(path, &err);
}

static int make(const settings *s, const char *data, const char *path) {
  bw_error err = {0};
  bw_record_tree *tree = NULL;
  char head[65];
  if (bw_record_tree_make(data, path, &err) != BW_OK) return cli_report_error(data, &err);
  const int code = open_tree(&tree, path);
  if (code == CLI_CLEAN) {
    bw_record_tree_head(tree, head);
    printf(s->json ? "{\"format\":\"%s\",\"records\":%" PRIu64 ",\"head\":\"%s\"}\n"
                   : "%s, %" PRIu64 " records, head %s\n",
           bw_record_tree_format(tree), bw_record_tree_count(tree), head);
  }
  bw_record_tree_free(tree);
  return code;
}

static int print_changes(const bw_record_report *report) {
  bw_error err = {0};
  for (uint64_t i = 0; i < bw_record_report_count(report); i++) {
    char *text = NULL;
    if (bw_record_report_text(&text, report, i, &err) != BW_OK) return cli_report_error("records", &err);
    printf("%s\n", text);
    bw_text_free(text);
  }
  return CLI_CLEAN;
}

static int print_json(const bw_record_report *report) {
  bw_error err = {0};
  char *text = NULL;
  const bw_status status = bw_record_report_json(&text, report, &err);
  return cli_write_text("-", status, text, "records", &err);
}

static int check(const settings *s, const char *data, const char *path) {
  bw_error err = {0};
  bw_record_tree *tree = NULL;
  bw_record_report *report = NULL;
  int code = open_tree(&tree, path);
  if (code == CLI_CLEAN && bw_record_tree_compare(&report, tree, data, &err) != BW_OK)
    code = cli_report_error(data, &err);
  if (code == CLI_CLEAN) code = s->json ? print_json(report) : print_changes(report);
  if (code == CLI_CLEAN && bw_record_report_count(report) > 0) code = CLI_FINDING;
  if (code == CLI_CLEAN && !s->json) printf("all of %" PRIu64 " records hold\n", bw_record_tree_count(tree));
  bw_record_report_free(report);
  bw_record_tree_free(tree);
  return code;
}

static int run(int argc, char **argv) {
  settings s = {0};
  char beside[4096];
  int n = 0;
  const int code = cli_parse(&cmd_records, &s, argc, argv, 2, 2, &n);
  if (code >= 0) return code;
  const char *data = argv[2], *path = s.tree;
  if (path == NULL) {
    size_t size = strlen(data);
    while (size > 1 && size < sizeof beside && data[size - 1] == '/') size--;
    if (size >= sizeof beside ||
        snprintf(beside, sizeof beside, "%.*s" BW_RECORD_TREE_SUFFIX, (int)size, data) >= (int)sizeof beside)
      return cli_usage_error(&cmd_records, "the name of DATA is too long: needs --tree");
    path = beside;
  }
  if (strcmp(argv[1], "make") == 0) return make(&s, data, path);
  if (strcmp(argv[1], "check") == 0) return check(&s, data, path);
  return cli_usage_error(&cmd_records, "there is no %s: it is make or check", argv[1]);
}
