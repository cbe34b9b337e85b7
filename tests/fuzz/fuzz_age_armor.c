/* SPDX-License-Identifier: Apache-2.0 */
/* age's armour: deterministic, whatever the size of reads; frees all; what was read, written and read again
 * is the same, and its text the same but for the ends of lines and white space around it. */
#include <stdlib.h>
#include <string.h>

#include "age/age_armor.h"
#include "base/memory.h"
#include "fuzz.h"
#include "support/pipe.h"

static bw_status dearmor(bwi_buffer *out, bwi_bytes text, size_t most, bw_error *err) {
  pipe_source source = {text, 0, most};
  bwi_age_input input = {0};
  bwi_age_dearmor armor = {.text = &input};
  const bw_age_reader reader = bwi_age_dearmor_reader(&armor);
  uint8_t part[100];
  bw_status status = bwi_age_input_open(&input, pipe_reader(&source), err);
  for (size_t got = 1; got > 0 && status == BW_OK;) {
    status = reader.read(reader.payload, part, sizeof part, &got, err);
    if (status == BW_OK) bwi_buffer_put(out, part, got);
  }
  bwi_age_input_close(&input);
  return status;
}

static void put_dense(bwi_buffer *out, bwi_bytes text) {
  for (size_t i = 0; i < text.size; i++)
    if (strchr(" \t\r\n", text.data[i]) == NULL || text.data[i] == '\0')
      bwi_buffer_put(out, &text.data[i], 1);
}

static void check_round_trip(const bwi_buffer *decoded, bwi_bytes text) {
  bwi_buffer written = {0}, again = {0}, dense = {0}, dense_text = {0};
  bwi_age_armor armor = {.text = pipe_writer(&written)};
  const bw_age_writer writer = bwi_age_armor_writer(&armor);
  fuzz_assert(writer.write(writer.payload, decoded->data, decoded->size, NULL) == BW_OK, "armour is written");
  fuzz_assert(bwi_age_armor_finish(&armor, NULL) == BW_OK, "armour is ended");
  const bwi_bytes bytes = {(const uint8_t *)written.data, written.size};
  fuzz_assert(dearmor(&again, bytes, 0, NULL) == BW_OK, "what was written can be read");
  fuzz_assert(
      again.size == decoded->size && (again.size == 0 || memcmp(again.data, decoded->data, again.size) == 0),
      "as the same bytes");
  put_dense(&dense, bytes);
  put_dense(&dense_text, text);
  fuzz_assert(dense.size == dense_text.size && memcmp(dense.data, dense_text.data, dense.size) == 0,
              "one text for each file");
  bwi_buffer_free(&written);
  bwi_buffer_free(&again);
  bwi_buffer_free(&dense);
  bwi_buffer_free(&dense_text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes text = {copy, size};
  bwi_buffer out = {0}, again = {0};
  bw_error why, why_again;
  const bw_status status = dearmor(&out, text, 0, &why);
  fuzz_check_answers(status, &why, dearmor(&again, text, 7, &why_again), &why_again, size);
  if (status == BW_OK) check_round_trip(&out, text);
  bwi_buffer_free(&out);
  bwi_buffer_free(&again);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
