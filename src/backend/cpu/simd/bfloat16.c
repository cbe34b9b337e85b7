/* SPDX-License-Identifier: Apache-2.0 */
/* Whether products of bfloat16 numbers can be had: the processor needs AMX, and Linux gives a process its
 * tile registers, 8 KiB a thread, only if asked. */
#if defined(__x86_64__) && defined(__linux__)
#define _GNU_SOURCE /* syscall */
#include <cpuid.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <stddef.h>

#include "backend/cpu/simd/simd.h"

#if defined(__x86_64__) && defined(__linux__)

extern const bwi_simd bwi_simd_amx;

enum {
  REQUEST_PERMISSION = 0x1023,
  TILE_DATA = 18
}; /* of arch_prctl, "Using XSTATE features" in Linux' manual */

static bool has_instructions(void) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || (a & 1u << 5) == 0) return false; /* AVX512-BF16 */
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  return (d & 1u << 22) != 0 && (d & 1u << 24) != 0; /* AMX-BF16, AMX-TILE */
}

static const bwi_simd *found;

static void find(void) {
  if (!__builtin_cpu_supports("avx512bw") || !has_instructions()) return;
  if (syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0) found = &bwi_simd_amx;
}

const bwi_simd *bwi_simd_bfloat16(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  (void)pthread_once(&once, find);
  return found;
}

#else

const bwi_simd *bwi_simd_bfloat16(void) {
  return NULL;
}

#endif
