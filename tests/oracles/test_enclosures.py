"""A claimed enclosure encloses: the vectorised arithmetics against Arb, at exact and at inexact inputs, and usefully tight."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles.points import balls, exact_points
from ulpfuzz.oracles import vectorised
from ulpfuzz.oracles.arithmetic.arb import Arb, ArbNumber, Undefined
from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.arithmetic.ball80 import AVAILABLE, Ball80
from ulpfuzz.oracles.arithmetic.log64 import Log64, LogBall
from ulpfuzz.oracles.arithmetic.protocol import UNARY
from ulpfuzz.oracles.enclosure import Ball

ARITHMETICS = [
    Ball64,
    pytest.param(Ball80, marks=pytest.mark.skipif(not AVAILABLE, reason="longdouble has no 64-bit significand here")),
    Log64,
]
FUNCTIONS = [*UNARY, "trigamma", "polygamma"]
COUNT = 1500


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield


def seeded(*key: object) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(repr(key).encode()))


def lifted(m: Any, mid: Any, rad: Any = None) -> Any:
    plain = m.plain if isinstance(m, Log64) else m
    if rad is None:
        return m.lift(mid)
    ball = Ball(plain, np.asarray(mid, plain.dtype), np.asarray(rad, plain.dtype))
    return LogBall(m, ball) if isinstance(m, Log64) else ball


def exactly(value: Any) -> arb:
    """A binary64 or longdouble number as a point of Arb."""
    if not isinstance(value, np.longdouble) or not np.isfinite(value):
        return arb(float(value))
    fraction, exponent = np.frexp(value)
    return arb((int(fraction * np.longdouble(2) ** 64), int(exponent) - 64))


def column(values: Any, rows: int) -> list[Any]:
    return list(np.broadcast_to(values, (rows,)))


def violations(m: Any, number: Any, truths: list[Any], *shown: Any, exact: bool = True) -> list[str]:
    """Rows whose finite claim surely excludes the truth. A truth of None is undefined: nothing may be claimed at exact inputs
    (a ball that only touches the outside of the domain claims the values inside).
    """
    rows = len(truths)
    if isinstance(m, Log64):
        value, low, radius = m.enclose(number)
        _check_log(number, truths)
    else:
        value, low, radius = number.mid, np.zeros(1), number.radius()
    bad = np.zeros(rows, np.bool_) if number.bad is None else np.broadcast_to(number.bad, (rows,))
    wrong = []
    triples = zip(column(value, rows), column(low, rows), column(radius, rows), truths, bad, strict=True)
    for i, (v, lo, r, y, undefined) in enumerate(triples):
        if y is not None and not y.is_finite():
            continue
        if undefined:
            broken = y is not None
        elif not r < np.inf:
            continue
        elif y is None:
            broken = exact
        elif np.isinf(v):
            broken = y * int(np.sign(v)) <= arb(1.7976931348623157e308)
        else:
            broken = abs(y - exactly(v) - exactly(lo)) > exactly(r)
        if broken:
            inputs = tuple(float(s[i]).hex() for s in shown)
            wrong.append(f"{m.name}{inputs}: {v!r} + {lo!r} +- {r!r}, truth {y}, undefined {undefined}")
    return wrong


def _check_log(number: LogBall, truths: list[Any]) -> None:
    """The logarithm's own claim."""
    rows = len(truths)
    for y, sign, hi, lo, rad in zip(truths, *(column(c, rows) for c in number.log), strict=True):
        if y is None or not y.is_finite() or not rad < np.inf:
            continue
        if sign == 0:
            assert y.contains(0), (y, sign, hi, lo, rad)
        else:
            assert not y * int(sign) <= 0, (y, sign, hi, lo, rad)
            distance = abs((y * int(sign)).log() - arb(hi) - arb(lo))
            assert not distance > arb(rad), (y, sign, hi, lo, rad)


def truth(function: Callable[..., ArbNumber], *arguments: Any) -> Any:
    try:
        y: arb = function(*arguments).v
    except Undefined:
        return None
    return y


def reliable(name: str, x: arb) -> bool:
    """Keeps Arb quick: it reduces 2^1000 radians at any precision, but lgamma of a huge negative number is a pole."""
    return not (name in ("polygamma", "trigamma", "digamma", "lgamma") and x < -1e6)


@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_exact_inputs(name: str, arithmetic: Any) -> None:
    x = exact_points(name, COUNT, seeded(name))
    x = x[[reliable(name, arb(v)) for v in x]]
    m = arithmetic(x.size)
    number = apply(m, name, lifted(m, x))
    with Arb(256) as a:
        truths = [truth(lambda v: apply(a, name, v), a.lift(v)) for v in x]
        wrong = violations(m, number, truths, x)
    assert not wrong, "\n".join(wrong[:10]) + f"\n{len(wrong)} of {x.size}"


@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_inexact_inputs(name: str, arithmetic: Any) -> None:
    rng = seeded(name, "ball")
    mid, rad = balls(name, COUNT, rng)
    at = rng.choice([-1, -0.5, 0.125, 1], mid.size)
    keep = np.asarray([reliable(name, arb(v) - arb(r)) for v, r in zip(mid, rad, strict=True)])
    mid, rad, at = mid[keep], rad[keep], at[keep]
    m = arithmetic(mid.size)
    number = apply(m, name, lifted(m, mid, rad))
    with Arb(256) as a:
        inside = [ArbNumber(arb(x) + arb(r) * arb(t)) for x, r, t in zip(mid, rad, at, strict=True)]
        truths = [truth(lambda v: apply(a, name, v), v) for v in inside]
        wrong = violations(m, number, truths, mid, rad, at, exact=False)
    assert not wrong, "\n".join(wrong[:10]) + f"\n{len(wrong)} of {mid.size}"


def apply(m: Any, name: str, x: Any) -> Any:
    order = {"trigamma": 1, "polygamma": 2}.get(name)
    return m.polygamma(order, x) if order else getattr(m, name)(x)


def pairs(name: str, count: int, rng: np.random.Generator) -> tuple[Any, Any]:
    x, y = (rng.permutation(exact_points(name, count, rng))[: count - count // 4] for _ in "xy")
    close = rng.choice(x, count // 4)
    if name == "pow":
        whole = rng.integers(-2000, 2000, count // 4).astype(float)
        close = rng.choice([-1.0, 1.0], close.size) * 2.0 ** rng.uniform(-3, 3, close.size)
        x = np.concatenate([x, close, 1 + close[: count // 8] * 2.0**-30])
        return x, np.concatenate([y, whole, rng.normal(size=count // 8) * 1e9])[: x.size]
    if name == "fmod":
        multiples = np.trunc(rng.uniform(-9, 9, close.size)) * close
        return np.concatenate([x, multiples]), np.concatenate([y, close])
    near = -close * (1 + rng.integers(-3, 4, close.size) * 2.0**-52)
    return np.concatenate([x, close]), np.concatenate([y, np.where(np.isfinite(near), near, 1.0)])


BINARY: dict[str, Callable[[Any, Any, Any], Any]] = {
    "add": lambda m, x, y: x + y,
    "sub": lambda m, x, y: x - y,
    "mul": lambda m, x, y: x * y,
    "div": lambda m, x, y: x / y,
    "sum": lambda m, x, y: m.sum([x, 1, y, -x, y]),
    "max": lambda m, x, y: m.max([x, y, 3]),
    "min": lambda m, x, y: m.min([x, y]),
    "where": lambda m, x, y: m.where(m.lt(x, y), lambda: m.square(x), lambda: x + y),
    "where0": lambda m, x, y: m.where(m.eq0(x), lambda: m.num(7), lambda: y / x),
    "pow": lambda m, x, y: m.pow(x, y),
    "cube": lambda m, x, y: m.pow(x, m.num(3)) * m.pow(y, m.num(-2)) * m.pow(x, m.num(65)),
    "atan2": lambda m, x, y: m.atan2(x, y),
    "fmod": lambda m, x, y: m.fmod(x, y),
    "constants": lambda m, x, y: (
        x * m.const("pi") + y * m.const("ln10") / (m.const("euler") - Fraction(1, 3)) - m.const("ln2") + 0.1
    ),
    "logsumexp": lambda m, x, y: m.log(m.sum([m.exp(x), m.exp(y), m.exp(x)])),
    "softmax": lambda m, x, y: m.exp(x) / (m.exp(x) + m.exp(y)),
    "log_softmax": lambda m, x, y: x - m.log(m.exp(x) + m.exp(y)),
    "softplus": lambda m, x, y: m.log(1 + m.exp(x)) - m.log1p(m.exp(y)),
    "silu": lambda m, x, y: x / (1 + m.exp(-x)) + y * m.tanh(m.log(1 + m.exp(y))),
    "norm": lambda m, x, y: m.sqrt(m.square(x) + m.square(y)),
    "products": lambda m, x, y: x * x * x * y / (x * y) / m.square(y),
    "hyperbolic": lambda m, x, y: m.sinh(x) / m.cosh(y) - m.expm1(x) * m.exp(-m.abs(x)),
    "tails": lambda m, x, y: m.erfc(m.abs(x)) / m.erfc(m.abs(y)),
    "small": lambda m, x, y: m.tanh(m.exp(x)) * m.erf(m.exp(y)) / m.sin(m.exp(x)) * m.atan(m.exp(-y)),
}  # fmt: skip


@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("name", BINARY)
def test_two_exact_inputs(name: str, arithmetic: Any) -> None:
    x, y = pairs(name, COUNT, seeded(name))
    m = arithmetic(x.size)
    number = BINARY[name](m, lifted(m, x), lifted(m, y))
    bits = 4500 if name == "fmod" else 256
    with Arb(bits) as a:
        truths = [truth(lambda p, q: BINARY[name](a, p, q), a.lift(p), a.lift(q)) for p, q in zip(x, y, strict=True)]
        wrong = violations(m, number, truths, x, y)
    assert not wrong, "\n".join(wrong[:10]) + f"\n{len(wrong)} of {x.size}"


@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("name", BINARY)
def test_two_inexact_inputs(name: str, arithmetic: Any) -> None:
    rng = seeded(name, "balls")
    (x, xr), (y, yr) = balls(name, COUNT, rng), balls(name, COUNT, rng)
    count = min(x.size, y.size)
    order, s, t = rng.permutation(count), *rng.choice([-1, -0.5, 0.125, 1], (2, count))
    x, xr, y, yr = x[:count], xr[:count], y[order], yr[order]
    m = arithmetic(count)
    number = BINARY[name](m, lifted(m, x, xr), lifted(m, y, yr))
    bits = 4500 if name == "fmod" else 256
    with Arb(bits) as a:
        points = zip(x, xr, s, y, yr, t, strict=True)
        inside = [(ArbNumber(arb(p) + arb(pr) * arb(i)), ArbNumber(arb(q) + arb(qr) * arb(j))) for p, pr, i, q, qr, j in points]
        truths = [truth(lambda p, q: BINARY[name](a, p, q), p, q) for p, q in inside]
        wrong = violations(m, number, truths, x, xr, s, y, yr, t, exact=False)
    assert not wrong, "\n".join(wrong[:10]) + f"\n{len(wrong)} of {count}"


@pytest.mark.parametrize("arithmetic", ARITHMETICS)
def test_quotient_of_a_subnormal_by_a_ball(arithmetic: Any) -> None:
    """|quotient| * radius underflows although the relative error of the divisor is 2^-39."""
    m = arithmetic(1)
    x, (y, r) = np.asarray([-(2.0**-1040)]), (np.asarray([-(2.0**-128)]), np.asarray([2.0**-167]))
    with Arb(200):
        truths = [arb(x[0]) / (arb(y[0]) + arb(r[0]))]
        assert not violations(m, lifted(m, x) / lifted(m, y, r), truths, x)


def test_exact_products_know_their_range() -> None:
    m = Ball64(3)
    product = m.lift(np.asarray([2.0**-1074, 1e308, 3.0])) * m.num(2) * m.num(4)
    assert not product.radius()[1] < np.inf
    exact = m.lift(np.asarray([3.0, -5.0, 0.0])) * m.num(2) * m.num(4)
    assert exact.rad is None
    assert exact.mid.tolist() == [24, -40, 0]
    halves = m.lift(np.asarray([2.0**-1074, 1.0, 0.0])) * m.lift(np.full(3, 0.5), bits=1)
    assert halves.radius()[0] >= 2.0**-1075
    assert (halves.radius()[1:] == 0).all()


def beside_multiples_of_half_pi(bits: int, binades: range) -> Iterator[tuple[int, int]]:
    """(m, e) whose m 2^e, m of so many bits, lies nearest to a multiple of pi/2: denominators of the convergents of 2^e / (pi/2)."""
    pi = Fraction(int((arb.pi() * 2**2600).floor().unique_fmpz()), 2**2600)
    for e in binades:
        x = Fraction(2) ** e / (pi / 2)
        before, now = 0, 1
        while x != int(x):
            x = 1 / (x - int(x))
            before, now = now, int(x) * now + before
            if now >= 2**bits:
                break
            yield now, e


@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_arguments_beside_multiples_of_half_pi(name: str, arithmetic: Any) -> None:
    """Where little is left of the reduced argument: numpy's vectorised sin was off by 71,769 ulps at 0x1.4c96c11134d36p+578 (AVX-512)."""
    with Arb(2700):
        points = {float(m * 2.0**e) for m, e in beside_multiples_of_half_pi(53, range(-40, 970, 7))}
        points |= {float.fromhex("0x1.4c96c11134d36p+578"), float.fromhex("0x1.69eab0985179bp+246")}
    x = np.asarray(sorted(p for p in points if np.isfinite(p)))
    m = arithmetic(x.size)
    number = apply(m, name, m.lift(x))
    with Arb(1300):
        assert not violations(m, number, [getattr(arb(p), name)() for p in x.tolist()], x)


@pytest.mark.skipif(not AVAILABLE, reason="longdouble has no 64-bit significand here")
def test_a_radius_below_binary64_is_not_zero() -> None:
    """2^-1100 is zero in binary64, and a product that is off by it is not exact."""
    m = Ball80(2)
    one = Ball(m, np.asarray([1.0, 0.0], np.longdouble), np.ldexp(np.longdouble(1), [-1100, -1100]))
    truth = vectorised.Reference.unknown(2, 1)
    vectorised._read(m, one, truth, 0)
    assert (truth.radius[:, 0] > 0).all()


# -- usefulness: an enclosure of infinite radius is always right ------------------------------------------------------------

#: How much of "everyday" float32 input is certified to a relative 2^-40, absolute below 1 where a function has roots.
LOOSE = {"sinpi", "cospi", "sin", "cos", "tan", "lgamma", "digamma", "fmod"}
DOMAIN = {"log": (0, 9), "log1p": (-0.99, 9), "log2": (0, 9), "log10": (0, 9), "sqrt": (0, 9), "asin": (-1, 1), "acos": (-1, 1),
          "acosh": (1, 9), "atanh": (-1, 1), "erfinv": (-1, 1), "polygamma": (0.01, 20), "trigamma": (0.01, 20)}  # fmt: skip


@pytest.mark.parametrize("arithmetic", [Ball64, Log64])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_everyday_float32_is_decided(name: str, arithmetic: Any) -> None:
    low, high = DOMAIN.get(name, (-9, 9))
    x = seeded(name).uniform(low, high, 2000).astype(np.float32).astype(np.float64)
    m = arithmetic(x.size)
    number = apply(m, name, m.lift(x, 24))
    value, radius = number.value if isinstance(m, Log64) else number, None
    scale = np.maximum(np.abs(value.mid), 1) if name in LOOSE else np.abs(value.mid)
    radius = value.radius()
    assert np.mean(radius <= scale * 2.0**-40) > 0.995, np.max(radius / scale)


def test_log64_decides_what_overflows() -> None:
    rng = seeded("float32 bits")
    bits = rng.integers(0, 2**32, (16, 4000), dtype=np.uint64).astype(np.uint32).view(np.float32).astype(np.float64)
    columns = [np.where(np.isfinite(c), c, 0.0) for c in bits]
    m = Log64(4000)
    numbers = [m.lift(c, 24) for c in columns]
    total = m.sum([m.exp(v) for v in numbers])
    results = {
        "logsumexp": m.log(total), "softmax": m.exp(numbers[0]) / total, "log_softmax": numbers[0] - m.log(total),
        "silu": numbers[0] / (1 + m.exp(-numbers[0])), "softplus": m.log(1 + m.exp(numbers[1])),
        "norm": m.sqrt(m.sum([m.square(v) for v in numbers])),
        "mish": numbers[2] * m.tanh(m.log(1 + m.exp(numbers[2]))), "cosh": m.cosh(numbers[3]), "sinh": m.sinh(numbers[3]),
    }  # fmt: skip
    for name, number in results.items():
        value, _, radius = m.enclose(number)
        decided = (radius <= np.abs(value) * 2.0**-36) | (radius <= 2.0**-160)
        assert decided.mean() == 1, (name, decided.mean())


def test_log64_known_answers() -> None:
    m = Log64(1)
    big = m.lift(np.asarray([1e38]))
    half = m.enclose(m.exp(big) / (m.exp(big) + m.exp(big)))
    assert abs(half[0][0] - 0.5) <= half[2][0] < 1e-14
    ln2 = m.enclose(m.log(m.exp(big) + m.exp(big)))
    assert (ln2[0][0], ln2[1][0]) == (1e38, np.log(2))
    assert m.enclose(m.exp(m.lift(np.asarray([1e308]))))[0][0] == np.inf
    under = m.enclose(-m.exp(m.lift(np.asarray([-1e308]))))
    assert str(under[0][0]) == "-0.0"
    assert under[2][0] == 5e-324
    thousand = m.lift(np.asarray([1e-3]))
    product = m.num(1)
    for _ in range(1000):
        product = product * thousand
    assert m.enclose(product)[0][0] == 0
    assert m.enclose(m.log(product))[0][0] == pytest.approx(1000 * np.log(1e-3), rel=1e-13)
    cancelled = m.enclose(m.exp(big) - m.exp(big))
    assert not cancelled[2][0] < np.inf or cancelled[0][0] == 0
    assert m.eq0(big - big)[0].all()


number_bits = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=300, deadline=None)
@given(number_bits, number_bits, number_bits)
def test_fused_expression(x: float, y: float, z: float) -> None:
    """sqrt(x^2 + y^2) exp(z) - |x| exp(z): balls, logarithms and cancellation together."""

    def expression(m: Any, x: Any, y: Any, z: Any) -> Any:
        return m.sqrt(m.square(x) + m.square(y)) * m.exp(z) - m.abs(x) * m.exp(z)

    with Arb(2000) as a:
        y_true = truth(lambda: expression(a, a.lift(x), a.lift(y), a.lift(z)))
    for arithmetic in (Ball64, Log64):
        m = arithmetic(1)
        number = expression(m, *(m.lift(np.asarray([v])) for v in (x, y, z)))
        assert not violations(m, number, [y_true], [x])


def test_powers_of_two_are_exact_factors_and_divisors_in_the_normal_range() -> None:
    x = np.asarray([0.0, 3.7, -(2.0**-1000) * 1.1, 5e-324, 1.7e308])
    m = Ball64(len(x))
    for result, factor in (
        (m.lift(x) * Fraction(1, 8), Fraction(1, 8)), (m.lift(x) / 2**40, Fraction(1, 2**40)), (m.lift(x) * 4, Fraction(4)),
        ((m.lift(x) + 0) * Fraction(1, 2**60), Fraction(1, 2**60)),
    ):  # fmt: skip
        for mid, rad, value in zip(result.mid, result.radius(), x, strict=True):
            assert not np.isfinite(rad) or abs(Fraction(float(mid)) - Fraction(float(value)) * factor) <= Fraction(float(rad))
        assert (result.radius()[:2] == 0).all()
    assert not np.isfinite((m.lift(x) * 4).radius()[-1])


def test_an_angle_beside_an_axis_is_known_relatively() -> None:
    """atan2 of boxes holds what numpy gives at their points and corners."""
    rng, count = np.random.default_rng(1), 2000
    x, y = (rng.normal(size=count) * 10.0 ** rng.uniform(-20, 20, count) for _ in range(2))
    wide, high = (np.abs(v) * 10.0 ** rng.uniform(-16, 0.2, count) for v in (x, y))
    m = Ball64()
    with np.errstate(all="ignore"):
        ball = m.atan2(Ball(m, y, high), Ball(m, x, wide))
    known = np.isfinite(ball.radius())
    assert known.mean() > 0.9
    for u, v in ((0.0, 0.0), (1, 1), (1, -1), (-1, 1), (-1, -1), (0.3, -0.7)):
        off = np.abs(np.arctan2(y + v * high, x + u * wide) - ball.mid)
        assert (off <= ball.radius() * (1 + 1e-12) + np.abs(ball.mid) * 1e-15 + 1e-300)[known].all()
    small = m.atan2(Ball(m, np.asarray([1e-20])), Ball(m, np.asarray([1.0]), np.asarray([1e-18])))
    assert (small.radius() <= 1e-35).all()
