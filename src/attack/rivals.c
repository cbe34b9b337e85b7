/* SPDX-License-Identifier: Apache-2.0 */
#include "attack/rivals.h"

#include "model/model.h"

/* Whether class a comes before class b when the most likely come first, and of equals the first. */
static bool is_before(const float *logits, uint32_t a, uint32_t b) {
  return logits[a] > logits[b] || (logits[a] == logits[b] && a < b);
}

uint32_t bwi_rival(uint32_t n_classes, const float *logits, uint32_t label, uint32_t rank) {
  uint32_t found = label;
  for (uint32_t place = 0; place <= rank; place++) {
    uint32_t next = label;
    for (uint32_t c = 0; c < n_classes; c++) {
      if (c == label || (place > 0 && !is_before(logits, found, c))) continue;
      if (next == label || is_before(logits, c, next)) next = c;
    }
    found = next;
  }
  return found;
}

bw_status bwi_aim_at_rivals(bwi_batch *batch, bw_error *err) {
  if (batch->rival + 1 >= batch->n_classes) batch->n = 0;
  BW_TRY(bwi_batch_logits(batch, err));
  for (uint64_t i = 0; i < batch->n; i++) {
    bwi_subject *s = &batch->subjects[i];
    const float *logits = batch->logits + i * batch->n_classes;
    if (s->target < 0)
      s->aim = (int32_t)bwi_rival(batch->n_classes, logits, (uint32_t)s->label, batch->rival);
  }
  return BW_OK;
}

static bw_status check(const bw_attack *attack, const bw_model *model, uint32_t for_dlr, bw_error *err) {
  const bool is_dlr = bwi_attack_value(attack, "loss", BWI_LOSS_CE) == BWI_LOSS_DLR;
  const uint32_t least = is_dlr ? for_dlr : 2;
  if (model->n_classes >= least) return BW_OK;
  return BW_FAIL(err, BW_EUNSUPPORTED, "%s%s needs %u classes, the model has %u%s", attack->class->info.name,
                 is_dlr ? " with loss dlr" : "", (unsigned)least, (unsigned)model->n_classes,
                 is_dlr && model->n_classes >= 2 ? "; loss margin does with 2" : "");
}

bw_status bwi_check_classes(const bw_attack *attack, const bw_model *model, bw_error *err) {
  return check(attack, model, bwi_attack_value(attack, "target", 0) != 0 ? 4 : 3, err);
}

bw_status bwi_check_rivals(const bw_attack *attack, const bw_model *model, bw_error *err) {
  return check(attack, model, 4, err);
}
