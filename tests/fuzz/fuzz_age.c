/* SPDX-License-Identifier: Apache-2.0 */
/* Decrypting age files with a known identity: deterministic, whatever the size of reads, also in what comes
 * out before a failure; frees all. */
#include <stdlib.h>
#include <string.h>

#include "age/age_keys.h"
#include "base/memory.h"
#include "fuzz.h"
#include "support/pipe.h"

/* The identity of tests/parity/age/vectors.py. No passphrase: what it would cost is for the input to say. */
static bwi_age_identity identity;

static bw_status decrypt(bwi_buffer *out, bwi_bytes bytes, size_t most, bw_error *err) {
  pipe_source source = {bytes, 0, most};
  const bw_age_keys keys = {.identities = &identity};
  const bw_status status = bw_age_decrypt(pipe_writer(out), pipe_reader(&source), &keys, NULL, err);
  if (status != BW_EINVAL) return status;
  err->status = BW_EUNTRUSTED; /* a file for others, to whoever holds but this identity */
  return BW_EUNTRUSTED;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  for (size_t i = 0; i < sizeof identity.secret; i++) identity.secret[i] = (uint8_t)(i + 1);
  fuzz_assert(bwi_x25519_public(identity.recipient, identity.secret, NULL) == BW_OK,
              "the identity has a public key");
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes bytes = {copy, size};
  bwi_buffer out = {0}, again = {0};
  bw_error why, why_again;
  const bw_status status = decrypt(&out, bytes, 0, &why);
  fuzz_check_answers(status, &why, decrypt(&again, bytes, 5, &why_again), &why_again, size);
  fuzz_assert(out.size <= size, "encryption never shrinks");
  fuzz_assert(out.size == again.size && (out.size == 0 || memcmp(out.data, again.data, out.size) == 0),
              "the same comes out");
  bwi_buffer_free(&out);
  bwi_buffer_free(&again);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
