/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of RFC 6962: its authors' example of eight leaves, and every size up to 130 against the plain
 * recursive definition. */
#include <string.h>

#include "base/hex.h"
#include "crypto/merkle.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MOST 130

static bwi_hash *sha256;

static int set_up(void **state) {
  (void)state;
  return bwi_hash_create(&sha256, BWI_SHA256, NULL) == BW_OK ? 0 : 1;
}

static int tear_down(void **state) {
  (void)state;
  bwi_hash_free(sha256);
  return 0;
}

static bwi_merkle_hash from_hex(const char *hex) {
  bwi_merkle_hash hash;
  assert_true(bwi_hex_decode(hash.bytes, sizeof hash.bytes, hex, strlen(hex)));
  return hash;
}

static bwi_merkle_hash leaf_of(const void *data, size_t size) {
  bwi_merkle_hash hash;
  assert_int_equal(bwi_merkle_leaf(&hash, sha256, (bwi_bytes){data, size}, NULL), BW_OK);
  return hash;
}

static bwi_merkle_hash node_of(bwi_merkle_hash left, bwi_merkle_hash right) {
  bwi_merkle_hash hash;
  assert_int_equal(bwi_merkle_node(&hash, sha256, &left, &right, NULL), BW_OK);
  return hash;
}

static void check_equal(bwi_merkle_hash a, bwi_merkle_hash b) {
  assert_memory_equal(a.bytes, b.bytes, sizeof a.bytes);
}

/* ---- RFC 6962, section 2.1, word for word ---- */

static bwi_merkle_hash leaves[MOST];

static size_t below(size_t n) {
  size_t k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

static bwi_merkle_hash mth(size_t first, size_t n) {
  if (n == 1) return leaves[first];
  const size_t k = below(n);
  return node_of(mth(first, k), mth(first + k, n - k));
}

static void push(bwi_merkle_proof *proof, bwi_merkle_hash hash) {
  proof->hashes[proof->count++] = hash;
}

static void path(bwi_merkle_proof *proof, size_t m, size_t first, size_t n) {
  if (n == 1) return;
  const size_t k = below(n);
  if (m < k) {
    path(proof, m, first, k);
    push(proof, mth(first + k, n - k));
  } else {
    path(proof, m - k, first + k, n - k);
    push(proof, mth(first, k));
  }
}

static void subproof(bwi_merkle_proof *proof, size_t m, size_t first, size_t n, bool whole) {
  if (m == n) {
    if (!whole) push(proof, mth(first, n));
    return;
  }
  const size_t k = below(n);
  if (m <= k) {
    subproof(proof, m, first, k, whole);
    push(proof, mth(first + k, n - k));
  } else {
    subproof(proof, m - k, first + k, n - k, false);
    push(proof, mth(first, k));
  }
}

static bw_status subtree(bwi_merkle_hash *out, void *payload, uint32_t level, uint64_t index, bw_error *err) {
  (void)payload;
  (void)err;
  *out = mth((size_t)(index << level), (size_t)1 << level);
  return BW_OK;
}

static bwi_merkle_tree tree_of_leaves(void) {
  return (bwi_merkle_tree){subtree, NULL, sha256};
}

/* ---- the example of Certificate Transparency's authors ---- */

static const struct {
  const char *bytes;
  size_t size;
} example[] = {{"", 0},
               {"\x00", 1},
               {"\x10", 1},
               {"\x20\x21", 2},
               {"\x30\x31", 2},
               {"\x40\x41\x42\x43", 4},
               {"\x50\x51\x52\x53\x54\x55\x56\x57", 8},
               {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16}};

static const char *const example_heads[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

static void use_example(void) {
  for (size_t i = 0; i < COUNT(example); i++) leaves[i] = leaf_of(example[i].bytes, example[i].size);
}

static void has_the_heads_of_the_example(void **state) {
  (void)state;
  use_example();
  const bwi_merkle_tree tree = tree_of_leaves();
  for (size_t n = 0; n < COUNT(example_heads); n++) {
    bwi_merkle_hash head;
    assert_int_equal(bwi_merkle_head(&head, &tree, n, NULL), BW_OK);
    check_equal(head, from_hex(example_heads[n]));
  }
}

static void check_starts(const bwi_merkle_proof *proof, const char *const *starts) {
  for (uint32_t i = 0; i < proof->count; i++) {
    char text[9];
    bwi_hex_encode(text, proof->hashes[i].bytes, 4);
    assert_string_equal(text, starts[i]);
  }
  assert_null(starts[proof->count]);
}

static void has_the_proofs_of_the_example(void **state) {
  (void)state;
  use_example();
  const bwi_merkle_tree tree = tree_of_leaves();
  bwi_merkle_proof proof;
  assert_int_equal(bwi_merkle_inclusion(&proof, &tree, 0, 8, NULL), BW_OK);
  check_starts(&proof, (const char *[]){"96a296d2", "5f083f0a", "6b47aaf2", NULL});
  assert_int_equal(bwi_merkle_inclusion(&proof, &tree, 5, 8, NULL), BW_OK);
  check_starts(&proof, (const char *[]){"bc1a0643", "ca854ea1", "d37ee418", NULL});
  assert_int_equal(bwi_merkle_consistency(&proof, &tree, 6, 8, NULL), BW_OK);
  check_starts(&proof, (const char *[]){"0ebc5d34", "ca854ea1", "d37ee418", NULL});
  assert_int_equal(bwi_merkle_consistency(&proof, &tree, 2, 5, NULL), BW_OK);
  check_starts(&proof, (const char *[]){"5f083f0a", "bc1a0643", NULL});
}

/* ---- every size ---- */

static void use_numbers(void) {
  for (size_t i = 0; i < MOST; i++) leaves[i] = leaf_of(&(uint16_t){(uint16_t)i}, sizeof(uint16_t));
}

static void check_same_proof(const bwi_merkle_proof *a, const bwi_merkle_proof *b) {
  assert_int_equal(a->count, b->count);
  for (uint32_t i = 0; i < a->count; i++) check_equal(a->hashes[i], b->hashes[i]);
}

/* The proof holds, and no longer with a byte changed, a hash less or a hash more. */
typedef bool (*holds_fn)(size_t m, size_t n, const bwi_merkle_proof *proof);

static void check_only_this(holds_fn holds, size_t m, size_t n, const bwi_merkle_proof *proof) {
  if (!holds(m, n, proof)) fail_msg("the proof for %zu of %zu does not hold", m, n);
  bwi_merkle_proof other = *proof;
  other.count++;
  if (holds(m, n, &other)) fail_msg("the proof for %zu of %zu holds with a hash more", m, n);
  if (proof->count == 0) return;
  other.count = proof->count - 1;
  if (holds(m, n, &other)) fail_msg("the proof for %zu of %zu holds with a hash less", m, n);
  other.count = proof->count;
  other.hashes[(m * 7 + n) % proof->count].bytes[m % 32] ^= 1;
  if (holds(m, n, &other)) fail_msg("the proof for %zu of %zu holds with a bit changed", m, n);
}

static bool inclusion_holds(size_t index, size_t size, const bwi_merkle_proof *proof) {
  bool holds = true;
  const bwi_merkle_hash head = mth(0, size);
  assert_int_equal(
      bwi_merkle_check_inclusion(&holds, sha256, &leaves[index], index, size, proof, &head, NULL), BW_OK);
  return holds;
}

static bool consistency_holds(size_t old_size, size_t size, const bwi_merkle_proof *proof) {
  bool holds = true;
  const bwi_merkle_hash old_head = mth(0, old_size), head = mth(0, size);
  assert_int_equal(
      bwi_merkle_check_consistency(&holds, sha256, old_size, &old_head, size, &head, proof, NULL), BW_OK);
  return holds;
}

/* All indices of small trees; of larger ones the ends and some between. */
static bool is_tried(size_t m, size_t n) {
  return n <= 34 || m < 2 || m + 2 >= n || m % 13 == 0 || m == below(n);
}

static void proves_inclusion_in_every_size(void **state) {
  (void)state;
  use_numbers();
  const bwi_merkle_tree tree = tree_of_leaves();
  for (size_t n = 1; n <= MOST; n++) {
    bwi_merkle_hash head;
    assert_int_equal(bwi_merkle_head(&head, &tree, n, NULL), BW_OK);
    check_equal(head, mth(0, n));
    for (size_t m = 0; m < n; m++) {
      if (!is_tried(m, n)) continue;
      bwi_merkle_proof proof, wanted = {0};
      assert_int_equal(bwi_merkle_inclusion(&proof, &tree, m, n, NULL), BW_OK);
      path(&wanted, m, 0, n);
      check_same_proof(&proof, &wanted);
      check_only_this(inclusion_holds, m, n, &proof);
    }
  }
}

static void proves_consistency_of_every_size(void **state) {
  (void)state;
  use_numbers();
  const bwi_merkle_tree tree = tree_of_leaves();
  for (size_t n = 1; n <= MOST; n++)
    for (size_t m = 1; m <= n; m++) {
      if (!is_tried(m, n)) continue;
      bwi_merkle_proof proof, wanted = {0};
      assert_int_equal(bwi_merkle_consistency(&proof, &tree, m, n, NULL), BW_OK);
      subproof(&wanted, m, 0, n, true);
      check_same_proof(&proof, &wanted);
      check_only_this(consistency_holds, m, n, &proof);
    }
}

static void refuses_what_no_tree_has(void **state) {
  (void)state;
  use_numbers();
  const bwi_merkle_hash head = mth(0, 8), empty = from_hex(example_heads[0]);
  const bwi_merkle_proof none = {0};
  bool holds = true;
  assert_int_equal(bwi_merkle_check_inclusion(&holds, sha256, &leaves[0], 8, 8, &none, &head, NULL), BW_OK);
  assert_false(holds);
  holds = true;
  assert_int_equal(bwi_merkle_check_inclusion(&holds, sha256, &leaves[0], 0, 0, &none, &head, NULL), BW_OK);
  assert_false(holds);
  holds = true;
  assert_int_equal(bwi_merkle_check_consistency(&holds, sha256, 9, &head, 8, &head, &none, NULL), BW_OK);
  assert_false(holds);
  assert_int_equal(bwi_merkle_check_consistency(&holds, sha256, 0, &empty, 8, &head, &none, NULL), BW_OK);
  assert_true(holds);
  assert_int_equal(bwi_merkle_check_consistency(&holds, sha256, 0, &head, 8, &head, &none, NULL), BW_OK);
  assert_false(holds);
  assert_int_equal(bwi_merkle_check_consistency(&holds, sha256, 8, &head, 8, &empty, &none, NULL), BW_OK);
  assert_false(holds);
}

/* A leaf cannot be taken for an inner node: its hash begins with another byte. */
static void keeps_leaves_and_nodes_apart(void **state) {
  (void)state;
  use_numbers();
  bwi_merkle_hash leaf;
  bwi_merkle_begin_leaf(sha256);
  for (size_t i = 0; i < 2; i++) bwi_hash_add(sha256, leaves[i].bytes, sizeof leaves[i].bytes);
  assert_int_equal(bwi_hash_end(sha256, leaf.bytes, NULL), BW_OK);
  const bwi_merkle_hash node = node_of(leaves[0], leaves[1]);
  assert_false(bwi_merkle_equal(&leaf, &node));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(has_the_heads_of_the_example),   cmocka_unit_test(has_the_proofs_of_the_example),
      cmocka_unit_test(proves_inclusion_in_every_size), cmocka_unit_test(proves_consistency_of_every_size),
      cmocka_unit_test(refuses_what_no_tree_has),       cmocka_unit_test(keeps_leaves_and_nodes_apart),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
