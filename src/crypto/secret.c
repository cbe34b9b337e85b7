/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/secret.h"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/checked.h"

/* In front of each block, and as wide as the strictest alignment of what may follow. */
typedef union header {
  size_t mapped_bytes;
  max_align_t alignment;
} header;

static bool mapping_bytes(size_t *out, size_t size) {
  const long page = sysconf(_SC_PAGESIZE);
  size_t total = 0;
  if (page <= 0 || !bwi_add_size(&total, size, sizeof(header) + (size_t)page - 1)) return false;
  *out = total / (size_t)page * (size_t)page;
  return true;
}

void *bwi_secret_alloc(size_t size) {
  size_t total = 0;
  if (!mapping_bytes(&total, size)) return NULL;
  void *pages = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return NULL;
  if (mlock(pages, total) != 0) {
    (void)munmap(pages, total);
    return NULL;
  }
#ifdef MADV_DONTDUMP
  (void)madvise(pages, total, MADV_DONTDUMP);
#endif
  header *front = pages;
  front->mapped_bytes = total;
  return front + 1;
}

void bwi_secret_free(void *secret) {
  if (secret == NULL) return;
  header *front = (header *)secret - 1;
  const size_t total = front->mapped_bytes;
  OPENSSL_cleanse(front, total);
  (void)munmap(front, total); /* unlocks too */
}

void bwi_wipe(void *data, size_t size) {
  OPENSSL_cleanse(data, size);
}

bool bwi_secret_equal(const void *a, const void *b, size_t size) {
  return CRYPTO_memcmp(a, b, size) == 0;
}
