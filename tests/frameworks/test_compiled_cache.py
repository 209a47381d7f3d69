"""CompiledCache: held by signature, few, their seconds counted; refusals and failures remembered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from ulpfuzz.fuzzer.case import TANGENT, Batch
from ulpfuzz.fuzzer.catalog.op import Implementation, Op, scalar, vector
from ulpfuzz.fuzzer.frameworks.backends.call_signature import CallSignature, signature_of
from ulpfuzz.fuzzer.frameworks.backends.compiled_cache import CompiledCache, Program
from ulpfuzz.fuzzer.frameworks.backends.expression import framework_message
from ulpfuzz.fuzzer.frameworks.backends.padding import compiled_rows, in_few_shapes, padded_rows
from ulpfuzz.fuzzer.frameworks.backends.unsupported import unsupported
from ulpfuzz.fuzzer.frameworks.framework import Call, FrameworkError


def signature(rows: int, call: str = "f(x)", **params: Any) -> CallSignature:
    implementation = Implementation("torch", call)
    job = Call(Op("probe", (scalar("x"),), (implementation,)), implementation, params)
    return signature_of(job, Batch("float32", {"x": np.ones(rows, np.float32)}))


class Built:
    """Counts what is built."""

    def __init__(self, *failures: Exception) -> None:
        self.count = 0
        self.failures = list(failures)

    def __call__(self) -> Program:
        self.count += 1
        if self.failures:
            raise self.failures.pop(0)
        return lambda *arguments: list(arguments)


def run(programs: CompiledCache, rows: int, build: Built, **params: Any) -> Sequence[Any]:
    return programs.run(signature(rows, **params), build, [rows])


def test_a_program_is_built_once_for_each_problem() -> None:
    programs, build = CompiledCache(8, lazy=False), Built()
    assert [run(programs, rows, build) for rows in (1, 2, 1)] == [[1], [2], [1]]
    assert build.count == 2
    run(programs, 1, build, alpha=2.0)
    assert build.count == 3
    assert programs.seconds > 0


def test_the_least_recently_used_are_dropped() -> None:
    programs, build = CompiledCache(3, lazy=True), Built()
    for rows in (1, 2, 3, 1, 4):
        run(programs, rows, build)
    assert (len(programs), build.count) == (3, 4)
    run(programs, 1, build)
    assert build.count == 4
    run(programs, 2, build)
    assert build.count == 5


def test_a_framework_that_keeps_what_it_compiled_is_told_to_forget() -> None:
    forgotten: list[int] = []
    programs, build = CompiledCache(4, lazy=True, forget=lambda: forgotten.append(1)), Built()
    for rows in range(1, 21):
        run(programs, rows, build)
        assert len(programs) <= 4
    assert len(forgotten) == 5


def test_a_refusal_holds_for_every_shape() -> None:
    programs, build = CompiledCache(8, lazy=True), Built(NotImplementedError("no rule"))
    with pytest.raises(NotImplementedError):
        run(programs, 1, build)
    for rows in (1, 2):
        with pytest.raises(FrameworkError, match=r"^Unsupported: NotImplementedError: no rule$"):
            run(programs, rows, build)
    assert build.count == 1


def test_a_failure_to_build_is_remembered_at_its_shape_only() -> None:
    programs, build = CompiledCache(8, lazy=False), Built(TypeError("bad call"))
    with pytest.raises(TypeError):
        run(programs, 1, build)
    with pytest.raises(FrameworkError, match=r"^TypeError: bad call$"):
        run(programs, 1, build)
    assert run(programs, 2, build) == [2]


def test_a_call_that_fails_on_its_numbers_may_succeed_on_others() -> None:
    programs = CompiledCache(8, lazy=True)

    def build() -> Program:
        def program(x: float) -> list[float]:
            return [1 / x]

        return program

    with pytest.raises(ZeroDivisionError):
        programs.run(signature(1), build, [0.0])
    assert programs.run(signature(1), build, [2.0]) == [0.5]


class InductorError(Exception):
    def __init__(self, inner: Exception) -> None:
        super().__init__("inductor failed")
        self.inner_exception = inner


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (NotImplementedError("\"digamma\" not implemented for 'Half'"), True),
        (RuntimeError("derivative for aten::floor_divide is not implemented"), True),
        (LookupError("No gradient defined for operation 'f' (op type: Betainc)"), True),
        (LookupError("gradient registry has no entry for: SoftsignGrad"), True),
        (ValueError("Reverse-mode differentiation does not work for lax.while_loop"), True),
        (ValueError("tf.function only supports singleton tf.Variables created on the first call."), True),
        (InductorError(NotImplementedError("later")), True),
        (RuntimeError("size mismatch"), False),
        (ValueError("math domain error"), False),
        (FloatingPointError("overflow"), False),
    ],
)
def test_unsupported_is_told_from_failing(error: Exception, expected: bool) -> None:
    assert unsupported(error) is expected
    assert framework_message(error).startswith("Unsupported: ") is expected
    wrapped = RuntimeError("while compiling")
    wrapped.__cause__ = error
    assert unsupported(wrapped) is expected


def test_a_failure_reads_the_same_every_time() -> None:
    error = ValueError("cannot compile graph __inference_<lambda>_16192[_XlaMustCompile=true,config=1] on XLA_CPU_JIT: Igamma")
    assert framework_message(error) == "ValueError: cannot compile graph on XLA_CPU_JIT: Igamma"


def test_directions_are_the_parts_of_the_tangent() -> None:
    implementation = Implementation("torch", "f(x, y, z)")
    op = Op("probe", (vector("x"), scalar("y", differentiable=False), scalar("z")), (implementation,))
    tangent = np.arange(8.0).reshape(2, 4)
    batch = Batch("float64", {"x": np.ones((2, 3)), "y": np.ones(2), "z": np.ones(2), TANGENT: tangent})
    x, z = signature_of(Call(op, implementation, {}, "jvp"), batch).directions(tangent, lambda part, shape: part.reshape(shape))
    assert x.tolist() == [[0, 1, 2], [4, 5, 6]]
    assert z.tolist() == [3, 7]


def test_short_vectors_have_one_batch_shape_for_each_length() -> None:
    def sizes(rows: int, width: int) -> set[int]:
        batch = Batch("float32", {"x": np.arange(rows * width, dtype=np.float32).reshape(rows, width)})
        seen: set[int] = set()

        def evaluate(part: Batch) -> np.ndarray:
            seen.add(part.rows)
            return part.inputs["x"][:, :1]

        np.testing.assert_array_equal(in_few_shapes(evaluate, batch, compiled_rows(batch)), batch.inputs["x"][:, :1])
        return seen

    assert sizes(1, 3) == sizes(64, 3) == sizes(4096, 3) == {4096}
    assert sizes(1, 100) == sizes(64, 100) == {64}
    assert sizes(16384, 3) == {16384}  # a call of a later round
    assert sizes(70000, 1) == {16384, 65536}
    assert padded_rows(70000, (64, 4096)) == 4096
