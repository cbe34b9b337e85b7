/* SPDX-License-Identifier: Apache-2.0 */
/* Reading as much of a file as is needed, into memory that nobody else can change. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "gate/gate.h"

bw_status bwi_subject_copy(const bwi_subject *s, uint64_t offset, void *to, size_t n, bw_error *err) {
  if (offset + n <= s->bytes.size) { /* read already; all there is without a file */
    memcpy(to, s->bytes.data + offset, n);
    return BW_OK;
  }
  uint8_t *next = to;
  while (n > 0) {
    const ssize_t got = pread(s->file, next, n, (off_t)offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return bwi_fail_system(err, "read", s->path, errno);
    if (got == 0) return BW_FAIL(err, BW_EIO, "cannot read %s: it became shorter while it was read", s->path);
    next += got;
    offset += (uint64_t)got;
    n -= (size_t)got;
  }
  return BW_OK;
}

bw_status bwi_subject_read(bwi_subject *s, uint64_t n, bw_error *err) {
  const uint64_t wanted = n < s->size ? n : s->size;
  const size_t have = s->bytes.size;
  if (wanted <= have) return BW_OK;
  uint8_t *grown = wanted > SIZE_MAX ? NULL : bwi_realloc(s->owned, have, (size_t)wanted, 1);
  if (grown == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for %" PRIu64 " bytes of %s", wanted, s->path);
  s->owned = grown;
  s->bytes.data = grown;
  BW_TRY(bwi_subject_copy(s, have, grown + have, (size_t)wanted - have, err));
  s->bytes.size = (size_t)wanted;
  return BW_OK;
}

bw_status bwi_subject_read_all(const bw_gate *g, bwi_subject *s, bw_error *err) {
  if (s->size > g->options.max_bytes)
    return BW_FAIL(err, BW_ELIMIT, "%s has %" PRIu64 " bytes that must be read; the limit is %" PRIu64,
                   s->path, s->size, g->options.max_bytes);
  return bwi_subject_read(s, s->size, err);
}

const char *bwi_subject_name(const bwi_subject *s) {
  const char *name = s->member != NULL ? s->member : s->path;
  for (const char *c = name; *c != '\0'; c++)
    if ((*c == '/' || *c == '!') && c[1] != '\0') name = c + 1;
  return name;
}

bool bwi_subject_ends_in(const bwi_subject *s, const char *endings) {
  const char *name = bwi_subject_name(s);
  const size_t length = strlen(name);
  while (endings != NULL && *endings != '\0') {
    const size_t n = strcspn(endings, " ");
    if (n < length && strncasecmp(name + length - n, endings, n) == 0) return true;
    endings += n;
    endings += strspn(endings, " ");
  }
  return false;
}
