"""The documents say what the code has: names, floors, the guide's example."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("fuzzer", "oracles", "reports", "corpus")


@cache
def names_in_code() -> frozenset[str]:
    """Every name that the code binds or reads, every module, and every string constant."""
    return frozenset(name for room in ROOMS for path in (ROOT / room).rglob("*.py") for name in _names(path))


def _names(path: Path) -> Iterator[str]:
    yield from (path.stem, path.parent.name)
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case (
                ast.ClassDef(name=name)
                | ast.FunctionDef(name=name)
                | ast.arg(arg=name)
                | ast.Name(id=name)
                | ast.Attribute(attr=name)
            ):
                yield name
            case ast.Constant(value=str(name)):
                yield name


def glossary() -> list[tuple[str, str]]:
    """(word, meaning) of each line of the table."""
    lines = (ROOT / "docs/reference/glossary.md").read_text().splitlines()
    rows = [re.split(r"(?<!\\)\|", line.strip("|"))[:2] for line in lines if line.startswith("| ")]
    return [(word.strip(), meaning.strip()) for word, meaning in rows[1:]]


def test_every_name_of_the_glossary_is_in_the_code() -> None:
    text = "\n".join(f"{word} {meaning}" for word, meaning in glossary())
    quoted = {part for name in re.findall(r"`([^`]+)`", text) for part in re.split(r"[.:]", name)}
    assert quoted - names_in_code() == set()


@pytest.mark.parametrize("document", ["explanation/architecture.md", "reference/error-model.md"])
def test_every_name_of_a_document_is_in_the_code(document: str) -> None:
    quoted = re.findall(r"`([A-Za-z_][\w.]*)`", (ROOT / "docs" / document).read_text())
    assert {name for name in quoted if not set(name.split(".")) & names_in_code()} == set()


def test_the_glossary_is_alphabetical_and_says_each_word_once() -> None:
    words = [word.replace("`", "").lower() for word, _ in glossary()]
    assert words == sorted(words)
    assert len(set(words)) == len(words)


def test_every_decision_has_a_status_and_a_consequence() -> None:
    decisions = re.split(r"^### ", (ROOT / "docs/explanation/decisions.md").read_text(), flags=re.MULTILINE)[1:]
    for decision in decisions:
        title, dated, *rest = decision.split("\n## ")[0].strip().split("\n\n")
        assert re.fullmatch(r"\*\d{4}-\d\d-\d\d, .*\.\*", dated), title
        assert rest[-1].startswith("**Consequence:** "), title


def test_every_document_that_is_named_is_there() -> None:
    """In code, tests, workflows and documents: a page that moves leaves no dead name."""
    folders = (*ROOMS, "ulpfuzz", "tests", "docs", "deploy", ".github")
    files = [
        path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".md", ".yml", ".yaml", ".sh")
    ]
    dead = set()
    for path in [*files, *ROOT.glob("*.md"), ROOT / "Makefile", ROOT / "pyproject.toml"]:
        for name in re.findall(r"\bdocs/[\w/-]+\.(?:md|png|py)\b", path.read_text(encoding="utf-8")):
            if not (ROOT / name).exists():
                dead.add(f"{path.relative_to(ROOT)}: {name}")
    assert dead == set()


# The floors of the house


def floors() -> dict[str, int]:
    """The floor of each room of CONTRIBUTING's table; a room is a folder or a module, by its dotted name."""
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    return {room.removesuffix(".py").replace("/", "."): int(n) for n, rooms in rows for room in re.findall(r"`([^`]+)`", rooms)}


@cache
def imports() -> dict[str, set[str]]:
    """The modules of this project that each of them imports, inside functions too."""
    paths = {".".join(p.relative_to(ROOT).with_suffix("").parts): p for room in ROOMS for p in (ROOT / room).rglob("*.py")}
    modules = {name.removesuffix(".__init__"): path for name, path in paths.items()}
    return {name: {used for used in _imported(path, modules) if used != name} for name, path in modules.items()}


def _imported(path: Path, modules: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (name for alias in names if (name := alias.name.removeprefix("ulpfuzz.")) in modules)
            case ast.ImportFrom(module=str(full_name), names=names):
                module = full_name.removeprefix("ulpfuzz.")
                for alias in names:
                    full = f"{module}.{alias.name}"
                    yield from [full] if full in modules else [module] if module in modules else []


def test_a_room_imports_lower_floors_only() -> None:
    table = floors()

    def room(module: str) -> str:
        parts = module.split(".")
        return max((name for k in range(len(parts)) if (name := ".".join(parts[: k + 1])) in table), key=len, default="")

    assert {module for module in imports() if not room(module)} == {"corpus"}  # an empty package
    wrong = [
        f"{module} imports {used}"
        for module, all_used in imports().items()
        for used in all_used
        if room(module) and room(used) != room(module) and not table[room(used)] < table[room(module)]
    ]
    assert wrong == []


#: (importer, imported): these imports, for annotations only, close a circle; most are of a number that names its arithmetic. The list may shrink.
CIRCLES = {
    ("oracles.enclosure", "oracles.arithmetic.ball_operations"),
    ("oracles.arithmetic.enclosing", "oracles.arithmetic.ball64"),
    ("oracles.arithmetic.log_ball", "oracles.arithmetic.log_operations"),
    ("oracles.arithmetic.node", "oracles.arithmetic.tape"),
    ("fuzzer.frameworks.targets.launch", "fuzzer.frameworks.targets.target"),
    ("fuzzer.evaluation.peers", "fuzzer.evaluation.evaluator"),
}


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: used - {other for by, other in CIRCLES if by == module} for module, used in imports().items()}
    done = set[str]()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path, module))
        if module not in done:
            for used in sorted(graph[module]):
                visit(used, (*path, module))
            done.add(module)

    for module in graph:
        visit(module, ())
    assert not {(by, used) for by, used in CIRCLES if used not in imports()[by]}, "a circle is gone: take it from the list"
