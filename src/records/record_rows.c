/* SPDX-License-Identifier: Apache-2.0 */
#include "records/record_rows.h"

#include <inttypes.h>

#include "base/json.h"
#include "base/memory.h"

enum { MAX_ARRAYS = 1024 };

/* Arrays in the order of their groups, so that a group is a stretch of them. */
typedef struct rows {
  bwi_archive archive;
  size_t *order;
  bwi_bytes *parts;
  bwi_buffer layout; /* of the group in the making */
} rows;

static uint64_t n_rows(const bw_array *array) {
  return bw_array_rank(array) == 0 ? 1 : (uint64_t)bw_array_shape(array)[0];
}

/* ["images","float32",[28,28]]: name, type and shape of a row; null for an array without axes. */
static void describe(bwi_json_writer *w, const char *name, const bw_array *array) {
  bwi_json_open(w, '[');
  bwi_json_string(w, name);
  bwi_json_string(w, bw_dtype_name(bw_array_dtype(array)));
  if (bw_array_rank(array) == 0) {
    bwi_json_null(w);
  } else {
    bwi_json_open(w, '[');
    for (uint32_t i = 1; i < bw_array_rank(array); i++) bwi_json_int(w, bw_array_shape(array)[i]);
    bwi_json_close(w, ']');
  }
  bwi_json_close(w, ']');
}

/* The group of all arrays that are as long as array `first`, which none before it is. */
static bw_status add_group(bwi_record_source *source, rows *r, size_t first, size_t *n_ordered,
                           bw_error *err) {
  const bwi_archive *a = &r->archive;
  bwi_json_writer w = {.out = &r->layout};
  r->layout.size = 0;
  bwi_json_open(&w, '[');
  for (size_t k = first; k < a->count; k++) {
    if (n_rows(a->arrays[k]) != n_rows(a->arrays[first])) continue;
    describe(&w, a->names[k], a->arrays[k]);
    r->order[(*n_ordered)++] = k;
  }
  bwi_json_close(&w, ']');
  if (r->layout.failed) return BW_FAIL(err, BW_ENOMEM, "no memory for the layout of records");
  return bwi_record_add_group(source, n_rows(a->arrays[first]), r->layout.data, err);
}

static bool is_first_of_its_length(const bwi_archive *a, size_t k) {
  for (size_t i = 0; i < k; i++)
    if (n_rows(a->arrays[i]) == n_rows(a->arrays[k])) return false;
  return true;
}

bw_status bwi_record_rows_open(bwi_record_source *source, bwi_archive *archive, bw_error *err) {
  size_t n_ordered = 0;
  rows *r = bwi_alloc(1, sizeof *r);
  if (r == NULL || archive->count > MAX_ARRAYS) {
    bwi_free(r);
    bwi_archive_clear(archive);
    return r == NULL ? BW_FAIL(err, BW_ENOMEM, "no memory for records")
                     : BW_FAIL(err, BW_ELIMIT, "more than %d arrays in a file", MAX_ARRAYS);
  }
  r->archive = *archive;
  *archive = (bwi_archive){0};
  source->state = r;
  r->order = bwi_alloc(r->archive.count, sizeof *r->order);
  r->parts = bwi_alloc(r->archive.count, sizeof *r->parts);
  if (r->order == NULL || r->parts == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for records");
  for (size_t k = 0; k < r->archive.count; k++)
    if (is_first_of_its_length(&r->archive, k)) BW_TRY(add_group(source, r, k, &n_ordered, err));
  return BW_OK;
}

/* The place in r->order where record *i's group begins, and how many arrays are in it; *i becomes the row. */
static size_t find_group(const rows *r, uint64_t *i, size_t *n_members) {
  for (size_t at = 0;; at += *n_members) {
    const uint64_t length = n_rows(r->archive.arrays[r->order[at]]);
    *n_members = 1;
    while (at + *n_members < r->archive.count &&
           n_rows(r->archive.arrays[r->order[at + *n_members]]) == length)
      ++*n_members;
    if (*i < length) return at;
    *i -= length;
  }
}

bw_status bwi_record_rows_get(const bwi_bytes **parts, size_t *n_parts, bwi_record_source *source, uint64_t i,
                              bw_error *err) {
  (void)err;
  rows *r = source->state;
  const size_t at = find_group(r, &i, n_parts);
  for (size_t k = 0; k < *n_parts; k++) {
    const bw_array *array = r->archive.arrays[r->order[at + k]];
    const size_t row_bytes = bw_array_bytes(array) / n_rows(array);
    r->parts[k] = (bwi_bytes){(const uint8_t *)bw_array_view(array) + i * row_bytes, row_bytes};
  }
  *parts = r->parts;
  return BW_OK;
}

void bwi_record_rows_place(bwi_buffer *out, const bwi_record_source *source, uint64_t i) {
  const rows *r = source->state;
  size_t n_members = 0;
  const size_t at = find_group(r, &i, &n_members);
  bwi_buffer_format(out, "row %" PRIu64 " of", i);
  for (size_t k = 0; k < n_members; k++)
    bwi_buffer_format(out, "%s %s", k == 0 ? "" : ",", r->archive.names[r->order[at + k]]);
}

void bwi_record_rows_close(void *state) {
  rows *r = state;
  bwi_archive_clear(&r->archive);
  bwi_buffer_free(&r->layout);
  bwi_free(r->order);
  bwi_free(r->parts);
  bwi_free(r);
}
