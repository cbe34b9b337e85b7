# SPDX-License-Identifier: Apache-2.0
"""Every attack beside its reference implementation: same weights, same images, one judge.

    table.py [--only fgsm,pgd] [--images 50]

Bulwark attacks the exported MLX model, the reference the same weights in PyTorch; both sets of images are judged in
PyTorch. Writes attacks.md and attacks.json; exit 1 if a row misses its bar or an attack has no row. What a
reference found is kept, so that after a change of Bulwark only Bulwark runs."""

import argparse
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tests/parity"), str(ROOT / "bench")]
import published  # noqa: E402
import twins  # noqa: E402
from references import ORDER, Problem  # noqa: E402
from rows import ROWS, Unmatched  # noqa: E402

POINTS = 0.5  # of robust accuracy, in percent
SAME = 1.02  # ratio of distances or queries that counts as the same
TIE = 1e-4  # logits of two frameworks differ by rounding
SLACK = 1e-5  # of a norm summed in float32, relative


class Judge:
    """A network in PyTorch, and the images of a row that it classifies right."""

    def __init__(self, model, images, data):
        pixels, labels = published.mnist(data)
        self.net = twins.cnn_a(data / f"models/safetensors/{model}.safetensors").requires_grad_(False)
        self.images = images
        x, y = channels_first(pixels[:images].astype(np.float32) / 255), torch.from_numpy(labels[:images].astype(np.int64))
        self.right = self.net(x).argmax(1) == y
        self.x, self.y = x[self.right], y[self.right]

    def distances(self, adversarial, norm, eps):
        """Of the perturbation of each image; infinite where it is no success within eps and [0, 1]."""
        logits = self.net(adversarial)
        own = logits.gather(1, self.y[:, None])[:, 0]
        others = logits.scatter(1, self.y[:, None], -torch.inf).amax(1)
        distance = (adversarial - self.x).flatten(1).norm(ORDER[norm], dim=1)
        inside = (adversarial.amin((1, 2, 3)) >= -1e-6) & (adversarial.amax((1, 2, 3)) <= 1 + 1e-6)
        success = (others - own > -TIE) & (distance <= eps * (1 + SLACK)) & inside
        return torch.where(success, distance, torch.inf)

    def problem(self, row, seed):
        return Problem(self.net, self.x, self.y, row.norm, float(row.eps), seed, self.right.nonzero()[:, 0])

    def figures(self, adversarial, queries, row):
        distance = self.distances(adversarial, row.norm, row.eps)
        return {"robust": 100 * float(torch.isinf(distance).sum()) / self.images, "median": float(distance.quantile(0.5, interpolation="lower")),
                "queries": queries / len(self.x)}


def channels_first(images):
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()


def ours(row, seed, judge, options):
    """Our adversarial images, and what the program says of its run."""
    model = options.work / f"{row.model}.mlxfn"
    if not model.exists():
        shape = published.mx.zeros((5, 28, 28, 1))
        published.export(model, published.load(row.model, options.data / "models/safetensors"), shape)
    images = options.data / "mnist/t10k-images-idx3-ubyte.gz"
    with TemporaryDirectory() as folder:
        command = [options.bulwark, "attack", row.attack, model, images, "--norm", row.norm, "--eps", row.eps, "-n", row.images, "--seed", seed,
                   "--threads", options.threads, "--json", "-q", "--output", f"{folder}/ours.npz", *(["--set", row.options] if row.options else [])]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        result = dict(np.load(f"{folder}/ours.npz"))
    adversarial = channels_first(result["adversarial"].reshape(-1, 28, 28, 1))[judge.right]
    claimed, found = int(result["success"].sum()), int(torch.isfinite(judge.distances(adversarial, row.norm, row.eps)).sum())
    if claimed != found:
        raise RuntimeError(f"{claimed} successes claimed, {found} found in PyTorch")
    return adversarial, json.loads(done.stdout)


def ours_counted(row, seed, judge, options):
    adversarial, result = ours(row, seed, judge, options)
    return adversarial, result["forwards"]


def theirs(row, seed, judge, options):
    """The same of the reference, from what an earlier run kept if nothing changed since."""
    identity = f"{row.reference.identity()} {row.model} {row.norm} {row.eps} {row.images} {seed}"
    kept = options.work / "kept" / f"{row.attack}-{row.norm}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}.npz"
    if not kept.exists():
        adversarial, queries = row.reference(judge.problem(row, seed))
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(kept, adversarial=adversarial.numpy(), queries=queries)
    result = np.load(kept)
    return torch.from_numpy(result["adversarial"]), int(result["queries"])


def verdict(row, our, their):
    """"same", "better", or the figure that misses its bar. Of a budgeted attack the row must say why it is stronger."""
    found = "same"
    for figure in row.kind:
        low, high = (their[figure] - POINTS, their[figure] + POINTS) if figure == "robust" else (their[figure] / SAME, their[figure] * SAME)
        is_unexplained = figure == "robust" and our[figure] < low and not row.stronger
        if our[figure] > high or is_unexplained or np.isinf(our[figure]):
            return f"MISS {figure}"
        if our[figure] < low:
            found = "better"
    return found


def average(attack, row, judge, options):
    figures = [judge.figures(*attack(row, seed, judge, options), row) for seed in range(row.seeds)]
    return {name: sum(each[name] for each in figures) / row.seeds for name in figures[0]}


def compare(row, options):
    line = {"attack": row.attack, "note": row.note}
    if isinstance(row, Unmatched):
        return {**line, "reference": "none on PyPI", "verdict": "no reference"}
    if options.images:
        row = replace(row, images=options.images)
    line |= {"norm": row.norm, "eps": row.eps, "images": row.images, "seeds": row.seeds, "model": row.model, "options": row.options, "reference": str(row.reference),
             "bars": list(row.kind)}
    try:
        judge = Judge(row.model, row.images, options.data)
        our, their = average(ours_counted, row, judge, options), average(theirs, row, judge, options)
    except Exception as error:  # a row that cannot run has missed its bar; the others go on
        return {**line, "verdict": "MISS", "note": f"{type(error).__name__}: {error}"}
    line |= {"ours": our, "theirs": their, "verdict": verdict(row, our, their)}
    if line["verdict"] == "better" and row.stronger:
        line["note"] = "; ".join(filter(None, (row.note, f"stronger: {row.stronger}")))
    return line


HEADER = """| attack | norm, eps | images | reference | robust % | median distance | queries | verdict | note |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


def markdown(line):
    def pair(figure, form):
        return f"{line['ours'][figure]:{form}} / {line['theirs'][figure]:{form}}" if "ours" in line and figure in line["bars"] else ""

    where = f"{line['norm']} {line['eps']:g}" if "norm" in line else ""
    name = f"{line['attack']} {line['options']}".strip() if "norm" in line else line["attack"]
    images = f"{line['images']}, {line['model'].split('-')[0]}" if "norm" in line else ""
    cells = [name, where, images, line["reference"], pair("robust", ".2f"), pair("median", ".4f"), pair("queries", ".0f"), line["verdict"],
             line["note"].replace("\n", " ")]
    return f"| {' | '.join(cells)} |\n"


def registered(options):
    listing = subprocess.run([options.bulwark, "attacks"], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in listing.splitlines() if re.search(r"\bl(inf|2|1|0)\b", line)]


def arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--bulwark", type=Path, default=ROOT / "build/release/cli/bulwark")
    p.add_argument("--data", type=Path, default=ROOT / "../shared/data", help="folder with mnist/ and models/safetensors/")
    p.add_argument("--work", type=Path, default=ROOT / "build/parity")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--images", type=int, help="of each row only so many, for a quick look: the bars are meant for all")
    p.add_argument("--only", help="attacks to compare, such as fgsm,pgd (default: all)")
    return p.parse_args()


def main():
    options = arguments()
    for needed in ("mnist", "models/safetensors"):
        if not (options.data / needed).is_dir():
            print(f"SKIP attack parity: {options.data / needed} is not there")
            return 0
    torch.set_num_threads(options.threads)
    published.mx.set_default_device(published.mx.cpu)
    options.work.mkdir(parents=True, exist_ok=True)
    wanted = options.only.split(",") if options.only else registered(options)
    lines = [{"attack": name, "reference": "", "verdict": "MISS", "note": "no row in rows.py"} for name in wanted
             if name not in {row.attack for row in ROWS}]
    print(HEADER, end="")
    print(*map(markdown, lines), sep="", end="", flush=True)
    for row in ROWS:
        if row.attack in wanted:
            lines.append(compare(row, options))
            print(markdown(lines[-1]), end="", flush=True)
    if not options.only and not options.images:
        (options.work / "attacks.md").write_text(HEADER + "".join(map(markdown, lines)))
        (options.work / "attacks.json").write_text(json.dumps(lines, indent=1))
    missed = sum(line["verdict"].startswith("MISS") for line in lines)
    print(f"\n{len(lines)} rows, {missed} missed (figures are ours / the reference's)")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
