"""Ctrl-C, SIGTERM and SIGHUP end a run as interrupted, silently and wholly; output that cannot be written ends nothing."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from commands import ENDLESS, LONGEST, SHORT, command, of_ops, plugins_in

from ulpfuzz.fuzzer.findings.store import Store

#: Of the command's process alone: once it has stored something, the next collection sends it a signal.
CALLBACK = """
import gc, os, signal, threading

sent = []

def send(phase, info):
    listens = signal.getsignal(signal.SIGINT) not in (signal.SIG_DFL, signal.SIG_IGN, signal.default_int_handler)
    here = threading.current_thread() is threading.main_thread()  # which hears it
    if here and listens and not sent and os.path.exists("stored"):
        sent.append(os.kill(os.getpid(), signal.SIGINT))
        for _ in range(1000):  # here the signal is heard
            pass

gc.callbacks.append(send)
"""
STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


@pytest.mark.parametrize(("number", "times"), [(signal.SIGINT, 1), (signal.SIGINT, 5), (signal.SIGTERM, 1), (signal.SIGHUP, 1)])
def test_a_signal_ends_a_run_as_interrupted(number: signal.Signals, times: int, tmp_path: Path) -> None:
    with command(tmp_path, *ENDLESS, "--budget", "100M") as run:
        run.wait_for(1)
        for _ in range(times):
            run.send(number)
            time.sleep(0.1)
        status, out, err = run.end()
        assert status == STATUS[number], err
        assert "Traceback" not in out + err
        record = run.run()
        assert record.state == "interrupted"
        assert record.verdicts > 0
        assert [line for line in err.splitlines() if f"--resume {record.id}" in line] == [err.splitlines()[-1]]
        assert run.left() == ([], [])


@pytest.mark.parametrize(("after", "times"), [(0.0, 1), (1.5, 5), (4.0, 1)])
def test_ctrl_c_while_a_run_starts_ends_it_silently(after: float, times: int, tmp_path: Path) -> None:
    with command(tmp_path, *ENDLESS, "--budget", "100M") as run:
        run.wait_until_it_listens()
        began = time.monotonic()
        while time.monotonic() < began + after:
            run.look()
            time.sleep(0.05)
        for _ in range(times):
            if run.process.poll() is None:
                run.send(signal.SIGINT)
            time.sleep(0.05)
        status, _, err = run.end()
        assert "Traceback" not in err
        assert status == 130, err
        assert run.left() == ([], [])


def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    """As under nohup."""
    with command(tmp_path, *ENDLESS, "--budget", "100M", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as run:
        run.wait_for(1)
        run.send(signal.SIGHUP)
        time.sleep(1.0)
        assert run.process.poll() is None
        run.send(signal.SIGINT)
        assert run.end()[0] == 130


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_full_disk_under_the_output_does_not_end_a_run(stream: str, tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    with open("/dev/full", "w") as full, command(tmp_path, *SHORT, "--budget", "20k", url="", **{stream: full}) as run:
        status, _, err = run.end()
        assert run.run().state == "finished"
        assert run.run().verdicts >= 20_000
        assert status == 2
        assert "Traceback" not in err
        if stream == "stdout":
            assert "standard output could not be written: No space left on device" in err
        assert run.left() == ([], [])


def test_a_pipe_that_nobody_reads_any_more_does_not_end_a_run(tmp_path: Path) -> None:
    with command(tmp_path, *SHORT, "--budget", "20k") as run:
        for pipe in (run.process.stdout, run.process.stderr):
            assert pipe is not None
            pipe.close()
        run.process.stdout = run.process.stderr = None
        run.process.wait(LONGEST)
        record = run.run()
        assert (record.state, record.verdicts >= 20_000) == ("finished", True)
        assert run.left() == ([], [])


def test_a_reader_that_leaves_after_one_line_changes_neither_the_run_nor_its_exit_status(tmp_path: Path) -> None:
    """`ulpfuzz run --fail-on any | head -1`."""
    words = of_ops("faulty_exp")
    with command(tmp_path, *words, "--budget", "60k", "--fail-on", "any") as run:
        assert run.process.stdout is not None
        assert run.process.stdout.readline() == "seed 1, budget 60k\n"
        run.process.stdout.close()
        run.process.stdout = None
        status, _, err = run.end()
        record = run.run()
        assert (status, record.state, record.verdicts >= 60_000) == (1, "finished", True), err
        assert "Traceback" not in err
        with Store(run.url) as store:
            assert store.findings(record.id)
            assert store.defects()
        assert run.left() == ([], [])


def test_a_signal_that_comes_in_a_callback_of_the_garbage_collector_ends_a_run(tmp_path: Path) -> None:
    """Python ignores what such a callback raises, and distributed has one."""
    (plugins_in(tmp_path) / "sitecustomize.py").write_text(CALLBACK)
    with command(tmp_path, *ENDLESS, "--budget", "100M") as run:
        run.wait_for(1)
        (tmp_path / "stored").touch()
        status, _, err = run.end()
        assert "Exception ignored in" in err
        assert status == STATUS[signal.SIGINT], err
        record = run.run()
        assert record.state == "interrupted"
        assert record.verdicts > 0
        assert f"--resume {record.id}" in err.splitlines()[-1]
