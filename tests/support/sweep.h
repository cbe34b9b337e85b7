/* SPDX-License-Identifier: Apache-2.0 */
/* Failures tried one after another. Both fail the running cmocka test with what went wrong. */
#ifndef TESTS_SUPPORT_SWEEP_H
#define TESTS_SUPPORT_SWEEP_H

#include "base/cursor.h"

/* Does the work under test and frees all that it made, also when it succeeded. */
typedef bw_status (*sweep_attempt_fn)(void *payload);

/* Runs attempt with its 1st, 2nd, ... allocation failing, until none is left to fail. Each failing run
 * must return BW_ENOMEM and leave no block behind, the last one BW_OK. Returns how many allocations
 * there were. */
size_t sweep_allocations(sweep_attempt_fn attempt, void *payload);

/* Reads bytes and frees all that it made. */
typedef bw_status (*sweep_read_fn)(bwi_bytes bytes, void *payload);

/* Hands read every proper prefix of whole, each in a heap block of exactly its size so that a sanitizer
 * sees an over-read. Each must be refused with BW_EFORMAT and leave no block behind; whole must be read. */
void sweep_truncations(bwi_bytes whole, sweep_read_fn read, void *payload);

#endif
