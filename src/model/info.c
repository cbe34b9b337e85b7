/* SPDX-License-Identifier: Apache-2.0 */
#include "model/info.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/file.h"
#include "base/memory.h"
#include "model/digest.h"
#include "model/import.h"
#include "model/operations.h"

#define MAX_FILE_BYTES ((size_t)4 << 30)

static int by_name(const void *a, const void *b) {
  return strcmp(((const bwi_primitive_use *)a)->name, ((const bwi_primitive_use *)b)->name);
}

static void count_use(bwi_function_info *info, const bwi_mlxfn_value *v, uint32_t number) {
  uint32_t k = 0;
  while (k < info->n_uses && strcmp(info->uses[k].name, v->primitive) != 0) k++;
  if (k == info->n_uses)
    info->uses[info->n_uses++] = (bwi_primitive_use){
        .name = v->primitive, .supported = bwi_import_supports(v->primitive), .first_value = number};
  info->uses[k].count++;
}

/* A primitive with several outputs counts once. */
static bw_status count_values(bwi_function_info *info, const bwi_mlxfn_function *f, bw_error *err) {
  info->uses = bwi_alloc(f->n_values, sizeof *info->uses);
  if (info->uses == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to count primitives");
  for (uint32_t k = 0; k < f->n_values; k++) {
    const bwi_mlxfn_value *v = &f->values[k];
    int64_t elements = 0;
    if (v->kind == BWI_MLXFN_CONSTANT && bwi_shape_count(&elements, v->array.shape.v, v->array.shape.n)) {
      info->n_constants++;
      info->constant_elements += (uint64_t)elements;
      info->constant_bytes += v->data.size;
    }
    if (v->kind == BWI_MLXFN_PRIMITIVE && v->first_output == k) count_use(info, v, k);
  }
  qsort(info->uses, info->n_uses, sizeof *info->uses, by_name);
  return BW_OK;
}

/* A function that cannot be imported is described all the same. */
static bw_status trace(bwi_function_info *info, const bwi_mlxfn *file, uint32_t function, bw_error *err) {
  const bwi_import_limits limits = bwi_import_default_limits();
  bwi_graph *g = NULL;
  bw_error why;
  bw_status status = bwi_import(&g, file, function, &limits, &why);
  if (status == BW_ENOMEM) return BW_FAIL(err, status, "%s", why.text);
  if (status != BW_OK) {
    memcpy(info->problem, why.text, sizeof info->problem);
    return BW_OK;
  }
  for (uint32_t id = 0; id < bwi_graph_count(g); id++) info->operations += bwi_operations(g, (bwi_id)id);
  status = bwi_graph_digest(info->digest, g, err);
  bwi_graph_free(g);
  return status;
}

static bw_status describe(bw_model_info *info, bw_error *err) {
  info->functions = bwi_alloc(info->file->n_functions, sizeof *info->functions);
  if (info->functions == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to describe a file");
  for (uint32_t k = 0; k < info->file->n_functions; k++) {
    BW_TRY(count_values(&info->functions[k], &info->file->functions[k], err));
    BW_TRY(trace(&info->functions[k], info->file, k, err));
  }
  return BW_OK;
}

bw_status bw_model_info_open(bw_model_info **out, const char *path, bw_error *err) {
  const bwi_mlxfn_limits limits = bwi_mlxfn_default_limits();
  bw_model_info *info = bwi_alloc(1, sizeof *info);
  if (info == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to describe a file");
  bw_status status = bwi_file_read(&info->bytes, path, MAX_FILE_BYTES, err);
  if (status == BW_OK)
    status = bwi_mlxfn_read(&info->file, info->bytes, &limits, bwi_import_accept, NULL, err);
  if (status == BW_OK) status = describe(info, err);
  if (status != BW_OK) {
    bw_model_info_free(info);
    return status;
  }
  *out = info;
  return BW_OK;
}

void bw_model_info_free(bw_model_info *info) {
  if (info == NULL) return;
  for (uint32_t k = 0; info->functions != NULL && k < info->file->n_functions; k++)
    bwi_free(info->functions[k].uses);
  bwi_free(info->functions);
  bwi_mlxfn_free(info->file);
  bwi_free((void *)(uintptr_t)info->bytes.data);
  bwi_free(info);
}
