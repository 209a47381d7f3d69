"""Headlines: a finding in one line of at most WIDTH characters, in decimals, with the op by its name."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import groupby

from ulpfuzz.fuzzer.catalog.composed import steps_of
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.case_arrays import SILENT, Array, array_of, arrays_of, element_of, quantity, vouched
from ulpfuzz.fuzzer.findings.case_record import COTANGENT, TANGENT
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.functional import together
from ulpfuzz.fuzzer.findings.identity import framework_of
from ulpfuzz.oracles.definitions import definition

__all__ = ["SILENT", "WIDTH", "Array", "array_of", "arrays_of", "element_of", "function_of", "headline", "quantity", "vouched"]

#: A headline has at most that many characters: a line of an issue tracker's list, and of a table beside three short columns.
WIDTH = 120


@dataclass(frozen=True)
class _Detail:
    """How much a headline says, from the richest to the poorest."""

    #: Significant digits of inputs; 0: the shortest decimal that has the exact bits.
    digits: int
    #: Runs of equal elements that an array shows; beyond, its size, special values and range.
    runs: int
    #: Whether the call is named beside the framework.
    call: bool = False
    #: Whether params are shown that have the catalogue's default value.
    defaults: bool = True
    #: Inputs that are shown, those with special values and those farthest from 1 first.
    inputs: int = 99
    #: Characters of a param's value; 0: no params.
    param: int = 40


_DETAILS = (
    _Detail(0, 6, call=True), _Detail(0, 4, call=True), _Detail(0, 6), _Detail(6, 6, call=True), _Detail(6, 4), _Detail(4, 4), _Detail(3, 4),
    _Detail(3, 3, param=20), _Detail(3, 3, defaults=False), _Detail(2, 3, defaults=False), _Detail(2, 2, defaults=False, param=16),
    _Detail(2, 2, defaults=False, inputs=3, param=12), _Detail(2, 2, defaults=False, inputs=2, param=12),
    _Detail(2, 1, defaults=False, inputs=1, param=8),
    _Detail(2, 0, defaults=False, inputs=0, param=8), _Detail(2, 0, defaults=False, inputs=0, param=0),
)  # fmt: skip


def headline(finding: Finding, arrays: Sequence[Array] = (), where: str = "") -> str:
    """A line such as `gelu(x=-5.5, approximate='tanh') = -1.639e-7, true value -1.044e-7 (float32, torch.nn.functional.gelu)`; before it the
    label, where the finding has one.

    At most WIDTH characters; no newline. arrays, where: as `arrays_of` and `element_of` give them (default: so, by the op's record). Inputs
    are decimals: exact (they round to the case's bits) where the line has room, else fewer digits, and of long arrays their runs, their
    special values or their range. A truth beyond the format says what the right answer is.
    """
    record = ops().get(finding.op)
    arrays = arrays or arrays_of(finding)
    where = where or element_of(finding, arrays, record.differentiable_inputs if record else None)
    lead = f"{finding.label}: " if finding.label else ""
    said, line = _said(finding), ""
    for detail in _DETAILS:
        subject = _subject(finding, arrays, where, record, detail)
        line = " ".join(f"{lead}{subject} {said} ({finding.dtype}, {_place(finding, detail)})".split())
        if len(line) <= WIDTH:
            return line
    return line[: WIDTH - 1] + "…"


def _said(finding: Finding) -> str:
    """What the call did: its answer beside the truth, or in words."""
    if finding.symptom in SILENT:
        return SILENT[finding.symptom]
    answer, truth = numbers.contrast(finding.output, finding.reference)
    right = finding.case.get("right")
    other = f", but {numbers.decimal(float(right['output']), finding.dtype)} in another place," if right else ","
    return f"= {answer}{other} true value {_truth(finding, truth)}"


def _truth(finding: Finding, text: str) -> str:
    """The truth, and what is right where it lies beyond the format."""
    if text.startswith("["):
        ends = [numbers.truth(end.strip(), 4) for end in text.strip("[]").split(",")]
        return f"in [{', '.join(ends)}]"
    exponent = text.partition("e")[2]
    if len(exponent.lstrip("-")) > 6:  # beyond every format: the digits of its exponent would fill the line
        text = "tiny" if exponent.startswith("-") else "huge"
    right = numbers.beyond_format(finding.reference, finding.dtype)
    how = "underflows" if right in ("0", "-0") else "overflows"
    return f"{text} ({how}: {right} is right)" if right else text


def _subject(finding: Finding, arrays: Sequence[Array], where: str, record: Op | None, detail: _Detail) -> str:
    """What was computed: the op with its inputs and params, and which element or derivative of it."""
    joint = together(finding)
    if joint is not None:
        whole = replace(finding, worst=0, case={n: v for n, v in finding.case.items() if n != "functional"})
        return f"{joint.functional.words} of {_subject(whole, arrays, where, record, detail)}"
    call = f"{finding.op}({', '.join(_arguments(finding, arrays, record, detail))})"
    match finding.order:
        case "value":
            return call if finding.symptom in SILENT else call + _element(finding, arrays, record)
        case _ if finding.symptom in SILENT:
            return f"{_ORDERS.get(finding.order, finding.order)} of {call}"
        case "grad":
            return f"d/d{where} {call}"
        case "jvp":
            return f"d/d{where} {call}, forward mode" if where and where[0] != "[" else f"jvp of {call}{where}"
        case "grad2":
            directed = any(a.name == TANGENT for a in arrays)
            first, _, second = where.partition(" and ")
            return f"hvp/d{where} {call}" if directed else f"d2/d{first}{f'd{second}' if second else '2'} {call}"
    return f"{finding.order} of {call} at {where}"


#: What an order is called where no element of it is meant.
_ORDERS = {"grad": "gradient", "jvp": "forward mode", "grad2": "second derivative"}


def _element(finding: Finding, arrays: Sequence[Array], record: Op | None) -> str:
    """The judged element of a value: "", "[3]" of a vector, of complex results the part, of a transform its bin."""
    rank, pairs = _result(record.definition) if record else (None, False)
    if rank is None:
        rank = max((len(a.shape) for a in arrays if a.name not in (COTANGENT, TANGENT)), default=0)
    at = finding.worst // 2 if pairs else finding.worst
    part = ((", real part", ", imaginary part") if rank else (".real", ".imag"))[finding.worst % 2] if pairs else ""
    if not rank:
        return part or (f"[{at}]" if at else "")
    if pairs and record and record.family == "spectral":
        return f" bin {at}{part}"
    return f" element {at}{part}" if pairs or (rank > 1 and at) else f"[{at}]" if at else ""


@cache
def _result(definition_name: str) -> tuple[int | None, bool]:
    """Axes of a definition's result and whether it is complex, by its annotation: Complex[N], Vector[N], list[list[N]]; None: unknown."""
    try:
        text = str(getattr(definition(definition_name), "__annotations__", {}).get("return", ""))
    except UserError:
        return None, False
    if not re.fullmatch(r"(?:(?:list|Vector|Matrix|Complex)\[)*N\]*", text):
        return None, False
    return text.count("list[") + text.count("Vector[") + 2 * text.count("Matrix["), "Complex[" in text


def _arguments(finding: Finding, arrays: Sequence[Array], record: Op | None, detail: _Detail) -> Iterator[str]:
    complex_inputs = {i.name for i in record.inputs if i.complex} if record else set()
    inputs = [a for a in arrays if a.name not in (COTANGENT, TANGENT)]
    usual = record.default_params() if record and not detail.defaults else {}
    params = [
        (name, value) for name, value in finding.params.items() if detail.param and (name not in usual or usual[name] != value)
    ]
    told = sorted(inputs, key=_far_from_one, reverse=True)[: detail.inputs]
    for array in inputs:
        if array in told:
            text = _array(array, array.name in complex_inputs, detail)
            yield text if len(inputs) == 1 and not params and not array.shape else f"{array.name}={text}"
    for name, value in params:
        yield f"{name}={_param(value, detail.param)}"
    if len(told) + len(params) < len(inputs) + len(finding.params):
        yield "…"
    for array in arrays:
        if array.name in (COTANGENT, TANGENT) and set(array.hexes) != {"0x1p+0"} and detail.inputs > len(inputs):
            yield f"{array.name}={_array(array, False, detail)}"


def _far_from_one(array: Array) -> float:
    """How telling an input is: the distance of a number's exponent from that of 1, beyond all of them an infinity or a NaN."""
    values = (abs(float.fromhex(h)) for h in array.hexes)
    return max((abs(math.log2(v)) if v and math.isfinite(v) else 0.0 if not v else 9999.0 for v in values), default=0.0)


def _param(value: object, room: int) -> str:
    if isinstance(value, float):
        text = f"{value:g}" if float(f"{value:g}") == value or room <= 20 else repr(value)
        text = re.sub(r"e([+-])0*(\d)", lambda e: f"e{e[1].strip('+')}{e[2]}", text)
    else:
        text = f"'{value}'" if isinstance(value, str) else repr(value)
    return text if len(text) <= room else text[: room - 1] + "…"


def _array(array: Array, is_complex: bool, detail: _Detail) -> str:
    """An input: a number, its runs of equal elements, or how many numbers from where to where."""
    texts = [_number(h, array.dtype, detail.digits) for h in array.hexes]
    shape = array.shape
    if is_complex and shape and shape[-1] == 2:
        texts = [f"{re}{'' if im.startswith('-') else '+'}{im}j" for re, im in zip(texts[::2], texts[1::2], strict=True)]
        shape = shape[:-1]
    if not shape:
        return texts[0]
    size = "x".join(map(str, shape)) if len(shape) > 1 else ""
    runs = _runs(texts)
    if len(runs) <= max(detail.runs, min(len(runs), 3) if not size else 0):
        return f"{size}[{', '.join(runs)}]"
    values = [float.fromhex(h) for h in array.hexes]
    finite = [v for v in values if math.isfinite(v)]
    specials = ((sum(map(math.isnan, values)), "nan"), (sum(map(math.isinf, values)), "inf"))
    told = [f"{count} {name}" for count, name in specials if count]
    if finite:
        ends = [_number(v.hex(), array.dtype, min(detail.digits or 4, 4)) for v in (min(finite), max(finite))]
        told.append("..".join(dict.fromkeys(ends)))
    return f"{size or len(texts)}[{', '.join(told)}]"


@lru_cache(65_536)
def _number(text: str, dtype: str, digits: int) -> str:
    """Keyed by the bits: 0.0 and -0.0 are equal as keys of a cache."""
    return numbers.brief(float.fromhex(text), dtype, digits)


def _runs(texts: Sequence[str]) -> list[str]:
    """Equal neighbours as one: "1e4 x3"; two of three elements stand as they are."""
    runs = [(text, len(list(group))) for text, group in groupby(texts)]
    if len(texts) <= 3 and len(runs) > 1:
        return list(texts)
    return [f"{text} x{count}" if count > 1 else text for text, count in runs]


def _place(finding: Finding, detail: _Detail) -> str:
    """The framework, and its call where it is one; else the target, where that is more than the CPU run eagerly."""
    framework = framework_of(finding.target)
    if finding.target != f"{framework}:cpu:eager":
        return finding.target
    return (function_of(finding) if detail.call else "") or framework


def function_of(finding: Finding) -> str:
    """The one function of the framework that a finding's call is, `torch.special.i0`; "" where it is several, or the op is unknown."""
    record = ops().get(finding.op)
    return _function(finding.implementation, tuple(i.name for i in record.inputs)) if record else ""


@cache
def _function(call: str, inputs: tuple[str, ...]) -> str:
    """The one function that an expression calls, `torch.special.i0`; "" where it calls several or none."""
    try:
        steps = steps_of(call, inputs)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a stored call may be any text
        return ""
    if len(steps) != 1:
        return ""
    name = steps[0]
    while (bare := re.sub(r"\([^()]*\)", "", name)) != name:
        name = bare
    if name.rpartition(".")[2] in _WRAPPERS:
        return ""
    return name if re.fullmatch(r"\w{2,}(\.\w+)+", name) else ""  # o.apply is a variable's


#: Functions that call another one row by row.
_WRAPPERS = frozenset(["map_fn", "vectorized_map", "vmap", "apply_along_axis", "vectorize"])
