"""Replay: an op of the study with its methods, old and right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.catalog.op import Implementation, Input, Op, scalar
from ulpfuzz.fuzzer.catalog.registry import catalogue

Array = NDArray[Any]
#: Every function of a variant takes arrays with the rows on the leading axis, vectors on the last, and answers in their dtype.
Method = Callable[..., Array]


@dataclass(frozen=True)
class Old:
    """A method that a commit replaced. rows: of the study; call: an expression over the op's inputs; fix: what replaced it, where that is not the
    stable method."""

    rows: tuple[int, ...]
    call: str
    fix: str = ""


@dataclass(frozen=True)
class Replay:
    """record: the op, its implementations the calls below; stable: a method that is right on the whole domain."""

    record: Op
    stable: str
    old: tuple[Old, ...]


def replay(name: str, of: str | Sequence[Input], stable: str, *old: Old, dtype: str = "float32", **rest: Any) -> Replay:
    """A replay of an op of the catalogue, or of these inputs; rest: fields of its record. dtype: where it hurts."""
    calls = dict.fromkeys([stable, *(c for one in old for c in (one.call, one.fix) if c)])
    made = tuple(Implementation("historic", call, dtypes=(dtype,), grad=False) for call in calls)
    common = {"implementations": made, "orders": ("value",), **rest}
    if isinstance(of, str):
        base = catalogue()[of]
        record = replace(base, name=f"historic_{name}", family="historic", definition=base.definition, **common)
    else:
        record = Op(
            f"historic_{name}", tuple(of), family="historic", definition=common.pop("definition", f"historic_{name}"), **common
        )
    return Replay(record, stable, old)


#: Of ops of whole numbers: every answer is exact, and binary64 holds it.
EXACT: dict[str, Any] = {"accuracy": "exact", "dtype": "float64"}


def count(name: str, low: float, high: float) -> Input:
    """A whole number."""
    return scalar(name, low, high, integers=True)


def in_binary64(method: Method) -> Method:
    """The method in binary64, its result rounded once to the dtype of the inputs; params pass as they are."""

    def wide(*given: Any) -> Array:
        dtype = given[0].dtype
        return np.asarray(method(*(x.astype(np.float64) if isinstance(x, np.ndarray) else x for x in given))).astype(dtype)

    wide.__doc__ = method.__doc__
    return wide
