"""The table of special functions: each arithmetic against the others, slopes and enclosed derivatives against mpmath's differences."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb, ctx

from ulpfuzz.oracles.arithmetic.arb import Arb, ArbNumber, Undefined
from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.arithmetic.mp import Mp
from ulpfuzz.oracles.arithmetic.native import Native
from ulpfuzz.oracles.arithmetic.special import Special, bessel, functions, integrals, spectra
from ulpfuzz.oracles.arithmetic.tape import Tape
from ulpfuzz.oracles.enclosure import Ball

#: Functions of an integer index and of a real number, and of matrices, have tests of their own: test_bessel_bounds, test_spectra.
OWN_TESTS = {entry.name for module in (bessel, integrals, spectra) for entry in module.FUNCTIONS}
ENTRIES = {name: entry for name, entry in functions().items() if name not in OWN_TESTS}
TABLE = [pytest.param(entry, id=name) for name, entry in ENTRIES.items()]
POINTS, BITS = 8, 128
ROWS = 300


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield


def drawn(entry: Special, count: int, *key: object) -> list[list[float]]:
    """Seeded points of the domain, half of them spread over the magnitudes where it has a sign."""
    rng = np.random.default_rng(zlib.crc32(repr((entry.name, *key)).encode()))
    points = []
    for _ in range(count):
        point = []
        for low, high in entry.domain:
            spread = low > 0 and rng.random() < 0.5
            point.append(math.exp(rng.uniform(math.log(low), math.log(high))) if spread else rng.uniform(low, high))
        points.append(point)
    return points


def as_arb(value: Any) -> arb:
    """An mpf as a point of Arb; nan for what is not finite."""
    sign, mantissa, exponent, _ = value._mpf_
    if not mantissa:
        return arb(0) if value == 0 else arb.nan()
    with ctx.workprec(20 * BITS):
        return arb((int(-mantissa if sign else mantissa), int(exponent)))


def differences(entry: Special, point: Sequence[float], orders: tuple[int, ...]) -> Any:
    """mpmath's own, at four times the precision."""
    context = mpmath.MPContext()
    context.prec = 2 * BITS
    return context.diff(lambda *x: entry.mp(context, *x), tuple(map(context.mpf, point)), orders)


def excludes(ball: arb, expected: arb, bits: int) -> bool:
    """Whether a ball surely holds nothing within a relative 2^-bits of the point."""
    with ctx.workprec(20 * BITS):
        return bool(abs(ball - expected) > abs(expected) * arb(2) ** -bits)


def close(given: Any, expected: Any, bits: int) -> bool:
    return bool(abs(given - expected) <= abs(expected) * mpmath.mpf(2) ** -bits + mpmath.mpf(2) ** -(2 * BITS))


@pytest.mark.parametrize("entry", TABLE)
def test_arb_encloses_what_mpmath_says(entry: Special) -> None:
    m = Mp(2 * BITS)
    for point in drawn(entry, 3 * POINTS, "arb"):
        expected = as_arb(getattr(m, entry.name)(*map(m.lift, point)))
        with Arb(BITS) as a:
            value = getattr(a, entry.name)(*map(a.lift, point)).v
        assert value.is_finite(), point
        assert value.rel_accuracy_bits() > BITS // 2, (point, value)
        assert not excludes(value, expected, 2 * BITS - 8), (point, value, expected)


@pytest.mark.parametrize("entry", TABLE)
def test_slopes_are_derivatives(entry: Special) -> None:
    m = Mp(BITS)
    for point in drawn(entry, POINTS, "slopes"):
        tape = Tape(m)
        variables = [tape.lift(m.lift(x)) for x in point]
        slopes = tape.gradient([getattr(tape, entry.name)(*variables)], [1], variables)
        for k, slope in enumerate(slopes):
            expected = differences(entry, point, tuple(int(i == k) for i in range(len(point))))
            assert close(slope, expected, BITS - 16), (point, k, slope, expected)


ENCLOSED = [pytest.param(entry, id=name) for name, entry in ENTRIES.items() if entry.acb is not None]


def orders_of(entry: Special) -> list[tuple[int, ...]]:
    """Each first and second derivative, a mixed one, a third one."""
    count = entry.arguments
    firsts = [tuple(int(i == k) for i in range(count)) for k in range(count)]
    seconds = [tuple(2 * o for o in first) for first in firsts]
    mixed = [tuple(int(i < 2) for i in range(count))] if count > 1 else []
    return [*firsts, *seconds, *mixed, tuple(3 * o for o in firsts[0])]


@pytest.mark.parametrize("entry", ENCLOSED)
def test_enclosed_derivatives(entry: Special) -> None:
    """At points: rigorous and sharp."""
    for point in drawn(entry, 3, "partial"):
        for orders in orders_of(entry):
            expected = as_arb(differences(entry, point, orders))
            with Arb(BITS) as a:
                value = a.partial(entry.name, [a.lift(x) for x in point], orders).v
            assert value.is_finite(), (point, orders)
            assert value.rel_accuracy_bits() > BITS // 4 or abs(value) < arb(2) ** -BITS, (point, orders, value)
            assert not excludes(value, expected, BITS), (point, orders, value, expected)


@pytest.mark.parametrize("entry", ENCLOSED)
def test_enclosed_derivatives_over_boxes(entry: Special) -> None:
    """A claim over a box holds at its corners and inside, and a box of four ulps of binary32 is enclosed usefully."""
    useful = 0
    for index, point in enumerate(drawn(entry, 6, "boxes")):
        width = (2.0**-22, 2.0**-22, 2.0**-12)[index % 3]
        orders = orders_of(entry)[index % len(orders_of(entry))]
        for at in ((1.0, -1.0, 1.0, -1.0), (-1.0, 0.25, 1.0, 0.0)):
            inside = [x * (1 + width * t) for x, t in zip(point, at, strict=False)]
            expected = as_arb(differences(entry, inside, orders))
            with Arb(BITS) as a:
                box = [ArbNumber(arb(x, abs(x) * width * (1 + 2.0**-50))) for x in point]
                value = a.partial(entry.name, box, orders).v
            assert not value.is_finite() or not excludes(value, expected, BITS), (point, width, orders, value)
            useful += value.is_finite() and value.rel_accuracy_bits() > 4
    assert useful >= 2


def test_no_claim_across_a_pole_or_without_a_complex_function() -> None:
    with Arb(BITS) as a:
        assert not a.partial("gammainc_p", [ArbNumber(arb(0.5, 1)), a.lift(2.0)], (1, 0)).v.is_finite()
        assert not a.partial("zeta", [a.lift(1.0), a.lift(2.0)], (1, 0)).v.is_finite()
        assert not a.partial("gamma", [a.lift(-2.0)], (1,)).v.is_finite()
        assert not a.partial("gamma", [ArbNumber(arb.nan())], (1,)).v.is_finite()


def test_a_second_derivative_on_a_tape_over_a_tape() -> None:
    """The mixed and pure second derivatives of P(a, x), against mpmath's."""
    entry = functions()["gammainc_p"]
    for a_, x_ in ((2.5, 3.25), (40.0, 33.0)):
        with Arb(BITS) as m:
            outer = Tape(m)
            inner = Tape(outer)
            outside = [outer.lift(m.lift(v)) for v in (a_, x_)]
            inside = [inner.lift(v) for v in outside]
            slopes = inner.gradient([inner.gammainc_p(*inside)], [1], inside)
            found = [second.v for slope in slopes for second in outer.gradient([slope], [1], outside)]
        for value, orders in zip(found, [(2, 0), (1, 1), (1, 1), (0, 2)], strict=True):
            expected = as_arb(differences(entry, [a_, x_], orders))
            assert not excludes(value, expected, BITS)
            assert value.rel_accuracy_bits() > 40


BOUNDED = [pytest.param(entry, id=name) for name, entry in ENTRIES.items() if entry.ball64 is not None]


def regimes(entry: Special, rng: np.random.Generator) -> list[np.ndarray[Any, np.dtype[np.float64]]]:
    """Columns: the domain, its magnitudes, small integers and halves, everything that float32 holds on the domain's side of 0; then
    the arguments that libraries have formulas of their own for, beside 0 and 1."""
    columns = []
    for low, high in entry.domain:
        even = rng.uniform(low, high, ROWS)
        wide = 10.0 ** rng.uniform(-8, 5, ROWS)
        halves = rng.integers(0, 60, ROWS) / 2.0
        bits = rng.integers(0, 2**31, ROWS, dtype=np.uint64).astype(np.uint32).view(np.float32).astype(np.float64)
        any_sign = rng.choice([-1.0, 1.0], ROWS) if low < 0 else 1.0
        near = np.concatenate([2.0 ** -np.arange(1, 60), 1 - 2.0 ** -np.arange(1, 54), 1 + 2.0 ** -np.arange(1, 53)])
        dyadic = rng.choice([0.5, 1.0, 1.5, 2.0, 3.0] if len(columns) < len(entry.domain) - 1 else near, 4 * ROWS)
        mixed = np.concatenate([even, wide * any_sign, halves * any_sign, bits * any_sign])
        mixed = np.where(np.isfinite(mixed), mixed, 1.0)
        whole = np.concatenate([rng.permutation(mixed) if columns else mixed, dyadic])
        columns.append(np.clip(whole, 0, 1) if low >= 0 and high <= 1 else whole)
    return columns


@pytest.mark.parametrize("exact", [True, False], ids=["points", "balls"])
@pytest.mark.parametrize("entry", BOUNDED)
def test_ball64_bounds(entry: Special, exact: bool) -> None:
    """What the vectorised tier claims holds against Arb, at exact and at inexact arguments, and everyday arguments are decided."""
    rng = np.random.default_rng(zlib.crc32(f"{entry.name} {exact}".encode()))
    columns = regimes(entry, rng)
    m = Ball64(columns[0].size)
    radii = [np.zeros(c.size) if exact else np.abs(c) * 2.0 ** rng.uniform(-50, -8, c.size) for c in columns]
    ball = entry.ball64(m, *(m.lift(c) if exact else Ball(m, c, r) for c, r in zip(columns, radii, strict=True)))  # type: ignore[misc]
    mid, rad = (np.broadcast_to(v, columns[0].shape) for v in (ball.mid, ball.radius()))
    bad = np.zeros(mid.shape, np.bool_) if ball.bad is None else np.broadcast_to(ball.bad, mid.shape)
    decided = (rad[:ROWS] <= np.abs(mid[:ROWS]) * 2.0**-30) | (rad[:ROWS] <= 2.0**-160)
    assert not exact or decided.mean() > 0.5, decided.mean()
    for i in np.flatnonzero(np.isfinite(rad) | bad):
        point = [arb(c[i]) + arb(r[i]) * arb(t) for c, r, t in zip(columns, radii, rng.uniform(-1, 1, len(columns)), strict=True)]
        with Arb(200) as a:
            try:
                truth = getattr(a, entry.name)(*map(ArbNumber, point)).v
            except Undefined:
                assert bad[i] or not exact, [c[i] for c in columns]
                continue
            if bad[i]:
                assert not truth.is_finite(), [c[i] for c in columns]
            elif truth.is_finite() and np.isfinite(mid[i]):
                assert not abs(truth - arb(mid[i])) > arb(rad[i]), ([c[i].hex() for c in columns], mid[i], rad[i], truth)


NATIVE = [pytest.param(entry, id=name) for name, entry in ENTRIES.items() if entry.native is not None]


@pytest.mark.parametrize("entry", NATIVE)
def test_native_agrees_roughly(entry: Special) -> None:
    m, native = Mp(64), Native()
    for point in drawn(entry, 2 * POINTS, "native"):
        expected = m.double(getattr(m, entry.name)(*map(m.lift, point)))[0]
        given = getattr(native, entry.name)(*map(native.lift, point))
        assert math.isclose(given, expected, rel_tol=1e-6, abs_tol=1e-250), (point, given, expected)


def test_the_table_is_whole() -> None:
    for name, entry in functions().items():
        assert entry.source, name
        assert entry.mp.__name__ != "<lambda>", f"{name}: a reproducer carries the source of its mpmath function"
    for name, entry in ENTRIES.items():
        assert len(entry.domain) == entry.arguments, name
        assert all(low < high for low, high in entry.domain), name
