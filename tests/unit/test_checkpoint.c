/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints and proofs of inclusion, in the words of c2sp.org. */
#include <string.h>

#include "base/hex.h"
#include "base/memory.h"
#include "log/checkpoint.h"
#include "support/refusals.h"
#include "support/sweep.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bwi_bytes bytes_of(const char *text) {
  return (bwi_bytes){(const uint8_t *)text, strlen(text)};
}

/* The example of the specification. */
static const char sofa[] =
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

static void reads_the_example(void **state) {
  (void)state;
  bwi_checkpoint c;
  bwi_buffer out = {0};
  char hex[65];
  assert_int_equal(bwi_checkpoint_read(&c, bytes_of(sofa), NULL), BW_OK);
  assert_int_equal(c.size, 20852163);
  assert_int_equal(c.origin.size, 27);
  bwi_hex_encode(hex, c.head.bytes, sizeof c.head.bytes);
  assert_string_equal(hex, "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62");
  bwi_checkpoint_write(&out, "example.com/behind-the-sofa", c.size, &c.head);
  assert_string_equal(out.data, sofa);
  bwi_buffer_free(&out);
}

/* Who checks a log's key wants that log: a key may sign other notes too. */
static void wants_the_log_of_the_key(void **state) {
  (void)state;
  static const char peter[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
  static const char golang[] = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
  static const struct {
    const char *key, *file;
    bw_status status;
  } rows[] = {{peter, "fuzz/corpus/note/ok-peter", BW_EFORMAT},
              {golang, "fuzz/corpus/note/ok-peter", BW_EUNTRUSTED},
              {golang, "fuzz/corpus/note/ok-checkpoint", BW_EUNTRUSTED}};
  for (size_t k = 0; k < COUNT(rows); k++) {
    bwi_note_key key;
    bwi_checkpoint c;
    bw_error err;
    assert_int_equal(bwi_note_key_read(&key, bytes_of(rows[k].key), NULL), BW_OK);
    const bwi_bytes note = tests_file(rows[k].file);
    assert_int_equal(bwi_checkpoint_open(&c, note, &key, &err), rows[k].status);
    if (k == 2) assert_string_equal(err.text, "the checkpoint is of another log than sum.golang.org");
    bwi_free((void *)note.data);
    bwi_note_key_clear(&key);
  }
}

/* clang-format off */
static const refusal refusals[] = {
    {"format-empty", 0, "a checkpoint must begin with the log's origin"},
    {"format-origin-empty", 0, "a checkpoint must begin with the log's origin"},
    {"format-no-size", 2, "the second line of a checkpoint must be the number of leaves"},
    {"format-size-zeroes", 2, "the second line of a checkpoint must be the number of leaves"},
    {"format-size-sign", 2, "the second line of a checkpoint must be the number of leaves"},
    {"format-size-large", 2, "the second line of a checkpoint must be the number of leaves"},
    {"format-size-larger", 2, "the second line of a checkpoint must be the number of leaves"},
    {"format-no-head", 4, "the third line of a checkpoint must be the head"},
    {"format-head-short", 4, "here should be 32 bytes in base64"},
    {"format-head-alphabet", 4, "here should be 32 bytes in base64"},
    {"format-head-padding", 4, "here should be 32 bytes in base64"},
    {"format-extension-empty", 54, "an empty line in a checkpoint"},
    {"format-no-feed", 49, "a checkpoint must end with a line feed"},
};

static const refusal proof_refusals[] = {
    {"format-empty", 0, "a proof must begin with the line c2sp.org/tlog-proof@v1"},
    {"format-magic", 0, "a proof must begin with the line c2sp.org/tlog-proof@v1"},
    {"format-no-index", 23, "here should be \"index\" and the number of the entry"},
    {"format-index-sign", 23, "here should be \"index\" and the number of the entry"},
    {"format-extra-only", 34, "here should be \"index\" and the number of the entry"},
    {"format-extra", 23, "the extra data must be base64"},
    {"format-hash", 31, "here should be 32 bytes in base64"},
    {"format-no-empty-line", 76, "an empty line must end the hashes of a proof"},
    {"limit-hashes", 2911, "more than 64 hashes in a proof"},
};
/* clang-format on */

static bw_status read_checkpoint(bwi_bytes bytes, bw_error *err) {
  bwi_checkpoint c;
  return bwi_checkpoint_read(&c, bytes, err);
}

static bw_status read_proof(bwi_bytes bytes, bw_error *err) {
  bwi_log_proof proof;
  return bwi_log_proof_read(&proof, bytes, err);
}

static void refuses_what_is_none(void **state) {
  (void)state;
  check_refusals("checkpoint", refusals, COUNT(refusals), read_checkpoint);
  check_refusals("log_proof", proof_refusals, COUNT(proof_refusals), read_proof);
}

static void reads_what_it_writes(void **state) {
  (void)state;
  for (uint32_t n = 0; n <= BWI_MERKLE_MAX_PROOF; n += 16) {
    bwi_log_proof proof = {.index = 73894, .checkpoint = bytes_of("a note\n")}, again;
    bwi_buffer out = {0};
    proof.path.count = n;
    for (uint32_t i = 0; i < n; i++) memset(proof.path.hashes[i].bytes, (int)i, 32);
    bwi_log_proof_write(&out, &proof);
    assert_int_equal(bwi_log_proof_read(&again, (bwi_bytes){(const uint8_t *)out.data, out.size}, NULL),
                     BW_OK);
    assert_int_equal(again.index, proof.index);
    assert_int_equal(again.path.count, n);
    assert_memory_equal(again.path.hashes, proof.path.hashes, n * 32);
    assert_int_equal(again.checkpoint.size, 7);
    assert_memory_equal(again.checkpoint.data, "a note\n", 7);
    bwi_buffer_free(&out);
  }
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  assert_int_equal(check_allocations("fuzz/corpus/checkpoint/ok-extension", read_checkpoint), 1);
  assert_int_equal(check_allocations("fuzz/corpus/log_proof/ok-extra", read_proof), 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_the_example),
      cmocka_unit_test(wants_the_log_of_the_key),
      cmocka_unit_test(refuses_what_is_none),
      cmocka_unit_test(reads_what_it_writes),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
