"""Surroundings: the environment variables that the frameworks read when they are imported."""

from __future__ import annotations

import os

_THREAD_POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "PJRT_NPROC")
_XLA_FLAGS = {"--xla_cpu_multi_thread_eigen": "=false", "intra_op_parallelism_threads": "=1"}
#: What keeps the frameworks off the GPUs; ROCm's runtime obeys CUDA's variable too.
_CPU_ONLY = {"JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": "-1"}
_GIVEN = "ULPFUZZ_GIVEN_"


def prepare(device: str = "cpu") -> None:
    """Sets the environment variables that the frameworks read when imported: the device, binary64, one thread, no chatter.

    To be called before any framework is imported, for importing tensorflow imports jax where both are installed.
    Idempotent; of the user's XLA_FLAGS it keeps what it does not need to set. TF_ENABLE_ONEDNN_OPTS is left alone: it is
    part of what the user runs. For the CPU the GPUs are hidden; for another device a process that inherited such an environment
    gets back what the user had given.
    """
    for name, value in _CPU_ONLY.items():
        _hide(name, value) if device == "cpu" else _show(name)
    os.environ["JAX_ENABLE_X64"] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Each framework would take most of the GPU's memory for itself, though several run side by side.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    # inductor would start a pool of processes, one for each core, in every worker.
    os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")
    # PJRT_NPROC sizes the thread pool of today's XLA; the XLA_FLAGS below did so in older ones.
    for variable in _THREAD_POOLS:
        os.environ.setdefault(variable, "1")
    given = [flag for flag in os.environ.get("XLA_FLAGS", "").split() if flag.partition("=")[0] not in _XLA_FLAGS]
    os.environ["XLA_FLAGS"] = " ".join(given + [name + value for name, value in _XLA_FLAGS.items()])


def _hide(name: str, value: str) -> None:
    if os.environ.get(name) != value:
        os.environ[_GIVEN + name] = os.environ.get(name, "")
        os.environ[name] = value


def _show(name: str) -> None:
    given = os.environ.pop(_GIVEN + name, None)
    if given:
        os.environ[name] = given
    elif given is not None:
        del os.environ[name]
