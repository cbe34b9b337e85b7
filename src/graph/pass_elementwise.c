/* SPDX-License-Identifier: Apache-2.0 */
/* Fuses float32 elementwise primitives into programs. Nodes are looked at from the last to the first.
 * One that is in no program yet starts its own and takes in every operand all of whose uses are inside
 * already, so nothing is computed twice and no intermediate is written to memory. What was taken in
 * stays behind dead. */
#include "base/memory.h"
#include "graph/build.h"
#include "graph/passes.h"
#include "graph/primitive.h"
#include "graph/program.h"

typedef struct groups {
  uint32_t *uses;   /* of each node */
  uint32_t *inside; /* uses by members of the program being made */
  bwi_id *root;     /* the last node of the program that a node belongs to; BWI_NONE: none */
  bwi_id *next;     /* the member before it; BWI_NONE: it is the first */
} groups;

static bool is_plain(bw_dtype dtype) {
  return dtype == BW_F32 || dtype == BW_BOOL;
}

bool bwi_gives_truth(bwi_prim prim) {
  switch (prim) {
    case BWI_Equal:
    case BWI_NotEqual:
    case BWI_Greater:
    case BWI_GreaterEqual:
    case BWI_Less:
    case BWI_LessEqual:
    case BWI_LogicalAnd:
    case BWI_LogicalOr:
    case BWI_LogicalNot:
    case BWI_Select: return true;
    default: return false;
  }
}

static bool is_eligible(const bwi_graph *g, const bwi_node *n) {
  if (!bwi_primitive_of(n->prim)->elementwise || n->n_in == 0 || n->prim == BWI_Elementwise) return false;
  if (n->dtype == BW_BOOL ? !bwi_gives_truth(n->prim) : n->dtype != BW_F32) return false;
  if (n->prim == BWI_AsType) return bwi_graph_node(g, n->in[0])->dtype == BW_BOOL;
  for (uint32_t k = 0; k < n->n_in; k++)
    if (!is_plain(bwi_graph_node(g, n->in[k])->dtype)) return false;
  return true;
}

/* A bool is carried as 0 or 1 already. */
static bool is_no_step(const bwi_node *n) {
  return n->prim == BWI_AsType || n->prim == BWI_StopGradient;
}

/* --- which nodes go together --- */

typedef struct group_size {
  uint32_t steps, operands;
} group_size;

/* Operands that taking node n into a program adds at most: its own, less n itself. */
static bool fits(const group_size *size, const bwi_node *n) {
  return size->steps + 1 <= BWI_PROGRAM_MAX_STEPS && size->operands + n->n_in - 1 <= BWI_PROGRAM_MAX_OPERANDS;
}

static void take(const bwi_graph *g, groups *s, group_size *size, bwi_id id, bwi_id root) {
  const bwi_node *n = bwi_graph_node(g, id);
  s->root[id] = root;
  size->steps++;
  size->operands += n->n_in - (id == root ? 0 : 1);
  for (uint32_t k = 0; k < n->n_in; k++) s->inside[n->in[k]]++;
}

/* The greatest node that is an operand of the group, all inside, and eligible. Operands are found among
 * the members' operands; a group is small. */
static bwi_id next_member(const bwi_graph *g, const groups *s, bwi_id root, uint32_t n_members,
                          const bwi_id *members, const group_size *size) {
  bwi_id best = BWI_NONE;
  for (uint32_t m = 0; m < n_members; m++) {
    const bwi_node *member = bwi_graph_node(g, members[m]);
    for (uint32_t k = 0; k < member->n_in; k++) {
      const bwi_id id = member->in[k];
      const bwi_node *n = bwi_graph_node(g, id);
      if (id > best && s->root[id] == BWI_NONE && s->inside[id] == s->uses[id] && is_eligible(g, n) &&
          bwi_dims_equal(&n->shape, &bwi_graph_node(g, root)->shape) && fits(size, n))
        best = id;
    }
  }
  return best;
}

static void grow_group(const bwi_graph *g, groups *s, bwi_id root) {
  bwi_id members[BWI_PROGRAM_MAX_STEPS]; /* descending: a member's operands come before it */
  uint32_t n_members = 0;
  group_size size = {0};
  for (bwi_id id = root; id != BWI_NONE; id = next_member(g, s, root, n_members, members, &size)) {
    take(g, s, &size, id, root);
    if (n_members > 0) s->next[members[n_members - 1]] = id;
    s->next[id] = BWI_NONE;
    members[n_members++] = id;
  }
  for (uint32_t m = 0; m < n_members; m++) { /* leave `inside` as it was found */
    const bwi_node *n = bwi_graph_node(g, members[m]);
    for (uint32_t k = 0; k < n->n_in; k++) s->inside[n->in[k]] = 0;
  }
  if (n_members == 1) s->root[root] = BWI_NONE;
}

static void find_groups(const bwi_graph *g, groups *s) {
  bwi_count_uses(g, s->uses);
  for (uint32_t id = 0; id < bwi_graph_count(g); id++) s->root[id] = BWI_NONE;
  for (uint32_t id = bwi_graph_count(g); id-- > 0;) {
    const bwi_node *n = bwi_graph_node(g, (bwi_id)id);
    if (s->uses[id] > 0 && s->root[id] == BWI_NONE && is_eligible(g, n) &&
        n->n_in <= BWI_PROGRAM_MAX_OPERANDS)
      grow_group(g, s, (bwi_id)id);
  }
}

/* --- the program --- */

typedef struct builder {
  bwi_program program;
  uint32_t n_operands;
  bwi_id operands[BWI_PROGRAM_MAX_OPERANDS]; /* nodes of the old graph */
  uint32_t n_members;
  bwi_id members[BWI_PROGRAM_MAX_STEPS]; /* nodes of the old graph, ascending */
  uint8_t value[BWI_PROGRAM_MAX_STEPS];  /* of each member, numbered as in the program */
} builder;

/* The number that old node id has in the program; UINT8_MAX if it is not in it. */
static uint8_t value_of(const builder *b, bwi_id id) {
  for (uint32_t k = 0; k < b->n_members; k++)
    if (b->members[k] == id) return b->value[k];
  for (uint32_t k = 0; k < b->n_operands; k++)
    if (b->operands[k] == id) return (uint8_t)k;
  return UINT8_MAX;
}

static void list_members(builder *b, const groups *s, bwi_id root) {
  for (bwi_id id = root; id != BWI_NONE; id = s->next[id]) b->n_members++;
  uint32_t at = b->n_members;
  for (bwi_id id = root; id != BWI_NONE; id = s->next[id]) b->members[--at] = id;
}

static void list_operands(builder *b, const bwi_graph *g) {
  for (uint32_t m = 0; m < b->n_members; m++) {
    const bwi_node *n = bwi_graph_node(g, b->members[m]);
    for (uint32_t k = 0; k < n->n_in; k++)
      if (value_of(b, n->in[k]) == UINT8_MAX) b->operands[b->n_operands++] = n->in[k];
  }
}

static void add_step(builder *b, const bwi_node *n, uint32_t member) {
  if (is_no_step(n)) {
    b->value[member] = value_of(b, n->in[0]);
    return;
  }
  bwi_program_step *step = &b->program.steps[b->program.n_steps];
  *step =
      (bwi_program_step){.prim = n->prim, .parameter = (int32_t)n->params->i[0], .n_in = (uint8_t)n->n_in};
  for (uint32_t k = 0; k < n->n_in; k++) step->in[k] = value_of(b, n->in[k]);
  b->value[member] = (uint8_t)(b->n_operands + b->program.n_steps++);
}

static bwi_id fuse(bwi_rewrite *r, bwi_id id, void *payload) {
  const groups *s = payload;
  const bwi_graph *old = bwi_rewrite_old(r);
  if (s->root[id] != id) return BWI_NONE;
  builder b = {.program.boolean_result = bwi_graph_node(old, id)->dtype == BW_BOOL};
  list_members(&b, s, id);
  list_operands(&b, old);
  for (uint32_t m = 0; m < b.n_members; m++) add_step(&b, bwi_graph_node(old, b.members[m]), m);
  if (b.program.n_steps < 2) return BWI_NONE;
  bwi_id in[BWI_PROGRAM_MAX_OPERANDS];
  for (uint32_t k = 0; k < b.n_operands; k++) in[k] = bwi_rewrite_map(r, b.operands[k]);
  return bwi_elementwise(bwi_rewrite_new(r), &b.program, b.n_operands, in);
}

bw_status bwi_pass_fuse_elementwise(bwi_graph **out, const bwi_graph *g, bw_error *err) {
  const uint32_t count = bwi_graph_count(g);
  groups s = {.uses = bwi_alloc(count, sizeof *s.uses),
              .inside = bwi_alloc(count, sizeof *s.inside),
              .root = bwi_alloc(count, sizeof *s.root),
              .next = bwi_alloc(count, sizeof *s.next)};
  bw_status status;
  if (s.uses == NULL || s.inside == NULL || s.root == NULL || s.next == NULL) {
    status = BW_FAIL(err, BW_ENOMEM, "no memory to group %u nodes", count);
  } else {
    find_groups(g, &s);
    status = bwi_rewrite_graph(out, g, fuse, &s, err);
  }
  bwi_free(s.uses);
  bwi_free(s.inside);
  bwi_free(s.root);
  bwi_free(s.next);
  return status;
}
