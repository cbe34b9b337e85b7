# SPDX-License-Identifier: Apache-2.0
"""The reference implementations behind one call: an adapter for each library on PyPI.

`torchattacks("PGD", alpha=0.01, steps=40)` is a Reference; calling it with a Problem gives adversarial images."""

import inspect
import random
import sys
from contextlib import chdir
from dataclasses import dataclass, replace
from importlib.metadata import version
from tempfile import TemporaryDirectory
from unittest import mock

import draws
import numpy as np
import torch

# Imported by adv-lib and advertorch for plots and for ImageNet models, which no attack here uses.
for unused in ("visdom", "PIL", "PIL.Image", "torchvision", "torchvision.models", "torchvision.transforms"):
    sys.modules.setdefault(unused, mock.MagicMock())

ORDER = {"linf": float("inf"), "l2": 2, "l1": 1, "l0": 0}


@dataclass
class Problem:
    """Images (n, channels, height, width) in [0, 1] that `net` classifies right."""

    net: torch.nn.Module
    x: torch.Tensor
    y: torch.Tensor
    norm: str
    eps: float
    seed: int
    images: torch.Tensor  # which of the data set


class Counting(torch.nn.Module):
    """Counts the images that pass through a network, which gets them as float32 (some libraries hand over float64)."""

    def __init__(self, net):
        super().__init__()
        self.net, self.count = net, 0

    def forward(self, x):
        self.count += len(x)
        return self.net(x.float())


class Reference:
    def __init__(self, adapter, package, attack, batch, parameters):
        self.adapter, self.package, self.attack, self.batch, self.parameters = adapter, package, attack, batch, parameters

    def __str__(self):
        return f"{self.package} {self.attack}({', '.join(f'{k}={v}' for k, v in self.parameters.items())})"

    def identity(self):
        """All that its result depends on, besides the problem."""
        return f"{self} {self.batch} {version(self.package)} torch {torch.__version__} {inspect.getsource(self.adapter)}"

    def __call__(self, problem):
        """Adversarial images, and how many images the attack sent through the network."""
        net, parts = Counting(problem.net).eval(), []
        for at in range(0, len(problem.x), self.batch):
            seed = problem.seed * len(problem.x) + at
            torch.manual_seed(seed)
            np.random.seed(seed)
            random.seed(seed)
            here = slice(at, at + self.batch)
            part = replace(problem, net=net, x=problem.x[here].clone(), y=problem.y[here], images=problem.images[here], seed=seed)
            parts.append(self.adapter(part, self.attack, **self.parameters).detach().float())
        return torch.cat(parts), net.count


def adapter(package):
    """A function (problem, attack, **parameters) becomes a maker of References."""
    return lambda function: lambda attack, /, batch=250, **parameters: Reference(function, package, attack, batch, parameters)


def fitting(function, **values):
    """Those values that the function has parameters for."""
    return {name: value for name, value in values.items() if name in inspect.signature(function).parameters}


def run_torchattacks(problem, attack, /, **parameters):
    import torchattacks as library

    kind = getattr(library, attack)
    return kind(problem.net, **fitting(kind.__init__, eps=problem.eps), **parameters)(problem.x, problem.y)


torchattacks = adapter("torchattacks")(run_torchattacks)


@adapter("torchattacks")
def torchattacks_in_colour(problem, attack, /, **parameters):
    """For TI-FGSM, which knows three channels only: as many equal ones have equal gradients."""
    colour = replace(problem, net=torch.nn.Sequential(Grey(), problem.net), x=problem.x.expand(-1, 3, -1, -1))
    return run_torchattacks(colour, attack, **parameters)[:, :1]


class Grey(torch.nn.Module):
    def forward(self, x):
        return x.mean(1, keepdim=True)


@adapter("torchattacks")
def torchattacks_nearest(problem, attack, /, **parameters):
    """DI-FGSM with pictures resized to the nearest pixel, as by its authors."""
    interpolate = torch.nn.functional.interpolate
    with mock.patch("torch.nn.functional.interpolate", lambda x, size, **_: interpolate(x, [int(side) for side in size], mode="nearest")):
        return run_torchattacks(problem, attack, **parameters)


@adapter("foolbox")
def foolbox(problem, attack, /, **parameters):
    import foolbox as library

    model = library.PyTorchModel(problem.net, bounds=(0, 1), device="cpu")
    method = getattr(library.attacks, attack)(**parameters)
    seeks_nearest = isinstance(method, library.attacks.base.MinimizationAttack)
    return method(model, problem.x, problem.y, epsilons=None if seeks_nearest else problem.eps)[0]


def art_classifier(problem, net):
    from art.estimators.classification import PyTorchClassifier

    return PyTorchClassifier(net, torch.nn.CrossEntropyLoss(), tuple(problem.x.shape[1:]), 10, clip_values=(0, 1), device_type="cpu")


@adapter("adversarial-robustness-toolbox")
def art(problem, attack, /, probabilities=False, **parameters):
    import art.attacks.evasion as library

    net = torch.nn.Sequential(problem.net, torch.nn.Softmax(1)) if probabilities else problem.net
    classifier = art_classifier(problem, net)
    kind = getattr(library, attack)
    known = fitting(kind.__init__, eps=problem.eps, norm=ORDER[problem.norm], batch_size=len(problem.x), verbose=False)
    np.mat = np.asmatrix  # used by GeoDA, and no longer in NumPy
    # Some of its attacks make RandomState() from the operating system: global seeds have no effect on them.
    seeded = np.random.RandomState(problem.seed)
    # GeoDA leaves a file in the current folder.
    with mock.patch("numpy.random.RandomState", lambda *_: seeded), TemporaryDirectory() as folder, chdir(folder):
        images = kind(classifier, **{**known, **parameters}).generate(problem.x.numpy(), np.eye(10)[problem.y.numpy()])
    return torch.from_numpy(images)


@adapter("adversarial-robustness-toolbox")
def art_patch(problem, attack, /, scale, learning_rate, **parameters):
    """One patch for all images, put on each of them at random; made to fail to reach their own classes.

    The library's descends the loss of the labels it is given, untargeted or not: a negative rate ascends."""
    import art.attacks.evasion.adversarial_patch.adversarial_patch_numpy as library

    class Patch(getattr(library, attack)):
        def reset_patch(self, value):  # it sets no value whose type is one of NumPy's
            super().reset_patch(float(value))

    method = Patch(art_classifier(problem, problem.net), verbose=False, scale_min=scale, scale_max=scale, **parameters)
    method.learning_rate = -learning_rate
    method.generate(problem.x.numpy(), np.eye(10)[problem.y.numpy()])
    return torch.from_numpy(method.apply_patch(problem.x.numpy(), scale=scale)).float()


@adapter("adv-lib")
def adv_lib(problem, attack, /, **parameters):
    import adv_lib.attacks as library

    function = getattr(library, attack)
    known = fitting(function, norm=ORDER[problem.norm], eps=problem.eps, ε=problem.eps)
    return function(problem.net, problem.x, problem.y, **{**known, **parameters})


def run_autoattack(problem, attack, /, **parameters):
    """The authors' AutoAttack; `attack` is one of its parts, or a version of the whole."""
    from pyautoattack import AutoAttack

    norm = {"linf": "Linf", "l2": "L2", "l1": "L1"}[problem.norm]
    if attack in ("standard", "plus"):
        whole = AutoAttack(problem.net, eps=problem.eps, norm=norm, seed=problem.seed, version=attack)
        return whole.run_standard_evaluation(problem.x, problem.y, batch_size=len(problem.x))[0]
    whole = AutoAttack(problem.net, eps=problem.eps, norm=norm)
    part = {"apgd-ce": whole.apgd, "apgd-dlr": whole.apgd, "apgd-t": whole.apgd_targeted, "fab": whole.fab, "fab-t": whole.fab,
            "square": whole.square}[attack]
    part.seed = problem.seed
    if attack.startswith("apgd-") and attack != "apgd-t":
        part.loss = attack.removeprefix("apgd-")
    if part is whole.fab:
        part.targeted = attack == "fab-t"
    for name, value in parameters.items():
        setattr(part, name, value)
    return part.perturb(problem.x, problem.y)


autoattack = adapter("pyautoattack")(run_autoattack)

APGD = 7 << 16  # our stream of random numbers for its first start


@adapter("pyautoattack")
def autoattack_from_our_starts(problem, attack, /, **parameters):
    """APGD with seed 0 from where ours begins: from other starts, other images fall, one in ten and more."""
    assert problem.seed == 0 and parameters.get("n_restarts", 1) == 1
    noise = torch.from_numpy(np.stack([draws.normal(problem.x[0].numel(), 0, image, APGD) for image in problem.images.tolist()])).view_as(problem.x)
    with mock.patch("torch.randn", lambda *_: noise.clone()), mock.patch("torch.randn_like", lambda _: noise.clone()):
        return run_autoattack(problem, attack, **parameters)


@adapter("cleverhans")
def cleverhans(problem, attack, /, **parameters):
    from importlib import import_module

    function = getattr(import_module(f"cleverhans.torch.attacks.{attack}"), attack)
    norm = np.inf if problem.norm == "linf" else ORDER[problem.norm]
    known = fitting(function, eps=problem.eps, norm=norm, y=problem.y, n_classes=10, clip_min=0.0, clip_max=1.0)
    return function(problem.net, problem.x, **{**known, **parameters})


def advertorch_attack(problem, attack, parameters):
    # Imported by it, and no longer in PyTorch.
    sys.modules["torch.autograd.gradcheck"].zero_gradients = lambda x: x.grad is None or x.grad.zero_()
    import advertorch.attacks as library

    kind = getattr(library, attack)
    return kind(problem.net, **{**fitting(kind.__init__, eps=problem.eps, num_classes=10, clip_min=0.0, clip_max=1.0), **parameters})


@adapter("advertorch")
def advertorch(problem, attack, /, **parameters):
    return advertorch_attack(problem, attack, parameters).perturb(problem.x, problem.y)


@adapter("advertorch")
def advertorch_jsma(problem, attack, /, **parameters):
    """Aims at the likeliest wrong class; any wrong class ends it, as if it were the one aimed at."""
    aims = problem.net(problem.x).scatter(1, problem.y[:, None], -torch.inf).argmax(1)
    method = advertorch_attack(problem, attack, parameters)
    method._get_predicted_label = lambda x: torch.where(method.predict(x).argmax(1) == problem.y, problem.y, aims)
    return method.perturb(problem.x, aims)
