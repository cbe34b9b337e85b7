# SPDX-License-Identifier: Apache-2.0
"""Who may include what. The table is that of docs/architecture.md; an include points down it.

usage: layers.py ROOT
"""

import pathlib
import re
import sys

import sources

# Folder: the folders of src/ whose headers it may include, besides its own.
BELOW_METHODS = ["base", "crypto", "format", "graph", "model"]
LAYERS = {
    "src/base": [],
    "src/crypto": ["base"],
    "src/format": ["base", "crypto"],
    "src/graph": ["base"],
    "src/backend": ["base", "graph"],
    "src/backend/ref": ["base", "graph", "backend"],
    "src/backend/cpu": ["base", "graph", "backend"],
    "src/model": ["base", "crypto", "format", "graph", "backend"],
    "src/attack": BELOW_METHODS,
    "src/attack/method": BELOW_METHODS + ["attack"],
    "src/certify": BELOW_METHODS,
    "src/poison": BELOW_METHODS,
    "src/age": ["base", "crypto"],
    "src/fetch": ["base", "crypto"],
    "src/records": ["base", "crypto", "format"],
    "src/seal": ["base", "crypto"],
    "src/log": ["base", "crypto", "seal"],
    "src/audit": ["base", "crypto", "seal", "log"],
    "src/gate": ["base", "format"],
    "src/defend": BELOW_METHODS + ["attack", "certify"],
    # eval fills the result struct of report.
    "src/eval": BELOW_METHODS + ["attack", "certify", "poison", "defend", "report"],
    "src/report": ["base"],
    # These see the public interface only.
    "include/bulwark": [],
    "cli": [],
    "examples": [],
    "plugins": [],
    "python": [],
}

# Headers of other projects: the one folder that sees each.
OWNERS = {
    "oneapi/": "src/backend/cpu",
    "dnnl": "src/backend/cpu",
    "omp.h": "src/backend/cpu",
    "cblas": "src/backend/cpu",
    "cpuid.h": "src/backend/cpu",
    "sys/syscall.h": "src/backend/cpu",
    "immintrin.h": "src/backend/cpu",
    "arm_neon.h": "src/backend/cpu",
    "sys/acl.h": "src/base",
    "sys/xattr.h": "src/base",
    "zlib.h": "src/format",
    "png.h": "src/format",
    "jpeglib.h": "src/format",
    "turbojpeg.h": "src/format",
    "sodium": "src/crypto",
    "openssl/": "src/crypto",
    "curl/": "src/fetch",
    "dlfcn.h": "src/fetch",
    "mlx/": "plugins",
    "Python.h": "python",
}

C11 = set(
    "assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg "
    "stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype".split()
)
POSIX = set(
    "dirent fcntl glob grp libgen poll pthread pwd sched strings termios unistd sys/mman sys/resource sys/stat sys/time "
    "sys/types sys/wait sys/ioctl sys/utsname".split()
)

INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*([<\"]?)([^>\"\n]*)", re.MULTILINE)


def layer_of(path):
    """The longest folder of the table that holds path, or None."""
    text = path.as_posix()
    holders = [layer for layer in LAYERS if text.startswith(layer + "/")]
    return max(holders, key=len, default=None)


def refusal(path, quote, target):
    """Why the file at path may not include target; None if it may."""
    layer = layer_of(path)
    if layer is None:
        return f"the folder {path.parent} is not in the table of tests/lint/layers.py"
    if quote == "<":
        return angle_refusal(layer, target)
    if quote != '"':
        return "a computed include hides what it includes"
    if not layer.startswith("src/"):
        return None if layer == "cli" and "/" not in target else "sees <bulwark/...> only"
    seen = layer_of(pathlib.Path("src") / target)
    if seen is None:
        return f'write it from src/ ("{layer[4:]}/{target}")'
    if seen == layer or seen[4:] in LAYERS[layer]:
        return None
    return f"{layer} may not see {seen}"


def angle_refusal(layer, target):
    if target.startswith("bulwark/"):
        return None
    for prefix, owner in OWNERS.items():
        if target.startswith(prefix):
            return None if layer.startswith(owner) else f"only {owner} sees it"
    stem = target.removesuffix(".h")
    if stem in C11 or (stem in POSIX and layer != "include/bulwark") or layer in ("plugins", "python"):
        return None
    return "neither C11 nor POSIX, and no folder owns it"


def problems(root):
    found = []
    for path in sources.c_files(root, "include", "src", "cli", "examples", "plugins", "python"):
        text = (root / path).read_text()
        for match in INCLUDE.finditer(text):
            reason = refusal(path, match[1], match[2].strip())
            if reason is not None:
                line = text.count("\n", 0, match.start()) + 1
                found.append(f"{path}:{line}: {match[0].strip()}: {reason}")
    return found


if __name__ == "__main__":
    sys.exit(sources.report(problems(pathlib.Path(sys.argv[1]))))
