"""The child that `ulpfuzz trace` starts: runs a Python program as the interpreter would, traced, and leaves the result in a file."""

from __future__ import annotations

import json
import os
import runpy
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any


def main(arguments: list[str]) -> int:
    """arguments: one JSON object of settings (result, mode, frameworks, harvest, run, root, path), then the program's own. Returns the
    program's exit status."""
    settings = json.loads(arguments[0])
    if settings["root"]:
        _as_started(settings["root"], settings["path"])
    try:
        from ulpfuzz.fuzzer.findings.strict_json import jsonable
        from ulpfuzz.fuzzer.trace.trace import trace
    except ImportError:  # who started this child says it in one line (program.traced)
        return 2

    traced = trace(settings["mode"], settings["frameworks"], settings["harvest"])
    try:
        with traced:
            status = _run(settings["run"], arguments[1:])
    finally:
        told = {"result": jsonable(traced.result), "text": str(traced)}
        Path(settings["result"]).write_text(json.dumps(told), encoding="utf-8")
    return status


def _run(run: dict[str, str], arguments: list[str]) -> int:
    """Exit status of the program; a traceback is printed as the interpreter prints it."""
    try:
        if "module" in run:
            sys.argv = [run["module"], *arguments]
            sys.path.insert(0, os.getcwd())
            runpy.run_module(run["module"], run_name="__main__", alter_sys=True)
        elif "code" in run:
            sys.argv = ["-c", *arguments]
            sys.path.insert(0, "")
            main_module: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
            exec(compile(run["code"], "<string>", "exec"), main_module)
        else:
            sys.argv = [run["script"], *arguments]
            sys.path.insert(0, os.path.dirname(os.path.abspath(run["script"])))
            runpy.run_path(run["script"], run_name="__main__")
    except SystemExit as exit_:
        if exit_.code is None or isinstance(exit_.code, int):
            return exit_.code or 0
        print(exit_.code, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BaseException as error:
        traceback.print_exception(type(error), error, _own(error.__traceback__))
        return 1
    return 0


def _own(trace: TracebackType | None) -> TracebackType | None:
    """The traceback from the program's first frame on."""
    kept = trace
    while kept is not None and (kept.tb_frame.f_code.co_filename == __file__ or "runpy" in kept.tb_frame.f_code.co_filename):
        kept = kept.tb_next
    return kept or trace


def _as_started(root: str, path: str | None) -> None:
    """sys.path and PYTHONPATH as the program would have them without a trace: our folder, where it is a clone, comes last and in no child."""
    sys.path[:] = [p for p in sys.path if p not in ("", root)] + [root]
    if path is None:
        os.environ.pop("PYTHONPATH", None)
    else:
        os.environ["PYTHONPATH"] = path


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stdout.flush()
    sys.exit(status)
