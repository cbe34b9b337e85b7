# SPDX-License-Identifier: Apache-2.0
"""Parity cases: one small function per primitive and per mlx.nn layer, with variants of shape, dtype, broadcasting,
strides and edge values. `all_cases()` makes them; export_cases.py writes what MLX computes for each."""

import math
from dataclasses import dataclass, field

import mlx.core as mx
import mlx.nn as nn
import numpy as np

FLOATS = {"f32": mx.float32, "f16": mx.float16, "bf16": mx.bfloat16}
INTEGERS = {"i8": mx.int8, "i16": mx.int16, "i32": mx.int32, "i64": mx.int64, "u8": mx.uint8, "u16": mx.uint16, "u32": mx.uint32, "u64": mx.uint64}


@dataclass
class Case:
    name: str
    fn: object
    inputs: list
    differentiable: bool = True
    rtol: float | None = None  # None: the default for the dtype, see compare.c
    atol: float | None = None
    reason: str = ""
    tags: list = field(default_factory=list)


class Cases:
    """Collects cases; names are unique, inputs are drawn from one seeded generator a case."""

    def __init__(self):
        self.list, self.names = [], set()

    def add(self, name, fn, *inputs, **more):
        assert name not in self.names, name
        self.names.add(name)
        self.list.append(Case(name, fn, [x if isinstance(x, mx.array) else mx.array(x) for x in inputs], **more))


def rng(name):
    return np.random.default_rng(sum(ord(c) * 31**i for i, c in enumerate(name)) % 2**32)


def normal(name, *shape, dtype=mx.float32, scale=1.0):
    return mx.array((rng(name).standard_normal(shape) * scale).astype(np.float32)).astype(dtype)


def uniform(name, lo, hi, *shape, dtype=mx.float32):
    return mx.array(rng(name).uniform(lo, hi, shape).astype(np.float32)).astype(dtype)


def integers(name, lo, hi, *shape, dtype=mx.int32):
    return mx.array(rng(name).integers(lo, hi, shape)).astype(dtype)


# name -> (function, low, high) of a domain where it is smooth
UNARY = {
    "abs": (mx.abs, -3, 3), "arccos": (mx.arccos, -0.9, 0.9), "arccosh": (mx.arccosh, 1.1, 4), "arcsin": (mx.arcsin, -0.9, 0.9),
    "arcsinh": (mx.arcsinh, -3, 3), "arctan": (mx.arctan, -3, 3), "arctanh": (mx.arctanh, -0.9, 0.9), "ceil": (mx.ceil, -3, 3),
    "cos": (mx.cos, -3, 3), "cosh": (mx.cosh, -2, 2), "erf": (mx.erf, -2, 2), "erfinv": (mx.erfinv, -0.9, 0.9), "exp": (mx.exp, -3, 3),
    "expm1": (mx.expm1, -2, 2), "floor": (mx.floor, -3, 3), "log": (mx.log, 0.1, 4), "log2": (mx.log2, 0.1, 4), "log10": (mx.log10, 0.1, 4),
    "log1p": (mx.log1p, -0.5, 4), "negative": (mx.negative, -3, 3), "reciprocal": (mx.reciprocal, 0.3, 3), "round": (mx.round, -3, 3),
    "rsqrt": (mx.rsqrt, 0.2, 4), "sigmoid": (mx.sigmoid, -4, 4), "sign": (mx.sign, -3, 3), "sin": (mx.sin, -3, 3), "sinh": (mx.sinh, -2, 2),
    "sqrt": (mx.sqrt, 0.1, 4), "square": (mx.square, -3, 3), "tan": (mx.tan, -1.2, 1.2), "tanh": (mx.tanh, -3, 3),
}


def unary_cases(c):
    for name, (fn, lo, hi) in UNARY.items():
        c.add(f"unary_{name}", fn, uniform(name, lo, hi, 3, 17))
    for name in ("exp", "sigmoid", "tanh", "sqrt", "square", "log", "negative", "abs"):
        fn, lo, hi = UNARY[name]
        for tag in ("f16", "bf16"):
            c.add(f"unary_{name}_{tag}", fn, uniform(name, lo, hi, 5, 7, dtype=FLOATS[tag]))
    c.add("unary_scalar", mx.exp, mx.array(0.5))
    edge = mx.array([0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 1e-30, 1e30, -1e30, 88.0, -104.0])
    for name in ("abs", "exp", "expm1", "log1p", "sign", "round", "floor", "ceil", "sqrt", "sigmoid", "tanh", "negative", "square"):
        c.add(f"edge_{name}", UNARY[name][0], edge, differentiable=False)
    c.add("edge_round_half", mx.round, mx.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5]), differentiable=False)
    for tag in ("i32", "u8", "i64"):
        c.add(f"integer_abs_{tag}", mx.abs, integers(tag, 0 if tag[0] == "u" else -9, 9, 11, dtype=INTEGERS[tag]), differentiable=False)
        c.add(f"integer_square_{tag}", mx.square, integers(tag, 0, 9, 11, dtype=INTEGERS[tag]), differentiable=False)
    c.add("logical_not", mx.logical_not, mx.array([True, False, True]), differentiable=False)
    c.add("isnan", mx.isnan, edge, differentiable=False)
    c.add("isinf", mx.isinf, edge, differentiable=False)
    c.add("nan_to_num", lambda x: mx.nan_to_num(x, nan=1.0, posinf=2.0, neginf=-2.0), edge, differentiable=False)
    c.add("degrees", mx.degrees, normal("deg", 4))
    c.add("radians", mx.radians, normal("rad", 4))


def binary_cases(c):
    plain = {"add": mx.add, "subtract": mx.subtract, "multiply": mx.multiply, "divide": mx.divide, "maximum": mx.maximum, "minimum": mx.minimum,
             "logaddexp": mx.logaddexp, "arctan2": mx.arctan2}
    for name, fn in plain.items():
        a, b = uniform(name + "a", 0.5, 3, 4, 5), uniform(name + "b", 0.5, 3, 4, 5)
        c.add(f"binary_{name}", fn, a, b)
        c.add(f"binary_{name}_broadcast", fn, uniform(name, 0.5, 3, 4, 1, 5), uniform(name + "c", 0.5, 3, 3, 1))
        c.add(f"binary_{name}_scalar", lambda x, fn=fn: fn(x, 1.5), uniform(name + "s", 0.5, 3, 7))
    for name in ("add", "multiply", "divide", "subtract", "maximum"):
        for tag in ("f16", "bf16"):
            c.add(f"binary_{name}_{tag}", plain[name], uniform(name, 0.5, 3, 9, dtype=FLOATS[tag]), uniform(name + "b", 0.5, 3, 9, dtype=FLOATS[tag]))
    c.add("power", mx.power, uniform("pa", 0.5, 2, 9), uniform("pb", -2, 2, 9))
    c.add("power_constant", lambda x: x**3, normal("pc", 9))
    c.add("power_half", lambda x: x**0.5, uniform("ph", 0.5, 2, 9))
    c.add("remainder", mx.remainder, uniform("ra", -5, 5, 9), uniform("rb", 0.7, 2, 9))
    c.add("remainder_negative", lambda x: mx.remainder(x, mx.array(-1.7)), uniform("rn", -5, 5, 9))
    c.add("floor_divide", mx.floor_divide, uniform("fa", -5, 5, 9), uniform("fb", 0.7, 2, 9), differentiable=False)
    c.add("floor_divide_integers", mx.floor_divide, integers("fia", -20, 20, 15), integers("fib", 1, 6, 15), differentiable=False)
    c.add("remainder_integers", mx.remainder, integers("ria", -20, 20, 15), mx.array([3, -3] * 7 + [5]), differentiable=False)
    c.add("divmod", lambda a, b: tuple(mx.divmod(a, b)), uniform("da", -5, 5, 9), uniform("db", 0.7, 2, 9), differentiable=False)
    c.add("maximum_ties", mx.maximum, mx.array([1.0, 2.0, 0.0, -1.0]), mx.array([1.0, 1.0, 0.0, 3.0]))
    c.add("minimum_ties", mx.minimum, mx.array([1.0, 2.0, 0.0, -1.0]), mx.array([1.0, 1.0, 0.0, 3.0]))
    c.add("maximum_nan", mx.maximum, mx.array([math.nan, 1.0, -0.0]), mx.array([1.0, math.nan, 0.0]), differentiable=False)
    c.add("same_operand", lambda x: x * x + x, normal("same", 6))
    for name in ("add", "multiply", "subtract", "maximum"):
        for tag in INTEGERS:
            if name != "subtract" or tag[0] != "u":
                c.add(f"integer_{name}_{tag}", plain[name], integers(tag, 0, 11, 6, dtype=INTEGERS[tag]), integers(tag + "b", 0, 11, 6, dtype=INTEGERS[tag]), differentiable=False)
    for name in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal"):
        fn = getattr(mx, name)
        c.add(f"compare_{name}", fn, integers(name, 0, 3, 4, 5).astype(mx.float32), integers(name + "b", 0, 3, 5).astype(mx.float32), differentiable=False)
        c.add(f"compare_{name}_integers", fn, integers(name, 0, 3, 9), integers(name + "b", 0, 3, 9), differentiable=False)
    nans = mx.array([math.nan, 1.0, math.inf])
    c.add("compare_nan", lambda x: (mx.equal(x, x), mx.not_equal(x, x), mx.less(x, mx.array(2.0))), nans, differentiable=False)
    c.add("array_equal_nan", lambda x: mx.array_equal(x, x, equal_nan=True), nans, differentiable=False)
    c.add("logical_and_or", lambda a, b: (mx.logical_and(a, b), mx.logical_or(a, b)), mx.array([True, False, True, False]), mx.array([True, True, False, False]), differentiable=False)
    for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift"):
        c.add(name, getattr(mx, name), integers(name, 0, 100, 9), integers(name + "b", 0, 5, 9), differentiable=False)
    c.add("where", lambda m, a, b: mx.where(m, a, b), integers("wm", 0, 2, 3, 4).astype(mx.bool_), normal("wa", 3, 4), normal("wb", 4))
    c.add("where_scalar", lambda x: mx.where(x > 0, x, 0.1 * x), normal("ws", 9))
    c.add("clip", lambda x: mx.clip(x, -0.5, 0.5), normal("clip", 9))
    c.add("subtract_self_broadcast", lambda x: x - x.mean(axis=1, keepdims=True), normal("ssb", 3, 5))
    c.add("isclose", lambda a, b: mx.isclose(a, b), mx.array([1.0, 2.0, math.inf]), mx.array([1.0 + 1e-7, 2.1, math.inf]), differentiable=False)


def reduction_cases(c):
    plain = {"sum": mx.sum, "mean": mx.mean, "max": mx.max, "min": mx.min, "var": mx.var, "logsumexp": mx.logsumexp, "std": mx.std}
    for name, fn in plain.items():
        x = normal(name, 3, 4, 5)
        c.add(f"reduce_{name}_all", lambda x, fn=fn: fn(x), x)
        c.add(f"reduce_{name}_axis1", lambda x, fn=fn: fn(x, axis=1), x)
        c.add(f"reduce_{name}_last_keep", lambda x, fn=fn: fn(x, axis=-1, keepdims=True), x)
        c.add(f"reduce_{name}_two_axes", lambda x, fn=fn: fn(x, axis=(0, 2)), x)
    c.add("reduce_prod", lambda x: mx.prod(x, axis=1), uniform("prod", 0.5, 1.5, 3, 4))
    c.add("reduce_prod_all", lambda x: mx.prod(x), uniform("prodall", 0.5, 1.5, 3, 2))
    c.add("reduce_max_ties", lambda x: mx.max(x, axis=1), mx.array([[1.0, 1.0, 0.0], [2.0, 2.0, 2.0]]))
    c.add("reduce_min_ties", lambda x: mx.min(x, axis=1), mx.array([[1.0, 1.0, 5.0], [2.0, 2.0, 2.0]]))
    c.add("reduce_max_nan", lambda x: mx.max(x), mx.array([1.0, math.nan, 3.0]), differentiable=False)
    for tag in ("f16", "bf16"):
        c.add(f"reduce_sum_{tag}", lambda x: mx.sum(x, axis=-1), normal(tag, 4, 9, dtype=FLOATS[tag]))
        c.add(f"reduce_max_{tag}", lambda x: mx.max(x, axis=-1), normal(tag, 4, 9, dtype=FLOATS[tag]))
        c.add(f"softmax_{tag}", lambda x: mx.softmax(x, axis=-1), normal(tag, 4, 9, dtype=FLOATS[tag]))
        c.add(f"softmax_precise_{tag}", lambda x: mx.softmax(x, axis=-1, precise=True), normal(tag, 4, 9, dtype=FLOATS[tag]))
    for tag in INTEGERS:
        c.add(f"reduce_sum_{tag}", lambda x: mx.sum(x, axis=0), integers(tag, 0, 100, 5, 3, dtype=INTEGERS[tag]), differentiable=False)
    c.add("reduce_all_any", lambda x: (mx.all(x, axis=1), mx.any(x, axis=1)), integers("aa", 0, 2, 4, 3).astype(mx.bool_), differentiable=False)
    c.add("reduce_sum_bool", lambda x: mx.sum(x), mx.array([True, True, False]), differentiable=False)
    for name in ("argmax", "argmin"):
        fn = getattr(mx, name)
        c.add(f"{name}_axis", lambda x, fn=fn: fn(x, axis=1), integers(name, 0, 4, 3, 6).astype(mx.float32), differentiable=False)
        c.add(f"{name}_keep", lambda x, fn=fn: fn(x, axis=-1, keepdims=True), normal(name, 3, 6), differentiable=False)
        c.add(f"{name}_all", lambda x, fn=fn: fn(x), normal(name + "all", 3, 6), differentiable=False)
    for name in ("cumsum", "cumprod", "cummax", "cummin"):
        fn = getattr(mx, name)
        for reverse in (False, True):
            for inclusive in (True, False):
                tag = f"{name}{'_reverse' if reverse else ''}{'' if inclusive else '_exclusive'}"
                c.add(tag, lambda x, fn=fn, r=reverse, i=inclusive: fn(x, axis=1, reverse=r, inclusive=i), uniform(tag, 0.5, 1.5, 3, 5),
                      differentiable=name == "cumsum")
    c.add("cumsum_axis0", lambda x: mx.cumsum(x, axis=0), normal("cs0", 4, 3))
    c.add("softmax", lambda x: mx.softmax(x, axis=-1), normal("sm", 3, 7))
    c.add("softmax_axis0", lambda x: mx.softmax(x, axis=0), normal("sm0", 3, 7))
    c.add("softmax_two_axes", lambda x: mx.softmax(x, axis=(1, 2)), normal("sm2", 2, 3, 4))
    c.add("softmax_large", lambda x: mx.softmax(x, axis=-1), mx.array([[1e4, 0.0, -1e4], [88.0, 89.0, 90.0]]))
    c.add("softmax_minus_inf", lambda x: mx.softmax(x, axis=-1), mx.array([[0.0, -math.inf, 1.0]]), differentiable=False)
    c.add("sort", lambda x: mx.sort(x, axis=-1), normal("sort", 3, 6))
    c.add("sort_axis0", lambda x: mx.sort(x, axis=0), normal("sort0", 6, 3))
    c.add("argsort", lambda x: mx.argsort(x, axis=-1), normal("argsort", 3, 6), differentiable=False)
    c.add("partition_k", lambda x: mx.sort(mx.partition(x, 2, axis=-1)[..., :2], axis=-1), normal("part", 3, 6), differentiable=False)
    c.add("topk", lambda x: mx.sort(mx.topk(x, 3, axis=-1), axis=-1), normal("topk", 3, 7), differentiable=False)
    c.add("median_by_sort", lambda x: mx.sort(x, axis=-1)[:, 2], normal("med", 3, 5))
    c.add("norm_l2", lambda x: mx.linalg.norm(x, axis=-1), normal("norm", 3, 5))
    c.add("norm_l1", lambda x: mx.linalg.norm(x, ord=1, axis=-1), normal("norm1", 3, 5))


def shape_cases(c):
    x = normal("shape", 2, 3, 4)
    rows = {
        "reshape": lambda x: mx.reshape(x, (4, 6)), "reshape_minus_one": lambda x: mx.reshape(x, (2, -1)), "transpose": lambda x: mx.transpose(x),
        "transpose_axes": lambda x: mx.transpose(x, (1, 0, 2)), "swapaxes": lambda x: mx.swapaxes(x, 0, 2), "moveaxis": lambda x: mx.moveaxis(x, 0, -1),
        "expand_dims": lambda x: mx.expand_dims(x, (0, 2)), "squeeze": lambda x: mx.squeeze(mx.expand_dims(x, 1), 1), "flatten": lambda x: mx.flatten(x),
        "flatten_part": lambda x: mx.flatten(x, 1), "unflatten": lambda x: mx.unflatten(x, 2, (2, 2)), "broadcast_to": lambda x: mx.broadcast_to(x[:, :1], (2, 3, 4)),
        "concatenate": lambda x: mx.concatenate([x, 2 * x, x], axis=1), "stack": lambda x: mx.stack([x, x * x], axis=1), "repeat": lambda x: mx.repeat(x, 2, axis=1),
        "tile": lambda x: mx.tile(x, (1, 2, 1)), "roll": lambda x: mx.roll(x, 2, axis=2), "pad": lambda x: mx.pad(x, ((0, 0), (1, 2), (0, 1))),
        "pad_value": lambda x: mx.pad(x, 1, constant_values=2.5), "pad_edge": lambda x: mx.pad(x, ((0, 0), (1, 1), (2, 0)), mode="edge"),
        "slice": lambda x: x[:, 1:3, ::2], "slice_negative": lambda x: x[:, ::-1, 3:0:-2], "slice_index": lambda x: x[1, :, 2], "slice_ellipsis": lambda x: x[..., None, 1],
        "split": lambda x: tuple(mx.split(x, 2, axis=2)), "split_indices": lambda x: tuple(mx.split(x, [1, 3], axis=2)),
        "diagonal": lambda x: mx.diagonal(x[0, :, :3]), "diag": lambda x: mx.diag(x[0, 0]), "tril": lambda x: mx.tril(x[0]), "triu": lambda x: mx.triu(x[0], k=1),
        "as_strided": lambda x: mx.as_strided(x, (3, 2), (2, 5), 1), "as_strided_overlap": lambda x: mx.as_strided(x.reshape(-1), (5, 4), (2, 1), 0),
        "atleast": lambda x: mx.atleast_3d(x[0]),
        "mean_over_transposed": lambda x: mx.mean(mx.transpose(x, (2, 0, 1)), axis=0), "trace": lambda x: mx.trace(x[0, :, :3]),
    }
    for name, fn in rows.items():
        c.add(f"shape_{name}", fn, x)
    c.add("shape_scalar_expand", lambda x: mx.expand_dims(x, 0), mx.array(2.0))
    c.add("slice_update", lambda x, u: slice_assigned(x, u), normal("su", 3, 4), normal("suu", 3, 2))
    c.add("slice_update_add", lambda x, u: x.at[:, 1:3].add(u), normal("sua", 3, 4), normal("suau", 3, 2))
    casts = [("f32", "f16"), ("f32", "bf16"), ("f16", "f32"), ("bf16", "f32"), ("f16", "bf16")]
    for a, b in casts:
        c.add(f"astype_{a}_{b}", lambda x, t=FLOATS[b]: x.astype(t), normal(a + b, 9, dtype=FLOATS[a]))
    for tag in INTEGERS:
        c.add(f"astype_f32_{tag}", lambda x, t=INTEGERS[tag]: x.astype(t), uniform(tag, 0, 100, 9), differentiable=False)
        c.add(f"astype_{tag}_f32", lambda x: x.astype(mx.float32), integers(tag, 0, 100, 9, dtype=INTEGERS[tag]), differentiable=False)
    c.add("astype_f32_bool", lambda x: x.astype(mx.bool_), mx.array([0.0, -0.0, 0.5, math.nan]), differentiable=False)
    c.add("astype_chain", lambda x: (x * 2).astype(mx.float16).astype(mx.float32) + 1, normal("chain", 9))
    c.add("view_i32", lambda x: x.view(mx.int32), normal("view", 4), differentiable=False)
    c.add("view_u8", lambda x: x.view(mx.uint8), normal("view8", 4), differentiable=False)
    c.add("arange_inside", lambda x: x + mx.arange(5), normal("arange", 5))
    c.add("full_inside", lambda x: x * mx.full((3, 4), 2.5), normal("full", 3, 4))
    c.add("eye_inside", lambda x: x + mx.eye(4), normal("eye", 4, 4))
    c.add("tri_inside", lambda x: x * mx.tri(4), normal("tri", 4, 4))
    c.add("linspace_inside", lambda x: x + mx.linspace(0, 1, 5), normal("lin", 5))
    c.add("zeros_ones_like", lambda x: x + mx.ones_like(x) + mx.zeros_like(x), normal("zol", 5))
    c.add("stop_gradient", lambda x: x * mx.stop_gradient(x * x), normal("sg", 5), differentiable=False, reason="export removes StopGradient, so the gradients differ by design")


def slice_assigned(x, u):
    y = mx.array(x)
    y[:, 1:3] = u
    return y


def masked_assign(x):
    y = mx.array(x)
    y[:, mx.array([0, 2])] = x[:, mx.array([1, 1])]
    return y


def indexing_cases(c):
    x = normal("index", 5, 4, 3)
    idx = mx.array([0, 4, 2, 2], dtype=mx.int32)
    rows = {
        "take": lambda x: mx.take(x, idx, axis=0), "take_axis1": lambda x: mx.take(x, mx.array([3, 0]), axis=1), "take_flat": lambda x: mx.take(x, mx.array([0, 59, 7])),
        "take_2d": lambda x: mx.take(x, mx.array([[0, 1], [2, 3]]), axis=0), "fancy": lambda x: x[idx], "fancy_negative": lambda x: x[mx.array([-1, -5])],
        "fancy_two": lambda x: x[idx, mx.array([0, 1, 2, 3])], "fancy_mixed": lambda x: x[:, mx.array([2, 0]), 1:], "fancy_none": lambda x: x[idx, None],
        "take_along_axis": lambda x: mx.take_along_axis(x, mx.array(np.argsort(rng("taa").random((5, 2, 3)), axis=1)), axis=1), "scatter_add": lambda x: x.at[idx].add(mx.ones((4, 4, 3))),
        "scatter_max": lambda x: x.at[mx.array([0, 2])].maximum(mx.zeros((2, 4, 3))), "scatter_min": lambda x: x.at[mx.array([0, 2])].minimum(mx.zeros((2, 4, 3))),
        "scatter_assign": masked_assign, "put_along_axis": lambda x: mx.put_along_axis(x, mx.array([[[1]], [[0]], [[2]], [[3]], [[1]]]), mx.array(9.0), axis=1),
        "one_hot_matmul": lambda x: (mx.expand_dims(idx, 1) == mx.arange(5)).astype(mx.float32) @ x.reshape(5, -1),
    }
    for name, fn in rows.items():
        c.add(f"index_{name}", fn, x, differentiable=name not in ("scatter_max", "scatter_min"))
    c.add("index_input_indices", lambda x, i: mx.take(x, i, axis=0), x, integers("ii", 0, 5, 3))
    c.add("index_scatter_updates", lambda x, u: x.at[mx.array([1, 3])].add(u), normal("isx", 5, 4), normal("isu", 2, 4))
    c.add("index_scatter_multiply", lambda x, u: x.at[mx.array([1, 3])].multiply(u), uniform("imx", 0.5, 2, 5, 4), uniform("imu", 0.5, 2, 2, 4), differentiable=False)
    c.add("index_gather_then_sum", lambda x: mx.sum(x[idx] ** 2, axis=0), x)
    c.add("index_embedding_like", lambda w, i: w[i].sum(axis=1), normal("emb", 7, 4), integers("embi", 0, 7, 2, 3))


def matmul_cases(c):
    shapes = {"2d": ((3, 4), (4, 5)), "vector_matrix": ((4,), (4, 5)), "matrix_vector": ((3, 4), (4,)), "dot": ((6,), (6,)), "batched": ((2, 3, 4), (2, 4, 5)),
              "broadcast": ((2, 1, 3, 4), (5, 4, 2)), "tall": ((33, 17), (17, 9)), "one": ((1, 1), (1, 1))}
    for name, (a, b) in shapes.items():
        c.add(f"matmul_{name}", mx.matmul, normal(name + "a", *a), normal(name + "b", *b))
    for tag in ("f16", "bf16"):
        c.add(f"matmul_{tag}", mx.matmul, normal(tag + "a", 5, 8, dtype=FLOATS[tag]), normal(tag + "b", 8, 3, dtype=FLOATS[tag]))
    c.add("matmul_transposed", lambda a, b: a.T @ b.T, normal("mta", 4, 3), normal("mtb", 5, 4))
    c.add("addmm", lambda z, a, b: mx.addmm(z, a, b, alpha=0.5, beta=2.0), normal("amc", 3, 5), normal("ama", 3, 4), normal("amb", 4, 5))
    c.add("addmm_bias", lambda z, a, b: mx.addmm(z, a, b), normal("abc", 5), normal("aba", 3, 4), normal("abb", 4, 5))
    c.add("inner", mx.inner, normal("ia", 3, 4), normal("ib", 5, 4))
    c.add("outer", mx.outer, normal("oa", 3), normal("ob", 4))
    c.add("tensordot", lambda a, b: mx.tensordot(a, b, axes=([1, 2], [0, 1])), normal("ta", 2, 3, 4), normal("tb", 3, 4, 5))
    c.add("einsum_ij_jk", lambda a, b: mx.einsum("ij,jk->ik", a, b), normal("ea", 3, 4), normal("eb", 4, 2))
    c.add("einsum_attention", lambda q, k: mx.einsum("bhqd,bhkd->bhqk", q, k), normal("eq", 2, 2, 3, 4), normal("ek", 2, 2, 5, 4))
    c.add("einsum_sum", lambda a: mx.einsum("ij->j", a), normal("et", 3, 4))
    c.add("kron", mx.kron, normal("ka", 2, 3), normal("kb", 2, 2))
    c.add("block_masked_mm", lambda a, b: mx.block_masked_mm(a, b, 32, mask_out=mx.array([[True, False], [True, True]])), normal("bma", 64, 32), normal("bmb", 32, 64), differentiable=False)
    c.add("gather_mm", lambda a, b: mx.gather_mm(a, b, mx.array([0, 1, 0], dtype=mx.uint32), mx.array([2, 0, 1], dtype=mx.uint32)), normal("gma", 2, 3, 4), normal("gmb", 3, 4, 5))
    c.add("hadamard", lambda x: mx.hadamard_transform(x), normal("had", 3, 16))
    for bits in (2, 3, 4, 5, 6, 8):
        for group in (32, 64, 128):
            if group == 128 and bits != 4:
                continue
            w = mx.quantize(normal(f"q{bits}{group}", 10, 128), group_size=group, bits=bits)
            c.add(f"quantized_matmul_b{bits}_g{group}", lambda x, w=w, b=bits, g=group: mx.quantized_matmul(x, *w, transpose=True, group_size=g, bits=b), normal(f"qx{bits}{group}", 3, 128))
            c.add(f"dequantize_b{bits}_g{group}", lambda x, w=w, b=bits, g=group: x + mx.dequantize(*w, group_size=g, bits=b), normal(f"dq{bits}{group}", 10, 128))
    w = mx.quantize(normal("qnt", 64, 128), group_size=64, bits=4)
    c.add("quantized_matmul_not_transposed", lambda x: mx.quantized_matmul(x, *w, transpose=False, group_size=64, bits=4), normal("qntx", 3, 64))


def convolution_cases(c):
    rows_2d = {  # name: (input, weight, options)
        "plain": ((2, 7, 7, 3), (4, 3, 3, 3), {}), "padded": ((2, 7, 7, 3), (4, 3, 3, 3), {"padding": 1}), "stride2": ((2, 8, 8, 3), (4, 3, 3, 3), {"stride": 2, "padding": 1}),
        "stride2_k4": ((2, 8, 8, 3), (4, 4, 4, 3), {"stride": 2, "padding": 1}), "stride2_odd": ((2, 9, 7, 3), (4, 3, 3, 3), {"stride": 2, "padding": 1}),
        "stride3_leftover": ((1, 11, 10, 2), (3, 3, 3, 2), {"stride": 3}), "k1": ((2, 5, 5, 6), (4, 1, 1, 6), {}), "k1_stride2": ((2, 6, 6, 6), (4, 1, 1, 6), {"stride": 2}),
        "k5": ((2, 9, 9, 3), (4, 5, 5, 3), {"padding": 2}), "rectangular": ((2, 7, 9, 3), (4, 3, 2, 3), {"stride": (1, 2), "padding": (1, 0)}), "dilated": ((2, 9, 9, 3), (4, 3, 3, 3), {"dilation": 2}),
        "groups": ((2, 7, 7, 4), (6, 3, 3, 2), {"padding": 1, "groups": 2}), "depthwise": ((2, 7, 7, 4), (4, 3, 3, 1), {"padding": 1, "groups": 4}), "one_channel": ((2, 9, 9, 1), (8, 5, 5, 1), {"padding": 2}),
        "wide": ((1, 8, 8, 32), (32, 3, 3, 32), {"padding": 1}), "wide_odd": ((3, 7, 5, 16), (16, 3, 3, 16), {"padding": 1}), "wide_stride2": ((1, 8, 8, 32), (48, 3, 3, 32), {"stride": 2, "padding": 1}),
    }
    for name, (x, w, options) in rows_2d.items():
        c.add(f"conv2d_{name}", lambda x, w, o=options: mx.conv2d(x, w, **o), normal(name, *x), normal(name + "w", *w, scale=0.3))
    for tag in ("f16", "bf16"):
        c.add(f"conv2d_{tag}", lambda x, w: mx.conv2d(x, w, padding=1), normal(tag, 1, 5, 5, 3, dtype=FLOATS[tag]), normal(tag + "w", 4, 3, 3, 3, dtype=FLOATS[tag], scale=0.3))
    for name, options in {"plain": {}, "stride2": {"stride": 2, "padding": 1}, "dilated": {"dilation": 2}, "groups": {"groups": 2}}.items():
        c.add(f"conv1d_{name}", lambda x, w, o=options: mx.conv1d(x, w, **o), normal("c1" + name, 2, 11, 4), normal("c1w" + name, 6, 3, 2 if "groups" in options else 4))
    for name, options in {"plain": {}, "stride2": {"stride": 2, "padding": 1}}.items():
        c.add(f"conv3d_{name}", lambda x, w, o=options: mx.conv3d(x, w, **o), normal("c3" + name, 1, 5, 6, 5, 2), normal("c3w" + name, 3, 3, 3, 3, 2))
    for name, options in {"plain": {}, "stride2": {"stride": 2, "padding": 1}, "output_padding": {"stride": 2, "padding": 1, "output_padding": 1}}.items():
        c.add(f"conv_transpose2d_{name}", lambda x, w, o=options: mx.conv_transpose2d(x, w, **o), normal("ct" + name, 2, 5, 5, 3), normal("ctw" + name, 4, 3, 3, 3))
    c.add("conv_transpose1d", lambda x, w: mx.conv_transpose1d(x, w, stride=2), normal("ct1", 2, 5, 3), normal("ct1w", 4, 3, 3))
    c.add("conv_transpose3d", lambda x, w: mx.conv_transpose3d(x, w, stride=2), normal("ct3", 1, 3, 3, 3, 2), normal("ct3w", 3, 2, 2, 2, 2))
    c.add("conv_general_input_dilation", lambda x, w: mx.conv_general(x, w, stride=1, padding=([2, 2], [1, 1]), input_dilation=2), normal("cg", 1, 5, 5, 2), normal("cgw", 3, 3, 3, 2))
    c.add("conv_general_flip", lambda x, w: mx.conv_general(x, w, padding=1, flip=True), normal("cf", 1, 5, 5, 2), normal("cfw", 3, 3, 3, 2))
    c.add("conv_general_asymmetric", lambda x, w: mx.conv_general(x, w, padding=([0, 1], [2, 1])), normal("cas", 1, 5, 5, 2), normal("casw", 3, 3, 3, 2))
    c.add("convolve", lambda a: mx.convolve(a, mx.array([1.0, 2.0, 0.5])), normal("cv", 9))


def layer_cases(c):
    def layer(name, module, x, **more):
        module.eval()
        mx.eval(module.parameters())
        c.add(f"nn_{name}", lambda x, m=module: m(x), x, **more)

    mx.random.seed(5)
    layer("linear", nn.Linear(6, 4), normal("l", 3, 6))
    layer("linear_no_bias", nn.Linear(6, 4, bias=False), normal("lnb", 3, 6))
    layer("linear_3d", nn.Linear(6, 4), normal("l3", 2, 5, 6))
    layer("bilinear", Pair(nn.Bilinear(4, 5, 3)), normal("bl", 2, 9))
    layer("identity", nn.Identity(), normal("id", 3))
    layer("conv1d", nn.Conv1d(3, 5, 3, stride=2, padding=1), normal("nc1", 2, 9, 3))
    layer("conv2d", nn.Conv2d(3, 5, 3, padding=1), normal("nc2", 2, 7, 7, 3))
    layer("conv2d_groups", nn.Conv2d(4, 6, 3, groups=2), normal("nc2g", 2, 7, 7, 4))
    layer("conv3d", nn.Conv3d(2, 3, 2), normal("nc3", 1, 4, 4, 4, 2))
    layer("conv_transpose1d", nn.ConvTranspose1d(3, 4, 3, stride=2), normal("nct1", 2, 5, 3))
    layer("conv_transpose2d", nn.ConvTranspose2d(3, 4, 3, stride=2, padding=1), normal("nct2", 2, 5, 5, 3))
    layer("conv_transpose3d", nn.ConvTranspose3d(2, 3, 2, stride=2), normal("nct3", 1, 3, 3, 3, 2))
    for name, shape in {"2d": (4, 6), "3d": (2, 5, 6), "4d": (2, 5, 5, 6)}.items():
        bn = nn.BatchNorm(6)
        bn.running_mean, bn.running_var = normal("bnm" + name, 6), uniform("bnv" + name, 0.5, 2, 6)
        bn.weight, bn.bias = normal("bnw" + name, 6), normal("bnb" + name, 6)
        layer(f"batch_norm_{name}", bn, normal("bn" + name, *shape))
    layer("batch_norm_not_affine", nn.BatchNorm(6, affine=False), normal("bna", 4, 6))
    layer("layer_norm", nn.LayerNorm(6), normal("ln", 3, 5, 6))
    layer("layer_norm_not_affine", nn.LayerNorm(6, affine=False), normal("lna", 3, 6))
    layer("rms_norm", nn.RMSNorm(6), normal("rn", 3, 5, 6))
    layer("group_norm", nn.GroupNorm(2, 6), normal("gn", 2, 5, 5, 6))
    layer("group_norm_pytorch", nn.GroupNorm(2, 6, pytorch_compatible=True), normal("gnp", 2, 5, 5, 6))
    layer("instance_norm", nn.InstanceNorm(6), normal("in", 2, 5, 5, 6))
    layer("instance_norm_affine", nn.InstanceNorm(6, affine=True), normal("ina", 2, 5, 6))
    layer("dropout", nn.Dropout(0.5), normal("do", 3, 6))
    layer("dropout2d", nn.Dropout2d(0.5), normal("do2", 2, 4, 4, 3))
    pools = {"2": {"kernel_size": 2, "stride": 2}, "3_stride2": {"kernel_size": 3, "stride": 2}, "3_stride1_padded": {"kernel_size": 3, "stride": 1, "padding": 1}}
    for tag, options in pools.items():
        layer(f"max_pool1d_{tag}", nn.MaxPool1d(**options), normal("mp1" + tag, 2, 8, 3))
        layer(f"avg_pool1d_{tag}", nn.AvgPool1d(**options), normal("ap1" + tag, 2, 8, 3))
        layer(f"max_pool2d_{tag}", nn.MaxPool2d(**options), normal("mp2" + tag, 2, 8, 8, 3))
        layer(f"avg_pool2d_{tag}", nn.AvgPool2d(**options), normal("ap2" + tag, 2, 8, 8, 3))
    layer("max_pool2d_ties", nn.MaxPool2d(2, 2), integers("mpt", 0, 3, 2, 6, 6, 2).astype(mx.float32))
    layer("max_pool2d_overlapping_ties", nn.MaxPool2d(3, 2), integers("mpo", 0, 3, 2, 7, 7, 2).astype(mx.float32))
    layer("max_pool2d_leftover", nn.MaxPool2d(2, 2), normal("mpl", 2, 7, 9, 3))
    layer("max_pool3d", nn.MaxPool3d(2, 2), normal("mp3", 1, 4, 4, 4, 2))
    layer("avg_pool3d", nn.AvgPool3d(2, 2), normal("ap3", 1, 4, 4, 4, 2))
    layer("embedding", nn.Embedding(7, 4), integers("em", 0, 7, 3, 5), differentiable=False)
    layer("embedding_as_linear", Method(nn.Embedding(7, 4), "as_linear"), normal("eml", 3, 4))
    layer("multi_head_attention", SelfAttention(nn.MultiHeadAttention(8, 2)), normal("mha", 2, 5, 8))
    layer("multi_head_attention_bias", SelfAttention(nn.MultiHeadAttention(8, 2, bias=True)), normal("mhab", 2, 5, 8))
    layer("multi_head_attention_causal", SelfAttention(nn.MultiHeadAttention(8, 2), causal=True), normal("mhac", 2, 5, 8))
    layer("transformer_encoder", Masked(nn.TransformerEncoder(2, 8, 2, 16)), normal("te", 2, 5, 8))
    layer("transformer_encoder_post_norm", Masked(nn.TransformerEncoder(1, 8, 2, 16, norm_first=False)), normal("tep", 2, 5, 8))
    layer("transformer_encoder_gelu", Masked(nn.TransformerEncoder(1, 8, 2, 16, activation=nn.gelu)), normal("teg", 2, 5, 8))
    layer("rnn", nn.RNN(4, 6), normal("rnn", 2, 5, 4))
    layer("gru", nn.GRU(4, 6), normal("gru", 2, 5, 4))
    layer("gru_no_bias", nn.GRU(4, 6, bias=False), normal("grub", 2, 5, 4))
    layer("lstm", First(nn.LSTM(4, 6)), normal("lstm", 2, 5, 4))
    for bits in (2, 3, 4, 6, 8):
        layer(f"quantized_linear_b{bits}", nn.QuantizedLinear.from_linear(nn.Linear(64, 8), 32, bits), normal(f"ql{bits}", 3, 64))
    layer("quantized_embedding", nn.QuantizedEmbedding.from_embedding(nn.Embedding(7, 64), 64, 4), integers("qe", 0, 7, 3), differentiable=False)
    layer("rope", nn.RoPE(8), normal("rope", 2, 3, 5, 8))
    layer("rope_traditional", nn.RoPE(8, traditional=True), normal("ropet", 2, 3, 5, 8))
    layer("rope_part", nn.RoPE(4, base=500.0, scale=0.5), normal("ropep", 2, 5, 8))
    layer("sinusoidal", nn.SinusoidalPositionalEncoding(8), uniform("sin", 0, 5, 2, 5))
    layer("alibi", Alibi(nn.ALiBi()), normal("alibi", 2, 4, 5, 5))
    for mode in ("nearest", "linear"):  # MLX cannot export "cubic": it holds a compiled primitive
        layer(f"upsample_{mode}", nn.Upsample(2, mode=mode), normal("up" + mode, 1, 4, 4, 2))
    layer("upsample_aligned", nn.Upsample(2, mode="linear", align_corners=True), normal("upa", 1, 4, 4, 2))
    layer("sequential_cnn", nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm(16), nn.ReLU(), nn.MaxPool2d(2, 2), nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), Flat(), nn.Linear(256, 5)), normal("seq", 2, 8, 8, 3))


class Pair(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def __call__(self, x):
        return self.inner(x[:, :4], x[:, 4:])


class Method(nn.Module):
    def __init__(self, inner, name):
        super().__init__()
        self.inner, self.name = inner, name

    def __call__(self, x):
        return getattr(self.inner, self.name)(x)


class First(Method):
    def __init__(self, inner):
        super().__init__(inner, "")

    def __call__(self, x):
        return self.inner(x)[0]


class SelfAttention(nn.Module):
    def __init__(self, inner, causal=False):
        super().__init__()
        self.inner, self.causal = inner, causal

    def __call__(self, x):
        mask = nn.MultiHeadAttention.create_additive_causal_mask(x.shape[1]) if self.causal else None
        return self.inner(x, x, x, mask)


class Masked(First):
    def __call__(self, x):
        return self.inner(x, None)


class Alibi(First):
    def __call__(self, x):
        return self.inner(x)


class Flat(nn.Module):
    def __call__(self, x):
        return x.reshape(x.shape[0], -1)


ACTIVATIONS = ["celu", "elu", "gelu", "gelu_approx", "gelu_fast_approx", "hard_shrink", "hard_tanh", "hardswish", "leaky_relu", "log_sigmoid",
               "log_softmax", "mish", "relu", "relu2", "relu6", "selu", "sigmoid", "silu", "softmin", "softplus", "softshrink", "softsign", "step", "tanh"]


def activation_cases(c):
    for name in ACTIVATIONS:
        fn = getattr(nn, name, None)
        if fn is None:
            continue
        c.add(f"act_{name}", lambda x, fn=fn: fn(x), normal("act" + name, 4, 9, scale=2.0))
        c.add(f"act_{name}_edge", lambda x, fn=fn: fn(x), mx.array([-1e3, -20.0, -1.0, -0.0, 0.0, 1e-6, 1.0, 20.0, 1e3]), differentiable=False)
    c.add("act_softmax", lambda x: nn.softmax(x, axis=-1), normal("actsm", 4, 9))
    c.add("act_glu", lambda x: nn.glu(x, axis=-1), normal("glu", 4, 8))
    c.add("act_prelu", lambda x: nn.prelu(x, mx.array([0.2])), normal("prelu", 4, 8))
    prelu = nn.PReLU()
    c.add("act_prelu_layer", lambda x: prelu(x), normal("prelul", 4, 8))
    c.add("act_relu_at_zero", nn.relu, mx.array([-1.0, 0.0, -0.0, 2.0]))
    for name in ("relu", "gelu", "silu", "sigmoid"):
        c.add(f"act_{name}_bf16", lambda x, fn=getattr(nn, name): fn(x), normal("actb" + name, 4, 9, dtype=mx.bfloat16))


def fast_cases(c):
    w, b = normal("fw", 8), normal("fb", 8)
    c.add("fast_layer_norm", lambda x, w, b: mx.fast.layer_norm(x, w, b, 1e-5), normal("fln", 3, 8), w, b)
    c.add("fast_layer_norm_plain", lambda x: mx.fast.layer_norm(x, None, None, 1e-5), normal("flnp", 3, 8))
    c.add("fast_rms_norm", lambda x, w: mx.fast.rms_norm(x, w, 1e-5), normal("frn", 3, 8), w)
    c.add("fast_rope", lambda x: mx.fast.rope(x, 8, traditional=False, base=10000.0, scale=1.0, offset=3), normal("fr", 2, 3, 5, 8))
    c.add("fast_rope_traditional", lambda x: mx.fast.rope(x, 4, traditional=True, base=100.0, scale=0.5, offset=0), normal("frt", 2, 3, 5, 8))
    c.add("fast_rope_frequencies", lambda x: mx.fast.rope(x, 8, traditional=False, base=None, scale=1.0, offset=1, freqs=mx.array([1.0, 10.0, 100.0, 1000.0])), normal("frf", 2, 3, 5, 8))
    q, k, v = normal("sq", 2, 4, 5, 8), normal("sk", 2, 4, 6, 8), normal("sv", 2, 4, 6, 8)
    attention = mx.fast.scaled_dot_product_attention
    c.add("fast_attention", lambda q, k, v: attention(q, k, v, scale=0.35), q, k, v)
    c.add("fast_attention_causal", lambda q, k, v: attention(q, k, v, scale=0.35, mask="causal"), q, k, v)
    c.add("fast_attention_additive", lambda q, k, v: attention(q, k, v, scale=0.35, mask=normal("sm", 5, 6)), q, k, v)
    c.add("fast_attention_boolean", lambda q, k, v: attention(q, k, v, scale=0.35, mask=integers("sb", 0, 2, 5, 6).astype(mx.bool_) | (mx.arange(6) == 0)), q, k, v)
    c.add("fast_attention_grouped", lambda q, k, v: attention(q, k, v, scale=0.35), q, normal("gk", 2, 2, 6, 8), normal("gv", 2, 2, 6, 8))


def user_cases(c):
    labels = mx.array([1, 0, 3])
    x = normal("user", 3, 5)
    c.add("user_cross_entropy", lambda x: nn.losses.cross_entropy(x, labels, reduction="mean"), x)
    c.add("user_cross_entropy_smooth", lambda x: nn.losses.cross_entropy(x, labels, label_smoothing=0.1, reduction="none"), x)
    c.add("user_mse", lambda x: nn.losses.mse_loss(x, mx.zeros((3, 5))), x)
    c.add("user_huber", lambda x: nn.losses.huber_loss(x, mx.zeros((3, 5)), reduction="sum"), x)
    c.add("user_cosine", lambda x, y: nn.losses.cosine_similarity_loss(x, y, reduction="none"), x, normal("usery", 3, 5))
    c.add("user_normalise", lambda x: (x - mx.array([0.1, 0.2, 0.3, 0.4, 0.5])) / mx.array([0.5, 0.6, 0.7, 0.8, 0.9]), x)
    c.add("user_gelu_by_hand", lambda x: 0.5 * x * (1 + mx.erf(x / math.sqrt(2))), x)
    c.add("user_softmax_by_hand", lambda x: mx.exp(x - mx.max(x, axis=-1, keepdims=True)) / mx.sum(mx.exp(x - mx.max(x, axis=-1, keepdims=True)), axis=-1, keepdims=True), x)
    c.add("user_temperature", lambda x: x / 0.01, x)
    c.add("user_quantised_input", lambda x: mx.round(x * 255) / 255, x)
    c.add("user_ensemble", lambda x: (nn.relu(x) + mx.tanh(x) + mx.sin(x)) / 3, x)
    c.add("user_attention_by_hand", lambda x: mx.softmax(x @ x.T / math.sqrt(5), axis=-1) @ x, x)
    c.add("user_global_pool", lambda x: mx.concatenate([x.mean(axis=(1, 2)), x.max(axis=(1, 2))], axis=-1), normal("gp", 2, 4, 4, 3))
    c.add("user_squeeze_excite", lambda x: x * mx.sigmoid(x.mean(axis=(1, 2), keepdims=True)), normal("se", 2, 4, 4, 3))
    c.add("user_two_outputs", lambda x: (x * 2, mx.sum(x * x, axis=-1)), x)
    c.add("user_unused_input", lambda x, y: x * 2, x, normal("unused", 2))
    c.add("user_constant_output", lambda x: (x, mx.ones((2,))), x, differentiable=False)
    c.add("user_patches", lambda x: x.reshape(2, 2, 2, 2, 2, 3).transpose(0, 1, 3, 2, 4, 5).reshape(2, 4, 12), normal("pt", 2, 4, 4, 3))
    c.add("user_identity", lambda x: x, x)
    c.add("user_masked_mean", lambda x, m: mx.sum(x * m, axis=1) / mx.sum(m, axis=1), x, integers("mm", 0, 2, 3, 5).astype(mx.float32) + 0.5)


def all_cases():
    c = Cases()
    for add in (unary_cases, binary_cases, reduction_cases, shape_cases, indexing_cases, matmul_cases, convolution_cases, layer_cases, activation_cases, fast_cases, user_cases):
        add(c)
    return c.list
