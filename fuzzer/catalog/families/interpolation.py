"""Interpolation, resampling, evenly spaced numbers and polynomials."""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.catalog import pages
from ulpfuzz.fuzzer.catalog.op import FORMULA, RATIONALS, Documented, Op, call, domain, matrix, op, peer, scalar, tensor, vector

WIDE = ("float32", "float64")
RANGES, RESAMPLING, POLYNOMIALS = ("ranges",), ("interpolation", "images"), ("polynomials",)
ENDS = [vector("x", size=2)]
X = [vector("x")]
LENGTHS = (1, 2, 3, 5, 8, 16)
RESAMPLED = (*LENGTHS, 17, 64)
#: h rows of l pixels: sizes at which kernels change.
PLANE = matrix("x", rows="h", columns="l")
PLANES: dict[str, tuple[int, ...]] = {"h": (3, 1, 2, 4, 16), "l": (3, 1, 2, 5, 16, 17, 64)}
TWICE: dict[str, Any] = {"axes": PLANES, "result": ("2h", "2l"), "parallel": ("h", "l")}
#: Three points of a plane; one pixel has its value everywhere.
POINTS: dict[str, Any] = {"axes": {"h": (3, 2, 4, 16), "l": (3, 2, 5, 16, 17, 64)}, "result": (3,), "parallel": ("h", "l")}
#: Rows as images of one column; sheets are to lose rows, not columns.
SHEET = [matrix("x", rows="h+3", columns="l")]
FEWER: dict[str, Any] = {"axes": {"h": (3, 1, 2, 5, 13, 61), "l": PLANES["l"]}, "result": (3, "l"), "parallel": ("l",)}
CENTRES = {"align_corners": (False,)}
#: Forward mode through tf.image.resize is zero: its kernel's gradient has none.
NO_FORWARD, ONCE = ("jvp",), ("jvp", "grad2")

OPS: list[Op] = [
    op("linspace", ENDS,
       torch=call("torch.stack([torch.linspace(a, b, num, dtype=x.dtype, device=x.device) for a, b in x])", grad=False),
       tensorflow=["tf.linspace(x[:, 0], x[:, 1], num, axis=-1)", "tf.experimental.numpy.linspace(x[:, 0], x[:, 1], num, axis=-1)",
                   "tf.keras.ops.linspace(x[:, 0], x[:, 1], num, axis=-1)"],
       jax="jnp.linspace(x[:, 0], x[:, 1], num, axis=-1)",
       numpy=peer("np.linspace(x[:, 0], x[:, 1], num, axis=-1, dtype=x.dtype)"), params={"num": (5, 50)}, accuracy="accumulating",
       verified=RATIONALS, topics=RANGES),
    op("logspace", ENDS,
       torch=call("torch.stack([torch.logspace(a, b, num, dtype=x.dtype) for a, b in x])", grad=False),
       tensorflow="tf.experimental.numpy.logspace(x[:, 0], x[:, 1], num, axis=-1)",
       jax="jnp.logspace(x[:, 0], x[:, 1], num, axis=-1)",
       numpy=peer("np.logspace(x[:, 0], x[:, 1], num, axis=-1, dtype=x.dtype)"), params={"num": (5,)}, accuracy="accumulating", verified=FORMULA,
       topics=RANGES),
    op("geomspace", [vector("x", 0.0, size=2)],
       tensorflow=call("tf.experimental.numpy.geomspace(x[:, 0], x[:, 1], num, axis=-1)", dtypes=("float64",)),
       jax="jnp.geomspace(x[:, 0], x[:, 1], num, axis=-1)",
       numpy=peer("np.geomspace(x[:, 0], x[:, 1], num, axis=-1, dtype=x.dtype)"), params={"num": (5,)}, accuracy="accumulating", verified=FORMULA,
       topics=RANGES,
       documented=(domain("x>0", pages.numpy("numpy.geomspace"), "a geometric progression, spaced evenly on a log scale, which has no zero"),)),
    op("interp", [scalar("x"), vector("xp", structure="ascending"), vector("fp")], jax="jax.vmap(jnp.interp)(x, xp, fp)",
       numpy=peer("np.stack([np.interp(*row) for row in zip(x, xp, fp)])", ("float64",)), lengths=(2, 3, 5, 8), min_length=2, least_defined=1,
       accuracy="accumulating", verified=FORMULA, topics=("interpolation",)),
    op("upsample_linear", X,
       torch=["torch.nn.functional.interpolate(x[:, None], scale_factor=2, mode='linear', align_corners=align_corners)[:, 0]",
              call("torch.nn.functional.interpolate(x[:, None, None], (1, 2 * x.shape[1]), mode='bilinear', antialias=True)[:, 0, 0]", dtypes=WIDE,
                   when=CENTRES)],
       tensorflow=[call("tf.image.resize(x[:, :, None, None], (2 * x.shape[1], 1))[:, :, 0, 0]", dtypes=("float32",), when=CENTRES,
                        without=NO_FORWARD),
                   call("tf.keras.ops.image.resize(x[:, :, None, None], (2 * x.shape[1], 1))[:, :, 0, 0]", when=CENTRES, without=NO_FORWARD)],
       jax=call("jax.image.resize(x, (x.shape[0], 2 * x.shape[1]), 'linear')", when=CENTRES), params={"align_corners": (False, True)},
       lengths=RESAMPLED, accuracy="accumulating", verified=RATIONALS, topics=RESAMPLING),
    op("upsample_bilinear", [PLANE],
       torch=["torch.nn.functional.interpolate(x[:, None], scale_factor=2, mode='bilinear')[:, 0]",
              call("torch.nn.functional.interpolate(x[:, None], scale_factor=2, mode='bilinear', antialias=True)[:, 0]", dtypes=WIDE)],
       tensorflow=[call("tf.image.resize(x[..., None], (2 * x.shape[1], 2 * x.shape[2]))[..., 0]", dtypes=("float32",), without=NO_FORWARD),
                   call("tf.keras.ops.image.resize(x[..., None], (2 * x.shape[1], 2 * x.shape[2]))[..., 0]", without=NO_FORWARD)],
       jax="jax.image.resize(x, (x.shape[0], 2 * x.shape[1], 2 * x.shape[2]), 'bilinear')", **TWICE, accuracy="accumulating",
       verified=RATIONALS, topics=RESAMPLING),
    op("upsample_bicubic", [PLANE], torch="torch.nn.functional.interpolate(x[:, None], scale_factor=2, mode='bicubic')[:, 0]", **TWICE,
       accuracy="accumulating", verified=RATIONALS, topics=RESAMPLING),
    op("resize_cubic", X,
       torch=call("torch.nn.functional.interpolate(x[:, None, None], (1, 2 * x.shape[1]), mode='bicubic', antialias=True)[:, 0, 0]", dtypes=WIDE),
       tensorflow=[call("tf.image.resize(x[:, :, None, None], (2 * x.shape[1], 1), 'bicubic')[:, :, 0, 0]", dtypes=("float32",), without=ONCE),
                   call("tf.keras.ops.image.resize(x[:, :, None, None], (2 * x.shape[1], 1), 'bicubic')[:, :, 0, 0]", grad_dtypes=WIDE,
                        without=ONCE)],
       jax="jax.image.resize(x, (x.shape[0], 2 * x.shape[1]), 'cubic')", lengths=RESAMPLED, accuracy="accumulating", verified=RATIONALS,
       topics=RESAMPLING),
    op("downsample_linear", SHEET,
       torch=call("torch.nn.functional.interpolate(x[:, None], (3, x.shape[2]), mode='bilinear', antialias=True)[:, 0]", dtypes=WIDE),
       tensorflow=call("tf.image.resize(x[..., None], (3, x.shape[2]), antialias=True)[..., 0]", dtypes=("float32",), without=ONCE),
       jax="jax.image.resize(x, (x.shape[0], 3, x.shape[2]), 'linear')", **FEWER, accuracy="accumulating", verified=RATIONALS,
       topics=RESAMPLING),
    op("downsample_cubic", SHEET,
       torch=call("torch.nn.functional.interpolate(x[:, None], (3, x.shape[2]), mode='bicubic', antialias=True)[:, 0]", dtypes=WIDE),
       tensorflow=call("tf.image.resize(x[..., None], (3, x.shape[2]), 'bicubic', antialias=True)[..., 0]", dtypes=("float32",), without=ONCE),
       jax="jax.image.resize(x, (x.shape[0], 3, x.shape[2]), 'cubic')", **FEWER, accuracy="accumulating", verified=RATIONALS,
       topics=RESAMPLING),
    op("resize_lanczos3", X,
       tensorflow=call("tf.image.resize(x[:, :, None, None], (2 * x.shape[1], 1), 'lanczos3')[:, :, 0, 0]", dtypes=("float32",), without=ONCE),
       jax="jax.image.resize(x, (x.shape[0], 2 * x.shape[1]), 'lanczos3')", lengths=RESAMPLED, accuracy="accumulating", verified=FORMULA,
       topics=RESAMPLING),
    op("map_coordinates", [PLANE, tensor("c", (2, 3), -2.0, 8.0)],
       tensorflow=call("tf.vectorized_map(lambda r: tf.keras.ops.image.map_coordinates(r[0], r[1], 1, 'nearest'), (x, c))", without=("jvp",)),
       jax="jax.vmap(lambda x, c: jax.scipy.ndimage.map_coordinates(x, list(c), 1, 'nearest'))(x, c)",
       numpy=peer("np.stack([scipy.ndimage.map_coordinates(a, b, order=1, mode='nearest') for a, b in zip(x, c)])", WIDE),
       **POINTS, orders=("value", "grad", "jvp"), accuracy="accumulating", verified=FORMULA, topics=RESAMPLING),
    op("grid_sample", [PLANE, tensor("grid", (3, 2), -1.5, 1.5)],
       torch=call("torch.nn.functional.grid_sample(x[:, None], grid[:, None], align_corners=align_corners)[:, 0, 0]", without=NO_FORWARD),
       params={"align_corners": (False, True)},
       **POINTS, accuracy="accumulating", verified=FORMULA, topics=RESAMPLING,
       documented=(Documented("a NaN in the grid is interpreted as -1", pages.torch("torch.nn.functional.grid_sample"), where="grid~nan",
                              frameworks=("torch",)),)),
    op("affine_grid", [tensor("theta", (2, 3))], torch="torch.nn.functional.affine_grid(theta, (len(theta), 1, 2, 3), align_corners=False)",
       accuracy="accumulating", verified=RATIONALS, topics=RESAMPLING),
    op("polyval", [vector("p"), scalar("x")],
       tensorflow=["tf.math.polyval(tf.unstack(p, axis=-1), x)", "tf.experimental.numpy.polyval(tf.transpose(p), x)"],
       jax=["jax.vmap(jnp.polyval)(p, x)", "jnp.polyval(p.T, x)"], numpy=peer("np.polyval(p.T, x)"), lengths=LENGTHS, accuracy="accumulating",
       verified=RATIONALS, topics=POLYNOMIALS),
    op("polyder", [vector("p")], jax="jax.vmap(jnp.polyder)(p)", numpy=peer("np.stack([np.polyder(row) for row in p])", ("float64",)),
       lengths=(2, 3, 5, 8), min_length=2, verified=RATIONALS, topics=POLYNOMIALS),
    op("polyint", [vector("p")], jax="jax.vmap(jnp.polyint)(p)", numpy=peer("np.stack([np.polyint(row) for row in p])", ("float64",)),
       lengths=LENGTHS, verified=RATIONALS, topics=POLYNOMIALS),
    op("polymul", [vector("p"), vector("q")], jax="jax.vmap(jnp.polymul)(p, q)",
       numpy=peer("np.stack([np.polymul(*row) for row in zip(p, q)])", ("float64",)),
       lengths=(2, 3, 5, 8), min_length=2, least_defined=1, accuracy="accumulating", verified=RATIONALS, topics=POLYNOMIALS),
    op("poly", X, jax="jax.vmap(jnp.poly)(x)",
       lengths=LENGTHS[1:], min_length=2, least_defined=1, accuracy="accumulating", verified=RATIONALS, topics=POLYNOMIALS),
]  # fmt: skip
