/* SPDX-License-Identifier: Apache-2.0 */
/* The pickle machine: deterministic, inside its limits, frees all; events come in the order of the opcodes,
 * and what they point to lies where it may be read. */
#include <stdlib.h>

#include "base/memory.h"
#include "format/pickle.h"
#include "fuzz.h"

typedef struct trace {
  uint64_t events, sum; /* of all bytes that the events point to */
  size_t last;
} trace;

static uint64_t sum_of(const bwi_pickle_value *v) {
  uint64_t sum = (uint64_t)v->kind + (uint64_t)v->number;
  for (size_t i = 0; i < v->text.size; i++) sum = 31 * sum + v->text.data[i];
  for (size_t i = 0; i < v->name.size; i++) sum = 31 * sum + v->name.data[i];
  return sum;
}

static bw_status follow(void *payload, const bwi_pickle_event *e, bw_error *err) {
  trace *t = payload;
  (void)err;
  fuzz_assert(e->offset >= t->last, "events come in order");
  fuzz_assert(e->opcode != NULL, "an event names its opcode");
  t->last = e->offset;
  t->events++;
  t->sum += sum_of(e->value);
  for (uint32_t i = 0; i < e->value->count; i++) t->sum += sum_of(&e->value->items[i]);
  return BW_OK;
}

static bwi_pickle_walk run(bwi_bytes bytes, trace *t) {
  const bwi_pickle_limits limits = {20000, (size_t)1 << 20};
  bwi_pickle_walk walk = {0};
  fuzz_assert(bwi_pickle_run(&walk, bytes, 0, &limits, follow, t, NULL) == BW_OK, "a walk cannot fail");
  fuzz_assert(walk.end <= bytes.size && t->last <= bytes.size, "the walk stays inside");
  fuzz_assert(walk.stopped || walk.fault.status != BW_OK, "a walk ends for a reason");
  return walk;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  trace first = {0}, second = {0};
  const bwi_pickle_walk walk = run((bwi_bytes){copy, size}, &first),
                        again = run((bwi_bytes){copy, size}, &second);
  fuzz_check_answers(walk.fault.status, &walk.fault, again.fault.status, &again.fault, size);
  fuzz_assert(first.events == second.events && first.sum == second.sum,
              "the same bytes give the same events");
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
