"""Switches: settings of a library that change its numbers, as a part of a target. One table; docs/reference/targets.md shows it.

A switch is here only if it can be read back after it was set: a host compares, and does not start where one had no effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.formats import UnknownName
from ulpfuzz.fuzzer.frameworks.targets.environment import with_flags

#: Name and value of each switch that is set, by name.
Switches = tuple[tuple[str, str], ...]

ON_OFF = ("on", "off")


@dataclass(frozen=True)
class Switch:
    """A setting of a framework that changes its numbers. In its texts {value} stands for the value, {true} for True where it is on and False
    where it is off, {bit} for 1 and 0."""

    #: The framework that has it.
    framework: str
    #: As the user writes it.
    name: str
    #: The valid ones; () a number from 1 on; None any text.
    values: tuple[str, ...] | None
    #: What it changes, in a few words.
    does: str
    #: An expression whose text is the value in effect.
    read: str
    #: The page that documents it.
    source: str
    #: Variables to set before the framework is imported; XLA_FLAGS are added to.
    environment: Mapping[str, str] = field(default_factory=dict)
    #: Statements after the import that must precede the first tensor.
    before: tuple[str, ...] = ()
    #: The other statements, which come when the framework is set up.
    after: tuple[str, ...] = ()

    @property
    def choices(self) -> str:
        """The valid values in words."""
        return "FLAGS" if self.values is None else "N" if not self.values else ", ".join(self.values)

    def filled(self, text: str, value: str) -> str:
        """A text of the table for a value."""
        for name, filling in (("true", str(value == "on")), ("bit", str(int(value == "on"))), ("value", value)):
            text = text.replace(f"{{{name}}}", filling)
        return text


_THREADS = {"OMP_NUM_THREADS": "{value}", "MKL_NUM_THREADS": "{value}", "OPENBLAS_NUM_THREADS": "{value}"}
_XLA = "'{value}' if '{value}' in __import__('os').environ['XLA_FLAGS'] else 'not set'"
_XLA_SOURCE = "XLA, xla/debug_options_flags.cc; a flag that XLA does not know ends the process"
_CPP_THREADS = (
    "sum(open(f'/proc/self/task/{task}/comm').read() == 'tf_XLAEigen\\n' for task in __import__('os').listdir('/proc/self/task'))"
)

SWITCHES: tuple[Switch, ...] = (
    Switch("torch", "mkldnn", ON_OFF, "whether oneDNN kernels may be taken",
           "'on' if torch.backends.mkldnn.is_available() and torch.backends.mkldnn.enabled else 'off'",
           "PyTorch, torch.backends.mkldnn", after=("torch.backends.mkldnn.enabled = {true}",)),
    Switch("torch", "tf32", ON_OFF, "whether GPUs may round the factors of float32 products to TensorFloat-32",
           "'on' if torch.backends.cuda.matmul.allow_tf32 and torch.backends.cudnn.allow_tf32 else 'off'",
           "PyTorch, CUDA semantics, TensorFloat-32",
           after=("torch.backends.cuda.matmul.allow_tf32 = {true}", "torch.backends.cudnn.allow_tf32 = {true}")),
    Switch("torch", "matmul", ("highest", "high", "medium"), "the internal precision of float32 matrix products",
           "torch.get_float32_matmul_precision()", "PyTorch, torch.set_float32_matmul_precision",
           after=("torch.set_float32_matmul_precision('{value}')",)),
    Switch("torch", "threads", (), "threads of an operation; the default here is 1", "torch.get_num_threads()",
           "PyTorch, torch.set_num_threads", _THREADS, after=("torch.set_num_threads({value})",)),
    Switch("torch", "flush", ON_OFF, "whether the CPU flushes subnormal numbers to zero (also numpy's, in the same thread)",
           "'on' if (torch.full((1,), 2.0**-126) * 0.5).item() == 0 else 'off'",
           "PyTorch, torch.set_flush_denormal", after=("torch.set_flush_denormal({true})",)),
    Switch("torch", "capability", ("default", "avx2", "avx512"), "the vector extension that CPU kernels are compiled for",
           "torch.backends.cpu.get_cpu_capability().lower()", "PyTorch, torch.backends.cpu; ATen/native/DispatchStub.cpp",
           {"ATEN_CPU_CAPABILITY": "{value}"}),
    Switch("tensorflow", "onednn", ON_OFF, "whether oneDNN kernels may be taken",
           "'on' if __import__('tensorflow.python.util._pywrap_util_port', fromlist=['_']).IsMklEnabled() else 'off'",
           "TensorFlow 2.9 release notes, TF_ENABLE_ONEDNN_OPTS", {"TF_ENABLE_ONEDNN_OPTS": "{bit}"}),
    Switch("tensorflow", "tf32", ON_OFF, "whether GPUs may round the factors of float32 products to TensorFloat-32",
           "'on' if tf.config.experimental.tensor_float_32_execution_enabled() else 'off'",
           "TensorFlow, tf.config.experimental.enable_tensor_float_32_execution",
           before=("tf.config.experimental.enable_tensor_float_32_execution({true})",)),
    Switch("tensorflow", "threads", (), "threads of an operation; the default here is 1",
           "tf.config.threading.get_intra_op_parallelism_threads()",
           "TensorFlow, tf.config.threading.set_intra_op_parallelism_threads", _THREADS,
           before=("tf.config.threading.set_intra_op_parallelism_threads({value})",
                   "tf.config.threading.set_inter_op_parallelism_threads(1)", "tf.constant(0.0)")),
    # The flags are read when something is compiled for the first time.
    Switch("tensorflow", "xla", None, "flags of the compiler of mode xla",
           f"({_XLA}) if tf.function(tf.identity, jit_compile=True)(1.0) == 1 else 'not read'", _XLA_SOURCE, {"XLA_FLAGS": "{value}"}),
    Switch("jax", "matmul", ("default", "high", "highest", "bfloat16", "tensorfloat32", "float32"),
           "the internal precision of float32 matrix products", "jax.config.jax_default_matmul_precision",
           "JAX, jax.default_matmul_precision", after=("jax.config.update('jax_default_matmul_precision', '{value}')",)),
    Switch("jax", "threads", (), "threads of an operation on the CPU; the default here is 1", _CPP_THREADS,
           "XLA, xla/pjrt/utils.cc, PJRT_NPROC", {**_THREADS, "PJRT_NPROC": "{value}", "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=true"}),
    Switch("jax", "x64", ON_OFF, "whether binary64 is enabled; JAX's own default is off, here it is on",
           "'on' if jax.config.jax_enable_x64 else 'off'", "JAX, Default dtypes and the X64 flag", {"JAX_ENABLE_X64": "{bit}"},
           after=("jax.config.update('jax_enable_x64', {true})",)),
    Switch("jax", "xla", None, "flags of the compiler", _XLA, _XLA_SOURCE, {"XLA_FLAGS": "{value}"}),
)  # fmt: skip


def switch_named(framework: str, name: str, value: str) -> Switch:
    """The switch of that name, which has that value. Raises UnknownName, or UserError where the framework has no switches."""
    switches = {switch.name: switch for switch in SWITCHES if switch.framework == framework}
    if not switches:
        raise UserError(f"{framework} has no switches; {name}={value} can be none")
    if name not in switches:
        raise UnknownName(f"switch of {framework}", name, switches)
    switch = switches[name]
    if switch.values and value not in switch.values:
        raise UnknownName(f"value of {framework}'s switch {name}", value, switch.values)
    if switch.values == () and not (value.isascii() and value.isdecimal() and value[0] != "0"):
        raise UserError(f"{framework}'s switch {name} takes a number of threads from 1 on, not {value!r}")
    if not value or set(value) & set(",;'\"\\\n"):
        raise UserError(f"{framework}'s switch {name} takes a text without comma, semicolon, quotes or backslash, not {value!r}")
    return switch


def parsed(framework: str, text: str) -> Switches:
    """The switches of a text `name=value;name=value`, sorted by name; checked as in switch_named, and that none stands twice."""
    pairs: list[tuple[str, str]] = []
    for part in text.split(";"):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not part.strip():
            continue
        if not equals:
            raise UserError(f"a switch is written name=value, not {part.strip()!r}")
        pairs.append((name, value))
    return checked(framework, pairs)


def checked(framework: str, pairs: Sequence[tuple[str, str]]) -> Switches:
    """The pairs sorted by name. Raises UnknownName or UserError for one that is not valid or stands twice."""
    for name, value in pairs:
        switch_named(framework, name, value)
        if [other for other, _ in pairs].count(name) > 1:
            raise UserError(f"the switch {name} stands twice")
    return tuple(sorted(pairs))


@dataclass(frozen=True)
class Setting:
    """What must be done so that switches are in effect; see Switch. reads: name -> the expression that reads it back."""

    environment: dict[str, str] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    reads: dict[str, str] = field(default_factory=dict)


def setting(framework: str, switches: Switches) -> Setting:
    """What sets these switches. Of several that add to XLA_FLAGS the flags stand one after another."""
    made = Setting()
    for name, value in switches:
        switch = switch_named(framework, name, value)
        for variable, text in switch.environment.items():
            filled = switch.filled(text, value)
            made.environment[variable] = with_flags(made.environment.get(variable), filled) if variable == "XLA_FLAGS" else filled
        made.before.extend(switch.filled(text, value) for text in switch.before)
        made.after.extend(switch.filled(text, value) for text in switch.after)
        made.reads[name] = switch.filled(switch.read, value)
    return made


def reproducer_lines(framework: str, switches: Switches) -> tuple[dict[str, str], list[str]]:
    """The environment variables to set before the import, and the statements after it, that a script needs for these switches.

    For ulpfuzz.reports.reproducer.script(..., environment=..., setup=...): the module names are those of expressions (torch, tf, jax).
    """
    made = setting(framework, switches)
    return dict(made.environment), [*made.before, *made.after]
