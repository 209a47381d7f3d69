"""stepwise: a definition evaluated as a format's own arithmetic would: every intermediate result passes through a step, rounding or
flushing.

Two steps are of use. Rounding to a format after each operation (over `native`) is a documented update of stored state, operation by
operation in the order in which the definition writes them. Flushing (over `mp`) leaves each result as it is but for subnormal ones of a
format, which become zero: what a target that flushes makes of a formula, all else being exact. No bounds: this explains an answer, it
proves no truth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Generic, Protocol, TypeAlias

import numpy as np
from mpmath import mpf
from numpy.typing import NDArray

from ulpfuzz.oracles.arithmetic.composites import Composites
from ulpfuzz.oracles.arithmetic.native import Scalar
from ulpfuzz.oracles.arithmetic.protocol import Constant, Exact, N, TapeBase, Truth
from ulpfuzz.oracles.arithmetic.taped import TapedMp, TapedNative
from ulpfuzz.oracles.function import Function, nest

#: A result of the base arithmetic -> what is kept of it.
Step: TypeAlias = Callable[[N], N]
#: Methods of an arithmetic that answer with a truth value, or with nothing.
_TRUTHS = ("lt", "eq0", "tie", "note_kink", "note_removable")


class Kept(Generic[N]):
    """A number N after its step; every operator makes another."""

    __slots__ = ("arithmetic", "value")

    def __init__(self, arithmetic: Stepwise[N], value: N) -> None:
        self.arithmetic, self.value = arithmetic, value

    def _with(self, operation: Callable[[N, N], N], other: Kept[N] | Exact) -> Kept[N]:
        return self.arithmetic.kept(operation(self.value, self.arithmetic.num(other).value))

    def __add__(self, other: Kept[N] | Exact) -> Kept[N]:
        return self._with(lambda a, b: a + b, other)

    def __radd__(self, other: Kept[N] | Exact) -> Kept[N]:
        return self._with(lambda a, b: b + a, other)

    def __sub__(self, other: Kept[N] | Exact) -> Kept[N]:
        return self._with(lambda a, b: a - b, other)

    def __rsub__(self, other: Kept[N] | Exact) -> Kept[N]:
        return self._with(lambda a, b: b - a, other)

    def __mul__(self, other: Kept[N] | Exact) -> Kept[N]:
        return self._with(lambda a, b: a * b, other)

    def __rmul__(self, other: Kept[N] | Exact) -> Kept[N]:
        return self._with(lambda a, b: b * a, other)

    def __truediv__(self, other: Kept[N] | Exact) -> Kept[N]:
        return self._with(lambda a, b: a / b, other)

    def __rtruediv__(self, other: Kept[N] | Exact) -> Kept[N]:
        return self._with(lambda a, b: b / a, other)

    def __neg__(self) -> Kept[N]:
        return Kept(self.arithmetic, -self.value)


class SteppedBase(TapeBase[N], Protocol[N]):
    def lift(self, value: float, /) -> N: ...


class Stepwise(Composites[Kept[N]], Generic[N]):
    """The arithmetic `base` with a step after each operation, constants included. What the base makes of its primitives as a whole
    (composites) is made of the primitives here, one step each; sums run from the first to the last."""

    name = "stepwise"

    def __init__(self, base: SteppedBase[N], step: Step[N]) -> None:
        self.base, self.step = base, step

    def kept(self, value: N) -> Kept[N]:
        return Kept(self, self.step(value))

    def lift(self, value: float) -> Kept[N]:
        return self.kept(self.base.lift(value))

    def num(self, value: Kept[N] | N | Exact | float) -> Kept[N]:
        return value if isinstance(value, Kept) else self.kept(self.base.num(value))

    def const(self, name: Constant) -> Kept[N]:
        return self.kept(self.base.const(name))

    def sum(self, items: Sequence[Kept[N]]) -> Kept[N]:
        total = self.num(items[0])
        for item in items[1:]:
            total = total + item
        return total

    def hint_max(self, items: Sequence[Kept[N]]) -> Kept[N]:
        """The largest: implementations shift by it."""
        return self.max(items)

    def max(self, items: Sequence[Kept[N]]) -> Kept[N]:
        return Kept(self, self.base.max([self.num(i).value for i in items]))

    def min(self, items: Sequence[Kept[N]]) -> Kept[N]:
        return Kept(self, self.base.min([self.num(i).value for i in items]))

    def square(self, x: Kept[N]) -> Kept[N]:
        return self.num(x) * x

    def where(self, cond: Truth, yes: Callable[[], Kept[N]], no: Callable[[], Kept[N]]) -> Kept[N]:
        return self.num(float("nan")) if cond is None else yes() if cond else no()

    def annihilate(self, adjoint: Kept[N], partial: Kept[N]) -> Kept[N]:
        return adjoint if self.base.eq0(adjoint.value) else adjoint * partial

    def mask(self, cond: Truth, adjoint: Kept[N]) -> Kept[N]:
        return self.num(float("nan")) if cond is None else adjoint if cond else self.num(0)

    def derivative(self, name: str, x: Kept[N], order: int) -> Kept[N]:
        return self.kept(self.base.derivative(name, x.value, order))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        method = getattr(self.base, name)

        def stepped(*arguments: object) -> Any:
            result = method(*[_bare(a) for a in arguments])
            return (
                result if name in _TRUTHS else [self.kept(v) for v in result] if isinstance(result, list) else self.kept(result)
            )

        return stepped


def _bare(argument: object) -> object:
    if isinstance(argument, (list, tuple)) and any(isinstance(a, Kept) for a in argument):
        return [_bare(a) for a in argument]
    return argument.value if isinstance(argument, Kept) else argument


def rounded_steps(
    function: Function, single: dict[str, NDArray[np.float64]], round_to: Callable[[NDArray[np.float64]], NDArray[Any]]
) -> list[float]:
    """The outputs of a function at one row as IEEE 754 arithmetic of a format gives them, infinities and NaNs included.

    round_to: binary64 -> the format, once (formats.Format.round). Of formats of at most 24 bits + - * / and sqrt in binary64, rounded
    again, are correctly rounded (Figueroa, 1995); binary64 is its own. Other functions are numpy's and scipy's in binary64, rounded. Raises
    NotImplementedError or AttributeError where these have not got one.
    """
    m = Stepwise(TapedNative(), lambda v: np.float64(round_to(np.asarray(v, np.float64)).astype(np.float64)))
    with np.errstate(all="ignore"):
        return [float(m.num(v).value) for v in function.outputs(m, {name: nest(v, m.lift) for name, v in single.items()})]


def flushed_kinds(function: Function, single: dict[str, NDArray[np.float64]], least: float, precision: int) -> list[float]:
    """The outputs of a function at one row in binary64 arithmetic with every result below `least`, the least normal number of a format of
    that many bits, read as zero: where that is what makes them infinite or NaN, nan, inf or -inf, and 0 elsewhere. Raises as rounded_steps
    does."""
    grid = least * 2.0 ** (1 - precision)

    def outputs(small: Step[Scalar]) -> list[float]:
        m = Stepwise(TapedNative(), lambda value: small(value) if abs(value) < least else value)
        return [float(m.num(v).value) for v in function.outputs(m, {name: nest(v, m.lift) for name, v in single.items()})]

    with np.errstate(all="ignore"):
        gradual = outputs(lambda value: np.copysign(np.rint(value / grid) * grid, value))
        flushed = outputs(lambda value: np.copysign(0.0, value))
    return [f if np.isfinite(g) and not np.isfinite(f) else 0.0 for g, f in zip(gradual, flushed, strict=True)]


def flushed_steps(
    function: Function, single: dict[str, NDArray[np.float64]], least: float, precision: int, *, gradual: bool = False
) -> list[float]:
    """The outputs of a function at one row, each intermediate result, input and output exact but for those that a format of that many bits
    would hold as subnormal numbers, less than `least` in magnitude: these are zero; or, gradual, the nearest subnormal number, as IEEE 754
    has it. Rounded to binary64; nan where there is none.

    A result that rounds up to `least` is no subnormal one. Raises what mpmath raises.
    """
    base = TapedMp(_bits(single, precision))
    edge = base.num(Fraction(least) * (1 - Fraction(1, 2 ** (precision + 1))))
    grid, half = base.num(Fraction(least) / 2 ** (precision - 1)), base.num(Fraction(1, 2))

    def small(value: mpf) -> mpf:
        if not base.lt(base.abs(value), edge):
            return value
        return base.floor(value / grid + half) * grid if gradual else base.num(0)

    m = Stepwise(base, small)
    outputs = function.outputs(m, {name: nest(v, m.lift) for name, v in single.items()})
    return [base.double(m.num(v).value)[0] for v in outputs]


def _bits(single: dict[str, NDArray[np.float64]], precision: int) -> int:
    """Enough for a sum of any two of the inputs, or of one and 1, to keep both."""
    sizes = np.abs(np.concatenate([[1.0], *(np.ravel(v) for v in single.values())]))
    return 128 + 2 * precision + int(np.ptp(np.frexp(sizes[(sizes > 0) & np.isfinite(sizes)])[1]))
