"""Hosts: bits both ways, other interpreters, and every way in which a framework's process may end or hang."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import textwrap
import threading
import time
import venv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ulpfuzz.fuzzer.case import COTANGENT, Batch, Placement
from ulpfuzz.fuzzer.catalog.op import ALL_DTYPES, Implementation, Op, scalar, vector
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.formats import format_named
from ulpfuzz.fuzzer.frameworks.framework import Call, FrameworkDied, FrameworkError
from ulpfuzz.fuzzer.frameworks.hosts import host
from ulpfuzz.fuzzer.frameworks.hosts.host import Hosted, plain_job
from ulpfuzz.fuzzer.frameworks.hosts.host_main import received as received_job
from ulpfuzz.fuzzer.frameworks.targets import config
from ulpfuzz.fuzzer.frameworks.targets import target as targets
from ulpfuzz.fuzzer.frameworks.targets.config import Config, Spec
from ulpfuzz.fuzzer.frameworks.targets.target import Target, flush_policy, framework_for, targets_named
from ulpfuzz.fuzzer.judge.flush import FlushPolicy

FAKE = Target("fake")


def job(call: str, order: str = "value", **params: Any) -> Call:
    implementation = Implementation("fake", call)
    return Call(Op("fake_op", (scalar("x"),), (implementation,)), implementation, params, order)


def numbers(*values: float) -> Batch:
    return Batch("float32", {"x": np.asarray(values or (1.0, 2.0, 3.0), np.float32)})


@pytest.fixture(scope="module")
def registered() -> Iterator[None]:
    from tests.frameworks.fake_framework import Fake

    targets.register("fake", Fake)
    yield
    targets.unregister("fake")


@pytest.fixture(scope="module")
def shared(registered: None) -> Hosted:
    """One host for the tests that do not end it."""
    framework = framework_for(FAKE, isolated=True)
    assert isinstance(framework, Hosted)
    return framework


@pytest.fixture
def fresh(registered: None) -> Iterator[Hosted]:
    framework = Hosted(targets.hosted(FAKE).backend, targets.hosted(FAKE).process)
    yield framework
    framework.end()


def gone(pid: int, seconds: float = 10.0) -> bool:
    """Whether a process ends within that time; a zombie has ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(psutil.NoSuchProcess):
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.05)
                continue
        return True
    return False


# Bits


@st.composite
def any_batch(draw: st.DrawFn) -> Batch:
    """Every bit pattern of every format, numbers of a complex one as they travel, as reals: NaN payloads, both zeros, subnormals,
    infinities."""
    fmt = format_named(draw(st.sampled_from(ALL_DTYPES)))
    rows = draw(st.integers(0, 5))
    trailing = draw(st.sampled_from([(), (3,), (2, 2)]))
    bits = draw(arrays.arrays(fmt.bits_dtype, (rows, *trailing)))
    return Batch(fmt.name, {"x": fmt.from_bits(bits), COTANGENT: fmt.from_bits(bits[::-1].reshape(rows, int(np.prod(trailing))))})


@settings(deadline=None)  # the first call starts the host
@given(batch=any_batch())
def test_bits_come_back_as_they_went(shared: Hosted, batch: Batch) -> None:
    implementation = Implementation("fake", "x")
    op = Op("fake_op", (vector("x"),), (implementation,))
    answers = shared.evaluate(Call(op, implementation, {}), batch)
    assert answers.dtype == batch.format.dtype
    assert (batch.format.bits(answers).ravel() == batch.format.bits(batch.inputs["x"]).ravel()).all()
    assert answers.shape == (batch.rows, int(np.prod(batch.inputs["x"].shape[1:])))
    assert answers.flags.writeable
    assert answers.flags.c_contiguous
    if batch.rows:
        one, length = batch.take(slice(0, 1)), 4
        placed = shared.evaluate_placed(Call(op, implementation, {}), one, Placement(length, 2, 1))
        assert (batch.format.bits(placed) == batch.format.bits(answers[:1])).all()
        assert len(placed) == length


def test_params_and_the_job_travel(shared: Hosted) -> None:
    params = {"n": 2, "p": float("inf"), "word": "tanh", "flag": True, "none": None, "axes": (0, 1), "scale": np.float32(0.5)}
    call = "x * n if (p, word, flag, none, axes) == (float('inf'), 'tanh', True, None, (0, 1)) else x * np.nan"
    for scale in (1.0, 0.5, -0.0, 0.0, 1.0):  # another param is another job
        answers = shared.evaluate(job(f"({call}) * np.float32(scale)", **{**params, "scale": scale}), numbers(1, 2))
        assert (answers.ravel() == np.float32([2 * scale, 4 * scale])).all()
        assert np.signbit(answers).all() == (np.signbit(scale))


def test_every_job_of_the_catalogue_travels() -> None:
    """The other side makes of what is sent the same call, with the same inputs and a result that is complex where it was, documented or
    not."""
    for op in ops().values():
        for implementation in op.implementations:
            sent = plain_job(Call(op, implementation, op.default_params(), "value"))
            there = received_job(pickle.loads(pickle.dumps(sent)))
            assert there.implementation == replace(implementation, documented=()), op.name
            assert [(i.name, i.complex, i.differentiable) for i in there.op.inputs] == [
                (i.name, i.complex, i.differentiable) for i in op.inputs
            ]
            assert (there.op.elementwise, there.op.error_norm, there.op.complex_result) == (
                op.elementwise,
                op.error_norm,
                op.complex_result,
            )
            assert {**there.params} == {**op.default_params()}


def test_more_jobs_than_a_host_remembers(shared: Hosted) -> None:
    calls = [f"x + {n}" for n in range(600)]
    for _ in range(2):
        assert [float(shared.evaluate(job(c), numbers(0))[0, 0]) for c in calls] == list(range(600))


def test_what_a_host_tells(shared: Hosted) -> None:
    assert (shared.name, shared.version, shared.lengths) == ("fake", f"numpy {np.__version__}", (1, 4))
    assert shared.switches["pid"] == shared.process.pid != os.getpid()
    before = shared.compile_seconds
    shared.evaluate(job("x"), numbers())
    assert shared.compile_seconds == before + 0.25
    assert flush_policy(shared, "float32") == FlushPolicy(False, False)


def test_errors_are_the_frameworks_own_words(shared: Hosted) -> None:
    pid = shared.process.pid
    with pytest.raises(FrameworkError, match=r"^RuntimeError: no kernel for this$") as caught:
        shared.evaluate(job("fake.refuse(x)"), numbers())
    assert not isinstance(caught.value, FrameworkDied)
    with pytest.raises(FrameworkError, match=r"^ShapeMismatch: "):
        shared.evaluate(job("x[:1]"), numbers())
    with pytest.raises(FrameworkError, match=r"^DtypeMismatch: returned float64 for float32 inputs"):
        shared.evaluate(job("x.astype(float)"), numbers())
    with pytest.raises(FrameworkError, match=r"^DtypeMismatch: returned object"):
        shared.evaluate(job("unreturnable"), numbers())
    with pytest.raises(ValueError, match="a placement takes a batch of one row, not 3"):
        shared.evaluate_placed(job("x"), numbers(), Placement())
    with pytest.raises(TypeError, match="a set cannot be sent to a host"):
        shared.evaluate(job("x", axes={1, 2}), numbers())
    assert shared.process.pid == pid, "none of these is a reason to end a host"


# Death


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("fake.abort(x)", r"^the process ended by SIGABRT; its last words: fake: about to abort$"),
        ("fake.leave(x)", r"^the process ended with exit status 7$"),
        ("fake.leave_politely(x)", r"^the process ended with exit status 3$"),
        ("fake.kill(x)", r"^the process ended by SIGKILL$"),
    ],
)
def test_a_host_that_dies_is_told_and_starts_afresh(fresh: Hosted, call: str, words: str) -> None:
    fresh.evaluate(job("x"), numbers())
    first = fresh.process.pid
    for _ in range(2):
        with pytest.raises(FrameworkDied, match=words) as caught:
            fresh.evaluate(job(call), numbers())
        assert caught.value.symptom == "crash"
        assert fresh.process.pid is None
    spent = fresh.compile_seconds
    assert (fresh.evaluate(job("x"), numbers(5)) == 5).all()
    assert fresh.process.pid != first
    assert fresh.compile_seconds > spent, "what was compiled before counts"


@pytest.mark.parametrize("call", ["fake.sleep(x)", "fake.spin(x)"])
def test_a_host_that_does_not_answer_is_ended(fresh: Hosted, call: str) -> None:
    fresh.start()
    pid = fresh.process.pid
    assert pid is not None
    with host.limited(0.5), pytest.raises(FrameworkDied, match=r"^no answer within 0.5 s$") as caught:
        fresh.evaluate(job(call), numbers())
    assert caught.value.symptom == "hang"
    assert gone(pid)
    assert (fresh.evaluate(job("x"), numbers(5)) == 5).all()


@pytest.mark.parametrize("call", ["fake.allocate(x)", "fake.child_allocates(x)"])
def test_a_host_that_takes_too_much_memory_is_ended(fresh: Hosted, call: str) -> None:
    fresh.start()
    pid = fresh.process.pid
    assert pid is not None
    words = r"^killed at \d+ MiB of resident memory, the limit is 300 MiB$"
    with host.limited(60, 300 * 2**20), pytest.raises(FrameworkDied, match=words) as caught:
        fresh.evaluate(job(call), numbers())
    assert caught.value.symptom == "crash"
    assert gone(pid)


def test_a_death_keeps_its_symptom_when_it_travels() -> None:
    copy = pickle.loads(pickle.dumps(FrameworkDied("no answer within 1 s", "hang")))
    assert (str(copy), copy.symptom) == ("no answer within 1 s", "hang")


def test_an_interrupted_call_ends_its_host(fresh: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came back later would be taken for the answer to the next call."""
    fresh.start()
    running = fresh.process._running
    assert running is not None
    monkeypatch.setattr(running, "_look", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        fresh.evaluate(job("fake.sleep(x)"), numbers())
    assert (fresh.evaluate(job("x"), numbers(5)) == 5).all()


def test_limits_are_checked() -> None:
    with pytest.raises(ValueError, match="a host needs time and memory"):
        host.limit(0, None)
    with pytest.raises(ValueError, match="a host needs time and memory"):
        host.limit(1, 0)


def test_two_hosts_at_once(registered: None) -> None:
    pair = [targets.hosted(FAKE) for _ in range(2)]
    answers: dict[int, Any] = {}

    def work(number: int) -> None:
        answers[number] = [float(pair[number].evaluate(job(f"x + {number}"), numbers(i))[0, 0]) for i in range(50)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {0: list(range(50)), 1: list(range(1, 51))}
    assert pair[0].process.pid != pair[1].process.pid
    for one in pair:
        one.end()


# Processes

_LEAVES = """
import os, signal, sys, threading, time
sys.path.insert(0, "tests/frameworks")
import numpy as np
from fake_framework import Fake
from ulpfuzz.fuzzer.frameworks.targets import target as targets
from ulpfuzz.fuzzer.case import Batch
from ulpfuzz.fuzzer.catalog.op import Implementation, Op, scalar
from ulpfuzz.fuzzer.frameworks.framework import Call
targets.register("fake", Fake)
framework = targets.framework_for(targets.Target("fake"), isolated=True)
def call(text):
    implementation = Implementation("fake", text)
    return framework.evaluate(Call(Op("o", (scalar("x"),), (implementation,)), implementation, {}), Batch("float32", {"x": np.ones(1, np.float32)}))
call("x")
print(framework.process.pid, flush=True)
"""


@pytest.mark.parametrize(
    "end", ["pass", "os.kill(os.getpid(), signal.SIGKILL)", "raise SystemExit(3)",
            "threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGKILL)).start(); call('fake.sleep(x)')"],
)  # fmt: skip
def test_no_host_outlives_the_process_that_started_it(end: str) -> None:
    done = subprocess.run([sys.executable, "-c", f"{_LEAVES}{end}\n"], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert gone(int(done.stdout))


def test_hosts_inside_daemonic_dask_workers(registered: None) -> None:
    """A subprocess, not multiprocessing: a daemon may have no children of that kind."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        told, pid = client.submit(_in_a_worker).result()
    assert told == [5.0]
    assert gone(pid)


def _in_a_worker() -> tuple[list[float], int]:
    from tests.frameworks.fake_framework import Fake

    targets.register("fake", Fake)
    framework: Any = framework_for(FAKE, isolated=True)
    return framework.evaluate(job("x"), numbers(5)).ravel().tolist(), framework.process.pid


def test_a_framework_of_this_process_only_cannot_run_in_a_host() -> None:
    class Local:
        pass

    targets.register("local", Local)  # type: ignore[arg-type]
    try:
        with pytest.raises(ValueError, match=r"^local exists in this process only: it cannot run in a host$"):
            framework_for(Target("local"), isolated=True)
    finally:
        targets.unregister("local")


# Other interpreters


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter of its own that has numpy and ml_dtypes, and nothing else of this one's."""
    folder = tmp_path_factory.mktemp("other")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    (packages,) = (folder / "venv").glob("lib/python*/site-packages")
    for package in (np, ml_dtypes):
        source = Path(package.__file__).parent
        for part in (source, *source.parent.glob(f"{source.name}.libs"), *source.parent.glob(f"{source.name}-*.dist-info")):
            (packages / part.name).symlink_to(part)
    (packages / "fake_framework.py").symlink_to(Path(__file__).with_name("fake_framework.py"))
    return folder / "venv" / "bin" / "python"


@pytest.fixture
def elsewhere(python: Path, registered: None) -> Iterator[Target]:
    """The fake framework in the other interpreter."""
    from tests.frameworks import fake_framework

    name = fake_framework.Fake.__module__
    fake_framework.Fake.__module__ = "fake_framework"  # as it is called there
    sys.modules["fake_framework"] = fake_framework
    config.declare(Config({"there": Spec("there", "fake", python=str(python), environment=(("FAKES", "many"),))}))
    yield Target("fake", host="there")
    fake_framework.Fake.__module__ = name
    del sys.modules["fake_framework"]
    config.forget()
    targets.forget()


def test_another_interpreter(elsewhere: Target, python: Path) -> None:
    framework: Any = framework_for(elsewhere)
    assert (framework.evaluate(job("np.exp2(x)"), numbers(3)) == 8).all()
    assert framework.switches["fakes"] == "many"
    assert framework.ask("__import__('sys').prefix") == str(python.parent.parent)
    # Nothing of this interpreter's packages can be imported there, and of this project only its package.
    for module, there in (
        ("hypothesis", False),
        ("mpmath", False),
        ("execnet", False),
        ("oracles", False),
        ("fuzzer", False),
        ("ml_dtypes", True),
    ):
        found = f"__import__('importlib.util').util.find_spec({module!r}) is not None"
        assert framework.ask(found) is there, module
    folders = framework.ask("' '.join(__import__('sys').path)").split()
    assert not set(folders) & {path for path in sys.path if path.endswith("site-packages")}


def test_an_interpreter_that_lacks_the_framework(python: Path) -> None:
    config.declare(Config({"there": Spec("there", "jax", python=str(python), where="planted, target 1")}))
    try:
        with pytest.raises(ValueError, match=rf"^planted, target 1: {python} has no jax$"):
            targets_named("there")
    finally:
        config.forget()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (None, "there is no interpreter"),
        ("#!/bin/sh\nexit 1\n", "does not answer like a Python interpreter"),
        ("text", "is not executable"),
    ],
)
def test_a_python_that_is_none(tmp_path: Path, script: str | None, words: str) -> None:
    path = tmp_path / "python"
    if script:
        path.write_text(script)
        path.chmod(0o755 if script.startswith("#!") else 0o644)
    config.declare(Config({"there": Spec("there", "numpy", python=str(path), where="planted, target 1")}))
    try:
        with pytest.raises(ValueError, match=rf"^planted, target 1: .*{words}"):
            targets_named("there")
    finally:
        config.forget()


def test_a_host_that_does_not_start_says_why(tmp_path: Path, registered: None) -> None:
    launcher = tmp_path / "python"
    launcher.write_text("#!/bin/sh\necho 'libpython.so: cannot open shared object file' >&2\nexit 127\n")
    launcher.chmod(0o755)
    made = targets.hosted(FAKE)
    made.process.launch = type(made.process.launch)(str(launcher))
    with pytest.raises(FrameworkError, match=r"^Unsupported: fake:cpu:eager does not start in .*: libpython.so: cannot open"):
        made.evaluate(job("x"), numbers())


def test_an_interpreter_that_hangs_when_it_starts(tmp_path: Path, registered: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from ulpfuzz.fuzzer.frameworks.hosts import process

    monkeypatch.setattr(process, "STARTUP", 0.5)
    launcher = tmp_path / "python"
    launcher.write_text("#!/bin/sh\nsleep 3600\n")
    launcher.chmod(0o755)
    made = targets.hosted(FAKE)
    made.process.launch = type(made.process.launch)(str(launcher))
    with pytest.raises(FrameworkError, match=r"^Unsupported: fake:cpu:eager does not start in "):
        made.evaluate(job("x"), numbers())


def test_the_far_side_imports_only_what_another_interpreter_has() -> None:
    """And runs on Python 3.10: nothing newer may be imported there."""
    script = textwrap.dedent("""
        import sys
        before = set(sys.modules)
        import ulpfuzz.fuzzer.frameworks.hosts.host_main
        fresh = {name.partition('.')[0] for name in set(sys.modules) - before}
        print(sorted(fresh - set(sys.stdlib_module_names)))
        print(sorted(name for name in sys.modules if name.startswith('ulpfuzz.fuzzer.')))
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    packages, ours = done.stdout.splitlines()
    assert {name for name in eval(packages) if not name.startswith("_")} == {"ulpfuzz", "numpy", "ml_dtypes"}
    pure = {
        "ulpfuzz.fuzzer", "ulpfuzz.fuzzer.case", "ulpfuzz.fuzzer.errors", "ulpfuzz.fuzzer.formats", "ulpfuzz.fuzzer.catalog",
        "ulpfuzz.fuzzer.catalog.axes", "ulpfuzz.fuzzer.catalog.op", "ulpfuzz.fuzzer.frameworks",
        "ulpfuzz.fuzzer.frameworks.backends", "ulpfuzz.fuzzer.frameworks.hosts",
    }  # fmt: skip
    there = {name.removeprefix("ulpfuzz.fuzzer.frameworks.") for name in eval(ours) if name not in pure}
    assert there == {"framework", "in_process", "own_functions", "backends.expression", "backends.unsupported", "hosts.host_main"}
