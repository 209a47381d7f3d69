"""TensorFlow on the CPU, eager."""

from __future__ import annotations

import importlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuzzer.case import COTANGENT, Batch, Placement
from fuzzer.frameworks.expression import by_row, check_dtype, evaluated, framework_errors, placed
from fuzzer.frameworks.framework import Job


class TensorFlow:
    """Implements Framework. tensorflow is imported when this is constructed, and set to one thread.

    TensorFlow has no strided tensors: a placement's stride is not applied.
    """

    name = "tensorflow"
    lengths: tuple[int, ...] | None = None
    compile_seconds = 0.0

    def __init__(self) -> None:
        with _quiet_stderr():
            self._tf: Any = importlib.import_module("tensorflow")
            logging.getLogger("tensorflow").setLevel(logging.ERROR)
            threading = self._tf.config.threading
            try:
                threading.set_intra_op_parallelism_threads(1)
                threading.set_inter_op_parallelism_threads(1)
            except RuntimeError:
                # The program around us has used TensorFlow already; `switches` tells which numbers hold then.
                pass
            self._tf.constant(0.0)  # the first tensor starts the runtime, which logs too
        self.version = str(self._tf.__version__)
        self.switches: dict[str, Any] = {
            "intra_op_threads": threading.get_intra_op_parallelism_threads(),
            "inter_op_threads": threading.get_inter_op_parallelism_threads(),
            "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default"),
        }
        self._modules = {"tf": self._tf}

    def evaluate_placed(self, job: Job, batch: Batch, placement: Placement) -> NDArray[Any]:
        return self.evaluate(job, placed(batch, placement))

    def evaluate(self, job: Job, batch: Batch) -> NDArray[Any]:
        tf = self._tf
        with framework_errors(), tf.device("/CPU:0"):
            tensors = {i.name: tf.constant(batch.inputs[i.name]) for i in job.op.inputs}
            if job.order == "value":
                return by_row(np.asarray(evaluated(job, self._modules, tensors)), batch)
            leaves = [tensors[name] for name in job.op.differentiable_inputs]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(leaves)
                y = evaluated(job, self._modules, tensors)
            check_dtype(y.dtype.name, batch)
            given = batch.inputs.get(COTANGENT)
            cotangent = tf.ones_like(y) if given is None else tf.reshape(tf.constant(given), y.shape)
            # An input that the result does not depend on has the gradient zero.
            zero = tf.UnconnectedGradients.ZERO
            pulled = tape.gradient(y, leaves, output_gradients=cotangent, unconnected_gradients=zero)
            # Gathers give IndexedSlices, a sparse form that adds up when converted.
            gradients = [tf.convert_to_tensor(g) for g in pulled]
            return np.concatenate([by_row(g.numpy(), batch) for g in gradients], axis=1)


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Holds back what native code writes to file descriptor 2, and lets it out where the block raises.

    TensorFlow greets there before its log level counts.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
