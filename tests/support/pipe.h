/* SPDX-License-Identifier: Apache-2.0 */
/* Memory as the ends of an encryption: bytes come from a span and go to a buffer. */
#ifndef TESTS_SUPPORT_PIPE_H
#define TESTS_SUPPORT_PIPE_H

#include <bulwark/age.h>

#include "base/buffer.h"
#include "base/cursor.h"

typedef struct pipe_source {
  bwi_bytes bytes;
  size_t at, most; /* at most so many bytes a read; 0: all */
} pipe_source;
bw_age_reader pipe_reader(pipe_source *source);

bw_age_writer pipe_writer(bwi_buffer *out); /* BW_ENOMEM */

#endif
