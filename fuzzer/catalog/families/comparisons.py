"""Comparisons, as 0 and 1 in the format of the operands: subnormal numbers and neighbours are distinguished, NaN is unordered."""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog.op import RATIONALS, Op, op, peer, scalar

XY = [scalar("x"), scalar("y")]
#: IEEE 754-2019, 5.11: every comparison with NaN is false, but "not equal".
UNORDERED = ("x=nan", "y=nan")
INFINITE = ("x=inf", "x=-inf", "y=inf", "y=-inf")


def _comparison(name: str, short: str, at_nan: float, alike: float, unequal: float | None = None) -> Op:
    """at_nan: with a NaN; alike: of two equal infinities; unequal: of an infinity and another number, where it is always the same."""
    return op(
        name, XY, torch=f"torch.{short}(x, y).to(x.dtype)", tensorflow=f"tf.cast(tf.math.{name}(x, y), x.dtype)",
        jax=[f"jnp.{name}(x, y).astype(x.dtype)", f"jax.lax.{short}(x, y).astype(x.dtype)"],
        numpy=peer(f"np.{name}(x, y).astype(x.dtype)"), orders=("value",), accuracy="exact",
        accepts={**({} if unequal is None else dict.fromkeys(INFINITE, unequal)), **dict.fromkeys(UNORDERED, at_nan),
                 "x=inf,y=inf": alike, "x=-inf,y=-inf": alike},
        source="IEEE 754-2019, 5.11", verified=RATIONALS, topics=("comparisons",),
    )  # fmt: skip


OPS: list[Op] = [
    _comparison("less", "lt", 0.0, 0.0),
    _comparison("less_equal", "le", 0.0, 1.0),
    _comparison("greater", "gt", 0.0, 0.0),
    _comparison("greater_equal", "ge", 0.0, 1.0),
    _comparison("equal", "eq", 0.0, 1.0, 0.0),
    _comparison("not_equal", "ne", 1.0, 0.0, 1.0),
]
