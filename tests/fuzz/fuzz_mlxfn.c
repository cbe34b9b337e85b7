/* SPDX-License-Identifier: Apache-2.0 */
/* .mlxfn: deterministic, frees all, and what comes out is what mlxfn.h promises: references go backwards,
 * constants lie inside the input and have the size of their type, lists have lengths within the limits. */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/memory.h"
#include "format/mlxfn.h"
#include "fuzz.h"

static void check_array(const bwi_mlxfn_array *array, size_t *bytes) {
  int64_t count = 0;
  fuzz_assert(array->shape.n <= BW_MAX_RANK && bw_dtype_bytes(array->dtype) > 0, "rank and dtype are known");
  fuzz_assert(bwi_shape_count(&count, array->shape.v, array->shape.n), "extents are sane");
  fuzz_assert(bwi_mul_size(bytes, (size_t)count, bw_dtype_bytes(array->dtype)), "a size does not overflow");
}

static void check_constant(const bwi_mlxfn_value *value, size_t array_bytes, bwi_bytes input) {
  fuzz_assert(value->data.size == array_bytes, "a constant has the size of its type");
  fuzz_assert(value->data.data >= input.data, "a constant lies inside the input");
  fuzz_assert((size_t)(value->data.data - input.data) <= input.size - array_bytes,
              "a constant lies inside the input");
}

static void check_primitive(const bwi_mlxfn_function *f, uint32_t i) {
  const bwi_mlxfn_value *value = &f->values[i];
  fuzz_assert(value->primitive != NULL && strlen(value->primitive) < BWI_MLXFN_NAME_BYTES,
              "a primitive is named");
  fuzz_assert(value->n_operands <= BWI_MLXFN_MAX_INPUTS, "operands are within the limit");
  for (uint32_t k = 0; k < value->n_operands; k++)
    fuzz_assert(value->operands[k] < value->first_output, "operands come before");
  fuzz_assert(value->n_outputs >= 1 && value->output < value->n_outputs, "outputs are numbered");
  fuzz_assert(value->first_output + value->output == i, "outputs stand side by side");
  fuzz_assert(value->first_output + value->n_outputs <= f->n_values, "all outputs are there");
  for (size_t k = 0; k < sizeof value->state.v / sizeof *value->state.v; k++)
    fuzz_assert(value->state.v[k].n <= BW_MAX_RANK, "vectors are short");
  fuzz_assert(bw_dtype_bytes(value->state.dtype) > 0, "the state's dtype is known");
}

static void check_function(const bwi_mlxfn_function *f, bwi_bytes input) {
  fuzz_assert(f->n_keywords <= f->n_inputs && f->n_inputs <= f->n_values, "inputs are values");
  fuzz_assert(f->n_inputs <= BWI_MLXFN_MAX_INPUTS && f->n_outputs <= BWI_MLXFN_MAX_INPUTS,
              "within the limits");
  for (uint32_t i = 0; i < f->n_values; i++) {
    size_t bytes = 0;
    check_array(&f->values[i].array, &bytes);
    fuzz_assert((f->values[i].kind == BWI_MLXFN_INPUT) == (i < f->n_inputs), "inputs come first");
    fuzz_assert(f->values[i].offset < input.size, "a value has a place in the file");
    if (f->values[i].kind == BWI_MLXFN_CONSTANT) check_constant(&f->values[i], bytes, input);
    if (f->values[i].kind == BWI_MLXFN_PRIMITIVE) check_primitive(f, i);
  }
  fuzz_assert(f->n_outputs >= 1, "there is a result");
  for (uint32_t i = 0; i < f->n_outputs; i++) fuzz_assert(f->outputs[i] < f->n_values, "outputs are values");
  for (uint32_t i = 0; i < f->n_keywords; i++) fuzz_assert(f->keywords[i] != NULL, "keywords are names");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const uint64_t blocks = bwi_memory_live_blocks();
  uint8_t *copy = fuzz_copy(data, size);
  const bwi_bytes bytes = {copy, size};
  bwi_mlxfn_limits limits = bwi_mlxfn_default_limits();
  limits.max_memory_bytes = FUZZ_MAX_BYTES;
  bwi_mlxfn *file = NULL, *again = NULL;
  bw_error why, why_again;
  const bw_status status = bwi_mlxfn_read(&file, bytes, &limits, NULL, NULL, &why);
  fuzz_check_answers(status, &why, bwi_mlxfn_read(&again, bytes, &limits, NULL, NULL, &why_again), &why_again,
                     size);
  if (status == BW_OK) {
    fuzz_assert(strcmp(file->layout, again->layout) == 0, "the same bytes get the same layout");
    fuzz_assert(file->n_functions >= 1 && file->n_functions <= limits.max_functions,
                "functions are within the limit");
    for (uint32_t i = 0; i < file->n_functions; i++) check_function(&file->functions[i], bytes);
  }
  bwi_mlxfn_free(file);
  bwi_mlxfn_free(again);
  free(copy);
  fuzz_assert(bwi_memory_live_blocks() == blocks, "all memory is freed");
  return 0;
}
