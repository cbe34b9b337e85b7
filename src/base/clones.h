/* SPDX-License-Identifier: Apache-2.0 */
/* For loops outside of the engine's kernels: a static function marked so is compiled for several instruction
 * sets, and the loader takes the widest that the processor has. Results are the same: sums keep the order
 * that the source gives them, and products are not fused with sums. Not for other functions: their
 * choosers would be exported, as clang 14 exports all of them. */
#ifndef BASE_CLONES_H
#define BASE_CLONES_H

#include <stdint.h> /* says whether the library is glibc, whose loader can choose */

#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
#define BWI_CLONES static __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define BWI_CLONES static
#endif

/* For what they call: only what is compiled into a clone has its instruction set. */
#define BWI_INTO_CLONES static inline __attribute__((always_inline))

#endif
