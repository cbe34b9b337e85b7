/* SPDX-License-Identifier: Apache-2.0 */
#include <bulwark/fetch.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/buffer.h"
#include "base/hex.h"
#include "base/memory.h"
#include "base/options.h"
#include "fetch/partial.h"
#include "fetch/transfer.h"

#define PIN_START "sha256//"
#define PIN_BYTES 32

static const bw_fetch_options standard = {
    .struct_size = sizeof(bw_fetch_options), .max_bytes = (uint64_t)64 << 30, .stall_seconds = 30};

void bw_fetch_options_init(bw_fetch_options *options, size_t struct_size) {
  bwi_options_init(options, struct_size, &standard, sizeof standard);
  options->struct_size = struct_size;
}

/* ---- what is asked for ---- */

typedef struct wanted {
  bwi_digest_kind kind;
  uint8_t digest[BWI_DIGEST_MAX_BYTES];
} wanted;

/* "<kind>:<hex digits>" */
static bw_status parse_digest(wanted *out, const char *text, bw_error *err) {
  char kind[16] = "";
  const char *colon = text != NULL ? strchr(text, ':') : NULL;
  if (colon != NULL) (void)snprintf(kind, sizeof kind, "%.*s", (int)(colon - text), text);
  if (colon == NULL || !bwi_digest_find(&out->kind, kind) ||
      !bwi_hex_decode(out->digest, bwi_digest_bytes(out->kind), colon + 1, strlen(colon + 1)))
    return BW_FAIL(err, BW_EINVAL,
                   "the digest must be \"sha256:\" and 64 hex digits, or sha384, sha512, blake2b likewise");
  return BW_OK;
}

static bw_status check_pin(const char *pin, bw_error *err) {
  bwi_bytes bytes = {NULL, 0};
  bw_status status = BW_EFORMAT;
  if (strncmp(pin, PIN_START, strlen(PIN_START)) == 0) {
    const char *text = pin + strlen(PIN_START);
    status = bwi_base64_decode(&bytes, (bwi_bytes){(const uint8_t *)text, strlen(text)}, BWI_BASE64, NULL);
  }
  bwi_free((void *)bytes.data);
  if (status == BW_ENOMEM) return BW_FAIL(err, BW_ENOMEM, "no memory for a pin");
  if (bytes.size != PIN_BYTES)
    return BW_FAIL(err, BW_EINVAL, "a pin must be \"sha256//\" and the base64 of a public key's SHA-256");
  return BW_OK;
}

static bw_status join_pins(bwi_buffer *out, const bw_fetch_options *options, bw_error *err) {
  for (uint32_t i = 0; i < options->n_pins; i++) {
    BW_TRY(check_pin(options->pins[i], err));
    bwi_buffer_format(out, "%s%s", i > 0 ? ";" : "", options->pins[i]);
  }
  return out->failed ? BW_FAIL(err, BW_ENOMEM, "no memory for pins") : BW_OK;
}

static bw_status check_request(const char *url, const bw_fetch_options *options, bw_error *err) {
  if (strncmp(url, "https://", strlen("https://")) != 0)
    return BW_FAIL(err, BW_EINVAL, "only https:// is fetched");
  if (options->stall_seconds == 0 || options->max_bytes == 0 || options->max_bytes > INT64_MAX)
    return BW_FAIL(err, BW_EINVAL, "the limits must be above 0");
  return BW_OK;
}

/* ---- fetching ---- */

static bw_status add_bytes(void *payload, const void *data, size_t size, bw_error *err) {
  return bwi_partial_add(payload, data, size, err);
}

static bw_status check_digest(bwi_partial *p, const wanted *w, bw_error *err) {
  uint8_t digest[BWI_DIGEST_MAX_BYTES];
  char hex[BWI_DIGEST_HEX_BYTES];
  const size_t size = bwi_digest_bytes(w->kind);
  BW_TRY(bwi_partial_digest(p, digest, err));
  if (memcmp(digest, w->digest, size) == 0) return BW_OK;
  bwi_hex_encode(hex, digest, size);
  return BW_FAIL(err, BW_EUNTRUSTED, "its digest is %s:%s, not the one that was asked for",
                 bwi_digest_name(w->kind), hex);
}

/* Goes on behind what is there. */
static bw_status fetch_rest(bwi_partial *p, bwi_transfer *transfer, bw_error *err) {
  bool no_range = false;
  transfer->from = p->size;
  const bw_status status = bwi_transfer_run(transfer, &no_range, err);
  if (!no_range) return status;
  BW_TRY(bwi_partial_restart(p, err));
  transfer->from = 0;
  return bwi_transfer_run(transfer, &no_range, err);
}

static bw_status fetch(bwi_partial *p, bwi_transfer *transfer, const wanted *w, bw_error *err) {
  for (;;) {
    BW_TRY(fetch_rest(p, transfer, err));
    const bw_status status = check_digest(p, w, err);
    if (status != BW_EUNTRUSTED || transfer->from == 0) return status;
    BW_TRY(bwi_partial_restart(p, err)); /* what was there may have been the beginning of another file */
  }
}

static bw_status fetch_to(const char *output, bwi_transfer *transfer, const wanted *w, bw_error *err) {
  bwi_partial p;
  BW_TRY(bwi_partial_open(&p, output, w->kind, transfer->max_bytes, err));
  transfer->payload = &p;
  const bw_status status = fetch(&p, transfer, w, err);
  if (status == BW_OK) return bwi_partial_commit(&p, err);
  if (status == BW_EIO || status == BW_ECANCEL) /* it broke off, and may go on */
    bwi_partial_keep(&p);
  else
    bwi_partial_discard(&p);
  return status;
}

bw_status bw_fetch(const char *output, const char *url, const bw_fetch_options *options, bw_error *err) {
  bw_fetch_options own = standard;
  bwi_options_take(&own, sizeof own, options, options->struct_size);
  wanted w;
  bwi_buffer pins = {0};
  BW_TRY(check_request(url, &own, err));
  BW_TRY(parse_digest(&w, own.digest, err));
  bw_status status = join_pins(&pins, &own, err);
  bwi_transfer transfer = {.url = url,
                           .ca_path = own.ca_path,
                           .pins = pins.data,
                           .proxy = own.proxy,
                           .max_bytes = own.max_bytes,
                           .stall_seconds = own.stall_seconds,
                           .progress = &own.progress,
                           .write = add_bytes};
  if (status == BW_OK) status = fetch_to(output, &transfer, &w, err);
  bwi_buffer_free(&pins);
  return status;
}
