"""Own op: an op that the catalogue does not have, by its definition as a function."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ulpfuzz.fuzzer.case import Params
from ulpfuzz.fuzzer.catalog.axes import Sizes
from ulpfuzz.fuzzer.catalog.op import Accuracy, Input, Op
from ulpfuzz.fuzzer.catalog.registry import op_named, ops
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.frameworks.own_functions import OwnFunction
from ulpfuzz.fuzzer.inputs.shapes import output_count
from ulpfuzz.fuzzer.inputs.strategies import usual_lengths
from ulpfuzz.oracles.definitions import Definition, defining

#: By the definition's name, which belongs to one function as long as the process lives: what the oracle knows is known by it.
_defined: dict[str, Definition] = {}
#: What stands in the annotation of a parameter that is a vector, or a matrix.
_AXES: Mapping[str, tuple[str, ...]] = {"Vector": ("n",), "Matrix": ("n", "n")}


def defined(
    definition: OwnFunction, *inputs: Input, params: Params | None = None, accuracy: Accuracy = "composite", min_length: int = 1
) -> Op:  # fmt: skip
    """An op by its definition, a function of an arithmetic and the op's inputs in order, which returns a number or a list of them:

        defined(lambda m, x, y: m.sqrt(m.square(x) + m.square(y)))
        defined(mean_of_exp, vector("x"))

    The definition is written over the arithmetic `m` (m.exp(x), m.sum([...]), + - * /; ulpfuzz.oracles.arithmetic.protocol.Arithmetic), scalars as
    numbers and vectors as lists; it never branches on a number (m.where does). inputs: what they are, in the order of its parameters (default:
    scalars over the whole line, vectors and matrices where their annotation says Vector or Matrix). params: its keyword parameters, a value or a
    tuple of values each, the usual one first. accuracy: the row of the table of limits (`composite`: three to five roundings; `accumulating`: sums).
    The op is known to the catalogue only while a function is tested against it. Raises UserError in one line.
    """
    if not callable(definition):
        raise UserError(f"a definition is a function of an arithmetic and the inputs, not {definition!r:.60}")
    names = _names(definition, set(params or {}))
    given = inputs or tuple(_input(name, annotation) for name, annotation in names)
    if len(given) != len(names):
        raise UserError(
            f"the definition takes {', '.join(n for n, _ in names) or 'nothing'} beside the arithmetic; inputs given: {len(given)}"
        )
    listed = {name: tuple(value) if isinstance(value, (tuple, list)) else (value,) for name, value in (params or {}).items()}
    name = _name_of(definition)
    op = Op(name, tuple(given), (), "own", listed, accuracy=accuracy, definition=name, min_length=min_length)
    with defining(name, definition):
        _outputs(op, usual_lengths(op)[0])
    return op


@contextmanager
def known(op: str | Op | OwnFunction) -> Iterator[Op]:
    """The op by its name, its record, or its definition; its definition is registered inside. Raises UnknownName, UserError."""
    if isinstance(op, str):
        yield op_named(op)
        return
    record = op if isinstance(op, Op) else defined(op)
    if record.name not in _defined:
        yield record
        return
    with defining(record.definition, _defined[record.definition]):
        yield record


def _name_of(definition: Definition) -> str:
    """The function's own name, with a number where an op or another definition has it."""
    own = getattr(definition, "__name__", "definition")
    plain = "definition" if own == "<lambda>" else re.sub(r"\W+", "_", own, flags=re.ASCII)
    for number in itertools.count(1):
        name = plain if number == 1 else f"{plain}_{number}"
        if name not in ops() and _defined.setdefault(name, definition) is definition:
            return name
    raise AssertionError


def _names(definition: Definition, params: set[str]) -> list[tuple[str, str]]:
    """(name, annotation) of the inputs."""
    try:
        found = list(inspect.signature(definition).parameters.values())
    except (TypeError, ValueError):
        raise UserError(f"the parameters of {definition!r:.60} cannot be read; a definition is a Python function") from None
    positional = [p for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    inputs = [p for p in positional[1:] if p.name not in params]
    if not inputs:
        raise UserError("a definition is a function of an arithmetic and of one input or more: lambda m, x: m.exp(x) - 1")
    return [(p.name, "" if p.annotation is p.empty else str(p.annotation)) for p in inputs]


def _input(name: str, annotation: str) -> Input:
    axes = next((axes for word, axes in _AXES.items() if word in annotation), ())
    return Input(name, axes)


def _outputs(op: Op, length: Sizes) -> None:
    """Raises UserError where the definition raises over numbers that do nothing."""
    try:
        output_count(op, op.default_params(), length)
    except Exception as error:
        line = str(error).splitlines()[0] if str(error) else "no message"
        raise UserError(f"the definition {op.name} raises {type(error).__name__}: {line}") from None
