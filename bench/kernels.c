/* SPDX-License-Identifier: Apache-2.0 */
/* What each kernel costs inside the networks it was made for: one line a step of the plan, in microseconds of
 * one thread's processor time an image, with the operations it does (counted as if directly convolved) and
 * the share of the machine's measured peak that they are.
 *
 * usage: kernels [NETWORK [BATCH [ROUNDS [direct|bfloat16]]]]    NETWORK: a part of a name; none: all */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/plan.h"
#include "base/memory.h"
#include "base/rng.h"
#include "graph/primitive.h"
#include "networks.h"
#include "peak.h"

static double thread_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Operations a second, the best of many short runs: others may use the machine. */
static double measure_peak(void) {
  const bwi_simd *simd = bwi_simd_best();
  double (*run)(float, float *) = bwi_peak_baseline;
#if defined(__x86_64__)
  if (strcmp(simd->name, "avx512") == 0) run = bwi_peak_avx512;
  if (strcmp(simd->name, "avx2") == 0) run = bwi_peak_avx2;
#endif
  double best = 0;
  for (int i = 0; i < 200; i++) {
    float result;
    const double start = thread_seconds(), operations = run(0.5f, &result),
                 rate = operations / (thread_seconds() - start);
    if (rate > best) best = rate;
  }
  return best;
}

/* Two for each product of a convolution or matrix product; dilated inputs count without their zeros. */
static double operations_of(const bwi_graph *g, const bwi_node *n) {
  const double outputs = (double)bwi_node_count(n);
  if (n->n_in < 2) return 0;
  const bwi_dims *x = &bwi_graph_node(g, n->in[0])->shape, *w = &bwi_graph_node(g, n->in[1])->shape;
  switch (n->prim) {
    case BWI_Matmul:
    case BWI_FusedMatmul: return 2 * outputs * (double)x->v[x->n - 1];
    case BWI_Convolution:
    case BWI_FusedConvolution: {
      double products = outputs * (double)bwi_node_count(bwi_graph_node(g, n->in[1])) / (double)w->v[0];
      for (uint32_t d = 0; d < n->params->v[4].n; d++) products /= (double)n->params->v[4].v[d];
      return 2 * products;
    }
    default: return 0;
  }
}

static void print_steps(const bwi_graph *g, const bwi_plan *plan, int64_t batch, double peak) {
  double seconds = 0, operations = 0;
  printf("%10s %8s %7s  %-12s %-18s %s\n", "us/image", "Gop/s", "% peak", "kernel", "primitive", "shape");
  for (uint32_t s = 0; s < bwi_plan_n_steps(plan); s++) {
    const bwi_step_profile step = bwi_plan_step(plan, s);
    const bwi_node *n = bwi_graph_node(g, step.node);
    const double one = step.seconds / (double)step.runs, work = operations_of(g, n);
    char shape[64];
    printf("%10.2f %8.1f %7.1f  %-12s %-18s %s\n", 1e6 * one / (double)batch, 1e-9 * work / one,
           100 * work / one / peak, step.kernel, bwi_primitive_of(n->prim)->name,
           bwi_dims_text(shape, sizeof shape, &n->shape));
    seconds += one;
    operations += work;
  }
  printf("%10.2f %8.1f %7.1f  all steps\n", 1e6 * seconds / (double)batch, 1e-9 * operations / seconds,
         100 * operations / seconds / peak);
}

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static bw_status time_rounds(bwi_plan *plan, int rounds, double *seconds, bw_error *err) {
  for (int r = -1; r < rounds; r++) { /* once to warm up */
    if (r == 0) bwi_plan_profile(plan, true);
    const double start = thread_seconds();
    BW_TRY(bwi_plan_run(plan, 0, err));
    BW_TRY(bwi_plan_run(plan, 1, err));
    if (r >= 0) seconds[r] = thread_seconds() - start;
  }
  qsort(seconds, (size_t)rounds, sizeof *seconds, compare);
  return BW_OK;
}

static void fill_input(const bwi_graph *g, bwi_plan *plan, uint32_t input) {
  const size_t count = (size_t)bwi_node_count(bwi_graph_node(g, bwi_graph_input(g, input)));
  bwi_rng_uniform(bwi_plan_input(plan, input), count, (bwi_rng_key){.seed = 2, .stream = input}, 0, 0, 1);
}

static bw_status bench(const network *n, int64_t batch, int rounds, uint32_t flags, bw_error *err) {
  static const bwi_backend *const backends[] = {&bwi_backend_cpu, &bwi_backend_ref};
  bwi_graph *g = NULL;
  bwi_weights *weights = NULL;
  bwi_plan *plan = NULL;
  double *seconds = bwi_alloc((size_t)rounds, sizeof *seconds);
  bw_status status = seconds == NULL ? BW_FAIL(err, BW_ENOMEM, "no memory for %d rounds", rounds) : BW_OK;
  if (status == BW_OK) status = network_graph(&g, n, batch, err);
  if (status == BW_OK) status = bwi_weights_create(&weights, err);
  const double start = thread_seconds();
  if (status == BW_OK) status = bwi_plan_create(&plan, g, 2, backends, weights, flags, err);
  if (status != BW_OK) goto out;
  const double planned = thread_seconds() - start;
  for (uint32_t i = 0; i < 2; i++) fill_input(g, plan, i);
  status = time_rounds(plan, rounds, seconds, err);
  if (status != BW_OK) goto out;
  const double peak = measure_peak(), median = seconds[rounds / 2];
  printf(
      "\n%s, batch %d: %.0f images/s (median; best %.0f), workspace %.1f MiB, plan made in %.0f ms, peak "
      "%.1f Gop/s\n",
      n->name, (int)batch, (double)batch / median, (double)batch / seconds[0],
      (double)bwi_plan_workspace_bytes(plan) / 1048576, 1e3 * planned, 1e-9 * peak);
  print_steps(g, plan, batch, peak);
out:
  bwi_plan_free(plan);
  bwi_weights_free(weights);
  bwi_graph_free(g);
  bwi_free(seconds);
  return status;
}

int main(int argc, char **argv) {
  const char *wanted = argc > 1 ? argv[1] : "";
  const long batch = argc > 2 ? strtol(argv[2], NULL, 10) : 64,
             rounds = argc > 3 ? strtol(argv[3], NULL, 10) : 20;
  const char *mode = argc > 4 ? argv[4] : "";
  const uint32_t flags = strcmp(mode, "direct") == 0     ? BWI_PLAN_DIRECT
                         : strcmp(mode, "bfloat16") == 0 ? BWI_PLAN_BFLOAT16
                                                         : 0;
  if (batch < 1 || batch > 4096 || rounds < 1 || rounds > 100000) {
    fprintf(stderr, "usage: kernels [NETWORK [BATCH [ROUNDS [direct|bfloat16]]]]\n");
    return 2;
  }
  for (uint32_t i = 0; i < n_networks; i++) {
    bw_error err;
    if (strstr(networks[i].name, wanted) == NULL) continue;
    if (bench(&networks[i], batch, (int)rounds, flags, &err) == BW_OK) continue;
    fprintf(stderr, "%s: %s\n", networks[i].name, err.text);
    return 1;
  }
  return 0;
}
