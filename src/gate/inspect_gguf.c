/* SPDX-License-Identifier: Apache-2.0 */
/* GGUF: the strict header, of which as much is read as there is, chat templates, and the values that are
 * plain floating-point numbers. */
#include <string.h>

#include "format/gguf.h"
#include "gate/formats.h"
#include "gate/templates.h"
#include "gate/values.h"

#define FIRST_BYTES (UINT64_C(4) << 20) /* vocabularies take some megabytes */

bool bwi_is_gguf(const bwi_subject *s) {
  return s->bytes.size >= 8 && memcmp(s->bytes.data, "GGUF", 4) == 0;
}

/* Nothing says how long the header is: more is read until it is all there. */
static bw_status read_header(bwi_gguf *out, bw_gate *g, bwi_subject *s, bw_error *why, bw_error *err) {
  for (uint64_t wanted = FIRST_BYTES;; wanted *= 4) {
    BW_TRY(wanted < s->size ? bwi_subject_read(s, wanted, err) : bwi_subject_read_all(g, s, err));
    const bw_status status = bwi_gguf_read(out, s->bytes, s->size, why);
    if (status != BW_EFORMAT || s->bytes.size == s->size) {
      why->status = status;
      return BW_OK;
    }
  }
}

static void find_templates(bw_gate *g, const bwi_subject *s, const bwi_gguf *file) {
  static const char prefix[] = "tokenizer.chat_template";
  for (size_t i = 0; i < file->n_texts; i++) {
    const bwi_gguf_text *t = &file->texts[i];
    if (t->value.data != NULL && t->key.size >= sizeof prefix - 1 &&
        memcmp(t->key.data, prefix, sizeof prefix - 1) == 0)
      bwi_gate_find_template(g, s, t->value, (uint64_t)(t->value.data - s->bytes.data));
  }
}

static bw_status check_values(bw_gate *g, const bwi_subject *s, const bwi_gguf *file, bw_error *err) {
  enum { NAME_BYTES = 256 };
  bwi_value_range *ranges = bwi_alloc(file->n_tensors, sizeof *ranges);
  char *names = bwi_alloc(file->n_tensors, NAME_BYTES);
  bw_status status = BW_OK;
  if (ranges == NULL || names == NULL)
    status = BW_FAIL(err, BW_ENOMEM, "no memory for the tensors of %s", s->path);
  for (size_t i = 0; i < file->n_tensors && status == BW_OK; i++) {
    const bwi_gguf_tensor *t = &file->tensors[i];
    char *name = names + i * NAME_BYTES;
    memcpy(name, t->name.data, t->name.size < NAME_BYTES ? t->name.size : NAME_BYTES - 1);
    ranges[i] = (bwi_value_range){name, t->dtype, file->data_offset + t->begin, t->bytes};
  }
  if (status == BW_OK) status = bwi_gate_check_values(g, s, ranges, file->n_tensors, err);
  bwi_free(ranges);
  bwi_free(names);
  return status;
}

bw_status bwi_inspect_gguf(bw_gate *g, bwi_subject *s, bw_error *err) {
  bwi_gguf file;
  bw_error why = {BW_OK, BW_NO_OFFSET, ""};
  BW_TRY(read_header(&file, g, s, &why, err));
  if (why.status != BW_OK) return bwi_gate_find_refusal(g, s, why.status, &why, err);
  find_templates(g, s, &file);
  const bw_status status = check_values(g, s, &file, err);
  bwi_gguf_clear(&file);
  return status;
}
