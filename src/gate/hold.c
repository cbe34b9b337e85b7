/* SPDX-License-Identifier: Apache-2.0 */
/* The copy that is inspected is the one that is handed out. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "gate/gate.h"
#include "gate/held.h"

#define BLOCK_BYTES ((size_t)1 << 20)

struct bw_held {
  bwi_private_file file;
  void *data; /* NULL: there are no bytes */
  size_t bytes;
};

static bw_status copy_file(bw_held *h, const char *path, int from, uint64_t most, bw_error *err) {
  uint8_t *block = bwi_alloc(1, BLOCK_BYTES);
  if (block == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to copy %s", path);
  size_t got = 1;
  bw_status status = BW_OK;
  while (status == BW_OK && got > 0) {
    status = bwi_file_get(from, block, BLOCK_BYTES, &got, path, err);
    if (status == BW_OK && got > most - h->bytes)
      status =
          BW_FAIL(err, BW_ELIMIT, "%s has more bytes than the limit of %llu", path, (unsigned long long)most);
    if (status == BW_OK) status = bwi_file_put(h->file.writer, block, got, "a private copy", err);
    if (status == BW_OK) h->bytes += got;
  }
  bwi_free(block);
  return status;
}

static bw_status copy_path(bw_held *h, const char *path, uint64_t most, bw_error *err) {
  struct stat info;
  /* Without O_NONBLOCK a named pipe would hold us here before its kind can be asked. */
  const int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (from < 0) return bwi_fail_system(err, "open", path, errno);
  bw_status status = BW_OK;
  if (fstat(from, &info) != 0 || !S_ISREG(info.st_mode))
    status = BW_FAIL(err, BW_EIO, "cannot read %s: not a regular file", path);
  if (status == BW_OK) status = copy_file(h, path, from, most, err);
  (void)close(from);
  return status;
}

/* Nobody can shorten the file behind the mapping any more. */
static bw_status map(bw_held *h, bw_error *err) {
  if (h->bytes == 0) return BW_OK;
  void *data = mmap(NULL, h->bytes, PROT_READ, MAP_PRIVATE, h->file.reader, 0);
  if (data == MAP_FAILED) return bwi_fail_system(err, "map", "a private copy", errno);
  h->data = data;
  return BW_OK;
}

static bw_status make(bw_held *h, const char *path, uint64_t most, bw_error *err) {
  BW_TRY(bwi_private_file_create(&h->file, err));
  BW_TRY(copy_path(h, path, most, err));
  BW_TRY(bwi_private_file_seal(&h->file, err));
  return map(h, err);
}

bw_status bw_gate_hold(bw_held **out, bw_gate *gate, const char *path, bw_error *err) {
  bw_held *h = bwi_alloc(1, sizeof *h);
  if (h == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to hold %s", path);
  h->file = (bwi_private_file){-1, -1};
  bw_status status = make(h, path, gate->options.max_bytes, err);
  if (status == BW_OK) status = bw_gate_inspect_bytes(gate, path, h->data, h->bytes, err);
  const bool clean = status == BW_OK && gate->files[gate->n_files - 1].n_findings == 0 &&
                     gate->files[gate->n_files - 1].status == BW_OK;
  if (!clean) {
    bw_held_free(h);
    h = NULL;
  }
  if (status == BW_OK) *out = h;
  return status;
}

const void *bw_held_data(const bw_held *held) {
  return held->data;
}

size_t bw_held_bytes(const bw_held *held) {
  return held->bytes;
}

int bw_held_descriptor(const bw_held *held) {
  return held->file.reader;
}

void bw_held_free(bw_held *held) {
  if (held == NULL) return;
  if (held->data != NULL) (void)munmap(held->data, held->bytes);
  bwi_private_file_close(&held->file);
  bwi_free(held);
}
