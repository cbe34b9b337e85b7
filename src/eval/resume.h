/* SPDX-License-Identifier: Apache-2.0 */
/* The file that keeps finished stages, so that an interrupted evaluation can go on. An npz, rewritten
 * atomically after each stage, with a key that names model, data and configuration. */
#ifndef EVAL_RESUME_H
#define EVAL_RESUME_H

#include "eval/evaluation.h"

/* Fills the stages that path holds. The clean predictions are known. A file that is not there is no error.
 * BW_EINVAL: it belongs to something else; BW_EFORMAT, BW_EIO, BW_ENOMEM. */
bw_status bwi_resume_read(bw_evaluation *e, const char *path, bw_error *err);

bw_status bwi_resume_write(const bw_evaluation *e, const char *path, bw_error *err);

#endif
