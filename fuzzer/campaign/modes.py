"""Modes: the compiled modes that a run visits beside its eager targets, where nobody has said which targets it has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.frameworks.backends.modes import compiler
from ulpfuzz.fuzzer.frameworks.targets.config import config
from ulpfuzz.fuzzer.frameworks.targets.target import Target

#: The mode in which a framework compiles whole programs for users. TensorFlow's graphs run the kernels of its eager mode, so XLA stands for it.
_COMPILED = {"torch": "compile", "tensorflow": "xla", "jax": "jit"}


def compiled_beside(targets: Iterable[Target], settings: Settings) -> list[Target]:
    """A compiled target beside each eager one of this process's CPU. Where a run, or ulpfuzz.toml, names the targets there are none but those; a
    run whose budget is in verdicts has none either, for its visits are not in parts. torch compiles where there is a C++ compiler."""
    if settings.targets is not None or config().default or settings.budget.seconds is None:
        return []
    eager = [target for target in targets if target.mode == "eager" and not target.runs_in_host and target.framework in _COMPILED]
    able = [target for target in eager if target.framework != "torch" or compiler()]
    return [replace(target, mode=_COMPILED[target.framework]) for target in able]
