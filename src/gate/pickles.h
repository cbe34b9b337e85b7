/* SPDX-License-Identifier: Apache-2.0 */
/* Pickles wherever they stand: in a file of their own, in an archive of PyTorch, behind the header of an npy
 * file. */
#ifndef GATE_PICKLES_H
#define GATE_PICKLES_H

#include "gate/gate.h"
#include "gate/storages.h"

/* Finds what is wrong with the pickle at bytes[start] of the subject. *end is behind what was walked,
 * *stopped whether it met its STOP. Storages that it refers to are kept. BW_ENOMEM. */
bw_status bwi_gate_pickle_at(bw_gate *g, const bwi_subject *s, size_t start, bwi_storages *storages,
                             size_t *end, bool *stopped, bw_error *err);

/* The pickles that stand one behind the other from bytes[start] on, and those behind what is none. */
bw_status bwi_gate_pickles(bw_gate *g, const bwi_subject *s, size_t start, bwi_storages *storages,
                           bw_error *err);

#endif
