"""Limits: the truth at inputs where the definition itself says nothing (infinities, NaNs, signed zeros at poles, poles, isolated points).

The definition is evaluated with mpmath along several families of non-special paths towards the point (`ulpfuzz.oracles.limits.paths`), and each
sequence of values is read (`ulpfuzz.oracles.limits.tendency`): a limit, undefined, oscillating, or no pattern. What all paths agree on, and a
higher precision confirms, is right (C23 Annex F settles a limit that exists). Where they disagree the IEEE 754 evaluation of a formula of
IEEE 754's own operations decides, else the limit is unknown: no kinds are accepted, the element is undecided. For derivatives the hull of the path
limits is right (Clarke). A NaN among the inputs: `ulpfuzz.oracles.limits.nan_reach`. This is agreement of readings, not an enclosure: a finding
that rests on it says "limit". It is used at special points only.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

import numpy as np
from mpmath import mpf
from numpy.typing import NDArray

from ulpfuzz.oracles.arithmetic.mp import Mp
from ulpfuzz.oracles.function import COTANGENT, DIRECTIONS, TANGENT, Function, nest
from ulpfuzz.oracles.limits import continuous, nan_reach
from ulpfuzz.oracles.limits.accepted import ACCEPTED, ANYTHING, NOTHING, Accepted, merge, point
from ulpfuzz.oracles.limits.joining import Place, join
from ulpfuzz.oracles.limits.nan_reach import Reach, accepts_nan_too
from ulpfuzz.oracles.limits.native import is_derivative, native, spread_nan
from ulpfuzz.oracles.limits.paths import (
    BITS,
    Inputs,
    affordable,
    along,
    approaches,
    has_zeros,
    leaves_domain,
    precise,
    reach,
    special_numbers,
)
from ulpfuzz.oracles.limits.rates import strays
from ulpfuzz.oracles.limits.tendency import UNCLEAR, Kind, Tendency
from ulpfuzz.oracles.memory import remembered, row_key
from ulpfuzz.oracles.reference import FINITE, NAN, NINF, PINF

__all__ = ["ANYTHING", "BITS", "NOTHING", "Accepted", "accepted", "nowhere_smooth"]


def accepted(function: Function, inputs: dict[str, NDArray[np.float64]]) -> list[Accepted]:
    """What is right for every output of one row. Cached by the exact inputs, and remembered."""
    key = tuple((name, np.shape(values), np.asarray(values, np.float64).tobytes()) for name, values in inputs.items())
    right = remembered("limit", function, row_key(inputs), lambda: _accepted(function, key), ACCEPTED)
    return list(right)


@lru_cache(maxsize=1024)
def nowhere_smooth(function: Function, constant: float, length: int = 3) -> bool:
    """Whether a derivative by one vector has no truth wherever all its elements are equal, to zero or to another number: read at three such
    vectors of each kind, of a length that the function takes. Norms at the zero vector, standard deviations of equal numbers: a reading
    costs too much to be done for each."""
    (name,) = function.inputs
    weights = np.resize([1.0, -2.0, 0.5], length)
    kinds: list[Accepted] = []
    for value in (1.0, -2.5, 96.0) if constant else (0.0,):
        x = np.full(length, value)
        outputs = len(native(replace(function, order="value"), {name: x})[0])
        directions = {COTANGENT: np.resize(weights, outputs), TANGENT: weights}
        taken = {"grad": (COTANGENT,), "jvp": (TANGENT,), "grad2": DIRECTIONS}[function.order]
        kinds += accepted(function, {name: x, **{n: directions[n] for n in taken}})
    return all(one == ANYTHING for one in kinds)


@lru_cache(maxsize=65536)
def _accepted(function: Function, key: tuple[tuple[str, tuple[int, ...], bytes], ...]) -> tuple[Accepted, ...]:
    inputs = {name: np.frombuffer(raw, np.float64).reshape(shape) for name, shape, raw in key}
    formula, ieee = native(function, inputs)
    if any(np.isnan(v).any() for v in inputs.values()):
        return tuple(_with_nan(function, inputs, formula))
    at_infinity = any(np.isinf(v).any() for v in inputs.values())
    several = any(np.ndim(v) for v in inputs.values()) or len(function.inputs) > 1
    if at_infinity and several and function.order != "value":
        return tuple(ANYTHING for _ in formula)  # nothing is differentiable at infinity
    proved = _proved(function, inputs, poles=not at_infinity)
    if proved is not None:
        return proved
    exact = None if at_infinity else _by_mpmath(function, inputs)
    if exact is not None:
        infinite = any(a.kinds & (PINF | NINF) for a in exact)
        if infinite and not _isolated(function, inputs):
            return tuple(NOTHING for _ in exact)  # mpmath's own range ends here, not the function's
        if not (infinite and has_zeros(function, inputs)):  # a zero has a side, which mpmath does not know
            return tuple(replace(a, proved=not a.kinds & FINITE) for a in exact)
    steep = [] if at_infinity else _infinite_slopes(function, inputs)
    place = Place(
        function.order != "value", at_infinity, several, ieee,
        pole=function.order != "value" and not at_infinity and (_at_pole(function, inputs) or (any(steep) and not several)),
        negative_zero=any(((v == 0) & np.signbit(v)).any() for v in inputs.values()),
        edge=leaves_domain(function, inputs, 1), split=leaves_domain(function, inputs, 1) and leaves_domain(function, inputs, -1),
        moving=special_numbers(function, inputs),
        slope=function.order == "value" and has_zeros(function, inputs) and is_derivative(function, inputs),
    )  # fmt: skip
    formula = spread_nan(function, inputs, formula)
    tendencies = _read(function, inputs, place)
    if tendencies is None:
        return tuple(NOTHING for _ in formula)
    of_zeros = not at_infinity and any(math.isnan(v) for v in formula) and _divides_zero_by_zero(function, inputs)
    right = tuple(join(replace(place, of_zeros=of_zeros), of_output, v) for of_output, v in zip(tendencies, formula, strict=True))
    if several and any(steep):
        right = tuple(ANYTHING if gone else one for one, gone in zip(right, _second_slopes(steep, inputs), strict=True))
    if _outside(function, inputs):  # nothing is promised there; but what has no value has none
        return tuple(one if one.kinds == NAN else NOTHING for one in right)
    return right


def _proved(function: Function, inputs: Inputs, *, poles: bool) -> tuple[Accepted, ...] | None:
    """The limits of all outputs where every step of the definition is continuous (ulpfuzz.oracles.limits.continuous); else None."""
    found = continuous.limits(function, {name: np.asarray(v)[np.newaxis] for name, v in inputs.items()}, 53, poles=poles)
    if found is None or not found.kinds.all():
        return None
    numbers = zip(found.kinds[0].tolist(), found.value[0].tolist(), strict=True)
    return tuple(Accepted(kinds, value, value) if kinds & FINITE else Accepted(kinds) for kinds, value in numbers)


def _outside(function: Function, inputs: Inputs) -> bool:
    """Whether an infinite input lies outside its domain, a probability of inf."""
    ends = {name: function.domain(name) for name in inputs}
    return any((np.isinf(v) & ((v < ends[name][0]) | (v > ends[name][1]))).any() for name, v in inputs.items())


def _read(function: Function, inputs: Inputs, place: Place) -> list[list[Tendency]] | None:
    """Per output its tendencies along the paths, as far as they must be known; None where there are no paths.

    Numbers beside the special ones move where these alone show nothing. A zero has a side of its own, and the other only where that shows
    nothing or lies outside the domain. Where one zero lies at the edge of its domain with each sign, neither side is inside, and all move
    inwards.
    """
    everything = not special_numbers(function, inputs)
    tendencies = _along_side(function, inputs, place, 1, everything=everything)
    if not everything and (tendencies is None or all(t.kind is Kind.UNDEFINED for output in tendencies for t in output)):
        if not affordable(inputs):
            return None
        further = _along_side(function, inputs, place, 1, everything=True)
        if further is not None and any(t.kind is not Kind.UNDEFINED for output in further for t in output):
            tendencies, everything = further, True
    zeros = has_zeros(function, inputs)
    if not zeros and not everything:
        return tendencies  # infinities have one side
    undefined = tendencies is None or all(t.kind is Kind.UNDEFINED for output in tendencies for t in output)
    if place.derivative or not zeros or undefined or leaves_domain(function, inputs, 1):
        other = 0 if leaves_domain(function, inputs, 1) and leaves_domain(function, inputs, -1) else -1
        more = _along_side(function, inputs, place, other, everything=everything)
        tendencies = (
            more if tendencies is None else tendencies if more is None else [a + b for a, b in zip(tendencies, more, strict=True)]
        )
    return tendencies


def _along_side(function: Function, inputs: Inputs, place: Place, side: int, *, everything: bool) -> list[list[Tendency]] | None:
    if place.derivative and side and leaves_domain(function, inputs, side):
        return None
    tendencies: list[list[Tendency]] | None = None
    for path in approaches(function, inputs, side=side, everything=everything):
        walked = along(function, inputs, path)
        if walked is None:
            continue
        outputs, last = walked
        if tendencies is None:
            tendencies = [[] for _ in outputs]
            if any(t.kind in (Kind.LIMIT, Kind.NONE) for t in outputs):
                sure = precise(function, inputs, path, last)
                outputs = [t if good else Tendency(Kind.UNCLEAR) for t, good in zip(outputs, sure, strict=True)]
        for output, one in zip(tendencies, outputs, strict=True):
            output.append(one)
        if all(place.settled(output) for output in tendencies):
            break
    if tendencies is None or not place.several:
        return tendencies
    shown = strays(function, inputs, side, tendencies)
    return [output + _refuted(place, stray) for output, stray in zip(tendencies, shown, strict=True)]


def _refuted(place: Place, stray: Tendency | None) -> list[Tendency]:
    """What a path that refutes the limit of the others adds to them: nothing is known then; of IEEE 754's own operations one more that they
    do not exclude, if it is plain where it leads."""
    if stray is None:
        return []
    if not place.ieee:
        return [UNCLEAR]
    return [stray] if stray.kind is Kind.LIMIT else []


def _by_mpmath(function: Function, inputs: dict[str, NDArray[np.float64]]) -> tuple[Accepted, ...] | None:
    """The values at the point itself where mpmath gives the same ones at two precisions and meets no kink or isolated point; else None.

    Finite: a row beyond Arb's exponent range. Infinite (of values only): a pole whose sides mpmath knows to agree; near huge poles of
    lgamma no representable approach would show the growth.
    """
    values = []
    # exp(-x^2) has as many digits as the exponent of x^2 takes away; in steps, because mpmath makes a context per precision
    extra = -(-2 * reach(inputs) // 256) * 256
    for bits in (256 + extra, 640 + extra):
        m = Mp(bits)
        lifted = {name: nest(np.asarray(input_values), m.lift) for name, input_values in inputs.items()}
        try:
            values.append([m.double(m.num(v))[0] for v in function.outputs(m, lifted)])
        except (ArithmeticError, ValueError, TypeError):
            return None
        if m.kink or m.removable:
            return None
    known = all(math.isfinite(v) or (math.isinf(v) and function.order == "value") for v in values[1])
    if not known or any(abs(x - y) > 2.0**-50 * abs(y) for x, y in zip(*values, strict=True) if math.isfinite(y)):
        return None
    return tuple(point(v) for v in values[1])


def _at_pole(function: Function, inputs: dict[str, NDArray[np.float64]]) -> bool:
    """Whether the function itself has no finite value at this finite point."""
    m = Mp(128)
    lifted = {name: nest(np.asarray(values), m.lift) for name, values in inputs.items()}
    try:
        values = replace(function, order="value").outputs(m, lifted)
    except (ArithmeticError, ValueError, TypeError):
        return True
    return not all(math.isfinite(m.log2_magnitude(m.num(v))) or m.num(v) == 0 for v in values)


def _infinite_slopes(function: Function, inputs: dict[str, NDArray[np.float64]]) -> list[bool]:
    """For second derivatives: by which numbers the first is none (sqrt at 0, x log(x / y) in x at x = 0); else []."""
    if function.order != "grad2":
        return []
    slopes = accepted(replace(function, order="grad"), {name: v for name, v in inputs.items() if name != TANGENT})
    return [not slope.kinds & FINITE or slope == ANYTHING for slope in slopes]


def _second_slopes(steep: list[bool], inputs: Inputs) -> list[bool]:
    """Per second derivative, the Hessian row by row or its product with the tangent, whether it is one of a slope that is no number. In
    another order of differentiation it may be a number, and says no more: mixed derivatives are one where they are continuous."""
    if TANGENT not in inputs:
        return [a or b for a in steep for b in steep]
    touched = bool((np.asarray(steep) & (inputs[TANGENT].ravel() != 0)).any())
    return [touched or a for a in steep]


def _isolated(function: Function, inputs: dict[str, NDArray[np.float64]]) -> bool:
    """Whether mpmath's values on one side of the point are finite: a pole, not a region that is beyond its range."""
    return _finite_beside(function, inputs, 1) or _finite_beside(function, inputs, -1)


def _finite_beside(function: Function, inputs: dict[str, NDArray[np.float64]], side: int) -> bool:
    m = Mp(BITS)

    def beside(x: float) -> mpf:  # a twelfth: between two poles that lie one apart
        return m.lift(x) + m.num(Fraction(side, 12)) * m.lift(2.0**-20 if abs(x) < 1 else 1.0)

    lifted = {name: nest(np.asarray(values), beside) for name, values in inputs.items()}
    try:
        values = [m.num(v) for v in function.outputs(m, lifted)]
    except (ArithmeticError, ValueError, TypeError):
        return False
    return all(math.isfinite(m.log2_magnitude(v)) or m.eq0(v) for v in values)


def _with_nan(function: Function, inputs: Inputs, formula: list[float]) -> list[Accepted]:
    """NaN in, NaN out, where the output depends on the missing number; also what the formula gives where it swallows the NaN (pow(nan, 0)).

    Not judged: derivatives, and elements of vector ops that depend on the NaN although the formula in binary64 gives a number (an order of
    numbers that have none). A comparison with NaN is false (IEEE 754-2019, 5.11), and a definition by cases says which case a NaN belongs
    to.
    """
    if function.order != "value":
        return [ANYTHING for _ in formula]
    vectors = any(np.ndim(v) for v in inputs.values())
    reached = nan_reach.reach(function, inputs, len(formula))
    right = []
    for value, known in zip(formula, reached, strict=True):
        if isinstance(known, Accepted):
            right.append(merge([accepts_nan_too(known), *([] if math.isnan(value) else [point(value)])]))
        elif vectors and not math.isnan(value):
            right.append(ANYTHING)
        elif known is Reach.UNKNOWN:
            right.append(NOTHING)
        else:
            right.append(merge([Accepted(NAN), point(value)]))
    return right


def _divides_zero_by_zero(function: Function, inputs: Inputs) -> bool:
    """Whether the formula in binary64 meets 0/0: its NaN is an honest answer, while that of 0 * inf (0 log 0) is not where all paths lead
    to one number. numpy names the operation in its warning."""
    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        with np.errstate(all="ignore", invalid="warn"):
            native(function, inputs, quiet=False)
    return any("divide" in str(warning.message) for warning in met)
