"""Scripts of tests: a finding of somebody's function as a file that imports it, calls it once and compares it with the recomputed truth."""

from __future__ import annotations

import ast
import hashlib
import inspect
import os
import sys
import tempfile
import textwrap
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.testing.kernel import Kernel
from ulpfuzz.reports.minimal_script import minimal_script
from ulpfuzz.reports.script import script_for

#: The folder of a project that holds what tests of its functions leave behind.
FOLDER = ".ulpfuzz"
#: So that no version control takes it up.
_IGNORED = "# Made by ulpfuzz: scripts and worst cases of tests. Delete it at any time.\n*\n"


def write_script(finding: Finding, kernel: Kernel, folder: Path) -> tuple[Path | None, str]:
    """The path of the script, and "" or why there is none, in one line."""
    try:
        setup = imports_of(kernel)
        text = _text(finding, setup)
    except (UserError, ValueError, SyntaxError, OSError) as error:
        return None, str(error).splitlines()[0]
    digest = hashlib.sha256(text.encode()).hexdigest()[:6]
    name = "-".join([kernel.file_name, finding.op, finding.dtype, finding.order, finding.symptom, digest])
    path = folder / f"{name}.py"
    try:
        write_whole(path, text)
    except OSError as error:
        return None, f"{path} cannot be written: {error.strerror or error}"
    return path, ""


def _text(finding: Finding, setup: list[str]) -> str:
    try:
        return script_for(finding, setup=setup)
    except ValueError:  # of a definition whose source is not found
        plain = minimal_script(finding)
        if not plain:
            raise
        head, _, rest = plain.partition("bits = float.fromhex\n")
        return "\n".join([head.rstrip("\n"), *setup, f"bits = float.fromhex\n{rest}"])


def imports_of(kernel: Kernel) -> list[str]:
    """The statements that make the kernel's function known to a script by the name that its call uses: an import, or of a function inside another one
    its source. Raises UserError where there is neither."""
    if not kernel.batched:
        raise UserError(f"none: {kernel.name} is called row by row, as no script calls it")
    jax = sys.modules.get("jax") if kernel.target.framework == "jax" else None
    as_here = [] if jax is None else [f'jax.config.update("jax_enable_x64", {bool(jax.config.jax_enable_x64)})']
    found = _found(kernel.function)
    if found is None:
        return [*as_here, *_copied(kernel), f"{kernel.identifier} = {kernel.function.__name__}"]
    path, module, name = found
    root = _root(path, module)
    if root is not None:
        lines = [f"sys.path.insert(0, {str(root)!r})", "import importlib", f"owner = importlib.import_module({module!r})"]
    else:  # a file that is no module of its folder, as one that pytest imported by its path
        lines = ["import importlib.util", f"sys.path.insert(0, {str(path.parent)!r})"]
        lines += [f"spec = importlib.util.spec_from_file_location('tested', {str(path)!r})"]
        lines += ["owner = importlib.util.module_from_spec(spec)", "spec.loader.exec_module(owner)"]
    return [*as_here, *lines, f"{kernel.identifier} = owner.{name}"]


def _copied(kernel: Kernel) -> list[str]:
    """The source of a function that a module does not hold, where modules are all that it reads besides its arguments. Raises UserError."""
    function: Any = kernel.function
    if not isinstance(function, FunctionType) or function.__name__ == "<lambda>":
        raise UserError(f"none: {kernel.name} is no name of a module, which a script could import")
    read = {name: function.__globals__[name] for name in function.__code__.co_names if name in function.__globals__}
    others = [*function.__code__.co_freevars, *(name for name, value in read.items() if not isinstance(value, ModuleType))]
    if others:
        raise UserError(
            f"none: {kernel.name} is no name of a module, and reads {', '.join(others)}, which a script does not have"
        )
    try:
        source = textwrap.dedent(inspect.getsource(function))
        statement = ast.parse(source).body[0]
    except (OSError, SyntaxError, IndexError):
        raise UserError(f"none: the source of {kernel.name} is not found") from None
    if not isinstance(statement, ast.FunctionDef) or statement.decorator_list:
        raise UserError(f"none: {kernel.name} is no name of a module, and decorated where it is defined")
    return [*(f"import {value.__name__} as {name}" for name, value in read.items()), source.rstrip("\n")]


def _found(function: Any) -> tuple[Path, str, str] | None:
    """(file, module, dotted name) of a function that can be imported; None where none is."""
    for module in _modules(function):
        held = sys.modules.get(module)
        path = getattr(held, "__file__", None)
        if held is None or not path or not str(path).endswith(".py"):
            continue
        for name in _names(function, held):
            if _got(held, name) is function or _got(held, name) == function:
                return Path(path).resolve(), module, name
    return None


def _modules(function: Any) -> list[str]:
    """Where a function may be bound: its own module, that of its class, and every test or script that holds it."""
    own = [getattr(function, "__module__", None), type(function).__module__, "__main__"]
    owner = getattr(function, "__self__", None)
    own += [getattr(owner, "__module__", None)]
    holding = [name for name, module in list(sys.modules.items()) if _holds(module, function)]
    return list(dict.fromkeys([name for name in own if isinstance(name, str)] + holding))


def _holds(module: Any, function: Any) -> bool:
    try:
        return any(value is function for value in vars(module).values())
    except (TypeError, RuntimeError):
        return False


def _names(function: Any, module: Any) -> list[str]:
    own = getattr(function, "__qualname__", "")
    owner = getattr(function, "__self__", None)
    inherited = [f"{owner.__qualname__}.{own.rpartition('.')[2]}"] if isinstance(owner, type) else []
    bound = [name for name, value in vars(module).items() if value is function]
    return [name for name in (*bound, *inherited, own) if name and "<" not in name]


def _got(module: Any, name: str) -> Any:
    value = module
    for part in name.split("."):
        value = getattr(value, part, None)
    return value


def _root(path: Path, module: str) -> Path | None:
    """The folder from which the module is imported by its name; None where its name is not its path."""
    parts = module.split(".")
    file = path.parent if path.name == "__init__.py" else path.with_suffix("")
    if module == "__main__" or list(file.parts[-len(parts) :]) != parts:
        return None
    return Path(*file.parts[: -len(parts)])


def write_whole(path: Path, text: str) -> None:
    """Writes a file of the folder as a whole: who reads it beside other processes finds all of it or what was there before. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    top = next((folder for folder in (path.parent, *path.parents) if folder.name == FOLDER), path.parent)
    ignore = top / ".gitignore"
    if not ignore.exists():
        ignore.write_text(_IGNORED, encoding="utf-8")
    handle, name = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
