"""The measures of the house: python -m tests.house

Prints the largest number of parameters in judge and evaluation (goal: 6 at most), functions over 60 lines and files over 400 lines in fuzzer
and oracles (0), circles of imports between modules (0), `Any` per 100 lines (below 1.5), and comments per 100 lines of code in judge, oracle
and search (8 or more).
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("fuzzer", "oracles")
#: What a batch passes through on its way to its verdicts.
EVALUATION = (
    "fuzzer/judge", "fuzzer/evaluation/evaluator.py", "fuzzer/evaluation/references.py", "fuzzer/evaluation/calls.py", "oracles/oracle.py",
    "oracles/question.py", "oracles/tiers",
)  # fmt: skip
COMMENTED = ("fuzzer/judge", "oracles/oracle.py", "oracles/question.py", "oracles/tiers", "fuzzer/search/search.py")
PARAMETERS, FUNCTION_LINES, FILE_LINES = 6, 60, 400


@dataclass(frozen=True)
class Source:
    """A module."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        return [node for node in ast.walk(self.tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]

    @property
    def comments(self) -> int:
        """Lines with a comment that says something; what steers a tool is none."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        said = [t for t in tokens if t.type == tokenize.COMMENT and not re.match(r"#\s*(fmt:|type:|noqa)", t.string)]
        return len({t.start[0] for t in said})

    @property
    def code_lines(self) -> int:
        """Lines that are neither blank nor of a docstring nor a comment alone."""
        docstrings: set[int] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
                docstrings.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        numbered = enumerate(self.text.splitlines(), 1)
        return sum(bool(line.strip()) and not line.strip().startswith("#") and n not in docstrings for n, line in numbered)

    @property
    def imports(self) -> Iterator[str]:
        """Modules of ours that are imported when this one is; what a function imports waits until it is called."""
        for node in self.tree.body:
            if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                module = node.module.removeprefix("ulpfuzz.")
                yield module
                yield from (f"{module}.{alias.name}" for alias in node.names)
            elif isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)


def sources(*rooms: str) -> list[Source]:
    found = [path for room in rooms for path in ([ROOT / room] if room.endswith(".py") else sorted((ROOT / room).rglob("*.py")))]
    return [Source(path) for path in found]


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Without self and cls."""
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


def circles(modules: list[Source]) -> list[list[str]]:
    """Sets of modules that import one another, however far around."""
    names = {source.name.removesuffix(".py").removesuffix("/__init__").replace("/", "."): source for source in modules}
    graph = {name: {other for other in source.imports if other in names and other != name} for name, source in names.items()}
    reach: dict[str, set[str]] = {}
    for name, imported in graph.items():
        seen: set[str] = set()
        waiting = list(imported)
        while waiting:
            other = waiting.pop()
            if other not in seen:
                seen.add(other)
                waiting += graph[other]
        reach[name] = seen
    found = {tuple(sorted(o for o in names if o in reach[name] and name in reach[o])) for name in names if name in reach[name]}
    return [list(circle) for circle in sorted(found)]


def main() -> int:
    house = sources(*ROOMS)
    wide = [(parameters(f), f"{s.name}:{f.lineno} {f.name}") for s in sources(*EVALUATION) for f in s.functions]
    long = [((f.end_lineno or 0) - f.lineno + 1, f"{s.name}:{f.lineno} {f.name}") for s in house for f in s.functions]
    files = [(s.lines, s.name) for s in house]
    print(f"largest number of parameters in judge and evaluation: {max(wide)[0]} (at most {PARAMETERS})")
    _list([each for each in wide if each[0] > PARAMETERS])
    print(f"functions over {FUNCTION_LINES} lines: {sum(n > FUNCTION_LINES for n, _ in long)} (0)")
    _list([each for each in long if each[0] > FUNCTION_LINES])
    print(f"files over {FILE_LINES} lines: {sum(n > FILE_LINES for n, _ in files)} (0)")
    _list([each for each in files if each[0] > FILE_LINES])
    found = circles(house)
    print(f"circles of imports: {len(found)} (0)")
    _list([(len(circle), ", ".join(circle)) for circle in found])
    lines = sum(n for n, _ in files)
    untyped = sum(len(re.findall(r"\bAny\b", s.text)) for s in house)
    print(f"Any per 100 lines: {100 * untyped / lines:.2f} (below 1.5)")
    for room in ROOMS:
        mine = sources(room)
        share = 100 * sum(len(re.findall(r"\bAny\b", s.text)) for s in mine) / sum(s.lines for s in mine)
        print(f"  {room}: {share:.2f}")
    said = sources(*COMMENTED)
    print(
        f"comments per 100 lines of code in judge, oracle, search: {100 * sum(s.comments for s in said) / sum(s.code_lines for s in said):.1f} (8)"
    )
    return 0


def _list(found: list[tuple[int, str]]) -> None:
    for number, name in sorted(found, reverse=True):
        print(f"  {number:5}  {name}")


if __name__ == "__main__":
    sys.exit(main())
