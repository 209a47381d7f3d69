"""What the analysis needs of JAX: its primitives in plain names."""

from __future__ import annotations

import ast
import importlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from ulpfuzz.fuzzer.trace.array_examiner import FLOATS, ArrayExaminer
from ulpfuzz.fuzzer.trace.array_tracer import Heard
from ulpfuzz.fuzzer.trace.functions import Known
from ulpfuzz.fuzzer.trace.graph import Bits, Foreign
from ulpfuzz.fuzzer.trace.primitives import CataloguePrimitive, Made, catalogue_primitives
from ulpfuzz.fuzzer.trace.templates import NUMBER, Recorded, Template, derived

__all__ = ["FLOATS", "JaxExaminer"]
#: Primitives that repeat, reshape or copy numbers.
_MOVES = frozenset((
    "broadcast_in_dim", "reshape", "squeeze", "expand_dims", "copy", "copy_p", "stop_gradient", "stage", "device_put", "optimization_barrier",
))  # fmt: skip


@cache
def templates() -> Mapping[str, Template]:
    """By the primitive's name. Nothing is compiled: JAX says what it would call."""
    jax: ModuleType = importlib.import_module("jax")
    a, b = (jax.numpy.full((2, 3), v, "float32") for v in (0.5, 0.25))

    def kernels(call: str) -> Sequence[Recorded]:
        try:
            program = jax.make_jaxpr(lambda a, b: eval(call, {"jax": jax, "jnp": jax.numpy, "a": a, "b": b}))(a, b)
        except Exception:  # a function of other arguments than these
            return ()
        return list(_primitives(program.jaxpr, dict(zip(map(id, program.jaxpr.invars), "ab", strict=True))))

    further = {"a ** 2": "jnp.square(a)", "1 / sqrt(a)": "jax.lax.rsqrt(a)"}
    found = derived("jax", kernels, str, further)
    # Its exponent is a param: as an operand it comes last (JaxExaminer.operands).
    return {**found, "integer_pow": found["pow"]} if "pow" in found else found


def _primitives(jaxpr: Foreign, letters: dict[int, str]) -> Iterator[Recorded]:
    """The primitives of a program, those of its inner ones in their place, but for those that only move numbers; each with the letters of its
    operands. letters: of variables, by identity."""

    def letter(x: Foreign) -> str:
        return (
            ("b" if np.size(x.val) and bool((np.asarray(x.val) == NUMBER).all()) else "")
            if hasattr(x, "val")
            else letters.get(id(x), "")
        )

    for equation in jaxpr.eqns:
        inner = next((p for p in (equation.params.get(n) for n in ("jaxpr", "call_jaxpr")) if p is not None), None)
        name, operands = str(equation.primitive.name), [letter(x) for x in equation.invars]
        if name in _MOVES or name == "convert_element_type":
            letters[id(equation.outvars[0])] = operands[0]
        elif inner is None:
            yield name, operands
        else:
            own = getattr(inner, "jaxpr", inner)
            yield from _primitives(own, letters | dict(zip(map(id, own.invars), operands, strict=False)))


@cache
def primitives() -> Mapping[str, tuple[CataloguePrimitive, ...]]:
    """See ArrayExaminer.primitives. Nothing is compiled."""
    jax: ModuleType = importlib.import_module("jax")

    def made(function: Callable[..., Any], inputs: Mapping[str, Bits]) -> Sequence[Made]:
        program = jax.make_jaxpr(function)(*inputs.values())
        names: dict[int, Operand] = {id(v): n for v, n in zip(program.jaxpr.invars, inputs, strict=True)}
        names.update({id(v): _number(c) for v, c in zip(program.jaxpr.constvars, program.consts, strict=True)})
        return list(_made(program.jaxpr, names, {n: x.shape for n, x in inputs.items()}))

    with (
        warnings.catch_warnings(),
        jax.disable_jit(False),
    ):  # without jit each constant of an expression is computed, and compiled
        warnings.simplefilter("ignore")
        return catalogue_primitives("jax", {"jax": jax, "jnp": jax.numpy}, made)


Operand = str | float | None


def _number(x: Foreign) -> float | None:
    """The one number that all elements of a constant are."""
    numbers = np.asarray(x).astype(np.float64).ravel() if np.size(x) and str(getattr(x, "dtype", "")) in FLOATS else np.zeros(0)
    return float(numbers[0]) if len(numbers) and bool((numbers == numbers[0]).all()) else None


def _made(jaxpr: Foreign, names: dict[int, Operand], shapes: Mapping[str, tuple[int, ...]]) -> Iterator[Made]:
    """The primitives of a program as _primitives gives them. names: of variables, by identity."""

    def operand(x: Foreign) -> Operand:
        if hasattr(x, "val"):
            return _number(np.asarray(x.val, x.aval.dtype))
        found = names.get(id(x))
        return None if isinstance(found, str) and tuple(x.aval.shape) != shapes[found] else found  # seen otherwise: not whole

    for equation in jaxpr.eqns:
        inner = next((p for p in (equation.params.get(n) for n in ("jaxpr", "call_jaxpr")) if p is not None), None)
        name, operands = str(equation.primitive.name), [operand(x) for x in equation.invars]
        if name in _MOVES or name == "convert_element_type":
            names[id(equation.outvars[0])] = operands[0] if operands else None
        elif inner is None:
            floats = [o for o, x in zip(operands, equation.invars, strict=True) if str(x.aval.dtype) in FLOATS]
            yield Made(name, floats, equation.params)
        else:
            own = getattr(inner, "jaxpr", inner)
            names.update(zip(map(id, own.invars), operands, strict=False))
            names.update({id(v): _number(c) for v, c in zip(own.constvars, getattr(inner, "consts", ()), strict=False)})
            yield from _made(own, names, shapes)
            for outer, result in zip(equation.outvars, own.outvars, strict=False):
                names[id(outer)] = operand(result)


class JaxExaminer(ArrayExaminer):
    """Implements analyst.Examiner."""

    framework = "jax"
    moves = _MOVES

    def __init__(self) -> None:
        self.jax: ModuleType = importlib.import_module("jax")
        self.x64: ModuleType = importlib.import_module("jax._src.config")

    def templates(self) -> Mapping[str, Template]:
        return templates()

    def primitives(self) -> Mapping[str, tuple[CataloguePrimitive, ...]]:
        return primitives()

    def called(self, known: Known, values: Mapping[str, Any], *, wide: bool) -> Foreign:
        """See ArrayExaminer. With jit disabled, as it is traced."""
        with self.jax.disable_jit():
            if not wide:
                return known.called(values)
            with self.x64.enable_x64(True):
                doubles = {
                    n: self.jax.numpy.asarray(self.array(v).astype(np.float64)) if self.is_array(v) else v
                    for n, v in values.items()
                }
                return np.asarray(known.called(doubles))

    def operands(self, heard: Heard) -> list[Foreign]:
        return [*heard.inputs, int(heard.params["y"])] if heard.kernel == "integer_pow" else list(heard.inputs)

    def axis(self, heard: Heard) -> tuple[int, bool] | None:
        axes = heard.params.get("axes", heard.params.get("axis")) if heard.params else None
        if isinstance(axes, int):
            return axes, False
        return (int(axes[0]), False) if axes is not None and len(axes) == 1 else None

    def expression(self, call: Foreign, depth: int) -> ast.expr | None:
        node = super().expression(call, depth)
        if isinstance(node, ast.Call) and node.keywords:
            axis = self.axis(call.again.heard)
            if axis is not None:
                node.width = np.shape(call.again.heard.inputs[0])[axis[0]]  # type: ignore[attr-defined]
        return node

    def evaluated(self, call: str, tensors: Mapping[str, Any], *, wide: bool) -> Foreign:
        """See compositions.Composer."""
        names = {"jax": self.jax, "jnp": self.jax.numpy}
        if not wide:
            return eval(call, {**names, **tensors})
        with self.x64.enable_x64(True):
            doubles = {n: self.jax.numpy.asarray(np.asarray(t).astype(np.float64)) for n, t in tensors.items()}
            return np.asarray(eval(call, {**names, **doubles}))
