/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GATE_PATHS_H
#define GATE_PATHS_H

#include "base/cursor.h"

/* Whether a path in a file leads out of the folder that it is meant for: an absolute one, on any system, or
 * one with a part "..", or one that is no path at all. */
bool bwi_path_leads_out(bwi_bytes path);

#endif
