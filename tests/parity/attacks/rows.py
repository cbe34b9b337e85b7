# SPDX-License-Identifier: Apache-2.0
"""What is compared with what: one row for each attack and norm.

A row must meet the bars of its kind. Where the reference has a fault that changes its figure, its parameters avoid
the fault or another library takes its place, and the note says so."""

from dataclasses import dataclass

from references import Reference, adv_lib, art, autoattack, foolbox, torchattacks

# kind -> which figures must be as good as the reference's
BUDGETED, NEAREST, SCORE, DECISION = ("robust",), ("median",), ("robust", "queries"), ("median", "queries")

HARD, EASY = "fast_adversarial-mnist_fgsm", "convex_adversarial-mnist"


@dataclass
class Row:
    attack: str
    norm: str
    eps: float
    options: str  # of ours, as in --set
    reference: Reference
    kind: tuple = BUDGETED
    images: int = 1000
    model: str = HARD
    seeds: int = 1  # figures are means over that many
    note: str = ""


@dataclass
class Unmatched:
    """An attack that no library on PyPI has, and where it is tested instead."""

    attack: str
    note: str


RESCALES = "foolbox scales back into the ball and then clips to [0, 1]; ours projects on both at once"

ROWS = [
    Unmatched("noise", "random points of the ball, a floor for the others: its draws have unit tests"),
    Row("fgsm", "linf", 0.3, "", torchattacks("FGSM")),
    Row("fgsm", "l2", 2, "", foolbox("L2FastGradientAttack")),
    Row("r-fgsm", "linf", 0.3, "", torchattacks("RFGSM", alpha=0.15, steps=1), note="one step, as in the paper"),
    Row("bim", "linf", 0.3, "steps=10:step=0.05", torchattacks("BIM", alpha=0.05, steps=10)),
    Row("bim", "l2", 2, "steps=10:step=0.4", foolbox("L2BasicIterativeAttack", abs_stepsize=0.4, steps=10)),
    Row("mi-fgsm", "linf", 0.3, "steps=10:step=0.03", torchattacks("MIFGSM", alpha=0.03, steps=10)),
    Row("pgd", "linf", 0.3, "steps=40:step=0.01", torchattacks("PGD", alpha=0.01, steps=40), seeds=3),
    Row("pgd", "l2", 2, "steps=50:step=0.05", foolbox("L2ProjectedGradientDescentAttack", abs_stepsize=0.05, steps=50), seeds=5),
    Row("pgd", "l1", 10, "steps=50:step=1:sparsity=0.99:random_start=false", foolbox("SparseL1DescentAttack", abs_stepsize=1.0, steps=50, random_start=False),
        note=RESCALES),
    Row("apgd", "linf", 0.3, "loss=ce", autoattack("apgd-ce", n_restarts=1)),
    Row("apgd", "linf", 0.3, "loss=dlr", autoattack("apgd-dlr", n_restarts=1)),
    Row("apgd", "l2", 2, "loss=ce", autoattack("apgd-ce", n_restarts=1)),
    Row("apgd", "l2", 2, "loss=dlr", autoattack("apgd-dlr", n_restarts=1)),
    Row("apgd", "l1", 10, "loss=ce:large_eps=true", autoattack("apgd-ce", n_restarts=1, use_largereps=True)),
    Row("apgd-t", "linf", 0.3, "", autoattack("apgd-t")),
    Row("apgd-t", "l2", 2, "", autoattack("apgd-t")),
    Row("fab", "linf", 1, "early_stop=false", adv_lib("fab"), NEAREST, 200),
    Row("fab", "l2", 28, "early_stop=false", adv_lib("fab"), NEAREST, 200),
    Row("fab", "l1", 784, "early_stop=false", adv_lib("fab"), NEAREST, 200),
    Row("fab-t", "linf", 0.3, "", autoattack("fab-t")),
    Row("fab-t", "l2", 28, "early_stop=false", adv_lib("fab", targeted_restarts=True), NEAREST, 200),
    Row("square", "linf", 0.3, "", autoattack("square", rescale_schedule=True), SCORE, 500),
    Row("square", "linf", 0.3, "", autoattack("square", rescale_schedule=True), SCORE, 500, EASY),
    Row("square", "l2", 2, "", autoattack("square", rescale_schedule=True), SCORE, 500, EASY),
    Row("autoattack", "linf", 0.3, "", autoattack("standard")),
    Row("autoattack", "l2", 2, "", autoattack("standard"), images=300),
]
