/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution over one to three spatial axes, channels last: for each output position the input under
 * the kernel is gathered into one row and multiplied with a panel of filters. */
#include <string.h>

#include "backend/ref/ref.h"
#include "backend/ref/ref_product.h"
#include "graph/convolution.h"

enum { SPATIAL = 3 }; /* missing axes have extent 1 */

typedef struct geometry {
  int64_t batch, channels, filters, groups; /* channels and filters of one group */
  int64_t in[SPATIAL], kernel[SPATIAL], out[SPATIAL];
  int64_t stride[SPATIAL], low[SPATIAL], kernel_dilation[SPATIAL], input_dilation[SPATIAL];
  bool flip;
} geometry;

static geometry geometry_of(const bwi_node *node, const bwi_node *const *operand) {
  const bwi_params *params = node->params;
  const bwi_dims *x = &operand[0]->shape, *w = &operand[1]->shape;
  const uint32_t missing = SPATIAL - (x->n - 2);
  geometry g = {.batch = x->v[0],
                .channels = w->v[w->n - 1],
                .filters = w->v[0] / params->i[0],
                .groups = params->i[0],
                .flip = params->i[1] != 0};
  for (uint32_t d = 0; d < SPATIAL; d++) {
    const bool there = d >= missing;
    const uint32_t s = there ? d - missing : 0;
    g.in[d] = there ? x->v[s + 1] : 1;
    g.kernel[d] = there ? w->v[s + 1] : 1;
    g.out[d] = there ? node->shape.v[s + 1] : 1;
    g.stride[d] = there ? params->v[BWI_CONVOLUTION_STRIDES].v[s] : 1;
    g.low[d] = there ? params->v[BWI_CONVOLUTION_LOW].v[s] : 0;
    g.kernel_dilation[d] = there ? params->v[BWI_CONVOLUTION_KERNEL_DILATION].v[s] : 1;
    g.input_dilation[d] = there ? params->v[BWI_CONVOLUTION_INPUT_DILATION].v[s] : 1;
  }
  return g;
}

static int64_t taps(const geometry *g) {
  return g->kernel[0] * g->kernel[1] * g->kernel[2];
}

size_t bwi_ref_convolution_scratch(const bwi_node *node, const bwi_node *const *operand) {
  const geometry g = geometry_of(node, operand);
  return bwi_product_scratch(taps(&g) * g.channels);
}

/* The input index that output index o reads at tap k; false in the padding and between dilated elements. */
static bool input_index(int64_t *out, const geometry *g, uint32_t d, int64_t o, int64_t k) {
  const int64_t tap = g->flip ? g->kernel[d] - 1 - k : k;
  const int64_t dilated = o * g->stride[d] - g->low[d] + tap * g->kernel_dilation[d];
  if (dilated < 0 || dilated % g->input_dilation[d] != 0) return false;
  *out = dilated / g->input_dilation[d];
  return *out < g->in[d];
}

/* row (kernel, channels): what lies under the kernel at output position o, for one sample and group. */
static void gather_row(double *row, const geometry *g, const bwi_ref_call *call, int64_t sample,
                       int64_t group, const int64_t o[SPATIAL]) {
  const int64_t all_channels = g->channels * g->groups;
  int64_t i[SPATIAL];
  memset(row, 0, (size_t)(taps(g) * g->channels) * sizeof *row);
  for (int64_t a = 0; a < g->kernel[0]; a++) {
    if (!input_index(&i[0], g, 0, o[0], a)) continue;
    for (int64_t b = 0; b < g->kernel[1]; b++) {
      if (!input_index(&i[1], g, 1, o[1], b)) continue;
      for (int64_t c = 0; c < g->kernel[2]; c++) {
        if (!input_index(&i[2], g, 2, o[2], c)) continue;
        const int64_t pixel = ((sample * g->in[0] + i[0]) * g->in[1] + i[1]) * g->in[2] + i[2];
        const int64_t tap = (a * g->kernel[1] + b) * g->kernel[2] + c;
        bwi_load_real(row + tap * g->channels, call->in[0], call->operand[0]->dtype,
                      pixel * all_channels + group * g->channels, 1, g->channels);
      }
    }
  }
}

/* All positions of all samples, for filters j .. j + width of a group. */
static void convolve_panel(const bwi_product *p, const geometry *g, const bwi_ref_call *call, int64_t group,
                           const double *panel, double *row, int64_t j, int64_t width) {
  double acc[BWI_PANEL];
  int64_t position = 0, o[SPATIAL];
  for (int64_t sample = 0; sample < g->batch; sample++)
    for (o[0] = 0; o[0] < g->out[0]; o[0]++)
      for (o[1] = 0; o[1] < g->out[1]; o[1]++)
        for (o[2] = 0; o[2] < g->out[2]; o[2]++) {
          gather_row(row, g, call, sample, group, o);
          bwi_row_times_panel(acc, row, panel, p->inner, width);
          bwi_finish_row(p, position++, group * g->filters + j, width, acc);
        }
}

bw_status bwi_ref_convolution(const bwi_ref_call *call) {
  const bwi_node *node = call->node;
  const geometry g = geometry_of(node, call->operand);
  const int64_t inner = taps(&g) * g.channels;
  /* (positions, taps) times (taps, filters): b's columns are the rows of the weights. */
  bwi_product p = {.inner = inner,
                   .columns = g.filters * g.groups,
                   .b = {.data = call->in[1], .dtype = call->operand[1]->dtype, .row = 1, .column = inner},
                   .block = 1,
                   .alpha = 1,
                   .beta = 1,
                   .relu = node->prim == BWI_FusedConvolution && node->params->i[2] == 1,
                   .out = call->out,
                   .dtype = node->dtype};
  if (node->n_in > 2) p.addend = (bwi_matrix){.data = call->in[2], .dtype = node->dtype, .column = 1};
  const bool masked = node->prim == BWI_FusedConvolution && node->params->i[2] == 2;
  if (node->n_in - masked > 3)
    p.residual = (bwi_matrix){.data = call->in[3], .dtype = node->dtype, .row = p.columns, .column = 1};
  if (masked)
    p.mask = (bwi_matrix){.data = call->in[node->n_in - 1], .dtype = BW_BOOL, .row = p.columns, .column = 1};
  double *row = call->scratch, *panel = row + inner;
  for (int64_t group = 0; group < g.groups; group++) {
    for (int64_t j = 0; j < g.filters; j += BWI_PANEL) {
      const int64_t width = g.filters - j < BWI_PANEL ? g.filters - j : BWI_PANEL;
      bwi_load_panel(&p, panel, group * g.filters + j, width);
      convolve_panel(&p, &g, call, group, panel, row, j, width);
    }
  }
  return BW_OK;
}
