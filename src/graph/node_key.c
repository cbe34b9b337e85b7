/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/node_key.h"

#include <string.h>

#include "graph/program.h"

/* Constants up to this size are compared by value, greater ones by address: weights are rarely equal
 * and reading them for every pass costs more than it saves. */
#define SMALL_CONSTANT_BYTES 4096

/* Multiply and fold: every input bit reaches the low bits, which choose the slot. */
static uint64_t mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
  return hash ^ (hash >> 29);
}

static uint64_t mix_bytes(uint64_t hash, const void *data, size_t size) {
  const unsigned char *bytes = data;
  uint64_t word = 0;
  for (size_t at = 0; at < size; at += sizeof word) {
    const size_t n = size - at < sizeof word ? size - at : sizeof word;
    word = 0;
    memcpy(&word, bytes + at, n);
    hash = mix(hash, word);
  }
  return mix(hash, size);
}

static uint64_t mix_dims(uint64_t hash, const bwi_dims *dims) {
  return mix_bytes(hash, dims->v, dims->n * sizeof dims->v[0]);
}

static size_t small_data_bytes(const bwi_node *n) {
  if (n->prim != BWI_Constant || bwi_node_bytes(n) > SMALL_CONSTANT_BYTES) return 0;
  return bwi_node_bytes(n);
}

static uint64_t mix_data(uint64_t hash, const bwi_node *n) {
  if (n->data == NULL) return hash;
  if (n->prim == BWI_Elementwise) {
    const bwi_program *program = n->data;
    return mix_bytes(hash, program->steps, program->n_steps * sizeof program->steps[0]);
  }
  const size_t bytes = small_data_bytes(n);
  return bytes > 0 ? mix_bytes(hash, n->data, bytes) : mix(hash, (uint64_t)(uintptr_t)n->data);
}

uint64_t bwi_node_hash(const bwi_node *n) {
  uint64_t hash = mix((uint64_t)n->prim, (uint64_t)n->dtype);
  hash = mix_dims(hash, &n->shape);
  hash = mix_bytes(hash, n->in, n->n_in * sizeof n->in[0]);
  hash = mix_bytes(hash, n->params->i, sizeof n->params->i);
  hash = mix_bytes(hash, n->params->f, sizeof n->params->f);
  for (uint32_t k = 0; k < sizeof n->params->v / sizeof n->params->v[0]; k++)
    hash = mix_dims(hash, &n->params->v[k]);
  return mix_data(mix(hash, (uint64_t)n->params->dtype), n);
}

bool bwi_params_equal(const bwi_params *a, const bwi_params *b) {
  if (a == b) return true;
  if (a->dtype != b->dtype || memcmp(a->i, b->i, sizeof a->i) != 0 || memcmp(a->f, b->f, sizeof a->f) != 0)
    return false;
  for (uint32_t k = 0; k < sizeof a->v / sizeof a->v[0]; k++)
    if (!bwi_dims_equal(&a->v[k], &b->v[k])) return false;
  return true;
}

static bool data_equal(const bwi_node *a, const bwi_node *b) {
  if (a->data == b->data) return true;
  if (a->data == NULL || b->data == NULL) return false;
  if (a->prim == BWI_Elementwise) {
    const bwi_program *p = a->data, *q = b->data;
    return p->n_steps == q->n_steps && memcmp(p->steps, q->steps, p->n_steps * sizeof p->steps[0]) == 0;
  }
  const size_t bytes = small_data_bytes(a);
  return bytes > 0 && memcmp(a->data, b->data, bytes) == 0;
}

bool bwi_node_equal(const bwi_node *a, const bwi_node *b) {
  return a->prim == b->prim && a->dtype == b->dtype && bwi_dims_equal(&a->shape, &b->shape) &&
         a->n_in == b->n_in && (a->n_in == 0 || memcmp(a->in, b->in, a->n_in * sizeof a->in[0]) == 0) &&
         bwi_params_equal(a->params, b->params) && data_equal(a, b);
}
