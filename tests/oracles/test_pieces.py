"""Pieces hold their functions: at random arguments of every size the extended precision value is within its radius of Arb's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from flint import arb, ctx

from ulpfuzz.oracles import memory
from ulpfuzz.oracles.arithmetic import ball80
from ulpfuzz.oracles.arithmetic.pieces import NEW_BINADES, Pieces, pieces

pytestmark = pytest.mark.skipif(not ball80.AVAILABLE, reason="no x87 extended precision on this machine")

RANGES = {
    "erf": (-1e3, 6.0), "erfc": (-20.0, 26.0), "erfinv": (-1.0, 1.0), "lgamma": (0.0, 1e300), "digamma": (0.0, 1e300),
}  # fmt: skip


def arguments(name: str, count: int = 400) -> np.ndarray:
    low, high = RANGES[name]
    rng = np.random.default_rng(11)
    wide = np.ldexp(rng.uniform(-1, 1, count), rng.integers(-60, 12, count))
    near = rng.uniform(max(low, -30.0), min(high, 30.0), count)
    x = np.concatenate([wide, near])
    return x[(x > low) & (x < high) & (x != 0)].astype(np.longdouble)


def exact(name: str, x: np.longdouble) -> arb:
    high = float(x)
    argument = arb(high) + arb(float(x - np.longdouble(high)))
    return getattr(argument, name)()


@pytest.mark.parametrize("name", RANGES)
def test_pieces_hold_the_function(name: str) -> None:
    x = arguments(name)
    for _ in range(30):  # a bounded number of new pieces in a call
        mid, rad = pieces(name)(x)
    before, ctx.prec = ctx.prec, 200
    try:
        for k in np.flatnonzero(np.isfinite(rad)):
            high = float(mid[k])
            off = abs(exact(name, x[k]) - arb(high) - arb(float(mid[k] - np.longdouble(high))))
            assert off <= arb(float(rad[k])) * arb(1 + 2.0**-40), (name, float(x[k]))
    finally:
        ctx.prec = before
    known = np.isfinite(rad)
    assert known.mean() > 0.9
    sharp = rad[known] <= np.abs(mid[known]) * np.longdouble(2.0**-58)
    assert sharp.mean() > 0.9


def test_what_is_no_argument_is_not_known() -> None:
    mid, rad = pieces("lgamma")(np.array([0.0, np.nan, np.inf, -2.0, -3.0], np.longdouble))
    assert np.isinf(rad).all()
    assert mid.shape == (5,)


def test_a_constant_is_one() -> None:
    mid, rad = pieces("erf")(np.array([-3.4e57, 1e30], np.longdouble))
    assert mid.tolist() == [-1.0, 1.0]
    assert (rad < 1e-18).all()


def test_a_call_makes_a_bounded_number_of_pieces() -> None:
    fresh = Pieces("erf", lambda m, x: m.erf(x))
    x = np.ldexp(np.longdouble(1.25), np.arange(-400, 2))
    known = [int(np.isfinite(fresh(x)[1]).sum()) for _ in range(6)]
    assert known == sorted(known)
    assert 0 < known[0] <= NEW_BINADES < known[-1]


def test_pieces_read_back_are_those_that_were_made(tmp_path: Path) -> None:
    x = np.array([0.3, 1.7, 5.5, -2.25], np.longdouble)
    memory.keep_in(tmp_path)
    try:
        made = Pieces("erf", lambda m, x: m.erf(x))(x)
        memory.save()
        memory.keep_in(None)
        memory.keep_in(tmp_path)
        read = Pieces("erf", lambda m, x: pytest.fail("a piece was made anew"))(x)
        assert all((a == b).all() for a, b in zip(made, read, strict=True))
        assert any(tmp_path.rglob("*"))
    finally:
        memory.keep_in(None)
