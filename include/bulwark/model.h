/* SPDX-License-Identifier: Apache-2.0
 *
 * A model, as attacks see it: logits, vector-Jacobian product, input domain. Comes from a file that MLX
 * exported, or from callbacks. Thread-safe: any number of attacks may use one model. Stability: stable.
 */
#ifndef BULWARK_MODEL_H
#define BULWARK_MODEL_H

#include <bulwark/array.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bw_model bw_model;

typedef enum bw_access { BW_ACCESS_LABEL = 0, BW_ACCESS_SCORE = 1, BW_ACCESS_GRADIENT = 2 } bw_access;

typedef enum bw_precision { BW_FLOAT32 = 0, BW_BFLOAT16 = 1 } bw_precision;

typedef struct bw_model_options {
  size_t struct_size;
  const char *function; /* which function of the file; NULL: the only one, or "0", "1", ... by position */
  float lower, upper;   /* bounds of the input domain; default 0 and 1 */
  bw_precision search;  /* of the products in what attacks search with; successes are always verified in
                           float32. Default BW_FLOAT32; BW_BFLOAT16 needs Intel's AMX (BW_EUNSUPPORTED) */
  int straight_through; /* non-zero: in gradients, parts whose derivative is zero everywhere (rounding, floor,
                           ceiling, sign, stopped gradients) pass cotangents on as the identity does: backward
                           pass differentiable approximation (Athalye, Carlini, Wagner 2018). Default 0 */
  int reference;        /* non-zero: the plain-C reference backend only */
  size_t max_file_bytes;   /* default 4 GiB */
  size_t max_memory_bytes; /* for one worker's activations; default 8 GiB */
} bw_model_options;

BW_API void bw_model_options_init(bw_model_options *options, size_t struct_size);

/* Reads a .mlxfn file: one data input (N, ...) of float32, f16 or bf16 and one output (N, classes). The batch
 * size that the function was exported with is made free. When `<name>.pair.npz` lies beside the file, the
 * model's outputs are compared with it (BW_EFORMAT on a mismatch: MLX's exporter can write wrong constants).
 * BW_EIO; BW_EFORMAT with the byte offset; BW_EUNSUPPORTED naming primitive and position; BW_ELIMIT;
 * BW_ENOMEM. */
BW_API BW_NODISCARD bw_status bw_model_open(bw_model **out, const char *path, const bw_model_options *options,
                                            bw_error *err);

/* A model that is only callbacks. logits: n samples (n, d) -> (n, classes). vjp: also given cotangents
 * (n, classes), writes gradients (n, d); NULL gives a model with score access only. A non-zero return stops
 * with BW_EIO. Calls come from one thread at a time. */
typedef struct bw_model_callbacks {
  size_t struct_size;
  int (*logits)(void *payload, uint64_t n, const float *samples, float *logits);
  int (*vjp)(void *payload, uint64_t n, const float *samples, const float *cotangents, float *gradients);
  void *payload;
  uint32_t rank;
  const int64_t *shape; /* of one sample; copied */
  uint32_t n_classes;
  float lower, upper;
  uint32_t batch; /* most samples a call may get; 0: 64 */
} bw_model_callbacks;

BW_API BW_NODISCARD bw_status bw_model_from_callbacks(bw_model **out, const bw_model_callbacks *callbacks,
                                                      bw_error *err);
/* `model` with the gradients of `stand_in` at the same samples: for parts that cannot be differentiated there
 * is a smooth replacement (BPDA with a stand-in), or the model gives scores only. Logits, and so every
 * verdict, are the model's. Borrows both, which must outlive it. BW_EINVAL: they differ in shape, classes or
 * domain; BW_EUNSUPPORTED: the stand-in gives no gradients. */
BW_API BW_NODISCARD bw_status bw_model_with_stand_in(bw_model **out, bw_model *model, bw_model *stand_in,
                                                     bw_error *err);
/* The same with the gradients of the surrogate's own loss, at its own logits: what an attack by transfer
 * follows, while each of its points is tried on `model`. */
BW_API BW_NODISCARD bw_status bw_model_with_surrogate(bw_model **out, bw_model *model, bw_model *surrogate,
                                                      bw_error *err);
BW_API void bw_model_free(bw_model *model);

BW_API uint32_t bw_model_rank(const bw_model *model);
BW_API const int64_t *bw_model_shape(const bw_model *model); /* of one sample, without the batch axis */
BW_API uint32_t bw_model_classes(const bw_model *model);
BW_API bw_access bw_model_access(const bw_model *model);
BW_API const char *bw_model_digest(
    const bw_model *model); /* hex SHA-256 of the canonical graph; "" for callbacks */
/* Whether an input/output pair lay beside the file and was checked. */
BW_API int bw_model_pair_checked(const bw_model *model);

/* samples (n, d) row-major -> logits (n, classes), in float32 by direct kernels. */
BW_API BW_NODISCARD bw_status bw_model_logits(bw_model *model, uint64_t n, const float *samples,
                                              float *logits, bw_error *err);
/* gradients (n, d) = cotangents (n, classes) times the Jacobian at samples. BW_EUNSUPPORTED without gradient
 * access. */
BW_API BW_NODISCARD bw_status bw_model_vjp(bw_model *model, uint64_t n, const float *samples,
                                           const float *cotangents, float *gradients, bw_error *err);

/* What a file holds, without running it. All pointers belong to the info. */
typedef struct bw_model_info bw_model_info;
BW_API BW_NODISCARD bw_status bw_model_info_open(bw_model_info **out, const char *path, bw_error *err);
BW_API void bw_model_info_free(bw_model_info *info);
/* The same as text for people, or as JSON. Caller frees *out by bw_text_free. */
BW_API BW_NODISCARD bw_status bw_model_info_text(char **out, const bw_model_info *info, int json,
                                                 bw_error *err);
BW_API void bw_text_free(char *text);

#ifdef __cplusplus
}
#endif
#endif
