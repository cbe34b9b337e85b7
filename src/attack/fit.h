/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTACK_FIT_H
#define ATTACK_FIT_H

#include <bulwark/dataset.h>
#include <bulwark/model.h>

/* Whether data and model belong together: as many coordinates in the same order, labels below the number of
 * classes, every sample in the input domain. BW_EINVAL with the first sample that is wrong. */
bw_status bwi_check_fit(const bw_model *model, const bw_dataset *dataset, bw_error *err);

#endif
