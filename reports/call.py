"""The call of a finding as source: how a script imports its framework, makes the arguments and takes the answer."""

from __future__ import annotations

import ast
import builtins
import keyword
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.functional import together
from ulpfuzz.fuzzer.findings.headline import SILENT
from ulpfuzz.fuzzer.findings.identity import framework_of
from ulpfuzz.fuzzer.findings.one_line import one_line, visible
from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.reports.definition import TAKEN

#: How each framework is imported; numpy is there anyway. Environment variables are set before.
IMPORTS = {
    "torch": ["import torch"],
    "tensorflow": ["import tensorflow as tf"],
    "jax": ["import jax", "import jax.numpy as jnp"],
    "numpy": [],
}
NAMES = {"torch": "PyTorch", "tensorflow": "TensorFlow", "jax": "JAX", "numpy": "numpy"}
_ONE_THREAD = [("OMP_NUM_THREADS", "1")]


#: What stands before the first ";" of a target.
_PLACE = re.compile(r"\w+(@[\w.-]+)?(:\w+){0,2}", re.ASCII)


def check_source(finding: Finding) -> None:
    """Raises UserError where what becomes source of a finding is more than one expression, names and numbers."""
    call, about = finding.implementation, f"no reproducer for {one_line(finding.id)}"
    try:
        for text in (call, f"({call})"):  # the second finds a comment, and parentheses that close ours
            ast.parse(text, mode="eval")
        alone = visible(call) == call
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        alone = False
    if not alone:
        raise UserError(f"{about}: its call is no expression of one line")
    for name in (*finding.params, *finding.case["inputs"]):
        if not name.isidentifier() or keyword.iskeyword(name) or not name.isascii():
            raise UserError(f"{about}: {one_line(name)[:80]!r} is no name of an input or param")
    if not _PLACE.fullmatch(finding.target.partition(";")[0]):
        raise UserError(f"{about}: {one_line(finding.target)[:80]!r} is no target")


def placement(placed: Mapping[str, Any]) -> tuple[int, int, int]:
    length, position, stride = (int(placed.get(k, d)) for k, d in (("length", 1), ("position", 0), ("stride", 1)))
    return length, position, stride


def calling(
    finding: Finding, names: Sequence[str], fmt: Format, complex_inputs: Sequence[str] | None, complex_result: bool,
    environment: Mapping[str, str], setup: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """What the template gets of the call: where it runs, how its arguments are made and the answer is taken from it."""
    framework = framework_of(finding.target)
    place, _, switches = finding.target.partition(";")
    device, mode = [*place.split(":")[1:], *("cpu", "eager")[place.count(":") :]]
    if complex_inputs is None:
        complex_inputs = [n for n in names if finding.dtype != fmt.real and _pairs(finding.case["inputs"][n])]
    bfloat = finding.dtype == "bfloat16" and framework != "torch"
    length, position, stride = placement(finding.case.get("placement") or {})
    right = finding.case.get("right") or {}
    placed = bool(right) or (length, position, stride) != (1, 0, 1)
    rows, row = ("length", "position") if right else ("LENGTH", "POSITION")
    one = f"answers.reshape({rows}, -1)[{row}" if placed else "answers.reshape(-1)["
    taken = f"float({one}{', ' if placed else ''}WORST])"
    if together(finding) is not None:
        taken = f"float(together([mpf(y) for y in {one if placed else one + ':'}].tolist()]))"
    return {
        "framework": framework, "device": device, "mode": mode, "missing": device != "cpu" and framework != "numpy",
        "needs": NAMES[framework] + (" and ml_dtypes" if bfloat else "") if framework != "numpy" else "nothing else",
        "environment": [*{**dict(_environment(framework, device)), **environment}.items()], "setup": list(setup), "switches": switches,
        "modules": [*IMPORTS[framework], *(["import ml_dtypes"] if bfloat else []), *extra_modules(finding.implementation, framework)],
        "names": names, "params": [f"{name}={literal(value)}" for name, value in finding.params.items()],
        "parts": [n for n in names if n in complex_inputs], "pairs": bool([n for n in names if n in complex_inputs]) or complex_result,
        "numpy_dtype": "ml_dtypes.bfloat16" if bfloat else f"np.{'float32' if finding.dtype == 'bfloat16' else fmt.real}",
        "placed": placed, "placement": [length, position, stride], "strided": bool(right) or stride != 1,
        "judged": "answers" if finding.symptom in SILENT else taken, "length": rows if placed else "1",
        "stride": "stride" if right else "STRIDE", "signature": "length, position, stride" if right else "",
        "args": ", length, stride" if right and framework == "torch" else ", length" if right else "",
        "more": ", length, stride" if right and framework == "torch" else ", length" if right else "",
        "right": list(placement(right["placement"])) if right else [], "right_nth": int(right.get("nth", 1)),
        "right_hex": right.get("output_hex", ""), "nth": int(finding.case.get("nth", 1)),
    }  # fmt: skip


#: How an array of numpy's becomes a framework's, and the statements that keep it to one thread, or quiet.
_TENSORS = {"numpy": "%s", "torch": "torch.from_numpy(%s)", "tensorflow": "tf.constant(%s)", "jax": "jnp.asarray(%s)"}
_THREADS = {
    "numpy": ("seterr", 'np.seterr(all="ignore")'),
    "torch": ("num_threads", "torch.set_num_threads(1)"),
    "tensorflow": (
        "parallelism", "tf.config.threading.set_intra_op_parallelism_threads(1)\ntf.config.threading.set_inter_op_parallelism_threads(1)"
    ),
}  # fmt: skip
_ALIASES = {"numpy": "np", "torch": "torch", "tensorflow": "tf", "jax": "jax"}


def direct(told: Mapping[str, Any]) -> dict[str, Any]:
    """The call of one row on the CPU, run eagerly, as statements; none where it takes more."""
    framework, setup = told["framework"], "".join(told["setup"])
    switch, threads = _THREADS.get(framework, ("", ""))
    eager = told["device"] == "cpu" and told["mode"] not in ("compile", "jit", "xla", "graph", "function")
    lines: list[str] = []
    own = {*told["names"], *told["f"].params}
    hidden = own & TAKEN or any(hasattr(builtins, name) for name in own)  # a name that the script needs itself
    if told["plain"] and eager and not (told["placed"] or told["pairs"] or hidden):
        given = told["f"].case["inputs"]
        items = {
            n: f'numbers(INPUTS["{n}"])' if isinstance(given[n], list) else f'float.fromhex(INPUTS["{n}"])' for n in told["names"]
        }
        half = ".to(torch.bfloat16)" if framework == "torch" and told["f"].dtype == "bfloat16" else ""
        array = _TENSORS[framework] % f"np.array([%s], {told['numpy_dtype']})" + half
        lines = [f"{n} = {array % item}" for n, item in items.items()]
        lines += [param.replace("=", " = ", 1) for param in told["params"]]
        call = told["f"].implementation
        if framework != "torch":
            call = f"np.asarray({call})"
        elif not isinstance(ast.parse(call, mode="eval").body, (ast.Call, ast.Name, ast.Attribute, ast.Subscript)):
            call = f"({call})"
        lines.append(f"answer = float({call}.reshape(-1)[{0 if told['single'] else 'WORST'}])")
    return {
        "direct": lines,
        "threads": threads if lines and (not switch or switch not in setup) else "",
        "alias": _ALIASES[framework],
    }


def _environment(framework: str, device: str) -> list[tuple[str, str]]:
    if framework == "jax":
        return [("JAX_ENABLE_X64", "1"), ("JAX_PLATFORMS", device if device == "cpu" else f"{device},cpu"), *_ONE_THREAD]
    if framework == "tensorflow":
        return [("TF_CPP_MIN_LOG_LEVEL", "3"), *([("CUDA_VISIBLE_DEVICES", "-1")] if device == "cpu" else []), *_ONE_THREAD]
    return _ONE_THREAD


def extra_modules(expression: str, framework: str) -> list[str]:
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


def literal(value: Any) -> str:
    """A param as Python source."""
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{numbers.special(value)}")'
    if isinstance(value, (list, tuple)):
        inner = ", ".join(literal(v) for v in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner},)"
    return repr(value)
