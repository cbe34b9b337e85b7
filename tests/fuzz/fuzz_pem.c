/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and public keys in PEM: deterministic, frees all; what certificates say can be asked, and DER
 * written and read again is the same chain. The answer is that of the certificates. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/certificate.h"
#include "fuzz.h"

static void ask(const bwi_certificates *chain) {
  bwi_bytes der[BWI_CERTIFICATES_MAX];
  bwi_certificates *again = NULL;
  bwi_buffer names = {0};
  char one[BWI_FINGERPRINT_BYTES], two[BWI_FINGERPRINT_BYTES];
  const size_t count = bwi_certificates_count(chain);
  bwi_certificate_names(&names, chain);
  bwi_buffer_free(&names);
  (void)bwi_certificate_has_name(chain, "alice@example.org");
  (void)bwi_certificates_check(chain, chain, 1800000000, NULL);
  for (size_t i = 0; i < count; i++)
    fuzz_assert(bwi_certificate_der(&der[i], chain, i, NULL) == BW_OK, "DER");
  fuzz_assert(bwi_certificates_from_der(&again, der, count, NULL) == BW_OK, "what was written can be read");
  for (size_t i = 0; i < count; i++) {
    bwi_key *key = NULL;
    if (bwi_certificate_key(&key, chain, i, NULL) == BW_OK) bwi_key_free(key);
    fuzz_assert(bwi_certificate_fingerprint(one, chain, i, NULL) == BW_OK, "a fingerprint");
    fuzz_assert(bwi_certificate_fingerprint(two, again, i, NULL) == BW_OK, "a fingerprint");
    fuzz_assert(strcmp(one, two) == 0, "same fingerprint");
    bwi_free((void *)der[i].data);
  }
  bwi_certificates_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes bytes = {copy, size};
  bwi_certificates *chain = NULL, *again = NULL;
  bwi_key *key = NULL;
  bw_error why, why_again;
  const bw_status status = bwi_certificates_read(&chain, bytes, &why);
  fuzz_check_answers(status, &why, bwi_certificates_read(&again, bytes, &why_again), &why_again, size);
  if (status == BW_OK) ask(chain);
  if (bwi_key_read_public(&key, bytes, NULL) == BW_OK) bwi_key_free(key);
  bwi_certificates_free(chain);
  bwi_certificates_free(again);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
