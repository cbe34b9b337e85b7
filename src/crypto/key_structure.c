/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key_structure.h"

#include <openssl/err.h>
#include <string.h>

/* Tags of DER (X.690 section 8) that occur here. */
enum { INTEGER = 0x02, OCTET_STRING = 0x04, SEQUENCE = 0x30, PARAMETERS = 0xA0 };

static const struct {
  int nid; /* of the curve; NID_ED25519: there is none */
  size_t bytes;
} kinds[] = {[BWI_P256] = {NID_X9_62_prime256v1, 32},
             [BWI_P384] = {NID_secp384r1, 48},
             [BWI_P521] = {NID_secp521r1, 66},
             [BWI_ED25519] = {NID_ED25519, 32}};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

size_t bwi_private_number_bytes(bwi_key_kind kind) {
  return kinds[kind].bytes;
}

int bwi_private_number_curve(bwi_key_kind kind) {
  return kinds[kind].nid;
}

static bool find_kind(bwi_key_kind *out, int nid) {
  for (int i = 0; i < N_KINDS; i++)
    if (kinds[i].nid == nid) {
      *out = (bwi_key_kind)i;
      return true;
    }
  return false;
}

static bw_status fail_kind(bw_error *err) {
  return BW_FAIL(err, BW_EUNSUPPORTED, "keys are P-256, P-384, P-521 or Ed25519; this is another kind");
}

/* ---- reading ---- */

/* The value of the next element, which must have that tag. Lengths of up to 65535 bytes. */
static bwi_bytes take_element(bwi_cursor *c, uint8_t tag, const char *what) {
  if (bwi_cursor_u8(c, what) != tag) {
    (void)bwi_cursor_fail(c, BW_EFORMAT, "malformed private key: here should be %s", what);
    return (bwi_bytes){NULL, 0};
  }
  size_t length = bwi_cursor_u8(c, what);
  if (length == 0x81 || length == 0x82) {
    const bool two = length == 0x82;
    length = bwi_cursor_u8(c, what);
    if (two) length = length << 8 | bwi_cursor_u8(c, what);
  } else if (length >= 0x80) {
    (void)bwi_cursor_fail(c, BW_EFORMAT, "malformed private key: the length of %s", what);
  }
  return bwi_cursor_take(c, length, what);
}

static bw_status set_number(bwi_private_number *out, bwi_key_kind kind, bwi_bytes number, bw_error *err) {
  if (number.data == NULL || number.size != kinds[kind].bytes)
    return BW_FAIL(err, BW_EFORMAT, "malformed private key: a number of %zu bytes, where there should be %zu",
                   number.size, kinds[kind].bytes);
  out->kind = kind;
  out->size = number.size;
  memcpy(out->bytes, number.data, number.size);
  return BW_OK;
}

/* ECPrivateKey up to its number; *c stands behind it. */
static bwi_bytes open_sec1(bwi_cursor *c, bwi_bytes key, bw_error *err) {
  bwi_cursor outer = bwi_cursor_over(key, err);
  *c = bwi_cursor_over(take_element(&outer, SEQUENCE, "an ECPrivateKey"), err);
  c->status = outer.status;
  (void)take_element(c, INTEGER, "its version");
  return take_element(c, OCTET_STRING, "its number");
}

bw_status bwi_private_number_from_sec1(bwi_private_number *out, bwi_bytes key, bw_error *err) {
  bwi_cursor c;
  bwi_key_kind kind;
  const bwi_bytes number = open_sec1(&c, key, err), curve = take_element(&c, PARAMETERS, "its curve");
  BW_TRY(c.status);
  const unsigned char *at = curve.data;
  ASN1_OBJECT *name = d2i_ASN1_OBJECT(NULL, &at, (long)curve.size);
  const int nid = name != NULL ? OBJ_obj2nid(name) : NID_undef;
  ASN1_OBJECT_free(name);
  ERR_clear_error();
  if (!find_kind(&kind, nid)) return fail_kind(err);
  return set_number(out, kind, number, err);
}

/* The curve is the parameter of the algorithm. */
static int nid_of(const X509_ALGOR *algorithm) {
  const ASN1_OBJECT *name = NULL;
  const void *parameter = NULL;
  int type = V_ASN1_UNDEF;
  X509_ALGOR_get0(&name, &type, &parameter, algorithm);
  const int nid = OBJ_obj2nid(name);
  if (nid != NID_X9_62_id_ecPublicKey) return nid;
  return type == V_ASN1_OBJECT ? OBJ_obj2nid(parameter) : NID_undef;
}

bw_status bwi_private_number_from_pkcs8(bwi_private_number *out, bwi_bytes key, const X509_ALGOR *algorithm,
                                        bw_error *err) {
  bwi_key_kind kind;
  if (!find_kind(&kind, nid_of(algorithm))) return fail_kind(err);
  bwi_cursor c = bwi_cursor_over(key, err);
  const bwi_bytes number =
      kind == BWI_ED25519 ? take_element(&c, OCTET_STRING, "its number") : open_sec1(&c, key, err);
  BW_TRY(c.status);
  return set_number(out, kind, number, err);
}

/* ---- writing ---- */

/* What PKCS #8 wraps: a CurvePrivateKey, or an ECPrivateKey without what can be computed. All is shorter than
 * 128 bytes, so each length is one byte. */
static size_t write_inner(uint8_t *out, const bwi_private_number *number) {
  size_t at = 0;
  if (number->kind != BWI_ED25519) {
    const uint8_t head[] = {SEQUENCE, (uint8_t)(number->size + 5), INTEGER, 1, 1};
    memcpy(out, head, sizeof head);
    at = sizeof head;
  }
  out[at++] = OCTET_STRING;
  out[at++] = (uint8_t)number->size;
  memcpy(out + at, number->bytes, number->size);
  return at + number->size;
}

static bool fill(PKCS8_PRIV_KEY_INFO *info, unsigned char *inner, size_t size, bwi_key_kind kind) {
  const bool curve = kind != BWI_ED25519;
  ASN1_OBJECT *algorithm = OBJ_nid2obj(curve ? NID_X9_62_id_ecPublicKey : NID_ED25519);
  ASN1_OBJECT *parameter = curve ? OBJ_nid2obj(kinds[kind].nid) : NULL;
  return PKCS8_pkey_set0(info, algorithm, 0, curve ? V_ASN1_OBJECT : V_ASN1_UNDEF, parameter, inner,
                         (int)size) == 1;
}

PKCS8_PRIV_KEY_INFO *bwi_private_number_to_pkcs8(const bwi_private_number *number) {
  PKCS8_PRIV_KEY_INFO *info = PKCS8_PRIV_KEY_INFO_new();
  unsigned char *inner = OPENSSL_zalloc(BWI_PRIVATE_MAX_BYTES + 16);
  if (info != NULL && inner != NULL && fill(info, inner, write_inner(inner, number), number->kind))
    return info;
  OPENSSL_clear_free(inner, BWI_PRIVATE_MAX_BYTES + 16);
  PKCS8_PRIV_KEY_INFO_free(info);
  return NULL;
}
