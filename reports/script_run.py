"""Scripts are run before they are shown: each once, as its reader would, and what it says is kept.

One script is run in a fresh interpreter. Many are run in children of a server per framework that has imported what they import and done nothing
else (`script_server`): that they end alike is tested, and docs/explanation/decisions.md says why.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: The most seconds that a script is given.
SECONDS = 60.0
#: Modules whose import costs more than a script's own work.
HEAVY = ("torch", "tensorflow", "jax")
#: The exit status of a script that has no verdict, and what it prints where that is not for want of a framework or device.
MISSING, RAISED = 2, "the call raises"
#: How Python says that an interpreter lacks a library: another one than that of ulpfuzz need not have what scripts compare with.
ABSENT = tuple(f"ModuleNotFoundError: No module named {name!r}" for name in ("mpmath", "numpy", "ml_dtypes"))
#: What a script prints that shows its defect.
SHOWN = "DEFECT"


@dataclass(frozen=True)
class Ran:
    """How a script ended. status: its exit status, -9 where it took too long. says: its last line."""

    status: int
    says: str
    seconds: float
    output: str = ""

    @property
    def confirmed(self) -> bool:
        """Whether it showed the defect: status 1 alone is what a traceback has, too."""
        return self.status == 1 and self.says.startswith(SHOWN)

    @property
    def verdict(self) -> str:
        """What a finding says of its script; "" where what it needs is not here, so that it is not run yet."""
        missing = (self.status == MISSING and RAISED not in self.says) or self.says.startswith(ABSENT)
        return "confirmed" if self.confirmed else "" if missing else "unconfirmed"


def run_fresh(text: str, interpreter: str = sys.executable, seconds: float = SECONDS) -> Ran:
    """A script in an interpreter of its own, where nothing of this project can be imported."""
    with tempfile.TemporaryDirectory(prefix="ulpfuzz-") as folder:
        path = Path(folder, "script.py")
        path.write_text(text, encoding="utf-8")
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        start = time.monotonic()
        try:
            done = subprocess.run(
                [interpreter, str(path)], check=False, capture_output=True, text=True, errors="replace", cwd=folder, env=environment,
                timeout=seconds,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Ran(-9, f"it took longer than {seconds:g} seconds", time.monotonic() - start)
        except OSError as error:
            return Ran(2, f"{interpreter} does not run: {error.strerror or error}", 0.0)
        return _ran(done.returncode, done.stdout + done.stderr, time.monotonic() - start)


def run_all(
    texts: Mapping[str, str], *, until: float = float("inf"), processes: int | None = None, seconds: float = SECONDS
) -> Iterator[tuple[str, Ran]]:
    """Many scripts, by name, in about their order: (name, how it ended) as they end.

    until: the time (time.monotonic) after which no script is begun. processes: how many run at a time (default: the CPUs that there are). Scripts
    that start processes themselves, and all where there is no fork, run in fresh interpreters.
    """
    processes = processes or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    fresh: list[str] = []
    needs = {name: _needs(text) for name, text in texts.items()}
    for name, (environment, modules) in needs.items():
        if "subprocess" in modules or not hasattr(os, "fork"):
            fresh.append(name)
        else:
            kind = tuple(sorted({*environment.items(), *(("import", m) for m in modules if m in HEAVY)}))
            groups.setdefault(kind, []).append(name)
    for names in groups.values():
        environment = needs[names[0]][0]
        modules = sorted({m for n in names for m in needs[n][1]} | {"numpy", "mpmath"})
        left = dict.fromkeys(names)
        for name, ran in _served({n: texts[n] for n in names}, environment, modules, until, processes, seconds):
            del left[name]
            yield name, ran
        fresh += left
    for name in fresh:
        if time.monotonic() < until:
            yield name, run_fresh(texts[name], seconds=seconds + (180 if "subprocess" in needs[name][1] else 0))


def _served(
    texts: Mapping[str, str], environment: Mapping[str, str], modules: Sequence[str], until: float, processes: int, seconds: float
) -> Iterator[tuple[str, Ran]]:
    """Scripts in the children of one server; it ends early where the server does."""
    server_path = Path(__file__).with_name("script_server.py")
    with tempfile.TemporaryDirectory(prefix="ulpfuzz-") as folder:
        own = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | dict(environment)
        server = subprocess.Popen(
            [sys.executable, "-P", str(server_path), str(seconds), *modules], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, cwd=folder, env=own,
        )  # fmt: skip
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            if not server.stdout.readline().startswith("ready 1"):
                return
            waiting = iter(texts)
            running: dict[str, str] = {}
            while True:
                while len(running) < processes and time.monotonic() < until and (name := next(waiting, None)) is not None:
                    path = Path(folder, f"{len(running)}-{abs(hash(name))}.py")
                    path.write_text(texts[name], encoding="utf-8")
                    running[str(path)] = name
                    server.stdin.write(f"{path}\n")
                    server.stdin.flush()
                if not running:
                    return
                line = server.stdout.readline().split()
                if not line:
                    return
                said = Path(f"{line[0]}.out").read_text(encoding="utf-8", errors="replace")
                yield running.pop(line[0]), _ran(int(line[1]), said, float(line[2]))
        finally:
            server.kill()
            server.wait()


def _ran(status: int, output: str, seconds: float) -> Ran:
    lines = [line for line in output.splitlines() if line.strip()]
    shown = [line for line in lines if line.startswith(SHOWN)]
    says = f"it took longer than {seconds:.0f} seconds" if status == -9 else (shown or lines or ["it says nothing"])[-1]
    return Ran(status, says, seconds, output)


def _needs(text: str) -> tuple[dict[str, str], list[str]]:
    """The environment variables that a script sets, and the modules that it imports."""
    environment: dict[str, str] = {}
    modules: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript) and isinstance(node.value, ast.Constant):
            if ast.unparse(node.targets[0].value) == "os.environ":
                environment[ast.literal_eval(node.targets[0].slice)] = str(node.value.value)
        elif isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
    return environment, modules
