/* SPDX-License-Identifier: Apache-2.0 */
/* What pickles may import. The list of what is allowed decides; the list of what is dangerous only says how
 * bad the rest is. */
#ifndef GATE_IMPORTS_H
#define GATE_IMPORTS_H

#include <bulwark/array.h>
#include <stdbool.h>

#include "base/cursor.h"

typedef struct bwi_allowed_import {
  const char *module, *name;
  bool callable;         /* a pickle of weights calls it */
  uint8_t element_bytes; /* of a storage class of PyTorch; else 0 */
  bw_dtype dtype;        /* of its floating-point numbers, of which complex ones are two; else BW_U8 */
} bwi_allowed_import;

const bwi_allowed_import *bwi_import_allowed(bwi_bytes module, bwi_bytes name); /* NULL: it is not */
bool bwi_import_is_dangerous(bwi_bytes module, bwi_bytes name);

#endif
