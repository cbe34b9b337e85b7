/* SPDX-License-Identifier: Apache-2.0 */
/* age from file to file. */
#include <bulwark/age.h>
#include <unistd.h>

#include "base/file.h"

/* One end of the way: a descriptor and what to call it in errors. */
typedef struct end {
  int file;
  const char *name;
} end;

static bw_status read_end(void *payload, void *data, size_t size, size_t *got, bw_error *err) {
  const end *e = payload;
  return bwi_file_get(e->file, data, size, got, e->name, err);
}

static bw_status write_end(void *payload, const void *data, size_t size, bw_error *err) {
  const end *e = payload;
  return bwi_file_put(e->file, data, size, e->name, err);
}

typedef bw_status (*convert_fn)(bw_age_writer output, bw_age_reader input, const bw_age_keys *keys,
                                const bw_age_options *options, bw_error *err);

static bw_status convert_to(const char *output, end input, const bw_age_keys *keys,
                            const bw_age_options *options, convert_fn convert, bw_error *err) {
  const bw_age_reader reader = {read_end, &input};
  end target = {STDOUT_FILENO, "standard output"};
  bwi_file_writer file;
  if (output == NULL) return convert((bw_age_writer){write_end, &target}, reader, keys, options, err);
  BW_TRY(bwi_file_begin(&file, output, err));
  target = (end){file.file, output};
  const bw_status status = convert((bw_age_writer){write_end, &target}, reader, keys, options, err);
  if (status == BW_OK) return bwi_file_commit(&file, err);
  bwi_file_discard(&file);
  return status;
}

static bw_status convert_file(const char *output, const char *input, const bw_age_keys *keys,
                              const bw_age_options *options, convert_fn convert, bw_error *err) {
  if (input == NULL)
    return convert_to(output, (end){STDIN_FILENO, "standard input"}, keys, options, convert, err);
  int file = -1;
  BW_TRY(bwi_file_open(&file, input, err));
  const bw_status status = convert_to(output, (end){file, input}, keys, options, convert, err);
  (void)close(file);
  return status;
}

bw_status bw_age_encrypt_file(const char *output, const char *input, const bw_age_keys *keys,
                              const bw_age_options *options, bw_error *err) {
  return convert_file(output, input, keys, options, bw_age_encrypt, err);
}

bw_status bw_age_decrypt_file(const char *output, const char *input, const bw_age_keys *keys,
                              const bw_age_options *options, bw_error *err) {
  return convert_file(output, input, keys, options, bw_age_decrypt, err);
}
