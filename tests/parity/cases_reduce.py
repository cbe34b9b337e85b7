# SPDX-License-Identifier: Apache-2.0
"""Reductions, scans, softmax, and what orders elements."""

import mlx.core as mx

from case import BF16, F16, F32, bools, case, distinct, integers, normal, uniform, values

INF, NAN = float("inf"), float("nan")
SMOOTH_REDUCTIONS = ["sum", "mean", "prod", "logsumexp", "var", "std"]
SELECTING_REDUCTIONS = ["min", "max"]
AXES = {"all": None, "0": 0, "last": -1, "02": (0, 2), "negative": (-3, -1)}
INTEGER_TYPES = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
SCANS = ["cumsum", "cumprod", "cummax", "cummin", "logcumsumexp"]


def reduction_cases():
    for name in SMOOTH_REDUCTIONS + SELECTING_REDUCTIONS:
        fn = getattr(mx, name)
        spec = distinct if name in SELECTING_REDUCTIONS else normal
        for label, axis in AXES.items():
            yield case(f"{name}_axis_{label}", lambda x, fn=fn, axis=axis: fn(x, axis=axis), spec(3, 4, 5))
        yield case(f"{name}_keepdims", lambda x, fn=fn: fn(x, axis=1, keepdims=True), spec(3, 4, 5))
        yield case(f"{name}_of_scalar", lambda x, fn=fn: fn(x), values(0.75), differentiable=name != "std")
        yield case(f"{name}_f16", lambda x, fn=fn: fn(x, axis=-1), uniform(0.5, 1.5, 4, 6, dtype=F16))
        yield case(f"{name}_bf16", lambda x, fn=fn: fn(x, axis=-1), uniform(0.5, 1.5, 4, 6, dtype=BF16))
    for name in ["sum", "prod", "min", "max"]:
        fn = getattr(mx, name)
        for kind in INTEGER_TYPES:
            low = 0 if kind.startswith("u") else -3
            yield case(
                f"{name}_{kind}", lambda x, fn=fn: fn(x, axis=0), integers(low, 4, 4, 3, dtype=getattr(mx, kind))
            )
    for name in ["all", "any"]:
        fn = getattr(mx, name)
        for label, axis in AXES.items():
            yield case(f"{name}_axis_{label}", lambda x, fn=fn, axis=axis: fn(x, axis=axis), bools(2, 2, 3))
        yield case(f"{name}_of_f32", lambda x, fn=fn: fn(x, axis=1), values([[0.0, -0.0], [NAN, 0.0], [1.0, 2.0]]))
    yield case("sum_bool_counts", lambda x: mx.sum(x, axis=1), bools(3, 7))
    yield case("mean_i32", lambda x: mx.mean(x, axis=1), integers(-9, 9, 3, 4))
    yield case("sum_long_row", mx.sum, normal(5000))
    yield case("sum_of_empty_axes", lambda x: mx.sum(x, axis=()), normal(3, 4))
    yield case("sum_size_one_axis", lambda x: mx.sum(x, axis=1), normal(3, 1, 4))
    yield case("prod_with_one_zero", lambda x: mx.prod(x, axis=1), values([[1.0, 2.0, 0.0], [3.0, -1.0, 2.0]]))
    yield case("prod_with_two_zeros", lambda x: mx.prod(x, axis=1), values([[0.0, 2.0, 0.0], [3.0, -1.0, 2.0]]))
    yield case("max_ties_share", lambda x: mx.max(x, axis=1), values([[1.0, 1.0, 0.0], [2.0, 2.0, 2.0]]))
    yield case("min_ties_share", lambda x: mx.min(x, axis=1), values([[0.0, 0.0, 1.0], [2.0, 2.0, 2.0]]))
    yield case(
        "max_of_negative_infinity",
        lambda x: mx.max(x, axis=1),
        values([[-INF, -INF], [-INF, 1.0]]),
        differentiable=False,
    )
    yield case("max_with_nan", lambda x: mx.max(x, axis=1), values([[1.0, NAN], [3.0, 2.0]]), differentiable=False)
    yield case("min_with_nan", lambda x: mx.min(x, axis=1), values([[NAN, 1.0], [3.0, 2.0]]), differentiable=False)
    yield case("var_ddof", lambda x: mx.var(x, axis=1, ddof=1), normal(3, 6))
    yield case("std_ddof_keepdims", lambda x: mx.std(x, axis=(0, 1), ddof=1, keepdims=True), normal(3, 4, 2))
    yield case("logsumexp_large", lambda x: mx.logsumexp(x, axis=1), values([[1000.0, 999.0], [-1000.0, -1001.0]]))
    yield case(
        "logsumexp_infinite",
        lambda x: mx.logsumexp(x, axis=1),
        values([[INF, 1.0], [-INF, 2.0], [-INF, -INF]]),
        differentiable=False,
    )
    yield case("logsumexp_many_axes", lambda x: mx.logsumexp(x, axis=(0, 2), keepdims=True), normal(3, 4, 5))
    yield case("norm_l2", lambda x: mx.linalg.norm(x, axis=-1), normal(4, 6))
    yield case("norm_l1", lambda x: mx.linalg.norm(x, ord=1, axis=1), normal(4, 6))
    yield case("norm_inf", lambda x: mx.linalg.norm(x, ord=float("inf"), axis=1), distinct(4, 6))
    yield case("norm_frobenius", mx.linalg.norm, normal(3, 4))
    yield case("normalize_rows", lambda x: x / mx.linalg.norm(x, axis=1, keepdims=True), normal(3, 5))
    yield case("minmax", lambda x: mx.minmax(x), distinct(3, 4))
    yield case("count_nonzero", lambda x: mx.count_nonzero(x, axis=1), integers(0, 2, 3, 6))
    yield case("median", lambda x: mx.median(x, axis=1), distinct(3, 5))


def scan_cases():
    for name in SCANS:
        fn = getattr(mx, name)
        spec = distinct(3, 4, 5) if name in ("cummax", "cummin") else uniform(0.4, 1.6, 3, 4, 5)
        for reverse in (False, True):
            for inclusive in (True, False):
                label = f"{name}{'_reverse' if reverse else ''}{'' if inclusive else '_exclusive'}"
                options = {"axis": 1, "reverse": reverse, "inclusive": inclusive}
                yield case(label, lambda x, fn=fn, options=options: fn(x, **options), spec)
        yield case(f"{name}_last_axis", lambda x, fn=fn: fn(x, axis=-1), spec)
        yield case(f"{name}_flat", lambda x, fn=fn: fn(x), spec)
        yield case(f"{name}_f16", lambda x, fn=fn: fn(x, axis=0), uniform(0.5, 1.5, 5, 3, dtype=F16))
    for name in ["cumsum", "cumprod", "cummax", "cummin"]:
        fn = getattr(mx, name)
        yield case(f"{name}_i32", lambda x, fn=fn: fn(x, axis=1), integers(-3, 4, 3, 6))
    yield case("cumsum_bool", lambda x: mx.cumsum(x, axis=0), bools(6, 2))
    yield case("cummax_ties", lambda x: mx.cummax(x, axis=0), values([1.0, 1.0, 0.0, 2.0, 2.0]))
    yield case("cumprod_with_zero", lambda x: mx.cumprod(x, axis=0), values([2.0, 0.0, 3.0, 4.0]), differentiable=False)


def softmax_cases():
    yield case("softmax_last", lambda x: mx.softmax(x, axis=-1), normal(4, 7))
    yield case("softmax_first", lambda x: mx.softmax(x, axis=0), normal(4, 7))
    yield case("softmax_all_axes", mx.softmax, normal(3, 4))
    yield case("softmax_two_axes", lambda x: mx.softmax(x, axis=(1, 2)), normal(2, 3, 4))
    yield case("softmax_large", lambda x: mx.softmax(x, axis=-1), values([[1000.0, 0.0, -1000.0], [88.0, 89.0, 90.0]]))
    yield case("softmax_masked", lambda x: mx.softmax(x, axis=-1), values([[0.0, -INF, 1.0], [2.0, -INF, -INF]]))
    yield case("softmax_f16", lambda x: mx.softmax(x, axis=-1), normal(4, 9, dtype=F16))
    yield case("softmax_f16_precise", lambda x: mx.softmax(x, axis=-1, precise=True), normal(4, 9, dtype=F16))
    yield case("softmax_bf16_precise", lambda x: mx.softmax(x, axis=-1, precise=True), normal(4, 9, dtype=BF16))
    yield case("log_softmax_by_logsumexp", lambda x: x - mx.logsumexp(x, axis=-1, keepdims=True), normal(4, 7))


def ordering_cases():
    for name in ["argmax", "argmin"]:
        fn = getattr(mx, name)
        yield case(f"{name}_last", lambda x, fn=fn: fn(x, axis=-1), distinct(3, 4, 5))
        yield case(f"{name}_first_keepdims", lambda x, fn=fn: fn(x, axis=0, keepdims=True), distinct(3, 4, 5))
        yield case(f"{name}_flat", lambda x, fn=fn: fn(x), distinct(3, 4, 5))
        yield case(
            f"{name}_ties_take_first",
            lambda x, fn=fn: fn(x, axis=1),
            values([[1.0, 1.0, 0.0, 0.0], [2.0, 2.0, 2.0, 2.0]]),
        )
        yield case(f"{name}_i32", lambda x, fn=fn: fn(x, axis=1), integers(-50, 50, 3, 9))
        yield case(f"{name}_as_f32", lambda x, fn=fn: fn(x, axis=1).astype(F32), distinct(3, 6))
    yield case("sort_last", lambda x: mx.sort(x, axis=-1), distinct(3, 7))
    yield case("sort_first", lambda x: mx.sort(x, axis=0), distinct(5, 3))
    yield case("sort_flat", lambda x: mx.sort(x, axis=None), distinct(3, 4))
    yield case("sort_i32", lambda x: mx.sort(x, axis=1), integers(-9, 9, 3, 8))
    yield case("sort_f16", lambda x: mx.sort(x, axis=1), distinct(3, 8, dtype=F16))
    yield case("sort_nan_last", lambda x: mx.sort(x), values([NAN, 1.0, INF, -INF, 0.0, NAN]), differentiable=False)
    yield case("argsort_last", lambda x: mx.argsort(x, axis=-1), distinct(3, 7))
    yield case("argsort_first", lambda x: mx.argsort(x, axis=0), distinct(5, 3))
    yield case(
        "argsort_then_take",
        lambda x: mx.take_along_axis(x, mx.stop_gradient(mx.argsort(x, axis=1)), axis=1),
        distinct(3, 6),
    )
    yield case("partition_kth_value", lambda x: mx.partition(x, 2, axis=1)[:, 2], distinct(3, 7))
    yield case("argpartition_kth_value", argpartition_kth_value, distinct(3, 7))
    yield case("topk_sorted", lambda x: mx.sort(mx.topk(x, 3, axis=1), axis=1), distinct(3, 7))
    yield case("topk_sum", lambda x: mx.sum(mx.topk(x, 3, axis=1), axis=1), distinct(3, 7))
    yield case("topk_first_axis", lambda x: mx.sum(mx.topk(x, 2, axis=0), axis=0), distinct(6, 3))
    yield case("searchsorted", mx.searchsorted, values([0.0, 1.0, 2.0, 3.0]), values([-1.0, 0.0, 1.5, 3.0, 9.0]))


def argpartition_kth_value(x):
    index = mx.stop_gradient(mx.argpartition(x, 2, axis=1)[:, 2:3])
    return mx.take_along_axis(x, index, axis=1)


CASES = [*reduction_cases(), *scan_cases(), *softmax_cases(), *ordering_cases()]
