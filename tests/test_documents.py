"""The documents say what the code has: names, floors, the guide's example."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

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
    lines = (ROOT / "docs/glossary.md").read_text().splitlines()
    rows = [re.split(r"(?<!\\)\|", line.strip("|"))[:2] for line in lines if line.startswith("| ")]
    return [(word.strip(), meaning.strip()) for word, meaning in rows[1:]]


def test_every_name_of_the_glossary_is_in_the_code() -> None:
    text = "\n".join(f"{word} {meaning}" for word, meaning in glossary())
    quoted = {part for name in re.findall(r"`([^`]+)`", text) for part in re.split(r"[.:]", name)}
    assert quoted - names_in_code() == set()


def test_the_glossary_is_alphabetical_and_says_each_word_once() -> None:
    words = [word.replace("`", "").lower() for word, _ in glossary()]
    assert words == sorted(words)
    assert len(set(words)) == len(words)
