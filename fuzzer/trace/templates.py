"""Templates: which primitive of a framework each plain name of the rule book is, by running what the name is there and looking at what answers.

Nothing is written by hand but operators, which have no name.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ulpfuzz.fuzzer.casework.advice import language
from ulpfuzz.fuzzer.trace.graph import Foreign

#: Plain expressions with what is the same over a framework's arrays; NUMBER stands for b where b is a number.
OPERATORS = (
    ("a + b", "a + b"), ("a - b", "a - b"), ("a * b", "a * b"), ("a / b", "a / b"), ("a ** b", "a ** b"), ("-a", "-a"), ("b - a", "2.5 - a"),
    ("a + b", "a + 2.5"), ("a - b", "a - 2.5"), ("a * b", "a * 2.5"), ("a / b", "a / 2.5"), ("a ** b", "a ** 2.5"), ("b ** a", "2.5 ** a"),
    ("b / a", "2.5 / a"),
)  # fmt: skip
NUMBER = 2.5


@dataclass(frozen=True)
class Template:
    """A kernel in plain names. order: the letter of each of its operands in turn."""

    node: ast.expr
    order: tuple[str, ...]


#: A kernel's name, and its operands in turn, of one that running something made.
Recorded = tuple[str, Sequence[Foreign]]


def derived(
    framework: str, recorded: Callable[[str], Sequence[Recorded]], is_letter: Callable[[Foreign], str], further: Mapping[str, str]
) -> dict[str, Template]:
    """By kernel. recorded: runs a call of the framework over arrays a and b, and says which kernels that was; is_letter: "a", "b", or "" of an
    operand. further: plain expressions with their call, beside the operators and the names of the language."""
    found: dict[str, Template] = {}
    for plain, call in (*OPERATORS, *further.items(), *_named(framework)):
        calls = recorded(call)
        if len(calls) == 1:
            kernel, operands = calls[0]
            order = tuple(letter for x in operands if (letter := is_letter(x)))
            node = language.plain(plain)
            if set(order) == {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and len(n.id) == 1}:
                found.setdefault(kernel, Template(node, order))
    return found


def _named(framework: str) -> Iterator[tuple[str, str]]:
    for name in language.names():
        if name == "where":  # of one array it is another function
            continue
        for form in (f"{name}(a, axis=-1)",) if name in language.REDUCTIONS else (f"{name}(a)", f"{name}(a, b)"):
            try:
                yield form, language.written(language.plain(form), framework)
            except (language.NoName, ValueError, IndexError):
                continue


def leaf(array: Foreign, key: int) -> ast.Name:
    """An array that an expression ends in; key: the same for the same array."""
    name = ast.Name(f"t{key}", ast.Load())
    name.tensor = array  # type: ignore[attr-defined]
    return name


def filled(template: Template, operands: Sequence[ast.expr], axis: tuple[int, bool] | None) -> ast.expr:
    """The template over these operands, in its order, its axis that of the call; without a factor 1, which a reciprocal brings with it."""
    names = dict(zip(template.order, operands, strict=False))
    return _simple(_Filled(names, axis).visit(ast.parse(ast.unparse(template.node), mode="eval").body))


def _simple(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(one, ast.Constant) and one.value == 1:
                return other
    return node


class _Filled(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, ast.expr], axis: tuple[int, bool] | None) -> None:
        self.names, self.axis = names, axis

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.names.get(node.id, node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        node.args = [self.visit(a) for a in node.args]
        if node.keywords and self.axis is not None:
            words: dict[str, ast.expr] = {"axis": ast.parse(str(self.axis[0]), mode="eval").body}
            if self.axis[1]:
                words["keepdims"] = ast.Constant(True)
            node.keywords = [ast.keyword(k, v) for k, v in words.items()]
        return node
