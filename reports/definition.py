"""Definition: the source of a function with all that it needs, picked from its modules, for a script to carry."""

from __future__ import annotations

import ast
import builtins
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from types import CodeType, FunctionType
from typing import Any

#: Packages that a script imports; of every other one it carries what is needed.
IMPORTED = frozenset({*sys.stdlib_module_names, "mpmath", "numpy"})
#: Decorators that register a function and change nothing.
REGISTERS = ("define",)
#: Names that a script has for itself.
_TAKEN = """
agreed along answer approach before call digamma divide erfinv error evaluate exact exp flat found high jax jnp less limits log_gamma low math
moved mp mpf np numbers os partial polygamma real real_power recomputed right rows special sys tendency tensor tf torch true truth ulp ulps
value versions with_number wrong
"""
TAKEN = frozenset(_TAKEN.split())
#: The name of the arithmetic that definitions are written over.
ARITHMETIC = "m"
_FUNCTIONS = (ast.FunctionDef, ast.Lambda)
_COMMENT = re.compile(r"[ \t]+# (?:noqa|fmt|type|pragma)\b[^\n]*")


@dataclass(frozen=True)
class Definition:
    """A function as source. name: what it is called there; imports: the statements that it needs; asks: the names that it takes of the
    arithmetic m; divides: whether it divides by a number."""

    name: str
    text: str
    imports: tuple[str, ...] = ()
    asks: frozenset[str] = frozenset()
    divides: bool = False


def definition_of(*functions: Callable[..., Any], name: str = "") -> Definition:
    """The source of functions and of all that they need, in the order in which it must stand; the last gives the name, or is given it.

    A module's source is read and parsed once. Closures are written as their own source after what they hold: numbers, strings, tuples of them,
    and functions. Raises ValueError for a function that has no source or holds something else.
    """
    gathered = _Gathered()
    last = ""
    for function in functions:
        last = gathered.function(function, name if function is functions[-1] else "")
    return Definition(last, _spaced(gathered.texts), tuple(sorted(gathered.imports)), frozenset(gathered.asks), gathered.divides)


def _spaced(texts: list[str]) -> str:
    """Two blank lines around functions, one line after another where they are short."""
    text = ""
    for before, now in zip(["", *texts], texts, strict=False):
        short = "\n" not in before + now and before
        text += f"\n{now}" if short else f"\n\n\n{now}" if text else now
    return text


@dataclass(frozen=True)
class _Module:
    """A module's source, as bytes because the parser counts them, with what it binds at its top and where each function stands."""

    name: str
    text: bytes
    lines: list[bytes]
    starts: list[int]
    bound: dict[str, ast.stmt]
    functions: list[ast.FunctionDef | ast.Lambda]

    def offset(self, line: int, column: int) -> int:
        return self.starts[line - 1] + column

    def span(self, node: Any) -> tuple[int, int]:
        """Where a node's text begins and ends, its decorators included."""
        first = min(
            [(node.lineno, node.col_offset)] + [(d.lineno, d.col_offset - 1) for d in getattr(node, "decorator_list", [])]
        )
        return self.offset(*first), self.offset(node.end_lineno, node.end_col_offset)


@cache
def _module(name: str) -> _Module:
    """The source of an imported module, parsed once."""
    module = sys.modules.get(name)
    path = getattr(module, "__file__", None)
    if not path:
        raise ValueError(f"the module {name} has no source")
    with open(path, "rb") as file:
        text = file.read()
    tree = ast.parse(text)
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    bound = {target: node for node in tree.body for target in _binds(node)}
    return _Module(name, text, lines, starts, bound, [n for n in ast.walk(tree) if isinstance(n, _FUNCTIONS)])


def _binds(node: ast.stmt) -> list[str]:
    """The names that a statement gives to its module."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [(a.asname or a.name).split(".")[0] for a in node.names]
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)]
    return []


@dataclass
class _Gathered:
    """What has been written so far."""

    texts: list[str] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    asks: set[str] = field(default_factory=set)
    divides: bool = False
    names: dict[Any, str] = field(default_factory=dict)

    def function(self, function: Any, wanted: str = "") -> str:
        """Writes a function; returns the name that it has."""
        whole = getattr(function, "__wrapped__", function)
        if not isinstance(whole, FunctionType):
            raise ValueError(f"{function!r} has no source")
        module = _module(whole.__module__)
        top = module.bound.get(whole.__name__)
        if isinstance(top, ast.FunctionDef) and not whole.__closure__ and _first_line(top) == whole.__code__.co_firstlineno:
            return self.bound(module, whole.__name__, wanted)
        key = (whole.__code__, tuple(map(_key, _held(whole).values())))
        if key not in self.names:
            node = _node_of(module, whole.__code__)
            read = {*_loads(node)} - {part.args[1].id for part in ast.walk(node) if _takes_by_name(part)}  # type: ignore[attr-defined]
            renamed = {name: self.value(name, value) for name, value in _held(whole).items() if name in read}
            self._write(module, node, key, wanted or _plain(whole.__name__), renamed, _held(whole), whole.__doc__ or "")
        return self.names[key]

    def value(self, name: str, value: Any) -> str:
        """Writes what a closure holds under a name; returns the name that it has."""
        if isinstance(value, FunctionType):
            return self.function(value, name if value.__name__ == "<lambda>" else "")
        if not _literal(value):
            raise ValueError(f"a closure holds {name} = {value!r}, which cannot be written down")
        if ("value", name, _key(value)) not in self.names:
            self._name(("value", name, _key(value)), name)
            if any(isinstance(v, Fraction) for v in (value, *(value if isinstance(value, tuple) else ()))):
                self.imports.add("from fractions import Fraction")
            self.texts.append(f"{self.names['value', name, _key(value)]} = {value!r}")
        return self.names["value", name, _key(value)]

    def bound(self, module: _Module, name: str, wanted: str = "") -> str:
        """Writes what a module binds to a name; returns the name that it has."""
        key, node = (module.name, name), module.bound[name]
        if key in self.names:
            return self.names[key]
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            return self._imported(node, name)
        self._write(module, node, key, wanted or name, {}, {}, "")
        return self.names[key]

    def _imported(self, node: ast.Import | ast.ImportFrom, name: str) -> str:
        (alias,) = (a for a in node.names if (a.asname or a.name).split(".")[0] == name)
        source = node.module or "" if isinstance(node, ast.ImportFrom) else alias.name
        if source.split(".")[0] in IMPORTED:
            renamed = f" as {alias.asname}" if alias.asname else ""
            self.imports.add(
                f"from {source} import {alias.name}{renamed}" if isinstance(node, ast.ImportFrom) else f"import {source}{renamed}"
            )
            return name
        if not isinstance(node, ast.ImportFrom):
            raise ValueError(f"a script cannot carry the module {source}")
        return self.bound(_module(source), alias.name)

    def _name(self, key: Any, wanted: str) -> None:
        taken, name, n = {*self.names.values(), *TAKEN, ARITHMETIC}, wanted, 1
        while name in taken or (n == 1 and hasattr(builtins, name)):
            name = f"{wanted}_{n if n > 1 else ''}"
            n += 1
        self.names[key] = name

    def _write(
        self, module: _Module, node: Any, key: Any, wanted: str, renamed: dict[str, str], held: dict[str, Any], told: str
    ) -> None:
        """Writes a statement or lambda, after all that it needs. renamed: what its closure's names are called; held: what they are."""
        self._name(key, wanted)
        own = self.names[key]
        local = _local(node)
        for name in _loads(node):
            if name not in renamed and name not in local and name in module.bound and name != getattr(node, "name", None):
                renamed[name] = self.bound(module, name)
        if isinstance(node, ast.FunctionDef):
            renamed = {**renamed, node.name: own}
        edits = [*_edits(module, node, renamed, held)]
        edits += _told(module, node, own, told)
        text = _edited(module, node, edits)
        if isinstance(node, ast.Lambda):
            text = f"{own} = ({text})" if "\n" in text else f"{own} = {text}"
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and own != wanted:
            text = re.sub(rf"^{re.escape(wanted)}\b", own, text)
        self.texts.append(_COMMENT.sub("", text))
        self.asks |= _asked(node, held)
        self.divides = self.divides or any(isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div) for n in ast.walk(node))


def _held(function: FunctionType) -> dict[str, Any]:
    """What a closure holds, by name."""
    return {n: c.cell_contents for n, c in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)}


def _literal(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_literal, value))
    return value is None or isinstance(value, (bool, int, float, str, Fraction))


def _key(value: Any) -> Any:
    """Something hashable that tells values apart."""
    return (value.__code__, tuple(map(_key, _held(value).values()))) if isinstance(value, FunctionType) else repr(value)


def _plain(name: str) -> str:
    return name if name.isidentifier() else "function"


def _first_line(node: ast.FunctionDef) -> int:
    return min([node.lineno, *(d.lineno for d in node.decorator_list)])


def _node_of(module: _Module, code: CodeType) -> ast.FunctionDef | ast.Lambda:
    """The function or lambda that a code object was made of, by its lines, and of lambdas on one line by its columns."""
    for node in module.functions:
        if isinstance(node, ast.FunctionDef):
            if node.name == code.co_name and _first_line(node) == code.co_firstlineno:
                return node
        elif code.co_name == "<lambda>" and node.lineno == code.co_firstlineno and _holds(node.body, code):
            return node
    raise ValueError(f"the source of {code.co_qualname} is not found")


def _holds(body: ast.expr, code: CodeType) -> bool:
    """Whether all instructions of a code object stand within an expression, and begin and end with it."""
    places = [(a, c, b, d) for a, b, c, d in code.co_positions() if None not in (a, b, c, d) and (c, d) != (0, 0)]
    start, end = min((a, c) for a, c, _, _ in places), max((b, d) for _, _, b, d in places)
    return (body.lineno, body.col_offset) == start and (body.end_lineno, body.end_col_offset) == end


def _loads(node: ast.AST) -> list[str]:
    """The names that a node reads, in order; annotations and decorators that only register are left out."""
    found: dict[str, None] = {}
    for part in _needed(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            found[part.id] = None
    return list(found)


def _needed(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what stands in it, without annotations and registering decorators."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not (name == "decorator_list" and _registers(child)):
                yield from _needed(child)


def _registers(decorator: ast.AST) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Name) and called.id in REGISTERS


def _local(node: ast.AST) -> set[str]:
    """The names that a function binds itself: its arguments, what it assigns, and the functions in it."""
    if not isinstance(node, _FUNCTIONS):
        return set()
    names = {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    names |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names | {n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef) and n is not node}


def _asked(node: ast.AST, held: dict[str, Any]) -> set[str]:
    """What a node takes of the arithmetic: m.zeta, m.partial("zeta", ...), getattr(m, name)."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == ARITHMETIC:
            found.add(part.attr)
        elif isinstance(part, ast.Call) and _takes_by_name(part):
            found.add(held[part.args[1].id] if part.args[1].id in held else part.args[1].id)  # type: ignore[attr-defined]
        elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr == "partial":
            found |= {a.value for a in part.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str)}
    return found


def _takes_by_name(part: ast.AST) -> bool:
    """getattr(m, name)."""
    return (
        isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "getattr" and len(part.args) == 2
        and isinstance(part.args[0], ast.Name) and part.args[0].id == ARITHMETIC and isinstance(part.args[1], ast.Name)
    )  # fmt: skip


Edit = tuple[int, int, bytes]


def _edits(module: _Module, node: ast.AST, renamed: dict[str, str], held: dict[str, Any]) -> Iterator[Edit]:
    """What of a node's text is changed: names, m.exp for getattr(m, "exp"); annotations and registering decorators go."""
    for part in ast.walk(node):
        if _takes_by_name(part) and part.args[1].id in held:  # type: ignore[attr-defined]
            yield (*module.span(part), f"{ARITHMETIC}.{held[part.args[1].id]}".encode())  # type: ignore[attr-defined]
        elif isinstance(part, ast.Name) and renamed.get(part.id, part.id) != part.id:
            yield (*module.span(part), renamed[part.id].encode())
        elif isinstance(part, ast.arg) and part.annotation is not None:
            end = module.span(part.annotation)[1]
            default = module.text[end : end + 3] == b" = "
            yield (
                module.offset(part.lineno, part.col_offset) + len(part.arg.encode()),
                end + 3 * default,
                b"=" * default,
            )
        elif isinstance(part, ast.AnnAssign):
            yield module.span(part.target)[1], module.span(part.annotation)[1], b""
        if isinstance(part, ast.FunctionDef):
            yield from _header(module, part, renamed)


def _header(module: _Module, node: ast.FunctionDef, renamed: dict[str, str]) -> Iterator[Edit]:
    for decorator in node.decorator_list:
        if _registers(decorator):
            start, end = module.span(decorator)
            following = module.lines[decorator.end_lineno]  # type: ignore[index]
            yield start - 1, end + 1 + (len(following) - len(following.lstrip())), b""
    at = module.offset(node.lineno, node.col_offset) + len(b"def ")
    if renamed.get(node.name, node.name) != node.name:
        yield at, at + len(node.name.encode()), renamed[node.name].encode()
    if node.returns is not None:
        start, end = module.span(node.returns)
        arrow = module.text.rfind(b"->", 0, start)
        yield arrow - 1, end, b""


def _told(module: _Module, node: ast.AST, own: str, told: str) -> Iterator[Edit]:
    """The docstring that a factory gave its function."""
    if told and isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is None:
        at = module.offset(node.body[0].lineno, 0)
        quoted = " ".join(told.split()).replace("\\", "\\\\").replace('"""', "'''")
        yield at, at, b" " * node.body[0].col_offset + f'"""{quoted}"""\n'.encode()


def _edited(module: _Module, node: ast.AST, edits: list[Edit]) -> str:
    """A node's text with its edits, dedented. Of edits within another one the outer stands."""
    whole = module.text
    start, end = module.span(node)
    line = module.starts[node.lineno - 1] if not isinstance(node, ast.Lambda) else start  # type: ignore[attr-defined]
    start = min(start, line) if not isinstance(node, ast.Lambda) else start
    if isinstance(node, ast.FunctionDef):
        start = module.starts[_first_line(node) - 1]
    done: list[Edit] = []
    for edit in sorted(edits, key=lambda e: (e[0], -e[1])):
        if not done or edit[0] >= done[-1][1]:
            done.append(edit)
    for first, last, new in reversed(done):
        whole = whole[:first] + new + whole[last:] if first >= start and last <= end else whole
        end += len(new) - (last - first) if first >= start and last <= end else 0
    text = whole[start:end].decode()
    return text if isinstance(node, ast.Lambda) else textwrap.dedent(text).strip("\n")
