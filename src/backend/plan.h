/* SPDX-License-Identifier: Apache-2.0 */
/* A plan is a graph made ready to run: one kernel a node, buffers with planned lifetimes in one
 * workspace. Running allocates nothing. A plan is used by one thread at a time; each worker has its
 * own, and all share packed weights through a bwi_weights store. Plans that one worker runs in turn can share
 * a workspace. */
#ifndef BACKEND_PLAN_H
#define BACKEND_PLAN_H

#include "graph/graph.h"

/* A kernel computes one node. `in` are the operands' buffers (row-major), `out` the node's, scratch the
 * bytes asked for (64-byte aligned). */
typedef struct bwi_kernel {
  bw_status (*run)(void *state, const void *const *in, void *out, void *scratch);
  /* As run, where operand 0 differs from that of the last call in the pixels `changed` alone (changes.h) and
   * nothing else does; out and scratch are as that call left them. Writes which pixels of out it computed.
   * NULL: it cannot; else out is images, too. */
  bw_status (*update)(void *state, const void *const *in, void *out, void *scratch, const uint64_t *changed,
                      uint64_t *out_changed);
  void (*free)(void *state); /* NULL when state needs no freeing */
  void *state;
  size_t scratch_bytes; /* with update, they are the kernel's own */
  int in_place;         /* operand whose buffer may be the output's (same bytes), or -1 */
  const char *name;     /* for profiles: "gemm", "winograd", "ref", ... */
} bwi_kernel;

/* Packed forms of constants, shared by the plans of a model. Thread-safe. */
typedef struct bwi_weights bwi_weights;
bw_status bwi_weights_create(bwi_weights **out, bw_error *err);
void bwi_weights_free(bwi_weights *weights); /* after the last plan that used it */
/* The block for (data, kind, variant), made by fill on first use. BW_ENOMEM or fill's status. */
bw_status bwi_weights_get(const void **out, bwi_weights *weights, const void *data, const char *kind,
                          uint64_t variant, size_t bytes,
                          bw_status (*fill)(void *payload, void *block, bw_error *err), void *payload,
                          bw_error *err);

typedef struct bwi_backend {
  const char *name; /* "ref", "cpu" */
  /* Makes a kernel for node id. BW_EUNSUPPORTED: ask the next backend. */
  bw_status (*bind)(bwi_kernel *out, const bwi_graph *g, bwi_id id, bwi_weights *weights, uint32_t flags,
                    bw_error *err);
} bwi_backend;

/* Plan flags. */
#define BWI_PLAN_DIRECT \
  1u /* no transforms that change rounding beyond a sum's order (no Winograd): for verification */
#define BWI_PLAN_BFLOAT16 2u /* products may be taken in bfloat16 with float32 sums: for search only */
#define BWI_PLAN_UPDATES 4u  /* keeps what bwi_plan_update needs */

typedef struct bwi_plan bwi_plan;

/* Backends are asked in order for each node; the graph must outlive the plan. BW_EUNSUPPORTED names a
 * node that no backend takes; BW_ELIMIT: more than 65,536 inputs and steps, or sizes that overflow. */
bw_status bwi_plan_create(bwi_plan **out, const bwi_graph *g, uint32_t n_backends,
                          const bwi_backend *const *backends, bwi_weights *weights, uint32_t flags,
                          bw_error *err);
/* Memory for plans, as much as the largest of them needs. Making or running one plan loses the inputs and
 * outputs of all others. */
typedef struct bwi_workspace bwi_workspace;
bw_status bwi_workspace_create(bwi_workspace **out, size_t max_bytes, bw_error *err);
void bwi_workspace_free(bwi_workspace *workspace); /* after its plans; NULL is fine */
/* As bwi_plan_create, in a workspace; BW_ELIMIT also where the plan needs more than its max_bytes. */
bw_status bwi_plan_create_in(bwi_plan **out, bwi_workspace *workspace, const bwi_graph *g,
                             uint32_t n_backends, const bwi_backend *const *backends, bwi_weights *weights,
                             uint32_t flags, bw_error *err);
void bwi_plan_free(bwi_plan *plan);

void *bwi_plan_input(bwi_plan *plan, uint32_t i); /* to be filled before its stage runs; kept between runs */
const void *bwi_plan_output(const bwi_plan *plan, uint32_t i); /* valid until the next run of its stage */
/* Runs the steps of one stage (0: what needs only stage-0 inputs; 1: the rest). */
bw_status bwi_plan_run(bwi_plan *plan, uint32_t stage, bw_error *err);
/* Stage 0 as far as its outputs need it; stage 1 must not run before stage 0 has. */
bw_status bwi_plan_run_outputs(bwi_plan *plan, bw_error *err);

/* The same after input 0, images, has changed in few pixels since the last such call or run (a word for each
 * line of each image, changes.h): the same results for less work. Only for plans made with BWI_PLAN_UPDATES
 * in a workspace of their own that say that they can. */
bool bwi_plan_can_update(const bwi_plan *plan);
bw_status bwi_plan_update(bwi_plan *plan, const uint64_t *changed, bw_error *err);

size_t bwi_plan_workspace_bytes(const bwi_plan *plan); /* that this plan needs */
/* One line a step: seconds of processor time so far, kernel name, primitive, shape. Timing is off until asked
 * for. */
void bwi_plan_profile(bwi_plan *plan, bool on);
uint32_t bwi_plan_n_steps(const bwi_plan *plan);
typedef struct bwi_step_profile {
  bwi_id node;
  const char *kernel;
  double seconds;
  uint64_t runs;
} bwi_step_profile;
bwi_step_profile bwi_plan_step(const bwi_plan *plan, uint32_t step);

/* Whether a node of this kind only renames the same row-major bytes (Reshape, ExpandDims, ...); the
 * plan aliases it and asks no backend. */
bool bwi_is_view(const bwi_graph *g, bwi_id id);

extern const bwi_backend bwi_backend_ref;
extern const bwi_backend bwi_backend_cpu;
bool bwi_cpu_has_bfloat16(void); /* whether BWI_PLAN_BFLOAT16 changes anything */

/* Runs a node whose operands are all constants through the reference backend (a bwi_evaluate_fn). */
bw_status bwi_ref_evaluate(const bwi_graph *g, bwi_id id, void *out, bw_error *err);

#endif
