/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/imports.h"

#include <stddef.h>
#include <string.h>

/* ---- allowed: what state dictionaries of PyTorch and arrays of NumPy need ---- */

static const bwi_allowed_import allowed[] = {
    {"collections", "OrderedDict", true, 0, BW_U8},
    {"_codecs", "encode", true, 0, BW_U8},
    {"numpy", "dtype", true, 0, BW_U8},
    {"numpy", "ndarray", false, 0, BW_U8},
    {"numpy.core.multiarray", "_reconstruct", true, 0, BW_U8},
    {"numpy.core.multiarray", "scalar", true, 0, BW_U8},
    {"numpy._core.multiarray", "_reconstruct", true, 0, BW_U8},
    {"numpy._core.multiarray", "scalar", true, 0, BW_U8},
    {"torch._utils", "_rebuild_tensor", true, 0, BW_U8},
    {"torch._utils", "_rebuild_tensor_v2", true, 0, BW_U8},
    {"torch", "BFloat16Storage", false, 2, BW_BF16},
    {"torch", "BoolStorage", false, 1, BW_BOOL},
    {"torch", "ByteStorage", false, 1, BW_U8},
    {"torch", "CharStorage", false, 1, BW_U8},
    {"torch", "ComplexDoubleStorage", false, 16, BW_F64},
    {"torch", "ComplexFloatStorage", false, 8, BW_F32},
    {"torch", "DoubleStorage", false, 8, BW_F64},
    {"torch", "FloatStorage", false, 4, BW_F32},
    {"torch", "HalfStorage", false, 2, BW_F16},
    {"torch", "IntStorage", false, 4, BW_U8},
    {"torch", "LongStorage", false, 8, BW_U8},
    {"torch", "ShortStorage", false, 2, BW_U8},
};

static bool same(bwi_bytes a, const char *b) {
  return a.size == strlen(b) && memcmp(a.data, b, a.size) == 0;
}

const bwi_allowed_import *bwi_import_allowed(bwi_bytes module, bwi_bytes name) {
  for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
    if (same(module, allowed[i].module) && same(name, allowed[i].name)) return &allowed[i];
  return NULL;
}

/* ---- dangerous ---- */

/* A module stands for what is in it, too. With a name behind a colon only that, and what is in it. */
static const char *const dangerous[] = {
    "__builtin__:__import__",
    "__builtin__:apply",
    "__builtin__:compile",
    "__builtin__:delattr",
    "__builtin__:eval",
    "__builtin__:exec",
    "__builtin__:execfile",
    "__builtin__:file",
    "__builtin__:getattr",
    "__builtin__:globals",
    "__builtin__:input",
    "__builtin__:locals",
    "__builtin__:open",
    "__builtin__:reload",
    "__builtin__:setattr",
    "__builtin__:vars",
    "builtins:__import__",
    "builtins:__loader__",
    "builtins:breakpoint",
    "builtins:compile",
    "builtins:delattr",
    "builtins:eval",
    "builtins:exec",
    "builtins:getattr",
    "builtins:globals",
    "builtins:input",
    "builtins:locals",
    "builtins:open",
    "builtins:setattr",
    "builtins:vars",
    "_aix_support",
    "_imp",
    "_io",
    "_operator",
    "_osx_support",
    "_pickle",
    "_posixsubprocess",
    "_pyrepl",
    "_socket",
    "_thread",
    "_winapi",
    "aiohttp",
    "antigravity",
    "asyncio",
    "atexit",
    "bdb",
    "cProfile",
    "cffi",
    "cloudpickle",
    "code",
    "codeop",
    "commands",
    "concurrent",
    "copyreg",
    "ctypes",
    "dill",
    "distutils",
    "doctest",
    "ensurepip",
    "fickling",
    "fileinput",
    "ftplib",
    "functools",
    "gc",
    "glob",
    "http",
    "httplib",
    "idlelib",
    "imaplib",
    "imp",
    "importlib",
    "inspect",
    "io",
    "joblib",
    "lib2to3",
    "linecache",
    "logging",
    "marshal",
    "mmap",
    "modelscan",
    "modulefinder",
    "multiprocessing",
    "nt",
    "ntpath",
    "numpy.f2py",
    "numpy.distutils",
    "numpy:load",
    "numpy.testing",
    "operator",
    "os",
    "pathlib",
    "pdb",
    "pickle",
    "pickletools",
    "picklescan",
    "pip",
    "pkg_resources",
    "pkgutil",
    "platform",
    "poplib",
    "posix",
    "posixpath",
    "profile",
    "pstats",
    "pty",
    "pydoc",
    "requests",
    "rlcompleter",
    "runpy",
    "select",
    "setuptools",
    "shelve",
    "shutil",
    "signal",
    "site",
    "smtplib",
    "socket",
    "socketserver",
    "sqlite3",
    "ssl",
    "subprocess",
    "sys",
    "sysconfig",
    "tarfile",
    "telnetlib",
    "tempfile",
    "test",
    "threading",
    "timeit",
    "torch.hub",
    "torch.jit",
    "torch._dynamo",
    "torch._inductor",
    "torch.distributed",
    "torch.fx",
    "torch:load",
    "torch.package",
    "torch.serialization",
    "torch.storage:_load_from_bytes",
    "torch.utils",
    "trace",
    "types",
    "urllib",
    "urllib2",
    "uuid",
    "venv",
    "webbrowser",
    "weakref",
    "winreg",
    "xmlrpc",
    "zipfile",
    "zipimport",
    "zipapp",
};

/* Whether text is `wanted`, or that and a dot and more. */
static bool is_in(bwi_bytes text, const char *wanted, size_t n) {
  return text.size >= n && memcmp(text.data, wanted, n) == 0 && (text.size == n || text.data[n] == '.');
}

bool bwi_import_is_dangerous(bwi_bytes module, bwi_bytes name) {
  for (size_t i = 0; i < sizeof dangerous / sizeof *dangerous; i++) {
    const char *entry = dangerous[i];
    const char *member = strchr(entry, ':');
    const size_t n = member == NULL ? strlen(entry) : (size_t)(member - entry);
    if (member != NULL ? is_in(module, entry, n) && is_in(name, member + 1, strlen(member + 1))
                       : is_in(module, entry, n))
      return true;
  }
  return false;
}
