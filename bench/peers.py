# SPDX-License-Identifier: Apache-2.0
"""Bulwark and its peers on the same work in one run: alternating rounds, medians, ratios.

Every tool attacks the same samples with the same weights, steps and threads. Early stopping is switched off in
Bulwark where the weights are random, so that all do the same number of passes."""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--bulwark", required=True, type=Path)
    p.add_argument("--data", type=Path, default=ROOT / "../shared/data", help="folder with mnist/ and models/safetensors/")
    p.add_argument("--work", type=Path, default=ROOT / "build/bench")
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--steps", type=int, default=40)
    p.add_argument("--tasks", default="mnist_fgsm,lenet,resnet18")
    p.add_argument("--skip", default="", help="peers to leave out")
    p.add_argument("--child", help=argparse.SUPPRESS)
    return p.parse_args()


class Task:
    """One model with its samples. Images are (n, height, width, channels) float32 in [0, 1]."""

    def __init__(self, name, eps, step, batch, early_stop):
        self.name, self.eps, self.step, self.batch, self.early_stop = name, eps, step, batch, early_stop


TASKS = {
    "mnist_fgsm": Task("mnist_fgsm", 0.3, 0.01, 250, True),
    "lenet": Task("lenet", 0.3, 0.01, 256, False),
    "resnet18": Task("resnet18", 8 / 255, 2 / 255, 64, False),
}


def prepare(task, options):
    """Exports the MLX model and writes its samples, labelled as the model sees them so that each is attacked."""
    import numpy as np

    work = options.work
    work.mkdir(parents=True, exist_ok=True)
    model, data = work / f"{task.name}.mlxfn", work / f"{task.name}.npz"
    if task.name == "mnist_fgsm":
        if not options.data.is_dir():
            return None
        if not model.exists():
            subprocess.run([sys.executable, ROOT / "tests/parity/published.py", work / "published", "--data", options.data],
                           check=True, stdout=subprocess.DEVNULL)
            source = work / "published" / "fast_adversarial-mnist_fgsm"
            for suffix in (".mlxfn", ".pair.npz"):
                model.with_suffix(suffix).write_bytes(source.with_suffix(suffix).read_bytes())
        import gzip

        def idx(name, offset):
            return np.frombuffer(gzip.decompress((options.data / "mnist" / name).read_bytes()), np.uint8, offset=offset)

        images = idx("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1)[:1000].astype(np.float32) / 255
        labels = idx("t10k-labels-idx1-ubyte.gz", 8)[:1000].astype(np.int64)
        twin = options.data / "models/safetensors/fast_adversarial-mnist_fgsm.safetensors"
    else:
        if not model.exists():
            subprocess.run([sys.executable, ROOT / "tests/parity/speed_models.py", work], check=True, stdout=subprocess.DEVNULL)
        twin = model.with_suffix(".safetensors")
        shape = (256, 28, 28, 1) if task.name == "lenet" else (64, 32, 32, 3)
        images = np.random.default_rng(7).random(shape, np.float32)
        import torch

        with torch.no_grad():
            labels = torch_net(task, twin)(torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()).argmax(1).numpy()
    np.savez(data, images=images, labels=labels)
    return {"model": model, "data": data, "twin": twin, "images": images, "labels": labels}


def torch_net(task, path, folded=True):
    import twins

    if task.name == "mnist_fgsm":
        return twins.cnn_a(path)
    if task.name == "lenet":
        return twins.lenet(path)
    net = twins.resnet18(path)
    return twins.fold_batch_norm(net) if folded else net


class Bulwark:
    """The program itself; seconds are those of the attack, without process start and model reading."""

    def __init__(self, task, files, options):
        self.command = [options.bulwark, "attack", "pgd", files["model"], files["data"], "--eps", repr(task.eps), "--threads", str(options.threads),
                        "--quiet", "--json", "--set",
                        f"steps={options.steps}:step={task.step!r}:restarts=1:early_stop={'true' if task.early_stop else 'false'}"]

    def warm_up(self):
        """Every run is a process of its own."""

    def run(self):
        done = subprocess.run([str(c) for c in self.command], capture_output=True, text=True, check=True)
        result = json.loads(done.stdout)
        return result["seconds"], result["robust_accuracy"]


class TorchPeer:
    def __init__(self, task, files, options, folded=True):
        import torch

        torch.set_num_threads(options.threads)
        self.torch, self.task, self.options = torch, task, options
        self.net = torch_net(task, files["twin"], folded)
        for parameter in self.net.parameters():
            parameter.requires_grad_(False)
        self.x = torch.from_numpy(files["images"]).permute(0, 3, 1, 2).contiguous()
        self.y = torch.from_numpy(files["labels"])

    def warm_up(self):
        """A few samples load the libraries and let them choose their kernels."""
        self.attack(self.x[:8], self.y[:8])

    def run(self):
        torch = self.torch
        start = time.perf_counter()
        fallen = 0
        for at in range(0, len(self.x), self.task.batch):
            x, y = self.x[at : at + self.task.batch], self.y[at : at + self.task.batch]
            adversarial = self.attack(x, y)
            with torch.no_grad():
                fallen += int((self.net(adversarial).argmax(1) != y).sum())
        return time.perf_counter() - start, 1 - fallen / len(self.x)


class Torch(TorchPeer):
    """A plain loop, as one would write it."""

    def attack(self, x, y):
        torch, task = self.torch, self.task
        adversarial = (x + torch.empty_like(x).uniform_(-task.eps, task.eps)).clamp(0, 1)
        for _ in range(self.options.steps):
            adversarial.requires_grad_(True)
            loss = torch.nn.functional.cross_entropy(self.net(adversarial), y, reduction="sum")
            (gradient,) = torch.autograd.grad(loss, adversarial)
            with torch.no_grad():
                adversarial = adversarial + task.step * gradient.sign()
                adversarial = torch.min(torch.max(adversarial, x - task.eps), x + task.eps).clamp(0, 1)
        return adversarial.detach()


class TorchUnfolded(Torch):
    def __init__(self, task, files, options):
        super().__init__(task, files, options, folded=False)


class Torchattacks(TorchPeer):
    def __init__(self, task, files, options):
        import torchattacks

        super().__init__(task, files, options)
        self.attack = torchattacks.PGD(self.net, eps=task.eps, alpha=task.step, steps=options.steps, random_start=True)


class Foolbox(TorchPeer):
    def __init__(self, task, files, options):
        import foolbox

        super().__init__(task, files, options)
        self.model = foolbox.PyTorchModel(self.net, bounds=(0, 1), device="cpu")
        self.method = foolbox.attacks.LinfPGD(abs_stepsize=task.step, steps=options.steps, random_start=True)

    def attack(self, x, y):
        return self.method(self.model, x, y, epsilons=self.task.eps)[1]


class Art(TorchPeer):
    def __init__(self, task, files, options):
        from art.attacks.evasion import ProjectedGradientDescentPyTorch
        from art.estimators.classification import PyTorchClassifier

        super().__init__(task, files, options)
        classifier = PyTorchClassifier(self.net, self.torch.nn.CrossEntropyLoss(), tuple(self.x.shape[1:]), 10, clip_values=(0, 1),
                                       device_type="cpu")
        self.method = ProjectedGradientDescentPyTorch(classifier, eps=task.eps, eps_step=task.step, max_iter=options.steps,
                                                      num_random_init=1, batch_size=task.batch, verbose=False)

    def attack(self, x, y):
        return self.torch.from_numpy(self.method.generate(x.numpy(), y.numpy()))


class Mlx:
    """MLX on the CPU, through the same exported file. It runs two steps and is scaled: forty would take minutes."""

    STEPS = 2

    def __init__(self, task, files, options):
        import mlx.core as mx

        mx.set_default_device(mx.cpu)
        self.mx, self.task, self.scale = mx, task, options.steps / self.STEPS
        batch = min(task.batch, 64)
        self.net = self.weights_net(task, files)
        self.x, self.y = mx.array(files["images"][:batch]), mx.array(files["labels"][:batch])
        self.scale *= len(files["images"]) / batch

    @staticmethod
    def weights_net(task, files):
        sys.path.insert(0, str(ROOT / "tests/parity"))
        if task.name == "mnist_fgsm":
            import published

            return published.load("fast_adversarial-mnist_fgsm", files["twin"].parent)
        import speed_models

        return speed_models.load(task.name, files["twin"])

    def warm_up(self):
        self.run()

    def run(self):
        import mlx.nn as nn

        mx, task = self.mx, self.task
        gradient = mx.grad(lambda x: nn.losses.cross_entropy(self.net(x), self.y, reduction="sum"))
        start = time.perf_counter()
        x = self.x
        for _ in range(self.STEPS):
            x = mx.clip(mx.clip(x + task.step * mx.sign(gradient(x)), self.x - task.eps, self.x + task.eps), 0, 1)
            mx.eval(x)
        return (time.perf_counter() - start) * self.scale, float("nan")


PEERS = {"bulwark": Bulwark, "torch": Torch, "torch, batch-norm as it is": TorchUnfolded, "torchattacks": Torchattacks, "foolbox": Foolbox,
         "art": Art, "mlx cpu": Mlx}


def peers_for(task, options):
    skip = set(options.skip.split(","))
    return [name for name in PEERS if name not in skip and not (name == "torch, batch-norm as it is" and task.name != "resnet18")]


def measure(task, files, options):
    tools, rows = {}, {}
    for name in peers_for(task, options):
        try:
            tools[name] = PEERS[name](task, files, options)
            tools[name].warm_up()
            rows[name] = []
        except Exception as error:  # a peer that cannot run is reported, not hidden
            print(f"  {name}: does not run: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
            tools.pop(name, None)
    robust = {}
    for _ in range(options.rounds):
        for name, tool in tools.items():
            seconds, robust[name] = tool.run()
            rows[name].append(seconds)
    return {name: (statistics.median(times), min(times), robust[name]) for name, times in rows.items()}


def peak_memory(task, options, name):
    """Peak resident bytes of a process of its own that does the task once, with few steps."""
    few = argparse.Namespace(**{**vars(options), "steps": min(options.steps, 3)})
    command = [sys.executable, __file__, "--bulwark", options.bulwark, "--data", options.data, "--work", options.work, "--threads",
               options.threads, "--steps", few.steps, "--child", f"{task.name}:{name}"]
    if name == "bulwark":
        command = Bulwark(task, prepare(task, options), few).command
    return peak_of(command)


# A child inherits the peak of the process that forks it, so a small one has to do that.
LAUNCHER = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=2); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"


def peak_of(command):
    done = subprocess.run([sys.executable, "-S", "-c", LAUNCHER, *map(str, command)], capture_output=True, text=True, check=True)
    return int(done.stdout) * 1024


def report(task, table, options):
    ours = table["bulwark"][0]
    fastest = min((row[0], name) for name, row in table.items() if name not in ("bulwark", "mlx cpu"))
    print(f"\n{task.name}: PGD-{options.steps}, {options.threads} threads, median of {options.rounds} alternating rounds")
    print(f"  {'tool':28} {'seconds':>9} {'best':>9} {'times ours':>11} {'robust':>8}")
    for name, (median, best, robust) in table.items():
        print(f"  {name:28} {median:9.3f} {best:9.3f} {median / ours:10.2f}x {robust:8.4f}")
    memory = {name: peak_memory(task, options, name) for name in ("bulwark", fastest[1])}
    print(f"  fastest peer: {fastest[1]}, {fastest[0] / ours:.2f} times our time")
    print(f"  peak memory: bulwark {memory['bulwark'] / 2**20:.0f} MiB, {fastest[1]} {memory[fastest[1]] / 2**20:.0f} MiB "
          f"({memory['bulwark'] / memory[fastest[1]]:.2f} of it)")


def startup(options, files):
    """FGSM on 100 images, the whole process from start to result."""
    command = [options.bulwark, "attack", "fgsm", files["model"], files["data"], "--eps", "0.3", "--samples", "100", "--threads", options.threads, "-q"]
    times = []
    for _ in range(max(options.rounds, 5)):
        start = time.perf_counter()
        subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    print(f"\nwhole process, FGSM on 100 MNIST images: {statistics.median(times):.3f} s (median), {min(times):.3f} s (best)")


def child(options):
    name, peer = options.child.split(":")
    tool = PEERS[peer](TASKS[name], prepare(TASKS[name], options), options)
    tool.run()


def main():
    options = arguments()
    sys.path.insert(0, str(Path(__file__).parent))
    os.environ["OPENBLAS_NUM_THREADS"] = str(options.threads)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if options.child:
        return child(options)
    for name in options.tasks.split(","):
        task = TASKS[name]
        files = prepare(task, options)
        if files is None:
            print(f"SKIP {name}: {options.data} is not there")
            continue
        report(task, measure(task, files, options), options)
        if name == "mnist_fgsm":
            startup(options, files)


if __name__ == "__main__":
    main()
