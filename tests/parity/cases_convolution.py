# SPDX-License-Identifier: Apache-2.0
"""Convolution in one, two and three dimensions, and its transpose, with gradients to both arguments."""

import mlx.core as mx

from case import BF16, F16, case, frozen, normal

# name -> operation, input shape, weight shape, options
CONVOLUTIONS = {
    "conv1d": (mx.conv1d, (2, 9, 3), (4, 3, 3), {}),
    "conv1d_stride_pad": (mx.conv1d, (2, 10, 3), (4, 5, 3), {"stride": 2, "padding": 2}),
    "conv1d_dilation": (mx.conv1d, (2, 12, 3), (4, 3, 3), {"dilation": 3}),
    "conv1d_groups": (mx.conv1d, (2, 9, 4), (6, 3, 2), {"groups": 2}),
    "conv1d_depthwise": (mx.conv1d, (2, 9, 4), (4, 3, 1), {"groups": 4, "padding": 1}),
    "conv2d_1x1": (mx.conv2d, (2, 5, 6, 3), (4, 1, 1, 3), {}),
    "conv2d_3x3": (mx.conv2d, (2, 7, 8, 3), (4, 3, 3, 3), {"padding": 1}),
    "conv2d_3x3_valid": (mx.conv2d, (2, 7, 8, 5), (4, 3, 3, 5), {}),
    "conv2d_3x3_wide": (mx.conv2d, (4, 9, 9, 16), (32, 3, 3, 16), {"padding": 1}),
    "conv2d_3x3_odd": (mx.conv2d, (3, 7, 5, 16), (16, 3, 3, 16), {"padding": 1}),
    "conv2d_3x3_wide_stride2": (mx.conv2d, (1, 8, 8, 32), (48, 3, 3, 32), {"stride": 2, "padding": 1}),
    "conv2d_5x5_stride2": (mx.conv2d, (2, 11, 11, 3), (4, 5, 5, 3), {"stride": 2, "padding": 2}),
    "conv2d_4x4_stride2": (mx.conv2d, (2, 8, 8, 1), (16, 4, 4, 1), {"stride": 2, "padding": 1}),
    "conv2d_1x1_stride2": (mx.conv2d, (2, 8, 8, 4), (6, 1, 1, 4), {"stride": 2}),
    "conv2d_stride_leaves_rest": (mx.conv2d, (2, 8, 9, 3), (4, 3, 3, 3), {"stride": 3}),
    "conv2d_rectangular": (mx.conv2d, (2, 9, 7, 3), (4, 3, 5, 3), {"stride": (2, 1), "padding": (0, 2)}),
    "conv2d_dilation": (mx.conv2d, (2, 9, 9, 3), (4, 3, 3, 3), {"dilation": 2, "padding": 2}),
    "conv2d_dilation_stride": (mx.conv2d, (2, 11, 10, 3), (4, 3, 2, 3), {"dilation": (2, 3), "stride": (2, 1)}),
    "conv2d_groups": (mx.conv2d, (2, 6, 6, 4), (6, 3, 3, 2), {"groups": 2, "padding": 1}),
    "conv2d_depthwise": (mx.conv2d, (2, 6, 6, 5), (5, 3, 3, 1), {"groups": 5, "padding": 1}),
    "conv2d_depthwise_multiplier": (mx.conv2d, (2, 6, 6, 3), (6, 3, 3, 1), {"groups": 3, "stride": 2}),
    "conv2d_groups_dilation_stride": (mx.conv2d, (2, 9, 9, 4), (4, 3, 3, 2), {"groups": 2, "dilation": 2, "stride": 2}),
    "conv2d_kernel_is_image": (mx.conv2d, (3, 5, 5, 2), (7, 5, 5, 2), {}),
    "conv2d_pad_exceeds_kernel": (mx.conv2d, (1, 4, 4, 2), (3, 2, 2, 2), {"padding": 3}),
    "conv2d_batch_1": (mx.conv2d, (1, 6, 6, 3), (8, 3, 3, 3), {"padding": 1}),
    "conv3d": (mx.conv3d, (2, 5, 6, 4, 2), (3, 3, 3, 2, 2), {}),
    "conv3d_stride_pad": (mx.conv3d, (2, 6, 6, 6, 2), (3, 3, 3, 3, 2), {"stride": 2, "padding": 1}),
    "conv3d_dilation": (mx.conv3d, (1, 7, 7, 7, 2), (2, 3, 3, 3, 2), {"dilation": (1, 2, 3)}),
    "conv_transpose1d": (mx.conv_transpose1d, (2, 6, 3), (4, 3, 3), {}),
    "conv_transpose1d_stride": (mx.conv_transpose1d, (2, 6, 3), (4, 3, 3), {"stride": 2, "padding": 1, "output_padding": 1}),
    "conv_transpose2d": (mx.conv_transpose2d, (2, 4, 5, 3), (4, 3, 3, 3), {}),
    "conv_transpose2d_stride": (mx.conv_transpose2d, (2, 4, 4, 3), (4, 4, 4, 3), {"stride": 2, "padding": 1}),
    "conv_transpose2d_dilation": (mx.conv_transpose2d, (2, 5, 5, 3), (4, 3, 3, 3), {"dilation": 2, "padding": 1}),
    "conv_transpose2d_output_padding": (mx.conv_transpose2d, (2, 4, 4, 3), (4, 3, 3, 3), {"stride": 2, "padding": 1, "output_padding": 1}),
    "conv_transpose3d": (mx.conv_transpose3d, (1, 3, 4, 3, 2), (3, 3, 3, 3, 2), {"stride": 2}),
    "conv_general_uneven_pad": (mx.conv_general, (2, 6, 7, 3), (4, 3, 3, 3), {"padding": ([0, 2], [1, 0])}),
    "conv_general_input_dilation": (mx.conv_general, (2, 5, 5, 3), (4, 3, 3, 3), {"input_dilation": 2, "padding": 1}),
    "conv_general_flip": (mx.conv_general, (2, 6, 6, 3), (4, 3, 2, 3), {"flip": True}),
    "conv_general_everything": (
        mx.conv_general,
        (2, 5, 6, 4),
        (6, 3, 2, 2),
        {"stride": (2, 1), "padding": ([1, 2], [0, 1]), "kernel_dilation": (1, 2), "input_dilation": (2, 3), "groups": 2, "flip": True},
    ),
    "conv_general_1d_flip": (mx.conv_general, (2, 9, 3), (4, 3, 3), {"flip": True, "stride": 2, "padding": 1}),
}  # fmt: skip


def convolution_cases():
    for name, (operation, input_shape, weight_shape, options) in CONVOLUTIONS.items():

        def convolve(x, w, operation=operation, options=options):
            return operation(x, w, **options)

        wrong = name == "conv_general_everything"
        reason = "MLX gives the weight a gradient of another shape" if wrong else ""
        yield case(name, convolve, normal(*input_shape), normal(*weight_shape), differentiable=not wrong, reason=reason)
        yield case(f"{name}_frozen", convolve, normal(*input_shape), frozen(normal(*weight_shape)))
    for dtype, name in ((F16, "f16"), (BF16, "bf16")):
        yield case(
            f"conv2d_{name}",
            lambda x, w: mx.conv2d(x, w, padding=1),
            normal(2, 6, 6, 3, dtype=dtype),
            frozen(normal(4, 3, 3, 3, dtype=dtype)),
        )
    for mode in ("full", "same", "valid"):
        yield case(f"convolve_{mode}", lambda a, v, mode=mode: mx.convolve(a, v, mode=mode), normal(9), normal(4))
    yield case(
        "conv2d_bias_relu",
        lambda x, w, b: mx.maximum(mx.conv2d(x, w, padding=1) + b, 0),
        normal(2, 6, 6, 3),
        frozen(normal(4, 3, 3, 3)),
        frozen(normal(4)),
    )
    yield case(
        "conv2d_twice",
        lambda x, w: mx.conv2d(mx.tanh(mx.conv2d(x, w, padding=1)), w, padding=1),
        normal(2, 6, 6, 4),
        normal(4, 3, 3, 4),
    )
    yield case(
        "conv2d_same_weights_on_two_inputs",
        lambda x, y, w: mx.conv2d(x, w) + mx.conv2d(y, w),
        normal(2, 6, 6, 3),
        normal(2, 6, 6, 3),
        normal(4, 3, 3, 3),
    )


CASES = list(convolution_cases())
