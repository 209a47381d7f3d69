"""assert_stable: the one call by which a test holds a function to an op."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ulpfuzz.fuzzer.case import Params
from ulpfuzz.fuzzer.catalog.op import Op
from ulpfuzz.fuzzer.findings.case_record import case_of
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.frameworks.own_functions import OwnFunction
from ulpfuzz.fuzzer.testing.assertion import Asked, Assertion, Inputs, assertion_of
from ulpfuzz.fuzzer.testing.explained import Explained, explained
from ulpfuzz.fuzzer.testing.failure import UnstableError, message_of
from ulpfuzz.fuzzer.testing.kernel import Kernel, catalogued, kernel_of
from ulpfuzz.fuzzer.testing.own_op import known
from ulpfuzz.fuzzer.testing.script import FOLDER, write_script
from ulpfuzz.fuzzer.testing.settings_kept import started_here
from ulpfuzz.fuzzer.testing.trial import Outcome, tried
from ulpfuzz.fuzzer.testing.worst_cases import WorstCases

#: Further findings that a failure lists.
LISTED = 4


@dataclass(frozen=True)
class Report:
    """What a function showed that is stable as far as it was tried."""

    #: By order.
    outcomes: Mapping[str, Outcome]

    @property
    def verdicts(self) -> int:
        """Elements judged."""
        return sum(outcome.verdicts for outcome in self.outcomes.values())

    @property
    def worst_ulps(self) -> float:
        """The largest finite error that was seen, in ulps of the dtype; conditioning may explain it."""
        return max((outcome.worst_ulps for outcome in self.outcomes.values()), default=0.0)

    @property
    def inaccurate(self) -> tuple[Finding, ...]:
        """Certified answers beyond the usual limit of the op that no test fails by: small, or explained in norm."""
        return tuple(finding for outcome in self.outcomes.values() for finding in outcome.findings)


def assert_stable(
    function: OwnFunction,
    op: str | Op | OwnFunction,
    *,
    dtype: str = "float32",
    orders: Sequence[str] | None = None,
    params: Params | None = None,
    budget: str | None = None,
    seed: int = 0,
    limit: float | None = None,
    inputs: Inputs = "ordinary",
    lengths: Sequence[int] | None = None,
    framework: str | None = None,
    batched: bool = True,
    folder: str | Path = FOLDER,
) -> Report:
    """Holds a function to an op: searches inputs at which it is unstable, and proves what it finds.

    function: of NumPy, torch (function, Module, autograd.Function's apply, custom op, compiled), JAX or TensorFlow. It is called as the catalogue's
    calls are, with a row of the batch on the leading axis: scalars arrive as arrays of shape (rows,), vectors (rows, n), matrices (rows, r, c), in
    the op's order, or by name where it has parameters of these names; params of the op that it has parameters for are passed too. With
    `batched=False` it takes one row. It returns an array of the same dtype with the rows on its leading axis.
    op: a name of the catalogue (`ulpfuzz ops`), a definition as a function of an arithmetic and the inputs, or what `defined` makes of one.
    orders: of value, grad, jvp, grad2, by the framework's own automatic differentiation (default: value and grad; of NumPy value).
    params: the op's, for example approximate="tanh"; the others are its defaults.
    budget: verdicts ("200k", the default; repeatable) or time ("5s"), of all orders together. seed: of the search.
    limit: ulps that no answer may be off by more than, whatever the conditioning.
    inputs: "ordinary": zero and magnitudes within 2^-12..2^12; "all": the whole format, infinities and NaNs too.
    lengths: of vectors, for a function that takes some only; default: short and long, even and odd.
    framework: "torch", "jax:cpu:jit" or another target; default: what the function's code names.
    folder: where the script of a failure goes.

    Raises UnstableError (an AssertionError) where an answer is proved unstable, or beyond the limit: with the case shrunk, truth, answer, cause, a
    rewrite that was tried, and the script. Raises UserError (a ValueError) in one line for what cannot be tested. What is not proved does not fail.
    """
    __tracebackhide__ = True  # pytest shows the test's own line
    with known(op) as record:
        kernel = kernel_of(function, record, framework, batched=batched)
        said = Asked(dtype, orders, params, budget, seed, limit, inputs, lengths)
        assertion = assertion_of(record, kernel, said)
        return held(kernel, assertion, Path(folder))


def held(kernel: Kernel, assertion: Assertion, folder: Path, *, keep: bool = False) -> Report:
    """The report of a kernel that keeps its assertion. keep: its worst cases are kept in the folder, and replayed first. Raises UnstableError,
    UserError."""
    __tracebackhide__ = True
    outcomes: dict[str, Outcome] = {}
    with catalogued(assertion.op, kernel), started_here(kernel.target, assertion.dtype):
        files = {order: WorstCases(folder, kernel, assertion, order) for order in assertion.orders if keep}
        assertion = replace(assertion, cases={order: file.read() for order, file in files.items()} if keep else assertion.cases)
        for order in assertion.orders:
            outcomes[order] = tried(kernel, assertion, order)
            if outcomes[order].failing:  # who reads it mends this first
                break
        failing = outcomes[order].failing
        shown = explained(failing[0], assertion) if failing else None
        for order in outcomes if keep else ():
            simplest = [case_of(shown.finding)] if shown is not None and shown.finding.order == order else []
            files[order].write([*simplest, *outcomes[order].cases])
        if shown is not None:
            raise _failure(kernel, assertion, shown, failing[1:], folder)
    return Report(outcomes)


def _failure(kernel: Kernel, assertion: Assertion, whole: Explained, others: Sequence[Finding], folder: Path) -> UnstableError:
    path, reason = write_script(whole.finding, kernel, folder)
    text = message_of(kernel, assertion, whole, others[:LISTED], str(path) if path else reason)
    return UnstableError(text, whole, others, path)
