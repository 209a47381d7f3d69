"""Colours and images of one channel."""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.op import FORMULA, RATIONALS, Op, call, domain, matrix, op, scalar, vector

COLOUR = [vector("x", 0.0, 1.0, size=3)]
LINEAR = [vector("x", size=3)]
UNIT = [matrix("x", 0.0, 1.0, rows="h", columns="l"), matrix("y", 0.0, 1.0, rows="h", columns="l")]
#: At least three pixels down and across, for windows of three.
SCENES = [matrix("x", 0.0, 1.0, rows="h+2", columns="l+2"), matrix("y", 0.0, 1.0, rows="h+2", columns="l+2")]
PLANE, INNER = [matrix("x", rows="h", columns="l")], [matrix("x", rows="h+1", columns="l+1")]
#: h rows of l pixels: sizes at which kernels change, from whole vectors over their tails to long rows. Windows cost more products.
PLANES: dict[str, tuple[int, ...]] = {"h": (3, 1, 2, 4, 16), "l": (3, 1, 2, 5, 16, 17, 64, 257)}
SMALLER: dict[str, tuple[int, ...]] = {"h": (3, 1, 2, 4, 16), "l": (3, 1, 2, 5, 16, 17, 64)}
WHOLE: dict[str, Any] = {"axes": PLANES, "result": ("h", "l")}
COLOURS, IMAGES = ("colours", "images"), ("images",)
NO_HALF = ("bfloat16", "float32", "float64")
#: Of a page that converts "to float representation" first, and computes in binary32.
FLOAT = ("float16", "bfloat16", "float32")

# x[:, None, None]: a row of colours as images of one pixel.
OPS: list[Op] = [
    op("rgb_to_grayscale", LINEAR,
       tensorflow=["tf.image.rgb_to_grayscale(x)[:, 0]", "tf.keras.ops.image.rgb_to_grayscale(x[:, None, None])[:, 0, 0, 0]"],
       accuracy="accumulating", verified=RATIONALS, topics=COLOURS),
    op("rgb_to_yiq", LINEAR, tensorflow="tf.image.rgb_to_yiq(x)", accuracy="accumulating", verified=RATIONALS, topics=COLOURS),
    op("yiq_to_rgb", LINEAR, tensorflow="tf.image.yiq_to_rgb(x)", accuracy="accumulating", verified=RATIONALS, topics=COLOURS),
    op("rgb_to_yuv", LINEAR, tensorflow="tf.image.rgb_to_yuv(x)", accuracy="accumulating", verified=RATIONALS, topics=COLOURS),
    op("yuv_to_rgb", LINEAR, tensorflow="tf.image.yuv_to_rgb(x)", accuracy="accumulating", verified=RATIONALS, topics=COLOURS),
    op("rgb_to_hsv", COLOUR,
       tensorflow=["tf.image.rgb_to_hsv(x)", "tf.keras.ops.image.rgb_to_hsv(x[:, None, None])[:, 0, 0]"], orders=("value", "grad"),
       verified=RATIONALS, topics=COLOURS,
       documented=(domain("x>=0,x<=1", pages.tensorflow("tf.image.rgb_to_hsv"), "well defined for values in [0, 1]", frameworks=("tensorflow",)),)),
    op("hsv_to_rgb", COLOUR, tensorflow=["tf.image.hsv_to_rgb(x)", "tf.keras.ops.image.hsv_to_rgb(x[:, None, None])[:, 0, 0]"], orders=("value",),
       verified=RATIONALS, topics=COLOURS,
       documented=(domain("x>=0,x<=1", pages.tensorflow("tf.image.hsv_to_rgb"), "well defined for values in [0, 1]", frameworks=("tensorflow",)),)),
    op("adjust_saturation", COLOUR, tensorflow=call("tf.image.adjust_saturation(x[:, None], factor)[:, 0]", dtypes=NO_HALF),
       params={"factor": (0.5, 2.0)}, orders=("value",), verified=RATIONALS, topics=COLOURS,
       documented=(domain("x>=0,x<=1", pages.tensorflow("tf.image.rgb_to_hsv"), "well defined for values in [0, 1]", frameworks=("tensorflow",)),)),
    op("adjust_hue", COLOUR, tensorflow=call("tf.image.adjust_hue(x[:, None], delta)[:, 0]", dtypes=NO_HALF),
       params={"delta": (0.25,)}, orders=("value",), verified=RATIONALS, topics=COLOURS,
       documented=(domain("x>=0,x<=1", pages.tensorflow("tf.image.rgb_to_hsv"), "well defined for values in [0, 1]", frameworks=("tensorflow",)),)),
    op("adjust_contrast", PLANE,
       tensorflow=call("tf.image.adjust_contrast(x[..., None], factor)[..., 0]", dtypes=NO_HALF, grad=False),
       params={"factor": (2.0, 0.5)}, **WHOLE, accuracy="accumulating", verified=RATIONALS, topics=IMAGES),
    op("adjust_gamma", [scalar("x", 0.0, 1.0)], tensorflow=call("tf.image.adjust_gamma(x, gamma)", dtypes=FLOAT),
       params={"gamma": (2.0, 0.5)}, verified=FORMULA, topics=IMAGES,
       accepts={"x=-inf": float("inf")}, source="the page's In**gamma; C23 F.10.4.5: pow(-inf, y) is +inf for positive y that are no odd integers"),
    op("per_image_standardization", PLANE, tensorflow=call("tf.image.per_image_standardization(x[..., None])[..., 0]", dtypes=("float32",)),
       **WHOLE, accuracy="accumulating", verified=FORMULA, topics=IMAGES),
    op("psnr", UNIT, tensorflow=call("tf.image.psnr(x[..., None], y[..., None], 1.0)", dtypes=("float32",)),
       axes=PLANES, result=(), accuracy="accumulating", verified=FORMULA, topics=IMAGES),
    op("total_variation", PLANE, tensorflow="tf.image.total_variation(x[..., None])", axes=PLANES, result=(), accuracy="accumulating",
       verified=RATIONALS, topics=IMAGES),
    op("image_gradients", PLANE, tensorflow="tf.stack(tf.image.image_gradients(x[..., None]), axis=1)", axes=PLANES,
       result=(2, "h", "l"), parallel=("h", "l"), verified=RATIONALS, topics=IMAGES),
    op("sobel_edges", INNER, tensorflow=["tf.image.sobel_edges(x[..., None])[..., 0, :]", "tf.keras.ops.image.sobel_edges(x[..., None])[..., 0, :]"],
       axes={"h": (2, 1, 3, 15), "l": (2, 1, 4, 15, 16, 63)}, result=("h+1", "l+1", 2), parallel=("h", "l"), error_norm="all",
       accuracy="accumulating", verified=RATIONALS, topics=IMAGES),
    op("gaussian_blur", PLANE, tensorflow="tf.keras.ops.image.gaussian_blur(x[..., None])[..., 0]", axes=SMALLER, result=("h", "l"),
       parallel=("h", "l"), accuracy="accumulating", verified=FORMULA, topics=IMAGES),
    op("ssim", SCENES,
       tensorflow=call("tf.image.ssim(x[..., None], y[..., None], 1.0, filter_size=3)", dtypes=("float32",)),
       axes={"h": (1, 2, 3), "l": (1, 2, 3, 14)}, result=(), accuracy="accumulating", verified=FORMULA, topics=IMAGES,
       documented=(domain("x>=0,y>=0", pages.tensorflow("tf.image.ssim"), "positive pixel values", frameworks=("tensorflow",)),)),
]  # fmt: skip
