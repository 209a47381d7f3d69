"""A program to trace: `python train.py --epochs 1` taken apart, checked, and run in a child."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ulpfuzz.fuzzer.errors import UserError

EXAMPLE = "as in `ulpfuzz trace -- python train.py`"
#: Options of the interpreter that take a word of their own.
_WITH_WORD = ("-W", "-X", "--check-hash-based-pycs")


@dataclass(frozen=True)
class Program:
    """python: the interpreter; options: its own; run: script, module or code; arguments: the program's."""

    python: str
    options: tuple[str, ...]
    run: dict[str, str]
    arguments: tuple[str, ...]

    @staticmethod
    def of(command: Sequence[str]) -> Program:
        """Of a command line. Raises UserError in one line: no Python, no program, a file that is missing."""
        if not command:
            raise UserError(f"name the program to trace, {EXAMPLE}")
        python = shutil.which(command[0])
        if not os.path.basename(command[0]).lower().startswith(("python", "pypy")):
            script = command[0].endswith(".py")
            raise UserError(
                f"{command[0]} is a script, no interpreter: `ulpfuzz trace -- python {command[0]}`" if script
                else f"{command[0]} is no Python interpreter: only Python programs can be traced, {EXAMPLE}"
            )  # fmt: skip
        if python is None:
            raise UserError(f"{command[0]}: there is no such interpreter")
        rest, options = list(command[1:]), []
        while rest and rest[0].startswith("-") and rest[0] not in ("-m", "-c", "-"):
            options.append(rest.pop(0))
            if options[-1] in _WITH_WORD and rest:
                options.append(rest.pop(0))
        return Program(python, tuple(options), *_program(rest))

    def traced(self, settings: dict[str, Any], *, quiet: bool) -> tuple[int, dict[str, Any]]:
        """Its exit status, and what the trace left: {"result", "text"}. quiet: its output goes to standard error. Raises UserError where the
        interpreter has no ulpfuzz."""
        with tempfile.TemporaryDirectory(prefix="ulpfuzz-trace-") as folder:
            result = Path(folder) / "result.json"
            told = json.dumps({
                **settings, "result": str(result), "run": self.run, "root": _root(), "path": os.environ.get("PYTHONPATH"),
            })  # fmt: skip
            code = "import runpy; runpy.run_module('ulpfuzz.fuzzer.trace.child', run_name='__main__')"
            out = sys.stderr if quiet else None
            sys.stdout.flush()
            started = [self.python, *self.options, "-c", code, told, *self.arguments]
            status = subprocess.run(started, stdout=out, check=False, env=_environment()).returncode
            if not result.exists():
                has = [self.python, "-c", "import ulpfuzz.fuzzer.trace.trace"]
                tried = subprocess.run(has, capture_output=True, text=True, check=False, env=_environment())
                if tried.returncode:
                    said = (tried.stderr.strip().splitlines() or [""])[-1]
                    raise UserError(f"{self.python} has no ulpfuzz that works ({said}): install it into that environment")
                raise UserError(f"the program ended with status {status} before its trace was written")
            return status, json.loads(result.read_text(encoding="utf-8"))


def _program(rest: list[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    if not rest or rest[0] == "-":
        raise UserError(f"name the program to trace, {EXAMPLE}; standard input cannot be traced")
    if rest[0] in ("-m", "-c"):
        if len(rest) < 2:
            raise UserError(f"{rest[0]} needs {'a module' if rest[0] == '-m' else 'code'}")
        return {"module" if rest[0] == "-m" else "code": rest[1]}, tuple(rest[2:])
    if not Path(rest[0]).exists():
        raise UserError(f"{rest[0]}: there is no such file")
    return {"script": rest[0]}, tuple(rest[1:])


def _root() -> str:
    """The folder of a clone, by which the child finds the same ulpfuzz; empty for an installed one."""
    root = str(Path(__file__).resolve().parents[2])
    return root if os.path.exists(os.path.join(root, "ulpfuzz", "__init__.py")) else ""


def _environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, (_root(), os.environ.get("PYTHONPATH", ""))))
    return {**os.environ, "PYTHONPATH": path} if path else dict(os.environ)
