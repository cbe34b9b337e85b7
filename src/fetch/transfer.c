/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl is loaded when it is first needed: see docs/decisions/0004-libcurl-on-demand.md. */
#include "fetch/transfer.h"

#define CURL_DISABLE_TYPECHECK /* functions are called through pointers */
#include <curl/curl.h>
#include <dlfcn.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

#define MOST_REDIRECTS 3L
#define LEAST_BYTES_PER_SECOND 1024L

/* ---- the library ---- */

#ifdef __APPLE__
static const char library_name[] = "libcurl.4.dylib";
#else
static const char library_name[] = "libcurl.so.4";
#endif

static struct {
  CURLcode (*global_init)(long flags);
  CURL *(*easy_init)(void);
  CURLcode (*easy_setopt)(CURL *handle, CURLoption option, ...);
  CURLcode (*easy_perform)(CURL *handle);
  CURLcode (*easy_getinfo)(CURL *handle, CURLINFO info, ...);
  void (*easy_cleanup)(CURL *handle);
  const char *(*easy_strerror)(CURLcode code);
  bool loaded;
} curl;

static bool find(void *library, const char *name, void *function, size_t size) {
  void *found = dlsym(library, name);
  memcpy(function, &found, size); /* ISO C has no cast from data to functions */
  return found != NULL;
}

static void load(void) {
  void *library = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
  curl.loaded = library != NULL &&
                find(library, "curl_global_init", &curl.global_init, sizeof curl.global_init) &&
                find(library, "curl_easy_init", &curl.easy_init, sizeof curl.easy_init) &&
                find(library, "curl_easy_setopt", &curl.easy_setopt, sizeof curl.easy_setopt) &&
                find(library, "curl_easy_perform", &curl.easy_perform, sizeof curl.easy_perform) &&
                find(library, "curl_easy_getinfo", &curl.easy_getinfo, sizeof curl.easy_getinfo) &&
                find(library, "curl_easy_cleanup", &curl.easy_cleanup, sizeof curl.easy_cleanup) &&
                find(library, "curl_easy_strerror", &curl.easy_strerror, sizeof curl.easy_strerror) &&
                curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

static bw_status load_once(bw_error *err) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  (void)pthread_once(&once, load);
  if (!curl.loaded)
    return BW_FAIL(err, BW_EUNSUPPORTED, "cannot load %s, which transfers need (Debian: libcurl4)",
                   library_name);
  return BW_OK;
}

/* ---- what it calls back ---- */

typedef struct run {
  const bwi_transfer *transfer;
  CURL *handle;
  uint64_t done;    /* bytes of the whole */
  bw_status status; /* of our own side */
  bw_error *err;
  char text[CURL_ERROR_SIZE];
} run;

/* The server may say one size and send another: bytes are counted here. */
static size_t on_bytes(char *data, size_t size, size_t count, void *payload) {
  run *r = payload;
  const size_t bytes = size * count;
  if (bytes > r->transfer->max_bytes - r->done)
    r->status = BW_FAIL(r->err, BW_ELIMIT, "more than %" PRIu64 " bytes, the limit", r->transfer->max_bytes);
  else
    r->status = r->transfer->write(r->transfer->payload, data, bytes, r->err);
  r->done += bytes;
  return r->status == BW_OK ? bytes : 0;
}

static int on_progress(void *payload, curl_off_t total, curl_off_t now, curl_off_t up_total,
                       curl_off_t up_now) {
  const run *r = payload;
  const bw_progress *progress = r->transfer->progress;
  (void)now, (void)up_total, (void)up_now;
  if (progress->call == NULL) return 0;
  const bw_tick tick = {.phase = "fetching",
                        .done = r->done,
                        .total = total > 0 ? (uint64_t)total + r->transfer->from : 0,
                        .robust = NAN};
  return progress->call(&tick, progress->payload);
}

/* ---- settings ---- */

typedef struct setting {
  CURLoption option;
  long value;
} setting;

/* Some are libcurl's defaults: what safety rests on is said all the same. */
static bool set_policy(const run *r) {
  const bwi_transfer *t = r->transfer;
  const setting settings[] = {
      {CURLOPT_SSL_VERIFYPEER, 1},
      {CURLOPT_SSL_VERIFYHOST, 2},
      {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
      {CURLOPT_FOLLOWLOCATION, 1},
      {CURLOPT_MAXREDIRS, MOST_REDIRECTS},
      {CURLOPT_UNRESTRICTED_AUTH, 0},
      {CURLOPT_NETRC, CURL_NETRC_IGNORED},
      {CURLOPT_FAILONERROR, 1},
      {CURLOPT_NOSIGNAL, 1},
      {CURLOPT_NOPROGRESS, 0},
      {CURLOPT_CONNECTTIMEOUT, (long)t->stall_seconds},
      {CURLOPT_LOW_SPEED_LIMIT, LEAST_BYTES_PER_SECOND},
      {CURLOPT_LOW_SPEED_TIME, (long)t->stall_seconds},
  };
  bool set = true;
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
    set = set && curl.easy_setopt(r->handle, settings[i].option, settings[i].value) == CURLE_OK;
  return set && curl.easy_setopt(r->handle, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
         curl.easy_setopt(r->handle, CURLOPT_REDIR_PROTOCOLS_STR, "https") == CURLE_OK;
}

static bool set_text(const run *r, CURLoption option, const char *text) {
  return text == NULL || curl.easy_setopt(r->handle, option, text) == CURLE_OK;
}

static bool set_request(run *r) {
  const bwi_transfer *t = r->transfer;
  const curl_off_t most = (curl_off_t)(t->max_bytes - t->from), from = (curl_off_t)t->from;
  bool set = set_text(r, CURLOPT_URL, t->url) && set_text(r, CURLOPT_PINNEDPUBLICKEY, t->pins) &&
             set_text(r, CURLOPT_CAINFO, t->ca_path) &&
             set_text(r, CURLOPT_PROXY, t->proxy != NULL ? t->proxy : "");
  if (t->ca_path != NULL) /* the system's folder of authorities would count besides */
    set = set && curl.easy_setopt(r->handle, CURLOPT_CAPATH, NULL) == CURLE_OK;
  return set && curl.easy_setopt(r->handle, CURLOPT_MAXFILESIZE_LARGE, most) == CURLE_OK &&
         curl.easy_setopt(r->handle, CURLOPT_RESUME_FROM_LARGE, from) == CURLE_OK &&
         curl.easy_setopt(r->handle, CURLOPT_ERRORBUFFER, r->text) == CURLE_OK &&
         curl.easy_setopt(r->handle, CURLOPT_WRITEFUNCTION, on_bytes) == CURLE_OK &&
         curl.easy_setopt(r->handle, CURLOPT_WRITEDATA, r) == CURLE_OK &&
         curl.easy_setopt(r->handle, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK &&
         curl.easy_setopt(r->handle, CURLOPT_XFERINFODATA, r) == CURLE_OK;
}

/* ---- what came of it ---- */

static long response_of(const run *r) {
  long response = 0;
  return curl.easy_getinfo(r->handle, CURLINFO_RESPONSE_CODE, &response) == CURLE_OK ? response : 0;
}

static bw_status status_of(CURLcode code) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return BW_EUNTRUSTED; /* the URL itself is https: a redirect led elsewhere */
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_FILESIZE_EXCEEDED: return BW_ELIMIT;
    case CURLE_URL_MALFORMAT: return BW_EINVAL;
    case CURLE_ABORTED_BY_CALLBACK: return BW_ECANCEL;
    case CURLE_OUT_OF_MEMORY: return BW_ENOMEM;
    default: return BW_EIO;
  }
}

static bw_status fail(const run *r, CURLcode code, bw_error *err) {
  const bw_status status = status_of(code);
  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
      return BW_FAIL(err, status, "a redirect leads away from HTTPS; not followed");
    case CURLE_TOO_MANY_REDIRECTS: return BW_FAIL(err, status, "more than %ld redirects", MOST_REDIRECTS);
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return BW_FAIL(err, status, "the server's public key is none of those pinned");
    case CURLE_FILESIZE_EXCEEDED:
      return BW_FAIL(err, status, "more than %" PRIu64 " bytes, the limit", r->transfer->max_bytes);
    case CURLE_OPERATION_TIMEDOUT:
      return BW_FAIL(err, status, "no connection, or less than %ld bytes a second, for %" PRIu32 " s",
                     LEAST_BYTES_PER_SECOND, r->transfer->stall_seconds);
    case CURLE_HTTP_RETURNED_ERROR: return BW_FAIL(err, status, "the server answers %ld", response_of(r));
    case CURLE_PARTIAL_FILE: return BW_FAIL(err, status, "truncated after %" PRIu64 " bytes", r->done);
    case CURLE_ABORTED_BY_CALLBACK: return BW_FAIL(err, status, "cancelled after %" PRIu64 " bytes", r->done);
    default: return BW_FAIL(err, status, "%s", r->text[0] != '\0' ? r->text : curl.easy_strerror(code));
  }
}

static bw_status perform(run *r, bool *no_range, bw_error *err) {
  if (!set_policy(r) || !set_request(r))
    return BW_FAIL(err, BW_EUNSUPPORTED, "%s lacks a setting that safe transfers need; 7.85 has all",
                   library_name);
  const CURLcode code = curl.easy_perform(r->handle);
  *no_range = r->transfer->from > 0 &&
              (code == CURLE_RANGE_ERROR || (code == CURLE_HTTP_RETURNED_ERROR && response_of(r) == 416));
  if (r->status != BW_OK) return r->status;
  return code == CURLE_OK ? BW_OK : fail(r, code, err);
}

bw_status bwi_transfer_run(const bwi_transfer *transfer, bool *no_range, bw_error *err) {
  run r = {.transfer = transfer, .done = transfer->from, .status = BW_OK, .err = err};
  *no_range = false;
  BW_TRY(load_once(err));
  r.handle = curl.easy_init();
  if (r.handle == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for a transfer");
  const bw_status status = perform(&r, no_range, err);
  curl.easy_cleanup(r.handle);
  return status;
}
