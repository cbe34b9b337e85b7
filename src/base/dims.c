/* SPDX-License-Identifier: Apache-2.0 */
#include "base/dims.h"

#include <inttypes.h>
#include <stdio.h>

char *bwi_dims_text(char *text, size_t text_bytes, const bwi_dims *dims) {
  char full[BW_MAX_RANK * 22 + 4] = "("; /* an int64_t has at most 20 characters; ", " between */
  size_t used = 1;
  for (uint32_t i = 0; i < dims->n; i++)
    used += (size_t)snprintf(full + used, sizeof full - used, i == 0 ? "%" PRId64 : ", %" PRId64, dims->v[i]);
  (void)snprintf(full + used, sizeof full - used, dims->n == 1 ? ",)" : ")");
  (void)snprintf(text, text_bytes, "%s", full);
  return text;
}
