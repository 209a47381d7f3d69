"""Reproducer scripts: a finding as one Python file that needs numpy, mpmath and its framework, and nothing of this project."""

from __future__ import annotations

import ast
import json
import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from fuzzer.errors import UserError
from fuzzer.findings.finding import Finding
from fuzzer.findings.identity import framework_of
from fuzzer.formats import format_named
from reports import numbers
from reports.headline import COTANGENT, SILENT, TANGENT, arrays_of, element_of, headline, quantity

#: How each framework is imported; numpy is there anyway. Environment variables are set before.
IMPORTS = {
    "torch": ["import torch"],
    "tensorflow": ["import tensorflow as tf"],
    "jax": ["import jax", "import jax.numpy as jnp"],
    "numpy": [],
}
NAMES = {"torch": "PyTorch", "tensorflow": "TensorFlow", "jax": "JAX", "numpy": "numpy"}
_ONE_THREAD = [("OMP_NUM_THREADS", "1")]
#: Seconds that a call is given which did not return before, where the finding does not say how many it was; and what its process may take to
#: start.
PATIENCE, STARTS = 105.0, 15.0
#: How the numbers of a row are laid out, as the comment on the judged one tells it.
_LAYOUTS = {
    "grad": "gradients, flattened and joined",
    "jvp": "tangents",
    "grad2": "second derivatives, flattened and joined",
}


def script(
    finding: Finding,
    definition_source: str | None = None,
    *,
    definition: str = "",
    differentiable: Sequence[str] | None = None,
    complex_inputs: Sequence[str] | None = None,
    complex_result: bool = False,
    versions: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    setup: Sequence[str] = (),
    found_with: str = "",
) -> str:
    """The source of a script that re-runs a finding, judges it exactly and exits 1 while the defect is there, 0 when it is gone.

    definition_source: source of the oracle's definition and of the functions it calls, or whole modules that hold them: what it
    needs is picked out; with it the script recomputes the truth. definition: its registered name (default: the op's).
    differentiable: the inputs that gradients are taken of, in order (default: all). complex_inputs: those that are pairs of real and
    imaginary parts on the last axis (default: at a complex dtype all of two); complex_result: the call's result is complex even where none is.
    A statement special("zeta")(mp_zeta) in the source gives the definition's arithmetic a special function of mpmath's. versions: library
    versions at the time of the finding. environment: variables to set before the imports, setup: statements after them (a target's
    switches). found_with: the interpreter and version that a target with a host ran in, told in the docstring. Raises UserError for a
    target that no script can be written for.
    """
    framework = framework_of(finding.target)
    place, _, switches = finding.target.partition(";")
    device, mode = [*place.split(":")[1:], *("cpu", "eager")[place.count(":") :]]
    if framework not in IMPORTS:
        raise UserError(f"no reproducer for the target {finding.target!r}: its framework is none of {', '.join(IMPORTS)}")
    if framework == "numpy" and finding.order != "value":
        raise UserError(f"no reproducer for {finding.id}: numpy has no gradients")
    fmt = format_named(finding.dtype)
    inputs = dict(finding.case["inputs"])
    names = [name for name in inputs if name not in (COTANGENT, TANGENT)]
    placed = finding.case.get("placement") or {}
    source, main = _definition(definition_source, definition or finding.op) if definition_source else ("", "")
    limit, reason = _limit(finding)
    wide = fmt.real == "float64"
    if complex_inputs is None:
        complex_inputs = [name for name in names if finding.dtype != fmt.real and _pairs(inputs[name])]
    parts = [name for name in names if name in complex_inputs]
    bfloat = finding.dtype == "bfloat16" and framework != "torch"
    modules = [*IMPORTS[framework], *(["import ml_dtypes"] if bfloat else []), *_extra_modules(finding.implementation, framework)]
    arrays = arrays_of(finding)
    where = element_of(finding, arrays, differentiable)
    subject = quantity(finding, where, arrays)
    right = finding.case.get("right") or {}
    text = _template().render(
        f=finding,
        fmt=fmt,
        headline=_docstring(headline(finding, arrays, where)),
        subject=subject,
        about=_about(finding),
        framework=framework,
        device=device,
        mode=mode,
        missing=device != "cpu" and framework != "numpy",
        needs=NAMES[framework] + (" and ml_dtypes" if bfloat else "") if framework != "numpy" else "nothing else",
        environment=[*{**dict(_environment(framework, device)), **(environment or {})}.items()],
        setup=list(setup),
        switches=switches,
        found_with=_docstring(found_with),
        alone=finding.symptom in ("crash", "hang"),
        patience=round(float(finding.case.get("patience", PATIENCE)) + STARTS),
        right=[int(right["placement"].get(k, d)) for k, d in (("length", 1), ("position", 0), ("stride", 1))] if right else [],
        right_nth=int(right.get("nth", 1)),
        right_hex=right.get("output_hex", ""),
        nth=int(finding.case.get("nth", 1)),
        modules=modules,
        inputs=[(name, _literal_array(inputs[name])) for name in names],
        cotangent=_literal_array(inputs[COTANGENT]) if COTANGENT in inputs else "",
        tangent=_literal_array(inputs[TANGENT]) if TANGENT in inputs else "",
        layout=_LAYOUTS.get(finding.order, "outputs"),
        wrt=[n for n in (differentiable if differentiable is not None else names) if n in names],
        length=int(placed.get("length", 1)),
        position=int(placed.get("position", 0)),
        stride=int(placed.get("stride", 1)),
        limit=repr(limit),
        limit_reason=reason,
        output_hex=finding.output_hex or numbers.hexadecimal(finding.output),
        then=json.dumps(
            {name: versions[name] for name in (framework, "numpy", "mpmath") if name in versions} if versions else {}
        ),
        params=[f"{name}={_literal(value)}" for name, value in finding.params.items()],
        names=names,
        parts=parts,
        pairs=bool(parts) or complex_result,
        numpy_dtype="ml_dtypes.bfloat16" if bfloat else f"np.{'float32' if finding.dtype == 'bfloat16' else fmt.real}",
        definition=source,
        main=main,
        # The last: every cancellation of the format's range in a value, and quotients of differences on top of it in a derivative.
        bits={"value": (256, 2400 if wide else 800), "grad2": (1200, 9600 if wide else 3600)}.get(
            finding.order, (800, 6400 if wide else 2400)
        ),
    )
    return _tidy(text)


@cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # A script is source code, not markup: nothing is escaped for HTML; _docstring and quoted guard what stands in quotes.
    source = Environment(
        loader=PackageLoader("reports"), autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source.filters["quoted"] = json.dumps
    return source.get_template("reproducer.py.j2")


def _environment(framework: str, device: str) -> list[tuple[str, str]]:
    if framework == "jax":
        return [("JAX_ENABLE_X64", "1"), ("JAX_PLATFORMS", device if device == "cpu" else f"{device},cpu"), *_ONE_THREAD]
    if framework == "tensorflow":
        return [("TF_CPP_MIN_LOG_LEVEL", "3"), *([("CUDA_VISIBLE_DEVICES", "-1")] if device == "cpu" else []), *_ONE_THREAD]
    return _ONE_THREAD


def _extra_modules(expression: str, framework: str) -> list[str]:
    """Imports of other names that a catalogue expression uses: submodules of scipy (jax.scipy too), other frameworks."""
    names = {node.id for node in ast.walk(ast.parse(expression, mode="eval")) if isinstance(node, ast.Name)}
    submodules = sorted(set(re.findall(r"(?<![\w.])((?:jax\.)?scipy\.\w+)(?=\.)", expression)))
    others = [line for f in IMPORTS if f != framework for line in IMPORTS[f] if line.split()[-1] in names]
    return [f"import {name}" for name in submodules] + others


def _pairs(value: Any) -> bool:
    """Whether the innermost lists have two elements."""
    while isinstance(value, list) and value and isinstance(value[0], list):
        value = value[0]
    return isinstance(value, list) and len(value) == 2


def _limit(finding: Finding) -> tuple[float, str]:
    """The error beyond which the script says that the defect is there, and why."""
    if finding.limit is not None:
        return float(finding.limit), "the accuracy limit of this class of op"
    if math.isfinite(finding.ulps):
        return finding.ulps / 2, "half the recorded error: the op has no limit in ulps, stability alone judges it"
    return 2.0 ** (
        format_named(finding.dtype).precision // 2
    ), "half the digits: the op has no limit in ulps, the recorded answer no digits"


def _about(finding: Finding) -> str:
    if finding.symptom in SILENT:
        return f"{finding.class_}, symptom {finding.symptom}: the call {SILENT[finding.symptom]}."
    size = f"{numbers.measure(finding.ulps)} ulps" if math.isfinite(finding.ulps) else "a wrong special value"
    peers = f"; right on the same bits: {', '.join(finding.avoidable_by)}" if finding.avoidable_by else ""
    condition = numbers.measure(finding.condition)
    return f"{finding.class_}, symptom {finding.symptom}: {size} of {finding.dtype}, condition number {condition}{peers}."


def _definition(source: str, wanted: str) -> tuple[str, str]:
    """Of a source text (a definition, or whole modules) what the wanted definition needs, and the name it registers under.

    Imports of this project and of fractions are left out: the script brings `define` and `Fraction` itself.
    """
    nodes = [n for n in ast.parse(source).body if not _supplied(n)]
    roots: list[ast.stmt] = [n for n in nodes if wanted in _registered(n)]
    if not roots:  # registered by a loop over names, or not at all: then by its own name
        roots = [n for n in nodes if not isinstance(n, ast.FunctionDef) and "define" in _uses(n)]
        roots += [n for n in nodes if isinstance(n, ast.FunctionDef)][-1:] if not roots else []
    if not roots:
        raise ValueError("the definition's source holds no definition")
    kept: set[int] = set()
    pending = list(roots)
    while pending:
        node = pending.pop()
        if id(node) not in kept:
            kept.add(id(node))
            needed, asked = _uses(node), _asked(node) - {""}
            pending += [n for n in nodes if needed & _binds(n) or _special(n) in asked]
    lines = source.splitlines()
    parts = []
    for node in nodes:
        if id(node) in kept:
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            parts.append("\n".join(re.sub(r"\s+# (noqa|fmt|type):.*$", "", line) for line in lines[first - 1 : node.end_lineno]))
    parts = list(dict.fromkeys(parts))  # modules given together repeat their type aliases
    last = roots[-1]
    if isinstance(last, ast.FunctionDef) and not _registered(last):
        parts.append(f"define({wanted!r})({last.name})")
    return textwrap.indent("\n\n".join(parts), "    "), wanted


def _supplied(node: ast.stmt) -> bool:
    """An import that the script must not or need not repeat."""
    if not isinstance(node, (ast.Import, ast.ImportFrom)):
        return False
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
    return any(n.split(".")[0] in ("oracles", "fuzzer", "reports", "corpus", "fractions", "__future__", "") for n in names)


def _registered(node: ast.stmt) -> set[str]:
    """The names that a function registers under: @define("silu")."""
    marks = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    calls = [m for m in marks if isinstance(m, ast.Call) and isinstance(m.func, ast.Name) and m.func.id == "define"]
    return {a.value for m in calls for a in m.args if isinstance(a, ast.Constant) and isinstance(a.value, str)}


def _special(node: ast.stmt) -> str:
    """The special function that a statement special("zeta")(mp_zeta) gives to the arithmetic."""
    call = node.value.func if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "special":
        return str(ast.literal_eval(call.args[0]))
    return ""


def _asked(node: ast.stmt) -> set[str]:
    """What a statement asks of an arithmetic m: m.zeta, m.partial("zeta", ...)."""
    attributes = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)}
    return attributes | {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def _uses(node: ast.stmt) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _binds(node: ast.stmt) -> set[str]:
    """The names that a statement gives to its module."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(a.asname or a.name).split(".")[0] for a in node.names}
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


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


def _literal(value: Any) -> str:
    """A param as Python source."""
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{numbers.special(value)}")'
    if isinstance(value, (list, tuple)):
        inner = ", ".join(_literal(v) for v in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner},)"
    return repr(value)


def _docstring(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"""', "'''")


def _tidy(text: str) -> str:
    """Two blank lines between the parts, one elsewhere; the script must parse, or it is not handed out."""
    spaced = re.sub(r"\n+(?=(?:def|class|# ----|if __name__) )", "\n\n\n", text)
    tidy = re.sub(r"\n{4,}", "\n\n\n", spaced).strip("\n") + "\n"
    ast.parse(tidy)
    return tidy
