"""Reproducer scripts are run as their reader would run them: in a process of their own."""

from __future__ import annotations

import ast
import importlib.util
import math
import os
import re
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import pytest
from planted_findings import planted

from ulpfuzz.oracles.arithmetic.mp import Mp
from ulpfuzz.oracles.arithmetic.protocol import UNARY
from ulpfuzz.reports.definition import definition_of
from ulpfuzz.reports.reproducer import script
from ulpfuzz.reports.shim import shim

UNUSED = 1
HALF = Fraction(1, 2)


def unused(m: Any) -> Any:
    return m.num(UNUSED)


def powers(m: Any, x: list[Any]) -> list[Any]:
    return [m.exp(v) for v in x]


def logsumexp(m: Any, x: list[Any], scale: float = 1.0) -> Any:
    """scale log sum e^x_i."""
    return m.num(scale) * m.log(m.sum(powers(m, x))) + HALF - Fraction(1, 2)


def softplus(m: Any, x: Any) -> Any:
    """log(1 + e^x)."""
    return m.log1p(m.exp(x))


def power(m: Any, x: Any, y: Any) -> Any:
    return m.exp(y * m.log(x))


def absolute(m: Any, x: Any) -> Any:
    return m.abs(x)


def exp_complex(m: Any, z: Any, k: int) -> Any:
    size = m.exp(z[0])
    return [size * m.cos(z[1]), size * m.sin(z[1])]


def det2(m: Any, a: Any) -> Any:
    return a[0][0] * a[1][1] - a[0][1] * a[1][0]


LOGSUMEXP, SOFTPLUS, POWER = definition_of(logsumexp), definition_of(softplus), definition_of(power)
ABSOLUTE, EXP_COMPLEX, DET2 = definition_of(absolute), definition_of(exp_complex), definition_of(det2)


def run(text: str, folder: Path, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    path = folder / "script.py"
    path.write_text(text, encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, str(path)], check=False, capture_output=True, text=True, cwd=folder, env=environment, timeout=timeout
    )


def logsumexp_finding(n: int, order: str, framework: str, call: str) -> Any:
    """A finding on n numbers, right in every framework that does it well; the truth is computed here."""
    x = [math.ldexp(k * 7919 % 1024, -6) for k in range(n)]
    with mpmath.workdps(80):
        total = mpmath.fsum(mpmath.exp(v) for v in x)
        truth = mpmath.log(total) if order == "value" else mpmath.mpf(0.75) * mpmath.exp(x[3]) / total
        reference = mpmath.nstr(truth, 40)
    inputs: dict[str, Any] = {"x": [v.hex() for v in x]}
    if order == "grad":
        inputs["cotangent"] = [(0.75).hex()]
    return planted(
        op="logsumexp", target=f"{framework}:cpu:eager", implementation=call, order=order, reference=reference,
        ulps=9.0, limit=None, worst=3 if order == "grad" else 0, output=1.0, output_hex="0x1p+0",
        case={"dtype": "float32", "inputs": inputs, "placement": {"length": 3, "position": 1, "stride": 2}},
    )  # fmt: skip


def test_a_planted_defect_exits_1_and_shows_truth_and_answer(tmp_path: Path) -> None:
    done = run(script(planted(), SOFTPLUS, versions={"numpy": "1.0"}), tmp_path)
    assert done.returncode == 1, done.stderr
    assert "truth    100.0000" in done.stdout
    assert re.search("recomputed with .* bits", done.stdout)
    assert "answer   inf" in done.stdout
    assert "(then numpy 1.0)" in done.stdout
    assert not done.stderr


def test_a_right_implementation_exits_0(tmp_path: Path) -> None:
    done = run(script(planted(implementation="np.logaddexp(x, np.float32(0))"), SOFTPLUS), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "answer   100.0 = 0x1.9" in done.stdout


def test_a_wrong_stored_truth_exits_3(tmp_path: Path) -> None:
    done = run(script(planted(reference="100.00001000000000000000000000"), SOFTPLUS), tmp_path)
    assert done.returncode == 3
    assert "DISAGREE" in done.stdout


def test_a_missing_framework_exits_2(tmp_path: Path) -> None:
    text = script(planted(target="torch:cpu:eager", implementation="torch.log(x)"), None)
    done = run(text.replace("import torch\n", "import torch_that_is_not_there as torch\n"), tmp_path)
    assert done.returncode == 2
    assert "cannot be imported" in done.stdout
    assert not done.stderr


def test_a_call_that_raises_is_told_in_a_line(tmp_path: Path) -> None:
    done = run(script(planted(implementation="np.linalg.inv(x)", symptom="exception"), None), tmp_path)
    assert done.returncode == 1
    assert "LinAlgError" in done.stdout
    assert not done.stderr


@pytest.mark.parametrize(
    ("call", "reference", "symptom", "expected"),
    [
        ("x * np.float32(np.nan)", "100", "nan", 1),
        ("-x", "100", "wrong_sign", 1),
        ("x * np.float32(0)", "100", "zero", 1),
        ("np.nextafter(x, np.float32(np.inf))", "100", "precision", 0),  # one ulp, limit four
        ("x * (1 + np.float32(1e-6))", "100", "precision", 1),
        ("x * np.float32(1e38)", "1e40", "missed_inf", 0),  # beyond overflow an infinity is right
        ("x", "1e40", "missed_inf", 1),
        ("x", "nan", "missed_nan", 1),
        ("x * np.float32(np.nan)", "nan", "missed_nan", 0),
        ("x * np.float32(np.inf)", "-inf", "wrong_sign", 1),
        ("x * np.float32(0)", "-0.0", "signed_zero", 1),
        ("x * np.float32(-0.0)", "-0.0", "signed_zero", 0),
    ],
)
def test_every_symptom_is_judged(call: str, reference: str, symptom: str, expected: int, tmp_path: Path) -> None:
    done = run(script(planted(implementation=call, reference=reference, symptom=symptom), None), tmp_path)
    assert done.returncode == expected, done.stdout + done.stderr


def test_placement_and_params_reach_the_call(tmp_path: Path) -> None:
    call = "x * np.float32(k) if x.shape == (17,) and x.strides == (12,) and mode == 'a' else x"
    case = {"dtype": "float32", "inputs": {"x": "0x1p+0"}, "placement": {"length": 17, "position": 16, "stride": 3}}
    finding = planted(implementation=call, params={"k": 3.0, "mode": "a"}, case=case, reference="3")
    assert run(script(finding, None), tmp_path).returncode == 0


@pytest.mark.parametrize("n", [5, 1000])
def test_a_long_vector_takes_seconds(n: int, tmp_path: Path) -> None:
    call = "np.log(np.sum(np.exp(x.astype(np.float64)), axis=-1)).astype(np.float32)"
    finding = logsumexp_finding(n, "value", "numpy", call)
    done = run(script(finding, LOGSUMEXP), tmp_path, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "recomputed with" in done.stdout


GRADIENTS = [
    ("torch", "torch.logsumexp(x, dim=-1)"),
    pytest.param("tensorflow", "tf.reduce_logsumexp(x, axis=-1)", marks=pytest.mark.slow),
    ("jax", "jax.scipy.special.logsumexp(x, axis=-1)"),
]


@pytest.mark.parametrize(("framework", "call"), GRADIENTS)
def test_a_gradient_is_recomputed_and_judged(framework: str, call: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    finding = logsumexp_finding(16, "grad", framework, call)
    good = run(script(finding, LOGSUMEXP), tmp_path, timeout=120)
    assert good.returncode == 0, good.stdout + good.stderr
    assert "recomputed with" in good.stdout
    bad = run(script(planted(**{**vars(finding), "implementation": f"2 * {call}"}), LOGSUMEXP), tmp_path, timeout=120)
    assert bad.returncode == 1, bad.stdout + bad.stderr


POWER_CALLS = {
    "torch": "torch.exp(y * torch.log(x))",
    "tensorflow": "tf.exp(y * tf.math.log(x))",
    "jax": "jnp.exp(y * jnp.log(x))",
}
LOGSUMEXP_CALLS = {
    "torch": "torch.logsumexp(x, dim=-1)", "tensorflow": "tf.reduce_logsumexp(x, axis=-1)",
    "jax": "jax.scipy.special.logsumexp(x, axis=-1)",
}  # fmt: skip
CPP = shutil.which("g++") or shutil.which("clang++")
WAYS = [
    ("torch", "eager"),
    pytest.param(
        "torch", "compile", marks=[pytest.mark.slow, pytest.mark.skipif(CPP is None, reason="inductor needs a C++ compiler")]
    ),
    pytest.param("tensorflow", "eager", marks=pytest.mark.slow),
    pytest.param("tensorflow", "graph", marks=pytest.mark.slow),
    pytest.param("tensorflow", "xla", marks=pytest.mark.slow),
    pytest.param("jax", "eager", marks=pytest.mark.slow),
    pytest.param("jax", "jit", marks=pytest.mark.slow),
]


def power_finding(order: str, framework: str, mode: str, worst: int) -> Any:
    """x^y at (1.5, 2.5): the derivatives by x and y, the second ones row by row."""
    with mpmath.workdps(60):
        x, y = mpmath.mpf("1.5"), mpmath.mpf("2.5")
        log = mpmath.log(x)
        mixed = x ** (y - 1) * (1 + y * log)
        truths = {"jvp": [y * x ** (y - 1), x**y * log], "grad2": [y * (y - 1) * x ** (y - 2), mixed, mixed, x**y * log**2]}
        reference = mpmath.nstr(truths[order][worst], 40)
    case = {
        "dtype": "float32",
        "inputs": {"x": (1.5).hex(), "y": (2.5).hex()},
        "placement": {"length": 3, "position": 1, "stride": 2},
    }
    return planted(op="power", target=f"{framework}:cpu:{mode}", implementation=POWER_CALLS[framework], order=order, worst=worst,
                   reference=reference, ulps=20.0, limit=16.0, output=1.0, output_hex="0x1p+0", case=case)  # fmt: skip


def directed_finding(order: str, framework: str, mode: str) -> Any:
    """Log-sum-exp of five numbers along a direction: s v, and the Hessian's product c (s_i v_i - s_i (s v)), of which number 3 is judged."""
    x, v, c = [0.5, -1.25, 2.0, 0.75, -3.0], [1.0, -0.5, 0.25, 2.0, 0.0], 0.75
    with mpmath.workdps(60):
        total = mpmath.fsum(mpmath.exp(k) for k in x)
        s = [mpmath.exp(k) / total for k in x]
        along = mpmath.fsum(a * b for a, b in zip(s, v, strict=True))
        reference = mpmath.nstr(along if order == "jvp" else c * s[3] * (v[3] - along), 40)
    inputs: dict[str, Any] = {"x": [k.hex() for k in x], "tangent": [k.hex() for k in v]}
    if order == "grad2":
        inputs["cotangent"] = [c.hex()]
    return planted(op="logsumexp", target=f"{framework}:cpu:{mode}", implementation=LOGSUMEXP_CALLS[framework], order=order,
                   worst=3 if order == "grad2" else 0, reference=reference, ulps=40.0, limit=None, output=1.0, output_hex="0x1p+0",
                   case={"dtype": "float32", "inputs": inputs, "placement": {"length": 3, "position": 2, "stride": 1}})  # fmt: skip


@pytest.mark.parametrize(("framework", "mode"), WAYS)
@pytest.mark.parametrize(("order", "worst"), [("jvp", 1), ("grad2", 0), ("grad2", 1), ("jvp", None), ("grad2", None)])
def test_second_and_forward_derivatives(framework: str, mode: str, order: str, worst: int | None, tmp_path: Path) -> None:
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    directed = worst is None
    finding = directed_finding(order, framework, mode) if worst is None else power_finding(order, framework, mode, worst)
    source = LOGSUMEXP if directed else POWER
    good = run(script(finding, source), tmp_path, timeout=240)
    assert good.returncode == 0, good.stdout + good.stderr
    assert "recomputed with" in good.stdout
    if (framework, mode) == ("torch", "eager"):
        wrong = planted(**{**vars(finding), "reference": "0.7654321"})
        assert run(script(wrong, source), tmp_path, timeout=240).returncode == 3
        doubled = planted(**{**vars(finding), "implementation": f"2 * {finding.implementation}"})
        bad = run(script(doubled, source), tmp_path, timeout=240)
        assert bad.returncode == 1, bad.stdout + bad.stderr


@pytest.mark.parametrize(
    ("order", "reference", "status"), [("grad", "[-1.0, 1.0]", 0), ("grad", "[0.5, 1.0]", 3), ("grad2", "0", 0)]
)
def test_a_kink_is_what_lies_between_its_sides(order: str, reference: str, status: int, tmp_path: Path) -> None:
    if importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed")
    case = {"dtype": "float32", "inputs": {"x": "0x0p+0"}}
    finding = planted(
        op="absolute", target="torch:cpu:eager", implementation="torch.abs(x)", order=order, case=case, reference=reference
    )
    done = run(script(finding, ABSOLUTE), tmp_path)
    assert done.returncode == status, done.stdout + done.stderr
    if order == "grad":
        assert "1.0 on one side, -1.0 on the other" in done.stdout


COMPLEX_CALLS = {
    "numpy": "np.exp(z) * k",
    "torch": "torch.exp(z) * k",
    "tensorflow": "tf.exp(z) * k",
    "jax": "jnp.exp(z) * k",
}


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize(
    "framework",
    ["numpy", "torch", pytest.param("tensorflow", marks=pytest.mark.slow), pytest.param("jax", marks=pytest.mark.slow)],
)
@pytest.mark.parametrize("order", ["value", "grad", "jvp"])
def test_complex_numbers_are_joined_before_the_call_and_split_after(
    framework: str, dtype: str, order: str, tmp_path: Path
) -> None:
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    if framework == "numpy" and order != "value":
        pytest.skip("numpy has no gradients")
    x, y, c, t = 0.75, -2.5, (0.5, -1.25), (2.0, 0.25)
    with mpmath.workdps(60):
        size, cos, sin = mpmath.exp(x), mpmath.cos(y), mpmath.sin(y)
        truths = {
            "value": size * sin,
            "grad": size * (c[1] * cos - c[0] * sin),
            "jvp": size * (t[0] * sin + t[1] * cos),
        }
        reference = mpmath.nstr(truths[order], 40)
    inputs: dict[str, Any] = {"z": [x.hex(), y.hex()]}
    inputs |= {"grad": {"cotangent": [v.hex() for v in c]}, "jvp": {"tangent": [v.hex() for v in t]}}.get(order, {})
    case = {"dtype": dtype, "inputs": inputs, "placement": {"length": 3, "position": 1, "stride": 2}}
    finding = planted(
        op="exp_complex", target=f"{framework}:cpu:eager", implementation=COMPLEX_CALLS[framework], order=order, dtype=dtype,
        params={"k": 1}, reference=reference, worst=1, limit=8.0, ulps=9.0, case=case,
    )  # fmt: skip
    good = run(script(finding, EXP_COMPLEX, complex_inputs=["z"]), tmp_path, timeout=120)
    assert good.returncode == 0, good.stdout + good.stderr
    assert "recomputed with" in good.stdout
    if order == "value":
        bad = run(script(planted(**{**vars(finding), "params": {"k": 2}}), None), tmp_path, timeout=120)
        assert bad.returncode == 1, bad.stdout + bad.stderr


def test_a_real_input_with_a_complex_result(tmp_path: Path) -> None:
    case = {"dtype": "float32", "inputs": {"x": [(0.5).hex(), (2.0).hex()]}}
    finding = planted(
        implementation="np.sqrt(-x.astype(np.complex64))", case=case, worst=3, reference="-1.4142135623730950488016887"
    )
    assert run(script(finding, None, complex_result=True), tmp_path).returncode == 0


def test_a_matrix_is_carried_whole(tmp_path: Path) -> None:
    rows = [[3.0, 1.5], [-2.0, 0.25]]
    case: dict[str, Any] = {
        "dtype": "float64",
        "inputs": {"a": [[v.hex() for v in row] for row in rows]},
        "placement": {"length": 2, "position": 1, "stride": 2},
    }
    finding = planted(op="det2", implementation="np.linalg.det(a)", case=case, dtype="float64", reference="3.75")
    done = run(script(finding, DET2), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "recomputed with" in done.stdout
    for order, worst, truth in (("grad", 2, "-0.75"), ("jvp", 0, "8")):
        given = {"grad": {"cotangent": [(0.5).hex()]}, "jvp": {"tangent": [v.hex() for v in (1.0, 2.0, 0.5, 1.5)]}}[order]
        torch = planted(
            op="det2", target="torch:cpu:eager", implementation="torch.linalg.det(a)", dtype="float64", order=order, worst=worst,
            reference=truth, case={**case, "inputs": {**case["inputs"], **given}},
        )  # fmt: skip
        if importlib.util.find_spec("torch") is not None:
            done = run(script(torch, DET2), tmp_path)
            assert done.returncode == 0, done.stdout + done.stderr
            assert "recomputed with" in done.stdout


@pytest.mark.parametrize(
    ("op", "order", "call", "inputs", "worst"),
    [
        ("gammainc", "value", "scipy.special.gammainc(a, x)", {"a": 2.5, "x": 3.25}, 0),
        ("gammainc", "grad", "torch.stack([a, x]).sum(0)", {"a": 2.5, "x": 3.25}, 0),
        ("i0", "value", "scipy.special.i0(x)", {"x": 1.5}, 0),
    ],
)
def test_special_functions_travel_with_the_script(
    op: str, order: str, call: str, inputs: dict[str, float], worst: int, tmp_path: Path
) -> None:
    """mpmath's part of the table, word for word: the truth is recomputed where nothing of this project is."""
    from ulpfuzz.fuzzer.catalog.functions import function_of
    from ulpfuzz.fuzzer.catalog.registry import ops
    from ulpfuzz.reports.script import script_for

    framework = "torch" if "torch" in call else "numpy"
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    m = Mp(300)
    truth = function_of(ops()[op], {}, order).outputs(m, {name: m.lift(x) for name, x in inputs.items()})[worst]
    finding = planted(
        op=op, target=f"{framework}:cpu:eager", implementation=call, order=order, dtype="float64", reference=m.decimal(truth, 40),
        worst=worst, limit=40.0, case={"dtype": "float64", "inputs": {name: x.hex() for name, x in inputs.items()}},
    )  # fmt: skip
    done = run(script_for(finding), tmp_path)
    assert done.returncode == (1 if order == "grad" else 0), done.stdout + done.stderr
    assert "recomputed with" in done.stdout


INCONSISTENT = {
    "dtype": "float32", "inputs": {"x": "0x1p+0"}, "placement": {"length": 9, "position": 8, "stride": 1},
    "right": {"placement": {"length": 1, "position": 0, "stride": 1}, "output": 1.0, "output_hex": "0x1.0000000000000p+0"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("call", "expected", "said"),
    [
        ("x * np.where(np.arange(len(x)) >= 8, np.float32(2), np.float32(1))", 1, "the two placements still differ"),
        ("x * np.float32(2)", 1, "now at both placements"),
        ("x", 0, "Gone"),
    ],
)
def test_an_inconsistent_finding_is_run_at_both_placements(call: str, expected: int, said: str, tmp_path: Path) -> None:
    finding = planted(
        implementation=call, symptom="inconsistent", case=INCONSISTENT, reference="1", output=2.0, output_hex="0x1p+1"
    )
    done = run(script(finding, None), tmp_path)
    assert done.returncode == expected, done.stdout + done.stderr
    assert said in done.stdout
    assert "(recorded: 0x1.0000000000000p+0)" in done.stdout


def test_the_second_of_two_equal_calls(tmp_path: Path) -> None:
    case = {**INCONSISTENT, "nth": 2, "placement": {"length": 1, "position": 0, "stride": 1}}
    call = "x * (np.float32(2) if __import__('sys').__dict__.setdefault('calls', []).append(1) or len(__import__('sys').calls) > 2 else 1)"
    done = run(script(planted(implementation=call, symptom="inconsistent", case=case, reference="1", output=2.0), None), tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the two placements still differ" in done.stdout


@pytest.mark.parametrize(
    ("symptom", "call", "expected", "said"),
    [
        ("crash", "__import__('os').abort()", 1, "ends its process (exit status -6)"),
        ("crash", "x", 0, "Gone: the call returns"),
        ("hang", "__import__('time').sleep(60)", 1, "does not return within 2 seconds"),
        ("hang", "x", 0, "Gone: the call returns"),
    ],
)
def test_a_call_that_ends_or_hangs_runs_in_a_process_of_its_own(
    symptom: str, call: str, expected: int, said: str, tmp_path: Path
) -> None:
    text = script(planted(implementation=call, symptom=symptom), None).replace(
        "PATIENCE = 120", "PATIENCE = 2" if "sleep" in call else "PATIENCE = 60"
    )
    done = run(text, tmp_path)
    assert done.returncode == expected, done.stdout + done.stderr
    assert said in done.stdout


def test_switches_and_host_are_set_and_told(tmp_path: Path) -> None:
    set_ = """__import__('os').environ['FLAGS'] == '--a="b"' and GIVEN['over'] == 'raise'"""
    finding = planted(
        target="numpy@old:cpu:eager;over=raise", implementation=f"x * np.float32(0 if {set_} else 1)", reference="0"
    )
    variables, statements = {"FLAGS": '--a="b"', "OMP_NUM_THREADS": "4"}, ["np.seterr(over='raise')", "GIVEN = np.geterr()"]
    text = script(
        finding, None, environment=variables, setup=statements, found_with="numpy 1.26 under Python 3.9 (/old/bin/python)"
    )
    told = str(ast.get_docstring(ast.parse(text), clean=False))
    assert "Found with numpy 1.26 under Python 3.9 (/old/bin/python): run it with that interpreter." in told
    assert "# The target's switches: over=raise" in text
    assert text.count("OMP_NUM_THREADS") == 1
    done = run(text, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_definition_is_carried_without_what_it_does_not_need() -> None:
    text = script(logsumexp_finding(3, "value", "numpy", "np.log(x)"), LOGSUMEXP)
    assert "def powers" in text
    assert "unused" not in text.lower()
    assert "noqa" not in text


def test_a_definition_registered_in_a_loop_is_found(tmp_path: Path) -> None:
    from ulpfuzz.oracles.definitions import definition

    with mpmath.workdps(60):
        reference = mpmath.nstr(mpmath.log(101), 40)
    finding = planted(op="log1p", implementation="np.log1p(x)", reference=reference)
    done = run(script(finding, definition_of(definition("log1p"), name="log1p")), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "recomputed with" in done.stdout


@pytest.mark.parametrize("framework", ["numpy", "torch", "tensorflow", "jax"])
@pytest.mark.parametrize("order", ["value", "grad", "jvp", "grad2"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize(
    "target", ["cpu:eager", "cpu:compile", "cuda:jit", "cpu:xla", "cpu:graph", "rocm:eager", "mps:eager;x=1"]
)
def test_scripts_stand_alone(framework: str, order: str, dtype: str, target: str) -> None:
    if framework == "numpy" and order != "value":
        with pytest.raises(ValueError, match="no gradients"):
            script(planted(order=order), None)
        return
    finding = planted(target=f"{framework}:{target}", order=order, dtype=dtype, symptom="hang" if order == "grad" else "inf")
    tree = ast.parse(script(finding, SOFTPLUS))
    imported = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    imported |= {str(n.module).split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    standard = set(sys.stdlib_module_names)
    assert imported - standard <= {"numpy", "mpmath", framework} | ({"ml_dtypes"} if dtype == "bfloat16" else set())


def test_the_docstring_survives_quotes() -> None:
    ast.parse(script(planted(implementation='np.einsum("i->i", x)', note='a "quoted" \\ note'), None))


def test_an_unknown_framework_is_one_clear_line() -> None:
    with pytest.raises(ValueError, match="no reproducer for the target 'mxnet:cpu:eager'"):
        script(planted(target="mxnet:cpu:eager"), None)


def test_the_carried_arithmetic_agrees_with_the_oracle() -> None:
    """A script's m has every function of the protocol, equal to the oracle's to 60 digits, nan where that is."""
    text, imports = shim([*UNARY, "pow", "atan2", "fmod", "polygamma"], {}, far=True)
    names: dict[str, Any] = {}
    exec("\n".join(["from mpmath import mp, mpf", *imports, text]), names)
    mine, oracle = names["m"], Mp(256)
    with mpmath.workprec(256):
        for name in UNARY:
            for x in (-2.5, -0.75, 0.3, 0.5, 0.984375, 1.4375, 3.0, 40.0):
                here, there = getattr(mine, name)(mpmath.mpf(x)), getattr(oracle, name)(oracle.lift(x))
                assert mpmath.isnan(here) == mpmath.isnan(there), (name, x)
                # mpmath's own digamma loses digits near its root, which the oracle restores.
                assert mpmath.isnan(here) or abs(here - there) <= mpmath.mpf(2) ** -180 * max(1, abs(there)), (name, x)
        for name in ("lgamma", "digamma"):  # by a series of their own beside 0
            for x in (2.0**-70, -3 * 2.0**-70, 2.0**-1074, -(2.0**-1022)):
                here, there = getattr(mine, name)(mpmath.mpf(x)), getattr(oracle, name)(oracle.lift(x))
                assert abs(here - there) <= mpmath.mpf(2) ** -180 * abs(there), (name, x)
        for x, y in ((2.5, 3.5), (-2.0, 3.0), (7.5, 0.75), (-7.5, 2.0)):
            for name in ("pow", "atan2", "fmod"):
                here = getattr(mine, name)(mpmath.mpf(x), mpmath.mpf(y))
                there = getattr(oracle, name)(oracle.lift(x), oracle.lift(y))
                assert abs(here - there) <= mpmath.mpf(2) ** -180 * max(1, abs(there)), (name, x, y)
        for x in (1.5, -2.25):
            assert abs(mine.polygamma(2, mpmath.mpf(x)) - oracle.polygamma(2, oracle.lift(x))) < mpmath.mpf(2) ** -180


def test_a_zero_without_memory_is_an_answer(tmp_path: Path) -> None:
    """torch's second derivative of |x| is a tensor that numpy takes only when forced."""
    if importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed")
    case = {"dtype": "float32", "inputs": {"x": (1.5).hex(), "y": (2.5).hex()}}
    finding = planted(op="sum", target="torch:cpu:eager", implementation="torch.abs(x) + y", order="grad2", worst=0, reference="0.0",
                      ulps=20.0, limit=16.0, output=1.0, output_hex="0x1p+0", case=case)  # fmt: skip
    done = run(script(finding), tmp_path, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
