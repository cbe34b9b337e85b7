/* SPDX-License-Identifier: Apache-2.0 */
/* MLX's exported functions. A graph may carry kernels for the GPU, as source or compiled, which importing and
 * calling the function runs. */
#include <string.h>

#include "format/mlxfn.h"
#include "gate/formats.h"
#include "gate/values.h"

static const uint8_t kernel_key[] = "\14\0\0\0\0\0\0\0CustomKernel"; /* as a string stands in the file */
#define KERNEL_KEY_BYTES (sizeof kernel_key - 1)

/* A version of MLX, which a file begins with. */
bool bwi_is_mlxfn(const bwi_subject *s) {
  bwi_cursor c = bwi_cursor_over(s->bytes, NULL);
  const uint64_t length = bwi_cursor_u64le(&c, "length");
  if (c.status != BW_OK || length < 3 || length >= 64) return false;
  const bwi_bytes version = bwi_cursor_take(&c, (size_t)length, "version");
  bool has_dot = false;
  for (size_t i = 0; i < version.size; i++) {
    if (version.data[i] <= 0x20 || version.data[i] >= 0x7F) return false;
    has_dot = has_dot || version.data[i] == '.';
  }
  return has_dot && version.data[0] >= '0' && version.data[0] <= '9';
}

/* Also where the rest of the file makes no sense to the reader: another release of MLX may read it. */
static void find_kernels(bw_gate *g, const bwi_subject *s) {
  const bwi_bytes b = s->bytes;
  for (size_t at = 0; at + KERNEL_KEY_BYTES <= b.size; at++) {
    const uint8_t *found = memchr(b.data + at, kernel_key[0], b.size - at - KERNEL_KEY_BYTES + 1);
    if (found == NULL) return;
    at = (size_t)(found - b.data);
    if (memcmp(found, kernel_key, KERNEL_KEY_BYTES) == 0)
      bwi_gate_find_symbol(g, s, BWI_RULE_KERNEL_SOURCE, at, "CustomKernel",
                           "CustomKernel holds source code or a compiled kernel for a GPU");
  }
}

static bw_status check_values(bw_gate *g, const bwi_subject *s, const bwi_mlxfn_function *f, bw_error *err) {
  bwi_value_range *ranges = bwi_alloc(f->n_values, sizeof *ranges);
  size_t n = 0;
  if (ranges == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for the constants of %s", s->path);
  for (uint32_t i = 0; i < f->n_values; i++) {
    const bwi_mlxfn_value *v = &f->values[i];
    if (v->kind == BWI_MLXFN_CONSTANT && v->data.size > 0)
      ranges[n++] = (bwi_value_range){"constant", v->array.dtype, (uint64_t)(v->data.data - s->bytes.data),
                                      v->data.size};
  }
  const bw_status status = bwi_gate_check_values(g, s, ranges, n, err);
  bwi_free(ranges);
  return status;
}

bw_status bwi_inspect_mlxfn(bw_gate *g, bwi_subject *s, bw_error *err) {
  bwi_mlxfn *file = NULL;
  bw_error why = {BW_OK, BW_NO_OFFSET, ""};
  BW_TRY(bwi_subject_read_all(g, s, err));
  bw_status status = bwi_mlxfn_read(&file, s->bytes, NULL, NULL, NULL, &why);
  if (status != BW_OK) {
    find_kernels(g, s);
    return bwi_gate_find_refusal(g, s, status, &why, err);
  }
  for (uint32_t i = 0; i < file->n_functions && status == BW_OK; i++)
    status = check_values(g, s, &file->functions[i], err);
  bwi_mlxfn_free(file);
  return status;
}
