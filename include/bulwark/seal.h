/* SPDX-License-Identifier: Apache-2.0
 *
 * Seals: a signed list of the files of a model or data set and their digests, and checking them. The
 * container is OpenSSF Model Signing v1.0, a Sigstore bundle; seals made by model-signing (PyPI) are checked
 * here and those made here there. See docs/sealing.md. Functions on different results may run at once.
 * Stability: stable.
 */
#ifndef BULWARK_SEAL_H
#define BULWARK_SEAL_H

#include <bulwark/progress.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- keys ---- */

typedef enum bw_key_kind { BW_KEY_P256, BW_KEY_P384, BW_KEY_P521, BW_KEY_ED25519 } bw_key_kind;

typedef struct bw_key_options {
  size_t struct_size;
  bw_key_kind kind;  /* default P-256; model-signing knows no Ed25519 */
  int passphrase_fd; /* where a passphrase for the private key is read, a line; from a terminal without echo
                        and twice; default -1: the file is not encrypted */
} bw_key_options;

BW_API void bw_key_options_init(bw_key_options *options, size_t struct_size);

/* Makes a key pair and writes two new files in PEM: the private key, which only its owner may read, and the
 * public one. options may be NULL. BW_EIO, also if either exists; BW_EINVAL for an empty passphrase or two
 * that differ; BW_ECANCEL on Ctrl-C; BW_ENOMEM, also if no memory can be locked. */
BW_API BW_NODISCARD bw_status bw_key_create(const char *private_path, const char *public_path,
                                            const bw_key_options *options, bw_error *err);

/* ---- sealing ---- */

#define BW_FINGERPRINT_BYTES 65

typedef struct bw_seal_options {
  size_t struct_size;
  const char *key_path; /* private key, PEM: P-256, P-384, P-521 or Ed25519 */
  int passphrase_fd;    /* where an encrypted key's passphrase is read; default -1: nowhere */
  const char
      *certificate_path; /* PEM, the key's certificate first, then those that lead to a root; default NULL */
  const char *output_path; /* default NULL: path with ".sig" behind it */
  uint64_t shard_bytes; /* digest files in stretches of so many bytes, by several threads; default 0: whole */
  bool blake2b;         /* BLAKE2b instead of SHA-256; default false */
  bool allow_symlinks;  /* to files, sealed as what they lead to; default false: they are refused */
  bool modes;           /* seal permission bits too, and folders; default false */
  const char *const
      *ignore; /* paths below the folder, left out with all below them; default none. Always left
                  out: .git, .gitignore, .gitattributes and .github at the top, and the output */
  size_t n_ignore;
  uint32_t threads;     /* default 0: all processors */
  bw_progress progress; /* MiB digested; default none */
} bw_seal_options;

BW_API void bw_seal_options_init(bw_seal_options *options, size_t struct_size);

typedef struct bw_sealed {
  uint64_t n_files;
  char root[65];                          /* SHA-256 over all digests, hex: the name of what was sealed */
  char fingerprint[BW_FINGERPRINT_BYTES]; /* SHA-256 of the public key's PEM text, hex */
} bw_sealed;

/* Seals the file or folder at path. *out may be NULL. BW_EIO with the path, also if a file changes meanwhile;
 * BW_EINVAL: no files, symlinks or special files, a name that is not UTF-8, a certificate of another key, a
 * wrong passphrase; BW_EFORMAT, BW_EUNSUPPORTED: key or certificate; BW_ELIMIT, BW_ECANCEL, BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_seal(bw_sealed *out, const char *path, const bw_seal_options *options,
                                      bw_error *err);

/* ---- checking ---- */

typedef struct bw_verify_options {
  size_t struct_size;
  const char *const *bundles; /* seals to check; default none: path with ".sig" behind it */
  size_t n_bundles;
  const char *const *keys; /* trusted public keys, PEM */
  size_t n_keys;
  const char *root_path;         /* trusted root certificates, PEM: never the system's */
  const char *const *identities; /* whose certificates are trusted: email address, URI or DNS name, exactly;
                                    needed with root_path */
  size_t n_identities;
  uint32_t signers; /* how many different signers, by key and by identity, must have sealed what is there;
                       default 0: as many as there are bundles */
  const char *revoked_path; /* fingerprints of keys and certificates that are trusted no more, a line each */
  int64_t time;             /* at which certificates must be valid, seconds since 1970; default 0: now */
  uint32_t threads;         /* default 0: all processors */
  bw_progress progress;     /* MiB digested; default none */
} bw_verify_options;

BW_API void bw_verify_options_init(bw_verify_options *options, size_t struct_size);

typedef enum bw_difference_kind {
  BW_DIFFERENCE_CHANGED,
  BW_DIFFERENCE_MISSING,
  BW_DIFFERENCE_ADDED,
  BW_DIFFERENCE_RENAMED, /* what was sealed as path is now at other */
  BW_DIFFERENCE_SWAPPED, /* path and other have each other's content */
  BW_DIFFERENCE_SYMLINK, /* a symlink where none is allowed, or to no file */
  BW_DIFFERENCE_SPECIAL, /* a device, pipe or socket */
  BW_DIFFERENCE_MODE     /* other permission bits */
} bw_difference_kind;

typedef struct bw_difference {
  bw_difference_kind kind;
  const char *path;
  const char *other;            /* NULL where it means nothing */
  const char *expected, *found; /* digest, mode or kind, as text; NULL where there is none */
} bw_difference;

typedef struct bw_seal_signer {
  const char *bundle;         /* the file */
  bool holds;                 /* signed by somebody trusted, and what is there is what was sealed */
  const char *problem;        /* why the signature is not trusted; NULL: it is */
  const char *name;           /* the trusted key's file, or the identity; NULL: not trusted */
  const char *fingerprint;    /* of the key; NULL: not trusted */
  uint64_t n_differences;     /* from what it sealed */
  const char *const *ignored; /* paths that it leaves out, with all below them, beside git's own files */
  size_t n_ignored;
} bw_seal_signer;

typedef struct bw_verification bw_verification;

/* Compares what lies at path with its seals. BW_OK says that this could be done: whether all is well is for
 * bw_verification_holds. BW_EIO, BW_EFORMAT, BW_EUNSUPPORTED, BW_ELIMIT with the file's name; BW_EINVAL:
 * nothing to trust, an identity without a root or the reverse, more signers wanted than there are bundles;
 * BW_ECANCEL, BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_verify(bw_verification **out, const char *path,
                                        const bw_verify_options *options, bw_error *err);
BW_API void bw_verification_free(bw_verification *verification); /* NULL is fine */

BW_API bool bw_verification_holds(const bw_verification *verification);
BW_API uint32_t bw_verification_signers_wanted(const bw_verification *verification);
BW_API uint64_t
bw_verification_files(const bw_verification *verification); /* sealed, by the first that holds */
BW_API size_t bw_verification_count(const bw_verification *verification); /* of bundles */
BW_API const bw_seal_signer *bw_verification_signer(const bw_verification *verification, size_t bundle);
/* Borrowed, sorted by path. */
BW_API const bw_difference *bw_verification_difference(const bw_verification *verification, size_t bundle,
                                                       uint64_t i);

/* For people, or as JSON. *text is freed by bw_text_free. BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_verification_text(char **text, const bw_verification *verification,
                                                   bool json, bw_error *err);

#ifdef __cplusplus
}
#endif
#endif
