/* SPDX-License-Identifier: Apache-2.0 */
/* Data against its record tree: what became of each record, and where that is. */
#include <inttypes.h>

#include "base/json.h"
#include "base/memory.h"
#include "records/record_compare.h"
#include "records/record_tree.h"

struct bw_record_report {
  bwi_record_changes changes;
  bwi_record_source source; /* stays open for the places of records */
};

/* Reads it as what it was: a text that is a file of another format today has no records to compare. */
static bw_status compare(bw_record_report *r, bw_record_tree *tree, const char *data_path, bw_error *err) {
  const bwi_record_tree_header *header = bwi_record_tree_header_of(tree);
  BW_TRY(bwi_record_source_open(&r->source, data_path, header->format, err));
  bwi_merkle_hash *before = bwi_alloc((size_t)header->count, sizeof *before);
  bwi_merkle_hash *after = bwi_alloc((size_t)r->source.count, sizeof *after);
  bw_status status = BW_OK;
  if (before == NULL || after == NULL)
    status = BW_FAIL(err, BW_ENOMEM, "no memory for %" PRIu64 " hashes", header->count);
  if (status == BW_OK) status = bwi_record_tree_leaves(before, tree, err);
  if (status == BW_OK) status = bwi_record_leaves(after, &r->source, err);
  if (status == BW_OK)
    status =
        bwi_record_compare(&r->changes, before, (size_t)header->count, after, (size_t)r->source.count, err);
  bwi_free(before);
  bwi_free(after);
  return status;
}

bw_status bw_record_tree_compare(bw_record_report **out, bw_record_tree *tree, const char *data_path,
                                 bw_error *err) {
  if (out == NULL || tree == NULL || data_path == NULL)
    return BW_FAIL(err, BW_EINVAL, "no tree, data or place for the report");
  bw_record_report *r = bwi_alloc(1, sizeof *r);
  if (r == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a report");
  const bw_status status = compare(r, tree, data_path, err);
  if (status == BW_OK)
    *out = r;
  else
    bw_record_report_free(r);
  return status;
}

void bw_record_report_free(bw_record_report *report) {
  if (report == NULL) return;
  bwi_record_changes_clear(&report->changes);
  bwi_record_source_close(&report->source);
  bwi_free(report);
}

uint64_t bw_record_report_count(const bw_record_report *report) {
  return report->changes.count;
}

const bw_record_change *bw_record_report_at(const bw_record_report *report, uint64_t i) {
  return &report->changes.items[i];
}

/* "record 17 (line 18)": as it is numbered and placed now. */
static void put_record(bwi_buffer *out, const bw_record_report *r, uint64_t i) {
  bwi_buffer_format(out, "record %" PRIu64 " (", i);
  r->source.format->place(out, &r->source, i);
  bwi_buffer_text(out, ")");
}

static void put_change(bwi_buffer *out, const bw_record_report *r, const bw_record_change *c) {
  switch (c->fate) {
    case BW_RECORD_CHANGED:
      put_record(out, r, c->after);
      bwi_buffer_text(out, " was changed");
      if (c->before != c->after) bwi_buffer_format(out, "; it was record %" PRIu64, c->before);
      break;
    case BW_RECORD_INSERTED:
      put_record(out, r, c->after);
      bwi_buffer_text(out, " was inserted");
      break;
    case BW_RECORD_REMOVED:
      bwi_buffer_format(out, "what was record %" PRIu64 " was removed", c->before);
      break;
    case BW_RECORD_MOVED:
      put_record(out, r, c->after);
      bwi_buffer_format(out, " was record %" PRIu64, c->before);
      break;
    case BW_RECORD_SWAPPED:
      put_record(out, r, c->before);
      bwi_buffer_text(out, " and ");
      put_record(out, r, c->after);
      bwi_buffer_text(out, " were swapped");
      break;
  }
  if (c->copy_of != BW_NO_RECORD)
    bwi_buffer_format(out, "; it is a copy of what was record %" PRIu64, c->copy_of);
}

bw_status bw_record_report_text(char **out, const bw_record_report *report, uint64_t i, bw_error *err) {
  if (out == NULL || report == NULL || i >= report->changes.count)
    return BW_FAIL(err, BW_EINVAL, "there is no change %" PRIu64, i);
  bwi_buffer text = {0};
  put_change(&text, report, &report->changes.items[i]);
  return bwi_buffer_take(out, &text, err);
}

static void put_index(bwi_json_writer *w, const char *key, uint64_t index) {
  if (index == BW_NO_RECORD) return;
  bwi_json_key(w, key);
  bwi_json_int(w, (int64_t)index);
}

static void put_json(bwi_json_writer *w, const bw_record_report *r, const bw_record_change *c) {
  static const char *const fates[] = {[BW_RECORD_CHANGED] = "changed",
                                      [BW_RECORD_INSERTED] = "inserted",
                                      [BW_RECORD_REMOVED] = "removed",
                                      [BW_RECORD_MOVED] = "moved",
                                      [BW_RECORD_SWAPPED] = "swapped"};
  bwi_buffer text = {0};
  put_change(&text, r, c);
  if (text.failed) w->out->failed = true;
  bwi_json_open(w, '{');
  bwi_json_text(w, "fate", fates[c->fate]);
  put_index(w, "before", c->before);
  put_index(w, "after", c->after);
  put_index(w, "copy_of", c->copy_of);
  bwi_json_text(w, "text", text.failed ? "" : text.data);
  bwi_json_close(w, '}');
  bwi_buffer_free(&text);
}

bw_status bw_record_report_json(char **out, const bw_record_report *report, bw_error *err) {
  if (out == NULL || report == NULL) return BW_FAIL(err, BW_EINVAL, "no report");
  bwi_buffer text = {0};
  bwi_json_writer w = {.out = &text};
  bwi_json_open(&w, '{');
  bwi_json_key(&w, "changes");
  bwi_json_open(&w, '[');
  for (size_t i = 0; i < report->changes.count; i++) put_json(&w, report, &report->changes.items[i]);
  bwi_json_close(&w, ']');
  bwi_json_close(&w, '}');
  bwi_buffer_text(&text, "\n");
  return bwi_buffer_take(out, &text, err);
}
