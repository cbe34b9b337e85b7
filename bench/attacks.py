# SPDX-License-Identifier: Apache-2.0
"""Attacks beside their peers on the small published network: alternating rounds, medians, ratios.

    attacks.py [--only fab,square]

All work on the same images with the same weights, settings and threads, and are judged by the same judge: robust
accuracy within the budget, or the median distance, and how often each asked the network. A peer that finds clearly less
did other work: it is shown, and not counted."""

import argparse
import statistics
import sys
import time
from dataclasses import dataclass
from math import inf
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/parity/attacks")]
import torch  # noqa: E402
from references import adv_lib, advertorch, art, autoattack, cleverhans, foolbox, torchattacks  # noqa: E402
from rows import DECISION, HARD, NEAREST, Row  # noqa: E402
from table import Judge, ours, published  # noqa: E402


@dataclass
class Work:
    row: Row  # ours, and the first peer
    peers: list  # the others
    rounds: int = 3
    batch: int = 0  # images that peers attack at once; 0: all


MUCH_FARTHER, MUCH_MORE = 1.2, 2  # ratio of median distances; points of robust accuracy


def row(attack, norm, eps, options, peer, kind, images=200):
    return Row(attack, norm, eps, options, peer, kind, images)


WORK = [
    Work(row("fab", "linf", 0.3, "", torchattacks("FAB", norm="Linf", steps=100, n_restarts=1), ("robust",)),
         [autoattack("fab", n_restarts=1)]),
    Work(row("square", "linf", 0.3, "", torchattacks("Square", norm="Linf", n_queries=5000, n_restarts=1), ("robust",)),
         [autoattack("square", rescale_schedule=True)]),
    Work(row("cw", "l2", inf, "c=1:searches=5:steps=500:abort_early=false",
             foolbox("L2CarliniWagnerAttack", initial_const=1.0, binary_search_steps=5, steps=500, stepsize=0.01, abort_early=False), NEAREST),
         [adv_lib("carlini_wagner_l2", initial_const=1.0, binary_search_steps=5, max_iterations=500, learning_rate=0.01, abort_early=False)], rounds=1),
    Work(row("ddn", "l2", inf, "", foolbox("DDNAttack", steps=100), NEAREST), [adv_lib("ddn", steps=100), advertorch("DDNL2Attack", nb_iter=100)], rounds=9),
    # foolbox divides by the norm of a whole batch of gradients: only one image at a time does it find what the others do
    Work(row("hopskipjump", "l2", inf, "steps=10", foolbox("HopSkipJumpAttack", steps=10, initial_gradient_eval_steps=100, max_gradient_eval_steps=10000),
             DECISION),
         [art("HopSkipJump", max_iter=10, init_eval=100, max_eval=10000),
          cleverhans("hop_skip_jump_attack", num_iterations=10, initial_num_evals=100, max_num_evals=10000, verbose=False)], rounds=1, batch=1),
    Work(row("autoattack", "linf", 0.3, "", autoattack("standard"), ("robust",), images=1000), [], rounds=1),
]


def run_ours(work, judge, options):
    adversarial, result = ours(work.row, 0, judge, options)
    return adversarial, result["forwards"], result["seconds"]


def run_peer(peer, work, judge):
    problem = judge.problem(work.row, 0)
    start = time.perf_counter()
    adversarial, queries = peer(problem)
    return adversarial, queries, time.perf_counter() - start


def measure(work, options):
    judge = Judge(work.row.model, min(work.row.images, options.images), options.data)
    work.row.images = judge.images
    tools = {"bulwark": lambda: run_ours(work, judge, options)}
    for peer in [work.row.reference, *work.peers]:
        peer.batch = work.batch or len(judge.x)
        tools[str(peer)] = lambda peer=peer: run_peer(peer, work, judge)
    seconds, figures = {name: [] for name in tools}, {}
    for _ in range(min(work.rounds, options.rounds)):
        for name in list(tools):
            try:
                adversarial, queries, taken = tools[name]()
            except Exception as error:  # a peer that cannot run is reported, not hidden
                print(f"  {name}: does not run: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
                del tools[name], seconds[name]
                continue
            seconds[name].append(taken)
            figures[name] = judge.figures(adversarial, queries, work.row)
    return {name: (statistics.median(times), figures[name]) for name, times in seconds.items()}


def finds_less(our, their, kind):
    """Whether a peer's figures are clearly worse: not the same work."""
    if "median" in kind:
        return their["median"] > MUCH_FARTHER * our["median"]
    return their["robust"] > our["robust"] + MUCH_MORE


def report(work, table):
    our = table["bulwark"][0]
    r = work.row
    print(f"\n{r.attack} {r.options} {r.norm} eps {r.eps}, {r.images} images")
    print(f"  {'seconds':>9} {'times ours':>10} {'robust %':>9} {'median':>8} {'queries':>8}  tool")
    for name, (taken, f) in table.items():
        print(f"  {taken:9.2f} {taken / our:9.2f}x {f['robust']:9.2f} {f['median']:8.4f} {f['queries']:8.0f}  {name}")
    less = {name for name, (_, f) in table.items() if finds_less(table["bulwark"][1], f, r.kind)}
    for name in less:
        print(f"  {name}: finds less, not counted")
    others = [taken for name, (taken, _) in table.items() if name != "bulwark" and name not in less]
    if others:
        print(f"  fastest peer: {min(others) / our:.2f} times our time", flush=True)


def arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--bulwark", type=Path, default=ROOT / "build/release/cli/bulwark")
    p.add_argument("--data", type=Path, default=ROOT / "../shared/data", help="folder with mnist/ and models/safetensors/")
    p.add_argument("--work", type=Path, default=ROOT / "build/bench/attacks")
    p.add_argument("--threads", type=int, default=torch.get_num_threads())
    p.add_argument("--rounds", type=int, default=9, help="at most so many: quick attacks have more than slow ones")
    p.add_argument("--images", type=int, default=1000, help="at most so many")
    p.add_argument("--only", help="attacks to measure, such as fab,cw (default: all)")
    return p.parse_args()


def main():
    options = arguments()
    if not (options.data / "models/safetensors").is_dir():
        print(f"SKIP attacks: {options.data} is not there")
        return
    torch.set_num_threads(options.threads)
    published.mx.set_default_device(published.mx.cpu)
    options.work.mkdir(parents=True, exist_ok=True)
    wanted = options.only.split(",") if options.only else [work.row.attack for work in WORK]
    for work in WORK:
        if work.row.attack in wanted:
            report(work, measure(work, options))


if __name__ == "__main__":
    main()
