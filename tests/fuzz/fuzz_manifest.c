/* SPDX-License-Identifier: Apache-2.0 */
/* Statements of seals: deterministic, frees all; paths stay below the folder, files are sorted and their
 * shards whole; what was read, written and read again is the same. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "seal/manifest.h"

static void check_file(const bwi_manifest *m, size_t i) {
  const bwi_sealed_file *file = &m->files[i];
  fuzz_assert(file->path[0] != '/' && strstr(file->path, "//") == NULL, "a path below the folder");
  fuzz_assert(strcmp(file->path, "..") != 0 && strncmp(file->path, "../", 3) != 0 &&
                  strstr(file->path, "/../") == NULL,
              "a path that does not lead upwards");
  fuzz_assert(i == 0 || strcmp(m->files[i - 1].path, file->path) < 0, "files are sorted, each there once");
  fuzz_assert(file->count > 0 && file->first + file->count <= m->n_shards, "shards of its own");
  for (size_t k = 0; k < file->count; k++)
    fuzz_assert(m->shards[file->first + k].start == (k == 0 ? 0 : m->shards[file->first + k - 1].end),
                "no gaps");
}

static void check_same(const bwi_manifest *a, const bwi_manifest *b) {
  fuzz_assert(a->n_files == b->n_files && a->n_shards == b->n_shards && a->n_modes == b->n_modes,
              "same counts");
  for (size_t i = 0; i < a->n_files; i++)
    fuzz_assert(strcmp(a->files[i].path, b->files[i].path) == 0, "same files");
  for (size_t i = 0; i < a->n_shards; i++)
    fuzz_assert(a->shards[i].end == b->shards[i].end &&
                    memcmp(a->shards[i].digest, b->shards[i].digest, bwi_digest_bytes(a->how.hash)) == 0,
                "same shards");
}

static void check_round_trip(bwi_manifest *manifest) {
  bwi_buffer text = {0};
  bwi_manifest again = {0};
  fuzz_assert(bwi_manifest_write(&text, manifest, NULL) == BW_OK, "what was read can be written");
  const bwi_bytes written = {(const uint8_t *)text.data, text.size};
  fuzz_assert(bwi_manifest_read(&again, written, NULL) == BW_OK, "what was written can be read");
  check_same(manifest, &again);
  bwi_manifest_clear(&again);
  bwi_buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  bwi_manifest manifest = {0}, again = {0};
  bw_error why, why_again;
  const bw_status status = bwi_manifest_read(&manifest, (bwi_bytes){copy, size}, &why);
  fuzz_check_answers(status, &why, bwi_manifest_read(&again, (bwi_bytes){copy, size}, &why_again), &why_again,
                     size);
  if (status == BW_OK) {
    for (size_t i = 0; i < manifest.n_files; i++) check_file(&manifest, i);
    check_same(&manifest, &again);
    check_round_trip(&manifest);
  }
  bwi_manifest_clear(&manifest);
  bwi_manifest_clear(&again);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
