# SPDX-License-Identifier: Apache-2.0
"""Writes one .mlxfn file with every primitive that carries state and that MLX exports from a CPU.

Run with the release of MLX whose bytes are wanted: python export.py 0.26.2.mlxfn
The files beside this script were written on Linux x86-64 by the releases from PyPI that name them.
"""

import sys

import mlx.core as mx


def shapes(x):
    """x: (2, 4, 6) float32."""
    wide = mx.pad(x, [(0, 0), (1, 2), (0, 0)])
    left, right = mx.split(x, 2, axis=1)
    return [
        mx.as_strided(x, (2, 3, 2, 2), (24, 6, 3, 1), 1),
        mx.broadcast_to(x[:, :1], (2, 3, 6)),
        mx.concatenate([left, right], axis=2),
        mx.expand_dims(x, 1),
        mx.flatten(x, 1, 2),
        mx.unflatten(x, 2, (2, 3)),
        wide.transpose(2, 0, 1)[::2, :, 1:5],
        mx.squeeze(x[:1], 0).reshape(3, 8),
        x.view(mx.int32),
        x.astype(mx.bfloat16),
    ]


def reductions(x):
    return [
        mx.max(x, axis=(0, 2)),
        mx.argmax(x, axis=1),
        mx.cumsum(x, axis=2, reverse=True, inclusive=False),
        mx.logsumexp(x, axis=-1),
        mx.softmax(x, axis=-1, precise=True),
        mx.var(x, axis=1),
    ]


def indexing(x):
    order = mx.argsort(x, axis=1)
    table = mx.array([[1, 0], [3, 2]])
    flat = mx.array([0.0] * 8).at[mx.array([1, 1, 3])].add(mx.array([1.0, 2.0, 3.0]))
    part = mx.zeros((2, 4, 6))
    part[:, 1:3, ::2] = x[:, :2, :3]
    return [
        mx.take_along_axis(x, order, axis=1),
        mx.put_along_axis(x, order, x * 2, axis=1) if hasattr(mx, "put_along_axis") else order,
        x[table[0], table[1]],
        mx.take(x, table, axis=1),
        flat,
        part,
        mx.sort(x, axis=0),
        mx.partition(x, 2, axis=2),
        mx.argpartition(x, 1, axis=2),
        mx.slice(x, mx.array([1]), [2], [2, 4, 2]) if hasattr(mx, "slice") else order,
        mx.slice_update(x, x[:, :, :2], mx.array([2]), [2]) if hasattr(mx, "slice_update") else order,
    ]


def matrices(x):
    weights = mx.arange(2 * 3 * 3 * 6).reshape(2, 3, 3, 6).astype(mx.float32) / 100
    image = mx.stack([x, x], axis=1).reshape(1, 4, 4, 6)
    codes, scales, biases = mx.quantize(mx.arange(32.0 * 64).reshape(32, 64) / 2048, group_size=32, bits=4)
    wide = mx.broadcast_to(x[0, :, :1], (4, 64))
    return [
        mx.addmm(x[0, 0], x[0].T, x[1][:, :6], alpha=0.5, beta=2.0),
        mx.conv2d(image, weights, stride=(2, 1), padding=(1, 0), dilation=(1, 1)),
        mx.conv_general(image, weights, stride=1, padding=([1, 0], [0, 2]), kernel_dilation=(1, 1), flip=True),
        mx.quantized_matmul(wide, codes, scales, biases, transpose=True, group_size=32, bits=4),
        mx.dequantize(codes, scales, biases, group_size=32, bits=4),
        mx.gather_mm(x, mx.swapaxes(x, 1, 2), mx.array([0, 1]), mx.array([1, 0])),
        mx.hadamard_transform(mx.concatenate([x, x[..., :2]], axis=2), scale=0.25),
    ]


def elements(x):
    whole = mx.floor(mx.abs(x)).astype(mx.int32) + 1
    both = mx.divmod(whole, 3)
    return [
        mx.rsqrt(mx.abs(x) + 1),
        mx.log2(mx.abs(x) + 1),
        mx.log10(mx.abs(x) + 1),
        whole << 2,
        whole ^ 5,
        mx.array_equal(x, x + 0, equal_nan=True),
        both[0] + both[1],
        mx.fast.rms_norm(x, mx.ones((6,)), 1e-5),
        mx.fast.layer_norm(x, mx.ones((6,)), mx.zeros((6,)), 1e-5),
        mx.fast.rope(x, 4, traditional=False, base=10000.0, scale=1.0, offset=1),
        mx.where(x > 0, mx.sigmoid(x), mx.erf(x)),
        mx.random.uniform(shape=(2, 3), key=mx.array([1, 2], dtype=mx.uint32)),
    ]


def everything(x):
    return [*shapes(x), *reductions(x), *indexing(x), *matrices(x), *elements(x)]


def is_exportable(path, x, item):
    """Some releases cannot write what others can (0.25.2 GatherAxis, 0.26.5 to 0.30.0 Scatter)."""
    try:
        mx.export_function(path, lambda x: everything(x)[item], x)
    except ValueError:
        return False
    return True


def main(path):
    mx.set_default_device(mx.cpu)
    x = mx.random.normal((2, 4, 6), key=mx.random.key(0))
    items = [k for k in range(len(everything(x))) if is_exportable(path, x, k)]

    def function(x):
        results = everything(x)
        return [results[k] for k in items]

    mx.export_function(path, function, x)


if __name__ == "__main__":
    main(sys.argv[1])
