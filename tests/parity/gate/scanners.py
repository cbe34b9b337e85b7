# SPDX-License-Identifier: Apache-2.0
"""What each scanner answers for a file: "finding", "clean", or "not read" with the reason. None of them unpickles."""

import contextlib
import io
import json
import logging
import subprocess
import zipfile


def bulwark(program, paths):
    """One run over all files."""
    done = subprocess.run([program, "gate", "--json", *map(str, paths)], capture_output=True, text=True, timeout=600)
    return {file["path"]: file["verdict"] for file in json.loads(done.stdout)["files"]}


def picklescan(path):
    from picklescan.scanner import scan_file_path

    result = scan_file_path(str(path))
    if result.issues_count > 0:
        return "finding"
    return "not read" if result.scan_err else "clean"


def modelscan(path):
    from modelscan.modelscan import ModelScan

    result = ModelScan().scan(path)
    if result["issues"]:
        return "finding"
    return "not read" if result["errors"] or not result["summary"]["scanned"]["total_scanned"] else "clean"


def pickles_of(path):
    """fickling itself opens PyTorch's archives with PyTorch, which is not installed here; what it would scan is the same."""
    if not zipfile.is_zipfile(path):
        return [path.read_bytes()]
    with zipfile.ZipFile(path) as archive:
        return [archive.read(name) for name in archive.namelist() if name.endswith(".pkl")]


def fickling(path):
    from fickling.analysis import Severity, check_safety
    from fickling.fickle import StackedPickle

    pickles = [pickled for data in pickles_of(path) for pickled in StackedPickle.load(data)]
    if not pickles:
        return "not read"
    worst = max(check_safety(pickled).severity for pickled in pickles)
    return "finding" if worst > Severity.LIKELY_SAFE else "clean"


PEERS = {"picklescan": picklescan, "modelscan": modelscan, "fickling": fickling}


def answer(scanner, path):
    """A scanner that stumbles has not read the file."""
    logging.disable(logging.CRITICAL)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            return scanner(path)
        except ImportError:  # the environment is broken, not the file
            raise
        except Exception as error:
            return f"not read ({type(error).__name__})"
