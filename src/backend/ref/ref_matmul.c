/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products over the last two axes; leading axes are batches and broadcast. */
#include "backend/ref/ref.h"
#include "backend/ref/ref_iterate.h"
#include "backend/ref/ref_product.h"

static int64_t extent(const bwi_node *n, uint32_t from_end) {
  return n->shape.v[n->shape.n - from_end];
}

size_t bwi_ref_matmul_scratch(const bwi_node *node, const bwi_node *const *operand) {
  (void)node;
  return bwi_product_scratch(extent(operand[0], 1));
}

/* What takes part in a product of batches, in the order of `matrices` below. */
enum { A, B, ADDEND, RESIDUAL, MASK, A_MASK, B_MASK, OUT_MASK, N_ROLES };

typedef struct batches {
  bwi_product product;
  bwi_dims strides[N_ROLES]; /* over the output's leading axes */
} batches;

static bwi_matrix *matrix_of(bwi_product *p, int role) {
  bwi_matrix *const matrices[N_ROLES] = {&p->a,    &p->b,      &p->addend, &p->residual,
                                         &p->mask, &p->a_mask, &p->b_mask, &p->out_mask};
  return matrices[role];
}

/* Operand k plays `role`: seen as (leading axes of the output, rows, columns), broadcast where need be. */
static void cast_role(batches *b, const bwi_ref_call *call, int role, uint32_t k, int64_t rows,
                      int64_t columns) {
  bwi_dims to = call->node->shape;
  to.v[to.n - 2] = rows;
  to.v[to.n - 1] = columns;
  bwi_dims strides = bwi_broadcast_strides(&call->operand[k]->shape, &to);
  strides.n -= 2;
  b->strides[role] = strides;
  *matrix_of(&b->product, role) = (bwi_matrix){.data = call->in[k],
                                               .dtype = call->operand[k]->dtype,
                                               .row = strides.v[strides.n],
                                               .column = strides.v[strides.n + 1]};
}

static bwi_product plain_product(const bwi_ref_call *call) {
  return (bwi_product){.rows = extent(call->operand[0], 2),
                       .inner = extent(call->operand[0], 1),
                       .columns = extent(call->operand[1], 1),
                       .block = 1,
                       .alpha = 1,
                       .beta = 1,
                       .out = call->out,
                       .dtype = call->node->dtype};
}

static batches make_batches(const bwi_ref_call *call) {
  batches b = {.product = plain_product(call)};
  for (int role = 0; role < N_ROLES; role++) b.strides[role].n = call->node->shape.n - 2;
  cast_role(&b, call, A, 0, b.product.rows, b.product.inner);
  cast_role(&b, call, B, 1, b.product.inner, b.product.columns);
  return b;
}

static bw_status multiply_batches(const bwi_ref_call *call, batches *b) {
  bwi_dims leading = call->node->shape;
  leading.n -= 2;
  bwi_walk w;
  bwi_walk_begin(&w, &leading, N_ROLES, b->strides);
  while (bwi_walk_next(&w)) {
    for (int64_t i = 0; i < w.row; i++) {
      for (int role = 0; role < N_ROLES; role++)
        matrix_of(&b->product, role)->offset = w.offset[role] + i * w.step[role];
      bwi_product_run(&b->product, call->scratch);
      b->product.out_offset += b->product.rows * b->product.columns;
    }
  }
  return BW_OK;
}

bw_status bwi_ref_matmul(const bwi_ref_call *call) {
  batches b = make_batches(call);
  return multiply_batches(call, &b);
}

bw_status bwi_ref_addmm(const bwi_ref_call *call) {
  batches b = make_batches(call);
  cast_role(&b, call, ADDEND, 2, b.product.rows, b.product.columns);
  b.product.alpha = call->node->params->f[0];
  b.product.beta = call->node->params->f[1];
  return multiply_batches(call, &b);
}

bw_status bwi_ref_fused_matmul(const bwi_ref_call *call) {
  batches b = make_batches(call);
  cast_role(&b, call, ADDEND, 2, b.product.rows, b.product.columns);
  const bool masked = call->node->params->i[0] == 2;
  const uint32_t n_in = call->node->n_in;
  if (n_in - masked > 3) cast_role(&b, call, RESIDUAL, 3, b.product.rows, b.product.columns);
  if (masked) cast_role(&b, call, MASK, n_in - 1, b.product.rows, b.product.columns);
  b.product.relu = call->node->params->i[0] == 1;
  return multiply_batches(call, &b);
}

bw_status bwi_ref_block_masked_mm(const bwi_ref_call *call) {
  const uint32_t n_in = call->node->n_in;
  const bool has_out_mask = n_in == 3 || n_in == 5, has_operand_masks = n_in >= 4;
  batches b = make_batches(call);
  bwi_product *p = &b.product;
  p->block = call->node->params->i[0];
  const int64_t rows = (p->rows + p->block - 1) / p->block, inner = (p->inner + p->block - 1) / p->block;
  const int64_t columns = (p->columns + p->block - 1) / p->block;
  if (has_out_mask) cast_role(&b, call, OUT_MASK, 2, rows, columns);
  if (has_operand_masks) {
    cast_role(&b, call, A_MASK, n_in - 2, rows, inner);
    cast_role(&b, call, B_MASK, n_in - 1, inner, columns);
  }
  return multiply_batches(call, &b);
}

/* Points `matrix` to the one of operand k's matrices that index i of operand `indices` chooses. */
static bool choose(bwi_matrix *matrix, const bwi_ref_call *call, uint32_t k, uint32_t indices, int64_t i) {
  const bwi_node *from = call->operand[k];
  bwi_dims leading = from->shape;
  leading.n -= 2;
  int64_t at;
  bwi_load_integer(&at, call->in[indices], call->operand[indices]->dtype, i, 1, 1);
  if (at < 0 || at >= bwi_count(&leading)) return false;
  *matrix = (bwi_matrix){.data = call->in[k],
                         .dtype = from->dtype,
                         .offset = at * extent(from, 2) * extent(from, 1),
                         .row = extent(from, 1),
                         .column = 1};
  return true;
}

bw_status bwi_ref_gather_mm(const bwi_ref_call *call) {
  const int64_t count = bwi_node_count(call->operand[2]);
  bwi_product p = plain_product(call);
  for (int64_t i = 0; i < count; i++) {
    if (!choose(&p.a, call, 0, 2, i) || !choose(&p.b, call, 1, 3, i)) return BW_EFORMAT;
    bwi_product_run(&p, call->scratch);
    p.out_offset += p.rows * p.columns;
  }
  return BW_OK;
}
