# SPDX-License-Identifier: Apache-2.0
"""The layers of mlx.nn, in evaluation mode, with random parameters and statistics."""

from functools import partial

import mlx.core as mx
import mlx.nn as nn

from case import BF16, F16, case, distinct, frozen, integers, layer, normal, uniform, values

ACTIVATION_LAYERS = {
    "CELU": nn.CELU, "ELU": nn.ELU, "GELU": nn.GELU, "GELU_approx": partial(nn.GELU, approx="precise"),
    "GELU_fast": partial(nn.GELU, approx="fast"), "GELU_tanh": partial(nn.GELU, approx="tanh"), "GLU": nn.GLU,
    "HardShrink": nn.HardShrink, "HardTanh": nn.HardTanh, "Hardswish": nn.Hardswish, "LeakyReLU": nn.LeakyReLU,
    "LogSigmoid": nn.LogSigmoid, "LogSoftmax": nn.LogSoftmax, "Mish": nn.Mish, "PReLU": nn.PReLU, "ReLU": nn.ReLU,
    "ReLU2": nn.ReLU2, "ReLU6": nn.ReLU6, "SELU": nn.SELU, "SiLU": nn.SiLU, "Sigmoid": nn.Sigmoid, "Softmax": nn.Softmax,
    "Softmin": nn.Softmin, "Softplus": nn.Softplus, "Softshrink": nn.Softshrink, "Softsign": nn.Softsign, "Step": nn.Step,
    "Tanh": nn.Tanh,
}  # fmt: skip
ACTIVATION_FUNCTIONS = [
    "celu", "elu", "gelu", "gelu_approx", "gelu_fast_approx", "glu", "hard_shrink", "hard_tanh", "hardswish", "leaky_relu",
    "log_sigmoid", "log_softmax", "mish", "relu", "relu2", "relu6", "selu", "sigmoid", "silu", "softmax", "softmin",
    "softplus", "softshrink", "softsign", "step", "tanh",
]  # fmt: skip
AROUND_ZERO = [-3.0, -1.0, -0.5, 0.5, 1.0, 3.0, 6.0, 7.0]
KINKS = values([*AROUND_ZERO, 0.0, -0.0])
FAR = values([-1000.0, -90.0, -20.0, -0.3, 0.3, 20.0, 90.0, 1000.0])


def activation_cases():
    for name, make in ACTIVATION_LAYERS.items():
        yield layer(f"nn_{name}", make, normal(3, 8, scale=2.0))
    for name in ACTIVATION_FUNCTIONS:
        fn = getattr(nn, name)
        # MLX halves the slope of celu at 0, though it is smooth there
        yield case(f"nn_{name}_kinks", fn, values(AROUND_ZERO) if name == "celu" else KINKS)
        yield case(f"nn_{name}_far", fn, FAR)
        yield case(f"nn_{name}_f16", fn, normal(3, 8, dtype=F16))
        yield case(f"nn_{name}_bf16", fn, normal(3, 8, dtype=BF16))
    yield case("nn_celu_alpha", lambda x: nn.celu(x, alpha=0.5), normal(3, 5))
    yield case("nn_elu_alpha", lambda x: nn.elu(x, alpha=2.0), normal(3, 5))
    yield case("nn_leaky_relu_slope", lambda x: nn.leaky_relu(x, 0.2), normal(3, 5))
    yield case("nn_hard_tanh_bounds", lambda x: nn.hard_tanh(x, -0.5, 2.0), normal(3, 5))
    yield case("nn_softshrink_lambda", lambda x: nn.softshrink(x, 0.3), normal(3, 5))
    yield case("nn_step_threshold", lambda x: nn.step(x, 0.5), normal(3, 5))
    yield case("nn_glu_first_axis", lambda x: nn.glu(x, axis=0), normal(6, 3))
    yield case("nn_prelu_per_channel", nn.prelu, normal(4, 6), frozen(uniform(0.1, 0.4, 6)))


def linear_cases():
    yield layer("nn_Linear", partial(nn.Linear, 6, 4), normal(3, 6))
    yield layer("nn_Linear_no_bias", partial(nn.Linear, 6, 4, bias=False), normal(3, 6))
    yield layer("nn_Linear_vector", partial(nn.Linear, 6, 4), normal(6))
    yield layer("nn_Linear_3d", partial(nn.Linear, 6, 4), normal(2, 3, 6))
    yield layer("nn_Bilinear", partial(nn.Bilinear, 3, 4, 5), normal(2, 3), normal(2, 4))
    yield layer("nn_Identity", nn.Identity, normal(2, 3))
    yield layer("nn_Embedding", partial(nn.Embedding, 9, 4), integers(0, 9, 2, 5))
    yield layer("nn_Embedding_as_linear", lambda: Method(nn.Embedding(9, 4), "as_linear"), normal(3, 4))
    yield layer("nn_Sequential", lambda: nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3)), normal(4, 6))
    for bits in (2, 3, 4, 6, 8):
        for group in (32, 64):
            make = partial(nn.QuantizedLinear, 128, 32, group_size=group, bits=bits)
            yield layer(f"nn_QuantizedLinear_{bits}bit_group{group}", make, normal(3, 128))
    yield layer(
        "nn_QuantizedLinear_group128", partial(nn.QuantizedLinear, 128, 32, group_size=128, bits=4), normal(3, 128)
    )
    yield layer(
        "nn_QuantizedLinear_no_bias",
        partial(nn.QuantizedLinear, 64, 32, bias=False, group_size=32, bits=4),
        normal(2, 64),
    )
    yield layer("nn_QuantizedLinear_vector", partial(nn.QuantizedLinear, 64, 32, group_size=32, bits=4), normal(64))
    yield layer(
        "nn_QuantizedEmbedding", partial(nn.QuantizedEmbedding, 9, 64, group_size=32, bits=4), integers(0, 9, 5)
    )
    for name, shape in {"Dropout": (3, 4), "Dropout2d": (2, 4, 4, 3), "Dropout3d": (2, 3, 3, 3, 2)}.items():
        yield layer(f"nn_{name}", partial(getattr(nn, name), 0.5), normal(*shape))


class Method(nn.Module):
    """A module whose call is another method of the one it holds."""

    def __init__(self, inner, method):
        super().__init__()
        self.inner, self.method = inner, method

    def __call__(self, *args):
        return getattr(self.inner, self.method)(*args)


def convolution_cases():
    yield layer("nn_Conv1d", partial(nn.Conv1d, 3, 5, 3, padding=1), normal(2, 8, 3))
    yield layer("nn_Conv1d_dilated_groups", partial(nn.Conv1d, 4, 6, 3, dilation=2, groups=2), normal(2, 9, 4))
    yield layer("nn_Conv2d", partial(nn.Conv2d, 3, 5, 3, padding=1), normal(2, 8, 8, 3))
    yield layer(
        "nn_Conv2d_strided_no_bias", partial(nn.Conv2d, 1, 16, 4, stride=2, padding=1, bias=False), normal(3, 8, 8, 1)
    )
    yield layer("nn_Conv2d_depthwise", partial(nn.Conv2d, 6, 6, 3, padding=1, groups=6), normal(2, 6, 6, 6))
    yield layer("nn_Conv2d_dilated", partial(nn.Conv2d, 3, 4, 3, dilation=2), normal(2, 9, 9, 3))
    yield layer("nn_Conv3d", partial(nn.Conv3d, 2, 3, 3, padding=1, stride=2), normal(2, 5, 5, 5, 2))
    yield layer("nn_ConvTranspose1d", partial(nn.ConvTranspose1d, 3, 5, 4, stride=2, padding=1), normal(2, 6, 3))
    yield layer(
        "nn_ConvTranspose2d",
        partial(nn.ConvTranspose2d, 3, 5, 3, stride=2, padding=1, output_padding=1),
        normal(2, 4, 4, 3),
    )
    yield layer("nn_ConvTranspose2d_dilated", partial(nn.ConvTranspose2d, 3, 4, 3, dilation=2), normal(2, 4, 4, 3))
    yield layer("nn_ConvTranspose3d", partial(nn.ConvTranspose3d, 2, 3, 3, stride=2), normal(1, 3, 3, 3, 2))


def norm_cases():
    yield layer("nn_BatchNorm_features", partial(nn.BatchNorm, 6), normal(4, 6))
    yield layer("nn_BatchNorm_sequence", partial(nn.BatchNorm, 6), normal(2, 5, 6))
    yield layer("nn_BatchNorm_image", partial(nn.BatchNorm, 3), normal(2, 4, 5, 3))
    yield layer("nn_BatchNorm_not_affine", partial(nn.BatchNorm, 3, affine=False, eps=1e-3), normal(2, 4, 4, 3))
    yield layer("nn_BatchNorm_no_statistics", partial(nn.BatchNorm, 3, track_running_stats=False), normal(4, 3, 3, 3))
    yield layer("nn_LayerNorm", partial(nn.LayerNorm, 8), normal(3, 8))
    yield layer("nn_LayerNorm_3d", partial(nn.LayerNorm, 8, eps=1e-3), normal(2, 3, 8))
    yield layer("nn_LayerNorm_no_bias", partial(nn.LayerNorm, 8, bias=False), normal(3, 8))
    yield layer("nn_LayerNorm_not_affine", partial(nn.LayerNorm, 8, affine=False), normal(3, 8))
    yield layer("nn_RMSNorm", partial(nn.RMSNorm, 8), normal(2, 3, 8))
    for compatible in (False, True):
        label = "pytorch" if compatible else "mlx"
        make = partial(nn.GroupNorm, 3, 6, pytorch_compatible=compatible)
        yield layer(f"nn_GroupNorm_{label}", make, normal(2, 4, 4, 6))
        yield layer(f"nn_GroupNorm_{label}_sequence", make, normal(2, 5, 6))
        yield layer(
            f"nn_GroupNorm_{label}_one_group",
            partial(nn.GroupNorm, 1, 4, pytorch_compatible=compatible),
            normal(2, 3, 3, 4),
        )
    yield layer("nn_GroupNorm_not_affine", partial(nn.GroupNorm, 2, 6, affine=False), normal(2, 4, 4, 6))
    yield layer("nn_InstanceNorm", partial(nn.InstanceNorm, 3), normal(2, 5, 5, 3))
    yield layer("nn_InstanceNorm_affine", partial(nn.InstanceNorm, 3, affine=True), normal(2, 6, 3))


def pooling_cases():
    sizes = {1: (2, 9, 3), 2: (2, 9, 8, 3), 3: (1, 6, 7, 6, 2)}
    for kind in ("Max", "Avg"):
        for rank, shape in sizes.items():
            make = getattr(nn, f"{kind}Pool{rank}d")
            spec = distinct(*shape)
            yield layer(f"nn_{kind}Pool{rank}d", partial(make, 2), spec)
            yield layer(f"nn_{kind}Pool{rank}d_overlapping", partial(make, 3, stride=2), spec)
            yield layer(f"nn_{kind}Pool{rank}d_padded", partial(make, 3, stride=2, padding=1), spec)
            yield layer(f"nn_{kind}Pool{rank}d_stride_1", partial(make, 2, stride=1), spec)
        pool2d = getattr(nn, f"{kind}Pool2d")
        yield layer(f"nn_{kind}Pool2d_exact", partial(pool2d, 2), distinct(2, 8, 8, 3))
        yield layer(f"nn_{kind}Pool2d_rectangular", partial(pool2d, (2, 3), stride=(2, 1)), distinct(2, 6, 7, 2))
        yield layer(f"nn_{kind}Pool2d_gaps", partial(pool2d, 2, stride=3), distinct(2, 9, 9, 2))
        yield layer(f"nn_{kind}Pool2d_f16", partial(pool2d, 2), distinct(2, 4, 4, 2, dtype=F16))
    tied = integers(0, 2, 2, 6, 6, 3)
    yield layer("nn_MaxPool2d_ties", partial(nn.MaxPool2d, 2), lambda rng: tied(rng).astype(mx.float32))
    yield layer(
        "nn_MaxPool2d_overlapping_ties", partial(nn.MaxPool2d, 3, stride=2), lambda rng: tied(rng).astype(mx.float32)
    )
    yield case("global_average_pool", lambda x: mx.mean(x, axis=(1, 2)), normal(2, 4, 5, 3))
    yield case("global_max_pool", lambda x: mx.max(x, axis=(1, 2)), distinct(2, 4, 5, 3))


def upsampling_cases():
    for mode in ("nearest", "linear", "cubic"):
        yield layer(f"nn_Upsample_{mode}", partial(nn.Upsample, 2, mode=mode), normal(2, 4, 5, 3))
        yield layer(f"nn_Upsample_{mode}_factors", partial(nn.Upsample, (1.5, 2.5), mode=mode), normal(2, 4, 4, 2))
        if mode != "nearest":
            yield layer(
                f"nn_Upsample_{mode}_align_corners",
                partial(nn.Upsample, 2, mode=mode, align_corners=True),
                normal(2, 4, 4, 2),
            )
    yield layer("nn_Upsample_nearest_1d", partial(nn.Upsample, 3), normal(2, 4, 3))
    yield layer("nn_Upsample_linear_shrinks", partial(nn.Upsample, 0.5, mode="linear"), normal(2, 8, 8, 2))


def position_cases():
    yield layer("nn_RoPE", partial(nn.RoPE, 8), normal(2, 3, 5, 8))
    yield layer("nn_RoPE_traditional", partial(nn.RoPE, 8, traditional=True), normal(2, 3, 5, 8))
    yield layer("nn_RoPE_partial_scaled", partial(nn.RoPE, 4, base=500.0, scale=0.5), normal(2, 5, 8))
    yield layer("nn_SinusoidalPositionalEncoding", partial(nn.SinusoidalPositionalEncoding, 8), normal(2, 5))
    yield layer(
        "nn_SinusoidalPositionalEncoding_cos_first",
        partial(nn.SinusoidalPositionalEncoding, 8, cos_first=True),
        integers(0, 20, 6),
    )
    yield layer("nn_ALiBi", nn.ALiBi, normal(2, 4, 5, 5))


def attention_cases():
    sequence = normal(2, 5, 8)
    mask = frozen(lambda rng: nn.MultiHeadAttention.create_additive_causal_mask(5))
    yield layer("nn_MultiHeadAttention", lambda: SelfAttention(nn.MultiHeadAttention(8, 2)), sequence)
    yield layer("nn_MultiHeadAttention_bias", lambda: SelfAttention(nn.MultiHeadAttention(8, 4, bias=True)), sequence)
    yield layer("nn_MultiHeadAttention_masked", lambda: SelfAttention(nn.MultiHeadAttention(8, 2)), sequence, mask)
    yield layer(
        "nn_MultiHeadAttention_cross", partial(nn.MultiHeadAttention, 8, 2), normal(2, 3, 8), sequence, sequence
    )
    yield layer(
        "nn_MultiHeadAttention_sizes",
        partial(
            nn.MultiHeadAttention,
            8,
            2,
            query_input_dims=6,
            key_input_dims=5,
            value_input_dims=4,
            value_dims=4,
            value_output_dims=7,
        ),
        normal(2, 3, 6),
        normal(2, 4, 5),
        normal(2, 4, 4),
    )
    for norm_first in (True, False):
        label = "norm_first" if norm_first else "norm_last"
        make = partial(nn.TransformerEncoderLayer, 8, 2, 16, norm_first=norm_first)
        yield layer(f"nn_TransformerEncoderLayer_{label}", make, sequence, frozen(lambda rng: None))
        make = partial(nn.TransformerEncoder, 2, 8, 2, 16, norm_first=norm_first)
        yield layer(f"nn_TransformerEncoder_{label}", make, sequence, mask)
        make = partial(nn.TransformerDecoderLayer, 8, 2, 16, norm_first=norm_first)
        yield layer(
            f"nn_TransformerDecoderLayer_{label}", make, sequence, normal(2, 3, 8), mask, frozen(lambda rng: None)
        )
    yield layer(
        "nn_TransformerEncoder_gelu", partial(nn.TransformerEncoder, 1, 8, 2, 16, activation=nn.gelu), sequence, mask
    )
    yield layer(
        "nn_Transformer",
        partial(nn.Transformer, 8, 2, 1, 1, 16),
        sequence,
        normal(2, 3, 8),
        *[frozen(lambda rng: None)] * 3,
    )


class SelfAttention(nn.Module):
    def __init__(self, attention):
        super().__init__()
        self.attention = attention

    def __call__(self, x, mask=None):
        return self.attention(x, x, x, mask)


def recurrent_cases():
    for make in (nn.RNN, nn.GRU, nn.LSTM):
        name = make.__name__
        yield layer(f"nn_{name}", partial(make, 4, 6), normal(2, 5, 4))
        yield layer(f"nn_{name}_no_bias", partial(make, 4, 6, bias=False), normal(2, 5, 4))
        yield layer(f"nn_{name}_unbatched", partial(make, 4, 6), normal(5, 4))
        states = 2 if make is nn.LSTM else 1
        yield layer(f"nn_{name}_with_state", partial(make, 4, 6), normal(2, 3, 4), *[normal(2, 6)] * states)
    yield layer("nn_RNN_relu", partial(nn.RNN, 4, 6, nonlinearity=nn.relu), normal(2, 5, 4))


CASES = [
    *activation_cases(),
    *linear_cases(),
    *convolution_cases(),
    *norm_cases(),
    *pooling_cases(),
    *upsampling_cases(),
    *position_cases(),
    *attention_cases(),
    *recurrent_cases(),
]
