# SPDX-License-Identifier: Apache-2.0
"""Unary and binary elementwise primitives, selection, casts."""

from functools import partial

import mlx.core as mx

from case import BF16, F16, F32, bools, case, distinct, integers, normal, uniform, values

INF, NAN = float("inf"), float("nan")
EDGES = values([0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1e-30, 1e-42, 3e38, -3e38, INF, -INF, NAN])
FINITE_EDGES = values([0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, -2.5, 1e-20, 80.0, -80.0])

# name -> where its argument lives
UNARY = {
    "abs": (-3, 3), "arccos": (-0.9, 0.9), "arccosh": (1.2, 5), "arcsin": (-0.9, 0.9), "arcsinh": (-4, 4),
    "arctan": (-4, 4), "arctanh": (-0.9, 0.9), "ceil": (-4, 4), "cos": (-7, 7), "cosh": (-3, 3), "erf": (-3, 3),
    "erfinv": (-0.9, 0.9), "exp": (-5, 5), "expm1": (-2, 2), "floor": (-4, 4), "log": (0.05, 9), "log10": (0.05, 9),
    "log1p": (-0.9, 5), "log2": (0.05, 9), "negative": (-3, 3), "reciprocal": (0.3, 4), "round": (-4, 4),
    "rsqrt": (0.1, 9), "sigmoid": (-8, 8), "sign": (-3, 3), "sin": (-7, 7), "sinh": (-3, 3), "sqrt": (0.1, 9),
    "square": (-3, 3), "tan": (-1.2, 1.2), "tanh": (-4, 4), "trunc": (-4, 4), "degrees": (-3, 3), "radians": (-180, 180),
}  # fmt: skip
PREDICATES = ["isnan", "isinf", "isfinite", "isposinf", "isneginf", "logical_not"]
HALF_UNARY = ["abs", "exp", "log", "sigmoid", "tanh", "erf", "sqrt", "rsqrt", "square", "sin", "negative"]

# name -> ranges of the two arguments
BINARY = {
    "add": ((-3, 3), (-3, 3)), "subtract": ((-3, 3), (-3, 3)), "multiply": ((-3, 3), (-3, 3)),
    "divide": ((-3, 3), (0.4, 3)), "maximum": ((-3, 3), (-3, 3)), "minimum": ((-3, 3), (-3, 3)),
    "power": ((0.2, 3), (-2, 2)), "remainder": ((-9, 9), (0.7, 3)), "floor_divide": ((-9, 9), (0.7, 3)),
    "logaddexp": ((-5, 5), (-5, 5)), "arctan2": ((-3, 3), (0.3, 3)),
}  # fmt: skip
COMPARISONS = ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]
BITWISE = ["bitwise_and", "bitwise_or", "bitwise_xor"]
SHIFTS = ["left_shift", "right_shift"]
INTEGER_TYPES = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


def same_twice(x):
    y = mx.exp(x)
    return y, y


def unary_cases():
    for name, (low, high) in UNARY.items():
        fn = getattr(mx, name)
        yield case(f"{name}_f32", fn, uniform(low, high, 3, 5))
        yield case(f"{name}_edges", fn, EDGES, differentiable=False)
    for name in HALF_UNARY:
        low, high = UNARY[name]
        yield case(f"{name}_f16", getattr(mx, name), uniform(max(low, -3), min(high, 3), 2, 7, dtype=F16))
        yield case(f"{name}_bf16", getattr(mx, name), uniform(max(low, -3), min(high, 3), 2, 7, dtype=BF16))
    for name in PREDICATES:
        yield case(f"{name}_edges", getattr(mx, name), EDGES)
    for name in ["abs", "sign", "round", "floor", "ceil", "square", "sqrt"]:
        points = values([0.0, 1.0, 4.0, 9.0]) if name == "sqrt" else FINITE_EDGES
        yield case(f"{name}_kinks", getattr(mx, name), points)
    for name in ["abs", "negative", "sign", "square"]:
        for kind in ["int32", "int64", "uint8"]:
            low = 0 if kind.startswith("u") else -9
            yield case(f"{name}_{kind}", getattr(mx, name), integers(low, 9, 3, 4, dtype=getattr(mx, kind)))
    for name in ["exp", "sigmoid", "sqrt"]:
        yield case(f"{name}_scalar", getattr(mx, name), values(0.75))
        yield case(f"{name}_of_i32", getattr(mx, name), integers(0, 5, 6))
    yield case("abs_i8_minimum", mx.abs, values([-128, -127, 0, 127], mx.int8))
    yield case("negative_u8_wraps", lambda x: 0 - x, values([0, 1, 255], mx.uint8))
    yield case("logical_not_bool", mx.logical_not, bools(2, 3))
    yield case("round_half_to_even", mx.round, values([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5]))
    yield case("round_decimals", lambda x: mx.round(x, 2), uniform(-4, 4, 3, 5))
    for label, points in (("edges", EDGES), ("plain", normal(7))):
        replace = partial(mx.nan_to_num, nan=0.5, posinf=9.0, neginf=-9.0)
        yield case(f"nan_to_num_{label}", replace, points, differentiable=label == "plain")
    yield case("sigmoid_saturates", mx.sigmoid, values([-200.0, -100.0, -30.0, 0.0, 30.0, 100.0, 200.0]))
    yield case("tanh_saturates", mx.tanh, values([-90.0, -20.0, -9.0, 0.0, 9.0, 20.0, 90.0]))
    yield case("exp_overflows", mx.exp, values([-200.0, -104.0, -90.0, 0.0, 88.0, 89.0, 200.0]))
    yield case("erfinv_at_bounds", mx.erfinv, values([-1.0, -0.999, 0.0, 0.999, 1.0]), differentiable=False)


def binary_cases():
    for name, ((low, high), (low2, high2)) in BINARY.items():
        fn = getattr(mx, name)
        yield case(f"{name}_f32", fn, uniform(low, high, 3, 5), uniform(low2, high2, 3, 5))
        yield case(f"{name}_broadcast", fn, uniform(low, high, 3, 1, 5), uniform(low2, high2, 4, 1))
        yield case(f"{name}_scalar_right", fn, uniform(low, high, 2, 3), uniform(low2, high2))
        yield case(f"{name}_scalar_left", fn, uniform(low, high), uniform(low2, high2, 2, 3))
        yield case(f"{name}_f16", fn, uniform(low, high, 2, 6, dtype=F16), uniform(low2, high2, 2, 6, dtype=F16))
        yield case(f"{name}_bf16", fn, uniform(low, high, 2, 6, dtype=BF16), uniform(low2, high2, 2, 6, dtype=BF16))
        left = values([INF, -INF, NAN, 0.0, -0.0, 1.0, 3e38, 1e-42, INF, 2.0])
        right = values([1.0, INF, 1.0, 0.0, 3.0, NAN, 3e38, 0.5, INF, -INF])
        yield case(f"{name}_edges", fn, left, right, differentiable=False)
    for name in ["maximum", "minimum", "remainder", "floor_divide"]:
        yield case(f"{name}_i32_broadcast", getattr(mx, name), integers(-40, 40, 3, 4), integers(1, 9, 4))
    big = integers(-(2**40), 2**40, 5, dtype=mx.int64)
    for name in ["add", "multiply", "remainder", "floor_divide"]:
        yield case(f"{name}_i64_large", getattr(mx, name), big, integers(1, 99, 5, dtype=mx.int64))
    for kind in INTEGER_TYPES:
        dtype = getattr(mx, kind)
        for name in ["add", "subtract", "multiply"]:
            yield case(
                f"{name}_{kind}", getattr(mx, name), integers(6, 12, 7, dtype=dtype), integers(0, 6, 7, dtype=dtype)
            )
    yield case("add_i8_wraps", mx.add, values([100, -100, 127], mx.int8), values([100, -100, 1], mx.int8))
    yield case("multiply_u32_wraps", mx.multiply, values([2**31, 2**32 - 1], mx.uint32), values([2, 3], mx.uint32))
    yield case("add_bool", mx.add, bools(6), bools(6))
    yield case("multiply_bool", mx.multiply, bools(6), bools(6))
    yield case("divide_i32_gives_f32", mx.divide, integers(-9, 9, 6), integers(1, 5, 6))
    yield case(
        "remainder_signs", mx.remainder, values([7.0, -7.0, 7.0, -7.0, 6.0]), values([3.0, 3.0, -3.0, -3.0, 3.0])
    )
    yield case(
        "remainder_i32_signs", mx.remainder, values([7, -7, 7, -7, 6], mx.int32), values([3, 3, -3, -3, 3], mx.int32)
    )
    yield case(
        "floor_divide_i32_signs",
        mx.floor_divide,
        values([7, -7, 7, -7, 6], mx.int32),
        values([3, 3, -3, -3, 3], mx.int32),
    )
    yield case(
        "divmod_f32",
        mx.divmod,
        uniform(-9, 9, 4, 3),
        uniform(0.7, 3, 4, 3),
        differentiable=False,
        reason="MLX gives the remainder no derivative",
    )
    yield case("divmod_i32", mx.divmod, integers(-40, 40, 6), integers(1, 9, 6))
    yield case("maximum_ties", mx.maximum, values([1.0, 2.0, 0.0, -0.0]), values([1.0, 3.0, -0.0, 0.0]))
    yield case("minimum_ties", mx.minimum, values([1.0, 2.0, 0.0, -0.0]), values([1.0, 3.0, -0.0, 0.0]))
    yield case("power_integers", mx.power, integers(-4, 5, 6), integers(0, 4, 6))
    yield case("power_negative_base", lambda x: x**3, uniform(-2, 2, 5))
    yield case("power_square", lambda x: x**2, uniform(-2, 2, 5))
    yield case("power_at_zero", lambda x: x**2.0, values([0.0, -0.0, 1.0]))
    yield case("power_half", lambda x: x**0.5, uniform(0.1, 4, 5))
    yield case("power_minus_half", lambda x: x**-0.5, uniform(0.1, 4, 5))
    for name, exponent in {"square": 2.0, "cube": 3.0, "half": 0.5, "minus_half": -0.5}.items():
        edges = values([0.0, -0.0, 4.0, float("inf"), -1.0])
        yield case(f"power_{name}_edges", lambda x, e=exponent: x**e, edges)
    yield case("power_of_constant", lambda x: 2.0**x, uniform(-3, 3, 5))
    yield case("logaddexp_far_apart", mx.logaddexp, values([0.0, 100.0, -100.0]), values([100.0, 0.0, -100.0]))
    yield case("arctan2_quadrants", mx.arctan2, values([1.0, 1.0, -1.0, -1.0]), values([1.0, -1.0, 1.0, -1.0]))
    yield case("subtract_same_input", lambda x: x - x * 0.5 - x, normal(3, 4))
    yield case(
        "add_four_ranks", lambda a, b, c, d: a + b + c + d, normal(2, 3, 1, 4), normal(3, 5, 1), normal(4), normal()
    )
    yield case("multiply_broadcast_both_ways", mx.multiply, normal(1, 4, 1, 2), normal(3, 1, 5, 1))


def comparison_and_bit_cases():
    for name in COMPARISONS:
        fn = getattr(mx, name)
        yield case(
            f"{name}_f32_edges", fn, values([1.0, 2.0, 0.0, NAN, INF, -INF]), values([2.0, 2.0, -0.0, NAN, INF, INF])
        )
        yield case(f"{name}_i32_broadcast", fn, integers(0, 4, 3, 1), integers(0, 4, 5))
        yield case(f"{name}_mask_times_input", lambda x, fn=fn: fn(x, 0.25).astype(F32) * x, normal(4, 3))
    for name in ["logical_and", "logical_or", "logical_xor"]:
        yield case(f"{name}_bool", getattr(mx, name), bools(3, 4), bools(4))
    yield case("logical_and_f32", mx.logical_and, values([0.0, -0.0, 1.0, NAN]), values([1.0, 1.0, 2.0, 1.0]))
    for name in BITWISE:
        for dtype in ["bool", "int32", "uint8", "int64"]:
            spec = bools(6) if dtype == "bool" else integers(0, 100, 6, dtype=getattr(mx, dtype))
            yield case(f"{name}_{dtype}", getattr(mx, name), spec, spec)
    for name in SHIFTS:
        for dtype in ["int32", "uint8", "uint64"]:
            kind = getattr(mx, dtype)
            yield case(
                f"{name}_{dtype}", getattr(mx, name), integers(0, 100, 6, dtype=kind), integers(0, 6, 6, dtype=kind)
            )
    yield case("right_shift_negative", mx.right_shift, values([-8, -1, 7], mx.int32), values([1, 1, 1], mx.int32))
    yield case("bitwise_invert_i32", mx.bitwise_invert, integers(-9, 9, 6))
    yield case("isclose", mx.isclose, values([1.0, 1.0, INF, NAN]), values([1.0 + 1e-7, 1.1, INF, NAN]))
    yield case("array_equal", mx.array_equal, values([1.0, 2.0, 3.0]), values([1.0, 2.0, 3.0]))
    yield case(
        "array_equal_nan", lambda a, b: mx.array_equal(a, b, equal_nan=True), values([1.0, NAN]), values([1.0, NAN])
    )
    yield case("allclose", mx.allclose, values([1.0, 2.0]), values([1.0, 2.1]))


def selection_cases():
    yield case("where_f32", mx.where, bools(3, 5), normal(3, 5), normal(3, 5))
    yield case("where_broadcast", mx.where, bools(3, 1), normal(5), normal(2, 1, 5))
    yield case("where_scalar_branch", lambda x: mx.where(x > 0, x, 0.01), normal(4, 4))
    yield case("where_scalar_condition", mx.where, values(True, mx.bool_), normal(2, 3), normal(2, 3))
    yield case("where_i32_condition", mx.where, integers(0, 2, 6), normal(6), normal(6))
    yield case("where_hides_nan", lambda x: mx.where(x > 0, mx.sqrt(mx.abs(x) + 1e-3), 0 * x), normal(8))
    yield case("where_mixed_types", mx.where, bools(5), integers(0, 9, 5), normal(5))
    yield case("where_f16", mx.where, bools(6), normal(6, dtype=F16), normal(6, dtype=F16))
    yield case("where_i64", mx.where, bools(6), integers(-5, 5, 6, dtype=mx.int64), integers(-5, 5, 6, dtype=mx.int64))
    yield case("clip_both", lambda x: mx.clip(x, -0.5, 0.75), normal(4, 5))
    yield case("clip_low", lambda x: mx.clip(x, 0.0, None), normal(4, 5))
    yield case("clip_high", lambda x: mx.clip(x, None, 0.5), normal(4, 5))
    yield case("clip_arrays", mx.clip, normal(4, 5), uniform(-1, -0.2, 5), uniform(0.2, 1, 4, 1))
    yield case("clip_at_bounds", lambda x: mx.clip(x, 0.0, 1.0), values([0.0, -0.0, 1.0, 0.5, 2.0, -1.0]))
    yield case("clip_i32", lambda x: mx.clip(x, -3, 3), integers(-9, 9, 8))
    yield case("stop_gradient_factor", lambda x: x * mx.stop_gradient(x * x), values([1.0, 2.0, 3.0]))
    yield case("relu_by_hand_at_zero", lambda x: mx.maximum(x, 0), values([-1.0, -0.0, 0.0, 1.0]))


def cast_cases():
    for name in INTEGER_TYPES:
        kind = getattr(mx, name)
        yield case(f"astype_f32_to_{name}", lambda x, kind=kind: x.astype(kind), uniform(0, 100, 3, 4))
        yield case(f"astype_{name}_to_f32", lambda x: x.astype(F32), integers(0, 100, 3, 4, dtype=kind))
    for dtype, name in ((F16, "f16"), (BF16, "bf16")):
        yield case(f"astype_f32_{name}_f32", lambda x, dtype=dtype: x.astype(dtype).astype(F32), normal(3, 5))
        yield case(f"astype_f32_to_{name}_rounds", lambda x, dtype=dtype: x.astype(dtype), uniform(-1, 1, 64))
        yield case(f"astype_{name}_to_f32", lambda x: x.astype(F32), normal(3, 5, dtype=dtype))
    yield case(
        "astype_f32_to_f16_extremes",
        lambda x: x.astype(F16),
        values([65504.0, 65520.0, 1e6, -1e6, 6e-8, 2e-8, INF, NAN]),
        differentiable=False,
    )
    yield case(
        "astype_f32_to_bf16_ties",
        lambda x: x.astype(BF16),
        values([1.00390625, 1.01171875, 3.4e38, 1e-40, INF, NAN]),
        differentiable=False,
    )
    yield case("astype_f32_to_bool", lambda x: x.astype(mx.bool_), values([0.0, -0.0, 1e-30, 2.0, NAN]))
    yield case("astype_bool_to_f32", lambda x: x.astype(F32), bools(3, 4))
    yield case("astype_i64_to_i32", lambda x: x.astype(mx.int32), integers(-(2**40), 2**40, 6, dtype=mx.int64))
    yield case("astype_i32_to_u8_wraps", lambda x: x.astype(mx.uint8), values([-1, 256, 511, 7], mx.int32))
    yield case("astype_negative_f32_to_i32", lambda x: x.astype(mx.int32), values([-1.9, -0.5, 0.5, 1.9]))
    yield case(
        "astype_through_i32",
        lambda x: x.astype(mx.int32).astype(F32) + x,
        uniform(-4, 4, 6),
        gradient_of=lambda x: mx.stop_gradient(x.astype(mx.int32)).astype(F32) + x,
        reason="MLX sends the cotangent through the integer type, which truncates it",
    )
    yield case("astype_chain", lambda x: (x.astype(F16) * 2).astype(BF16).astype(F32) + x, normal(3, 4))
    yield case("pixels_to_unit_interval", lambda x: x.astype(F32) / 255, integers(0, 256, 2, 4, 4, 1, dtype=mx.uint8))
    yield case("promote_f16_f32", mx.add, normal(4, dtype=F16), normal(4))
    yield case("promote_bf16_f16", mx.multiply, normal(4, dtype=BF16), normal(4, dtype=F16))
    yield case("promote_i32_f16", mx.multiply, integers(-4, 4, 4), normal(4, dtype=F16))
    yield case("promote_bool_i32", mx.add, bools(5), integers(-4, 4, 5))
    yield case("promote_u8_i8", mx.add, integers(0, 99, 5, dtype=mx.uint8), integers(-99, 9, 5, dtype=mx.int8))
    yield case("view_f32_as_i32", lambda x: x.view(mx.int32), normal(3, 4))
    yield case("view_i32_as_f32", lambda x: x.view(F32), integers(2**29, 2**30, 3, 4))
    yield case("view_f32_as_u8", lambda x: x.view(mx.uint8), normal(3, 4))
    yield case("view_u8_as_u32", lambda x: x.view(mx.uint32), integers(0, 256, 3, 8, dtype=mx.uint8))
    yield case("view_f16_as_i16", lambda x: x.view(mx.int16), normal(3, 4, dtype=F16))


def composite_cases():
    yield case("cancelling_negatives", lambda x: mx.negative(-x) * -1.0, normal(3, 4))
    yield case("long_chain", lambda x: mx.tanh(mx.exp(mx.sin(x * 0.5) - 1) + x * x) / (1 + mx.abs(x)), normal(5, 7))
    yield case("fan_out", lambda x: mx.sin(x) + mx.cos(x) * mx.exp(x * 0.1) - x, normal(4, 6))
    yield case("two_outputs", lambda x: (mx.exp(x), mx.sum(x * x, axis=1)), normal(3, 4))
    yield case("constant_output", lambda x: (x * 2, mx.ones((2,))), normal(3))
    yield case("unused_input", lambda x, y: x * 2, normal(3), normal(3))
    yield case("output_is_input", lambda x: (x, x + 1), normal(3))
    yield case(
        "same_output_twice",
        same_twice,
        normal(3),
        gradient_of=lambda x: (mx.exp(x), mx.exp(x)),
        reason="MLX counts one of the two cotangents",
    )
    yield case("softplus_by_hand", lambda x: mx.log1p(mx.exp(-mx.abs(x))) + mx.maximum(x, 0), distinct(4, 5))
    yield case("normal_cdf", lambda x: 0.5 * (1 + mx.erf(x / 2**0.5)), normal(6))
    yield case("hard_threshold", lambda x: (x > 0.5).astype(F32), uniform(0, 1, 8))


CASES = [
    *unary_cases(),
    *binary_cases(),
    *comparison_and_bit_cases(),
    *selection_cases(),
    *cast_cases(),
    *composite_cases(),
]
