# SPDX-License-Identifier: Apache-2.0
"""mx.fast: on the CPU MLX exports what these stand for, not the fused primitive."""

import mlx.core as mx

from case import BF16, F16, bools, case, frozen, integers, normal, values


def attention(**options):
    return lambda q, k, v, *mask: mx.fast.scaled_dot_product_attention(
        q, k, v, scale=0.5, **({"mask": mask[0]} if mask else {}), **options
    )


def norm_cases():
    weight, bias = frozen(normal(8)), frozen(normal(8))
    yield case("fast_rms_norm", lambda x, w: mx.fast.rms_norm(x, w, 1e-5), normal(3, 8), weight)
    yield case("fast_rms_norm_weight_is_input", lambda x, w: mx.fast.rms_norm(x, w, 1e-5), normal(2, 3, 8), normal(8))
    yield case("fast_rms_norm_no_weight", lambda x: mx.fast.rms_norm(x, None, 1e-3), normal(3, 8))
    yield case(
        "fast_rms_norm_of_zeros",
        lambda x: mx.fast.rms_norm(x, None, 1e-5),
        values([[0.0] * 4, [1.0] * 4]),
        differentiable=False,
    )
    yield case("fast_rms_norm_f16", lambda x: mx.fast.rms_norm(x, None, 1e-5), normal(3, 8, dtype=F16))
    yield case("fast_layer_norm", lambda x, w, b: mx.fast.layer_norm(x, w, b, 1e-5), normal(3, 8), weight, bias)
    yield case(
        "fast_layer_norm_all_inputs",
        lambda x, w, b: mx.fast.layer_norm(x, w, b, 1e-5),
        normal(2, 3, 8),
        normal(8),
        normal(8),
    )
    yield case("fast_layer_norm_plain", lambda x: mx.fast.layer_norm(x, None, None, 1e-5), normal(3, 8))
    yield case("fast_layer_norm_bf16", lambda x: mx.fast.layer_norm(x, None, None, 1e-5), normal(3, 8, dtype=BF16))


def rope(dims=8, traditional=False, base=10000.0, scale=1.0, offset=0, freqs=None):
    return lambda x: mx.fast.rope(x, dims, traditional=traditional, base=base, scale=scale, offset=offset, freqs=freqs)


def rope_cases():
    x = normal(2, 3, 5, 8)
    yield case("fast_rope", rope(), x)
    yield case("fast_rope_traditional", rope(traditional=True), x)
    yield case("fast_rope_offset", rope(offset=3), x)
    yield case(
        "fast_rope_offset_is_input",
        lambda x, o: mx.fast.rope(x, 8, traditional=False, base=10000.0, scale=1.0, offset=o),
        x,
        values(4, mx.int32),
    )
    yield case("fast_rope_partial", rope(dims=4), x)
    yield case("fast_rope_scale_base", rope(scale=0.25, base=100.0), x)
    yield case(
        "fast_rope_freqs",
        lambda x, f: mx.fast.rope(x, 8, traditional=False, base=None, scale=1.0, offset=0, freqs=f),
        x,
        frozen(values([1.0, 10.0, 100.0, 1000.0])),
    )
    yield case("fast_rope_bf16", rope(), normal(2, 3, 5, 8, dtype=BF16))


def attention_cases():
    q, k, v = normal(2, 4, 5, 8), normal(2, 4, 6, 8), normal(2, 4, 6, 8)
    square = normal(2, 4, 5, 8)
    half = [normal(2, 2, 5, 8, dtype=F16)] * 3
    yield case("fast_attention", attention(), q, k, v)
    yield case("fast_attention_causal", attention(mask="causal"), square, square, square)
    yield case("fast_attention_causal_longer_keys", attention(mask="causal"), q, k, v)
    yield case("fast_attention_additive_mask", attention(), q, k, v, frozen(normal(5, 6)))
    yield case("fast_attention_mask_is_input", attention(), q, k, v, normal(2, 1, 5, 6))
    yield case(
        "fast_attention_boolean_mask", attention(), q, k, v, frozen(lambda rng: mx.array(rng.random((5, 6)) < 0.7))
    )
    yield case("fast_attention_grouped_queries", attention(), q, normal(2, 2, 6, 8), normal(2, 2, 6, 8))
    yield case("fast_attention_one_key_head", attention(mask="causal"), q, normal(2, 1, 5, 8), normal(2, 1, 5, 8))
    yield case("fast_attention_value_width", attention(), q, k, normal(2, 4, 6, 3))
    yield case("fast_attention_f16", attention(), *half)
    yield case(
        "fast_attention_sinks",
        lambda q, k, v, s: mx.fast.scaled_dot_product_attention(q, k, v, scale=0.5, sinks=s),
        q,
        k,
        v,
        frozen(normal(4)),
    )


def other_cases():
    yield case("fast_cross_entropy", mx.fast.cross_entropy, normal(4, 6), integers(0, 6, 4))
    yield case(
        "where_boolean_attention_mask",
        lambda s, m: mx.softmax(mx.where(m, s, -1e9), axis=-1),
        normal(2, 5, 5),
        bools(5, 5),
    )


CASES = [*norm_cases(), *rope_cases(), *attention_cases(), *other_cases()]
