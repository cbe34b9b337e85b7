/* SPDX-License-Identifier: Apache-2.0 */
/* Croissant 1.0 and 1.1 (docs.mlcommons.org/croissant), metadata of data sets in JSON-LD, as the event that
 * the data came in: each file with its SHA-256 is a subject, and what else is known stands in the parameters,
 * those of a file as "contentUrl <file>". Record sets and fields say how data is read, not where it is from,
 * and are passed over. */
#ifndef LOG_CROISSANT_H
#define LOG_CROISSANT_H

#include "log/event.h"

#define BWI_CROISSANT_MAX_NODES 1000000 /* JSON values */

/* What is kept of the data set as a whole: "name", "license", ...; NULL-terminated. */
extern const char *const bwi_croissant_about[];

/* Strict where the words matter: each file must have 64 digits of SHA-256, or lie in another that has, and no
 * address may begin with http://. *out is cleared by bwi_event_clear. BW_EFORMAT with the offset;
 * BW_EUNSUPPORTED: another version; BW_ELIMIT, BW_ENOMEM. */
bw_status bwi_croissant_read(bwi_event *out, bwi_bytes text, bw_error *err);

/* The metadata of an event's subjects, in version 1.1, with its materials as what they were derived from.
 * BW_ENOMEM. */
bw_status bwi_croissant_write(bwi_buffer *out, const bwi_event *event, bw_error *err);

#endif
