"""The pytest plugin: the marker `ulpfuzz`, the fixture `assert_stable`, and their options. docs/how-to/your-kernel.md shows them.

    @pytest.mark.ulpfuzz("softmax", dtypes=["float32", "float16"])
    def test_softmax(assert_stable):
        assert_stable(fast_softmax)

pytest imports this module in every run of every project that has ulpfuzz installed: it imports nothing but pytest and Python's own modules until a
test asks for the fixture.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ulpfuzz.fuzzer.testing.assertion import Assertion
    from ulpfuzz.fuzzer.testing.kernel import Kernel
    from ulpfuzz.fuzzer.testing.stable import Report

MARKER, FIXTURE = "ulpfuzz", "assert_stable"
#: What the marker takes beside the op: arguments of assert_stable, and the lists that a test is parametrised over.
_LISTS = ("dtypes", "orders")
_KEYWORDS = (*_LISTS, "params", "budget", "seed", "limit", "inputs", "lengths", "framework", "batched")
#: Orders where a marker names none; a function without derivatives is skipped at the second.
_ORDERS = ("value", "grad")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("ulpfuzz", "numerical stability of your own functions")
    group.addoption(
        "--ulpfuzz-budget", metavar="BUDGET", default=None,
        help="of each test with the marker ulpfuzz or the fixture assert_stable: verdicts (200k, 5M) or time (10s); over what the marker says",
    )  # fmt: skip
    group.addoption("--ulpfuzz-seed", metavar="N", type=int, default=None, help="of their searches (default: the marker's, 0)")
    group.addoption("--ulpfuzz-forget", action="store_true", help="forget the worst cases that earlier runs kept in .ulpfuzz")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"{MARKER}(op, *, dtypes=('float32',), orders=('value', 'grad'), params=None, budget='200k', seed=0, limit=None, inputs='ordinary', "
        "lengths=None, framework=None, batched=True): the op that the fixture `assert_stable` holds a function to",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with the marker and the fixture is one test for each dtype and order."""
    marker = metafunc.definition.get_closest_marker(MARKER)
    if marker is None or FIXTURE not in metafunc.fixturenames:
        return
    for name in marker.kwargs:
        if name not in _KEYWORDS:
            near = difflib.get_close_matches(name, _KEYWORDS, n=1, cutoff=0.0)[0]
            pytest.fail(f"unknown keyword of the marker {MARKER} {name!r}; did you mean {near!r}?", pytrace=False)
    dtypes, orders = (_listed(marker, name) for name in _LISTS)
    chosen = [(dtype, order) for dtype in dtypes or ("float32",) for order in orders or _ORDERS]
    metafunc.parametrize(FIXTURE, chosen, indirect=True, ids=[f"{dtype}-{order}" for dtype, order in chosen])


@pytest.fixture
def assert_stable(request: pytest.FixtureRequest) -> Stable:
    """Holds a function to the marker's op at the dtype and order of this test: `assert_stable(function)`. Without the marker it takes the
    arguments of ulpfuzz.testing.assert_stable. Worst cases are kept in .ulpfuzz and replayed first; what was found stands in JUnit properties."""
    return Stable(request.node, *getattr(request, "param", (None, None)))


class Stable:
    """The fixture's value, of one test."""

    def __init__(self, node: pytest.Item, dtype: str | None, order: str | None) -> None:
        self.node, self.dtype, self.order = node, dtype, order
        self.config, self.marker = node.config, node.get_closest_marker(MARKER)

    def __call__(self, function: Callable[..., Any], op: Any = None, **options: Any) -> Report:
        """Raises UnstableError (an AssertionError). What cannot be tested fails the test, with one line."""
        __tracebackhide__ = True
        from ulpfuzz.fuzzer.errors import UserError

        try:
            return self._tested(function, op, options)
        except UserError as error:
            line = str(error)
        pytest.fail(line, pytrace=False)

    def _tested(self, function: Callable[..., Any], op: Any, options: Mapping[str, Any]) -> Report:
        __tracebackhide__ = True
        from ulpfuzz.fuzzer.errors import UserError
        from ulpfuzz.fuzzer.testing.kernel import kernel_of
        from ulpfuzz.fuzzer.testing.own_op import known

        said = {**self._marked(), **options}
        wanted = op if op is not None else self.marker.args[0] if self.marker is not None and self.marker.args else None
        if wanted is None:
            raise UserError("which op? assert_stable(function, 'softmax'), or @pytest.mark.ulpfuzz('softmax') above the test")
        with known(wanted) as record:
            kernel = kernel_of(function, record, said.pop("framework", None), batched=said.pop("batched", True))
            self._skip_without_derivatives(kernel, record, said)
            return self._held(kernel, record, said)

    def _marked(self) -> dict[str, Any]:
        """The marker's keywords as assert_stable takes them."""
        said = {} if self.marker is None else dict(self.marker.kwargs)
        for name in _LISTS:
            said.pop(name, None)
        if self.dtype is not None:
            said["dtype"], said["orders"] = self.dtype, (self.order,)
        for name in ("budget", "seed"):
            given = self.config.getoption(f"--ulpfuzz-{name}")
            if given is not None:
                said[name] = given
        return said

    def _skip_without_derivatives(self, kernel: Kernel, op: Any, said: Mapping[str, Any]) -> None:
        """Of the orders that the marker leaves open, those that there are not."""
        if self.order != "grad" or self.marker is None or self.marker.kwargs.get("orders") or said.get("orders") != ("grad",):
            return
        if kernel.target.framework == "numpy":
            pytest.skip("numpy has no derivatives")
        if "grad" not in op.orders:
            pytest.skip(f"{op.name} has no gradient")

    def _held(self, kernel: Kernel, op: Any, said: dict[str, Any]) -> Report:
        __tracebackhide__ = True
        from ulpfuzz.fuzzer.testing.assertion import asked, assertion_of
        from ulpfuzz.fuzzer.testing.failure import UnstableError
        from ulpfuzz.fuzzer.testing.stable import held

        folder = Path(said.pop("folder", None) or self.config.rootpath / ".ulpfuzz")
        assertion = assertion_of(op, kernel, asked(said))
        if self.config.getoption("--ulpfuzz-forget"):
            _forget(folder, kernel, assertion)
        self._record(
            {
                "op": op.name,
                "function": kernel.name,
                "dtype": assertion.dtype,
                "orders": " ".join(assertion.orders),
                "seed": assertion.seed,
            }
        )
        try:
            report = held(kernel, assertion, folder, keep=True)
        except UnstableError as error:
            found = error.finding
            self._record({"finding": found.id, "symptom": found.symptom, "ulps": found.ulps, "script": error.script or ""})
            raise
        self._record({"verdicts": report.verdicts, "worst_ulps": f"{report.worst_ulps:.4g}"})
        return report

    def _record(self, properties: Mapping[str, object]) -> None:
        for name, value in properties.items():
            self.node.user_properties.append((f"ulpfuzz.{name}", str(value)))


def _listed(marker: pytest.Mark, name: str) -> tuple[str, ...]:
    given = marker.kwargs.get(name) or ()
    return (given,) if isinstance(given, str) else tuple(given)


def _forget(folder: Path, kernel: Kernel, assertion: Assertion) -> None:
    from ulpfuzz.fuzzer.testing.worst_cases import WorstCases

    for order in assertion.orders:
        WorstCases(folder, kernel, assertion, order).path.unlink(missing_ok=True)
