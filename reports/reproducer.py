"""Reproducer scripts: a finding as one Python file that needs numpy, mpmath and its framework, and nothing of this project."""

from __future__ import annotations

import json
import math
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.case_record import COTANGENT, TANGENT
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.functional import together
from ulpfuzz.fuzzer.findings.headline import SILENT, Array, array_of, element_of, headline, quantity
from ulpfuzz.fuzzer.findings.identity import framework_of
from ulpfuzz.fuzzer.findings.one_line import one_line, visible
from ulpfuzz.fuzzer.formats import Format, UnknownName, format_named
from ulpfuzz.reports.call import IMPORTS, calling, check_source, direct, literal, placement
from ulpfuzz.reports.definition import Definition
from ulpfuzz.reports.shim import shim

#: Seconds that a call is given which did not return before, where the finding does not say how many it was; and what its process may take
#: to start.
PATIENCE, STARTS = 105.0, 15.0
#: How the numbers of a row are laid out, as the comment on the judged one tells it.
_LAYOUTS = {
    "grad": "gradients, flattened and joined",
    "jvp": "tangents",
    "grad2": "second derivatives, flattened and joined",
}
#: The least precision at which a truth is tried: quotients of differences lose a third of it to their step, second ones two.
BITS = {"value": 256, "grad": 400, "jvp": 400, "grad2": 800}
#: Numbers put for NaN, of those the ones in the input's domain.
STAND_INS = (0.25, 3.0, -1.5, 1e30, -1e30, 40.0, 0.625, -20.0, 1.0625)
#: Binary exponents of the steps of a path, where no number of the case is far from one; and bits that hold them all, of which a third must
#: hold a derivative's step beside them.
EXPONENTS = (16, 32, 64, 128)
LIMIT_BITS = {"value": 700, "grad": 1000, "jvp": 1000, "grad2": 1000}


def script(
    finding: Finding,
    definition: Definition | None = None,
    *,
    inputs: Sequence[str] = (),
    specials: Mapping[str, Callable[..., Any]] | None = None,
    domains: Mapping[str, tuple[float, float]] | None = None,
    differentiable: Sequence[str] | None = None,
    complex_inputs: Sequence[str] | None = None,
    complex_result: bool = False,
    single: bool = False,
    limit_source: str = "",
    versions: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    setup: Sequence[str] = (),
    found_with: str = "",
) -> str:
    """The source of a script that re-runs a finding, judges it exactly and exits 1 while the defect is there, 0 when it is gone.

    definition: the oracle's definition as source; with it the script recomputes the truth, by the finding's `certified_by`: at precisions
    that agree, along paths to a limit, or with numbers for NaN. inputs: the op's input names in the order of the definition's arguments
    (default: that of the case). specials: mpmath's part of the special functions that a definition may ask for, by name. domains: per input
    the interval in which numbers are put for NaN, and from whose ends paths go inwards. differentiable: the inputs that gradients are taken
    of, in order (default: all). complex_inputs: those that are pairs of real and imaginary parts on the last axis (default: at a complex
    dtype all of two); complex_result: the call's result is complex even where none is. single: the definition returns one number, no list.
    limit_source: whose limit in ulps it is. versions: library versions at the time of the finding. environment: variables to set before the
    imports, setup: statements after them (a target's switches). found_with: the interpreter and version that a target with a host ran in,
    named in the docstring. Raises UserError for a target that no script can be written for.
    """
    framework = framework_of(finding.target)
    if framework not in IMPORTS:
        raise UserError(f"no reproducer for the target {finding.target!r}: its framework is none of {', '.join(IMPORTS)}")
    if framework == "numpy" and finding.order != "value":
        raise UserError(f"no reproducer for {finding.id}: numpy has no gradients")
    if finding.order not in BITS:
        raise UnknownName("order", one_line(finding.order, 80), BITS)
    check_source(finding)
    case = finding.case["inputs"]
    names = [n for n in inputs if n in case] or [n for n in case if n not in (COTANGENT, TANGENT)]
    arrays = [array_of(n, case[n], finding.dtype) for n in [*names, *(d for d in (COTANGENT, TANGENT) if d in case)]]
    wrt = [n for n in (differentiable if differentiable is not None else names) if n in names]
    where = element_of(finding, arrays, wrt)
    fmt = format_named(finding.dtype)
    silent = finding.symptom in SILENT
    kind = "silent" if silent else _kind(finding, names)
    limit, reason = _limit(finding, limit_source)
    told: dict[str, Any] = {
        "f": finding, "fmt": fmt, "kind": kind, "silent": silent, "alone": finding.symptom in ("crash", "hang"),
        "headline": _docstring(headline(finding, arrays, where)), "subject": _subject(finding, where, arrays),
        "shown": [f"  {a.name} = {a.decimal_text} = {a.hex_text}" for a in arrays],
        "limit": repr(limit), "limit_reason": reason, "certified": _certified(finding, kind),
        "output_hex": finding.output_hex or numbers.hexadecimal(finding.output), "then": _then(framework, versions),
        "patience": round(float(finding.case.get("patience", PATIENCE)) + STARTS), "layout": _LAYOUTS.get(finding.order, "outputs"),
        "inputs": _dict({n: _literal_array(case[n]) for n in names}),
        "cotangent": _literal_array(case[COTANGENT]) if COTANGENT in case else "",
        "joint": _joint(finding),
        "tangent": _literal_array(case[TANGENT]) if TANGENT in case else "", "wrt": wrt, "overflows": _overflows(finding, fmt),
    }  # fmt: skip
    told |= calling(finding, names, fmt, complex_inputs, complex_result, environment or {}, setup)
    told |= _truth(
        finding, names, definition if kind not in ("silent", "convention") else None, specials or {}, kind, domains or {}
    )
    told["plain"] = _plain(finding, kind, told)
    told["single"] = single and finding.worst == 0 and told["plain"]
    told |= direct(told)
    told["about"] = _about(finding, reason, limit, versions, told["needs"], found_with)
    told["imports"] = _imports(told)
    return _tidy(_template().render(**told))


def _plain(finding: Finding, kind: str, told: Mapping[str, Any]) -> bool:
    """Whether it is a value, an exact number within the format's range, judged at one placement: the shortest script."""
    return (
        kind == "value" and finding.order == "value" and bool(told["definition"]) and not finding.reference.startswith("[")
        and not told["right"] and not told["overflows"] and finding.symptom != "signed_zero" and not told["joint"]
    )  # fmt: skip


#: The terms of the functionals, of an output y in mpmath.
_TERMS = {"": "y", "exp": "mp.exp(y)", "square": "y**2"}


def _joint(finding: Finding) -> dict[str, Any]:
    """What the template gets of a functional: the outputs, the terms, what an ulp of each output does; nothing where an element was judged."""
    joint = together(finding)
    if joint is None:
        return {}
    own = {"first": joint.outputs.start, "stop": joint.outputs.stop, "ulp": joint.ulp.hex()}
    return {**own, "term": _TERMS[joint.functional.term], "words": joint.functional.words}


def _kind(finding: Finding, names: Sequence[str]) -> str:
    """How the truth is recomputed: as a value, with numbers for NaN, along the paths of a limit; or it is a framework's documented
    convention."""
    if finding.certified_by.startswith(("convention", "record")):
        return "convention"
    given = [x for n in names for x in array_of(n, finding.case["inputs"][n], finding.dtype).hexes]
    if "nan" in given:
        return "nan"
    exact = not finding.reference.startswith("[") and math.isfinite(float(finding.reference.partition("e")[0]))
    special = not all(math.isfinite(float.fromhex(x)) for x in given)
    return (
        "limit" if special or finding.certified_by in ("limit", "mpmath") or not (exact or finding.order != "value") else "value"
    )


def _certified(finding: Finding, kind: str) -> str:
    """Who vouches for the truth."""
    if kind == "limit" and not finding.certified_by.startswith("arb"):
        return "a limit: what the definition tends to on several paths, which agree"
    if kind == "nan":
        return "by putting numbers for NaN"
    return finding.certified_by if kind == "convention" else f"certified by {finding.certified_by}"


def _subject(finding: Finding, where: str, arrays: Sequence[Array]) -> str:
    placed = finding.case.get("placement") or {}
    length, position, stride = placement(placed)
    row = f"; row {position} of {length}, stride {stride}" if (length, stride) != (1, 1) else ""
    return f"{quantity(finding, where, arrays)}: {finding.dtype} on {finding.target}{row}"


def _truth(
    finding: Finding, names: Sequence[str], definition: Definition | None, specials: Mapping[str, Callable[..., Any]], kind: str,
    domains: Mapping[str, tuple[float, float]],
) -> dict[str, Any]:  # fmt: skip
    """What the template gets of the truth: the definition, the arithmetic, and at what points it is evaluated."""
    hexes = {n: array_of(n, finding.case["inputs"][n], finding.dtype).hexes for n in names}
    values = [float.fromhex(x) for given in hexes.values() for x in given]
    directions = [
        float.fromhex(x)
        for n in (COTANGENT, TANGENT)
        if n in finding.case["inputs"]
        for x in array_of(n, finding.case["inputs"][n], finding.dtype).hexes
    ]
    ordinary = [abs(math.frexp(v)[1]) for v in (*values, *directions) if math.isfinite(v) and v]
    reach, zeros = max(ordinary, default=0), any(v == 0 for v in values)
    far = reach > EXPONENTS[0]
    places = zeros or not all(map(math.isfinite, values))  # numbers that a path brings to zero or infinity
    wide = 2 * reach if far else 0  # what cancels between numbers so far apart is not lost at two precisions alike
    if definition is None:
        text, needs = "", tuple[str, ...]()
    else:
        nested = len(re.findall(r"\bm\.(?:exp|expm1|sigmoid|softplus|logsumexp|softmax)\(", definition.text)) > 1
        text, needs = shim(definition.asks, specials, nans=kind != "value", divides=definition.divides, far=nested or far)
    within = [domains.get(n, (-math.inf, math.inf)) for n, given in hexes.items() if "nan" in given]
    beyond = [math.ldexp(sign * 1.5, min(reach + 2, 1023)) for sign in (1, -1)] if far else []  # of all other numbers
    inside = [x for x in (*beyond, *STAND_INS) if all(low < x < high for low, high in within)]
    # What lies between the ends of a domain where few numbers are put: thirds and the like.
    inside += [low + (high - low) * k / 7 for low, high in within[:1] if math.isfinite(high - low) for k in (1, 3, 6)]
    ends = {(n, end): inward for n in names for end, inward in zip(domains.get(n, ()), (1, -1), strict=False)}
    zeros_inward = {
        (math.copysign(1.0, float.fromhex(x)), ends[n, 0.0])
        for n in names
        for x in hexes[n]
        if (n, 0.0) in ends and not float.fromhex(x)
    }
    # Zeros of both signs at one end of a domain: on neither side are all inside, and they move inwards.
    edge = next((side for sign, side in zeros_inward if (-sign, side) in zeros_inward), 0)
    inward = {float.fromhex(x): ends[n, float.fromhex(x)] for n in names for x in hexes[n] if (n, float.fromhex(x)) in ends}
    return {
        "inward": {end: side for end, side in inward.items() if end and math.isfinite(end)},
        "definition": definition.text if definition else "", "main": definition.name if definition else "", "shim": text,
        "definition_imports": (*(definition.imports if definition else ()), *needs),
        "extra": "".join(f", {name}={literal(value)}" for name, value in finding.params.items()),
        "vectors": any(isinstance(finding.case["inputs"][n], list) for n in names), "zero": not numbers.parse(finding.reference.strip("[")),
        "there": all(map(math.isfinite, values)) or finding.certified_by.startswith("arb"), "nan": finding.reference == "nan",
        "precisions": tuple((BITS[finding.order] + wide) * 3**k // 2**k for k in range(6 if kind == "limit" else 10)),
        "shows": _shows(finding, reach), "stand_ins": tuple(inside[:5]),
        "exponents": tuple(reach * k for k in ((2, 3, 4, 6) if places else (2, 3, 4))) if far else EXPONENTS,
        "near": EXPONENTS[0] if places else 2 * reach,
        "limit_bits": max((6 if places else 8) * reach + 1300 if far else 0, LIMIT_BITS[finding.order]),
        "nans": sum(map(math.isnan, values)), "zero_sign": -math.copysign(1.0, finding.output),
        # A zero has a side of its own, an infinity one only; the other is tried where nothing is there.
        "sides": f"((1,), (-1,){', (0,)' if edge else ''})" if finding.order == "value" and places else "((1, -1),)", "edge": edge,
    }  # fmt: skip


def _shows(finding: Finding, reach: int) -> int:
    """The bits with which the least subnormal is more than rounding beside results as large as the inputs' product, and in the differences
    that a derivative is made of, whose step loses a third of the bits. reach: the largest binary exponent of the numbers."""
    fmt, steps = format_named(finding.dtype), {"value": 0, "grad2": 2}.get(finding.order, 1)
    return (64 - fmt.emin + fmt.precision + 64 + (2 + steps) * reach) * 3 // (3 - steps)


def _imports(told: Mapping[str, Any]) -> list[str]:
    """The modules that a script needs beside numpy, mpmath and the framework, in order."""
    lines = {"import os", "import sys"} | ({"import subprocess"} if told["alone"] else set())
    if not told["silent"]:
        lines.add("import math")
    if told["definition"]:
        lines |= set(told["definition_imports"])
        if told["kind"] in ("limit", "nan"):
            lines.add("import itertools")
    kept = [line for line in lines if line.split()[1].split(".")[0] not in ("mpmath", "numpy")]
    return sorted(kept, key=lambda line: (line.startswith("from"), line))


def _overflows(finding: Finding, fmt: Format) -> bool:
    """Whether the truth is so large that an infinite answer may be right."""
    if finding.symptom in SILENT:
        return False
    ends = [numbers.parse(end) for end in finding.reference.strip("[]").split(", ")]
    return any(end.is_finite() and end and end.adjusted() >= math.log10(fmt.max) - 1 for end in ends)


def _then(framework: str, versions: Mapping[str, str] | None) -> str:
    known = [f"{name} {versions[name]}" for name in dict.fromkeys((framework, "numpy")) if versions and name in versions]
    return f" (then {', '.join(known)})" if known else ""


@cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # A script is source code, not markup: nothing is escaped for HTML. What a finding says stands in quotes by `quoted`, inside an f-string by
    # `inside`, in a comment by `comment`, in the docstring by _docstring.
    source = Environment(
        loader=PackageLoader("ulpfuzz.reports"), autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source.filters |= {"quoted": quoted, "inside": inside, "comment": one_line}
    return source.get_template("reproducer.py.j2")


def _limit(finding: Finding, source: str) -> tuple[float, str]:
    """The error beyond which the script says that the defect is there, and whose limit that is."""
    if finding.limit is not None:
        return float(finding.limit), source or "the accuracy limit of this class of op"
    if math.isfinite(finding.ulps):
        # A quarter: beside a power of two the truth that is recomputed may have twice the ulp.
        return (
            finding.ulps / 4,
            "a quarter of the recorded error: nobody promises a limit in ulps, stability alone judges this op",
        )
    return 2.0 ** (
        format_named(finding.dtype).precision // 2
    ), "half the digits: nobody promises a limit in ulps, and the recorded answer has no digits"


def _about(
    finding: Finding, reason: str, limit: float, versions: Mapping[str, str] | None, needs: str, found_with: str
) -> list[str]:
    """The rest of the docstring: what is wrong, by whose limit, where it was seen, and how to read the exit status."""
    seen = _then(framework_of(finding.target), versions)[7:-1]
    needed = f"{'numpy' if finding.symptom in SILENT else 'numpy, mpmath'} and {needs}"
    lines = [_wrong(finding)]
    if finding.symptom not in SILENT:
        lines.append(f"Limit: {numbers.measure(limit)} ulps, {reason}.")
    lines.append(f"Finding {finding.id} of ulpfuzz{f', seen with {seen}' if seen else ''}. Needs {needed}.")
    if found_with:
        lines.append(f"Found with {found_with}: run it with that interpreter.")
    lines.append("Exit status: 1 while the defect is there, 0 when it is gone, 2 where it cannot be run,")
    lines.append("3 where the truth that is recomputed here is not the stored one.")
    return [_docstring(line) for line in lines]


def _wrong(finding: Finding) -> str:
    if finding.symptom in SILENT:
        return f"{finding.class_}, symptom {finding.symptom}: the call {SILENT[finding.symptom]}."
    size = f"{numbers.measure(finding.ulps)} ulps" if math.isfinite(finding.ulps) else "a wrong special value"
    peers = f"; right on the same bits: {', '.join(finding.avoidable_by)}" if finding.avoidable_by else ""
    condition = f", condition number {numbers.measure(finding.condition)}" if math.isfinite(finding.condition) else ""
    return f"{finding.class_}, symptom {finding.symptom}: {size} of {finding.dtype}{condition}{peers}."


def _literal_array(value: Any) -> str:
    """Hex floats, four to a line inside the dict of inputs; equal elements as a product, matrices a row a line."""
    if not isinstance(value, list):
        return f'"{numbers.hexadecimal(value)}"'
    if value and isinstance(value[0], list):
        return "[\n" + "".join(f"    {_literal_array(row)},\n" for row in value) + "]"
    items = [f'"{numbers.hexadecimal(v)}"' for v in value]
    if len(items) > 4 and len(set(items)) == 1:
        return f"[{items[0]}] * {len(items)}"
    if len(items) <= 4:
        return "[" + ", ".join(items) + "]"
    return "[\n" + "".join("    " + ", ".join(items[i : i + 4]) + ",\n" for i in range(0, len(items), 4)) + "]"


def _dict(values: Mapping[str, str]) -> str:
    """Source of a dictionary of source texts, on one line where it fits."""
    short = "{" + ", ".join(f'"{n}": {text}' for n, text in values.items()) + "}"
    if len(short) < 110 and "\n" not in short:
        return short
    return "{\n" + "".join(textwrap.indent(f'"{n}": {text},\n', "    ") for n, text in values.items()) + "}"


def _docstring(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace('"""', "'''")


def quoted(value: str | Sequence[str]) -> str:
    """A text, or a list of texts, as Python source on one line; what cannot be seen is written out, so that it prints everywhere."""
    shown = visible(value) if isinstance(value, str) else [visible(v) for v in value]
    return json.dumps(shown, ensure_ascii=False)


def inside(text: str) -> str:
    """A text as it stands inside the double quotes of an f-string."""
    return quoted(text)[1:-1].replace("{", "{{").replace("}", "}}")


def _tidy(text: str) -> str:
    """Two blank lines between the parts, one elsewhere."""
    spaced = re.sub(r"\n+(?=(?:def|class) )", "\n\n\n", text)
    return re.sub(r"\n{4,}", "\n\n\n", spaced).strip("\n") + "\n"
