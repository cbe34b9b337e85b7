/* SPDX-License-Identifier: Apache-2.0 */
/* Key pairs for those who have none yet. */
#include <bulwark/seal.h>
#include <unistd.h>

#include "base/file.h"
#include "base/options.h"
#include "crypto/key.h"
#include "crypto/secret.h"

void bw_key_options_init(bw_key_options *options, size_t struct_size) {
  const bw_key_options standard = {.struct_size = struct_size, .passphrase_fd = -1};
  bwi_options_init(options, struct_size, &standard, sizeof standard);
}

static bw_status write_private(const bwi_key *key, const char *path, int passphrase_fd, bw_error *err) {
  char *passphrase = NULL;
  size_t size = 0;
  if (passphrase_fd >= 0) BW_TRY(bwi_secret_read_passphrase(&passphrase, &size, passphrase_fd, true, err));
  const bw_status status = bwi_key_write_private(key, path, passphrase, size, err);
  bwi_secret_free(passphrase);
  return status;
}

static bw_status write_public(const bwi_key *key, const char *path, bw_error *err) {
  bwi_buffer pem = {0};
  bw_status status = bwi_key_write_public(&pem, key, err);
  if (status == BW_OK && access(path, F_OK) == 0) status = BW_FAIL(err, BW_EIO, "%s exists already", path);
  if (status == BW_OK) status = bwi_file_write(path, pem.data, pem.size, err);
  bwi_buffer_free(&pem);
  return status;
}

bw_status bw_key_create(const char *private_path, const char *public_path, const bw_key_options *options,
                        bw_error *err) {
  static const bwi_key_kind kinds[] = {[BW_KEY_P256] = BWI_P256,
                                       [BW_KEY_P384] = BWI_P384,
                                       [BW_KEY_P521] = BWI_P521,
                                       [BW_KEY_ED25519] = BWI_ED25519};
  bw_key_options own;
  bwi_key *key = NULL;
  bw_key_options_init(&own, sizeof own);
  if (options != NULL) bwi_options_take(&own, sizeof own, options, options->struct_size);
  BW_TRY(bwi_key_generate(&key, kinds[own.kind], err));
  bw_status status = write_private(key, private_path, own.passphrase_fd, err);
  if (status == BW_OK) {
    status = write_public(key, public_path, err);
    if (status != BW_OK) (void)unlink(private_path);
  }
  bwi_key_free(key);
  return status;
}
