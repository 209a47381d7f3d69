"""Explain: from the NaNs and infinities of a step back to the call that lost the digits, and forward to where they end up.

Nothing is accused that does not matter: a NaN or an infinity counts where it reaches a gradient, an update or a result of the step, through
values that are bad themselves. What a mask takes out again is nobody's loss.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.formats import Format, format_named
from ulpfuzz.fuzzer.trace.graph import TracedCall, TracedStep, Value, Wide, reaching
from ulpfuzz.fuzzer.trace.result import Link

Mask = NDArray[np.bool_]
#: Steps back from a NaN to its cause, at most.
DEPTH = 12
#: A number is lost that keeps less than this share of the format's bits; a call's result lies with an input of which this share is.
LOST, SHARE = 0.5, 0.5


@dataclass(frozen=True)
class Chain:
    """From the call that lost the digits first to the first NaN, or infinity, and what that reaches. kind: NaN or infinity, as it ends."""

    step: int
    kind: str
    links: tuple[Link, ...]
    #: What it reaches, in words.
    reaches: str
    #: The calls of the links, and all others that the last one's NaN comes from.
    calls: tuple[TracedCall, ...]
    #: The numbers of these, of the calls whose derivatives they are, and of all that badness reaches from them.
    touched: frozenset[int]

    @property
    def culprit(self) -> Link:
        return self.links[0]

    def __str__(self) -> str:
        return "; ".join(map(str, self.links)) + f"; {self.reaches}"


def chains(step: TracedStep) -> list[Chain]:
    """A chain for each call that lost digits and led to a NaN or an infinity that matters, in the order of the calls."""
    bad = sorted(reaching(step.ends()), key=lambda c: c.number)
    found: dict[tuple[str, str, str], tuple[list[Value], list[TracedCall]]] = {}
    for origin in bad:
        if any(v.bad for v in origin.inputs):
            continue
        if step.skips_infinities and origin.phase == "backward" and not any(v.bad for v in _forward(step)):
            continue  # a gradient scaler looks for these itself
        causes = [*reversed(list(_causes(origin)))]
        culprit = causes[0].call if causes else origin
        assert culprit is not None
        found.setdefault(culprit.site, (causes, []))[1].append(origin)
    return [_chain(step, causes, origins, bad) for causes, origins in found.values()]


def bad_from_outside(step: TracedStep) -> list[Value]:
    """Bad values that no call of the step made, and that reach an end: data, or parameters that an earlier step spoilt."""
    found = {}
    for call in reaching(step.ends()):
        found.update({v.number: v for v in call.inputs if v.bad and v.call is None})
    return list(found.values())


def _forward(step: TracedStep) -> Iterator[Value]:
    return (v for c in step.calls if c.phase == "forward" for v in c.outputs)


def _chain(step: TracedStep, causes: list[Value], origins: list[TracedCall], bad: list[TracedCall]) -> Chain:
    """Of one culprit. origins: the calls that made a NaN or an infinity of what it lost, the first of them is shown."""
    links, origin = [_lost(v) for v in causes], origins[0]
    calls = [v.call for v in causes if v.call is not None]
    if origin.phase == "backward" and origin.of is not None and origin.of.bad and origin.of not in calls:
        links.append(_became(origin.of))  # the call whose derivative it is shows it already
        calls.append(origin.of)
    links.append(_became(origin))
    calls.append(origin)
    ways = set().union(*(_downstream(one) for one in origins))
    first = next((c for c in bad if c.nans and (c in origins or c.number in ways)), None)
    if first is not None and not origin.nans:
        link = (
            _became(first)
            if first in origins
            else Link(first.kernel, first.where, f"makes NaN of it, in {_elements(first.nans)}", first.nans)
        )
        links.append(link)
        calls += _bad_ancestors(first)
    ends = step.ends()
    reached = [v for v in ends if v.bad and v.call is not None and (v.call in origins or v.call.number in ways)]
    kind = "NaN" if any(v.nans for v in reached) else "infinity"
    touched = {c.number for c in (*calls, *origins)} | {c.of.number for c in calls if c.of is not None} | ways
    return Chain(step.number, kind, tuple(links), _reached(kind, reached, ends), tuple(calls), frozenset(touched))


def _reached(kind: str, reached: list[Value], ends: list[Value]) -> str:
    gradients = [v for v in ends if v.gradient]
    if some := [v for v in reached if v.gradient]:
        return f"the {kind} reaches {len(some)} of {len(gradients)} gradients"
    call = reached[-1].call
    assert call is not None
    return f"the {kind} stands in the result of {call.kernel} ({call.where})"


def _downstream(origin: TracedCall) -> set[int]:
    """The numbers of calls that badness reaches from this one."""
    seen: set[int] = set()
    stack = [origin]
    while stack:
        for value in stack.pop().outputs:
            if value.bad:
                fresh = [c for c in value.read_by if c.number not in seen and c.bad]
                seen.update(c.number for c in fresh)
                stack.extend(fresh)
    return seen


def _bad_ancestors(last: TracedCall) -> list[TracedCall]:
    """A call and all that its NaN comes from, through values that are bad."""
    return list(reaching([v for v in last.outputs if v.bad]))


# Backwards


def _causes(origin: TracedCall) -> Iterator[Value]:
    """The values that lost what the origin needed, the nearest first, made by calls of the step."""
    call, mask = origin, _bad_mask(origin)
    for _ in range(DEPTH):
        found = _cause(call, mask)
        if found is None or found[0].call is None:
            return
        call, mask = found[0].call, found[1]
        yield found[0]


def _bad_mask(call: TracedCall) -> Mask | None:
    """Where the call's first bad output is bad."""
    value = next(v for v in call.outputs if v.bad)
    numbers = value.numbers()
    return None if numbers is None else ~np.isfinite(numbers[0]) & ~_same(*numbers)


def _same(own: Wide, exact: Wide) -> Mask:
    return np.asarray(own == exact)


def _cause(call: TracedCall, mask: Mask | None) -> tuple[Value, Mask] | None:
    """The input that is lost where the call's result is, for the most part, and where in it; None where there is none."""
    best: tuple[float, Value, Mask] | None = None
    for value in {v.number: v for v in call.inputs}.values():
        numbers = value.numbers()
        if numbers is None:
            continue
        lost = _lost_mask(*numbers, format_named(value.dtype))
        share = _share(lost, mask)
        if share >= SHARE and (best is None or share > best[0]):
            best = (share, value, lost & mask if mask is not None and mask.shape == lost.shape else lost)
    return None if best is None else (best[1], best[2])


def _share(lost: Mask, mask: Mask | None) -> float:
    """Of the elements of a mask those that are lost in an input that is spread over it; of an input of another shape, of all of it."""
    if mask is None or not mask.any():
        return float(lost.mean()) if lost.size else 0.0
    try:
        spread = np.broadcast_to(lost, mask.shape)
    except ValueError:
        return float(lost.mean()) if lost.size else 0.0
    return float((spread & mask).sum() / mask.sum())


def _lost_mask(own: Wide, exact: Wide, fmt: Format) -> Mask:
    """Numbers that keep less than half of their bits, a zero in place of a number among them, and infinities, true ones too."""
    with np.errstate(all="ignore"):
        far = np.abs(own - exact) > np.abs(exact) * 2.0 ** (-fmt.precision * LOST)
    return np.asarray((far & np.isfinite(own) & np.isfinite(exact)) | np.isinf(own))


# In words


def _lost(value: Value) -> Link:
    """What was lost in a value that holds no NaN."""
    call, numbers = value.call, value.numbers()
    assert call is not None
    if numbers is None:  # kept no more
        return Link(call.kernel, call.where, "loses digits", 0)
    own, exact, fmt = *numbers, format_named(value.dtype)
    if value.infinities:
        return _became(call)
    if infinite := int(np.isinf(own).sum()):
        return Link(call.kernel, call.where, f"gives {_signs(own)} in {_elements(infinite)}, as exact arithmetic does", infinite)
    zero = (own == 0) & (exact != 0)
    if zero.any():
        sizes = np.abs(exact[zero])
        word = "underflows" if sizes.min() < fmt.min_normal else "cancels"
        return Link(
            call.kernel, call.where, f"{word} to 0 in {_elements(int(zero.sum()))}, exactly {_range(sizes)}", int(zero.sum())
        )
    lost = _lost_mask(own, exact, fmt)
    at = int(np.argmax(np.where(lost, np.abs(own - exact) / np.maximum(np.abs(exact), fmt.min_subnormal), -1.0)))
    text = f"loses its digits in {_elements(int(lost.sum()))}: {own.ravel()[at]:.4g}, exactly {exact.ravel()[at]:.4g}"
    return Link(call.kernel, call.where, text, int(lost.sum()))


def _became(call: TracedCall) -> Link:
    """How a call made a NaN or an infinity of numbers."""
    value = next(v for v in call.outputs if v.bad)
    count, fmt = value.nans + value.infinities, format_named(value.dtype)
    numbers = value.numbers()
    if numbers is None:
        return Link(call.kernel, call.where, f"gives {value.kind} in {_elements(count)}", count)
    own, exact = numbers
    if value.infinities:
        mask = np.isinf(own) & (own != exact)
        beyond = np.abs(exact[mask & np.isfinite(exact)])
        text = f"gives {_signs(own[mask])} in {_elements(value.infinities)}"
        if beyond.size and beyond.min() > fmt.max:
            text = f"overflows to {_signs(own[mask])} in {_elements(value.infinities)}: exactly {_range(beyond)}"
            text += f", the largest {value.dtype} is {fmt.max:.5g}"
        if value.nans:
            text += f", NaN in {value.nans:,}"
        return Link(call.kernel, call.where, text, count)
    undefined = int((np.isnan(own) & np.isnan(exact)).sum())
    text = f"gives NaN in {_elements(value.nans)}"
    return Link(call.kernel, call.where, text + (", as exact arithmetic does" if undefined == value.nans else ""), count)


def _signs(numbers: Wide) -> str:
    infinite = numbers[np.isinf(numbers)]
    if not infinite.size:
        return "inf"
    return "-inf" if (infinite < 0).all() else "inf" if (infinite > 0).all() else "inf and -inf"


def _range(sizes: Wide) -> str:
    low, high = float(sizes.min()), float(sizes.max())
    return f"{low:.3g}" if f"{low:.3g}" == f"{high:.3g}" else f"{low:.3g} to {high:.3g}"


def _elements(count: int) -> str:
    return "1 element" if count == 1 else f"{count:,} elements"
