/* SPDX-License-Identifier: Apache-2.0 */
/* Signed notes: deterministic; text and signatures lie inside the input in their order, and a name is a name.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "log/note.h"

static void check_note(const bwi_note *note, bwi_bytes bytes) {
  const uint8_t *at = bytes.data + note->text.size + 1;
  fuzz_assert(note->text.size > 0 && bytes.data[note->text.size - 1] == '\n', "the text ends with its line");
  fuzz_assert(bytes.data[note->text.size] == '\n', "an empty line follows the text");
  fuzz_assert(note->n_signatures > 0, "a note is signed");
  for (size_t i = 0; i < note->n_signatures; i++) {
    const bwi_note_signature *s = &note->signatures[i];
    fuzz_assert(s->name.size > 0 && s->name.data > at, "a signature has a name");
    fuzz_assert(memchr(s->name.data, '+', s->name.size) == NULL, "a name has no plus");
    at = s->base64.data + s->base64.size + 1;
  }
  fuzz_assert(at == bytes.data + bytes.size, "all of the note is read");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes bytes = {copy, size};
  bwi_note note, again;
  bw_error why, why_again;
  const bw_status status = bwi_note_read(&note, bytes, &why);
  fuzz_check_answers(status, &why, bwi_note_read(&again, bytes, &why_again), &why_again, size);
  if (status == BW_OK) check_note(&note, bytes);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
