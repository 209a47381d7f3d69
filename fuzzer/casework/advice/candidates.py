"""Candidates: calls that might help, in the four ways of the study DeepStability; none is known to help yet."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ulpfuzz.fuzzer.casework.advice.book import BOOK
from ulpfuzz.fuzzer.casework.advice.formula import formula_of
from ulpfuzz.fuzzer.casework.advice.language import NoName, plain, read, written
from ulpfuzz.fuzzer.casework.advice.rules import rewritten
from ulpfuzz.fuzzer.catalog.op import ALL_DTYPES, Implementation, Op
from ulpfuzz.fuzzer.cell import Cell, Subject
from ulpfuzz.fuzzer.defects.case_file import Way
from ulpfuzz.fuzzer.frameworks.targets.target import Target, framework_names, framework_of, installed

#: The next wider dtype of what a framework computes in; numpy has one beyond binary64.
WIDER = {"float16": "float32", "bfloat16": "float32", "float32": "float64", "complex64": "complex128"}
#: How a framework casts, {x} to {dtype} and to the dtype of {like}.
_CASTS = {
    "torch": ("{x}.to(torch.{dtype})", "{x}.to({like}.dtype)"),
    "tensorflow": ("tf.cast({x}, tf.{dtype})", "tf.cast({x}, {like}.dtype)"),
    "jax": ("{x}.astype(jnp.{dtype})", "{x}.astype({like}.dtype)"),
    "numpy": ("{x}.astype(np.{dtype})", "{x}.astype({like}.dtype)"),
}
#: How a framework calls numpy and back, of values.
_FROM_NUMPY = {
    "torch": ("torch.as_tensor({call})", "{x}.numpy()"),
    "tensorflow": ("tf.convert_to_tensor({call})", "{x}.numpy()"),
}


@dataclass(frozen=True)
class Candidate:
    way: Way
    subject: Subject
    text: str
    rule: str = ""
    #: How simple it is to follow: least first, within its way.
    plainness: int = 0

    @property
    def call(self) -> str:
        return self.subject.implementation.call


def candidates_of(cell: Cell, subject: Subject) -> list[Candidate]:
    """Of a call in its cell, each call once, in the order of the ways."""
    op, params, framework = cell.record, dict(cell.params), framework_of(subject.target)
    found: list[Candidate] = []
    for one in (
        *_wider(op, cell, subject, framework),
        *_rewrites(op, params, cell, subject, framework),
        *_others(op, cell, subject, framework),
    ):
        if one.call != subject.implementation.call and not any(
            one.call == other.call and one.subject.target == other.subject.target for other in found
        ):
            found.append(one)
    return found


def elsewhere(cell: Cell, subject: Subject) -> list[Candidate]:
    """The calls of the other frameworks, each on a target of its own on the CPU."""
    own, params = framework_of(subject.target), dict(cell.params)
    found = []
    for framework in framework_names():
        if framework != own and installed(framework) is not None:
            target = str(Target(framework))
            calls = [i for i in cell.record.of(framework) if i.supports(cell.dtype, cell.order, params)]
            found += [
                Candidate("other_algorithm", Subject(target, i), f"{framework}'s, of the same arrays.", i.call, 2) for i in calls
            ]
    return found


def _subject(subject: Subject, call: str) -> Subject:
    """The same target with another call, which claims every dtype and order: what it cannot do it raises at."""
    return replace(subject, implementation=Implementation(subject.implementation.framework, call, dtypes=ALL_DTYPES))


# Raise precision


def _wider(op: Op, cell: Cell, subject: Subject, framework: str) -> Iterator[Candidate]:
    wide = WIDER.get(cell.dtype) or ("longdouble" if framework == "numpy" and cell.dtype == "float64" else "")
    casts = _CASTS.get(framework, _CASTS["numpy"])
    if not wide:
        return
    call = in_dtype(subject.implementation.call, [i.name for i in op.inputs], casts[0], casts[1], wide)
    text = f"The same call in {wide}, rounded back once"
    yield Candidate(
        "raise_precision",
        _subject(subject, call),
        f"{text}{'; JAX needs jax_enable_x64' if framework == 'jax' and wide == 'float64' else ''}.",
    )


def in_dtype(call: str, names: list[str], there: str, back: str, dtype: str) -> str:
    """The call over inputs that were cast, its result cast back to the dtype of the first."""
    body = over(call, names, there.replace("{dtype}", dtype))
    if not body.endswith(")") or isinstance(ast.parse(body, mode="eval").body, ast.BinOp | ast.UnaryOp):
        body = f"({body})"
    return back.format(x=body, like=names[0])


def over(call: str, names: list[str], form: str) -> str:
    """The call with each input in another form, "{x}.numpy()": in its place where it stands there once, else by a lambda."""
    tree = ast.parse(call.strip(), mode="eval").body
    uses = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id in names]
    bound = any(isinstance(n, ast.Lambda | ast.comprehension | ast.NamedExpr) for n in ast.walk(tree))
    about = any(isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id in names for n in ast.walk(tree))
    if len(uses) == len(set(uses)) and not about and not bound:
        return ast.unparse(_Replace(dict.fromkeys(names, form)).visit(tree))
    return f"(lambda {', '.join(names)}: {call})({', '.join(form.format(x=name) for name in names)})"


class _Replace(ast.NodeTransformer):
    """Each name by an expression of it."""

    def __init__(self, forms: Mapping[str, str]) -> None:
        self.forms = forms

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self.forms:
            return node
        return ast.parse(self.forms[node.id].format(x=node.id), mode="eval").body


# Rewrite


def _rewrites(op: Op, params: dict[str, Any], cell: Cell, subject: Subject, framework: str) -> Iterator[Candidate]:
    own = subject.implementation
    for other in op.of(framework):
        if other.call != own.call and other.supports(cell.dtype, cell.order, params):
            yield Candidate(
                "rewrite",
                replace(subject, implementation=other),
                f"Another call of {framework} for the same function.",
                "another call",
            )
    try:
        tree = read(own.call)
    except SyntaxError:
        return
    yield from _by_rules(tree, subject, framework, "", 1)
    definition = op.definition or op.name
    for algorithm in BOOK.get(definition, ()):
        node = plain(algorithm.call)
        yield from _written(
            node, subject, framework, f"{algorithm.text.capitalize()} ({algorithm.source}).", f"book: {definition}", 10
        )
    formula = formula_of(op, params)
    if formula is not None:
        yield from _written(formula, subject, framework, "The formula of the function itself.", "formula", 20)
        yield from _by_rules(formula, subject, framework, "the formula of the function, ", 21)


def _by_rules(tree: ast.expr, subject: Subject, framework: str, of: str, plainness: int) -> Iterator[Candidate]:
    for one in rewritten(tree):
        names = ", ".join(dict.fromkeys(one.rules))
        text = f"{of}rewritten by {names}."
        yield from _written(one.node, subject, framework, text[0].upper() + text[1:], names, plainness + len(one.rules))


def _written(node: ast.expr, subject: Subject, framework: str, text: str, rule: str, plainness: int) -> Iterator[Candidate]:
    try:
        call = written(node, framework)
    except NoName:
        return
    yield Candidate("rewrite", _subject(subject, call), text, rule, plainness)


# Another algorithm


def _others(op: Op, cell: Cell, subject: Subject, framework: str) -> Iterator[Candidate]:
    if cell.order != "value" or framework == "numpy" or framework not in _FROM_NUMPY:
        return
    names = [i.name for i in op.inputs]
    whole, argument = _FROM_NUMPY[framework]
    there, back = "{x}.astype('{dtype}')", _CASTS["numpy"][1]
    for other in op.of("numpy"):
        if other.supports(cell.dtype, cell.order, dict(cell.params)):
            yield _peer(subject, other.call, names, (whole, argument), 0)
        wide = WIDER.get(cell.dtype, "")
        if wide and other.supports(wide, cell.order, dict(cell.params)):
            yield _peer(subject, in_dtype(other.call, names, there, back, wide), names, (whole, argument), 1)


def _peer(subject: Subject, call: str, names: list[str], through: tuple[str, str], plainness: int) -> Candidate:
    imported = ast.unparse(_Replace(_MODULES).visit(ast.parse(over(call, names, through[1]), mode="eval").body))
    body = through[0].format(call=imported)
    return Candidate("other_algorithm", _subject(subject, body), f"numpy's or scipy's: {call}.", call, plainness)


#: By import: a framework's namespace has neither.
_MODULES = {"np": "__import__('numpy')", "scipy": "__import__('scipy')"}
