/* SPDX-License-Identifier: Apache-2.0 */
/* A folder for the files of a group of tests, gone with what is in it when they end. */
#ifndef TESTS_SUPPORT_SCRATCH_H
#define TESTS_SUPPORT_SCRATCH_H

#include <stddef.h>

/* For cmocka_run_group_tests. */
int scratch_make(void **state);
int scratch_remove(void **state);

/* The path of a file in it; valid until the eighth call from now. */
const char *scratch(const char *name);
/* Writes a file there, and the folder that its name begins with, if that is missing; fails the running test
 * where it cannot. */
void scratch_put(const char *name, const void *data, size_t size);

#endif
