/* SPDX-License-Identifier: Apache-2.0
 *
 * Encryption at rest in the age v1 format (c2sp.org/age): files that the age program reads and writes too.
 * Recipients are X25519 keys ("age1...") or a passphrase. Memory is bounded whatever the size of the file.
 * Not thread-safe for one bw_age_keys; calls with different ones may run at once. Stability: stable.
 */
#ifndef BULWARK_AGE_H
#define BULWARK_AGE_H

#include <bulwark/progress.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whom to encrypt to and what to decrypt with. Secrets lie in locked memory and are wiped when freed. */
typedef struct bw_age_keys bw_age_keys;

BW_API BW_NODISCARD bw_status bw_age_keys_create(bw_age_keys **out, bw_error *err); /* BW_ENOMEM */
BW_API void bw_age_keys_free(bw_age_keys *keys);                                    /* NULL is fine */

/* A public key such as "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj". BW_EFORMAT with
 * the offset in text; BW_EUNSUPPORTED for kinds other than X25519; BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_age_keys_add_recipient(bw_age_keys *keys, const char *text, bw_error *err);

/* A file with a public key a line; empty lines and lines that begin with # are skipped. BW_EIO, BW_ELIMIT
 * past 32 KiB, and as bw_age_keys_add_recipient. */
BW_API BW_NODISCARD bw_status bw_age_keys_add_recipients(bw_age_keys *keys, const char *path, bw_error *err);

/* A file with a secret key ("AGE-SECRET-KEY-1...") a line, as age-keygen writes it. To decrypt with; and to
 * encrypt to, as their public keys would be. BW_EIO, BW_ELIMIT past 32 KiB, BW_EFORMAT, BW_EUNSUPPORTED,
 * BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_age_keys_add_identities(bw_age_keys *keys, const char *path, bw_error *err);

/* A passphrase to encrypt or decrypt with, read from an open descriptor up to the end of its line or of the
 * file; from a terminal without echo, twice when `confirm`. It excludes recipients. BW_EIO, BW_EINVAL if it
 * is empty, longer than 1 KiB or not the same twice, BW_ECANCEL after Ctrl-C, BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_age_keys_read_passphrase(bw_age_keys *keys, int descriptor, bool confirm,
                                                          bw_error *err);

/* Makes a secret key and writes it to a new file that only its owner may read. recipient receives the public
 * key as text. BW_EIO, also if the file exists; BW_ENOMEM. */
#define BW_AGE_RECIPIENT_BYTES 64
BW_API BW_NODISCARD bw_status bw_age_new_identity(const char *path, char recipient[BW_AGE_RECIPIENT_BYTES],
                                                  bw_error *err);

/* Where bytes come from. read writes up to size bytes to data and their number to *got, 0 at the end. */
typedef struct bw_age_reader {
  bw_status (*read)(void *payload, void *data, size_t size, size_t *got, bw_error *err);
  void *payload;
} bw_age_reader;

/* Where bytes go. */
typedef struct bw_age_writer {
  bw_status (*write)(void *payload, const void *data, size_t size, bw_error *err);
  void *payload;
} bw_age_writer;

typedef struct bw_age_options {
  size_t struct_size;
  bool armor; /* encrypt to text (PEM); default false. Decrypting tells by itself */
  uint32_t
      work_factor; /* of a passphrase: 2^work_factor KiB and rounds, 1 to 22; default 18, about a second */
  bw_progress progress; /* bytes of the input; default none */
} bw_age_options;

BW_API void bw_age_options_init(bw_age_options *options, size_t struct_size);

/* options may be NULL. BW_EINVAL without a key to encrypt to, with a passphrase beside recipients, or with a
 * work factor out of range; BW_ECANCEL; BW_ENOMEM; what reader and writer return. */
BW_API BW_NODISCARD bw_status bw_age_encrypt(bw_age_writer output, bw_age_reader input,
                                             const bw_age_keys *keys, const bw_age_options *options,
                                             bw_error *err);

/* Hands on each part of 64 KiB once it is known to be authentic, so that what was written before a failure
 * is authentic too but may not be all. Offsets of errors count the bytes of the file, or of what its armour
 * holds. BW_EFORMAT: not an age file, or a malformed one; BW_EUNSUPPORTED: another version; BW_EINVAL: none
 * of the keys opens it; BW_EUNTRUSTED: altered, truncated, reordered or extended; BW_ELIMIT: a header past
 * 256 KiB, or a work factor past 22; BW_ECANCEL; BW_ENOMEM; what reader and writer return. */
BW_API BW_NODISCARD bw_status bw_age_decrypt(bw_age_writer output, bw_age_reader input,
                                             const bw_age_keys *keys, const bw_age_options *options,
                                             bw_error *err);

/* The same from file to file; NULL is standard input or output. A named output is written beside and appears
 * under its name only when all of it is there and, decrypted, authentic. BW_EIO besides. */
BW_API BW_NODISCARD bw_status bw_age_encrypt_file(const char *output, const char *input,
                                                  const bw_age_keys *keys, const bw_age_options *options,
                                                  bw_error *err);
BW_API BW_NODISCARD bw_status bw_age_decrypt_file(const char *output, const char *input,
                                                  const bw_age_keys *keys, const bw_age_options *options,
                                                  bw_error *err);

#ifdef __cplusplus
}
#endif
#endif
