/* SPDX-License-Identifier: Apache-2.0 */
/* Whether floating-point elements are finite and in range, and truth values 0 or 1, at the speed at which
 * they can be read. */
#ifndef GATE_VALUES_H
#define GATE_VALUES_H

#include <bulwark/array.h>

#include "gate/gate.h"

/* Elements of one array, little-endian and packed, which lie in the subject. */
typedef struct bwi_value_range {
  const char *name; /* of the array */
  bw_dtype dtype;   /* ranges of integers are passed over */
  uint64_t offset, bytes;
} bwi_value_range;

/* Reads each range once, unless the gate's options say not to. BW_EIO, BW_ENOMEM. */
bw_status bwi_gate_check_values(bw_gate *g, const bwi_subject *s, const bwi_value_range *ranges, size_t count,
                                bw_error *err);

#endif
