"""Casts to narrower formats and to integers, and affine quantisation."""

from __future__ import annotations

import math
from typing import Any

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.op import DTYPES, RATIONALS, Documented, Op, call, op, peer, scalar, vector

CAST = ("casts",)
QUANTIZATION = ("quantization",)
INF = float("inf")
NARROW = "ml_dtypes, and numpy"
X = [scalar("x")]
VALUE = ("value",)
F32, WIDE = ("float32",), ("float32", "float64")
#: The dtypes by their names in torch, tensorflow, jax and numpy; empty: the framework has it not.
DTYPE_NAMES = {
    "float16": ("torch.float16", "tf.float16", "jnp.float16", ""),
    "bfloat16": ("torch.bfloat16", "tf.bfloat16", "jnp.bfloat16", ""),
    "float32": ("torch.float32", "tf.float32", "jnp.float32", ""),
    "float8_e4m3fn": ("torch.float8_e4m3fn", "tf.dtypes.experimental.float8_e4m3fn", "jnp.float8_e4m3fn", ""),
    "float8_e5m2": ("torch.float8_e5m2", "tf.dtypes.experimental.float8_e5m2", "jnp.float8_e5m2", ""),
    "float8_e4m3fnuz": ("torch.float8_e4m3fnuz", "", "jnp.float8_e4m3fnuz", ""),
    "float8_e5m2fnuz": ("torch.float8_e5m2fnuz", "", "jnp.float8_e5m2fnuz", ""),
    "int8": ("torch.int8", "tf.int8", "jnp.int8", "np.int8"),
    "uint8": ("torch.uint8", "tf.uint8", "jnp.uint8", "np.uint8"),
    "int16": ("torch.int16", "tf.int16", "jnp.int16", "np.int16"),
    "int32": ("torch.int32", "tf.int32", "jnp.int32", "np.int32"),
}
#: Beyond the greatest number half a unit of the last place; just below it the record may be too kind.
BEYOND = {"cast_float16": 65519.99, "cast_bfloat16": 3.3961e38, "cast_float32": 3.40282356e38, "cast_float8_e5m2": 61439.99}


def through(name: str, fmt: str, low: float = -INF, **rest: Any) -> Op:
    """A cast to a format and back, for |x| <= -low; infinite beyond its greatest number where the format has infinities."""
    beyond = BEYOND.get(name, INF)
    over = {f"x>{beyond}": INF, f"x<-{beyond}": -INF} if beyond < INF else {"x=inf": "any", "x=-inf": "any"} if low > -INF else {}
    torch, tensorflow, jax, _ = DTYPE_NAMES[fmt]
    return op(
        name, [scalar("x", low, -low)], torch=f"x.to({torch}).to(x.dtype)",
        tensorflow=f"tf.cast(tf.cast(x, {tensorflow}), x.dtype)" if tensorflow else None,
        jax=[f"x.astype({jax}).astype(x.dtype)", f"jax.lax.convert_element_type(jax.lax.convert_element_type(x, {jax}), x.dtype)"],
        orders=VALUE, accuracy="exact", accepts=over, verified=NARROW, topics=CAST,
        source="IEEE 754-2019, 4.3.1; OCP's 8-bit specification leaves what is beyond E4M3 to the conversion", **rest,
    )  # fmt: skip


def whole(name: str, fmt: str, low: float, high: float, dtypes: tuple[str, ...] = DTYPES) -> Op:
    """A cast of numbers that fit to an integer format and back."""
    torch, tensorflow, jax, numpy = DTYPE_NAMES[fmt]
    return op(
        name, [scalar("x", low, high)], torch=call(f"x.to({torch}).to(x.dtype)", dtypes=dtypes),
        tensorflow=[call(f"tf.cast(tf.cast(x, {tensorflow}), x.dtype)", dtypes=dtypes),
            call(f"tf.cast(tf.keras.ops.cast(x, '{fmt}'), x.dtype)", dtypes=dtypes)],
        jax=[call(f"x.astype({jax}).astype(x.dtype)", dtypes=dtypes),
             call(f"jax.lax.convert_element_type(jax.lax.convert_element_type(x, {jax}), x.dtype)", dtypes=dtypes)],
        numpy=peer(f"x.astype({numpy}).astype(x.dtype)", tuple(d for d in dtypes if d != "bfloat16")), orders=VALUE, accuracy="exact",
        accepts={"x=nan": "any", f"x>={math.floor(high) + 1}": "any", f"x<={math.ceil(low) - 1}": "any"},
        source="C23 6.3.1.4: of a number that does not fit the result is undefined",
        verified=RATIONALS, topics=CAST,
    )  # fmt: skip


def saturating(name: str, fmt: str, documented: tuple[Documented, ...] = ()) -> Op:
    """tf.saturate_cast, and back."""
    _, tensorflow, _, _ = DTYPE_NAMES[fmt]
    return op(
        name, X,
        tensorflow=[f"tf.cast(tf.saturate_cast(x, {tensorflow}), x.dtype)", f"tf.cast(tf.keras.ops.saturate_cast(x, '{fmt}'), x.dtype)"],
        orders=VALUE, accuracy="exact", accepts={"x=nan": "any"}, source="tf.saturate_cast; of a NaN nothing is promised",
        documented=documented, verified=RATIONALS, topics=CAST,
    )  # fmt: skip


def clamped_before(dtype: str, largest: int) -> Documented:
    """The largest number of the dtype that an int32 holds is below the largest int32."""
    return Documented(
        "clamps before the cast, to a number of the input's format", pages.tensorflow("tf.saturate_cast"), where=f"x>={largest}",
        value=(float(largest), 2.0**31), dtypes=(dtype,), frameworks=("tensorflow",),
    )  # fmt: skip


CHANNELS = "torch.tensor([0.125, 0.75, 3.0], dtype=x.dtype, device=x.device), torch.tensor([0, 3, -5], dtype=torch.int32, device=x.device), 1"
#: Of none does low / step lie half-way between two whole numbers: the page does not say which way zero is moved then.
BOUNDS = "tf.constant([-8.0, -1.0, -4.0]), tf.constant([7.9375, 2.0, 3.96875])"
RANGE = "input_min=-16.0, input_max=15.875, range_given=True, round_mode='HALF_TO_EVEN'"

OPS: list[Op] = [
    through("cast_float16", "float16"),
    through("cast_bfloat16", "bfloat16"),
    through("cast_float32", "float32"),
    through("cast_float8_e4m3fn", "float8_e4m3fn", -460.0),
    through("cast_float8_e5m2", "float8_e5m2"),
    through("cast_float8_e4m3fnuz", "float8_e4m3fnuz", -247.0),
    through("cast_float8_e5m2fnuz", "float8_e5m2fnuz", -61000.0),
    whole("cast_int8", "int8", -128, 127),
    whole("cast_uint8", "uint8", 0, 255),
    whole("cast_int16", "int16", -32768, 32767),
    whole("cast_int32", "int32", -(2**31), 2**31 - 128, ("bfloat16", "float32", "float64")),
    saturating("saturate_cast_int8", "int8"),
    saturating("saturate_cast_uint8", "uint8"),
    saturating("saturate_cast_int32", "int32", (clamped_before("float32", 2147483520), clamped_before("bfloat16", 2139095040))),
    saturating("saturate_cast_float16", "float16"),
    op("reduce_precision", [scalar("x", -65504, 65504)], jax="jax.lax.reduce_precision(x, exponent_bits, mantissa_bits)",
       params={"exponent_bits": (5, 8), "mantissa_bits": (10, 7)}, orders=VALUE, accuracy="exact",
       accepts={"x>-6.2e-5,x<6.2e-5": 0.0, "x>65408": INF, "x<-65408": -INF, "x=inf": INF, "x=-inf": -INF},
       source="XLA's ReducePrecision flushes what is subnormal in the reduced format", verified="numpy", topics=CAST),
    op("fake_quantize", X,
       torch=["torch.fake_quantize_per_tensor_affine(x, scale, zero_point, -128, 127)",
              call("torch.quantize_per_tensor(x, scale, zero_point, torch.qint8).dequantize()", dtypes=F32)],
       params={"scale": (0.75, 0.125), "zero_point": (0, 3)}, orders=VALUE, verified=RATIONALS, topics=QUANTIZATION,
       documented=(Documented("a whole number of the quantized domain, where a NaN has no place",
                              pages.torch("torch.fake_quantize_per_tensor_affine"), where="x=nan", frameworks=("torch",)),)),
    op("fake_quantize_gradient", [scalar("x"), scalar("g")],
       torch="torch.func.vjp(lambda v: torch.fake_quantize_per_tensor_affine(v, scale, zero_point, -128, 127), x)[1](g)[0]",
       params={"scale": (0.75, 0.125), "zero_point": (0, 3)}, orders=VALUE, accuracy="exact", verified=RATIONALS, topics=QUANTIZATION,
       accepts={"x=nan": 0.0}, source="IEEE 754-2019, 5.11: the comparisons of the mask with a NaN are false"),
    op("fake_quantize_per_channel", [vector("x", size=3)],
       torch=[call(f"torch.fake_quantize_per_channel_affine(x, {CHANNELS}, -128, 127)", dtypes=F32),
              call(f"torch.quantize_per_channel(x, {CHANNELS}, torch.qint8).dequantize()", dtypes=F32)],
       orders=VALUE, verified=RATIONALS, topics=QUANTIZATION,
       documented=(Documented("a whole number of the quantized domain, where a NaN has no place",
                              pages.torch("torch.fake_quantize_per_channel_affine"), where="x~nan", frameworks=("torch",)),)),
    op("fake_quantize_between", X,
       tensorflow=[call("tf.quantization.fake_quant_with_min_max_args(x, min=low, max=high)", dtypes=F32),
                   call("tf.quantization.fake_quant_with_min_max_vars(x, low, high)", dtypes=F32),
                   "tf.keras.quantizers.fake_quant_with_min_max_vars(x, low, high)"],
       params={"low": (-8.0, -1.0), "high": (7.9375, 2.0)}, orders=VALUE, verified=RATIONALS, topics=QUANTIZATION),
    op("fake_quantize_between_gradient", [scalar("x"), scalar("g")],
       tensorflow=[call("tf.quantization.fake_quant_with_min_max_args_gradient(g, x, min=low, max=high)", dtypes=F32),
                   call("tf.quantization.fake_quant_with_min_max_vars_gradient(g, x, low, high)[0]", dtypes=F32)],
       params={"low": (-8.0, -1.0), "high": (7.9375, 2.0)}, orders=VALUE, accuracy="exact", verified=RATIONALS, topics=QUANTIZATION,
       accepts={"x=nan": 0.0}, source="the page's gradients * (inputs >= min && inputs <= max); IEEE 754-2019, 5.11",
       documented=(Documented("gradients * (inputs >= min && inputs <= max)",
                              pages.tensorflow("tf.quantization.fake_quant_with_min_max_args_gradient"), where="g=inf|g=-inf|g=nan",
                              value=float("nan"), frameworks=("tensorflow",)),)),
    op("fake_quantize_between_per_channel", [vector("x", size=3)],
       tensorflow=call(f"tf.quantization.fake_quant_with_min_max_vars_per_channel(x, {BOUNDS})", dtypes=F32),
       orders=VALUE, verified=RATIONALS, topics=QUANTIZATION),
    op("quantize_and_dequantize", X, tensorflow=call(f"tf.quantization.quantize_and_dequantize_v2(x, {RANGE})", dtypes=WIDE),
       orders=VALUE, accuracy="exact", verified=RATIONALS, topics=QUANTIZATION,
       source="the range makes the scale 8, a power of two: round(8 x) / 8 loses nothing"),
]  # fmt: skip
