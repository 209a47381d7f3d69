"""The far side of ulpfuzz.reports.script_run: imports what scripts need once, and runs each in a child of its own.

It is run as a file, in an environment that is set before it starts: `script_server.py SECONDS MODULE ...`. A line of standard input is the path of
a script; its output goes to the file of that name with .out at the end, and a line `path status seconds` to standard output. A
script that takes longer than that has status -9. No thread of a library may run when a child is made: a first operation starts them, an
import does not.
"""

import contextlib
import importlib
import os
import runpy
import signal
import sys
import time
import traceback
import warnings


def main() -> None:
    """Serves until standard input ends."""
    seconds, *modules = sys.argv[1:]
    for name in modules:
        with contextlib.suppress(Exception):  # a script that needs it says so itself
            importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the guards
    warnings.simplefilter("ignore")  # JAX warns of forks; none of its threads runs yet
    print("ready", len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1, flush=True)
    for line in sys.stdin:
        if os.fork() == 0:
            guard(line.strip(), float(seconds))


def guard(path: str, seconds: float) -> None:
    """Runs a script in a child and tells how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        run(path)
    status = None
    while status is None:
        ended, how = os.waitpid(child, os.WNOHANG)
        if ended:
            status = os.waitstatus_to_exitcode(how)
        elif time.monotonic() - start > seconds:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            status = -9
        else:
            time.sleep(0.005)
    os.write(1, f"{path} {status} {time.monotonic() - start:.3f}\n".encode())
    os._exit(0)


def run(path: str) -> None:
    """The script as its reader runs it: the main module, with standard output and errors of its own."""
    os.setsid()
    output = os.open(f"{path}.out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    warnings.resetwarnings()
    sys.argv = [path]
    status = 0
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
