/* SPDX-License-Identifier: Apache-2.0 */
/* A model from a file: its two functions at the batch sizes that sessions run. */
#ifndef MODEL_ENGINE_H
#define MODEL_ENGINE_H

#include <pthread.h>
#include <stdbool.h>

#include "backend/plan.h"
#include "model/model.h"
#include "model/template.h"

/* Batch sizes are powers of two, 2^0 to 2^(BWI_N_SIZES - 1). */
#define BWI_N_SIZES 7

typedef enum bwi_function { BWI_DIRECT = 0, BWI_SEARCH = 1 } bwi_function; /* see bwi_template */

typedef struct bwi_engine {
  bw_model base;
  bwi_graph *traced; /* as it was imported */
  bwi_template template;
  bwi_weights *weights;
  bool reference;                    /* run everything on the reference backend */
  size_t max_memory_bytes;           /* of one session's plans together */
  uint32_t greatest;                 /* the batch size that sessions prefer is 2^greatest */
  uint64_t weights_cost;             /* of reading all weights once: as that of so many samples */
  pthread_mutex_t lock;              /* of what follows */
  char digest[65];                   /* of traced; "" until it is asked for */
  bwi_graph *graphs[2][BWI_N_SIZES]; /* by function and size, made when first asked for */
} bwi_engine;

extern const bwi_model_class bwi_engine_class;
void bwi_engine_free(bw_model *model);
const char *bwi_engine_digest(bw_model *model);

/* Makes an engine for a traced function (see bwi_template_make), which it owns from then on. Of the
 * options, function and max_file_bytes are not looked at. */
bw_status bwi_engine_create(bwi_engine **out, bwi_graph *traced, const bw_model_options *options,
                            bw_error *err);

/* A plan of one function at batch size 2^size; the caller frees it before the engine. more_flags:
 * BWI_PLAN_UPDATES or 0. BW_ELIMIT: it needs more than the workspace may hold. */
bw_status bwi_engine_plan(bwi_plan **out, bwi_workspace *workspace, bwi_engine *engine, bwi_function function,
                          uint32_t size, uint32_t more_flags, bw_error *err);

/* Runs g once by direct kernels: float32 samples in, float32 logits out, at g's own batch size. */
bw_status bwi_engine_run_once(float *logits, const bwi_engine *engine, const bwi_graph *g,
                              const float *samples, bw_error *err);

#endif
