/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/paths.h"

#include <string.h>

static bool is_separator(uint8_t c) {
  return c == '/' || c == '\\';
}

bool bwi_path_leads_out(bwi_bytes path) {
  const uint8_t *c = path.data;
  if (path.size == 0 || memchr(c, 0, path.size) != NULL) return true;
  if (is_separator(c[0]) || (path.size > 1 && c[1] == ':')) return true;
  for (size_t i = 0; i + 1 < path.size; i++) {
    const bool starts = i == 0 || is_separator(c[i - 1]), ends = i + 2 == path.size || is_separator(c[i + 2]);
    if (c[i] == '.' && c[i + 1] == '.' && starts && ends) return true;
  }
  return false;
}
