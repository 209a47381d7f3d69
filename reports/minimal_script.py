"""Minimal scripts: a finding as about ten lines for an issue tracker: exact inputs, the call, and exit status 1 while it is wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.findings import numbers
from ulpfuzz.fuzzer.findings.case_record import COTANGENT, TANGENT
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.functional import together
from ulpfuzz.fuzzer.findings.identity import framework_of
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.point.stored import is_known
from ulpfuzz.reports.call import IMPORTS, extra_modules, literal, placement

#: How a framework's array is made of numpy's, how an answer becomes numpy's, and how a mode wraps a function.
_ARRAY = {"numpy": "%s", "torch": "torch.from_numpy(%s)", "tensorflow": "tf.constant(%s)", "jax": "jnp.asarray(%s)"}
_MODES = {
    "torch": {"eager": "", "compile": "torch.compile(%s, dynamic=False)"},
    "tensorflow": {"eager": "", "graph": "tf.function(%s)", "function": "tf.function(%s)", "xla": "tf.function(%s, jit_compile=True)"},
    "jax": {"eager": "", "jit": "jax.jit(%s)"}, "numpy": {"eager": ""},
}  # fmt: skip
#: Longer arrays stand in the stand-alone script alone.
LONGEST = 64


@dataclass(frozen=True)
class Expected:
    """What an answer must be: in words, and as a condition on the Python float `answer`."""

    text: str
    condition: str


def minimal_script(finding: Finding) -> str:
    """Source that runs the call once, prints answer and truth, and exits 1 while the answer is wrong, else 0.

    It needs numpy and the framework. The truth is the certified one, rounded to binary64; the limit is that of the finding, or, where nobody
    publishes one, half of the recorded error. "" where the finding takes more than ten lines or so: second derivatives, products with a
    direction, two placements, crashes and hangs, devices other than the CPU, switches, hosts, and arrays of more than LONGEST numbers;
    and where the catalogue does not have that very call (point.stored).
    """
    if not is_known(finding):
        return ""
    record, framework = ops().get(finding.op), framework_of(finding.target)
    place, _, switches = finding.target.partition(";")
    device, mode = [*place.split(":")[1:], *("cpu", "eager")[place.count(":") :]]
    simple = device == "cpu" and not switches and "@" not in place and mode in _MODES.get(framework, {})
    if record is None or not simple or not _fits(finding, record):
        return ""
    names = [i.name for i in record.inputs if i.name in finding.case["inputs"]]
    wrap = _MODES[framework][mode]
    lines = _head(finding, framework)
    lines += [f"{name} = {_input(finding, record, name, framework)}" for name in names]
    if finding.params:
        values = ", ".join(literal(v) for v in finding.params.values())
        lines.append(f"{', '.join(finding.params)} = {values}")
    if finding.symptom == "exception":
        lines += ["try:", f"    {_called(finding, names, wrap)}", "except Exception as error:"]
        return "\n".join([*lines, '    sys.exit(f"{type(error).__name__}: {error}")', ""])
    expected = expected_of(finding)
    lines += _answer(finding, record, names, framework, wrap)
    lines += [
        f'print("answer", answer, "expected", {expected.text!r})',
        f"sys.exit(0 if {expected.condition} else 1)",
    ]
    return "\n".join([*lines, ""])


def _fits(finding: Finding, record: Op) -> bool:
    """Whether ten lines or so are enough."""
    inputs = finding.case.get("inputs") or {}
    plain_order = finding.order == "value" or (
        finding.order in ("grad", "jvp") and TANGENT not in inputs and not any(i.complex for i in record.inputs) and not record.complex_result
    )  # fmt: skip
    stride = placement(finding.case.get("placement") or {})[2]
    sizes = [_size(value) for value in inputs.values()]
    judged = finding.symptom not in ("crash", "hang", "inconsistent", "nondeterministic")
    jvp = finding.order != "jvp" or all(i.scalar for i in record.inputs)
    pairs = record.complex_result or record.error_norm == "parts"
    return (
        bool(inputs)
        and not (together(finding) and (pairs or finding.order == "jvp"))
        and plain_order
        and jvp
        and stride == 1
        and judged
        and max(sizes) <= LONGEST
        and not finding.case.get("right")
    )


def expected_of(finding: Finding) -> Expected:
    """The condition that a right answer meets, of a finding whose call answered. It is false of the recorded answer."""
    reference, fmt = finding.reference, format_named(finding.dtype)
    right = numbers.beyond_format(reference, finding.dtype)
    if reference.startswith("["):
        low, high = (float(end) for end in reference.strip("[]").split(","))
        return Expected(f"in [{low!r}, {high!r}]", f"{_number(low)} <= answer <= {_number(high)}")
    if finding.symptom == "signed_zero":
        sign = -math.copysign(1.0, finding.output)
        return Expected(f"{sign * 0.0!r}", f"answer == 0 and np.copysign(1, answer) == {sign!r}")
    truth = {"inf": math.inf, "-inf": -math.inf, "0": 0.0, "-0": 0.0}.get(right)
    if truth is None:
        truth = float(reference)
    if math.isnan(truth):
        return Expected("nan", "answer != answer")
    if math.isinf(truth):
        text = f"{truth!r}" + (f" (the exact result, {numbers.truth(reference, 6)}, overflows)" if right else "")
        return Expected(text, f"answer == float('{numbers.special(truth)}')")
    ulp = fmt.min_subnormal if truth == 0 else math.ldexp(1.0, max(math.frexp(truth)[1] - 1, fmt.emin) - fmt.precision + 1)
    error = abs(finding.output - truth)
    limit = ulp * finding.limit if finding.limit else error / 2
    if math.isfinite(error):
        limit = min(limit, error / 2) if not error > limit else limit
    if not math.isfinite(limit):
        limit = abs(truth) * math.ldexp(1.0, -(fmt.precision // 2)) or ulp
    impossible = f" ({finding.note})" if finding.symptom == "out_of_range" else ""
    return Expected(numbers.truth(reference, 20) + impossible, f"abs(answer - {_number(truth)}) <= {_number(limit)}")


def _number(value: float) -> str:
    """A float as source, in parentheses where it is negative; Python's repr round-trips."""
    if not math.isfinite(value):
        return f"float('{numbers.special(value)}')"
    return repr(value) if math.copysign(1.0, value) > 0 else f"({value!r})"


def _head(finding: Finding, framework: str) -> list[str]:
    own = IMPORTS[framework]
    more = extra_modules(finding.implementation, framework)
    half = ["import ml_dtypes"] if finding.dtype == "bfloat16" and framework != "torch" else []
    wide = ['jax.config.update("jax_enable_x64", True)'] if framework == "jax" else []
    return ["import sys", "import numpy as np", *own, *half, *more, *wide, "bits = float.fromhex"]


def _input(finding: Finding, record: Op, name: str, framework: str) -> str:
    """An array of one row, or of as many equal rows as the case has."""
    fmt, value = format_named(finding.dtype), finding.case["inputs"][name]
    spec = next(i for i in record.inputs if i.name == name)
    text = _literal(value, complex_axis=spec.complex)
    length = placement(finding.case.get("placement") or {})[0]
    rows = f"[{text}]" + (f" * {length}" if length > 1 else "")
    half = finding.dtype == "bfloat16"
    dtype = finding.dtype if spec.complex else "float32" if half and framework == "torch" else fmt.real
    made = _ARRAY[framework] % f"np.array({rows}, {'ml_dtypes.bfloat16' if half and framework != 'torch' else f'np.{dtype}'})"
    made += ".to(torch.bfloat16)" if half and framework == "torch" else ""
    return f"{made}.requires_grad_()" if finding.order == "grad" and framework == "torch" and spec.differentiable else made


def _literal(value: Any, *, complex_axis: bool) -> str:
    if isinstance(value, list):
        if complex_axis and len(value) == 2 and not isinstance(value[0], list):
            return f"complex({', '.join(_literal(part, complex_axis=False) for part in value)})"
        items = [_literal(item, complex_axis=complex_axis) for item in value]
        return f"[{items[0]}] * {len(items)}" if len(items) > 3 and len(set(items)) == 1 else f"[{', '.join(items)}]"
    number = float.fromhex(value)
    short = repr(number)
    return short if math.isfinite(number) and len(short) <= 5 and "e" not in short else f'bits("{numbers.hexadecimal(value)}")'


def _called(finding: Finding, names: Sequence[str], wrap: str) -> str:
    if not wrap:
        return finding.implementation
    arguments = ", ".join(names)
    function = wrap % f"lambda {arguments}: {finding.implementation}"
    return f"{function}({arguments})"


def _answer(finding: Finding, record: Op, names: Sequence[str], framework: str, wrap: str) -> list[str]:
    """Statements that end with `answer`, a Python float."""
    length, position, _ = placement(finding.case.get("placement") or {})
    pairs = record.complex_result or record.error_norm == "parts" or any(i.complex for i in record.inputs)
    index = f".reshape({length}, -1)[{position}, {{}}]" if length > 1 else ".reshape(-1)[{}]"
    if finding.order == "value":
        result = _called(finding, names, wrap)
        made = "({}).resolve_conj().numpy()" if pairs else "({}).double().numpy()"
        plain = made.format(result) if framework == "torch" else f"np.asarray({result})"
        if pairs:
            lines = [f"result = {plain}"]
            part = f"(result.{'imag' if finding.worst % 2 else 'real'} if np.iscomplexobj(result) else result)"
            at = f"{finding.worst // 2} if np.iscomplexobj(result) else {finding.worst}"
            return [*lines, f"answer = float({part}{index.format(at)})"]
        return [_taken(finding, plain + index)]
    wrt = [n for n in record.differentiable_inputs if n in names]
    function = f"lambda {', '.join(wrt)}: {finding.implementation}"
    if finding.order == "jvp":
        return _forward(finding, wrt, framework, wrap, index)
    seed = "np.ones(output.shape)"
    if COTANGENT in finding.case["inputs"]:
        rows = f"[{_literal(finding.case['inputs'][COTANGENT], complex_axis=False)}] * {length}"
        seed = f"np.array({rows}).reshape(output.shape)"
    if framework == "torch":
        lines = [f"output = {_called(finding, names, wrap)}", f"seed = torch.from_numpy({seed}).to(output.dtype)"]
        lines.append(f"slopes = torch.autograd.grad(output, [{', '.join(wrt)}], seed, allow_unused=True, materialize_grads=True)")
        joined = f"torch.cat([s.double().reshape({length}, -1) for s in slopes], 1).numpy()"
    elif framework == "tensorflow":
        lines = ["with tf.GradientTape() as tape:", f"    tape.watch([{', '.join(wrt)}])"]
        lines += [f"    output = {_called(finding, names, wrap)}", f"seed = tf.cast({seed}, output.dtype)"]
        lines.append(f'slopes = tape.gradient(output, [{", ".join(wrt)}], seed, unconnected_gradients="zero")')
        joined = (
            f"np.concatenate([np.asarray(s, np.float64).reshape({length}, -1) for s in map(tf.convert_to_tensor, slopes)], 1)"
        )
    else:
        lines = [f"output, pullback = jax.vjp({wrap % function if wrap else function}, {', '.join(wrt)})"]
        lines.append(f"slopes = pullback(jnp.asarray({seed}, output.dtype))")
        joined = f"np.concatenate([np.asarray(s, np.float64).reshape({length}, -1) for s in slopes], 1)"
    return [*lines, _taken(finding, f"{joined}[{position}, {{}}]")]


#: The terms of the functionals in numpy, of an array of outputs.
_TERMS = {"": "{}", "exp": "np.exp({})", "square": "np.square({})"}


def _taken(finding: Finding, outputs: str) -> str:
    """The statement that takes the answer. outputs: an expression that an index completes."""
    joint = together(finding)
    if joint is None:
        return f"answer = float({outputs.format(finding.worst)})"
    own = outputs.format(f"{joint.outputs.start}:{joint.outputs.stop}")
    return f"answer = float(np.sum({_TERMS[joint.functional.term].format(f'np.asarray({own}, np.float64)')}))  # the {joint.functional.words}"


def _forward(finding: Finding, wrt: Sequence[str], framework: str, wrap: str, index: str) -> list[str]:
    """Forward mode of an op of scalars, by the one input that was judged."""
    name = wrt[finding.worst] if finding.worst < len(wrt) else wrt[0]
    function = f"lambda {name}: {finding.implementation}"
    function = wrap % function if wrap else function
    if framework == "torch":
        slope = f"torch.func.jvp({function}, ({name},), (torch.ones_like({name}),))[1].double().numpy()"
    elif framework == "jax":
        slope = f"np.asarray(jax.jvp({function}, ({name},), (jnp.ones_like({name}),))[1], np.float64)"
    else:
        lines = [
            f"with tf.autodiff.ForwardAccumulator({name}, tf.ones_like({name})) as forward:",
            f"    output = ({function})({name})",
        ]
        return [*lines, f"answer = float(np.asarray(forward.jvp(output, 'zero'), np.float64){index.format(0)})"]
    return [f"answer = float({slope}{index.format(0)})"]


def _size(value: Any) -> int:
    return sum(map(_size, value)) if isinstance(value, list) else 1
