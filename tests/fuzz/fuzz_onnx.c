/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX: deterministic, frees all; tensors and names lie inside the model, and raw elements are of the size
 * that is told. */
#include <stdlib.h>

#include "base/memory.h"
#include "format/onnx.h"
#include "fuzz.h"

typedef struct trace {
  bwi_bytes model;
  uint64_t sum;
} trace;

static void check_span(const trace *t, bwi_bytes part) {
  if (part.size == 0) return;
  fuzz_assert(part.data >= t->model.data && part.size <= t->model.size - (size_t)(part.data - t->model.data),
              "what is told lies in the model");
}

static bw_status see_tensor(void *payload, const bwi_onnx_tensor *tensor, bw_error *err) {
  trace *t = payload;
  (void)err;
  check_span(t, tensor->name);
  check_span(t, tensor->elements);
  check_span(t, tensor->location);
  fuzz_assert(!tensor->readable || tensor->elements.size == 0 || tensor->elements.size == tensor->bytes,
              "elements fill the shape");
  t->sum = 31 * t->sum + tensor->bytes + tensor->offset;
  return BW_OK;
}

static bw_status see_node(void *payload, bwi_bytes domain, bwi_bytes name, uint64_t offset, bw_error *err) {
  trace *t = payload;
  (void)err;
  check_span(t, domain);
  check_span(t, name);
  t->sum = 31 * t->sum + offset;
  return BW_OK;
}

static bw_status walk(trace *t, bw_error *why) {
  const bwi_onnx_visitor visitor = {t, see_tensor, see_node};
  return bwi_onnx_walk(t->model, &visitor, why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes bytes = {copy, size};
  bw_error why, why_again;
  trace first = {bytes, 0}, second = {bytes, 0};
  const bw_status status = walk(&first, &why);
  fuzz_check_answers(status, &why, walk(&second, &why_again), &why_again, size);
  fuzz_assert(first.sum == second.sum, "the same bytes hold the same tensors");
  (void)bwi_onnx_begins(bytes);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
