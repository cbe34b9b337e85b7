/* SPDX-License-Identifier: Apache-2.0 */
/* HDF5, as Keras writes it: the superblock, and the configuration of the model, which is JSON in an attribute
 * and so never compressed. Groups, links and data sets are not walked. */
#include "format/hdf5.h"

#include <string.h>

#include "gate/configs.h"
#include "gate/formats.h"

bool bwi_is_hdf5(const bwi_subject *s) {
  static const uint8_t signature[] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};
  return s->bytes.size >= sizeof signature && memcmp(s->bytes.data, signature, sizeof signature) == 0;
}

bw_status bwi_inspect_hdf5(bw_gate *g, bwi_subject *s, bw_error *err) {
  bwi_hdf5 file;
  bw_error why = {BW_OK, BW_NO_OFFSET, ""};
  BW_TRY(bwi_subject_read_all(g, s, err));
  BW_TRY(bwi_gate_find_refusal(g, s, bwi_hdf5_read(&file, s->bytes, s->size, &why), &why, err));
  return bwi_gate_find_configured(g, s, true, err);
}
