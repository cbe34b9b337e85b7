/* SPDX-License-Identifier: Apache-2.0 */
/* One loop a pair of dtypes, found when the kernel is made. Integers round to the nearest float32. */
#include "backend/cpu/cast.h"

#include "base/half.h"
#include "base/memory.h"

typedef void (*convert_fn)(int64_t n, const void *from, void *to);

/* The loops differ in their types alone. */
#define LOOP(name, source, target, expression)                   \
  static void name(int64_t n, const void *from, void *to) {      \
    const source *f = from;                                      \
    target *t = to;                                              \
    for (int64_t i = 0; i < n; i++) t[i] = (target)(expression); \
  }

LOOP(from_bool, uint8_t, float, f[i] != 0)
LOOP(from_u8, uint8_t, float, f[i])
LOOP(from_u16, uint16_t, float, f[i])
LOOP(from_u32, uint32_t, float, f[i])
LOOP(from_u64, uint64_t, float, f[i])
LOOP(from_i8, int8_t, float, f[i])
LOOP(from_i16, int16_t, float, f[i])
LOOP(from_i32, int32_t, float, f[i])
LOOP(from_i64, int64_t, float, f[i])
LOOP(from_f16, uint16_t, float, bwi_f16_to_f32(f[i]))
LOOP(from_f64, double, float, f[i])
LOOP(from_bf16, uint16_t, float, bwi_bf16_to_f32(f[i]))
LOOP(to_bool, float, uint8_t, f[i] != 0)
LOOP(to_f16, float, uint16_t, bwi_f32_to_f16(f[i]))
LOOP(to_f64, float, double, f[i])
LOOP(to_bf16, float, uint16_t, bwi_f32_to_bf16(f[i]))

static const convert_fn to_float[BW_DTYPE_COUNT] = {
    [BW_BOOL] = from_bool, [BW_U8] = from_u8,   [BW_U16] = from_u16, [BW_U32] = from_u32,
    [BW_U64] = from_u64,   [BW_I8] = from_i8,   [BW_I16] = from_i16, [BW_I32] = from_i32,
    [BW_I64] = from_i64,   [BW_F16] = from_f16, [BW_F64] = from_f64, [BW_BF16] = from_bf16,
};
static const convert_fn from_float[BW_DTYPE_COUNT] = {
    [BW_BOOL] = to_bool, [BW_F16] = to_f16, [BW_F64] = to_f64, [BW_BF16] = to_bf16};

typedef struct state {
  convert_fn convert;
  int64_t count;
} state;

static bw_status run(void *opaque, const void *const *in, void *out, void *scratch) {
  (void)scratch;
  const state *s = opaque;
  s->convert(s->count, in[0], out);
  return BW_OK;
}

bw_status bwi_bind_cast(bwi_kernel *out, const bwi_graph *g, bwi_id id, bw_error *err) {
  const bwi_node *n = bwi_graph_node(g, id);
  convert_fn convert = NULL;
  if (n->prim == BWI_AsType) {
    const bw_dtype from = bwi_graph_node(g, n->in[0])->dtype;
    convert = n->dtype == BW_F32 ? to_float[from] : from == BW_F32 ? from_float[n->dtype] : NULL;
  }
  if (convert == NULL) return BW_FAIL(err, BW_EUNSUPPORTED, "not a conversion that has a loop");
  state *s = bwi_alloc(1, sizeof *s);
  if (s == NULL) return BW_FAIL(err, BW_ENOMEM, "out of memory for a kernel");
  *s = (state){convert, bwi_node_count(n)};
  *out = (bwi_kernel){.run = run, .free = bwi_free, .state = s, .in_place = -1, .name = "cast"};
  return BW_OK;
}
