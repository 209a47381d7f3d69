"""Every record of the catalogue: its definition exists, its expressions run in the installed framework at each dtype and
order that the record claims, and give what the definition gives at ordinary points (a wrong formula or argument order fails)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.catalog.wrong_formulas import FINDINGS
from tests.sampling import sampled
from ulpfuzz.fuzzer.case import COTANGENT, TANGENT, Batch
from ulpfuzz.fuzzer.catalog.axes import Sizes
from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.op import ALL_DTYPES, FRAMEWORKS, ORDERS, Implementation, Input, Op
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.formats import FORMATS, Floats, format_named
from ulpfuzz.fuzzer.frameworks.backends.expression import function_of as function_of_job
from ulpfuzz.fuzzer.frameworks.backends.jax import Jax
from ulpfuzz.fuzzer.frameworks.framework import Call, Framework, FrameworkError
from ulpfuzz.fuzzer.frameworks.targets.target import Target, framework_for, installed, prepare_environment
from ulpfuzz.fuzzer.inputs.structures import satisfy
from ulpfuzz.oracles.arithmetic.mp import Mp
from ulpfuzz.oracles.definitions import definition

prepare_environment()

ROWS, LENGTH = 3, 3
#: Ends of a domain that an ordinary point may lie beside; a wider one is taken for the whole line.
EVERYDAY = 32.0
#: The dtypes that every record is tried at; the others are sampled.
FIRST = ("float32", "complex64")
#: How far an answer at an ordinary point may be off, relatively: generous to every kernel of every CPU (some compute float64 with
#: constants of float32, some differentiate by cancelling), deadly to a wrong formula. float64 and complex128 have the least of it.
TOLERANCE = {"float16": 0.4, "bfloat16": 0.4, "float32": 1e-4, "complex64": 1e-4, "float64": 1e-5, "complex128": 1e-5}
#: So many times more of it for a second derivative in binary32, which has lost what its first one lost twice.
TWICE = {"float32": 10, "complex64": 10}


def ordinary(entry: Input, index: int, length: Sizes) -> NDArray[np.float64]:
    """Values of everyday size inside the domain, other ones for every input, row and element."""
    shape = (ROWS, *entry.sizes(length))
    count = math.prod(shape)
    steps = (np.arange(count) * 0.381966 + 0.3 + 0.217 * index) % 1.0  # golden-section steps: no two are near
    low, high = (end if abs(end) <= EVERYDAY else math.copysign(math.inf, end) for end in (entry.low, entry.high))
    if entry.integers and math.isfinite(low) and math.isfinite(high):
        high = min(high, low + 8)  # counts of everyday size
    if math.isinf(low) and math.isinf(high):
        values = 3.4 * steps - 0.9
    elif math.isinf(high):
        values = low + 0.15 + 2.2 * steps
    elif math.isinf(low):
        values = high - 0.15 - 2.2 * steps
    else:
        values = low + (high - low) * (0.1 + 0.8 * steps)
    values = (np.floor(values) if entry.integers else values).reshape(shape)
    if len(entry.stored) == 2 and not entry.complex and math.isinf(low) and math.isinf(high):
        # golden-section rows alone are nearly dependent; an SPD matrix has a diagonal that outweighs its row
        identity = np.eye(*entry.sizes(length))
        values = values + (2 + 2 * len(identity) * (entry.structure == "spd")) * identity
    return values


def ordinary_batch(op: Op, dtype: str) -> Batch:
    fmt = format_named(dtype)
    length: Sizes = min((n for n in op.lengths if n >= max(LENGTH, op.min_length)), default=max(LENGTH, op.min_length))
    length = op.shapes[0] if op.axes else length
    inputs = {}
    for i, entry in enumerate(op.inputs):
        inputs[entry.name] = satisfy(fmt, entry, fmt.round(ordinary(entry, i, length)))
    return Batch(dtype, inputs)


_truths: dict[tuple[Any, ...], NDArray[np.float64]] = {}


def truth(op: Op, params: Mapping[str, Any], order: str, batch: Batch) -> NDArray[np.float64]:
    """The definition in 128-bit arithmetic, rows by outputs, rounded to binary64; the same for every call of an op."""
    numbers = tuple((name, values.tobytes()) for name, values in batch.inputs.items())
    key = (op.name, op.definition, repr(params), order, batch.dtype, numbers)
    if key not in _truths:
        _truths[key] = _truth(op, params, order, batch)
    return _truths[key]


def _truth(op: Op, params: Mapping[str, Any], order: str, batch: Batch) -> NDArray[np.float64]:
    m = Mp(128)
    function = function_of(op, params, order)
    exact = batch.exact()
    rows = []
    for row in range(batch.rows):
        numbers = {name: _lifted(m, values[row]) for name, values in exact.items()}
        rows.append([m.double(v)[0] for v in function.outputs(m, numbers)])
    return np.array(rows)


def _lifted(m: Mp, value: Any) -> Any:
    return m.lift(float(value)) if np.ndim(value) == 0 else [_lifted(m, v) for v in value]


class JaxByCall(Jax):
    """JAX that compiles each call as one program, of as many rows as the batch has: in half the seconds that its ops take one by one. What
    does not compile as a whole is run op by op."""

    def __init__(self) -> None:
        super().__init__("jit")
        self._eager = framework_for(Target("jax"))

    def evaluate(self, call: Call, batch: Batch) -> Floats:
        try:
            return self._evaluate(call, batch)
        except FrameworkError:
            return self._eager.evaluate(call, batch)


@cache
def framework(name: str) -> Framework:
    return JaxByCall() if name == "jax" else framework_for(Target(name))


@pytest.fixture(autouse=True, scope="module")
def _compiled_before(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keeps JAX's programs in pytest's cache, for the other workers and the next session. JAX knows them by their code and its version."""
    store = getattr(request.config, "cache", None)
    if store is None or not installed("jax"):
        yield
        return
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    settings = {
        "jax_compilation_cache_dir": str(store.mkdir("jax")),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    before = {name: getattr(jax.config, name) for name in settings}
    for values in (settings, before):
        for name, value in values.items():
            jax.config.update(name, value)
        compilation_cache.reset_cache()  # JAX reads the folder once
        if values is settings:
            yield


def disagreement(op: Op, implementation: Implementation, params: Mapping[str, Any], dtype: str, order: str) -> str | None:
    """What is wrong with a claim of the record, in words; None if it holds."""
    batch = ordinary_batch(op, dtype)
    if order != "value" and not op.elementwise:
        batch = Batch(dtype, {**batch.inputs, **extras(op, params, order, batch)})
    expected = truth(op, params, order, batch)
    try:
        answer = framework(implementation.framework).evaluate(Call(op, implementation, params, order), batch)
    except FrameworkError as error:
        if str(error).startswith("Unsupported: InvalidArgumentError"):  # a kernel of oneDNN, which needs AVX-512
            return None
        return f"{implementation.call} [{dtype} {order} {dict(params)}] raises {error}"
    if answer.shape != expected.shape:
        return f"{implementation.call} [{dtype} {order}] has shape {answer.shape}, the definition {expected.shape}"
    given = answer.astype(np.float64)
    size = np.abs(expected).max(axis=1, keepdims=True) if op.error_norm == "all" else np.abs(expected)
    allowed = TOLERANCE[dtype] * (TWICE.get(dtype, 1) if order == "grad2" else 1) * np.maximum(size, 0.25)
    if not ((np.isnan(expected) & np.isnan(given)) | (np.abs(given - expected) <= allowed)).all():
        return f"{implementation.call} [{dtype} {order} {dict(params)}] = {answer.tolist()}, the definition {expected.tolist()}"
    return None


def extras(op: Op, params: Mapping[str, Any], order: str, batch: Batch) -> dict[str, NDArray[Any]]:
    """The cotangent and the direction that an order takes."""
    numbers = sum(math.prod(batch.inputs[name].shape[1:]) for name in op.differentiable_inputs)
    wanted = {
        COTANGENT: np.linspace(0.75, 1.5, truth(op, params, "value", batch).shape[1]) if order != "jvp" else None,
        TANGENT: np.linspace(-0.5, 1.25, numbers) if order != "grad" else None,
    }
    fmt = batch.format
    return {name: fmt.round(np.tile(row, (batch.rows, 1))) for name, row in wanted.items() if row is not None}


def claims(
    op: Op, implementation: Implementation, dtypes: tuple[str, ...], orders: tuple[str, ...]
) -> Iterator[tuple[Mapping[str, Any], str, str]]:
    """(params, dtype, order) that the record claims: all params at float32, the first supported ones at the other dtypes."""
    for dtype in (d for d in dtypes if d in op.dtypes):
        for order in sorted({*op.orders} & {*orders}, key=ORDERS.index):
            if {(implementation.call, order), (implementation.call, f"{order} {dtype}")} & FINDINGS:
                continue
            supported = [params for params in op.param_sets() if implementation.supports(dtype, order, params)]
            for params in supported if dtype in ("float32", "complex64") else supported[:1]:
                yield params, dtype, order


def check(op: Op, name: str, dtypes: tuple[str, ...], orders: tuple[str, ...] = ORDERS) -> None:
    if not installed(name):
        pytest.skip(f"{name} is not installed")
    wrong = [
        found
        for implementation in op.of(name)
        for params, dtype, order in claims(op, implementation, dtypes, orders)
        if (found := disagreement(op, implementation, params, dtype, order))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("op", ops().values(), ids=lambda op: op.name)
def test_definition_takes_the_inputs_and_params(op: Op) -> None:
    definition(op.definition)
    for params in op.param_sets():
        for order in op.orders:
            values = truth(op, params, order, ordinary_batch(op, op.dtypes[-1]))
            assert np.isfinite(values).any(), f"{op.name} is nowhere finite at ordinary points"


@pytest.mark.parametrize("op", ops().values(), ids=lambda op: op.name)
def test_domain_is_inhabited(op: Op) -> None:
    for entry in op.inputs:
        assert entry.low < entry.high
        for fmt in FORMATS.values():
            low, high = fmt.round(np.array([max(entry.low, -fmt.max), min(entry.high, fmt.max)]))
            assert low < high, f"{op.name}: {fmt.name} has no numbers in the domain of {entry.name}"


@pytest.mark.parametrize("op", ops().values(), ids=lambda op: op.name)
def test_record_is_well_formed(op: Op) -> None:
    assert op.topics
    assert set(op.orders) <= set(ORDERS)
    assert {i.framework for i in op.implementations} <= set(FRAMEWORKS)
    assert any(i.framework != "numpy" for i in op.implementations), "a peer alone is no op"
    names = {i.name for i in op.inputs} | set(op.params)
    for implementation in op.implementations:
        assert set(implementation.when) <= set(op.params)
        assert set(implementation.dtypes) <= set(ALL_DTYPES)
        assert set(implementation.dtypes) & set(op.dtypes)
        assert set(implementation.grad_dtypes or ()) <= set(implementation.dtypes)
        for absent in implementation.without:
            order, _, dtype = absent.partition(" ")
            assert order in ORDERS[1:]
            assert dtype in ("", *implementation.dtypes)
        for name in names - set(implementation.when):
            assert name in implementation.call, f"{implementation.call} leaves out {name}"


@pytest.mark.parametrize("name", [name for name in FRAMEWORKS if name != "jax"])
@pytest.mark.parametrize("op", ops().values(), ids=lambda op: op.name)
def test_implementations_compute_the_definition(op: Op, name: str) -> None:
    check(op, name, FIRST, ("value", "grad"))


@pytest.mark.parametrize("name", [name for name in FRAMEWORKS if name != "jax"])
@pytest.mark.parametrize("op", sampled(6))
def test_implementations_at_every_dtype_and_order(op: Op, name: str) -> None:
    check(op, name, ALL_DTYPES)


# jax compiles every call for every dtype and order, a tenth of a second each.


@pytest.mark.parametrize("op", sampled(3))
def test_jax_implementations_compute_the_definition(op: Op) -> None:
    check(op, "jax", FIRST, ("value", "grad"))


@pytest.mark.parametrize("op", sampled(12))
def test_jax_implementations_at_every_dtype_and_order(op: Op) -> None:
    check(op, "jax", ALL_DTYPES)


def test_a_wrong_record_is_noticed() -> None:
    """Planted: swapped arguments, a wrong function, a wrong shape, a call that does not exist, a dtype that is not supported."""
    atan2, total = ops()["atan2"], ops()["sum"]
    for op, call in [
        (atan2, "np.arctan2(y, x)"), (atan2, "np.hypot(x, y)"), (total, "np.cumsum(x, axis=-1)"), (atan2, "np.atan3(x, y)"),
        (atan2, "np.arctan2(x, y).astype(np.float64)"),
    ]:  # fmt: skip
        assert disagreement(op, Implementation("numpy", call), {}, "float32", "value"), call
    assert disagreement(atan2, Implementation("numpy", "np.arctan2(x, y)"), {}, "float32", "value") is None


def test_torch_calls_make_what_they_need_where_their_inputs_are() -> None:
    """On the device `meta`, which every machine has and which mixes with the CPU as little as a GPU does. Calls that look at numbers cannot
    run there; the words are then others."""
    torch = pytest.importorskip("torch")
    framework = framework_for(Target("torch"))
    mixed = []
    for op in ops().values():
        for implementation in op.of("torch"):
            params = op.default_params()
            dtype = next((d for d in ALL_DTYPES if implementation.supports(d, "value", params)), None)
            if dtype is None:
                continue
            batch = ordinary_batch(op, dtype)
            call = function_of_job(Call(op, implementation, params), {"torch": torch}, framework)
            try:
                call(
                    *(
                        torch.empty(
                            batch.inputs[i.name].shape, dtype=getattr(torch, batch.inputs[i.name].dtype.name), device="meta"
                        )
                        for i in op.inputs
                    )
                )
            except Exception as error:
                if "expected device meta" in str(error) or "same device" in str(error):
                    mixed.append((op.name, implementation.call))
    assert mixed == []
