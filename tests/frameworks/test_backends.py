"""What every backend owes: the same bits in and out, true rows, true gradients, errors in one line."""

from __future__ import annotations

import shutil
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ulpfuzz.fuzzer.case import COTANGENT, TANGENT, Batch, Placement
from ulpfuzz.fuzzer.catalog.op import Implementation, Input, Op, scalar, vector
from ulpfuzz.fuzzer.formats import FORMATS, Format
from ulpfuzz.fuzzer.frameworks.backends.expression import KEEP, _code
from ulpfuzz.fuzzer.frameworks.backends.modes import MODES, compiler
from ulpfuzz.fuzzer.frameworks.framework import Call, Framework, FrameworkError
from ulpfuzz.fuzzer.frameworks.targets.target import Target, absence, framework_for, installed

ALL = ("torch", "tensorflow", "jax", "numpy")
WITH_GRADIENTS = ALL[:3]
#: Every framework and mode that has derivatives and costs little to run; torch.compile costs a second a program: test_torch_compile.
EVERYWHERE = [(name, mode) for name in WITH_GRADIENTS for mode in MODES[name] if mode != "compile"]

IDENTITY = {"torch": "torch.clone(x)", "tensorflow": "tf.identity(x)", "jax": "jnp.array(x)", "numpy": "np.copy(x)"}
EXP = {"torch": "torch.exp(x)", "tensorflow": "tf.exp(x)", "jax": "jnp.exp(x)", "numpy": "np.exp(x)"}
PRODUCTS = dict.fromkeys(ALL, "x * y")
SUM = {
    "torch": "torch.sum(x, dim=-1)",
    "tensorflow": "tf.reduce_sum(x, axis=-1)",
    "jax": "jnp.sum(x, axis=-1)",
    "numpy": "np.sum(x, axis=-1)",
}
CUMSUM = {
    "torch": "torch.cumsum(x, dim=-1)",
    "tensorflow": "tf.cumsum(x, axis=-1)",
    "jax": "jnp.cumsum(x, axis=-1)",
    "numpy": "np.cumsum(x, axis=-1)",
}
GATHER = {"torch": "x[:, 1]", "tensorflow": "tf.gather(x, 1, axis=-1)", "jax": "x[:, 1]", "numpy": "x[:, 1]"}


def started(name: str, mode: str = "eager", device: str = "cpu") -> Framework:
    if installed(name) is None:
        pytest.skip(f"{name} is not installed")
    if mode == "compile" and device == "cpu" and not compiler():
        pytest.skip("torch.compile needs a C++ compiler")
    return framework_for(Target(name, device, mode))


def job(name: str, calls: dict[str, str], inputs: list[Input], order: str = "value", **params: Any) -> Call:
    implementation = Implementation(name, calls[name])
    return Call(Op("probe", tuple(inputs), (implementation,)), implementation, params, order)


def edges(fmt: Format) -> np.ndarray:
    """All bit patterns of 16 bits; else zeros, subnormals, normals, infinities and NaNs of both signs."""
    if fmt.width == 16:
        return fmt.from_bits(np.arange(2**16, dtype=np.uint64))
    tops = [0, 1, 2, fmt.max_ordinal // 2, fmt.max_ordinal, fmt.max_ordinal + 1, fmt.max_ordinal + 2, 2 ** (fmt.width - 1) - 1]
    least = 1 << (fmt.precision - 1)
    magnitudes = np.array([*tops, least - 1, least, least + 1], dtype=np.uint64)
    return fmt.from_bits(np.concatenate([magnitudes, magnitudes | np.uint64(1 << (fmt.width - 1))]))


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("name", ALL)
def test_bits_survive_the_way_in_and_out(name: str, dtype: str) -> None:
    framework = started(name)
    fmt = FORMATS[dtype]
    values = edges(fmt)
    out = framework.evaluate(job(name, IDENTITY, [scalar("x")]), Batch(dtype, {"x": values}))
    assert out.dtype == fmt.dtype
    assert out.shape == (len(values), 1)
    np.testing.assert_array_equal(fmt.bits(out[:, 0]), fmt.bits(values))


@pytest.mark.parametrize("name", ALL)
@settings(deadline=None, max_examples=30)
@given(dtype=st.sampled_from(sorted(FORMATS)), bits=st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=64))
def test_any_bits_survive(name: str, dtype: str, bits: list[int]) -> None:
    framework = started(name)
    fmt = FORMATS[dtype]
    values = fmt.from_bits(np.array(bits, dtype=np.uint64))
    out = framework.evaluate(job(name, IDENTITY, [scalar("x")]), Batch(dtype, {"x": values}))
    np.testing.assert_array_equal(fmt.bits(out[:, 0]), fmt.bits(values))


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 1500])
@pytest.mark.parametrize("name", ALL)
def test_every_row_stands_where_it_came_from(name: str, rows: int) -> None:
    framework = started(name)
    x = np.arange(1, rows + 1, dtype=np.float32)
    out = framework.evaluate(job(name, PRODUCTS, [scalar("x"), scalar("y")]), Batch("float32", {"x": x, "y": x[::-1].copy()}))
    np.testing.assert_array_equal(out, (x * x[::-1])[:, np.newaxis])


@pytest.mark.parametrize("name", ALL)
def test_no_rows_give_no_rows(name: str) -> None:
    out = started(name).evaluate(job(name, CUMSUM, [vector("x")]), Batch("float32", {"x": np.zeros((0, 3), np.float32)}))
    assert out.shape == (0, 3)


@pytest.mark.parametrize("name", ALL)
def test_vectors_reduce_on_the_trailing_axis(name: str) -> None:
    framework = started(name)
    x = np.arange(12, dtype=np.float64).reshape(4, 3)
    batch = Batch("float64", {"x": x})
    np.testing.assert_array_equal(framework.evaluate(job(name, SUM, [vector("x")]), batch), x.sum(axis=1, keepdims=True))
    np.testing.assert_array_equal(framework.evaluate(job(name, CUMSUM, [vector("x")]), batch), x.cumsum(axis=1))


@pytest.mark.parametrize("name", ALL)
def test_params_are_names_of_the_expression(name: str) -> None:
    framework = started(name)
    with_params = job(name, {name: "sum([x * k for k in powers]) - offset"}, [scalar("x")], powers=(2, 4), offset=0.5)
    out = framework.evaluate(with_params, Batch("float32", {"x": np.array([1.0, 2.0], np.float32)}))
    assert out.tolist() == [[5.5], [11.5]]


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("name", WITH_GRADIENTS)
def test_elementwise_gradients(name: str, dtype: str) -> None:
    framework = started(name)
    x, y = (np.array(v).astype(FORMATS[dtype].dtype) for v in ([1.5, -2.0, 3.0], [4.0, 0.25, -8.0]))
    out = framework.evaluate(job(name, PRODUCTS, [scalar("x"), scalar("y")], "grad"), Batch(dtype, {"x": x, "y": y}))
    assert out.dtype == FORMATS[dtype].dtype
    np.testing.assert_array_equal(out.astype(np.float64), np.stack([y, x], axis=1).astype(np.float64))
    x = np.array([-1.0, 0.0, 2.0]).astype(FORMATS[dtype].dtype)
    out = framework.evaluate(job(name, EXP, [scalar("x")], "grad"), Batch(dtype, {"x": x}))
    np.testing.assert_allclose(out[:, 0].astype(np.float64), np.exp(x.astype(np.float64)), rtol=8 * FORMATS[dtype].unit_roundoff)


@pytest.mark.parametrize("name", WITH_GRADIENTS)
def test_vector_gradients_use_the_cotangent(name: str) -> None:
    framework = started(name)
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    cotangent = np.array([[1, 2, 4], [0.5, -1, 3]], np.float32)
    out = framework.evaluate(job(name, CUMSUM, [vector("x")], "grad"), Batch("float32", {"x": x, COTANGENT: cotangent}))
    np.testing.assert_array_equal(out, [[7, 6, 4], [2.5, 2, 3]])
    one = np.array([[2], [-3]], np.float32)
    out = framework.evaluate(job(name, SUM, [vector("x")], "grad"), Batch("float32", {"x": x, COTANGENT: one}))
    np.testing.assert_array_equal(out, [[2, 2, 2], [-3, -3, -3]])
    out = framework.evaluate(job(name, GATHER, [vector("x")], "grad"), Batch("float32", {"x": x, COTANGENT: one}))
    np.testing.assert_array_equal(out, [[0, 2, 0], [0, -3, 0]])


@pytest.mark.parametrize("name", WITH_GRADIENTS)
def test_gradients_are_of_the_differentiable_inputs_only(name: str) -> None:
    framework = started(name)
    batch = Batch("float32", {"x": np.array([2.0], np.float32), "y": np.array([5.0], np.float32)})
    fixed = job(name, PRODUCTS, [scalar("x", differentiable=False), scalar("y")], "grad")
    assert framework.evaluate(fixed, batch).tolist() == [[2.0]]
    unused = job(name, {name: "x * x"}, [scalar("x"), scalar("y")], "grad")
    assert framework.evaluate(unused, batch).tolist() == [[4.0, 0.0]]


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("length", [1, 3, 17])
@pytest.mark.parametrize("name", ALL)
def test_a_placed_row_stands_length_times(name: str, length: int, stride: int) -> None:
    framework = started(name)
    placement = Placement(length, 0, stride)
    out = framework.evaluate_placed(job(name, PRODUCTS, [scalar("x"), scalar("y")]), pair(1.5, -2.0), placement)
    assert out.tolist() == [[-3.0]] * length
    row = Batch("float32", {"x": np.array([[1, 2, 4]], np.float32)})
    assert framework.evaluate_placed(job(name, CUMSUM, [vector("x")]), row, placement).tolist() == [[1.0, 3.0, 7.0]] * length


@pytest.mark.parametrize("name", WITH_GRADIENTS)
def test_placed_gradients(name: str) -> None:
    framework = started(name)
    row = Batch("float32", {"x": np.array([[1, 2, 4]], np.float32), COTANGENT: np.array([[1, 2, 4]], np.float32)})
    out = framework.evaluate_placed(job(name, CUMSUM, [vector("x")], "grad"), row, Placement(8, 2, 2))
    assert out.tolist() == [[7.0, 6.0, 4.0]] * 8


@pytest.mark.parametrize("name", ["torch", "numpy"])
def test_strides_reach_the_framework(name: str) -> None:
    stride_of = {"torch": "x * x.stride(-1)", "numpy": "x * (x.strides[-1] // x.itemsize)"}
    out = started(name).evaluate_placed(job(name, stride_of, [scalar("x")]), single(1.0), Placement(8, 0, 3))
    assert out.tolist() == [[3.0]] * 8


@pytest.mark.parametrize("name", ALL)
def test_a_placement_takes_one_row(name: str) -> None:
    with pytest.raises(ValueError, match="one row, not 2"):
        started(name).evaluate_placed(
            job(name, EXP, [scalar("x")]), Batch("float32", {"x": np.ones(2, np.float32)}), Placement(3)
        )


@pytest.mark.parametrize("name", ALL)
def test_errors_are_one_line_with_their_type(name: str) -> None:
    framework = started(name)
    with pytest.raises(FrameworkError, match=r"^NameError: name 'absent' is not defined$"):
        framework.evaluate(job(name, {name: "absent(x)"}, [scalar("x")]), single(1.0))
    with pytest.raises(FrameworkError, match=r"^SyntaxError: "):
        framework.evaluate(job(name, {name: "x +"}, [scalar("x")]), single(1.0))
    own = {"torch": "torch.matmul(x, y)", "tensorflow": "tf.matmul(x, y)", "jax": "jnp.matmul(x, y)", "numpy": "np.matmul(x, y)"}
    bad = Batch("float32", {"x": np.zeros((2, 3), np.float32), "y": np.zeros((2, 3), np.float32)})
    with pytest.raises(FrameworkError) as caught:
        framework.evaluate(job(name, own, [vector("x"), vector("y")]), bad)
    assert "\n" not in str(caught.value)
    assert "function_node" not in str(caught.value)
    assert str(caught.value).split(":")[0] in {"RuntimeError", "InvalidArgumentError", "TypeError", "ValueError"}


@pytest.mark.parametrize("name", ALL)
def test_another_dtype_or_shape_is_an_error_not_a_cast(name: str) -> None:
    framework = started(name)
    single_precision = {
        "torch": "x.to(torch.float32)",
        "tensorflow": "tf.cast(x, tf.float32)",
        "jax": "x.astype(jnp.float32)",
        "numpy": "x.astype(np.float32)",
    }
    double = Batch("float64", {"x": np.ones(2)})
    for order in ("value",) if name == "numpy" else ("value", "grad"):
        with pytest.raises(FrameworkError, match=r"^DtypeMismatch: returned float32 for float64 inputs$"):
            framework.evaluate(job(name, single_precision, [scalar("x")], order), double)
    with pytest.raises(FrameworkError, match=r"^ShapeMismatch: "):
        framework.evaluate(job(name, {name: "x[1:]"}, [scalar("x")]), Batch("float32", {"x": np.ones(64, np.float32)}))


@pytest.mark.parametrize("name", ["torch", "numpy"])
def test_in_place_calls_leave_the_batch_alone(name: str) -> None:
    batch = single(1.0)
    calls = {"torch": "torch.exp_(x)", "numpy": "np.exp(x, out=x)"}
    assert started(name).evaluate(job(name, calls, [scalar("x")]), batch)[0, 0] == pytest.approx(np.e)
    assert batch.inputs["x"].tolist() == [1.0]


@pytest.mark.parametrize("name", ALL)
def test_the_result_is_the_callers_to_write(name: str) -> None:
    batch = single(1.0)
    started(name).evaluate(job(name, IDENTITY, [scalar("x")]), batch)[0, 0] = 2.0
    assert batch.inputs["x"].tolist() == [1.0]


def test_numpy_has_no_derivatives() -> None:
    with pytest.raises(FrameworkError, match="numpy has no derivatives"):
        started("numpy").evaluate(job("numpy", EXP, [scalar("x")], "grad"), single(1.0))


def test_usual_submodules_resolve() -> None:
    calls = (
        "jax.scipy.special.digamma(x)",
        "jax.nn.gelu(x)",
        "jax.scipy.stats.norm.logcdf(x)",
        "jax.scipy.linalg.expm(x[:, None, None])",
    )
    for call in calls:
        assert np.isfinite(started("jax").evaluate(job("jax", {"jax": call}, [scalar("x")]), single(2.0))).all()
    scipy_call = job("numpy", {"numpy": "scipy.special.digamma(x)"}, [scalar("x")])
    assert np.isfinite(started("numpy").evaluate(scipy_call, single(2.0))).all()


def test_a_layer_of_keras_is_constructed_once_for_a_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    tensorflow = started("tensorflow")
    import tensorflow as tf

    made: list[int] = []
    kind = tf.keras.layers.LayerNormalization
    construct = kind.__init__
    monkeypatch.setattr(kind, "__init__", lambda self, **options: (made.append(1), construct(self, **options))[1])
    call = {"tensorflow": "tf.keras.layers.LayerNormalization(axis=-1, epsilon=eps, dtype=x.dtype.name)(x)"}
    values = np.random.default_rng(2).normal(size=(7, 5)).astype(np.float32)
    fresh = np.asarray(kind(axis=-1, epsilon=0.5, dtype="float32")(values))
    before = len(made)
    for eps, rows, more in ((0.5, 7, 1), (0.5, 7, 1), (0.25, 7, 2), (0.5, 3, 3), (0.5, 7, 3)):
        out = tensorflow.evaluate(job("tensorflow", call, [vector("x")], eps=eps), Batch("float32", {"x": values[:rows]}))
        assert len(made) == before + more
        if eps == 0.5:
            np.testing.assert_array_equal(out, fresh[:rows])


def test_two_layers_of_one_text_are_two() -> None:
    made = "tf.keras.layers.LayerNormalization(dtype=x.dtype.name)"
    call = {"tensorflow": f"{made}(x) + tf.reduce_sum({made}(tf.transpose(x)))"}
    values = np.random.default_rng(3).normal(size=(7, 5)).astype(np.float32)
    for _ in range(2):
        assert started("tensorflow").evaluate(job("tensorflow", call, [vector("x")]), Batch("float32", {"x": values})).shape == (
            7,
            5,
        )


@pytest.mark.parametrize(
    "call",
    [
        "tf.keras.layers.Dot(axes=x.ndim)([x, x])",
        "tf.map_fn(lambda r: tf.keras.layers.Softmax(dtype=r.dtype.name)(r), x)",
        "tf.function(lambda v: v + x)(x)",
        "tf.keras.layers.Softmax(dtype=[k for k in (x.dtype.name,)][0])(x)",
        "sum(tf.keras.layers.UnitNormalization(dtype=x.dtype.name)(part) for part in tf.split(x, [1, 4], axis=1))",
    ],
)
def test_what_inputs_have_a_part_in_is_made_anew(call: str) -> None:
    code = _code(call, ("x",), ())
    assert KEEP not in code.co_consts[0].co_names
    assert KEEP in _code("tf.keras.layers.Softmax(dtype=x.dtype.name)(x)", ("x",), ()).co_consts[0].co_names


def test_jax_compiles_for_few_shapes() -> None:
    framework = started("jax")
    seen = {"jax": "x * x.shape[0]"}
    for rows, padded in ((1, 64), (64, 64), (65, 4096), (5000, 16384)):
        out = framework.evaluate(job("jax", seen, [scalar("x")]), Batch("float32", {"x": np.ones(rows, np.float32)}))
        assert out.tolist() == [[float(padded)]] * rows
    placed = framework.evaluate_placed(job("jax", seen, [scalar("x")]), single(1.0), Placement(17))
    assert placed.tolist() == [[17.0]] * 17


def test_forward_mode_of_tensorflow_is_traced_for_few_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorflow")
    framework: Any = started("tensorflow")
    shapes: list[int] = []
    evaluate = framework._evaluate
    monkeypatch.setattr(framework, "_evaluate", lambda call, batch: shapes.append(batch.rows) or evaluate(call, batch))
    calls = {"tensorflow": "tf.math.square(x)"}
    for rows in (1, 7, 64, 65, 4000):
        x = np.linspace(1, 2, rows)
        for order in ("jvp", "value"):
            answer = framework.evaluate(job("tensorflow", calls, [scalar("x")], order), Batch("float64", {"x": x}))
            assert answer.tolist() == ((2 * x) if order == "jvp" else x * x)[:, np.newaxis].tolist()
    assert shapes[::2] == [64, 64, 64, 4096, 4096]
    assert shapes[1::2] == [1, 7, 64, 65, 4000]


def test_jax_takes_a_batch_beyond_its_largest_shape() -> None:
    x = np.arange(65536 + 10, dtype=np.float64)
    out = started("jax").evaluate(job("jax", {"jax": "x + 1"}, [scalar("x")]), Batch("float64", {"x": x}))
    np.testing.assert_array_equal(out[:, 0], x + 1)


def single(x: float) -> Batch:
    return Batch("float32", {"x": np.array([x], np.float32)})


def pair(x: float, y: float) -> Batch:
    return Batch("float32", {"x": np.array([x], np.float32), "y": np.array([y], np.float32)})


CUBIC = dict.fromkeys(ALL, "x * x * y")
SIN = {"torch": "torch.sin(x)", "tensorflow": "tf.math.sin(x)", "jax": "jnp.sin(x)"}
SQUARES = {
    "torch": "torch.sum(x * x * y, dim=-1)",
    "tensorflow": "tf.reduce_sum(x * x * y, axis=-1)",
    "jax": "jnp.sum(x * x * y, axis=-1)",
}
PAIR = [scalar("x"), scalar("y")]
VECTORS = [vector("x"), vector("y")]


def cubic(dtype: str) -> tuple[Batch, dict[str, np.ndarray]]:
    """Points of x^2 y and its derivatives in closed form; small integers, so that every format has them exactly."""
    x, y = np.array([1.0, -2.0, 3.0]), np.array([4.0, 0.5, -1.0])
    zero = np.zeros(3)
    orders = {"value": [x * x * y], "grad": [2 * x * y, x * x], "jvp": [2 * x * y, x * x], "grad2": [2 * y, 2 * x, 2 * x, zero]}
    values = {"x": x.astype(FORMATS[dtype].dtype), "y": y.astype(FORMATS[dtype].dtype)}
    return Batch(dtype, values), {order: np.stack(columns, axis=1) for order, columns in orders.items()}


def weighted(order: str) -> tuple[Batch, np.ndarray]:
    """Rows of sum x_i^2 y_i with a cotangent c and a direction (v, w), and the order's outputs in closed form."""
    x, y = np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([[2.0, 1.0], [-1.0, 4.0]])
    c, v, w = np.array([[2.0], [-0.5]]), np.array([[1.0, 0.0], [2.0, -1.0]]), np.array([[0.5, 3.0], [0.0, 1.0]])
    extras = {
        "value": {},
        "grad": {COTANGENT: c},
        "jvp": {TANGENT: np.hstack([v, w])},
        "grad2": {COTANGENT: c, TANGENT: np.hstack([v, w])},
    }
    closed = {
        "value": (x * x * y).sum(axis=1, keepdims=True),
        "grad": np.hstack([c * 2 * x * y, c * x * x]),
        "jvp": (2 * x * y * v + x * x * w).sum(axis=1, keepdims=True),
        "grad2": np.hstack([c * (2 * y * v + 2 * x * w), c * 2 * x * v]),
    }
    inputs = {name: values.astype(np.float32) for name, values in {"x": x, "y": y, **extras[order]}.items()}
    return Batch("float32", inputs), closed[order]


@pytest.mark.parametrize("order", ["value", "grad", "jvp", "grad2"])
@pytest.mark.parametrize(("name", "mode"), EVERYWHERE)
def test_orders_of_an_elementwise_function(name: str, mode: str, order: str) -> None:
    framework = started(name, mode)
    for dtype in ("float32", "bfloat16"):
        batch, closed = cubic(dtype)
        out = framework.evaluate(job(name, CUBIC, PAIR, order), batch)
        assert out.dtype == FORMATS[dtype].dtype
        np.testing.assert_array_equal(out.astype(np.float64), closed[order])
    x = np.array([0.25, -1.5])
    slopes = {"value": np.sin(x), "grad": np.cos(x), "jvp": np.cos(x), "grad2": -np.sin(x)}
    out = framework.evaluate(job(name, SIN, [scalar("x")], order), Batch("float64", {"x": x}))
    np.testing.assert_allclose(out[:, 0], slopes[order], rtol=1e-14)


@pytest.mark.parametrize("order", ["value", "grad", "jvp", "grad2"])
@pytest.mark.parametrize(("name", "mode"), EVERYWHERE)
def test_orders_of_a_function_of_vectors(name: str, mode: str, order: str) -> None:
    batch, closed = weighted(order)
    framework = started(name, mode)
    np.testing.assert_array_equal(framework.evaluate(job(name, SQUARES, VECTORS, order), batch), closed)
    placed = framework.evaluate_placed(job(name, SQUARES, VECTORS, order), batch.take(slice(1, 2)), Placement(3))
    np.testing.assert_array_equal(placed, np.repeat(closed[1:], 3, axis=0))


@pytest.mark.parametrize(("name", "mode"), EVERYWHERE)
def test_what_a_result_does_not_depend_on_has_derivative_zero(name: str, mode: str) -> None:
    framework = started(name, mode)
    batch = Batch("float32", {"x": np.array([3.0], np.float32), "y": np.array([5.0], np.float32)})
    for order, closed in (("jvp", [6.0, 0.0]), ("grad", [6.0, 0.0]), ("grad2", [2.0, 0.0, 0.0, 0.0])):
        assert framework.evaluate(job(name, {name: "x * x"}, PAIR, order), batch).tolist() == [closed]
    # a gradient that is constant, for all inputs and for one of them
    assert framework.evaluate(job(name, {name: "x + 2 * y"}, PAIR, "grad2"), batch).tolist() == [[0.0] * 4]
    row = Batch(
        "float32",
        {"x": np.ones((1, 2), np.float32), COTANGENT: np.ones((1, 1), np.float32), TANGENT: np.ones((1, 2), np.float32)},
    )
    assert framework.evaluate(job(name, SUM, [vector("x")], "grad2"), row).tolist() == [[0.0, 0.0]]
    mixed = {**row.inputs, "y": np.full((1, 2), 3, np.float32), TANGENT: np.ones((1, 4), np.float32)}
    calls = {"torch": "torch.sum(x + y * y, -1)", "tensorflow": "tf.reduce_sum(x + y * y, -1)", "jax": "jnp.sum(x + y * y, -1)"}
    assert framework.evaluate(job(name, calls, VECTORS, "grad2"), Batch("float32", mixed)).tolist() == [[0.0, 0.0, 2.0, 2.0]]


@pytest.mark.parametrize(("name", "mode"), EVERYWHERE)
def test_a_derivative_by_one_input_never_meets_the_others(name: str, mode: str) -> None:
    """x^y at x = 0: the partial by y is infinite times zero there, which is no business of the derivative by x."""
    calls = {"torch": "torch.log(y) * 0 + x * x", "tensorflow": "tf.math.log(y) * 0 + x * x", "jax": "jnp.log(y) * 0 + x * x"}
    batch = Batch("float32", {"x": np.array([3.0], np.float32), "y": np.array([0.0], np.float32)})
    out = started(name, mode).evaluate(job(name, calls, PAIR, "jvp"), batch)
    assert out[0, 0] == 6.0
    out = started(name, mode).evaluate(job(name, calls, PAIR, "grad2"), batch)
    assert out[0, 0] == 2.0


@pytest.mark.parametrize("order", ["grad", "jvp", "grad2"])
@pytest.mark.parametrize(("name", "mode"), EVERYWHERE)
def test_no_order_casts(name: str, mode: str, order: str) -> None:
    calls = {
        "torch": "x.to(torch.float32) ** 2",
        "tensorflow": "tf.cast(x, tf.float32) ** 2",
        "jax": "x.astype(jnp.float32) ** 2",
    }
    with pytest.raises(FrameworkError, match=r"^DtypeMismatch: returned float32 for float64 inputs$"):
        started(name, mode).evaluate(job(name, calls, [scalar("x")], order), Batch("float64", {"x": np.ones(2)}))


@pytest.mark.parametrize(("name", "mode"), EVERYWHERE)
def test_what_is_not_there_is_unsupported_in_one_line(name: str, mode: str) -> None:
    missing = {
        "torch": "torch.floor_divide(x, x + 1)",  # no derivative by design
        "tensorflow": "tf.py_function(lambda v: v, [x], x.dtype)" if mode == "xla" else "tf.truncatemod(x, 0.3)",
        "jax": "jax.lax.while_loop(lambda v: jnp.sum(v) < 5, lambda v: v + 1, x)",  # no reverse mode by design
    }
    for _ in range(2):  # the second time it is known
        with pytest.raises(FrameworkError, match=r"^Unsupported: [^\n]*$") as caught:
            started(name, mode).evaluate(job(name, missing, [scalar("x")], "grad2"), single(0.5))
        assert "__inference" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "mode"), [(name, mode) for name, mode in EVERYWHERE if (name, mode)[1] != "eager"] + [("jax", "eager")]
)
def test_compiling_is_timed_once_for_each_job_and_shape(name: str, mode: str) -> None:
    framework = started(name, mode)
    tripled = job(name, {name: "x * 3 + 0.125"}, [scalar("x")])
    before = framework.compile_seconds
    framework.evaluate(tripled, single(1.0))
    first = framework.compile_seconds
    assert first > before
    framework.evaluate(tripled, single(2.0))
    assert framework.compile_seconds == first
    framework.evaluate_placed(tripled, single(2.0), Placement(5))
    assert framework.compile_seconds > first


@pytest.mark.parametrize("name", ["torch", "tensorflow", "numpy"])
def test_eager_calls_compile_nothing(name: str) -> None:
    framework = started(name)
    framework.evaluate(job(name, PRODUCTS, PAIR), pair(1.0, 2.0))
    assert framework.compile_seconds == 0.0


@pytest.mark.parametrize("order", ["value", "grad", "grad2"])
def test_torch_compile(order: str) -> None:
    framework = started("torch", "compile")
    before = framework.compile_seconds
    batch, closed = cubic("float32")
    np.testing.assert_array_equal(framework.evaluate(job("torch", CUBIC, PAIR, order), batch), closed[order])
    assert framework.compile_seconds > before


@pytest.mark.slow
@pytest.mark.parametrize("order", ["value", "grad", "jvp", "grad2"])
def test_torch_compile_of_many_shapes_of_one_call_never_falls_back(order: str) -> None:
    """dynamo gives up on a code object after eight recompilations: each shape has its own."""
    framework = started("torch", "compile")
    for length in range(2, 14):
        x = np.arange(1.0, length + 1, dtype=np.float32)[np.newaxis]
        row = Batch(
            "float32", {"x": x, "y": x, COTANGENT: np.ones((1, 1), np.float32), TANGENT: np.ones((1, 2 * length), np.float32)}
        )
        before = framework.compile_seconds
        out = framework.evaluate_placed(job("torch", SQUARES, VECTORS, order), row, Placement(1))
        assert framework.compile_seconds > before
        assert np.isfinite(out).all()
    batch, closed = weighted(order)
    np.testing.assert_array_equal(framework.evaluate(job("torch", SQUARES, VECTORS, order), batch), closed)


@pytest.mark.slow
def test_torch_compile_that_compiles_nothing_says_so() -> None:
    with pytest.raises(FrameworkError, match=r"^Unsupported: "):
        started("torch", "compile").evaluate(
            job("torch", {"torch": "torch._dynamo.disable(torch.exp)(x)"}, [scalar("x")]), single(1.0)
        )


@pytest.mark.parametrize("call", ["torch.nn.functional.of_a_later_version(x)", "torch.exp(x) + torch.ones(1, device='meta')"])
def test_what_this_version_has_not_and_what_mixes_devices_is_no_finding(call: str) -> None:
    with pytest.raises(FrameworkError, match=r"^Unsupported: "):
        started("torch", "eager").evaluate(job("torch", {"torch": call}, [scalar("x")]), single(1.0))


@pytest.mark.gpu
@pytest.mark.parametrize("order", ["value", "grad", "jvp", "grad2"])
@pytest.mark.parametrize(("name", "mode"), [(name, mode) for name in WITH_GRADIENTS for mode in MODES[name]])
def test_orders_on_a_gpu(name: str, mode: str, order: str) -> None:
    """In a host: this process hides the GPUs."""
    if shutil.which("nvidia-smi") is None:
        pytest.skip("no NVIDIA GPU")
    target = Target(name, "cuda", mode)
    if absence(target):
        pytest.skip(absence(target))
    framework = framework_for(target)
    batch, closed = cubic("float32")
    try:
        answers = framework.evaluate(job(name, CUBIC, PAIR, order), batch)
    except FrameworkError as error:
        if str(error).startswith("Unsupported"):
            pytest.skip(str(error))
        raise
    np.testing.assert_array_equal(answers, closed[order])
    batch, closed = weighted(order)
    np.testing.assert_array_equal(framework.evaluate(job(name, SQUARES, VECTORS, order), batch), closed)
