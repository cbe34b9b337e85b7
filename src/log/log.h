/* SPDX-License-Identifier: Apache-2.0 */
/* An open log, and its entries as events. */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include "log/event.h"
#include "log/log_store.h"
#include "seal/dsse.h"

#include <bulwark/log.h>

struct bw_log {
  bwi_log_store store;
  char *key_text, *seen_path;
};

/* The key of a log from its text, or from the file that holds it. BW_EIO, BW_EFORMAT, BW_ENOMEM. */
bw_status bwi_log_key_read(bwi_note_key *out, const char *text_or_path, bw_error *err);

/* Appends the entry of a statement: a DSSE envelope that the key signs. BW_EINVAL without a private key,
 * BW_ENOMEM. */
bw_status bwi_log_entry_seal(bwi_buffer *out, bwi_bytes statement, const bwi_key *key, bw_error *err);
/* The envelope of an entry, if it is of a statement and the key signed it. *out is cleared by
 * bwi_envelope_clear. BW_EUNTRUSTED, BW_EUNSUPPORTED, BW_EFORMAT, BW_ENOMEM. */
bw_status bwi_log_entry_open(bwi_envelope *out, bwi_bytes entry, const bwi_key *key, bw_error *err);

/* The event of entry `index`, which errors name; the same errors. *out is cleared by bwi_event_clear. */
bw_status bwi_log_event_open(bwi_event *out, uint64_t index, bwi_bytes entry, const bwi_key *key,
                             bw_error *err);

/* Of each entry in turn, its bytes. An error ends the walk. */
typedef bw_status (*bwi_log_visit_fn)(void *payload, uint64_t index, bwi_bytes entry, bw_error *err);
/* Entries first to first + count, all of which must be there. As bwi_log_store_bundle. */
bw_status bwi_log_visit(bw_log *log, uint64_t first, uint64_t count, bwi_log_visit_fn visit, void *payload,
                        bw_error *err);

#endif
