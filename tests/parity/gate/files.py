# SPDX-License-Identifier: Apache-2.0
"""The files that scanners are compared on, and what each must answer: hostile ones are findings, harmless ones clean."""

from pathlib import Path

HOSTILE, HARMLESS, OPEN = "hostile", "harmless", "open"
MODEL_ENDINGS = (".pth", ".pt", ".model")


def expectation(path):
    """By the name, as the README of the data says; of what is open, the pickle's imports decide."""
    if path.name.startswith(("malicious", "GHSA-")) or "exploit" in path.name:
        return HOSTILE
    if path.name.startswith(("benign", "int_array")) or ("models" in path.parts and path.suffix in MODEL_ENDINGS):
        return HARMLESS
    return OPEN


def listing(data):
    """Pairs of path and expectation; empty if the data is not there."""
    data = Path(data)
    paths = sorted((data / "pickles/picklescan").rglob("*")) + sorted((data / "models").rglob("*"))
    paths = [path for path in paths if path.is_file() and (path.suffix in MODEL_ENDINGS or "pickles" in path.parts)]
    return [(path, expectation(path)) for path in paths]
