# SPDX-License-Identifier: Apache-2.0
"""Whole functions as a user writes them: losses, small networks, attention by hand."""

import math
from functools import partial

import mlx.core as mx
import mlx.nn as nn

from case import BF16, F32, case, distinct, frozen, integers, layer, normal, uniform

LABELS = integers(0, 6, 4)
LOGITS = normal(4, 6)


def loss_cases():
    losses = nn.losses
    yield case("loss_cross_entropy", losses.cross_entropy, LOGITS, LABELS)
    yield case("loss_cross_entropy_mean", partial(losses.cross_entropy, reduction="mean"), LOGITS, LABELS)
    yield case(
        "loss_label_smoothing", partial(losses.cross_entropy, label_smoothing=0.1, reduction="sum"), LOGITS, LABELS
    )
    yield case(
        "loss_cross_entropy_probabilities",
        lambda z, p: losses.cross_entropy(z, mx.softmax(p, axis=-1)),
        LOGITS,
        normal(4, 6),
    )
    yield case(
        "loss_weighted_cross_entropy",
        lambda z, y, w: losses.cross_entropy(z, y, weights=w),
        LOGITS,
        LABELS,
        uniform(0.5, 2, 4),
    )
    yield case("loss_binary_cross_entropy", losses.binary_cross_entropy, normal(8), uniform(0, 1, 8))
    yield case(
        "loss_binary_cross_entropy_probabilities",
        partial(losses.binary_cross_entropy, with_logits=False),
        uniform(0.1, 0.9, 8),
        uniform(0, 1, 8),
    )
    yield case("loss_mse", losses.mse_loss, LOGITS, normal(4, 6))
    yield case("loss_l1", losses.l1_loss, LOGITS, normal(4, 6))
    yield case("loss_smooth_l1", losses.smooth_l1_loss, normal(4, 6, scale=2), normal(4, 6))
    yield case("loss_huber", losses.huber_loss, normal(4, 6, scale=2), normal(4, 6))
    yield case("loss_log_cosh", losses.log_cosh_loss, LOGITS, normal(4, 6))
    yield case("loss_hinge", losses.hinge_loss, normal(8), normal(8))
    yield case(
        "loss_kl_divergence",
        lambda p, q: losses.kl_div_loss(nn.log_softmax(p), nn.log_softmax(q)),
        LOGITS,
        normal(4, 6),
    )
    yield case("loss_nll", lambda z, y: losses.nll_loss(nn.log_softmax(z), y), LOGITS, LABELS)
    yield case("loss_gaussian_nll", losses.gaussian_nll_loss, normal(8), normal(8), uniform(0.5, 2, 8))
    yield case("loss_triplet", losses.triplet_loss, normal(4, 5), normal(4, 5), normal(4, 5))
    yield case("loss_cosine_similarity", losses.cosine_similarity_loss, normal(4, 5), normal(4, 5))
    yield case(
        "loss_margin_ranking",
        lambda a, b: losses.margin_ranking_loss(a, b, mx.array([1.0, -1.0, 1.0])),
        normal(3),
        normal(3),
    )
    yield case("loss_margin_of_attack", margin_loss, LOGITS, LABELS)
    yield case("loss_difference_of_logits_ratio", difference_of_logits_ratio, distinct(4, 6), LABELS)
    yield case("loss_focal", focal_loss, LOGITS, LABELS)


def margin_loss(logits, labels):
    mine = mx.arange(logits.shape[1]) == labels[:, None]
    best_other = mx.max(mx.where(mine, -mx.inf, logits), axis=1)
    return best_other - mx.sum(mx.where(mine, logits, 0), axis=1)


def difference_of_logits_ratio(logits, labels):
    ordered = mx.sort(logits, axis=1)
    own = mx.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
    other = mx.where(own == ordered[:, -1], ordered[:, -2], ordered[:, -1])
    return -(own - other) / (ordered[:, -1] - ordered[:, -3] + 1e-12)


def focal_loss(logits, labels):
    log_p = mx.take_along_axis(nn.log_softmax(logits, axis=-1), labels[:, None], axis=-1)
    return -mx.mean((1 - mx.exp(log_p)) ** 2 * log_p)


def function_cases():
    yield case("gelu_by_erf", lambda x: x * 0.5 * (1 + mx.erf(x / math.sqrt(2))), normal(3, 6))
    yield case(
        "gelu_by_tanh", lambda x: 0.5 * x * (1 + mx.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))), normal(3, 6)
    )
    yield case("gelu_by_sigmoid", lambda x: x * mx.sigmoid(1.702 * x), normal(3, 6))
    yield case("attention_by_hand", attention_by_hand, normal(2, 5, 8), *[frozen(normal(8, 8, scale=0.4))] * 3)
    yield case("attention_by_einsum", attention_by_einsum, normal(2, 4, 2, 3), normal(2, 5, 2, 3), normal(2, 5, 2, 3))
    yield case(
        "layer_norm_by_hand",
        lambda x: (x - mx.mean(x, -1, keepdims=True)) * mx.rsqrt(mx.var(x, -1, keepdims=True) + 1e-5),
        normal(3, 7),
    )
    yield case("batch_norm_by_hand", lambda x: (x - mx.mean(x, 0)) / mx.sqrt(mx.var(x, 0) + 1e-5), normal(6, 4))
    yield case(
        "standardize_pixels",
        lambda x, m, s: (x - m) / s,
        uniform(0, 1, 2, 4, 4, 3),
        frozen(uniform(0.4, 0.5, 3)),
        frozen(uniform(0.2, 0.3, 3)),
    )
    yield case("masked_gradient_by_scale", lambda x, w: (x @ w) * 1e4, normal(3, 5), frozen(normal(5, 4)))
    yield case("quantised_pixels", lambda x, w: (mx.round(x * 7) / 7) @ w, uniform(0, 1, 3, 5), frozen(normal(5, 4)))
    yield case("squeeze_and_excite", squeeze_and_excite, normal(2, 4, 4, 6), frozen(normal(6, 2)), frozen(normal(2, 6)))
    yield case(
        "pixel_shuffle",
        lambda x: mx.transpose(x.reshape(2, 3, 3, 2, 2, 4), (0, 1, 3, 2, 4, 5)).reshape(2, 6, 6, 4),
        normal(2, 3, 3, 16),
    )
    yield case("patches_by_strided_view", patches_by_strided_view, normal(2, 6, 6, 3), frozen(normal(12, 5)))
    yield case("moving_average", lambda x: (x[:, :-2] + x[:, 1:-1] + x[:, 2:]) / 3, normal(2, 9))
    yield case("cumulative_attention", lambda x: mx.cumsum(x, axis=1) / mx.arange(1, 6)[:, None], normal(2, 5, 3))
    yield case(
        "gated_unit", lambda x, w, v: nn.silu(x @ w) * (x @ v), normal(3, 6), frozen(normal(6, 8)), frozen(normal(6, 8))
    )
    yield case("temperature_and_mixture", lambda z: mx.log(0.9 * mx.softmax(z / 2, axis=-1) + 0.1 / 6), LOGITS)
    yield case(
        "ensemble_mean",
        lambda x, a, b: (mx.softmax(x @ a, -1) + mx.softmax(x @ b, -1)) / 2,
        normal(3, 5),
        frozen(normal(5, 4)),
        frozen(normal(5, 4)),
    )
    yield case(
        "bf16_weights_f32_input",
        lambda x, w: (x.astype(BF16) @ w).astype(F32),
        normal(3, 8),
        frozen(normal(8, 4, dtype=BF16)),
    )
    yield case("polynomial", lambda x: sum((-0.3) ** k * x**k for k in range(5)), normal(8))
    yield case(
        "total_variation",
        lambda x: mx.sum(mx.abs(x[:, 1:] - x[:, :-1])) + mx.sum(mx.abs(x[:, :, 1:] - x[:, :, :-1])),
        distinct(2, 5, 5, 1),
    )


def attention_by_hand(x, wq, wk, wv):
    q, k, v = x @ wq, x @ wk, x @ wv
    scores = q @ mx.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    causal = mx.triu(mx.full((5, 5), -1e9), k=1)
    return mx.softmax(scores + causal, axis=-1) @ v


def attention_by_einsum(q, k, v):
    weights = mx.softmax(mx.einsum("bqhd,bkhd->bhqk", q, k) * 0.6, axis=-1)
    return mx.einsum("bhqk,bkhd->bqhd", weights, v)


def squeeze_and_excite(x, down, up):
    gate = mx.sigmoid(mx.maximum(mx.mean(x, axis=(1, 2)) @ down, 0) @ up)
    return x * gate[:, None, None, :]


def patches_by_strided_view(x, w):
    patches = mx.as_strided(x, (2, 3, 3, 2, 2, 3), (108, 36, 6, 18, 3, 1))
    return patches.reshape(2, 9, 12) @ w


def network_cases():
    yield layer(
        "net_mlp",
        lambda: nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 8), nn.Tanh(), nn.Linear(8, 5)),
        normal(3, 12),
    )
    yield layer("net_strided_cnn", strided_cnn, uniform(0, 1, 3, 12, 12, 1))
    yield layer("net_lenet", lenet, uniform(0, 1, 3, 12, 12, 1))
    yield layer("net_resnet", ResNet, uniform(0, 1, 3, 8, 8, 3))
    yield layer("net_depthwise_separable", depthwise_separable, normal(2, 8, 8, 3))
    yield layer("net_text_classifier", TextClassifier, integers(0, 11, 3, 7))
    yield layer("net_recurrent_classifier", RecurrentClassifier, normal(3, 6, 4))
    yield layer("net_vision_transformer", VisionTransformer, uniform(0, 1, 3, 8, 8, 3))
    yield layer("net_autoencoder", autoencoder, uniform(0, 1, 2, 8, 8, 1))
    yield layer("net_unet", UNet, uniform(0, 1, 2, 8, 8, 2))
    yield layer("net_mixer", Mixer, normal(2, 6, 8))


def flatten(x):
    return mx.flatten(x, 1)


def strided_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 4, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(4, 8, 4, stride=2, padding=1),
        nn.ReLU(),
        flatten,
        nn.Linear(72, 10),
        nn.ReLU(),
        nn.Linear(10, 6),
    )


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 4, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 8, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        flatten,
        nn.Linear(72, 16),
        nn.ReLU(),
        nn.Linear(16, 6),
    )


def depthwise_separable():
    return nn.Sequential(
        nn.Conv2d(3, 6, 1, bias=False),
        nn.BatchNorm(6),
        nn.ReLU6(),
        nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False),
        nn.BatchNorm(6),
        nn.Hardswish(),
        nn.Conv2d(6, 4, 1),
    )


def autoencoder():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2, padding=1),
        nn.LeakyReLU(),
        nn.ConvTranspose2d(4, 1, 4, stride=2, padding=1),
        nn.Sigmoid(),
    )


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm(outputs), nn.BatchNorm(outputs)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)

    def __call__(self, x):
        y = nn.relu(self.norm1(self.conv1(x)))
        return nn.relu(self.norm2(self.conv2(y)) + self.shortcut(x))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = [ResidualBlock(3, 4, 1), ResidualBlock(4, 8, 2)]
        self.head = nn.Linear(8, 6)

    def __call__(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(mx.mean(x, axis=(1, 2)))


class TextClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 8)
        self.encoder = nn.TransformerEncoder(1, 8, 2, 16)
        self.head = nn.Linear(8, 3)

    def __call__(self, tokens):
        return self.head(mx.mean(self.encoder(self.embedding(tokens), None), axis=1))


class RecurrentClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell, self.head = nn.LSTM(4, 6), nn.Linear(6, 3)

    def __call__(self, x):
        hidden, _ = self.cell(x)
        return self.head(hidden[:, -1])


class VisionTransformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, stride=4)
        self.position = mx.random.normal((4, 8))
        self.encoder = nn.TransformerEncoder(1, 8, 2, 16, activation=nn.gelu)
        self.head = nn.Linear(8, 5)

    def __call__(self, x):
        tokens = mx.flatten(self.patches(x), 1, 2) + self.position
        return self.head(mx.mean(self.encoder(tokens, None), axis=1))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(2, 4, 3, padding=1)
        self.middle = nn.Conv2d(4, 4, 3, padding=1)
        self.up = nn.Conv2d(8, 3, 3, padding=1)
        self.pool, self.grow = nn.AvgPool2d(2), nn.Upsample(2)

    def __call__(self, x):
        wide = nn.relu(self.down(x))
        deep = self.grow(nn.relu(self.middle(self.pool(wide))))
        return self.up(mx.concatenate([wide, deep], axis=-1))


class Mixer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(8)
        self.tokens, self.channels = nn.Linear(6, 6), nn.Linear(8, 8)

    def __call__(self, x):
        x = x + mx.swapaxes(nn.gelu(self.tokens(mx.swapaxes(self.norm(x), 1, 2))), 1, 2)
        return x + nn.gelu(self.channels(self.norm(x)))


CASES = [*loss_cases(), *function_cases(), *network_cases()]
