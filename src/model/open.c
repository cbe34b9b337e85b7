/* SPDX-License-Identifier: Apache-2.0 */
/* bw_model_open: file to engine. */
#include <math.h>
#include <stdlib.h>

#include "backend/plan.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/options.h"
#include "format/mlxfn.h"
#include "model/check.h"
#include "model/import.h"

static const bw_model_options standard = {
    .struct_size = sizeof standard,
    .lower = 0,
    .upper = 1,
    .search = BW_FLOAT32,
    .max_file_bytes = (size_t)4 << 30,
    .max_memory_bytes = (size_t)8 << 30,
};

void bw_model_options_init(bw_model_options *options, size_t struct_size) {
  bwi_options_init(options, struct_size, &standard, sizeof standard);
  options->struct_size = struct_size;
}

/* Functions have no names in the file; they are called "0", "1", ... */
static bw_status find_function(uint32_t *out, const bwi_mlxfn *file, const char *name, bw_error *err) {
  if (name == NULL) {
    *out = 0;
    if (file->n_functions == 1) return BW_OK;
    return BW_FAIL(err, BW_EINVAL, "the file holds %u functions; say which by its number, from 0",
                   file->n_functions);
  }
  char *end = NULL;
  const unsigned long number = strtoul(name, &end, 10);
  if (name[0] < '0' || name[0] > '9' || *end != '\0' || number >= file->n_functions)
    return BW_FAIL(err, BW_EINVAL, "there is no function \"%s\"; the file holds %u, counted from 0", name,
                   file->n_functions);
  *out = (uint32_t)number;
  return BW_OK;
}

static bw_status trace_file(bwi_graph **out, const char *path, const bw_model_options *o, bw_error *err) {
  bwi_bytes bytes = {0};
  bwi_mlxfn *file = NULL;
  uint32_t function = 0;
  BW_TRY(bwi_file_read(&bytes, path, o->max_file_bytes, err));
  const bwi_mlxfn_limits file_limits = bwi_mlxfn_default_limits();
  const bwi_import_limits limits = bwi_import_default_limits();
  bw_status status = bwi_mlxfn_read(&file, bytes, &file_limits, bwi_import_accept, NULL, err);
  if (status == BW_OK) status = find_function(&function, file, o->function, err);
  if (status == BW_OK) status = bwi_import(out, file, function, &limits, err);
  bwi_mlxfn_free(file);
  bwi_free((void *)(uintptr_t)bytes.data);
  return status;
}

static bw_status check_options(const bw_model_options *o, bw_error *err) {
  if (!isfinite(o->lower) || !isfinite(o->upper) || !(o->lower < o->upper))
    return BW_FAIL(err, BW_EINVAL, "the domain's lower bound must be below its upper one");
  if (o->search != BW_FLOAT32 && o->search != BW_BFLOAT16)
    return BW_FAIL(err, BW_EINVAL, "precision %d does not exist", (int)o->search);
  if (o->search == BW_BFLOAT16 && !bwi_cpu_has_bfloat16())
    return BW_FAIL(err, BW_EUNSUPPORTED,
                   "this processor has no bfloat16 products (Intel's AMX); use float32");
  return BW_OK;
}

bw_status bw_model_open(bw_model **out, const char *path, const bw_model_options *options, bw_error *err) {
  bw_model_options o = standard;
  bwi_graph *traced = NULL;
  bwi_engine *engine = NULL;
  if (options != NULL) bwi_options_take(&o, sizeof o, options, options->struct_size);
  BW_TRY(check_options(&o, err));
  BW_TRY(trace_file(&traced, path, &o, err));
  bw_status status = bwi_engine_create(&engine, traced, &o, err);
  if (status != BW_OK) {
    bwi_graph_free(traced);
    return status;
  }
  status = bwi_check_model(engine, path, err);
  if (status != BW_OK) {
    bwi_engine_free(&engine->base);
    return status;
  }
  *out = &engine->base;
  return BW_OK;
}
