"""Convolution and pooling. Each row of a batch has a kernel of its own: a grouped convolution whose channels are the rows, or a mapped
one."""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.op import (
    FORMULA,
    RATIONALS,
    Convention,
    Documented,
    Implementation,
    Op,
    call,
    matrix,
    op,
    peer,
    tensor,
    vector,
)

WIDE = ("float32", "float64")
#: tf.vectorized_map loses forward mode.
NO_FORWARD = ("jvp",)
CONVOLUTION, POOLING = ("convolution",), ("pooling",)
X, W = vector("x", size="n+2"), vector("w", size=3)
PLANE, WHOLE = matrix("x", rows="h+1", columns="l+1"), matrix("x", rows="h", columns="l")
SMALL = matrix("w", rows=2, columns=2)
#: h rows of l windows: sizes at which kernels change, from whole vectors over their tails to long rows.
PLANES: dict[str, tuple[int, ...]] = {"h": (3, 1, 2, 4, 16), "l": (3, 1, 2, 5, 16, 17, 64, 257)}
#: Windows of planes; with the stride of the pooling or convolution.
WINDOWS: dict[str, Any] = {"axes": PLANES, "result": ("h", "l"), "parallel": ("h", "l")}
STRIDED: dict[str, Any] = {**WINDOWS, "strided": "stride"}
#: Products of planes at least as large as the kernel, which JAX asks for.
FULL: dict[str, Any] = {
    "axes": {"h": (2, 1, 3, 15), "l": (2, 1, 4, 15, 16, 63, 256)}, "result": ("h+2", "l+2"), "parallel": ("h", "l"),
}  # fmt: skip
#: Rows as the channels of one image: (1, ..., rows).
CHANNELS = "tf.transpose(x, (1, 2, 0))[None]"
KERNELS = "tf.transpose(w, (1, 2, 0))"
SIGNAL = "tf.transpose(r[0])[None]"
ROWS = "tf.transpose(x)[None, None]"
#: The same for torch, whose kernels then take whole vectors of channels.
LAST = "x[None].contiguous(memory_format=torch.channels_last)"
#: A row and its kernel with axes for the batch and the channels.
SPACE = "r[0][None, ..., None], r[1][..., None, None]"
GROWN = "(1, (x.shape[1] - 1) * stride + 2, (x.shape[2] - 1) * stride + 2, 1)"
NEAR = "jax.lax.reduce_window({}, 0.0, jax.lax.add, (1, 3), (1, 1), 'SAME')"
VALID = "jax.lax.reduce_window(x, {start}, jax.lax.{join}, {window}, {strides}, 'VALID')"
ZERO_GRADIENT = Convention("x=0", 0.0, 0.0, ("torch",), "https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool1d.html")


#: What is said of padding: an infinite number is multiplied by its zeros.
PADDED = {
    "torch": pages.torch("torch.nn.Conv1d"), "tensorflow": pages.tensorflow("tf.nn.convolution"), "jax": pages.jax("jax.numpy.convolve"),
    "transposed torch": pages.torch("torch.nn.ConvTranspose1d"), "transposed jax": pages.jax("jax.lax.conv_transpose"),
    "correlate numpy": pages.numpy("numpy.correlate"), "correlate jax": pages.jax("jax.numpy.correlate"),
    "signal numpy": pages.scipy("scipy.signal.convolve2d"), "signal jax": pages.jax("jax.scipy.signal.convolve2d"),
}  # fmt: skip


def _padded(*keys: str) -> tuple[Documented, ...]:
    """The answer to infinite numbers that the documented padding with zeros has, NaN, beside that of the sum without padding."""
    return tuple(
        Documented("padded with zeros, of which the product with an infinite number is NaN", PADDED[key],
                   where="x~inf|x~-inf|w~inf|w~-inf", value=float("nan"), frameworks=(key.split()[-1],))
        for key in keys
    )  # fmt: skip


def _lax(start: str, join: str, window: str, strides: str) -> str:
    return VALID.format(start=start, join=join, window=window, strides=strides)


def _mapped(expression: str) -> Implementation:
    """An expression over r = (x, w) of one row."""
    return call(f"tf.vectorized_map(lambda r: {expression}, (x, w))", without=NO_FORWARD)


def _mapped_with_bias(planes: str) -> Implementation:
    """Planes of the channels of r = (x, w, b) of one row, last axis the channels."""
    return call(f"tf.vectorized_map(lambda r: tf.transpose({planes} + r[2], (2, 0, 1)), (x, w, b))", without=NO_FORWARD)


def _vmap(expression: str) -> str:
    return f"jax.vmap(lambda x, w: {expression})(x, w)"


OPS: list[Op] = [
    op("conv1d", [X, W],
       torch=["torch.nn.functional.conv1d(x[None], w[:, None], stride=stride, groups=len(x))[0]",
              "torch.vmap(lambda x, w: torch.nn.functional.conv1d(x[None], w[None, None], stride=stride)[0])(x, w)",
              "torch.nn.functional.conv2d(x[None, :, None], w[:, None, None], stride=stride, groups=len(x))[0, :, 0]"],
       tensorflow=[_mapped("tf.nn.conv1d(r[0][None, :, None], r[1][:, None, None], stride, 'VALID')[0, :, 0]"),
                   f"tf.transpose(tf.nn.depthwise_conv2d({ROWS}, tf.transpose(w)[None, ..., None], [1, stride, stride, 1], 'VALID')[0, 0])",
                   "tf.transpose(tf.keras.ops.depthwise_conv(tf.transpose(x)[None], tf.transpose(w)[:, :, None], stride)[0])"],
       jax=[_vmap("jax.lax.conv_general_dilated(x[None, None], w[None, None], (stride,), 'VALID')[0, 0]"),
            _vmap("jax.lax.conv(x[None, None], w[None, None], (stride,), 'VALID')[0, 0]"),
            call(_vmap("jnp.convolve(x, w[::-1], 'valid')"), when={"stride": (1,)}),
            call(_vmap("jnp.correlate(x, w)"), when={"stride": (1,)})],
       params={"stride": (1, 2)}, accuracy="accumulating", verified=RATIONALS, topics=CONVOLUTION),
    op("conv1d_dilated", [vector("x"), W],
       torch="torch.nn.functional.conv1d(x[None], w[:, None], padding=dilation, dilation=dilation, groups=len(x))[0]",
       tensorflow=_mapped("tf.nn.conv1d(r[0][None, :, None], r[1][:, None, None], 1, 'SAME', dilations=dilation)[0, :, 0]"),
       jax=_vmap("jax.lax.conv_general_dilated(x[None, None], w[None, None], (1,), [(dilation, dilation)], rhs_dilation=(dilation,))[0, 0]"),
       params={"dilation": (1, 2)}, accuracy="accumulating", verified=RATIONALS, topics=CONVOLUTION,
       documented=_padded("torch", "tensorflow", "jax")),
    op("conv1d_channels", [tensor("x", ("c", "n+2")), tensor("w", ("o", "c", 3)), vector("b", size="o")],
       torch=["torch.vmap(torch.nn.functional.conv1d)(x, w, b)",
              "torch.nn.functional.conv1d(x.flatten(0, 1), w.flatten(0, 1), b.flatten(), groups=len(x)).unflatten(0, b.shape)",
              call("torch.stack([torch.nn.functional.conv1d(r[None], k.repeat(1 + 64 // len(k), 1, 1), s.repeat(1 + 64 // len(k)))"
                   "[0, -len(k) :] for r, k, s in zip(x, w, b)])", grad=False)],
       tensorflow=call(f"tf.vectorized_map(lambda r: tf.transpose(tf.nn.conv1d({SIGNAL}, tf.transpose(r[1]), 1, 'VALID')[0] + r[2]), (x, w, b))",
                       without=NO_FORWARD),
       jax="jax.vmap(lambda x, w: jax.lax.conv_general_dilated(x[None], w, (1,), 'VALID')[0])(x, w) + b[..., None]",
       axes={"c": (2, 1, 3, 16, 64), "n": (3, 1, 2, 8, 17, 64, 257), "o": (3, 1, 2, 16, 64)}, result=("o", "n"), parallel=("o", "n"),
       accuracy="accumulating", verified=RATIONALS, topics=CONVOLUTION),
    op("conv2d_channels", [tensor("x", ("c", "h+2", "l+2")), tensor("w", ("o", "c", 3, 3)), vector("b", size="o")],
       torch=["torch.stack([torch.nn.functional.conv2d(r[None], k, s)[0] for r, k, s in zip(x, w, b)])",
              "torch.nn.functional.conv2d(x.flatten(0, 1)[None], w.flatten(0, 1), b.flatten(), groups=len(x))[0].unflatten(0, b.shape)",
              call("torch.stack([torch.nn.functional.conv2d(r[None], k.repeat(1 + 64 // len(k), 1, 1, 1), s.repeat(1 + 64 // len(k)))"
                   "[0, -len(k) :] for r, k, s in zip(x, w, b)])", grad=False),
              # The plane again and again as well: the windows of its last copy are judged.
              call("torch.stack([torch.nn.functional.conv2d(r[None].repeat(1, 1, 1, 1 + 64 // r.shape[2]), k.repeat(1 + 64 // len(k), 1, 1, 1), "
                   "s.repeat(1 + 64 // len(k)))[0, -len(k) :, :, 2 - r.shape[2] :] for r, k, s in zip(x, w, b)])", grad=False)],
       tensorflow=_mapped_with_bias("tf.nn.conv2d(tf.transpose(r[0], (1, 2, 0))[None], tf.transpose(r[1], (2, 3, 1, 0)), 1, 'VALID')[0]"),
       jax="jax.vmap(lambda x, w: jax.lax.conv_general_dilated(x[None], w, (1, 1), 'VALID')[0])(x, w) + b[..., None, None]",
       axes={"c": (2, 1, 3, 16), "h": (2, 1, 3, 4), "l": (2, 1, 3, 4, 17), "o": (3, 1, 2, 16)}, result=("o", "h", "l"), parallel=("o", "h", "l"),
       accuracy="accumulating", verified=RATIONALS, topics=CONVOLUTION),
    op("conv2d", [PLANE, SMALL],
       torch="torch.nn.functional.conv2d(x[None], w[:, None], stride=stride, groups=len(x))[0]",
       tensorflow=[f"tf.transpose(tf.nn.depthwise_conv2d({CHANNELS}, {KERNELS}[..., None], (1, stride, stride, 1), 'VALID')[0], (2, 0, 1))",
                   _mapped(f"tf.nn.conv2d({SPACE}, stride, 'VALID')[0, ..., 0]")],
       jax=[_vmap("jax.lax.conv_general_dilated(x[None, None], w[None, None], (stride, stride), 'VALID')[0, 0]"),
            "jax.lax.conv_general_dilated(x[None], w[:, None], (stride, stride), 'VALID', feature_group_count=len(x))[0]",
            call(_vmap("jax.scipy.signal.correlate2d(x, w, 'valid')"), when={"stride": (1,)})],
       params={"stride": (1, 2)}, **STRIDED, accuracy="accumulating", verified=RATIONALS, topics=CONVOLUTION),
    op("conv3d", [tensor("x", ("d+1", "h+1", "l+1")), tensor("w", (2, 2, 2))],
       torch="torch.nn.functional.conv3d(x[None], w[:, None], groups=len(x))[0]",
       tensorflow=_mapped(f"tf.nn.conv3d({SPACE}, (1, 1, 1, 1, 1), 'VALID')[0, ..., 0]"),
       jax=_vmap("jax.lax.conv_general_dilated(x[None, None], w[None, None], (1, 1, 1), 'VALID')[0, 0]"),
       axes={"d": (3, 1, 2), "h": (3, 1, 2, 4), "l": (3, 1, 2, 5, 16, 17, 64)}, result=("d", "h", "l"), parallel=("d", "h", "l"),
       accuracy="accumulating", verified=RATIONALS, topics=CONVOLUTION),
    op("conv_transpose1d", [vector("x"), W],
       torch=["torch.nn.functional.conv_transpose1d(x[None], w[:, None], stride=stride, groups=len(x))[0]",
              "torch.vmap(lambda x, w: torch.nn.functional.conv_transpose1d(x[None], w[None, None], stride=stride)[0])(x, w)"],
       tensorflow=_mapped("tf.nn.conv1d_transpose(r[0][None, :, None], r[1][:, None, None], (1, (x.shape[1] - 1) * stride + 3, 1), stride, "
                          "'VALID')[0, :, 0]"),
       jax=_vmap("jax.lax.conv_transpose(x[None, :, None], w[::-1, None, None], (stride,), [(2, 2)])[0, :, 0]"), params={"stride": (1, 2)},
       accuracy="accumulating", verified=RATIONALS, topics=CONVOLUTION, documented=_padded("transposed torch", "transposed jax")),
    op("conv_transpose2d", [WHOLE, SMALL],
       torch="torch.nn.functional.conv_transpose2d(x[None], w[:, None], stride=stride, groups=len(x))[0]",
       tensorflow=_mapped(f"tf.nn.conv2d_transpose({SPACE}, {GROWN}, stride, 'VALID')[0, ..., 0]"),
       jax=_vmap("jax.lax.conv_transpose(x[None, ..., None], w[::-1, ::-1, None, None], (stride, stride), [(1, 1), (1, 1)])[0, ..., 0]"),
       params={"stride": (1, 2)}, axes=PLANES, parallel=("h", "l"), accuracy="accumulating", verified=RATIONALS, topics=CONVOLUTION,
       documented=_padded("transposed torch", "transposed jax")),
    op("convolve", [X, W],
       torch=call("torch.nn.functional.conv1d(x[None], w.flip(-1)[:, None], padding=mode, groups=len(x))[0]", when={"mode": ("same", "valid")}),
       jax=[_vmap("jnp.convolve(x, w, mode)"), _vmap("jax.scipy.signal.convolve(x, w, mode)")],
       numpy=peer("np.stack([np.convolve(a, b, mode) for a, b in zip(x, w)])"),
       params={"mode": ("full", "same", "valid")}, accuracy="accumulating", verified=RATIONALS, topics=CONVOLUTION,
       documented=_padded("torch", "jax")),
    op("fftconvolve", [X, W], definition="convolve",
       jax=[call(_vmap("jax.scipy.signal.fftconvolve(x, w, mode)"), dtypes=WIDE),
            call(_vmap("jax.scipy.signal.convolve(x, w, mode, method='fft')"), dtypes=WIDE)],
       numpy=peer("scipy.signal.fftconvolve(x, w, mode, axes=-1)", WIDE), params={"mode": ("full",)},
       error_norm="all", accuracy="accumulating", verified=RATIONALS, topics=("convolution", "fft")),
    op("correlate", [X, W],
       tensorflow=_mapped("tf.keras.ops.correlate(r[0], r[1], mode)"),
       jax=[_vmap("jnp.correlate(x, w, mode)"), _vmap("jax.scipy.signal.correlate(x, w, mode)")],
       numpy=peer("np.stack([np.correlate(a, b, mode) for a, b in zip(x, w)])"),
       params={"mode": ("full", "same", "valid")}, accuracy="accumulating", verified=RATIONALS, topics=CONVOLUTION,
       documented=_padded("correlate numpy", "correlate jax")),
    op("convolve2d", [PLANE, SMALL], jax=["jax.vmap(jax.scipy.signal.convolve2d)(x, w)", "jax.vmap(jax.scipy.signal.convolve)(x, w)"],
       numpy=peer("np.stack([scipy.signal.convolve2d(a, b) for a, b in zip(x, w)])", WIDE),
       **FULL, accuracy="accumulating", verified=RATIONALS, topics=CONVOLUTION,
       documented=_padded("signal numpy", "signal jax")),
    op("correlate2d", [PLANE, SMALL], jax=["jax.vmap(jax.scipy.signal.correlate2d)(x, w)", "jax.vmap(jax.scipy.signal.correlate)(x, w)"],
       numpy=peer("np.stack([scipy.signal.correlate2d(a, b) for a, b in zip(x, w)])", WIDE),
       **FULL, accuracy="accumulating", verified=RATIONALS, topics=CONVOLUTION,
       documented=_padded("signal numpy", "signal jax")),
    op("window_sum", [X], torch="x.unfold(-1, 3, 1).sum(dim=-1)", tensorflow="tf.reduce_sum(tf.signal.frame(x, 3, 1), axis=-1)",
       jax=_lax("0.0", "add", "(1, 3)", "(1, 1)"), accuracy="accumulating", verified=RATIONALS, topics=POOLING),
    op("avg_pool1d", [X],
       torch=["torch.nn.functional.avg_pool1d(x, 3, stride)", "torch.nn.functional.avg_pool2d(x[:, None], (1, 3), (1, stride))[:, 0]"],
       tensorflow=["tf.nn.avg_pool1d(x[..., None], 3, stride, 'VALID')[..., 0]", "tf.nn.pool(x[..., None], [3], 'AVG', strides=[stride])[..., 0]",
                   "tf.keras.ops.average_pool(x[..., None], 3, stride)[..., 0]"],
       jax=_lax("0.0", "add", "(1, 3)", "(1, stride)") + " / 3", params={"stride": (3, 1)}, accuracy="accumulating", verified=RATIONALS,
       topics=POOLING),
    op("avg_pool1d_same", [vector("x")], torch="torch.nn.functional.avg_pool1d(x, 3, 1, padding=1, count_include_pad=False)",
       tensorflow=["tf.nn.avg_pool1d(x[..., None], 3, 1, 'SAME')[..., 0]", "tf.keras.ops.average_pool(x[..., None], 3, 1, 'same')[..., 0]"],
       jax=f"{NEAR.format('x')} / {NEAR.format('jnp.ones_like(x)')}",
       accuracy="accumulating", verified=RATIONALS, topics=POOLING),
    op("avg_pool2d", [PLANE],
       torch=["torch.nn.functional.avg_pool2d(x, 2, stride)", f"torch.nn.functional.avg_pool2d({LAST}, 2, stride)[0]"],
       tensorflow=["tf.nn.avg_pool2d(x[..., None], 2, stride, 'VALID')[..., 0]", "tf.keras.ops.average_pool(x[..., None], 2, stride)[..., 0]"],
       jax=_lax("0.0", "add", "(1, 2, 2)", "(1, stride, stride)") + " / 4", params={"stride": (2, 1)}, **STRIDED,
       accuracy="accumulating", verified=RATIONALS, topics=POOLING),
    op("max_pool1d", [X],
       torch=["torch.nn.functional.max_pool1d(x, 3, stride)", "torch.nn.functional.max_pool2d(x[:, None], (1, 3), (1, stride))[:, 0]"],
       tensorflow=["tf.nn.max_pool1d(x[..., None], 3, stride, 'VALID')[..., 0]", "tf.keras.ops.max_pool(x[..., None], 3, stride)[..., 0]"],
       jax=_lax("-jnp.inf", "max", "(1, 3)", "(1, stride)"), params={"stride": (3, 1)}, orders=("value", "grad", "jvp"), accuracy="exact",
       verified=RATIONALS, topics=POOLING),
    op("max_pool1d_same", [vector("x")], torch="torch.nn.functional.max_pool1d(x, 3, 1, padding=1)",
       tensorflow=["tf.nn.max_pool1d(x[..., None], 3, 1, 'SAME')[..., 0]", "tf.keras.ops.max_pool(x[..., None], 3, 1, 'same')[..., 0]"],
       jax="jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 3), (1, 1), 'SAME')", orders=("value", "grad", "jvp"), accuracy="exact",
       verified=RATIONALS, topics=POOLING),
    op("max_pool2d", [PLANE],
       torch=["torch.nn.functional.max_pool2d(x, 2, stride)", f"torch.nn.functional.max_pool2d({LAST}, 2, stride)[0]"],
       tensorflow=["tf.nn.max_pool2d(x[..., None], 2, stride, 'VALID')[..., 0]",
                   call("tf.nn.max_pool_with_argmax(x[..., None], 2, stride, 'VALID')[0][..., 0]", without=NO_FORWARD)],
       jax=_lax("-jnp.inf", "max", "(1, 2, 2)", "(1, stride, stride)"), params={"stride": (2, 1)}, **STRIDED,
       orders=("value", "grad", "jvp"), accuracy="exact", verified=RATIONALS, topics=POOLING),
    op("lp_pool1d", [X], torch=["torch.nn.functional.lp_pool1d(x[:, None], p, 3, 1)[:, 0]", "torch.nn.LPPool1d(p, 3, 1)(x[:, None])[:, 0]"],
       params={"p": (2.0, 1.0)}, conventions=(ZERO_GRADIENT,),
       accuracy="accumulating", verified=FORMULA, topics=POOLING),
    op("lp_pool2d", [PLANE],
       torch="torch.nn.functional.lp_pool2d(x[:, None], p, 2, 1)[:, 0]", params={"p": (2.0, 1.0)}, conventions=(ZERO_GRADIENT,), **WINDOWS,
       accuracy="accumulating", verified=FORMULA, topics=POOLING),
    op("adaptive_avg_pool1d", [X],
       torch=["torch.nn.functional.adaptive_avg_pool1d(x, 3)", "torch.nn.functional.interpolate(x[:, None], 3, mode='area')[:, 0]"],
       tensorflow="tf.keras.ops.adaptive_average_pool(x[..., None], 3)[..., 0]", accuracy="accumulating", verified=RATIONALS, topics=POOLING),
    op("adaptive_max_pool1d", [X],
       torch="torch.nn.functional.adaptive_max_pool1d(x, 3)",
       tensorflow="tf.keras.ops.adaptive_max_pool(x[..., None], 3)[..., 0]", orders=("value", "grad", "jvp"), accuracy="exact", verified=RATIONALS,
       topics=POOLING),
    op("adaptive_avg_pool2d", [PLANE], torch="torch.nn.functional.adaptive_avg_pool2d(x, 2)",
       tensorflow="tf.keras.ops.adaptive_average_pool(x[..., None], 2)[..., 0]", axes=PLANES, result=(2, 2),
       accuracy="accumulating", verified=RATIONALS, topics=POOLING),
    op("dilation2d", [PLANE, SMALL],
       tensorflow=f"tf.transpose(tf.nn.dilation2d({CHANNELS}, {KERNELS}, (1, 1, 1, 1), 'VALID', 'NHWC', (1, 1, 1, 1))[0], (2, 0, 1))",
       orders=("value", "grad"), **WINDOWS, accuracy="exact", verified=RATIONALS, topics=("morphology",)),
    op("erosion2d", [PLANE, SMALL],
       tensorflow=f"tf.transpose(tf.nn.erosion2d({CHANNELS}, {KERNELS}, (1, 1, 1, 1), 'VALID', 'NHWC', (1, 1, 1, 1))[0], (2, 0, 1))",
       orders=("value", "grad"), **WINDOWS, accuracy="exact", verified=RATIONALS, topics=("morphology",)),
]  # fmt: skip
