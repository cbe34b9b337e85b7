/* SPDX-License-Identifier: Apache-2.0 */
#include "graph/primitive.h"

#include <string.h>

#include "graph/family.h"

static const bwi_primitive *const registry[BWI_PRIM_COUNT] = {
#define X(name, fewest, most) &bwi_primitive_##name,
#include "graph/primitives.def"
#undef X
};

const bwi_primitive *bwi_primitive_of(bwi_prim prim) {
  return registry[prim];
}

/* Names that no file may use: values, what rewriting makes, and what the importer derives from Quantize. */
static bool is_internal(bwi_prim prim) {
  return prim == BWI_Input || prim == BWI_Constant || prim == BWI_Dequantize || prim >= BWI_AsStridedGradient;
}

bool bwi_primitive_find(const char *name, bwi_prim *out) {
  for (int prim = 0; prim < BWI_PRIM_COUNT; prim++) {
    if (is_internal((bwi_prim)prim) || strcmp(registry[prim]->name, name) != 0) continue;
    *out = (bwi_prim)prim;
    return true;
  }
  return false;
}

void bwi_vjp_none(bwi_graph *g, bwi_id node, bwi_id cotangent, const bool *wanted, bwi_id *cotangents) {
  (void)cotangent, (void)wanted, (void)cotangents;
  bwi_graph_fail(g, BW_EUNSUPPORTED, "%s (node %d) has no derivative",
                 registry[bwi_graph_node(g, node)->prim]->name, (int)node);
}
