/* SPDX-License-Identifier: Apache-2.0 */
/* The formats that the gate tells apart, and how it inspects each. */
#ifndef GATE_FORMATS_H
#define GATE_FORMATS_H

#include "gate/gate.h"

typedef struct bwi_gate_format_row {
  const char *name;    /* "safetensors" */
  const char *endings; /* names with one of these promise this format, perhaps among others; NULL */
  bool (*is)(const bwi_subject *s); /* by its first bytes */
  /* NULL: there is nothing in it to look for. Findings are kept, failures returned. It may name the type more
   * exactly: s->type. */
  bw_status (*inspect)(bw_gate *g, bwi_subject *s, bw_error *err);
} bwi_gate_format_row;

/* The first row that is the subject's, NULL if none is. The beginning of the subject has been read. */
const bwi_gate_format_row *bwi_gate_recognise(const bwi_subject *s);
/* The first row that promises something by the subject's name, other than `but`. */
const bwi_gate_format_row *bwi_gate_promised(const bwi_subject *s, const bwi_gate_format_row *but);

/* ---- one file each ---- */

bool bwi_is_pickle(const bwi_subject *s);
/* Whether a file of another format is a pickle that calls something, to who unpickles it all the same. */
bool bwi_hides_pickle(const bwi_subject *s);
bw_status bwi_inspect_pickle(bw_gate *g, bwi_subject *s, bw_error *err);
bool bwi_is_zip(const bwi_subject *s);
bw_status bwi_inspect_zip(bw_gate *g, bwi_subject *s, bw_error *err);
bool bwi_is_gzip(const bwi_subject *s);
bw_status bwi_inspect_gzip(bw_gate *g, bwi_subject *s, bw_error *err);
bool bwi_is_zlib(const bwi_subject *s);
bw_status bwi_inspect_zlib(bw_gate *g, bwi_subject *s, bw_error *err);
bool bwi_is_npy(const bwi_subject *s);
bw_status bwi_inspect_npy(bw_gate *g, bwi_subject *s, bw_error *err);
bool bwi_is_safetensors(const bwi_subject *s);
bw_status bwi_inspect_safetensors(bw_gate *g, bwi_subject *s, bw_error *err);
bool bwi_is_mlxfn(const bwi_subject *s);
bw_status bwi_inspect_mlxfn(bw_gate *g, bwi_subject *s, bw_error *err);
bool bwi_is_gguf(const bwi_subject *s);
bw_status bwi_inspect_gguf(bw_gate *g, bwi_subject *s, bw_error *err);
bool bwi_is_hdf5(const bwi_subject *s);
bw_status bwi_inspect_hdf5(bw_gate *g, bwi_subject *s, bw_error *err);
bool bwi_is_onnx(const bwi_subject *s);
bw_status bwi_inspect_onnx(bw_gate *g, bwi_subject *s, bw_error *err);
bool bwi_is_tar(const bwi_subject *s);
bw_status bwi_inspect_tar(bw_gate *g, bwi_subject *s, bw_error *err);
bool bwi_is_text(const bwi_subject *s);
bw_status bwi_inspect_text(bw_gate *g, bwi_subject *s, bw_error *err);

#endif
