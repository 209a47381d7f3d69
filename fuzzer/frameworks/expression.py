"""Evaluating the expression of an implementation: what every backend shares, none of it a framework's."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import CodeType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fuzzer.case import Batch, Placement
from fuzzer.frameworks.framework import FrameworkError, Job

# TensorFlow opens its messages with the name of the graph node that it made for an eager call.
_GRAPH_NODE = re.compile(r"\{\{function_node [^}]*\}\}\s*")


@cache
def compiled(call: str) -> CodeType:
    """The expression as code; compiled once in a process."""
    return compile(call, f"<{call}>", "eval")


def evaluated(job: Job, modules: Mapping[str, Any], tensors: Mapping[str, Any]) -> Any:
    """The value of the job's expression over the framework's modules, the job's params and the inputs."""
    # Globals, not locals: a lambda or comprehension inside the expression must see the names too. A call comes from the
    # catalogue or an installed plugin, which is code that the user chose to run.
    return eval(compiled(job.implementation.call), {**modules, **job.params, **tensors})


@contextmanager
def framework_errors() -> Iterator[None]:
    """Inside it the framework's warnings are silent, and its exceptions become FrameworkErrors: type and first line."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except FrameworkError:
            raise
        except Exception as error:
            raise FrameworkError(described(error)) from error


def described(error: BaseException) -> str:
    """An exception in one line: its type and the first line of its message."""
    lines = _GRAPH_NODE.sub("", str(error)).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].strip()}" if lines else type(error).__name__


def check_dtype(returned: str, batch: Batch) -> None:
    """Raises FrameworkError where the result has another dtype than the inputs.

    Such a result is never cast: rounded down it would show an accuracy that the user does not get, and taken as it is it
    would be judged against the ulp of a format that it is not in. A call that does so (Keras losses return float32 for
    float64) does not support the dtype, and its record must say that.
    """
    if returned != batch.dtype:
        raise FrameworkError(f"DtypeMismatch: returned {returned} for {batch.dtype} inputs")


def by_row(result: NDArray[Any], batch: Batch) -> NDArray[Any]:
    """A result with the batch on its leading axis as (rows, outputs), C order, the caller's to write.

    Raises FrameworkError for any other leading axis or dtype.
    """
    check_dtype(result.dtype.name, batch)
    if not result.ndim or len(result) != batch.rows:
        raise FrameworkError(f"ShapeMismatch: returned shape {result.shape} for {batch.rows} rows")
    return np.array(result.reshape(batch.rows, math.prod(result.shape[1:])))


def placed(batch: Batch, placement: Placement) -> Batch:
    """The one row of the batch, placement.length times. Raises ValueError for a batch of several rows."""
    if batch.rows != 1:
        raise ValueError(f"a placement takes a batch of one row, not {batch.rows}")
    return batch.repeat(placement.length)


def strided(values: NDArray[Any], stride: int) -> NDArray[Any]:
    """The same values with `stride` elements of memory between neighbours on the last axis; the gaps repeat the values."""
    return values if stride == 1 else np.repeat(values, stride, axis=-1)[..., ::stride]
