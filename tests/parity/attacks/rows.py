# SPDX-License-Identifier: Apache-2.0
"""What is compared with what: one row for each attack and norm.

A row must meet the bars of its kind. Where the reference has a fault that changes its figure, its parameters avoid
the fault or another library takes its place, and the note says so."""

from dataclasses import dataclass

from references import (
    Reference, adv_lib, advertorch, advertorch_jsma, art, art_patch, autoattack, autoattack_from_our_starts, cleverhans, foolbox, torchattacks,
    torchattacks_in_colour, torchattacks_nearest)

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
    stronger: str = ""  # why ours leaves less robust, where it does


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
    Row("ni-fgsm", "linf", 0.3, "steps=10:step=0.03", torchattacks("NIFGSM", alpha=0.03, steps=10)),
    Row("si-ni-fgsm", "linf", 0.3, "steps=10:step=0.03:scales=5", torchattacks("SINIFGSM", alpha=0.03, steps=10, m=5)),
    Row("di-fgsm", "linf", 0.3, "steps=10:step=0.03:resize=0.9", torchattacks_nearest("DIFGSM", alpha=0.03, steps=10, decay=1.0, resize_rate=0.9),
        seeds=3, note="the reference, made to resize to the nearest pixel as the authors do; bilinear, it is 0.9 points stronger"),
    Row("ti-fgsm", "linf", 0.3, "steps=10:step=0.03", torchattacks_in_colour("TIFGSM", alpha=0.03, steps=10, decay=1.0, diversity_prob=0),
        note="the reference's decay is 0 and its pictures are resized, too, if not set otherwise"),
    Row("vmi-fgsm", "linf", 0.3, "steps=10:step=0.03:neighbours=5", torchattacks("VMIFGSM", alpha=0.03, steps=10, N=5)),
    Row("vni-fgsm", "linf", 0.3, "steps=10:step=0.03:neighbours=5", torchattacks("VNIFGSM", alpha=0.03, steps=10, N=5)),
    Row("sparse-l1-descent", "l1", 10, "steps=20:step=1", cleverhans("sparse_l1_descent", eps_iter=1.0, nb_iter=20, clip_grad=True),
        note="the reference rescales and then clips; ours projects on both at once"),
    Row("trades", "linf", 0.3, "steps=40:step=0.01", torchattacks("TPGD", alpha=0.01, steps=40), seeds=8),
    Row("pgd", "linf", 0.3, "steps=40:step=0.01", torchattacks("PGD", alpha=0.01, steps=40), seeds=3),
    Row("pgd", "l2", 2, "steps=50:step=0.05", foolbox("L2ProjectedGradientDescentAttack", abs_stepsize=0.05, steps=50), seeds=5),
    Row("pgd", "l1", 10, "steps=50:step=1:sparsity=0.99:random_start=false", foolbox("SparseL1DescentAttack", abs_stepsize=1.0, steps=50, random_start=False),
        stronger=RESCALES),
    Row("apgd", "linf", 0.3, "loss=ce", autoattack("apgd-ce", n_restarts=1)),
    Row("apgd", "linf", 0.3, "loss=dlr", autoattack("apgd-dlr", n_restarts=1)),
    Row("apgd", "l2", 2, "loss=ce", autoattack("apgd-ce", n_restarts=1)),
    Row("apgd", "l2", 2, "loss=dlr", autoattack_from_our_starts("apgd-dlr", batch=1000, n_restarts=1)),
    Row("apgd", "l1", 10, "loss=ce:large_eps=true:fidelity=reference", autoattack_from_our_starts("apgd-ce", batch=1000, n_restarts=1, use_largereps=True),
        model=EASY, note="with the rounding of the authors' code"),
    Row("apgd-t", "linf", 0.3, "", autoattack("apgd-t", batch=1000)),
    Row("apgd-t", "l2", 2, "", autoattack("apgd-t", batch=1000)),
    Row("fab", "linf", 1, "early_stop=false", adv_lib("fab"), NEAREST, 200),
    Row("fab", "l2", 28, "early_stop=false", adv_lib("fab"), NEAREST, 200),
    Row("fab", "l1", 784, "early_stop=false", adv_lib("fab"), NEAREST, 200),
    Row("fab-t", "linf", 0.3, "", autoattack("fab-t")),
    Row("fab-t", "l2", 28, "early_stop=false", adv_lib("fab", targeted_restarts=True), NEAREST, 200),
    Row("deepfool", "l2", 28, "steps=50", foolbox("L2DeepFoolAttack", steps=50), NEAREST, 200),
    Row("deepfool", "linf", 1, "steps=50", foolbox("LinfDeepFoolAttack", steps=50), NEAREST, 200),
    Row("ddn", "l2", 28, "steps=100:early_stop=false", adv_lib("ddn", steps=100), NEAREST, 200),
    Row("fmn", "linf", 1, "steps=100:early_stop=false", adv_lib("fmn", steps=100), NEAREST, 200),
    Row("fmn", "l2", 28, "steps=100:early_stop=false", adv_lib("fmn", steps=100), NEAREST, 200),
    Row("fmn", "l1", 784, "steps=100:early_stop=false", adv_lib("fmn", steps=100), NEAREST, 200),
    Row("fmn", "l0", 784, "steps=500:early_stop=false", adv_lib("fmn", steps=500), NEAREST, 400,
        note="in fewer steps neither reaches half of the images"),
    Row("fmn", "linf", 1, "steps=100:early_stop=false", adv_lib("fmn", steps=100), NEAREST, 200, EASY),
    Row("fmn", "l2", 28, "steps=100:early_stop=false", adv_lib("fmn", steps=100), NEAREST, 200, EASY),
    Row("fmn", "l1", 784, "steps=100:early_stop=false", adv_lib("fmn", steps=100), NEAREST, 200, EASY),
    Row("fmn", "l0", 784, "steps=100:early_stop=false", adv_lib("fmn", steps=100), NEAREST, 200, EASY),
    Row("cw", "l2", 28, "steps=100:rate=0.1:early_stop=false:abort_early=false",
        adv_lib("carlini_wagner_l2", max_iterations=100, learning_rate=0.1, abort_early=False), NEAREST, 100,
        note="with shorter steps neither reaches half of the images in 100"),
    Row("ead", "l1", 784, "steps=100:early_stop=false:abort_early=false", advertorch("ElasticNetL1Attack", max_iterations=100, beta=1e-3), NEAREST, 100,
        note="foolbox gives up on a whole batch, torchattacks overwrites its clean images"),
    Row("cw-linf", "linf", 1, "steps=100:rate=0.01:least_tau=1/255:early_stop=false", adv_lib("carlini_wagner_linf", max_iterations=100), NEAREST, 50),
    Row("cw-l0", "l0", 784, "early_stop=false", art("CarliniL0Method", max_iter=10), NEAREST, 10, EASY,
        note="no true peer: the reference puts as many pixels back as a picture has channels, so that all are changed where it finds anything"),
    Row("sigma-zero", "l0", 784, "steps=100:early_stop=false", adv_lib("sigma_zero", num_steps=100), NEAREST, 200),
    Row("jsma", "l0", 784, "theta=1:gamma=0.5:targets=1:early_stop=false", advertorch_jsma("JacobianSaliencyMapAttack", gamma=0.5),
        NEAREST, 20, EASY, note="both aim at the likeliest wrong class, and any wrong one ends them"),
    Row("square", "linf", 0.3, "", autoattack("square", rescale_schedule=True), SCORE),
    Row("square", "linf", 0.3, "", autoattack("square", rescale_schedule=True), SCORE, 200, EASY),
    Row("square", "l2", 2, "", autoattack("square", rescale_schedule=True), SCORE, 200, EASY, seeds=3,
        stronger="windows of the reference never reach the last row and column (fidelity=reference: 7.33)"),
    Unmatched("nes", "advertorch has it in its repository, not in its release"),
    Row("spsa", "linf", 0.3, "steps=40:samples=64", torchattacks("SPSA", nb_iter=40, nb_sample=32), SCORE, 200, EASY,
        note="samples of the reference are pairs", stronger="the reference goes on after a success and may lose it again"),
    Row("zoo", "l2", 28, "steps=60:rate=0.1:h=0.01:c=10:early_stop=false",
        art("ZooAttack", batch=1, max_iter=60, learning_rate=0.1, initial_const=10, variable_h=1e-2, use_resize=False, use_importance=False,
            abort_early=False), DECISION, 10, EASY, note="Adam follows signs of small slopes, which closer points lose in float32; the reference adds old steps again each time"),
    Row("simba", "l2", 28, "queries=1568:step=0.2", art("SimBA", batch=1, probabilities=True, attack="px", epsilon=0.2, max_iter=784), SCORE, 20, EASY,
        note="the reference always asks about both directions"),
    Row("one-pixel", "l0", 1, "generations=10:population=99", torchattacks("OnePixel", steps=10, popsize=100), SCORE, 100, EASY),
    Row("boundary", "l2", 28, "steps=1000:early_stop=false", foolbox("BoundaryAttack", batch=1, steps=1000), DECISION, 30, EASY,
        note="one image at a time: in a batch the reference shares its noise"),
    Row("hopskipjump", "l2", 28, "steps=10:early_stop=false", cleverhans("hop_skip_jump_attack", num_iterations=10, verbose=False), DECISION, 50, EASY, 3,
        note="foolbox divides by the norm of a whole batch of gradients"),
    Row("hopskipjump", "linf", 1, "steps=10:early_stop=false", art("HopSkipJump", batch=1, max_iter=10), DECISION, 50, EASY,
        note="cleverhans's fails in Linf"),
    Row("sign-opt", "l2", 28, "queries=4000:early_stop=false", art("SignOPTAttack", batch=1, targeted=False, query_limit=4000), DECISION, 20, EASY),
    Row("geoda", "l2", 28, "queries=2000:early_stop=false", art("GeoDA", batch=1, max_iter=2000, bin_search_tol=1e-4), DECISION, 20, EASY,
        note="the reference's own tolerance, 0.1, is longer than its probes"),
    Row("uap", "linf", 0.5, "passes=3", art("UniversalPerturbation", attacker_params={"max_iter": 10, "verbose": False}, max_iter=3), BUDGETED, 30, EASY,
        seeds=2, stronger="the reference takes the perturbation from a clipped picture, so that what one image has no room for is lost for all"),
    Unmatched("uap-sgd", "no library has it: compared with the optimum of linear models in unit tests"),
    Row("patch", "l0", 784, "steps=50:minibatch=50:scale_min=0.5:scale_max=0.5",
        art_patch("AdversarialPatchNumpy", scale=0.5, learning_rate=0.5, max_iter=50), BUDGETED, 50, EASY,
        seeds=3, note="the reference, made to ascend and to take NumPy's numbers; its best rate of 0.5, 5, 50 and 500",
        stronger="steps by the sign; the reference turns gradients back by resampling, which is not the transformation's transpose"),
    Row("spatial", "linf", 1, "", foolbox("SpatialAttack"), BUDGETED, 1000, note="3 pixels of the reference are 3 * 27/28"),
    Row("autoattack", "linf", 0.3, "", autoattack("standard", batch=1000)),
    Row("autoattack", "l2", 2, "", autoattack("standard", batch=1000)),
]
