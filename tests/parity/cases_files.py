# SPDX-License-Identifier: Apache-2.0
"""Files other than one function of fixed shapes: shapeless and evaluated at other shapes than those that they
were exported with, brought to another batch, with keyword inputs, with several functions."""

from functools import partial

import mlx.core as mx
import mlx.nn as nn

from case import BF16, F16, F32, bools, case, distinct, frozen, integers, layer, normal, uniform, values


def shapeless(name, fn, trace, *inputs, make=case):
    """`trace`: the inputs that the file is exported with."""
    return make(f"shapeless_{name}", fn, *inputs, traces=(trace,), shapeless=True)


def shapeless_cases():
    functions = {
        "relu": nn.relu,
        "sum": lambda x: x.sum(),
        "sum_axis": lambda x: x.sum(axis=1),
        "mean": lambda x: x.mean(),
        "mean_last": lambda x: x.mean(axis=-1, keepdims=True) * x,
        "mean_first": lambda x: x - x.mean(axis=0),
        "var": lambda x: x.var(axis=1),
        "std_ddof": lambda x: x.std(axis=-1, ddof=1),
        "max": lambda x: x.max(axis=-1),
        "norm": lambda x: x / mx.linalg.norm(x, axis=-1, keepdims=True),
        "softmax": lambda x: mx.softmax(x, axis=-1),
        "softmax_first": lambda x: mx.softmax(x, axis=0),
        "log_softmax": nn.log_softmax,
        "cumsum": lambda x: mx.cumsum(x, axis=1),
        "reshape": lambda x: x.reshape(-1, 2),
        "flatten": lambda x: x.flatten(),
        "expand": lambda x: mx.expand_dims(x, (0, 2)) * 2,
        "transpose": lambda x: x.T @ x,
        "gram": lambda x: x @ x.T,
        "einsum": lambda x: mx.einsum("ij,kj->ik", x, x),
        "concatenate": lambda x: mx.concatenate([x, 2 * x, x], axis=1),
        "stack": lambda x: mx.stack([x, -x], axis=1),
        "zeros_like": lambda x: mx.maximum(x, mx.zeros_like(x)),
        "ones_like": lambda x: x + mx.ones_like(x) * x,
        "take_flat": lambda x: mx.take(x, mx.array([2, 0, 2])),
        "take_along": lambda x: mx.take_along_axis(x, mx.stop_gradient(mx.argmax(x, axis=0, keepdims=True)), axis=0),
        "sort": lambda x: mx.sort(x, axis=-1),
        "argmax": lambda x: mx.argmax(x, axis=1),
        "any": lambda x: mx.any(x > 1, axis=1),
        "power": lambda x: x**3,
        "astype": lambda x: x.astype(F16).astype(F32),
        "layer_norm": lambda x: mx.fast.layer_norm(x, None, None, 1e-5),
        "gelu": nn.gelu,
    }
    for name, fn in functions.items():
        yield shapeless(name, fn, (normal(3, 4),), distinct(5, 8))
    for name, dtype in {"f16": F16, "bf16": BF16}.items():
        trace = (normal(3, 4, dtype=dtype),)
        yield shapeless(f"mean_{name}", lambda x: x.mean(axis=-1), trace, normal(5, 8, dtype=dtype))
    squares = (normal(3, 3), normal(3, 3))
    yield shapeless("add", mx.add, squares, normal(5, 7), normal(5, 7))
    yield shapeless("where", lambda a, b: mx.where(a > b, a, b), squares, normal(5, 7), normal(5, 7))
    yield shapeless("matmul", mx.matmul, squares, normal(5, 7), normal(7, 4))
    yield shapeless("addmm", mx.addmm, (normal(3, 3), *squares), normal(5, 4), normal(5, 7), normal(7, 4))
    yield shapeless("broadcast", mx.multiply, (normal(3, 1), normal(1, 4)), normal(5, 1), normal(1, 8))
    yield shapeless("newly_broadcast", mx.multiply, squares, normal(5, 8), normal(5, 1))
    masked = (normal(3, 4), bools(3, 4))
    yield shapeless("masked", lambda x, m: mx.where(m, x, mx.array(-1e4)), masked, normal(5, 8), bools(5, 8))
    yield shapeless("attention", attention, (normal(1, 2, 3, 8),), normal(2, 3, 5, 8))


def attention(x):
    return mx.fast.scaled_dot_product_attention(x, x, x, scale=0.3)


def shapeless_layer_cases():
    """No Linear with a bias: MLX adds as many rows of it as the trace had, and reads beyond them."""
    layer_of = partial(shapeless, make=layer)
    yield layer_of("nn_Linear_no_bias", partial(nn.Linear, 6, 4, bias=False), (normal(1, 6),), normal(5, 6))
    yield layer_of("nn_QuantizedLinear", quantized_linear, (normal(1, 64),), normal(3, 64))
    yield layer_of("nn_LayerNorm", partial(nn.LayerNorm, 6), (normal(1, 6),), normal(5, 6))
    yield layer_of("nn_RMSNorm", partial(nn.RMSNorm, 6), (normal(1, 6),), normal(5, 6))
    yield layer_of("nn_BatchNorm", partial(nn.BatchNorm, 6), (normal(1, 6),), normal(5, 6))
    yield layer_of("nn_Conv1d", partial(nn.Conv1d, 3, 4, 3), (normal(1, 8, 3),), normal(2, 11, 3))
    yield layer_of("nn_Conv2d", partial(nn.Conv2d, 3, 4, 3), (normal(1, 6, 6, 3),), normal(2, 9, 7, 3))
    yield layer_of("nn_Embedding", partial(nn.Embedding, 9, 4), (integers(0, 9, 1, 3),), integers(0, 9, 4, 5))
    yield layer_of("globally_pooled", GloballyPooled, (normal(1, 8, 8, 3),), normal(2, 11, 6, 3))


def quantized_linear():
    return nn.QuantizedLinear(64, 32, group_size=32, bits=4)


class GloballyPooled(nn.Module):
    def __init__(self, bias=False):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, stride=2)
        self.last = nn.Linear(8, 5, bias=bias)

    def __call__(self, x):
        x = nn.relu(self.second(nn.relu(self.first(x))))
        return self.last(x.mean(axis=(1, 2)))


def batch_cases():
    """Files, shapeless and not, exported with one batch and run with another."""
    networks = {
        "Linear": (partial(nn.Linear, 6, 4), 6),
        "Linear_3d": (partial(nn.Linear, 6, 4), 2, 6),
        "QuantizedLinear": (quantized_linear, 64),
        "MLP": (mlp, 6),
        "InstanceNorm": (partial(nn.InstanceNorm, 6), 4, 6),
        "GroupNorm": (partial(nn.GroupNorm, 2, 6), 4, 6),
        "MaxPool2d": (partial(nn.MaxPool2d, 2), 4, 4, 3),
        "GRU": (partial(nn.GRU, 4, 5), 3, 4),
        "MultiHeadAttention": (SelfAttention, 3, 8),
        "CNN": (partial(GloballyPooled, bias=True), 8, 8, 3),
        "experts": (Experts, 32),
        "quantised_experts": (partial(Experts, quantised=True), 32),
    }
    for name, (make, *sample) in networks.items():
        for from_one, is_shapeless in ((True, False), (False, False), (False, True)):
            kind = "shapeless" if is_shapeless else "from_one" if from_one else "from_three"
            trace = (normal(1 if from_one else 3, *sample),)
            yield layer(f"batch_{kind}_{name}", make, normal(5, *sample), traces=(trace,), shapeless=is_shapeless,
                        free_batch=True)  # fmt: skip


class Experts(nn.Module):
    """Each sample goes through the one of four matrices that a gate chooses."""

    def __init__(self, quantised=False):
        super().__init__()
        self.gate, self.experts = nn.Linear(32, 4), mx.random.normal((4, 8, 32))
        if quantised:
            self.experts = mx.quantize(self.experts, group_size=32, bits=4)

    def __call__(self, x):
        choice = mx.stop_gradient(mx.argmax(self.gate(x), axis=-1))
        rows = mx.expand_dims(x, 1)
        if isinstance(self.experts, mx.array):
            return mx.gather_mm(rows, mx.swapaxes(self.experts, -1, -2), rhs_indices=choice).squeeze(1)
        return mx.gather_qmm(rows, *self.experts, rhs_indices=choice, group_size=32, bits=4).squeeze(1)


def mlp():
    return nn.Sequential(nn.Linear(6, 16), nn.GELU(), nn.Linear(16, 16), nn.Tanh(), nn.LayerNorm(16), nn.Linear(16, 3))


class SelfAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiHeadAttention(8, 2)

    def __call__(self, x):
        return self.attention(x, x, x)


def keyword_cases():
    yield case("keyword_one", lambda x, *, mask: x * mask, normal(3, 4), bools(3, 4), keywords=("mask",))
    # not the order of the signature
    yield case("keyword_two", shifted, normal(3, 4), uniform(1, 2, 3, 1), normal(4), keywords=("scale", "shift"))
    yield case("keyword_three", three_keywords, normal(4), normal(3), normal(2), keywords=("a", "b", "c"))
    yield case("keyword_unused", lambda x, *, y, z: x * z, normal(3), normal(4), normal(3), keywords=("y", "z"))
    yield case("keyword_is_output", lambda x, *, y: (y, x * y), normal(3), normal(3), keywords=("y",))
    yield case("keyword_only", lambda *, x, y: x - 2 * y, normal(3), normal(3), keywords=("x", "y"))
    yield case(
        "keyword_shapeless", shifted, normal(5, 8), uniform(1, 2, 5, 1), normal(5, 8),
        keywords=("scale", "shift"), traces=((normal(3, 4), normal(3, 1), normal(3, 4)),), shapeless=True,
    )  # fmt: skip


def shifted(x, shift, scale):
    return x / scale - shift


def three_keywords(*, c, b, a):
    return mx.exp(a).sum() * b + c.sum()


def several_cases():
    """One file with three functions; each case has the inputs of another."""
    shapes = [(2, 4), (5, 4), (3, 2, 4)]
    traces = tuple((normal(*shape),) for shape in shapes)
    for number, shape in enumerate(shapes):
        yield case(f"several_functions_{number}", by_shape, normal(*shape), traces=traces)
        yield case(f"several_with_constants_{number}", by_shape_with_weight, normal(*shape), frozen(normal(4, 3)),
                   traces=traces)  # fmt: skip
    arities = ((normal(3),), (normal(3), normal(3)))
    for number, inputs in enumerate(arities):
        yield case(f"several_arities_{number}", sum_of_all, *inputs, traces=arities)
    yield case(
        "several_shapeless", by_rank, normal(2, 6, 5),
        traces=((normal(3, 4),), (normal(2, 3, 4),)), shapeless=True,
    )  # fmt: skip
    pairs = ((normal(2, 3), values([2.0])), (normal(5, 3), values([3.0])))
    for number, inputs in enumerate(pairs):
        yield case(f"several_with_keyword_{number}", scaled_by_shape, *inputs, traces=pairs, keywords=("by",))


def by_shape(x):
    return mx.exp(x) if x.shape[0] == 2 else mx.sin(x).sum(axis=-1)


def by_shape_with_weight(x, w):
    return nn.relu(x @ w) if x.shape[0] == 2 else mx.tanh(x @ w) * w.sum()


def by_rank(x):
    return mx.softmax(x, axis=-1) if x.ndim == 2 else mx.cumsum(x, axis=1)


def sum_of_all(*terms):
    return sum(mx.exp(k * t) for k, t in enumerate(terms, 1))


def scaled_by_shape(x, *, by):
    return x * by if x.shape[0] == 2 else x / by


CASES = [*shapeless_cases(), *shapeless_layer_cases(), *batch_cases(), *keyword_cases(), *several_cases()]
