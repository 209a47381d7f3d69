"""Nine small models of docs/programs, three in each framework: a trace names the step that was planted in each, and is silent where it was not."""

from __future__ import annotations

import importlib.util
import runpy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ulpfuzz.fuzzer.trace.result import TraceResult
from ulpfuzz.fuzzer.trace.trace import trace

PROGRAMS = Path(__file__).parents[2] / "docs/programs"
FRAMEWORKS = ("torch", "jax", "tensorflow")
#: By model and framework: the call that loses the digits first, and what to write in place of the line.
PLANTED = {
    ("mlp", "torch"): ("aten._softmax", "torch.log_softmax(a, dim=-1)"),
    ("mlp", "jax"): ("exp", "jax.nn.log_softmax("),
    ("mlp", "tensorflow"): ("Softmax", "tf.nn.log_softmax(a, axis=-1)"),
    ("transformer", "torch"): ("aten.mul", "float32"),
    ("transformer", "jax"): ("convert_element_type", "float32"),
    ("transformer", "tensorflow"): ("Cast", "float32"),
    ("flow", "torch"): ("aten.rsub", "torch.logaddexp"),
    ("flow", "jax"): ("sub", "jax.nn.softplus"),
    ("flow", "tensorflow"): ("Sub", "tf.math.softplus"),
}


def traced(name: str, framework: str, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> TraceResult:
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    program = str(PROGRAMS / f"{name}_{framework}.py")
    monkeypatch.setattr("sys.argv", [program, *arguments])
    with _of_a_user(framework), trace(frameworks=framework) as t:
        runpy.run_path(program, run_name="__main__")
    return t.result


@contextmanager
def _of_a_user(framework: str) -> Iterator[None]:
    """JAX as a user's program finds it: the backend, which other tests use in this process, enables binary64."""
    if framework != "jax":
        yield
        return
    import jax

    wide = bool(jax.config.jax_enable_x64)
    jax.config.update("jax_enable_x64", False)
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", wide)


#: JAX compiles each primitive of the two larger ones twice, for some ten seconds.
MODELS = [
    pytest.param(name, framework, marks=pytest.mark.slow) if framework == "jax" and name != "mlp" else (name, framework)
    for name, framework in PLANTED
]


@pytest.mark.parametrize(("name", "framework"), MODELS)
def test_the_planted_step_is_named(name: str, framework: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = traced(name, framework, monkeypatch)
    finding = result.findings[0]
    kernel, advice = PLANTED[name, framework]
    assert finding.kind == "nan"
    assert finding.kernel == kernel
    planted = {"mlp": "softmax(scores", "transformer": "-1e9", "flow": "tanh(x) ** 2"}[name]
    lines = [i + 1 for i, text in enumerate((PROGRAMS / f"{name}_{framework}.py").read_text().splitlines()) if planted in text]
    assert int(finding.where.rsplit(":", 1)[1]) in lines
    assert any(advice in tried.call for tried in finding.tried)
    assert all(tried.elements_after == 0 < tried.elements_before for tried in finding.tried)
    if name != "transformer":
        assert finding.proved is not None
        assert finding.proved.class_ in ("unstable", "inaccurate")
        assert len(result.findings) == 1


@pytest.mark.parametrize(("name", "framework"), MODELS)
def test_the_clean_version_is_silent(name: str, framework: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = traced(name, framework, monkeypatch, "stable")
    assert result.findings == ()
    assert result.calls > 20
