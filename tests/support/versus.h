/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of nodes that the fast backend and the reference compute alike, by every instruction set, and alike
 * for a sample whatever the batch. */
#ifndef TESTS_SUPPORT_VERSUS_H
#define TESTS_SUPPORT_VERSUS_H

#include "backend/cpu/simd/simd.h"
#include "graph/program.h"

/* In a row's shapes and vectors of parameters: the batch size. In an operand it is the first extent. */
#define BATCH INT64_C(104729)

enum { VERSUS_OPERANDS = 8 };

/* What an operand is filled with. */
typedef enum versus_values {
  ANY,      /* uniform in [-2, 2); integers in [-100, 100] or [0, 100], bools of both kinds */
  EDGES,    /* one in two of these is NaN, an infinity, a zero of either sign, denormal, or huge */
  STEPS,    /* -2, -1, 0, 1 or 2: ties */
  POSITIVE, /* uniform in [0.5, 1.5) */
  ZEROS,
  POSITIONS /* integers in [-limit, limit) */
} versus_values;

typedef struct versus_operand {
  bw_dtype dtype;
  bwi_dims shape;
  versus_values values;
  bool constant;
  int64_t limit; /* POSITIONS */
} versus_operand;

typedef struct versus_row {
  const char *name;
  bwi_prim prim;
  bwi_params params;
  const bwi_program *program; /* Elementwise */
  uint32_t n_in;
  versus_operand in[VERSUS_OPERANDS];
  /* |got - wanted| <= units * 2^-23 * (|wanted| + the root mean square of all, if `sums`); 0: the same bits,
   * where NaN is NaN. */
  double units;
  bool sums;
} versus_row;

/* Fails the running test with the row's and the instruction set's name. The node must be one that the fast
 * backend takes. Where a shape has BATCH the output's first extent must be the batch, and each of 64 samples
 * must give the same bits in batches of 1, 3, 7, 16 and 64, wherever it stands. */
void check_versus(const versus_row *rows, size_t count);

/* The same with products in bfloat16, all values being bfloat16 numbers: their products are exact in float32,
 * so that only the order of sums differs from the reference's. Prints SKIP where the processor lacks them. */
void check_versus_bfloat16(const versus_row *rows, size_t count);

/* Calls check once for each instruction set that the processor has; prints SKIP for others. Meanwhile the
 * fast backend uses that set. */
void each_simd(void (*check)(const bwi_simd *simd, const void *payload), const void *payload);

#endif
