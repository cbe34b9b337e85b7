/* SPDX-License-Identifier: Apache-2.0 */
/* Encryption and decryption in the age v1 format (c2sp.org/age): header, then payload, through armour or not.
 */
#include <stddef.h>
#include <string.h>

#include "age/age_armor.h"
#include "age/age_header.h"
#include "age/age_keys.h"
#include "age/age_scrypt.h"
#include "age/age_stream.h"
#include "age/age_x25519.h"
#include "base/buffer.h"
#include "base/options.h"
#include "crypto/random.h"
#include "crypto/secret.h"

static const bw_age_options standard = {.struct_size = sizeof(bw_age_options), .work_factor = 18};

void bw_age_options_init(bw_age_options *options, size_t struct_size) {
  bwi_options_init(options, struct_size, &standard, sizeof standard);
  options->struct_size = struct_size;
}

static bw_age_options take_options(const bw_age_options *given) {
  bw_age_options own = standard;
  if (given != NULL) bwi_options_take(&own, sizeof own, given, given->struct_size);
  return own;
}

static bwi_bytes passphrase_of(const bw_age_keys *keys) {
  return (bwi_bytes){(const uint8_t *)keys->passphrase, keys->passphrase_bytes};
}

/* ---- encrypting ---- */

static bw_status check_encryption(const bw_age_keys *keys, const bw_age_options *options, bw_error *err) {
  const bool to_keys = keys->n_recipients > 0 || keys->identities != NULL;
  if (keys->passphrase == NULL && !to_keys) return BW_FAIL(err, BW_EINVAL, "nobody to encrypt to");
  if (keys->passphrase != NULL && to_keys)
    return BW_FAIL(err, BW_EINVAL,
                   "a passphrase excludes other recipients: whoever knew it could not tell who wrote");
  if (options->work_factor < 1 || options->work_factor > BWI_AGE_MOST_WORK)
    return BW_FAIL(err, BW_EINVAL, "the work factor must be from 1 to %d", BWI_AGE_MOST_WORK);
  return BW_OK;
}

static bw_status build_header(bwi_buffer *header, const bw_age_keys *keys, const bw_age_options *options,
                              bwi_age_secrets *secrets, bw_error *err) {
  bwi_age_header_begin(header);
  for (size_t i = 0; i < keys->n_recipients; i++)
    BW_TRY(bwi_age_x25519_wrap(header, keys->recipients[i], secrets, err));
  for (const bwi_age_identity *i = keys->identities; i != NULL; i = i->next)
    BW_TRY(bwi_age_x25519_wrap(header, i->recipient, secrets, err));
  if (keys->passphrase != NULL)
    BW_TRY(bwi_age_scrypt_wrap(header, passphrase_of(keys), options->work_factor, secrets, err));
  BW_TRY(bwi_age_header_finish(header, secrets, err));
  if (header->size > BWI_AGE_WINDOW_BYTES)
    return BW_FAIL(err, BW_ELIMIT, "so many recipients need a header of %zu bytes; %zu are read again",
                   header->size, BWI_AGE_WINDOW_BYTES);
  return BW_OK;
}

static bw_status write_header(bw_age_writer output, const bw_age_keys *keys, const bw_age_options *options,
                              bwi_age_secrets *secrets, bw_error *err) {
  bwi_buffer header = {0};
  bw_status status = build_header(&header, keys, options, secrets, err);
  if (status == BW_OK) status = output.write(output.payload, header.data, header.size, err);
  bwi_buffer_free(&header);
  return status;
}

bw_status bw_age_encrypt(bw_age_writer output, bw_age_reader input, const bw_age_keys *keys,
                         const bw_age_options *options, bw_error *err) {
  const bw_age_options own = take_options(options);
  BW_TRY(check_encryption(keys, &own, err));
  bwi_age_armor armor = {.text = output};
  if (own.armor) output = bwi_age_armor_writer(&armor);
  bwi_age_input plain = {0};
  bwi_age_secrets *secrets = bwi_secret_alloc(sizeof *secrets);
  bw_status status = secrets != NULL ? BW_OK : BW_FAIL(err, BW_ENOMEM, "no memory that can be locked");
  if (status == BW_OK) status = bwi_age_input_open(&plain, input, err);
  if (status == BW_OK) status = bwi_random_bytes(secrets->file_key, sizeof secrets->file_key, err);
  if (status == BW_OK) status = write_header(output, keys, &own, secrets, err);
  if (status == BW_OK) status = bwi_age_stream_seal(output, &plain, secrets, &own.progress, err);
  if (status == BW_OK && own.armor) status = bwi_age_armor_finish(&armor, err);
  bwi_age_input_close(&plain);
  bwi_secret_free(secrets);
  return status;
}

/* ---- decrypting ---- */

/* Whoever knows a passphrase is also believed to have written what it opens. */
static bw_status check_alone(const bwi_age_header *header, bw_error *err) {
  for (size_t i = 0; i < header->count && header->count > 1; i++)
    if (bwi_age_stanza_is(&header->stanzas[i], BWI_AGE_SCRYPT))
      return BW_FAIL_AT(err, BW_EFORMAT, header->stanzas[i].offset, "a passphrase beside another recipient");
  return BW_OK;
}

static bw_status try_stanza(bool *opened, const bwi_age_stanza *stanza, const bw_age_keys *keys,
                            bwi_age_secrets *secrets, bw_error *err) {
  if (bwi_age_stanza_is(stanza, BWI_AGE_SCRYPT) && keys->passphrase != NULL)
    return bwi_age_scrypt_unwrap(opened, stanza, passphrase_of(keys), secrets, err);
  if (!bwi_age_stanza_is(stanza, BWI_AGE_X25519)) return BW_OK;
  for (const bwi_age_identity *i = keys->identities; i != NULL && !*opened; i = i->next)
    BW_TRY(bwi_age_x25519_unwrap(opened, stanza, i->secret, i->recipient, secrets, err));
  return BW_OK;
}

static bw_status no_match(const bwi_age_header *header, const bw_age_keys *keys, bw_error *err) {
  const bool by_passphrase = bwi_age_stanza_is(&header->stanzas[0], BWI_AGE_SCRYPT);
  if (by_passphrase && keys->passphrase == NULL)
    return BW_FAIL(err, BW_EINVAL, "encrypted with a passphrase, and none was given");
  if (by_passphrase) return BW_FAIL(err, BW_EINVAL, "the passphrase is wrong, or the header was altered");
  if (keys->identities == NULL)
    return BW_FAIL(err, BW_EINVAL, "encrypted to keys, and no identity was given");
  return BW_FAIL(err, BW_EINVAL,
                 "no identity that was given opens it: it is encrypted to others, or was altered");
}

static bw_status find_file_key(const bwi_age_header *header, const bw_age_keys *keys,
                               bwi_age_secrets *secrets, bw_error *err) {
  bool opened = false;
  BW_TRY(check_alone(header, err));
  for (size_t i = 0; i < header->count && !opened; i++)
    BW_TRY(try_stanza(&opened, &header->stanzas[i], keys, secrets, err));
  if (!opened) return no_match(header, keys, err);
  return bwi_age_header_check(header, secrets, err);
}

static bw_status decrypt(bw_age_writer output, bwi_age_input *input, const bw_age_keys *keys,
                         const bw_age_options *options, bw_error *err) {
  bwi_age_secrets *secrets = bwi_secret_alloc(sizeof *secrets);
  if (secrets == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory that can be locked");
  bwi_age_header header = {0};
  bw_status status = bwi_age_header_read(&header, input, err);
  if (status == BW_OK) status = find_file_key(&header, keys, secrets, err);
  bwi_age_input_skip(input, header.size);
  bwi_age_header_clear(&header);
  if (status == BW_OK) status = bwi_age_stream_open(output, input, secrets, &options->progress, err);
  bwi_secret_free(secrets);
  return status;
}

bw_status bw_age_decrypt(bw_age_writer output, bw_age_reader input, const bw_age_keys *keys,
                         const bw_age_options *options, bw_error *err) {
  const bw_age_options own = take_options(options);
  bwi_age_input outer = {0}, inner = {0};
  bool armored = false;
  BW_TRY(bwi_age_input_open(&outer, input, err));
  bwi_age_dearmor armor = {.text = &outer};
  bw_status status = bwi_age_is_armored(&armored, &outer, err);
  if (status == BW_OK && armored) status = bwi_age_input_open(&inner, bwi_age_dearmor_reader(&armor), err);
  if (status == BW_OK) status = decrypt(output, armored ? &inner : &outer, keys, &own, err);
  bwi_age_input_close(&inner);
  bwi_age_input_close(&outer);
  return status;
}
