/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that shape inference is made of. Each gives BW_EFORMAT with a sentence; the name of the
 * primitive is put in front by the graph. */
#ifndef GRAPH_INFER_H
#define GRAPH_INFER_H

#include "graph/graph.h"

bool bwi_is_float(bw_dtype dtype);
bool bwi_is_integer(bw_dtype dtype); /* signed or unsigned; not bool */

bw_status bwi_check_float(const bwi_node *n, const char *what, bw_error *err);
bw_status bwi_check_index(const bwi_node *n, const char *what, bw_error *err); /* an integer dtype */
bw_status bwi_check_same_dtype(const bwi_node *a, const bwi_node *b, bw_error *err);
/* All operands have one dtype, a float. */
bw_status bwi_check_same_float(uint32_t n_in, const bwi_node *const *in, bw_error *err);
bw_status bwi_check_range(int64_t value, int64_t lo, int64_t hi, const char *what,
                          bw_error *err); /* [lo, hi] */
bw_status bwi_check_length(const bwi_dims *dims, uint32_t n, const char *what, bw_error *err);
bw_status bwi_check_each(const bwi_dims *dims, int64_t lo, int64_t hi, const char *what, bw_error *err);
bw_status bwi_check_rank(const bwi_node *n, uint32_t lo, uint32_t hi, const char *what, bw_error *err);
bw_status bwi_check_shape(const bwi_node *n, const bwi_dims *shape, const char *what, bw_error *err);
/* A finite real. */
bw_status bwi_check_finite(double value, const char *what, bw_error *err);

/* Makes a negative axis count from the front. */
bw_status bwi_check_axis(int64_t *axis, uint32_t rank, bw_error *err);
/* As above for each; none may come twice. */
bw_status bwi_check_axes(bwi_dims *axes, uint32_t rank, bw_error *err);

/* NumPy's rule. out may be a or b. */
bw_status bwi_check_broadcast(bwi_dims *out, const bwi_dims *a, const bwi_dims *b, bw_error *err);
/* Whether `from` broadcasts to exactly `to`. */
bw_status bwi_check_broadcast_to(const bwi_dims *from, const bwi_dims *to, const char *what, bw_error *err);

#endif
