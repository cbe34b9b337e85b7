/* SPDX-License-Identifier: Apache-2.0 */
/* Errors and files of the command line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

static int exit_code(bw_status status) {
  switch (status) {
    case BW_OK: return CLI_CLEAN;
    case BW_EINVAL: return CLI_USAGE;
    case BW_EFORMAT:
    case BW_EUNSUPPORTED:
    case BW_EIO: return CLI_BAD_INPUT;
    case BW_ELIMIT:
    case BW_ENOMEM: return CLI_LIMIT;
    case BW_ECANCEL: return CLI_INTERRUPTED;
    case BW_EINTERNAL: return CLI_INTERNAL;
    case BW_EUNTRUSTED: return CLI_FINDING;
  }
  return CLI_INTERNAL;
}

int cli_report_error(const char *subject, const bw_error *err) {
  fprintf(stderr, "bulwark: %s: %s", subject, err->text[0] != '\0' ? err->text : bw_status_text(err->status));
  if (err->offset != BW_NO_OFFSET) fprintf(stderr, " (byte %llu)", (unsigned long long)err->offset);
  fputc('\n', stderr);
  return exit_code(err->status);
}

static int write_failed(const char *path) {
  fprintf(stderr, "bulwark: %s: cannot write: %s\n", path, strerror(errno));
  return CLI_BAD_INPUT;
}

/* A temporary name in the same folder, so that the rename stays within one file system. */
static int write_beside(const char *path, const void *data, size_t size) {
  const size_t length = strlen(path);
  char *name = malloc(length + 8);
  if (name == NULL) return CLI_LIMIT;
  memcpy(name, path, length);
  memcpy(name + length, ".XXXXXX", 8);
  int code = CLI_CLEAN;
  const int fd = mkstemp(name);
  const mode_t mask = umask(0); /* mkstemp makes a private file; a report has the usual mode */
  umask(mask);
  if (fd >= 0) (void)fchmod(fd, 0666 & ~mask);
  FILE *file = fd >= 0 ? fdopen(fd, "wb") : NULL;
  if (file == NULL) {
    code = write_failed(path);
    if (fd >= 0) close(fd);
  } else {
    const bool written = fwrite(data, 1, size, file) == size;
    const bool closed = fclose(file) == 0;
    if (!written || !closed || rename(name, path) != 0) {
      code = write_failed(path);
      unlink(name);
    }
  }
  free(name);
  return code;
}

int cli_write_file(const char *path, const void *data, size_t size) {
  if (strcmp(path, "-") != 0) return write_beside(path, data, size);
  return fwrite(data, 1, size, stdout) == size ? CLI_CLEAN : write_failed("standard output");
}

int cli_write_text(const char *path, bw_status status, char *text, const char *subject, const bw_error *err) {
  if (status != BW_OK) return cli_report_error(subject, err);
  const int code = cli_write_file(path, text, strlen(text));
  bw_text_free(text);
  return code;
}
