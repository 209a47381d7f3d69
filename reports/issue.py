"""Issue text: a defect in the form that the trackers of PyTorch, TensorFlow, JAX, NumPy and SciPy ask for, ready to be filed.

The headings are those of their bug forms (`.github/ISSUE_TEMPLATE` of each repository). The text uses words that a maintainer of any of
them knows, and claims what was certified or run, nothing else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ulpfuzz.fuzzer.defects.case_file import CaseFile
from ulpfuzz.fuzzer.defects.defect import Defect
from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.case_arrays import SILENT
from ulpfuzz.fuzzer.findings.finding import Answer, Finding
from ulpfuzz.fuzzer.findings.functional import together
from ulpfuzz.fuzzer.findings.headline import function_of
from ulpfuzz.fuzzer.findings.one_line import command_of, one_line, visible
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.reports.code_text import code_block, code_cell, code_span, plain_text
from ulpfuzz.reports.extent import extent_text, interval_text
from ulpfuzz.reports.minimal_script import minimal_script

#: GitHub refuses bodies beyond 65,536 characters; some are left for what a reporter adds.
LIMIT = 60_000
#: Words of this project that no maintainer of a framework has to know; a sentence that holds one is left out.
OURS = re.compile(r"\b(excess|ball test|tier|cell|subject|ulpfuzz|symptom|face)\b", re.IGNORECASE)
#: Characters of a call that is shown.
LONGEST = 1000
#: Characters of a text of the store that is shown, and what ends an issue that would be too long.
WORDS, _CUT = 2000, "\n\n(shortened)"
#: Peers and other calls that are listed.
MOST = 12


@dataclass(frozen=True)
class _Parts:
    """The pieces that every form is made of, as Markdown."""

    title: str
    what: str
    script: str
    output: str
    more: str
    versions: Mapping[str, str]
    system: str


def issue_text(
    defect: Defect, face: Finding, case_file: CaseFile | None = None, environment: Mapping[str, Any] | None = None,
    members: Sequence[Finding] = (), script: str | None = None,
) -> str:  # fmt: skip
    """The text of an issue: its first line is the title, the body follows after a blank line; at most LIMIT characters.

    environment: of the run that saw the face (versions, Python, platform, CPU). members: the defect's other findings. script: default
    `minimal_script` of the face; where that is empty, the command that writes the stand-alone one.
    """
    framework = defect.framework
    source = minimal_script(face) if script is None else script
    parts = replace(
        _parts(defect, face, case_file, environment or {}, members),
        script=source if 0 < len(source) < LIMIT / 3 else _command(face),
    )
    form = _FORMS.get(framework, _numpy)
    text = f"{parts.title}\n\n{form(parts)}"
    beyond = len(text) - LIMIT
    if beyond > 0:  # what stands in `more` alone grows with the run
        kept = parts.more[: max(0, len(parts.more) - beyond - len(_CUT))].rpartition("\n")[0]
        text = f"{parts.title}\n\n{form(replace(parts, more=kept + _CUT))}"
    return text


def _parts(
    defect: Defect, face: Finding, case_file: CaseFile | None, environment: Mapping[str, Any], members: Sequence[Finding]
) -> _Parts:
    call = function_of(face)
    said = defect.title.removeprefix(f"{face.label}: ")
    title = f"{call}: {said}" if call and call not in said else said
    versions = {str(k): str(v) for k, v in (environment.get("versions") or {}).items()}
    versions |= {"python": str(environment["python"])} if "python" in environment else {}
    cpu = environment.get("cpu") or {}
    name = (cpu.get("name") or cpu.get("model", "")) if isinstance(cpu, Mapping) else str(cpu)
    system = "; ".join(_words(part) for part in (environment.get("platform", ""), name) if part)
    sections = [
        ("Other libraries on the same bits", _peers(face)),
        ("Why the inputs are not to blame", _conditioning(face)),
        ("Where it starts and ends", _extent(face, case_file)),
        ("Cause", _cause(case_file)),
        ("What helps", _advice(case_file)),
        ("Other calls with the same fault", _others(face, members)),
    ]
    more = "\n\n".join(f"**{head}**\n\n{text}" for head, text in sections if text)
    return _Parts(one_line(title, 240), _what(defect, face, case_file), "", _output(face), more, versions, system)


def _command(face: Finding) -> str:
    return f"# written by: {command_of(face.id)} --script issue.py\n"


def _what(defect: Defect, face: Finding, case_file: CaseFile | None) -> str:
    """What goes wrong, and for whom."""
    call = code_span(face.implementation, LONGEST)
    quantity = {"grad": "The gradient of ", "jvp": "The forward-mode derivative of ", "grad2": "The second derivative of "}.get(
        face.order, ""
    )
    mode = "" if face.target.endswith(":cpu:eager") else f" ({_words(face.target)})"
    joint = together(face)
    if joint is not None:
        whole = quantity.replace("The ", "the ", 1) or "the results of "
        quantity = f"The {joint.functional.words} of {whole}"
    if face.symptom in SILENT:
        first = f"{quantity}{call}{mode} {SILENT[face.symptom]} in {_words(face.dtype)} for the inputs below."
    else:
        first = f"{quantity}{call}{mode} is wrong in {_words(face.dtype)}: {_size(face)}"
    lines = [first]
    if joint is not None:
        lines.append(
            "Each of the numbers alone is the exact result for some inputs within a few ulps of these, but no inputs give all of them."
        )
    share = case_file.ordinary_share if case_file else None
    if share and share.samples:
        lines.append(
            f"Of {numbers.count(share.samples)} ordinary inputs ({_words(share.distribution)}), {numbers.share(share.share)} give a wrong result "
            f"(95 % interval {numbers.share(share.low)} to {numbers.share(share.high)})."
        )
    elif defect.kind == "ordinary":
        lines.append("The inputs are ordinary numbers.")
    elif defect.kind in ("range", "special", "flush"):
        where = {
            "range": "an intermediate result leaves the range of the format, though the exact result is well inside it",
            "special": "the inputs or the exact result are infinite, NaN or at a pole",
            "flush": "subnormal numbers are on the way",
        }[defect.kind]
        lines.append(f"It concerns users whose data come where {where}.")
    return " ".join(lines)


def _size(face: Finding) -> str:
    answer = numbers.decimal(face.output, face.dtype)
    right = numbers.beyond_format(face.reference, face.dtype)
    exact = _words(numbers.truth(face.reference, 20))
    if right:
        return f"it returns {answer}; the exact result is {exact}, which rounds to {right}."
    if math.isfinite(face.ulps) and numbers.parse(face.reference):
        return f"it returns {answer}, the exact result is {exact}: an error of {numbers.measure(face.ulps)} ulps (units in the last place)."
    return f"it returns {answer}, the exact result is {exact}."


def _output(face: Finding) -> str:
    """Expected and actual."""
    if face.symptom in SILENT:
        return one_line(f"Expected: a number. Actual: the call {SILENT[face.symptom]}. {face.note}", WORDS)
    fmt = format_named(face.dtype)
    lines = [f"expected  {numbers.truth(face.reference, 40)}"]
    if right := numbers.beyond_format(face.reference, face.dtype):
        lines[0] += f"  (rounds to {right} in {fmt.real})"
    lines.append(f"actual    {numbers.decimal(face.output, face.dtype)}  ({face.output_hex or numbers.hexadecimal(face.output)})")
    return "\n".join(visible(line)[:WORDS] for line in lines)


def _certified(face: Finding) -> str:
    by = face.certified_by
    if by.startswith("arb+mpmath"):
        return "The expected value is enclosed by ball arithmetic (Arb) on these exact bits and confirmed by mpmath at two precisions."
    if by == "limit":
        return "The expected value is the limit of the function at these inputs, the same along several paths."
    return f"The expected value comes from {_words(by)}." if by else ""


def _peers(face: Finding) -> str:
    rows = [a for a in face.answers if (a.target, a.implementation) != (face.target, face.implementation)][:MOST]
    if not rows:
        return ""
    lines = ["| library | call | result | error in ulps |", "|---|---|---|---|"]
    return "\n".join([*lines, *(_peer(a, face.dtype) for a in rows)])


def _peer(answer: Answer, dtype: str) -> str:
    where = _words(", ".join(part for part in answer.target.partition(";")[0].split(":")))
    call = code_cell(answer.implementation, LONGEST)
    if answer.symptom in SILENT:
        return f"| {where} | {call} | {SILENT[answer.symptom]} | - |"
    size = "wrong" if math.isinf(answer.ulps) else numbers.measure(answer.ulps)
    return f"| {where} | {call} | {numbers.decimal(answer.output, dtype)} | {size} |"


def _conditioning(face: Finding) -> str:
    if face.symptom in SILENT:
        return ""
    lines = [_certified(face)]
    if math.isfinite(face.condition):
        moved = max(face.condition / 2, 0.0)
        lines.append(
            f"The relative condition number at these inputs is {numbers.measure(face.condition)}: rounding the inputs moves the exact "
            f"result by about {numbers.measure(moved)} ulps."
        )
    if face.symptom == "out_of_range":
        lines.append(f"No inputs at all have such a result: {_words(face.note)}.")
    elif face.class_ == "unstable":
        lines.append("No inputs within a few ulps of these have the returned value as their exact result.")
    elif face.limit is not None:
        lines.append(
            f"The error is above the limit of {numbers.measure(face.limit)} ulps"
            + (f" ({_words(face.reason)})." if face.reason else ".")
        )
    return " ".join(line for line in lines if line)


def _extent(face: Finding, case_file: CaseFile | None) -> str:
    if case_file and case_file.extent:
        return "\n".join(f"- {_words(interval_text(i, face.dtype))}" for i in case_file.extent)
    return _words(extent_text(face, "of the inputs that were tried"))


def _cause(case_file: CaseFile | None) -> str:
    diagnosis = case_file.diagnosis if case_file else None
    if diagnosis is None or diagnosis.cause == "unknown":
        return ""
    step = f" ({code_span(diagnosis.step, LONGEST)})" if diagnosis.step and diagnosis.step not in diagnosis.text else ""
    lines = [_words(diagnosis.text) + step]
    if not diagnosis.confirmed:
        lines[0] = f"Probably: {lines[0]}"
    kept = [s.outcome for s in diagnosis.evidence if not OURS.search(s.outcome)]
    return "\n".join([*lines, *(f"- {_words(outcome)}" for outcome in kept[:MOST])])


def _advice(case_file: CaseFile | None) -> str:
    lines = []
    for advice in case_file.advice if case_file else ():
        lines.append(
            f"- {_words(advice.text)} {code_span(advice.call, LONGEST)}: worst error on {numbers.count(advice.verified_on)} inputs around the case "
            f"{_ulps(advice.worst_ulps_after)} instead of {_ulps(advice.worst_ulps_before)}."
        )
    return "\n".join(lines)


def _ulps(value: float) -> str:
    return "a wrong special value" if math.isinf(value) else f"{numbers.measure(value)} ulps"


def _others(face: Finding, members: Sequence[Finding]) -> str:
    own = (face.implementation, face.dtype, face.order)
    calls: dict[str, dict[str, None]] = {}
    for f in members:
        if (f.implementation, f.dtype, f.order) != own:
            calls.setdefault(f.implementation, {})[f.dtype if f.order == "value" else f"{f.dtype} {f.order}"] = None
    lines = [f"- {code_span(call, LONGEST)}: {_words(', '.join(kinds))}" for call, kinds in list(calls.items())[:MOST]]
    left = len(calls) - MOST
    return "\n".join([*lines, *([f"- and {left} more"] if left > 0 else [])])


def _words(text: object) -> str:
    """Words of the store as Markdown shows them, at most WORDS characters of them."""
    return plain_text(one_line(text, WORDS))


def _code(script: str) -> str:
    return "\n".join(code_block(script.rstrip().split("\n"), "python", None))


def _said(output: str) -> str:
    return "\n".join(code_block(output.split("\n"), "", None))


def _named(parts: _Parts, *names: str) -> str:
    return ", ".join(_words(f"{name} {parts.versions[name]}") for name in names if name in parts.versions) or "not recorded"


def _torch(parts: _Parts) -> str:
    return (
        f"### 🐛 Describe the bug\n\n{parts.what}\n\n{_code(parts.script)}\n\n{_said(parts.output)}\n\n{parts.more}\n\n"
        f"### Versions\n\n{_named(parts, 'torch', 'numpy', 'python')}; {parts.system}\n"
    )


def _tensorflow(parts: _Parts) -> str:
    return (
        "### Issue type\n\nBug\n\n### Have you reproduced the bug with TensorFlow Nightly?\n\nNo\n\n### Source\n\nbinary\n\n"
        f"### TensorFlow version\n\n{_named(parts, 'tensorflow', 'keras')}\n\n### Custom code\n\nNo\n\n"
        f"### OS platform and distribution\n\n{parts.system or 'not recorded'}\n\n### Python version\n\n{_named(parts, 'python')}\n\n"
        f"### Current behavior?\n\n{parts.what}\n\n{parts.more}\n\n### Standalone code to reproduce the issue\n\n{_code(parts.script)}\n\n"
        f"### Relevant log output\n\n{_said(parts.output)}\n"
    )


def _jax(parts: _Parts) -> str:
    return (
        f"### Description\n\n{parts.what}\n\n{_code(parts.script)}\n\n{_said(parts.output)}\n\n{parts.more}\n\n"
        f"### System info (python version, jaxlib version, accelerator, etc.)\n\n{_named(parts, 'jax', 'jaxlib', 'numpy', 'python')}; "
        f"CPU; {parts.system}\n"
    )


def _numpy(parts: _Parts) -> str:
    return (
        f"### Describe the issue:\n\n{parts.what}\n\n### Reproduce the code example:\n\n{_code(parts.script)}\n\n"
        f"### Error message:\n\n{_said(parts.output)}\n\n### Python and NumPy Versions:\n\n{_named(parts, 'numpy', 'scipy', 'python')}\n\n"
        f"### Runtime Environment:\n\n{parts.system or 'not recorded'}\n\n### Context for the issue:\n\n{parts.more}\n"
    )


_FORMS = {"torch": _torch, "tensorflow": _tensorflow, "jax": _jax, "numpy": _numpy}
