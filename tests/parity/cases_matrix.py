# SPDX-License-Identifier: Apache-2.0
"""Matrix products of every kind, and quantised ones."""

import mlx.core as mx

from case import BF16, F16, case, frozen, integers, normal, values


def product_cases():
    shapes = {
        "2d": ((3, 4), (4, 5)),
        "vector_vector": ((6,), (6,)),
        "vector_matrix": ((4,), (4, 5)),
        "matrix_vector": ((3, 4), (4,)),
        "batched": ((2, 3, 4), (2, 4, 5)),
        "broadcast_right": ((2, 3, 4), (4, 5)),
        "broadcast_left": ((3, 4), (2, 4, 5)),
        "broadcast_both": ((2, 1, 3, 4), (3, 4, 5)),
        "inner_one": ((5, 1), (1, 7)),
        "outer_one": ((1, 5), (5, 1)),
        "larger": ((33, 65), (65, 17)),
    }
    for name, (left, right) in shapes.items():
        yield case(f"matmul_{name}", mx.matmul, normal(*left), normal(*right))
    yield case("matmul_frozen_weight", mx.matmul, normal(5, 7), frozen(normal(7, 3)))
    yield case("matmul_transposed_left", lambda a, b: a.T @ b, normal(4, 3), normal(4, 5))
    yield case("matmul_transposed_right", lambda a, b: a @ b.T, normal(3, 4), normal(5, 4))
    yield case("matmul_transposed_batch", lambda a, b: a @ mx.swapaxes(b, -1, -2), normal(2, 3, 4), normal(2, 5, 4))
    yield case("matmul_same_input", lambda a: a @ a.T, normal(4, 5))
    yield case("matmul_sliced", lambda a, b: a[:, ::2] @ b[1:], normal(3, 8), normal(5, 2))
    yield case("matmul_f16", mx.matmul, normal(4, 16, dtype=F16), normal(16, 5, dtype=F16))
    yield case("matmul_bf16", mx.matmul, normal(4, 16, dtype=BF16), normal(16, 5, dtype=BF16))
    yield case("addmm", mx.addmm, normal(3, 5), normal(3, 4), normal(4, 5))
    yield case(
        "addmm_scaled",
        lambda c, a, b: mx.addmm(c, a, b, alpha=0.5, beta=-2.0),
        normal(3, 5),
        normal(3, 4),
        normal(4, 5),
    )
    yield case("addmm_bias_row", mx.addmm, normal(5), normal(3, 4), normal(4, 5))
    yield case("addmm_batched", mx.addmm, normal(5), normal(2, 3, 4), normal(4, 5))
    yield case("addmm_bf16", mx.addmm, normal(5, dtype=BF16), normal(3, 4, dtype=BF16), normal(4, 5, dtype=BF16))
    yield case("inner", mx.inner, normal(3, 4), normal(5, 4))
    yield case("outer", mx.outer, normal(3), normal(5))
    yield case("vecdot", mx.vecdot, normal(3, 4), normal(3, 4))
    yield case("kron", mx.kron, normal(2, 3), normal(3, 2))
    yield case("tensordot", lambda a, b: mx.tensordot(a, b, axes=2), normal(2, 3, 4), normal(3, 4, 5))
    yield case(
        "tensordot_axes", lambda a, b: mx.tensordot(a, b, axes=[[0, 2], [1, 0]]), normal(2, 3, 4), normal(4, 2, 5)
    )
    equations = {
        "matmul": ("ij,jk->ik", (3, 4), (4, 5)),
        "batched": ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
        "bilinear": ("bi,bj->bij", (2, 3), (2, 4)),
        "contract_all": ("ij,ij->", (3, 4), (3, 4)),
        "attention": ("bqhd,bkhd->bhqk", (2, 3, 2, 4), (2, 5, 2, 4)),
        "transposing": ("ij,kj->ki", (3, 4), (5, 4)),
    }
    for name, (equation, left, right) in equations.items():
        yield case(f"einsum_{name}", lambda a, b, e=equation: mx.einsum(e, a, b), normal(*left), normal(*right))
    yield case(
        "einsum_three", lambda a, b, c: mx.einsum("ij,jk,kl->il", a, b, c), normal(2, 3), normal(3, 4), normal(4, 2)
    )
    yield case("einsum_one_input", lambda a: mx.einsum("ijk->ki", a), normal(2, 3, 4))
    yield case(
        "gather_mm",
        lambda a, b, i: mx.gather_mm(a, b, rhs_indices=i),
        normal(4, 1, 3),
        normal(3, 3, 5),
        frozen(values([2, 0, 1, 2], mx.uint32)),
    )
    yield case(
        "gather_mm_index_is_input",
        lambda a, b, i: mx.gather_mm(a, b, rhs_indices=i),
        normal(4, 1, 3),
        normal(3, 3, 5),
        integers(0, 3, 4, dtype=mx.uint32),
    )
    yield case("segmented_mm", mx.segmented_mm, normal(3, 8), normal(8, 4), frozen(values([[0, 3], [3, 8]], mx.uint32)))
    for side in ("lhs", "out"):
        mask = frozen(values([[True, False], [False, True]] if side == "lhs" else [[True], [False]], mx.bool_))
        yield case(f"block_masked_mm_{side}", block_masked_product(side), normal(64, 64), normal(64, 32), mask)
    yield case("hadamard_transform", mx.hadamard_transform, normal(3, 8))


def quantized_cases():
    for bits in (1, 2, 3, 4, 5, 6, 8):
        for group in (32, 64):
            for transpose in (True, False):
                name = f"quantized_matmul_{bits}bit_group{group}{'_transposed' if transpose else ''}"
                yield case(name, quantized_product(bits, group, transpose), normal(3, 128), frozen(normal(128, 128)))
            yield case(
                f"dequantize_{bits}bit_group{group}",
                dequantized_product(bits, group),
                normal(3, 128),
                frozen(normal(32, 128)),
            )
    yield case(
        "quantized_matmul_4bit_group128", quantized_product(4, 128, True), normal(3, 128), frozen(normal(32, 128))
    )
    for transpose in (True, False):
        name = f"quantized_matmul_vector{'_transposed' if transpose else ''}"
        yield case(name, quantized_product(4, 32, transpose), normal(64), frozen(normal(64, 64)))
    yield case("quantized_matmul_batched", quantized_product(4, 64, True), normal(2, 3, 64), frozen(normal(64, 64)))
    yield case(
        "quantized_matmul_f16",
        quantized_product(4, 32, True),
        normal(3, 64, dtype=F16),
        frozen(normal(32, 64, dtype=F16)),
    )
    yield case(
        "quantized_matmul_bf16",
        quantized_product(8, 32, True),
        normal(3, 64, dtype=BF16),
        frozen(normal(32, 64, dtype=BF16)),
    )


FLOAT_MODES = {"mxfp4": (32, 4), "mxfp8": (32, 8), "nvfp4": (16, 4)}


def float_mode_cases():
    for mode, (group, bits) in FLOAT_MODES.items():
        for transpose in (True, False):
            name = f"quantized_matmul_{mode}{'_transposed' if transpose else ''}"
            yield case(name, float_product(mode, transpose), normal(3, 64), frozen(normal(64, 64, scale=3)))
        for name, dtype in {"f16": F16, "bf16": BF16}.items():
            yield case(f"quantized_matmul_{mode}_{name}", float_product(mode, True), normal(3, 64, dtype=dtype),
                       frozen(normal(32, 64, dtype=dtype)))  # fmt: skip
        yield case(f"quantized_matmul_{mode}_vector", float_product(mode, True), normal(64), frozen(normal(32, 64)))
        # every byte, so all codes, in one row without the NaNs of mxfp8; the scales reach over many powers of two
        every_byte = frozen(values([[0 if k % 128 == 127 else k for k in range(256)], list(range(256))], mx.uint8))
        scales = [[112 + 2 * k for k in range(256 * 8 // bits // group)]] * 2
        yield case(f"quantized_matmul_{mode}_every_code", product_of_bytes(mode), normal(3, 256 * 8 // bits),
                   every_byte, frozen(values(scales, mx.uint8)))  # fmt: skip
    # a scale of nvfp4 is a small float, of which this has every one but NaN's codes
    codes = frozen(values([[34] * 8 * 254], mx.uint8))
    every_scale = frozen(values([[k for k in range(256) if k % 128 != 127]], mx.uint8))
    yield case("quantized_matmul_nvfp4_every_scale", product_of_bytes("nvfp4"), normal(2, 254 * 16), codes, every_scale)
    yield case("dequantize_mxfp4", lambda x, w: x @ unpacked_mxfp4(w).T, normal(3, 64), frozen(normal(32, 64)))


def float_product(mode, transpose):
    def product(x, w):
        packed = mx.quantize(w, mode=mode)
        mx.eval(packed)
        return mx.quantized_matmul(x, *packed, transpose=transpose, mode=mode)

    return product


def product_of_bytes(mode):
    def product(x, codes, scales):
        words = codes.view(mx.uint32)
        mx.eval(words)
        return mx.quantized_matmul(x, words, scales, mode=mode)

    return product


def unpacked_mxfp4(w):
    packed = mx.quantize(w, mode="mxfp4")
    mx.eval(packed)
    return mx.dequantize(*packed, mode="mxfp4", dtype=mx.float32)


def gathered_cases():
    choice, rows = frozen(values([2, 0, 1, 2], mx.uint32)), frozen(values([1, 1, 0, 3], mx.uint32))
    for transpose in (True, False):
        name = f"gather_qmm{'_transposed' if transpose else ''}"
        yield case(name, gathered_product("affine", transpose), normal(4, 2, 64), frozen(normal(3, 64, 64)), choice)
    for mode in FLOAT_MODES:
        yield case(f"gather_qmm_{mode}", gathered_product(mode, True), normal(4, 1, 64), frozen(normal(3, 32, 64)), choice)
    weights = frozen(normal(3, 32, 64))
    yield case("gather_qmm_left", gathered_product("affine", True), normal(4, 1, 64), weights, choice, rows)
    index = integers(0, 3, 4, dtype=mx.uint32)
    yield case("gather_qmm_index_is_input", gathered_product("affine", True), normal(4, 1, 64), weights, index)
    half = frozen(normal(3, 32, 64, dtype=F16))
    yield case("gather_qmm_f16", gathered_product("affine", True), normal(4, 1, 64, dtype=F16), half, choice)


def gathered_product(mode, transpose):
    def product(x, w, right, left=None):
        packed = mx.quantize(w, mode=mode)
        mx.eval(packed)
        return mx.gather_qmm(x, *packed, lhs_indices=left, rhs_indices=right, transpose=transpose, mode=mode)

    return product


def quantized_product(bits, group, transpose):
    def product(x, w):
        packed = mx.quantize(w, group_size=group, bits=bits)
        mx.eval(packed)
        return mx.quantized_matmul(x, *packed, transpose=transpose, group_size=group, bits=bits)

    return product


def dequantized_product(bits, group):
    def product(x, w):
        packed = mx.quantize(w, group_size=group, bits=bits)
        mx.eval(packed)
        return x @ mx.dequantize(*packed, group_size=group, bits=bits).T

    return product


def block_masked_product(side):
    return lambda a, b, mask: mx.block_masked_mm(a, b, block_size=32, **{f"mask_{side}": mask})


CASES = [*product_cases(), *quantized_cases(), *float_mode_cases(), *gathered_cases()]
