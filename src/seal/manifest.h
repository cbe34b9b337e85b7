/* SPDX-License-Identifier: Apache-2.0 */
/* What is sealed: the files below a path and their digests, as the in-toto statement of OpenSSF Model Signing
 * v1.0 (github.com/ossf/model-signing-spec). Method "files" has a digest a file; method "shards" one for each
 * stretch of shard_bytes, so that a large file can be digested by several threads, and none for empty files.
 */
#ifndef SEAL_MANIFEST_H
#define SEAL_MANIFEST_H

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/memory.h"
#include "base/walk.h"
#include "crypto/digest.h"

#define BWI_MANIFEST_WHOLE "." /* the path of the file, when a single one is sealed */

typedef struct bwi_shard {
  uint64_t start, end; /* bytes [start, end); both 0: a whole file whose size is not written down */
  uint8_t digest[BWI_DIGEST_MAX_BYTES];
} bwi_shard;

typedef struct bwi_sealed_file {
  const char *path;    /* below the sealed folder, parts joined by '/' */
  size_t first, count; /* of its shards, in order and without gaps */
} bwi_sealed_file;

typedef struct bwi_sealed_mode {
  const char *path; /* of a file or folder */
  uint32_t mode;
} bwi_sealed_mode;

/* How a tree becomes digests. Two manifests can be compared if it is the same. */
typedef struct bwi_serialization {
  bwi_digest_kind hash;
  uint64_t shard_bytes; /* 0: method "files" */
  bool allow_symlinks;
  bool modes;                /* permission bits too: an addition, see docs/sealing.md */
  const char *const *ignore; /* paths that are left out, with all below */
  size_t n_ignore;
} bwi_serialization;

typedef struct bwi_manifest {
  bwi_arena *arena; /* holds all of it */
  const char *name;
  bwi_serialization how;
  bwi_sealed_file *files; /* sorted by path */
  size_t n_files;
  bwi_shard *shards;
  size_t n_shards;
  bwi_sealed_mode *modes; /* sorted by path */
  size_t n_modes;
  bwi_walk_entry *odd; /* found, but neither file nor folder; sorted. Never in what was read */
  size_t n_odd;
  uint8_t root[32]; /* SHA-256 of all digests, in the order of the resources */
} bwi_manifest;

void bwi_manifest_clear(bwi_manifest *manifest);

/* The statement. Sets manifest->root. BW_ENOMEM; BW_EINVAL for a path that is not UTF-8. */
bw_status bwi_manifest_write(bwi_buffer *out, bwi_manifest *manifest, bw_error *err);

/* BW_EFORMAT with the offset in the statement; BW_EUNSUPPORTED: another statement, predicate, method or
 * digest; BW_ELIMIT, BW_ENOMEM. *out is cleared by bwi_manifest_clear. */
bw_status bwi_manifest_read(bwi_manifest *out, bwi_bytes statement, bw_error *err);

/* The algorithm that resources of such a manifest name: "sha256", or "sha256-sharded-1000000000". */
#define BWI_ALGORITHM_BYTES 48
void bwi_manifest_algorithm(char out[BWI_ALGORITHM_BYTES], const bwi_serialization *how);

#endif
