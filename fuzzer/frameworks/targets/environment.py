"""Environment: the variables that the frameworks read when they are imported, here and in hosts."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping

from ulpfuzz.fuzzer.frameworks.backends.modes import DEVICE_SHARE
from ulpfuzz.fuzzer.frameworks.targets.compilations import keep_compilations

_XLA_FLAGS = {"--xla_cpu_multi_thread_eigen": "=false", "intra_op_parallelism_threads": "=1"}
# PJRT_NPROC sizes the thread pool of today's XLA; the XLA_FLAGS above did so in older ones.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "PJRT_NPROC")

#: The thresholds of glibc's malloc, by their variable: the parameter of mallopt(3), and the bytes. Beyond the first the free end of the heap goes
#: back to the system; from the second on a block is a mapping of its own, which ends when it is freed.
_MALLOC = {"MALLOC_TRIM_THRESHOLD_": (-1, 256 << 20), "MALLOC_MMAP_THRESHOLD_": (-3, 32 << 20)}

#: What the user's CUDA_VISIBLE_DEVICES was before it was hidden from this process, or UNSET; hosts with a device get it back.
_VISIBLE, _UNSET = "ULPFUZZ_CUDA_VISIBLE_DEVICES", "unset"

#: The platforms that jax looks for on each device; the CPU stays beside an accelerator. None: all that there are.
_JAX_PLATFORMS = {"cpu": "cpu", "cuda": "cuda,cpu", "rocm": "rocm,cpu"}

#: Variables in order; the value None takes one out.
Variables = dict[str, str | None]


def prepare_environment(device: str = "cpu") -> None:
    """Sets the environment variables that the frameworks read when imported: that device, binary64, one thread, no chatter.

    To be called before any framework is imported, for importing tensorflow imports jax where both are installed.
    Idempotent; of the user's XLA_FLAGS it keeps what it does not need to set. TF_ENABLE_ONEDNN_OPTS is left alone: it is
    part of what the user runs. Also lets this process keep the memory that it frees.
    """
    os.environ.setdefault(_VISIBLE, os.environ.get("CUDA_VISIBLE_DEVICES", _UNSET))
    for name, value in variables(device, os.environ).items():
        if value is not None:
            os.environ[name] = value
        elif device != "cpu":
            os.environ.pop(name, None)
    _keep_memory()
    keep_compilations(os.environ)


def _keep_memory() -> None:
    """Every call judges in arrays of half a megabyte, which live for a millisecond: allocated anew by the system they cost a fifth of the time of a
    verdict in page faults. The variables act when a process starts, this in one that runs; where malloc is not glibc's neither does."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    for name, (parameter, _) in _MALLOC.items():
        if mallopt is not None and os.environ[name].isdigit():
            mallopt(parameter, min(int(os.environ[name]), 2**31 - 1))


def variables(device: str, environment: Mapping[str, str]) -> Variables:
    """The variables to change in `environment` where a framework runs on that device; `all`: whichever there is.

    Accelerators are hidden from what runs on the CPU, and memory of a GPU is taken as it is needed, so that hosts can share one
    (JAX, "GPU memory allocation"; TensorFlow, "Use a GPU", limiting GPU memory growth): of JAX DEVICE_SHARE of it at most, where the user says
    nothing else, as of torch, which has no variable for it (backends.torch); TensorFlow can be limited in bytes only, and is not.
    """
    changes: Variables = {"JAX_ENABLE_X64": "1", "JAX_PLATFORMS": _JAX_PLATFORMS.get(device)}
    if device == "cpu":
        changes["CUDA_VISIBLE_DEVICES"] = "-1"
    else:
        changes.update(XLA_PYTHON_CLIENT_PREALLOCATE="false", TF_FORCE_GPU_ALLOW_GROWTH="true")
        changes["XLA_PYTHON_CLIENT_MEM_FRACTION"] = environment.get("XLA_PYTHON_CLIENT_MEM_FRACTION", str(DEVICE_SHARE))
        if _VISIBLE in environment:
            changes["CUDA_VISIBLE_DEVICES"] = None if environment[_VISIBLE] == _UNSET else environment[_VISIBLE]
    changes["TF_CPP_MIN_LOG_LEVEL"] = environment.get("TF_CPP_MIN_LOG_LEVEL", "3")
    # inductor would start a pool of processes, one for each core, in every worker.
    changes["TORCHINDUCTOR_COMPILE_THREADS"] = environment.get("TORCHINDUCTOR_COMPILE_THREADS", "1")
    changes.update({name: environment.get(name, "1") for name in THREADS})
    changes.update({name: environment.get(name, str(size)) for name, (_, size) in _MALLOC.items()})
    kept = [flag for flag in environment.get("XLA_FLAGS", "").split() if flag.partition("=")[0] not in _XLA_FLAGS]
    changes["XLA_FLAGS"] = with_flags(" ".join(name + value for name, value in _XLA_FLAGS.items()), " ".join(kept))
    return changes


def with_flags(present: str | None, added: str) -> str:
    """XLA_FLAGS with more flags, which stand first: XLA reads no further than to one without dashes, such as that of the threads."""
    names = {flag.partition("=")[0] for flag in added.split()}
    return " ".join([*added.split(), *(flag for flag in (present or "").split() if flag.partition("=")[0] not in names)])
