"""Assertion: what is said of a function, and how hard it is tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, get_args

from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.case import Case, Params
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.formats import UnknownName, format_named
from ulpfuzz.fuzzer.point.point import params_of
from ulpfuzz.fuzzer.testing.kernel import Kernel

Inputs = Literal["ordinary", "all"]
INPUTS: tuple[Inputs, ...] = get_args(Inputs)
#: What is tried where nothing else is said: a second or two of each order.
BUDGET = "200k"


@dataclass(frozen=True)
class Asked:
    """What a user writes beside function and op; see assert_stable for each."""

    dtype: str = "float32"
    orders: Sequence[str] | None = None
    params: Params | None = None
    budget: str | None = None
    seed: int = 0
    limit: float | None = None
    inputs: str = "ordinary"
    lengths: Sequence[int] | None = None


def asked(said: Mapping[str, Any]) -> Asked:
    """What these keywords ask. Raises UnknownName."""
    known = [field.name for field in fields(Asked)]
    for name in said:
        if name not in known:
            raise UnknownName("keyword", name, known)
    return Asked(**said)


@dataclass(frozen=True)
class Assertion:
    """That a function computes an op."""

    op: Op
    dtype: str
    orders: tuple[str, ...]
    #: Of the op, every one.
    params: Params
    #: Of all orders together.
    budget: Budget
    seed: int = 0
    #: Ulps that no answer may be off by more than; None: stability alone is asked for.
    limit: float | None = None
    inputs: Inputs = "ordinary"
    #: By order, cases that are replayed first.
    cases: Mapping[str, Sequence[Case]] = field(default_factory=dict)


def assertion_of(op: Op, kernel: Kernel, said: Asked) -> Assertion:
    """The assertion that is asked for. Raises UserError in one line, UnknownName with the nearest valid choice."""
    format_named(said.dtype)
    if said.dtype not in op.dtypes:
        raise UnknownName(f"dtype of {op.name}", said.dtype, op.dtypes)
    inputs = next((kind for kind in INPUTS if kind == said.inputs), None)
    if inputs is None:
        raise UnknownName("kind of inputs", str(said.inputs), INPUTS)
    limit = said.limit
    if limit is not None and not (isinstance(limit, (int, float)) and 0.5 <= limit < float("inf")):
        raise UserError(f"limit is a number of ulps, 0.5 (correct rounding) or more; given: {limit!r}")
    budget, params = Budget.parse(str(said.budget or BUDGET)), params_of(op, said.params)
    orders = _orders(op, kernel, said.orders)
    return Assertion(_of_lengths(op, said.lengths), said.dtype, orders, params, budget, int(said.seed), limit, inputs)


def _orders(op: Op, kernel: Kernel, given: Sequence[str] | None) -> tuple[str, ...]:
    """Those given; None: values and gradients, of numpy values alone."""
    can = ("value",) if kernel.target.framework == "numpy" else op.orders
    usual = tuple(order for order in ("value", "grad") if order in op.orders and order in can)
    chosen = usual if given is None else (given,) if isinstance(given, str) else tuple(given)
    for order in chosen:
        if order not in op.orders:
            raise UnknownName(f"order of {op.name}", order, op.orders)
        if order not in can:
            raise UserError(f"numpy has no derivatives: {kernel.name} is tested by orders=('value',)")
    if not chosen:
        raise UserError(f"no order is given; {op.name} has {', '.join(op.orders)}")
    return tuple(dict.fromkeys(chosen))


def _of_lengths(op: Op, lengths: Sequence[int] | None) -> Op:
    """The op with these lengths of its vectors alone."""
    if lengths is None:
        return op
    if not op.varies or op.axes:
        raise UserError(f"the inputs of {op.name} have no length n that could be chosen")
    chosen = tuple(dict.fromkeys(lengths))
    if not chosen or not all(isinstance(n, int) and n >= op.min_length for n in chosen):
        raise UserError(f"lengths of {op.name} are whole numbers from {op.min_length} on; given: {list(lengths)}")
    return replace(op, lengths=chosen, min_length=min(chosen))
