"""assert_stable: unstable functions fail with their proof, stable ones pass, and the process is left as it was."""

from __future__ import annotations

import importlib.util
import logging
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.special

from tests.testing import own_kernels
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.findings.case_record import case_of
from ulpfuzz.fuzzer.testing.ordinary import is_ordinary
from ulpfuzz.oracles.definitions import UnknownDefinition, definition
from ulpfuzz.reports.script_run import run_fresh
from ulpfuzz.testing import Report, UnknownName, UnstableError, UserError, assert_stable, defined, scalar, vector

BUDGET = "20k"
#: Seeds of the correctly rounded kernels; the slow suite tries a hundred.
FEW, MANY = 3, 100


def held(function: Any, op: Any, **options: Any) -> Report:
    return assert_stable(function, op, **{"budget": BUDGET, **options})


def failure(function: Any, op: Any, tmp_path: Path, **options: Any) -> UnstableError:
    with pytest.raises(UnstableError) as raised:
        held(function, op, folder=tmp_path, **options)
    return raised.value


@pytest.mark.parametrize("framework", ["numpy", "torch", "tensorflow", "jax"])
def test_naive_softmax_fails_and_a_stable_one_passes(framework: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    naive, stable = own_kernels.softmaxes(framework)
    assert held(stable, "softmax", orders=("value",)).verdicts > 10_000
    error = failure(naive, "softmax", tmp_path, orders=("value",))
    finding, text = error.finding, str(error)
    assert (finding.symptom, finding.class_, finding.output_hex, float(finding.reference)) == ("nan", "unstable", "nan", 1.0)
    batch = case_of(finding).batch()
    assert is_ordinary(batch).all()
    assert batch.inputs["x"].shape[1] <= 3
    assert error.explained.diagnosis is not None
    assert error.explained.diagnosis.cause == "overflow"
    assert text.startswith(f"{naive.__name__} is unstable as softmax\n    {naive.__name__}(x=[")
    assert "= nan, true value 1.0" in text
    assert "overflows" in text


def test_a_gradient_is_judged_by_the_frameworks_own_differentiation(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")

    class Square(torch.autograd.Function):  # type: ignore[name-defined, misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, cotangent: Any) -> Any:
            (x,) = ctx.saved_tensors
            return cotangent * ((x + 1) * (x + 1) - x * x - 1)  # 2 x, by a difference of squares

    error = failure(Square.apply, "square", tmp_path)
    assert error.finding.order == "grad"
    assert "d/dx Square.apply(" in str(error)
    assert held(Square.apply, "square", orders=("value",)).verdicts > 0


def test_orders_after_the_first_that_fails_are_not_tried(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    error = failure(lambda x: torch.log(1 + x), "log1p", tmp_path, orders=("value", "grad"))
    assert {finding.order for finding in (error.finding, *error.others)} == {"value"}
    assert "later   grad: not tried, for value fails" in str(error)


def test_layer_norm_of_one_pass_fails(tmp_path: Path) -> None:
    failure(own_kernels.one_pass_norm, "layer_norm", tmp_path)
    assert held(own_kernels.wide_norm, "layer_norm").verdicts > 0


def test_its_cause_is_seen_in_the_steps_of_a_framework(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")

    def one_pass(x: Any) -> Any:
        mean = x.mean(-1, keepdim=True)
        return (x - mean) / torch.sqrt(x.square().mean(-1, keepdim=True) - mean.square() + 1e-5)

    error = failure(one_pass, "layer_norm", tmp_path, orders=("value",))
    assert error.explained.diagnosis is not None
    assert error.explained.diagnosis.cause == "cancellation"
    assert error.explained.diagnosis.confirmed


# Proof, limits, and what is asked


def test_the_script_of_a_failure_shows_it(tmp_path: Path) -> None:
    error = failure(own_kernels.naive_softmax, "softmax", tmp_path / ".ulpfuzz")
    assert error.script is not None
    assert error.script.parent == tmp_path / ".ulpfuzz"
    assert (tmp_path / ".ulpfuzz" / ".gitignore").read_text().endswith("*\n")
    ran = run_fresh(error.script.read_text())
    assert ran.confirmed, ran.output
    assert f"script  {error.script}" in str(error)


def test_the_source_of_a_function_inside_another_goes_into_its_script(tmp_path: Path) -> None:
    def local_expm1(x):  # type: ignore[no-untyped-def]
        return np.exp(x) - 1

    error = failure(local_expm1, "expm1", tmp_path)
    assert error.script is not None
    ran = run_fresh(error.script.read_text())
    assert ran.confirmed, ran.output


def test_what_no_script_could_import_is_said_to_have_none(tmp_path: Path) -> None:
    error = failure(lambda x: np.exp(x) - 1, "expm1", tmp_path)
    assert error.script is None
    assert "script  none: f is no name of a module, which a script could import" in str(error)
    assert "cancellation" in str(error)


def test_a_limit_holds_a_function_to_so_many_ulps(tmp_path: Path) -> None:
    assert held(own_kernels.off_by_some, "square", limit=9).worst_ulps < 9
    error = failure(own_kernels.off_by_some, "square", tmp_path, limit=2)
    assert str(error).startswith("off_by_some is off by more than 2 ulps as square")
    assert 2 < error.finding.ulps < 9
    assert error.finding.certified_by == "arb+mpmath"
    assert held(np.sqrt, "sqrt", limit=0.5).worst_ulps <= 0.5


def test_a_small_error_is_no_instability() -> None:
    report = held(own_kernels.off_by_some, "square")
    assert [finding.class_ for finding in report.inaccurate] in ([], ["inaccurate"])


def test_ordinary_inputs_leave_the_ends_of_the_format_out(tmp_path: Path) -> None:
    assert held(own_kernels.wrong_beyond, "square").verdicts > 0
    error = failure(own_kernels.wrong_beyond, "square", tmp_path, inputs="all")
    assert not is_ordinary(case_of(error.finding).batch()).all()


def test_the_same_test_says_the_same(tmp_path: Path) -> None:
    first, again = (failure(own_kernels.naive_softmax, "softmax", tmp_path, seed=3) for _ in range(2))
    assert first.finding.case == again.finding.case
    assert _without_advice(first) == _without_advice(again)
    assert held(own_kernels.stable_softmax, "softmax").verdicts == held(own_kernels.stable_softmax, "softmax").verdicts


def _without_advice(error: UnstableError) -> list[str]:
    """What does not depend on the time that was left to look for a rewrite."""
    lines = str(error).splitlines()
    start = next((i for i, line in enumerate(lines) if line.startswith("    helps")), len(lines))
    stop = next(i for i, line in enumerate(lines) if line.startswith(("    also", "    script")))
    return [*lines[: min(start, stop)], *lines[stop:]]


def test_an_exception_at_ordinary_numbers_is_a_failure(tmp_path: Path) -> None:
    def refusing(x: Any) -> Any:
        if (np.abs(x) > 1000).any():
            raise RuntimeError("the kernel could not be launched")
        return x * x

    error = failure(refusing, "square", tmp_path)
    assert str(error).startswith("refusing raises as square")
    assert "error   RuntimeError: the kernel could not be launched" in str(error)


def test_a_budget_in_time_ends(tmp_path: Path) -> None:
    assert held(own_kernels.stable_softmax, "softmax", budget="1s").verdicts > 1000


# Calls


def test_arguments_go_by_name_and_params_too() -> None:
    seen: list[float] = []

    def shifted(eps: float, x: Any) -> Any:
        seen.append(eps)
        return own_kernels.wide_norm(x, eps)

    held(shifted, "layer_norm", params={"eps": 1e-3})
    assert set(seen) == {1e-3}

    def swapped(y: Any, x: Any) -> Any:
        return x - y

    assert held(swapped, "sub").verdicts > 0


def test_a_function_may_take_some_lengths_only() -> None:
    def of_sixteens(x: Any) -> Any:
        assert x.shape[1] % 16 == 0, x.shape
        return own_kernels.wide_norm(x)

    assert held(of_sixteens, "layer_norm", lengths=[16, 64]).verdicts > 0
    with pytest.raises(UserError, match="AssertionError"):
        held(of_sixteens, "layer_norm")
    with pytest.raises(UserError, match="no length n"):
        held(np.tanh, "tanh", lengths=[3])
    with pytest.raises(UserError, match="from 3 on"):
        held(of_sixteens, "layer_norm", lengths=[1])


def test_a_function_of_one_row_is_called_row_by_row() -> None:
    def norm(x: Any) -> Any:
        assert x.ndim == 1
        return np.asarray(np.sqrt(np.square(x.astype(np.float64)).sum()), x.dtype)

    assert held(norm, "norm", batched=False, budget="5k").verdicts > 0


def test_two_functions_of_one_name_are_two(tmp_path: Path) -> None:
    pytest.importorskip("jax")
    naive, stable = own_kernels.softmaxes("jax")
    naive.__qualname__ = stable.__qualname__ = naive.__name__ = stable.__name__ = "twin"
    assert held(stable, "softmax", orders=("value",), budget="5k").verdicts > 0
    failure(naive, "softmax", tmp_path, orders=("value",), budget="5k")


@pytest.mark.parametrize(
    ("function", "op", "options", "said"),
    [
        (np.tanh, "tanhh", {}, "unknown op 'tanhh'; did you mean 'tanh'?"),
        (np.tanh, "tanh", {"dtype": "float3"}, "unknown dtype 'float3'; did you mean 'float32'?"),
        (np.tanh, "tanh", {"dtype": "complex64"}, "unknown dtype of tanh 'complex64'; "),
        (np.tanh, "tanh", {"orders": ("valeu",)}, "unknown order of tanh 'valeu'; did you mean 'value'?"),
        (np.tanh, "tanh", {"orders": ("grad",)}, "numpy has no derivatives: tanh is tested by orders=('value',)"),
        (np.tanh, "tanh", {"params": {"eps": 1}}, "tanh has no params; given: eps"),
        (np.tanh, "tanh", {"inputs": "some"}, "unknown kind of inputs 'some'; "),
        (np.tanh, "tanh", {"budget": "much"}, "not a budget: 'much'; examples: "),
        (np.tanh, "tanh", {"limit": 0}, "limit is a number of ulps, 0.5 (correct rounding) or more; given: 0"),
        (np.tanh, "tanh", {"framework": "numpi"}, "unknown framework 'numpi'; did you mean 'numpy'?"),
        ("tanh", "tanh", {}, "a function is tested, not str 'tanh'"),
        (eval("lambda x: x", {}), "abs", {}, "which framework's function is f? it names none; say framework="),
        (lambda x: np.sum(x) + 1, "abs", {}, "f cannot be tested as abs: ShapeMismatch: returned shape () for 8 rows (called as f"),
        (lambda x: np.abs(x).astype(np.float64), "abs", {}, "f cannot be tested as abs: DtypeMismatch: returned float64 for float32 inputs"),
        (lambda x: np.sum(x, axis=-1), "softmax", {}, "it returned 1 numbers a row, where softmax has "),
        (lambda: np.zeros(3), "abs", {}, "takes 0 positional arguments but 1 was given"),
        (np.tanh, lambda m, x: m.no_such(x).b, {}, "the definition definition"),
        (np.tanh, lambda m: 1, {}, "a definition is a function of an arithmetic and of one input or more"),
    ],
)  # fmt: skip
def test_what_cannot_be_tested_is_one_line(function: Any, op: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as raised:
        held(function, op, **options)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_function_without_a_gradient_says_how_it_is_tested() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(UserError, match=r"orders=\('value',\) tests the value alone"):
        held(lambda x: torch.relu(x).detach(), "relu")


# Ops of one's own


def test_an_op_may_be_a_definition(tmp_path: Path) -> None:
    def versine(x: Any) -> Any:
        return 2 * np.square(np.sin(x / 2))

    error = failure(lambda x: 1 - np.cos(x), lambda m, x: 1 - m.cos(x), tmp_path)
    assert "cancel" in str(error)
    assert held(versine, lambda m, x: 1 - m.cos(x)).verdicts > 0


def test_a_definition_is_known_only_while_it_is_tested() -> None:
    op = defined(_mean_of_squares, vector("x"), accuracy="accumulating")
    assert op.name not in ops()
    assert held(lambda x: np.square(x, dtype=np.float64).mean(axis=-1).astype(x.dtype), op).verdicts > 0
    assert op.name not in ops()
    with pytest.raises(UnknownDefinition):
        definition(op.definition)


def _mean_of_squares(m: Any, x: Any) -> Any:
    return m.sum([m.square(v) for v in x]) / len(x)


def test_inputs_of_a_definition_have_domains_and_params() -> None:
    op = defined(lambda m, x, power=2: m.exp(m.log(x) * power), scalar("x", 0.5, 2), params={"power": (3, 2)})
    assert op.default_params() == {"power": 3}
    assert held(lambda x: x.astype(np.float64) ** 3, op, dtype="float64", limit=4).verdicts > 0
    with pytest.raises(UserError, match="inputs given: 2"):
        defined(lambda m, x: x, scalar("x"), scalar("y"))


# The process is its owner's


def test_the_catalogue_is_what_it_was(tmp_path: Path) -> None:
    before = dict(ops())
    failure(own_kernels.naive_softmax, "softmax", tmp_path)
    held(own_kernels.stable_softmax, "softmax")
    assert ops() == before


def test_settings_of_the_frameworks_are_what_they_were() -> None:
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    before = (torch.get_num_threads(), jax.config.jax_enable_x64, logging.getLogger("jax").level)
    try:
        torch.set_num_threads(2)
        jax.config.update("jax_enable_x64", False)
        logging.getLogger("jax").setLevel(logging.WARNING)
        environment = dict(os.environ)
        with torch.no_grad():
            held(lambda x: x * x, "square", framework="torch", budget="2k")
            assert not torch.is_grad_enabled()
        held(lambda x: x * x, "square", framework="jax", dtype="float64", budget="2k")
        held(lambda x: x * x, "square", framework="jax", budget="2k")
        assert dict(os.environ) == environment
        assert (torch.get_num_threads(), jax.config.jax_enable_x64, logging.getLogger("jax").level) == (2, False, logging.WARNING)
    finally:
        torch.set_num_threads(before[0])
        jax.config.update("jax_enable_x64", before[1])
        logging.getLogger("jax").setLevel(before[2])


# Correct rounding never fails

RIGHT: dict[str, Callable[..., Any]] = {
    "softmax": own_kernels.in_binary64(own_kernels.stable_softmax),
    "layer_norm": own_kernels.wide_norm,
    "expm1": own_kernels.in_binary64(np.expm1),
    "hypot": own_kernels.in_binary64(np.hypot),
    "erfc": own_kernels.in_binary64(scipy.special.erfc),
    "logsumexp": own_kernels.in_binary64(lambda x: scipy.special.logsumexp(x, axis=-1)),
}


def check_right(op: str, seeds: range) -> None:
    for seed in seeds:
        report = held(RIGHT[op], op, framework="numpy", seed=seed, budget="10k")
        assert report.inaccurate == ()
        assert not math.isnan(report.worst_ulps)


@pytest.mark.parametrize("op", RIGHT)
def test_a_correctly_rounded_function_never_fails(op: str) -> None:
    check_right(op, range(FEW))


@pytest.mark.slow
@pytest.mark.parametrize("op", RIGHT)
def test_a_correctly_rounded_function_never_fails_at_any_seed(op: str) -> None:
    check_right(op, range(FEW, MANY))


def test_an_unknown_name_is_a_value_error() -> None:
    assert issubclass(UnknownName, UserError)
    assert issubclass(UserError, ValueError)
    assert issubclass(UnstableError, AssertionError)
