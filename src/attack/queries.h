/* SPDX-License-Identifier: Apache-2.0 */
/* How near a sample's successes came within a number of queries: on a fixed grid of numbers, so that what is
 * kept of a sample does not grow with its queries. */
#ifndef ATTACK_QUERIES_H
#define ATTACK_QUERIES_H

#include "base/error.h"

enum { BWI_QUERY_STEPS = 48 };

/* Step k of the grid: 1, 2, 3, 4, 6, 8, 11, 16, ..., the powers of the root of 2 as whole numbers. */
uint64_t bwi_query_step(uint32_t k);

/* Takes in a success after so many queries. *nearest (BWI_QUERY_STEPS; NULL before the first): the least
 * distance within each step, infinite without a success. BW_ENOMEM. */
bw_status bwi_query_note(float **nearest, uint64_t queries, float distance, bw_error *err);

#endif
