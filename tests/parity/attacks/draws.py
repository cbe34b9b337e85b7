# SPDX-License-Identifier: Apache-2.0
"""Bulwark's random numbers, for references that are to begin where our attacks do.

Philox4x32-10 (Salmon et al. 2011) and Box and Muller's transformation, as in src/base/rng.c but for rounding."""

import numpy as np

MULTIPLIERS, WEYL, LOW = (0xD2511F53, 0xCD9E8D57), (0x9E3779B9, 0xBB67AE85), np.uint64(0xFFFFFFFF)


def philox(counters, key):
    """Four 32-bit words for each row of four."""
    a, b, c, d = (counters[:, word].astype(np.uint64) for word in range(4))
    for turn in range(10):
        left, right = (np.uint64(key[half] + turn * WEYL[half] & 0xFFFFFFFF) for half in range(2))
        first, second = np.uint64(MULTIPLIERS[0]) * a, np.uint64(MULTIPLIERS[1]) * c
        a, b, c, d = (second >> np.uint64(32)) ^ b ^ left, second & LOW, (first >> np.uint64(32)) ^ d ^ right, first & LOW
    return np.stack([a, b, c, d], 1)


def normal(n, seed, sample, stream, step=0):
    """The first n normal numbers of a sample's stream."""
    counters = np.empty((-(-n // 4), 4), np.uint64)
    counters[:] = 0, step, sample, stream
    counters[:, 0] = np.arange(len(counters))
    words = philox(counters, (seed & 0xFFFFFFFF, seed >> 32)).reshape(-1, 2)
    length = np.sqrt(-2 * np.log(((words[:, 0] >> np.uint64(1)) + 0.5) / 2**31))
    angle = words[:, 1] * (2 * np.pi / 2**32)
    return np.stack([length * np.cos(angle), length * np.sin(angle)], 1).reshape(-1)[:n].astype(np.float32)
