"""Colours and images of one channel."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.op import FORMULA, RATIONALS, Op, call, domain, matrix, op, scalar, vector

COLOUR = [vector("x", 0.0, 1.0, size=3)]
LINEAR = [vector("x", size=3)]
UNIT = [matrix("x", 0.0, 1.0)]
PLANE = [matrix("x")]
PLANES = (1, 2, 3, 5)
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
       params={"factor": (2.0, 0.5)}, lengths=PLANES, accuracy="accumulating", verified=RATIONALS, topics=IMAGES),
    op("adjust_gamma", [scalar("x", 0.0, 1.0)], tensorflow=call("tf.image.adjust_gamma(x, gamma)", dtypes=FLOAT),
       params={"gamma": (2.0, 0.5)}, verified=FORMULA, topics=IMAGES,
       accepts={"x=-inf": float("inf")}, source="the page's In**gamma; C23 F.10.4.5: pow(-inf, y) is +inf for positive y that are no odd integers"),
    op("per_image_standardization", PLANE, tensorflow=call("tf.image.per_image_standardization(x[..., None])[..., 0]", dtypes=("float32",)),
       lengths=PLANES[1:], min_length=2, accuracy="accumulating", verified=FORMULA, topics=IMAGES),
    op("psnr", [*UNIT, matrix("y", 0.0, 1.0)], tensorflow=call("tf.image.psnr(x[..., None], y[..., None], 1.0)", dtypes=("float32",)), lengths=PLANES,
       accuracy="accumulating", verified=FORMULA, topics=IMAGES),
    op("total_variation", PLANE, tensorflow="tf.image.total_variation(x[..., None])", lengths=PLANES[1:], min_length=2, accuracy="accumulating",
       verified=RATIONALS, topics=IMAGES),
    op("image_gradients", PLANE, tensorflow="tf.stack(tf.image.image_gradients(x[..., None]), axis=1)", lengths=PLANES[1:], min_length=2,
       verified=RATIONALS, topics=IMAGES),
    op("sobel_edges", PLANE, tensorflow=["tf.image.sobel_edges(x[..., None])[..., 0, :]", "tf.keras.ops.image.sobel_edges(x[..., None])[..., 0, :]"],
       lengths=PLANES[1:], min_length=2, error_norm="all", accuracy="accumulating", verified=RATIONALS, topics=IMAGES),
    op("gaussian_blur", PLANE, tensorflow="tf.keras.ops.image.gaussian_blur(x[..., None])[..., 0]", lengths=PLANES, accuracy="accumulating",
       verified=FORMULA, topics=IMAGES),
    op("ssim", [*UNIT, matrix("y", 0.0, 1.0)],
       tensorflow=call("tf.image.ssim(x[..., None], y[..., None], 1.0, filter_size=3)", dtypes=("float32",)),
       lengths=(3, 4), min_length=3, accuracy="accumulating", verified=FORMULA, topics=IMAGES,
       documented=(domain("x>=0,y>=0", pages.tensorflow("tf.image.ssim"), "positive pixel values", frameworks=("tensorflow",)),)),
]  # fmt: skip
