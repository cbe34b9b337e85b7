/* SPDX-License-Identifier: Apache-2.0 */
/* The gate over bytes of any format: deterministic, frees all, and every finding has a rule and one line of
 * text. The first finding that is no note is the answer. */
#include <bulwark/gate.h>
#include <bulwark/model.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"

/* A name without an ending promises nothing. */
static bw_gate *inspect(const uint8_t *data, size_t size) {
  bw_gate_options options;
  bw_gate *gate = NULL;
  bw_gate_options_init(&options, sizeof options);
  options.max_bytes = FUZZ_MAX_BYTES;
  fuzz_assert(bw_gate_create(&gate, &options, NULL) == BW_OK, "memory for a gate");
  fuzz_assert(bw_gate_inspect_bytes(gate, "input", data, size, NULL) == BW_OK, "memory for the inspection");
  return gate;
}

static void check_finding(const bw_gate_finding *f) {
  fuzz_assert(f->rule != NULL && f->text[0] != '\0', "a finding has a rule and says why");
  for (const char *c = f->text; *c != '\0'; c++)
    fuzz_assert((unsigned char)*c >= 0x20 && *c != 0x7F, "a finding is one line of plain text");
}

static bw_error answer_of(const bw_gate *gate) {
  bw_error answer = {BW_OK, BW_NO_OFFSET, ""};
  for (uint64_t i = bw_gate_finding_count(gate); i-- > 0;) {
    const bw_gate_finding *f = bw_gate_finding_at(gate, i);
    check_finding(f);
    if (f->rule->severity != BW_GATE_NOTE)
      (void)BW_FAIL_AT(&answer, BW_EFORMAT, f->member == NULL ? f->offset : BW_NO_OFFSET, "%s: %s",
                       f->rule->id, f->text);
  }
  return answer;
}

static void check_reports(const bw_gate *gate) {
  char *text = NULL;
  for (int format = BW_GATE_TEXT; format <= BW_GATE_SARIF; format++) {
    fuzz_assert(bw_gate_report(&text, gate, (bw_gate_format)format, 0, NULL) == BW_OK, "memory for a report");
    bw_text_free(text);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  bw_gate *gate = inspect(copy, size), *again = inspect(copy, size);
  const bw_error first = answer_of(gate), second = answer_of(again);
  fuzz_assert(bw_gate_finding_count(gate) == bw_gate_finding_count(again),
              "the same bytes get the same findings");
  fuzz_check_answers(first.status, &first, second.status, &second, size);
  check_reports(gate);
  bw_gate_free(gate);
  bw_gate_free(again);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
