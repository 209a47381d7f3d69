"""Assertion: what is said of a function, and how hard it is tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.case import Case
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.formats import UnknownName, format_named
from ulpfuzz.fuzzer.point.point import params_of
from ulpfuzz.fuzzer.testing.kernel import Kernel

Inputs = Literal["ordinary", "all"]
INPUTS: tuple[Inputs, ...] = ("ordinary", "all")
#: What is tried where nothing else is said: a second or two of each order.
BUDGET = "200k"


@dataclass(frozen=True)
class Assertion:
    """That a function computes an op."""

    op: Op
    dtype: str
    orders: tuple[str, ...]
    #: Of the op, every one.
    params: Mapping[str, Any]
    #: Of all orders together.
    budget: Budget
    seed: int = 0
    #: Ulps that no answer may be off by more than; None: stability alone is asked for.
    limit: float | None = None
    inputs: Inputs = "ordinary"
    #: By order, cases that are replayed first.
    cases: Mapping[str, Sequence[Case]] = field(default_factory=dict)


def assertion_of(
    op: Op, kernel: Kernel, dtype: str, orders: Sequence[str] | None, params: Mapping[str, Any] | None, **effort: Any
) -> Assertion:
    """The assertion as a user writes it; effort: budget as text, seed, limit, inputs. orders None: values and gradients, of numpy values alone.

    Raises UserError in one line, UnknownName with the nearest valid choice.
    """
    format_named(dtype)
    if dtype not in op.dtypes:
        raise UnknownName(f"dtype of {op.name}", dtype, op.dtypes)
    can = ("value",) if kernel.target.framework == "numpy" else op.orders
    usual = tuple(order for order in ("value", "grad") if order in op.orders and order in can)
    chosen = usual if orders is None else (orders,) if isinstance(orders, str) else tuple(orders)
    for order in chosen:
        if order not in op.orders:
            raise UnknownName(f"order of {op.name}", order, op.orders)
        if order not in can:
            raise UserError(f"numpy has no derivatives: {kernel.name} is tested by orders=('value',)")
    if not chosen:
        raise UserError(f"no order is given; {op.name} has {', '.join(op.orders)}")
    inputs = effort.get("inputs", "ordinary")
    if inputs not in INPUTS:
        raise UnknownName("kind of inputs", str(inputs), INPUTS)
    limit = effort.get("limit")
    if limit is not None and not (isinstance(limit, (int, float)) and 0.5 <= limit < float("inf")):
        raise UserError(f"limit is a number of ulps, 0.5 (correct rounding) or more; given: {limit!r}")
    budget = Budget.parse(str(effort.get("budget") or BUDGET))
    full = params_of(op, params)
    return Assertion(
        op,
        dtype,
        tuple(dict.fromkeys(chosen)),
        full,
        budget,
        int(effort.get("seed", 0)),
        limit,
        inputs,
        effort.get("cases") or {},
    )
