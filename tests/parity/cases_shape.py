# SPDX-License-Identifier: Apache-2.0
"""Shape manipulation, slicing, joining, gathering and scattering."""

import mlx.core as mx

from case import BF16, F16, F32, bools, case, frozen, integers, normal, uniform, values


def reshaping_cases():
    yield case("reshape", lambda x: mx.reshape(x, (4, 6)), normal(2, 3, 4))
    yield case("reshape_unknown_size", lambda x: mx.reshape(x, (3, -1)), normal(2, 3, 4))
    yield case("reshape_to_scalar", lambda x: mx.reshape(x, ()), normal(1, 1))
    yield case("reshape_scalar_to_vector", lambda x: mx.reshape(x, (1, 1)) * 2, values(1.5))
    yield case("reshape_after_transpose", lambda x: mx.reshape(x.T, (3, 8)), normal(4, 6))
    yield case("reshape_i64", lambda x: mx.reshape(x, (6,)), integers(-9, 9, 2, 3, dtype=mx.int64))
    yield case("transpose", mx.transpose, normal(2, 3, 4))
    yield case("transpose_axes", lambda x: mx.transpose(x, (2, 0, 1)), normal(2, 3, 4))
    yield case("transpose_negative_axes", lambda x: mx.transpose(x, (-1, 0, -2)), normal(2, 3, 4))
    yield case("transpose_four", lambda x: mx.transpose(x, (0, 3, 1, 2)), normal(2, 3, 4, 5))
    yield case("transpose_bool", mx.transpose, bools(2, 3))
    yield case("expand_dims", lambda x: mx.expand_dims(x, 1), normal(3, 4))
    yield case("expand_dims_many", lambda x: mx.expand_dims(x, (0, -1)), normal(3, 4))
    yield case("expand_dims_of_scalar", lambda x: mx.expand_dims(x, 0), values(2.0))
    yield case("squeeze_all", mx.squeeze, normal(1, 3, 1, 4))
    yield case("squeeze_axes", lambda x: mx.squeeze(x, (0, -2)), normal(1, 3, 1, 4))
    yield case("flatten_all", mx.flatten, normal(2, 3, 4))
    yield case("flatten_some", lambda x: mx.flatten(x, 1, -1), normal(2, 3, 4))
    yield case("flatten_scalar", mx.flatten, values(2.0))
    yield case("unflatten", lambda x: mx.unflatten(x, 1, (2, -1)), normal(3, 8))
    yield case("unflatten_negative_axis", lambda x: mx.unflatten(x, -1, (4, 2)), normal(3, 8))
    yield case("broadcast_to", lambda x: mx.broadcast_to(x, (2, 3, 4)), normal(3, 1))
    yield case("broadcast_scalar_to", lambda x: mx.broadcast_to(x, (2, 3)), normal())
    yield case("broadcast_arrays", lambda a, b: tuple(mx.broadcast_arrays(a, b)), normal(3, 1), normal(4))
    yield case("moveaxis", lambda x: mx.moveaxis(x, 0, -1), normal(2, 3, 4))
    yield case("swapaxes", lambda x: mx.swapaxes(x, 0, -1), normal(2, 3, 4))
    yield case("atleast_3d", mx.atleast_3d, normal(3))
    yield case("contiguous_of_transposed", lambda x: mx.contiguous(x.T) * 2, normal(3, 4))
    yield case("flip", lambda x: mx.flip(x, axis=1), normal(3, 4))
    yield case("diagonal", lambda x: mx.diagonal(x, 1), normal(4, 5))
    yield case("diag_of_vector", lambda x: mx.diag(x, -1), normal(4))
    yield case("trace", mx.trace, normal(4, 4))
    yield case("tril", lambda x: mx.tril(x, 1), normal(4, 5))
    yield case("triu", lambda x: mx.triu(x, -1), normal(2, 4, 4))
    yield case("diff", lambda x: mx.diff(x, axis=1), normal(3, 6))
    yield case("meshgrid", lambda a, b: tuple(mx.meshgrid(a, b, indexing="ij")), normal(3), normal(4))
    yield case("as_strided_windows", lambda x: mx.as_strided(x, (4, 3), (2, 1)), normal(9))
    yield case("as_strided_overlap_2d", lambda x: mx.as_strided(x, (3, 3, 2, 2), (5, 1, 5, 1), 1), normal(4, 5))
    yield case("as_strided_reversed", lambda x: mx.as_strided(x, (6,), (-1,), 5), normal(6), differentiable=False)
    yield case("as_strided_repeats", lambda x: mx.as_strided(x, (3, 4), (0, 1)), normal(4))


def padding_cases():
    yield case("pad_constant", lambda x: mx.pad(x, ((1, 2), (0, 3))), normal(3, 4))
    yield case("pad_constant_value", lambda x: mx.pad(x, 1, constant_values=-2.5), normal(3, 4))
    yield case("pad_edge", lambda x: mx.pad(x, ((1, 2), (2, 1)), mode="edge"), normal(3, 4))
    yield case("pad_nhwc", lambda x: mx.pad(x, ((0, 0), (1, 1), (2, 2), (0, 0))), normal(2, 4, 4, 3))
    yield case(
        "pad_by_value_array",
        lambda x, v: mx.pad(x, 1, constant_values=v),
        normal(3),
        values(1.5),
        gradient_of=lambda x, v: mx.concatenate([v[None], x, v[None]]),
        reason="MLX 0.32.4 crashes in the gradient for the value",
    )
    yield case("pad_i32", lambda x: mx.pad(x, 2, constant_values=7), integers(-9, 9, 3))
    yield case("pad_bf16", lambda x: mx.pad(x, 2), normal(3, dtype=BF16))


def slicing_cases():
    yield case("slice_plain", lambda x: x[1:3, 2:], normal(4, 5))
    yield case("slice_strides", lambda x: x[::2, 1::3], normal(5, 7))
    yield case("slice_negative_stride", lambda x: x[::-1, 4:0:-2], normal(3, 6))
    yield case("slice_one_backwards", lambda x: x[3:0:-5, 2:], normal(4, 5))
    yield case("assign_one_backwards", assign_one_backwards, normal(4, 5), normal(1, 5))
    yield case("slice_of_nothing", lambda x: mx.sum(x[3:1], axis=0), normal(4, 5))
    yield case("slice_ellipsis", lambda x: x[..., 1], normal(2, 3, 4))
    yield case("slice_new_axis", lambda x: x[:, None, -2:], normal(3, 4))
    yield case("slice_to_scalar", lambda x: x[1, 2], normal(3, 4))
    yield case("slice_u8", lambda x: x[1:, ::2], integers(0, 255, 3, 6, dtype=mx.uint8))
    yield case("slice_f16", lambda x: x[1:, ::-1], normal(3, 6, dtype=F16))
    yield case(
        "slice_by_array_start",
        lambda x, s: mx.slice(x, s, (0, 1), (2, 3)),
        normal(4, 6),
        frozen(values([1, 2], mx.int32)),
    )
    yield case("slice_start_is_input", lambda x, s: mx.slice(x, s, (1,), (4, 2)), normal(4, 6), values([3], mx.int32))
    yield case("slice_update", lambda x, u: mx.slice_update(x, u, mx.array([1, 2]), (0, 1)), normal(4, 6), normal(2, 3))
    yield case(
        "slice_update_by_input",
        lambda x, u, s: mx.slice_update(x, u, s, (1,)),
        normal(4, 6),
        normal(4, 2),
        values([3], mx.int32),
    )
    yield case("split_even", lambda x: tuple(mx.split(x, 3, axis=1)), normal(2, 6))
    yield case("split_indices", lambda x: tuple(mx.split(x, [1, 4], axis=-1)), normal(2, 6))
    yield case("split_first_axis", lambda x: mx.split(x, 2)[1] * 2, normal(4, 3))
    yield case("unstack", lambda x: tuple(mx.unstack(x, axis=1)), normal(3, 2, 2))


def joining_cases():
    yield case("concatenate_first", lambda a, b: mx.concatenate([a, b]), normal(2, 3), normal(4, 3))
    yield case(
        "concatenate_last", lambda a, b, c: mx.concatenate([a, b, c], axis=-1), normal(2, 3), normal(2, 1), normal(2, 2)
    )
    yield case("concatenate_with_itself", lambda x: mx.concatenate([x, x * 2, x], axis=1), normal(3, 2))
    yield case("concatenate_promotes", lambda a, b: mx.concatenate([a, b]), normal(3), integers(0, 9, 2))
    yield case("concatenate_flat", lambda a, b: mx.concatenate([a, b], axis=None), normal(2, 3), normal(4))
    yield case(
        "concatenate_i8",
        lambda a, b: mx.concatenate([a, b]),
        integers(-9, 9, 3, dtype=mx.int8),
        integers(-9, 9, 2, dtype=mx.int8),
    )
    yield case("stack_first", lambda a, b: mx.stack([a, b]), normal(2, 3), normal(2, 3))
    yield case("stack_last", lambda a, b: mx.stack([a, b], axis=-1), normal(2, 3), normal(2, 3))
    yield case("repeat", lambda x: mx.repeat(x, 3, axis=1), normal(2, 3))
    yield case("repeat_flat", lambda x: mx.repeat(x, 2), normal(2, 3))
    yield case("tile", lambda x: mx.tile(x, (2, 3)), normal(2, 3))
    yield case("tile_adds_axes", lambda x: mx.tile(x, (2, 1, 2)), normal(3, 2))
    yield case("roll", lambda x: mx.roll(x, 2, axis=1), normal(3, 5))
    yield case("roll_many", lambda x: mx.roll(x, (1, -2), axis=(0, 1)), normal(3, 5))
    yield case("roll_flat", lambda x: mx.roll(x, 4), normal(3, 5))


def creation_cases():
    yield case("arange_added", lambda x: x + mx.arange(5), normal(3, 5))
    yield case("arange_f32_step", lambda x: x * mx.arange(0.5, 3.0, 0.5), normal(5))
    yield case("arange_negative_step", lambda x: x + mx.arange(9, -1, -2), integers(0, 9, 5))
    yield case("linspace_scaled", lambda x: x * mx.linspace(-1, 1, 7), normal(2, 7))
    yield case("full_added", lambda x: x + mx.full((3, 4), 2.5), normal(3, 4))
    wrong = "MLX multiplies the gradient of Full by the value"
    yield case(
        "full_of_input",
        lambda x: mx.full((3, 4), x),
        values(1.25),
        gradient_of=lambda x: mx.broadcast_to(x, (3, 4)),
        reason=wrong,
    )
    yield case(
        "full_row",
        lambda x: mx.full((3, 4), x) * 2,
        normal(4),
        gradient_of=lambda x: mx.broadcast_to(x, (3, 4)) * 2,
        reason=wrong,
    )
    yield case("zeros_and_ones", lambda x: mx.zeros((2, 3)) + mx.ones((3,)) * x, normal(2, 3))
    yield case("zeros_like", lambda x: mx.zeros_like(x) + mx.ones_like(x) - x, normal(2, 3))
    yield case("eye_product", lambda x: x @ mx.eye(4, 5, k=1), normal(3, 4))
    yield case("identity_minus", lambda x: mx.identity(3) - x, normal(3, 3))
    yield case("tri_masked", lambda x: x * mx.tri(4, 5, k=-1), normal(4, 5))
    yield case("hanning_window", lambda x: x * mx.hanning(8), normal(2, 8))
    yield case("size_of_input", lambda x: mx.sum(x) / x.size, normal(3, 4))


def gathering_cases():
    rows = frozen(values([2, 0, 2, 3], mx.int32))
    yield case("take_flat", lambda x, i: mx.take(x, i), normal(3, 4), frozen(values([[0, 11], [5, 5]], mx.int32)))
    yield case("take_rows", lambda x, i: mx.take(x, i, axis=0), normal(4, 3), rows)
    yield case("take_columns", lambda x, i: mx.take(x, i, axis=-1), normal(2, 4), rows)
    yield case(
        "take_negative_index", lambda x, i: mx.take(x, i, axis=0), normal(4, 3), frozen(values([-1, -4, 0], mx.int32))
    )
    yield case("take_scalar_index", lambda x: mx.take(x, mx.array(2), axis=1), normal(3, 4))
    yield case("take_index_is_input", lambda x, i: mx.take(x, i, axis=0), normal(4, 3), integers(0, 4, 2, 5))
    yield case("take_u8_index", lambda x, i: mx.take(x, i, axis=0), normal(4, 3), integers(0, 4, 5, dtype=mx.uint8))
    yield case("take_bf16", lambda x, i: mx.take(x, i, axis=0), normal(4, 3, dtype=BF16), rows)
    yield case(
        "take_along_axis_last", lambda x, i: mx.take_along_axis(x, i, axis=-1), normal(3, 5), integers(0, 5, 3, 2)
    )
    yield case(
        "take_along_axis_first", lambda x, i: mx.take_along_axis(x, i, axis=0), normal(5, 3), integers(0, 5, 2, 3)
    )
    yield case(
        "take_along_axis_middle",
        lambda x, i: mx.take_along_axis(x, i, axis=1),
        normal(2, 4, 3),
        integers(0, 4, 2, 2, 3),
    )
    yield case(
        "take_along_axis_negative",
        lambda x, i: mx.take_along_axis(x, i, axis=1),
        normal(3, 5),
        values([[-1], [-5], [2]], mx.int32),
    )
    yield case(
        "take_along_axis_i64_index",
        lambda x, i: mx.take_along_axis(x, i, axis=1),
        normal(3, 5),
        integers(0, 5, 3, 2, dtype=mx.int64),
    )
    yield case("index_by_array", lambda x, i: x[i], normal(4, 3), rows)
    yield case("index_by_two_arrays", lambda x, i, j: x[i, j], normal(4, 5), integers(0, 4, 6), integers(0, 5, 6))
    yield case("index_arrays_broadcast", lambda x, i, j: x[i, j], normal(4, 5), integers(0, 4, 3, 1), integers(0, 5, 2))
    yield case("index_array_and_slice", lambda x, i: x[1:, i], normal(3, 5, 2), integers(0, 5, 4))
    yield case(
        "index_slice_between_arrays", lambda x, i, j: x[i, :, j], normal(3, 4, 5), integers(0, 3, 6), integers(0, 5, 6)
    )
    yield case("one_hot_by_index", lambda i: mx.eye(5)[i], integers(0, 5, 4))
    yield case(
        "pick_label_logit",
        lambda x, y: mx.take_along_axis(x, y[:, None], axis=1)[:, 0],
        normal(4, 6),
        integers(0, 6, 4),
    )


def scattering_cases():
    index = frozen(values([3, 1, 3], mx.int32))
    yield case(
        "put_along_axis",
        lambda x, i, v: mx.put_along_axis(x, i, v, axis=1),
        normal(3, 5),
        frozen(values([[0, 3], [4, 1], [2, 0]], mx.int32)),
        normal(3, 2),
    )
    yield case(
        "put_along_first_axis",
        lambda x, i, v: mx.put_along_axis(x, i, v, axis=0),
        normal(4, 2),
        frozen(values([[3, 0]], mx.int32)),
        normal(1, 2),
    )
    unique = frozen(values([3, 1, 0], mx.int32))
    for name in ["add", "subtract", "multiply", "divide", "maximum", "minimum"]:
        yield case(
            f"at_{name}",
            lambda x, i, v, name=name: getattr(x.at[i], name)(v),
            uniform(0.5, 2, 5, 2),
            unique,
            uniform(0.6, 1.9, 3, 2),
        )
    yield case("at_add_repeated_index", lambda x, i, v: x.at[i].add(v), normal(5, 2), index, normal(3, 2))
    yield case("at_add_index_is_input", lambda x, i, v: x.at[i].add(v), normal(5, 2), integers(0, 5, 4), normal(4, 2))
    yield case(
        "at_add_two_arrays",
        lambda x, i, j, v: x.at[i, j].add(v),
        normal(4, 5),
        integers(0, 4, 6),
        integers(0, 5, 6),
        normal(6),
    )
    yield case(
        "at_add_two_i64_arrays",
        lambda x, i, j, v: x.at[i, j].add(v),
        normal(4, 5),
        integers(0, 4, 6, dtype=mx.int64),
        integers(0, 5, 6, dtype=mx.int64),
        normal(6),
    )
    yield case("at_add_slice", lambda x, v: x.at[1:3, ::2].add(v), normal(4, 5), normal(2, 3))
    yield case("at_add_i32", lambda x, i, v: x.at[i].add(v), integers(0, 9, 5), index, integers(0, 9, 3))
    yield case("assign_slice", assign_slice, normal(4, 5), normal(2, 5))
    yield case("assign_strided_slice", assign_strided_slice, normal(4, 6), normal(4, 3))
    yield case("assign_by_array", assign_by_array, normal(5, 3), frozen(values([4, 1], mx.int32)), normal(2, 3))
    yield case("assign_by_mask", assign_by_mask, normal(3, 4), bools(3, 4))
    yield case("masked_fill", lambda x, m: mx.where(m, mx.array(-1e4, F32), x), normal(3, 4), bools(3, 4))


def assign_slice(x, update):
    y = x * 1.0
    y[1:3] = update
    return y


def assign_one_backwards(x, update):
    x = x * 1
    x[3:0:-5] = update
    return x


def assign_strided_slice(x, update):
    y = x * 1.0
    y[:, ::-2] = update
    return y


def assign_by_array(x, index, update):
    y = x * 1.0
    y[index] = update
    return y


def assign_by_mask(x, mask):
    y = x * 1.0
    y[mask] = 0.0
    return y


CASES = [
    *reshaping_cases(),
    *padding_cases(),
    *slicing_cases(),
    *joining_cases(),
    *creation_cases(),
    *gathering_cases(),
    *scattering_cases(),
]
