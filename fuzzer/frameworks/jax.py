"""JAX on the CPU, dispatched op by op (no jit)."""

from __future__ import annotations

import importlib
import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuzzer.case import COTANGENT, Batch, Placement
from fuzzer.frameworks.expression import by_row, check_dtype, evaluated, framework_errors, placed
from fuzzer.frameworks.framework import Job

# Submodules that `import jax` leaves out: an expression names them as attributes.
_SUBMODULES = ("jax.nn", "jax.numpy", "jax.scipy", "jax.scipy.special", "jax.scipy.stats", "jax.scipy.linalg")

#: Rows that a batch is padded to. JAX compiles every op for every shape, 30 to 200 ms each, even when eager.
PADDED_ROWS = (64, 1024, 4096, 16384, 65536)


class Jax:
    """Implements Framework. jax is imported when this is constructed; binary64 is enabled.

    JAX has no strided arrays: a placement's stride is not applied.
    """

    name = "jax"
    lengths: tuple[int, ...] | None = (1, 3, 8, 16, 17, 64, 69, 1000)
    compile_seconds = 0.0

    def __init__(self) -> None:
        jax: Any = importlib.import_module("jax")
        for submodule in _SUBMODULES:
            importlib.import_module(submodule)
        # Also here, beside the environment variable: the program around us may have imported jax before.
        jax.config.update("jax_enable_x64", True)
        logging.getLogger("jax").setLevel(logging.ERROR)
        self.version = str(jax.__version__)
        self.switches: dict[str, Any] = {"x64": True, "platform": jax.default_backend()}
        self._jax = jax
        self._modules = {"jax": jax, "jnp": jax.numpy}

    def evaluate(self, job: Job, batch: Batch) -> NDArray[Any]:
        """See Framework. Rows are evaluated in calls of PADDED_ROWS rows, the last one filled up with its last row."""
        largest = PADDED_ROWS[-1]
        parts = [self._padded(job, batch.take(slice(start, start + largest))) for start in range(0, max(batch.rows, 1), largest)]
        return np.concatenate(parts)

    def evaluate_placed(self, job: Job, batch: Batch, placement: Placement) -> NDArray[Any]:
        return self._evaluate(job, placed(batch, placement))

    def _padded(self, job: Job, batch: Batch) -> NDArray[Any]:
        size = next(rows for rows in PADDED_ROWS if rows >= batch.rows)
        if batch.rows in (0, size):
            return self._evaluate(job, batch)
        index = np.minimum(np.arange(size), batch.rows - 1)
        return self._evaluate(job, batch.take(index))[: batch.rows]

    def _evaluate(self, job: Job, batch: Batch) -> NDArray[Any]:
        jnp = self._jax.numpy
        with framework_errors():
            tensors = {i.name: jnp.asarray(batch.inputs[i.name]) for i in job.op.inputs}
            if job.order == "value":
                return by_row(np.asarray(evaluated(job, self._modules, tensors)), batch)
            names = job.op.differentiable_inputs

            def function(*leaves: Any) -> Any:
                return evaluated(job, self._modules, {**tensors, **dict(zip(names, leaves, strict=True))})

            y, pull = self._jax.vjp(function, *(tensors[name] for name in names))
            check_dtype(y.dtype.name, batch)
            given = batch.inputs.get(COTANGENT)
            cotangent = np.ones(y.shape, y.dtype) if given is None else np.reshape(given, y.shape)
            return np.concatenate([by_row(np.asarray(g), batch) for g in pull(jnp.asarray(cotangent))], axis=1)
