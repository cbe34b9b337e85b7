/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a model computes what its file means, found out by running it. */
#ifndef MODEL_CHECK_H
#define MODEL_CHECK_H

#include "model/engine.h"

/* Compares the engine's logits with those of reference samples: from the pair `<name>.pair.npz` beside
 * path where there is one (written by MLX; sets pair_checked), else those of the traced function at its
 * own batch size. BW_EFORMAT: they differ; BW_EUNSUPPORTED: a sample's logits depend on the others. */
bw_status bwi_check_model(bwi_engine *engine, const char *path, bw_error *err);

#endif
