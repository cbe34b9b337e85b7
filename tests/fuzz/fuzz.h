/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets share. A target feeds one input to a reader and asserts the reader's promises;
 * it is run by libFuzzer (BW_FUZZ=ON, clang) or over the committed corpus by replay.c. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "format/formats.h"

#define FUZZ_MAX_BYTES ((size_t)16 << 20) /* limit given to the readers */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the reader answered to the last input; replay.c tallies it. */
extern bw_error fuzz_answer;

/* Aborts, which is what a finding is. */
void fuzz_assert(bool holds, const char *what);

/* A heap block of exactly that size, so that a sanitizer sees an over-read; freed by free. */
uint8_t *fuzz_copy(const uint8_t *data, size_t size);

/* Both answers to the same bytes are the same, an error lies inside them and has one line of text; keeps
 * the answer for replay.c. */
void fuzz_check_answers(bw_status first, const bw_error *why, bw_status again, const bw_error *why_again,
                        size_t size);

void fuzz_check_same_array(const bw_array *a, const bw_array *b);
void fuzz_check_same_archive(const bwi_archive *a, const bwi_archive *b);

#endif
