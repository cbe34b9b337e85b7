/* SPDX-License-Identifier: Apache-2.0 */
#include "age/age_input.h"

#include <string.h>

#include "base/memory.h"
#include "crypto/secret.h"

bw_status bwi_age_input_open(bwi_age_input *in, bw_age_reader reader, bw_error *err) {
  uint8_t *window = bwi_alloc(BWI_AGE_WINDOW_BYTES, 1);
  if (window == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory to read through");
  *in = (bwi_age_input){.reader = reader, .window = window};
  return BW_OK;
}

void bwi_age_input_close(bwi_age_input *in) {
  if (in->window != NULL) bwi_wipe(in->window, BWI_AGE_WINDOW_BYTES);
  bwi_free(in->window);
  *in = (bwi_age_input){0};
}

static void make_room(bwi_age_input *in, size_t wanted) {
  if (wanted <= BWI_AGE_WINDOW_BYTES - in->at) return;
  memmove(in->window, in->window + in->at, in->size - in->at);
  in->size -= in->at;
  in->at = 0;
}

bw_status bwi_age_input_peek(bwi_bytes *out, bwi_age_input *in, size_t wanted, bw_error *err) {
  make_room(in, wanted);
  while (in->size - in->at < wanted && !in->ended) {
    size_t got = 0;
    BW_TRY(in->reader.read(in->reader.payload, in->window + in->size, BWI_AGE_WINDOW_BYTES - in->size, &got,
                           err));
    in->size += got;
    in->ended = got == 0;
  }
  *out = (bwi_bytes){in->window + in->at, in->size - in->at};
  return BW_OK;
}

void bwi_age_input_skip(bwi_age_input *in, size_t n) {
  in->at += n;
  in->offset += n;
}
