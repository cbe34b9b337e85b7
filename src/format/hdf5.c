/* SPDX-License-Identifier: Apache-2.0 */
#include "format/hdf5.h"

#include <inttypes.h>
#include <string.h>

static const uint8_t signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};

static bool find_superblock(size_t *out, bwi_bytes head) {
  for (size_t at = 0; at + sizeof signature <= head.size; at = at == 0 ? 512 : 2 * at)
    if (memcmp(head.data + at, signature, sizeof signature) == 0) {
      *out = at;
      return true;
    }
  return false;
}

/* An address, of 2, 4 or 8 bytes. */
static uint64_t read_address(bwi_cursor *c, uint8_t width) {
  if (width == 8) return bwi_cursor_u64le(c, "address");
  return width == 4 ? bwi_cursor_u32le(c, "address") : bwi_cursor_u16le(c, "address");
}

/* Between the version and the addresses. */
static uint8_t read_address_width(bwi_cursor *c, uint8_t version) {
  const bool old = version < 2;
  if (old) (void)bwi_cursor_take(c, 4, "versions");
  const uint8_t width = bwi_cursor_u8(c, "size of offsets");
  (void)bwi_cursor_u8(c, "size of lengths");
  (void)bwi_cursor_take(c, old ? 9 : 1, "flags");
  if (version == 1) (void)bwi_cursor_take(c, 4, "indexed storage");
  return width;
}

bw_status bwi_hdf5_read(bwi_hdf5 *out, bwi_bytes head, uint64_t file_bytes, bw_error *err) {
  bwi_hdf5 file = {0};
  size_t at = 0;
  if (!find_superblock(&at, head)) return BW_FAIL_AT(err, BW_EFORMAT, 0, "no HDF5 file");
  bwi_cursor c = bwi_cursor_over(head, err);
  c.at = at + sizeof signature;
  file.offset = at;
  file.version = bwi_cursor_u8(&c, "version");
  if (c.status == BW_OK && file.version > 3)
    (void)bwi_cursor_fail(&c, BW_EUNSUPPORTED, "superblock version %u is not supported", file.version);
  const uint8_t width = read_address_width(&c, file.version);
  if (c.status == BW_OK && width != 2 && width != 4 && width != 8)
    (void)bwi_cursor_fail(&c, BW_EUNSUPPORTED, "offsets of %u bytes are not supported", width);
  const uint64_t base = read_address(&c, width);
  (void)read_address(&c, width);
  file.end = read_address(&c, width);
  BW_TRY(c.status);
  if (base != file.offset)
    return BW_FAIL_AT(err, BW_EFORMAT, at, "the base address is %" PRIu64 ", not that of the superblock",
                      base);
  if (file.end != file_bytes)
    return BW_FAIL_AT(err, BW_EFORMAT, at, "the file ends at %" PRIu64 " where it says %" PRIu64, file_bytes,
                      file.end);
  *out = file;
  return BW_OK;
}
