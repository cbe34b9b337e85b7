/* SPDX-License-Identifier: Apache-2.0 */
/* What a key is inside: for the files of this folder, which may see OpenSSL. */
#ifndef CRYPTO_KEY_TYPE_H
#define CRYPTO_KEY_TYPE_H

#include <openssl/evp.h>

#include "crypto/key.h"

struct bwi_key {
  EVP_PKEY *key;
  bwi_key_kind kind;
};

/* Takes over `key`, also on failure. BW_EUNSUPPORTED for keys of another kind, BW_ENOMEM. */
bw_status bwi_key_from_take(bwi_key **out, EVP_PKEY *key, bw_error *err);

/* For OpenSSL's readers of PEM: without it a public block that claims to be encrypted would make them ask for
 * a passphrase on the terminal. */
int bwi_no_passphrase(char *to, int room, int writing, void *payload);

#endif
