/* SPDX-License-Identifier: Apache-2.0
 *
 * Downloads over HTTPS that are known before they are begun: a file gets its name only when its digest is the
 * one that was asked for. Thread-safe for different outputs. Stability: stable.
 */
#ifndef BULWARK_FETCH_H
#define BULWARK_FETCH_H

#include <bulwark/progress.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bw_fetch_options {
  size_t struct_size;
  const char *digest; /* needed: "sha256:" and 64 hex digits; sha384, sha512 and blake2b likewise */
  const char *const
      *pins; /* n_pins of "sha256//" and base64, of public keys (SPKI) one of which the server must have */
  uint32_t n_pins;
  const char *ca_path; /* PEM file of the only authorities to trust; NULL: the system's */
  const char *proxy;   /* NULL: none, whatever the environment says */
  uint64_t max_bytes;  /* default 64 GiB */
  uint32_t
      stall_seconds; /* gives up without a connection, or with less than 1 KiB/s, for so long; default 30 */
  bw_progress progress; /* bytes; default none */
} bw_fetch_options;

BW_API void bw_fetch_options_init(bw_fetch_options *options, size_t struct_size);

/* Downloads url to output. HTTPS only, at most three redirects and these to HTTPS only, TLS 1.2 or newer,
 * certificate and host verified. What arrived of a transfer that broke off is kept as ".<name>.part" beside
 * output, for the next call to go on with; all of it counts for the digest. BW_EINVAL for options that make
 * no sense; BW_EUNTRUSTED if the server is not who it should be or the digest another one; BW_ELIMIT past
 * max_bytes or three redirects; BW_EIO for what the network, the server or the disk does; BW_EUNSUPPORTED
 * without libcurl, which is loaded when first needed; BW_ECANCEL; BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_fetch(const char *output, const char *url, const bw_fetch_options *options,
                                       bw_error *err);

#ifdef __cplusplus
}
#endif
#endif
