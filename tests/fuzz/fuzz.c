/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bw_error fuzz_answer;

void fuzz_assert(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "property broken: %s\n", what);
  abort();
}

uint8_t *fuzz_copy(const uint8_t *data, size_t size) {
  uint8_t *copy = malloc(size);
  fuzz_assert(copy != NULL || size == 0, "memory for the input");
  if (size > 0) memcpy(copy, data, size);
  return copy;
}

void fuzz_check_answers(bw_status first, const bw_error *why, bw_status again, const bw_error *why_again,
                        size_t size) {
  fuzz_assert(first == again, "the same bytes get the same status");
  fuzz_answer = (bw_error){.status = first, .offset = BW_NO_OFFSET};
  if (first == BW_OK) return;
  fuzz_answer = *why;
  fuzz_assert(why->status == first, "the error holds the status that is returned");
  fuzz_assert(why->offset == why_again->offset && strcmp(why->text, why_again->text) == 0,
              "the same bytes get the same error");
  fuzz_assert(first == BW_EFORMAT || first == BW_EUNSUPPORTED || first == BW_ELIMIT || first == BW_EUNTRUSTED,
              "the input is to blame");
  fuzz_assert(why->offset <= size || why->offset == BW_NO_OFFSET, "the error lies inside the input");
  fuzz_assert(why->text[0] != '\0', "the error says why");
  for (const char *c = why->text; *c != '\0'; c++)
    fuzz_assert((unsigned char)*c >= 0x20 && *c != 0x7F, "the error is one line of plain text");
}

void fuzz_check_same_array(const bw_array *a, const bw_array *b) {
  fuzz_assert(bw_array_dtype(a) == bw_array_dtype(b) && bw_array_rank(a) == bw_array_rank(b),
              "same type and rank");
  for (uint32_t i = 0; i < bw_array_rank(a); i++)
    fuzz_assert(bw_array_shape(a)[i] == bw_array_shape(b)[i], "same shape");
  fuzz_assert(bw_array_bytes(a) <= FUZZ_MAX_BYTES, "no array beyond the limit");
  fuzz_assert(memcmp(bw_array_view(a), bw_array_view(b), bw_array_bytes(a)) == 0, "same elements");
}

void fuzz_check_same_archive(const bwi_archive *a, const bwi_archive *b) {
  size_t total = 0;
  fuzz_assert(a->count == b->count, "same number of arrays");
  for (size_t i = 0; i < a->count; i++) {
    fuzz_assert(strcmp(a->names[i], b->names[i]) == 0, "same names");
    fuzz_assert(bwi_archive_find(a, a->names[i]) == a->arrays[i], "names are unique");
    fuzz_check_same_array(a->arrays[i], b->arrays[i]);
    total += bw_array_bytes(a->arrays[i]);
  }
  fuzz_assert(total <= FUZZ_MAX_BYTES, "no archive beyond the limit");
}
