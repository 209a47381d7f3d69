"""Comparisons, as 0 and 1 in the format of the operands: subnormal numbers and neighbours are distinguished, NaN is unordered."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog.op import RATIONALS, Op, op, peer, scalar

XY = [scalar("x"), scalar("y")]
#: IEEE 754-2019, 5.11: every comparison with NaN is false, but "not equal".
UNORDERED = ("x=nan", "y=nan")
INFINITE = ("x=inf", "x=-inf", "y=inf", "y=-inf")


def _comparison(name: str, at_nan: float, alike: float, unequal: float | None, calls: tuple[str, ...]) -> Op:
    """at_nan: with a NaN; alike: of two equal infinities; unequal: of an infinity and another number, where it is always the same.

    calls: of torch, tensorflow, jax.numpy, jax.lax and numpy; the record casts.
    """
    torch, tensorflow, jnp, lax, numpy = calls
    return op(
        name, XY, torch=f"{torch}.to(x.dtype)", tensorflow=f"tf.cast({tensorflow}, x.dtype)",
        jax=[f"{jnp}.astype(x.dtype)", f"{lax}.astype(x.dtype)"],
        numpy=peer(f"{numpy}.astype(x.dtype)"), orders=("value",), accuracy="exact",
        accepts={**({} if unequal is None else dict.fromkeys(INFINITE, unequal)), **dict.fromkeys(UNORDERED, at_nan),
                 "x=inf,y=inf": alike, "x=-inf,y=-inf": alike},
        source="IEEE 754-2019, 5.11", verified=RATIONALS, topics=("comparisons",),
    )  # fmt: skip


OPS: list[Op] = [
    _comparison("less", 0.0, 0.0, None,
                ("torch.lt(x, y)", "tf.math.less(x, y)", "jnp.less(x, y)", "jax.lax.lt(x, y)", "np.less(x, y)")),
    _comparison("less_equal", 0.0, 1.0, None,
                ("torch.le(x, y)", "tf.math.less_equal(x, y)", "jnp.less_equal(x, y)", "jax.lax.le(x, y)", "np.less_equal(x, y)")),
    _comparison("greater", 0.0, 0.0, None,
                ("torch.gt(x, y)", "tf.math.greater(x, y)", "jnp.greater(x, y)", "jax.lax.gt(x, y)", "np.greater(x, y)")),
    _comparison("greater_equal", 0.0, 1.0, None,
                ("torch.ge(x, y)", "tf.math.greater_equal(x, y)", "jnp.greater_equal(x, y)", "jax.lax.ge(x, y)", "np.greater_equal(x, y)")),
    _comparison("equal", 0.0, 1.0, 0.0,
                ("torch.eq(x, y)", "tf.math.equal(x, y)", "jnp.equal(x, y)", "jax.lax.eq(x, y)", "np.equal(x, y)")),
    _comparison("not_equal", 1.0, 0.0, 1.0,
                ("torch.ne(x, y)", "tf.math.not_equal(x, y)", "jnp.not_equal(x, y)", "jax.lax.ne(x, y)", "np.not_equal(x, y)")),
]  # fmt: skip
