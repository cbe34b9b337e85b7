/* SPDX-License-Identifier: Apache-2.0 */
/* format_rewrite IN OUT: reads arrays with the library's readers and writes them with its writers, for
 * test_format.py. IN is .npy, .npz, .safetensors, .bin (CIFAR-10) or else IDX; OUT is .npy (the first
 * array), .png (the first array: height, width[, channels]), .stored.npz or .npz (deflated). */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "format/formats.h"

#define MAX_BYTES ((size_t)1 << 30)

static bool ends_with(const char *text, const char *end) {
  const size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

static bw_status read_cifar10(bwi_archive *out, bwi_bytes bytes, bw_error *err) {
  BW_TRY(bwi_archive_create(out, 2, err));
  out->names[0] = bwi_strdup("images");
  out->names[1] = bwi_strdup("labels");
  return bwi_cifar10_read(&out->arrays[0], &out->arrays[1], bytes, MAX_BYTES, err);
}

static bw_status read_one(bwi_archive *out, bwi_bytes bytes, bool npy, bw_error *err) {
  BW_TRY(bwi_archive_create(out, 1, err));
  out->names[0] = bwi_strdup("array");
  return npy ? bwi_npy_read(&out->arrays[0], bytes, MAX_BYTES, err)
             : bwi_idx_read(&out->arrays[0], bytes, MAX_BYTES, err);
}

static bw_status read_arrays(bwi_archive *out, bwi_bytes bytes, const char *path, bw_error *err) {
  if (ends_with(path, ".npz")) return bwi_npz_read(out, bytes, MAX_BYTES, err);
  if (ends_with(path, ".safetensors")) return bwi_safetensors_read(out, bytes, MAX_BYTES, err);
  if (ends_with(path, ".bin")) return read_cifar10(out, bytes, err);
  return read_one(out, bytes, ends_with(path, ".npy"), err);
}

static bw_status write_arrays(bwi_buffer *out, const bwi_archive *in, const char *path, bw_error *err) {
  const int64_t *shape = in->count == 0 ? NULL : bw_array_shape(in->arrays[0]);
  if (ends_with(path, ".npy")) return bwi_npy_write(out, in->arrays[0], err);
  if (ends_with(path, ".png"))
    return bwi_png_write(out, bw_array_view(in->arrays[0]), (uint32_t)shape[0], (uint32_t)shape[1],
                         bw_array_rank(in->arrays[0]) < 3 ? 1 : (uint32_t)shape[2], err);
  return bwi_npz_write(out, in->count, (const char *const *)in->names, (const bw_array *const *)in->arrays,
                       !ends_with(path, ".stored.npz"), err);
}

int main(int argc, char **argv) {
  bwi_bytes bytes = {NULL, 0};
  bwi_archive arrays = {0};
  bwi_buffer out = {0};
  bw_error err;
  if (argc != 3) return 2;
  bw_status status = bwi_file_read(&bytes, argv[1], MAX_BYTES, &err);
  if (status == BW_OK) status = read_arrays(&arrays, bytes, argv[1], &err);
  if (status == BW_OK) status = write_arrays(&out, &arrays, argv[2], &err);
  if (status == BW_OK) status = bwi_file_write(argv[2], out.data, out.size, &err);
  if (status != BW_OK)
    fprintf(stderr, "%s at byte %lld: %s\n", bw_status_text(status), (long long)err.offset, err.text);
  bwi_buffer_free(&out);
  bwi_archive_clear(&arrays);
  bwi_free((void *)bytes.data);
  return status == BW_OK ? 0 : 3;
}
