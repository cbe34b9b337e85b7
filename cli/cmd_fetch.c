/* SPDX-License-Identifier: Apache-2.0 */
/* bulwark fetch: a download whose digest is known before it begins. */
#include <string.h>

#include "cli.h"

typedef struct settings {
  const char *digest, *ca, *output, *proxy;
  cli_texts pins;
  uint64_t limit, stall;
  bool quiet;
} settings;

static const cli_option options[] = {
    {"digest", 'd', CLI_TEXT, "DIGEST",
     "of the file, needed: sha256:<64 hex digits>; sha384, sha512 and blake2b too",
     offsetof(settings, digest), NULL},
    {"output", 'o', CLI_TEXT, "FILE", "name of the file (default: the last part of URL)",
     offsetof(settings, output), NULL},
    {"pin", 0, CLI_TEXTS, "PIN",
     "sha256//<base64> of the public key that the server must have; given again, any of them",
     offsetof(settings, pins), NULL},
    {"ca", 0, CLI_TEXT, "FILE", "trust the authorities in this PEM file, and no others",
     offsetof(settings, ca), NULL},
    {"limit", 0, CLI_COUNT, "BYTES", "most bytes to take (default: 64 GiB)", offsetof(settings, limit), NULL},
    {"stall", 0, CLI_COUNT, "SECONDS",
     "give up without a connection, or with less than 1 KiB a second, for so long "
     "(default: 30)",
     offsetof(settings, stall), NULL},
    {"proxy", 0, CLI_TEXT, "URL", "proxy (default: none, whatever the environment says)",
     offsetof(settings, proxy), NULL},
    {"quiet", 'q', CLI_FLAG, NULL, "no progress", offsetof(settings, quiet), NULL},
};

static int run(int argc, char **argv);

const cli_command cmd_fetch = {
    .name = "fetch",
    .arguments = "URL",
    .summary = "download a file whose digest is known",
    .description =
        "Downloads URL over HTTPS, redirects included, with TLS 1.2 or newer; certificate and host are "
        "verified. The "
        "file gets its name only when all of it has the digest that was asked for. A transfer that breaks "
        "off is "
        "kept in the hidden file .NAME.part and gone on with by the next call. Exit code 1: the server or "
        "the file "
        "is not the right one. 3: the network or the server failed. 4: more than the limit.",
    .examples =
        "  bulwark fetch https://example.org/model.safetensors --digest sha256:9f86d081...\n"
        "  bulwark fetch https://data.example.org/train.npz -d sha256:... --ca own-ca.pem --pin sha256//... "
        "-o train.npz\n",
    .n_options = sizeof options / sizeof *options,
    .options = options,
    .run = run,
};

/* The last part of the path; an empty one if that is no name for a file. */
static const char *name_in(const char *url, char name[256]) {
  const char *scheme = strstr(url, "://"), *path = strchr(scheme != NULL ? scheme + 3 : url, '/');
  const size_t size = path != NULL ? strcspn(path, "?#") : 0;
  size_t start = size;
  while (start > 0 && path[start - 1] != '/') start--;
  snprintf(name, 256, "%.*s", (int)(size - start), path != NULL ? path + start : "");
  if (size - start > 255 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) name[0] = '\0';
  return name;
}

static int fetch(const settings *s, const char *url) {
  char name[256];
  const char *output = s->output != NULL ? s->output : name_in(url, name);
  if (output[0] == '\0')
    return cli_usage_error(&cmd_fetch, "%s ends in no name for a file: needs --output", url);
  bw_error err = {0};
  bw_fetch_options how;
  bw_fetch_options_init(&how, sizeof how);
  how.digest = s->digest;
  how.pins = s->pins.items;
  how.n_pins = s->pins.count;
  how.ca_path = s->ca;
  how.proxy = s->proxy;
  how.max_bytes = s->limit;
  how.stall_seconds = (uint32_t)s->stall;
  how.progress = cli_progress(s->quiet);
  const bw_status status = bw_fetch(output, url, &how, &err);
  cli_progress_end();
  return status == BW_OK ? CLI_CLEAN : cli_report_error(url, &err);
}

static int run(int argc, char **argv) {
  bw_fetch_options standard;
  bw_fetch_options_init(&standard, sizeof standard);
  settings s = {.limit = standard.max_bytes, .stall = standard.stall_seconds};
  int n = 0;
  const int code = cli_parse(&cmd_fetch, &s, argc, argv, 1, 1, &n);
  if (code >= 0) return code;
  if (s.digest == NULL)
    return cli_usage_error(&cmd_fetch, "needs --digest: without one, anything could arrive");
  if (s.stall > 86400) return cli_usage_error(&cmd_fetch, "--stall must be at most a day, 86400");
  return fetch(&s, argv[1]);
}
