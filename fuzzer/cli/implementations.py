"""`ulpfuzz run --impl module:function --as op`: functions of the user's own, held to ops beside every framework's own call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ulpfuzz.fuzzer.cli.json_output import print_json
from ulpfuzz.fuzzer.cli.options import listed
from ulpfuzz.fuzzer.errors import UserError

if TYPE_CHECKING:
    from ulpfuzz.fuzzer.findings.finding import Finding
    from ulpfuzz.fuzzer.testing.assertion import Assertion
    from ulpfuzz.fuzzer.testing.explained import Explained
    from ulpfuzz.fuzzer.testing.kernel import Kernel
    from ulpfuzz.fuzzer.testing.trial import Beside, Outcome

#: Where the help lists these options.
PANEL = "Your own functions"
Impl = Annotated[
    list[str] | None,
    typer.Option(
        "--impl", metavar="MODULE:FUNCTION", rich_help_panel=PANEL,
        help="A function of your own to test in place of the frameworks' calls; may be given several times.",
    ),
]  # fmt: skip
As = Annotated[
    list[str] | None,
    typer.Option(
        "--as",
        metavar="OP",
        rich_help_panel=PANEL,
        help="The op that it computes; once for all of them, or once for each --impl.",
    ),
]
Framework = Annotated[
    str | None,
    typer.Option(
        "--framework",
        metavar="F",
        rich_help_panel=PANEL,
        help="torch, jax:cpu:jit, ...; default: what the function's code names.",
    ),
]
Limit = Annotated[
    float | None,
    typer.Option("--limit", metavar="ULPS", rich_help_panel=PANEL, help="Ulps that no answer may be off by more than."),
]
Inputs = Annotated[
    str | None,
    typer.Option(
        "--inputs", metavar="WHICH", rich_help_panel=PANEL,
        help="ordinary (zero, and magnitudes within 2^-12..2^12; the default) or all (the whole format).",
    ),
]  # fmt: skip


@dataclass(frozen=True)
class Tested:
    """One function at one dtype: what each order showed, and of the first finding that it fails by what is known."""

    name: str
    kernel: Kernel
    assertion: Assertion
    outcomes: tuple[Outcome, ...]
    explained: Explained | None
    script: Path | None

    @property
    def failing(self) -> list[Finding]:
        return [finding for outcome in self.outcomes for finding in outcome.failing]


#: Options by the parameters of the command `run`: those that go with --impl only, and those of a campaign, which do not.
_OWN = {"computes": "--as", "framework": "--framework", "limit": "--limit", "inputs": "--inputs"}
_CAMPAIGN = {
    "ops": "--ops", "workers": "--workers", "scheduler": "--scheduler", "case_timeout": "--case-timeout", "memory_limit": "--memory-limit",
    "resume": "--resume", "sarif": "--sarif", "junit": "--junit", "summary_file": "--summary", "known_issues": "--known-issues",
}  # fmt: skip


def tested_instead(given: Mapping[str, Any]) -> bool:
    """Whether the command tests functions, given all that it was given; then it has, and ends with status 1 where `--fail-on` says so. Raises
    UserError for options that do not go together."""
    others, when = (
        (_CAMPAIGN, "does not go with --impl: functions are tested in this process, and nothing is stored"),
        given["impl"],
    )
    if not when:
        others = (_OWN, "goes with --impl module:function")
    for parameter, option in others[0].items():
        if given[parameter] is not None:
            raise UserError(f"{option} {others[1]}")
    if not when:
        return False
    tested = run_implementations(given["impl"], given["computes"] or [], given, as_json=given["as_json"])
    if given["fail_on"] and fails(given["fail_on"], tested):
        raise typer.Exit(1)
    return True


def run_implementations(impl: Sequence[str], names: Sequence[str], said: Mapping[str, Any], *, as_json: bool) -> list[Tested]:
    """Tests them and prints what was found. said: framework, targets, dtypes, orders, budget, seed, limit, inputs, as the command line has them."""
    if not names:
        raise UserError("which op? --impl module:function goes with --as op, for example --as softmax")
    if len(names) not in (1, len(impl)):
        raise UserError(f"--as is given {len(names)} times for {len(impl)} functions: once for all, or once for each")
    ops = list(names) if len(names) == len(impl) else [names[0]] * len(impl)
    tested = []
    for name, op in zip(impl, ops, strict=True):
        for dtype in listed(said.get("dtypes")) or ("float32",):
            one = _tested(name, op, dtype, said)
            tested.append(one)
            if not as_json:
                _print(one)
    if as_json:
        print_json("run-impl", [_contract(one) for one in tested])
    return tested


def _tested(name: str, op_name: str, dtype: str, said: Mapping[str, Any]) -> Tested:
    from ulpfuzz.fuzzer.catalog.registry import op_named
    from ulpfuzz.fuzzer.testing.assertion import Asked, assertion_of
    from ulpfuzz.fuzzer.testing.explained import explained
    from ulpfuzz.fuzzer.testing.kernel import catalogued, kernel_of
    from ulpfuzz.fuzzer.testing.load import loaded
    from ulpfuzz.fuzzer.testing.script import FOLDER, write_script
    from ulpfuzz.fuzzer.testing.settings_kept import started_here
    from ulpfuzz.fuzzer.testing.trial import tried

    op = op_named(op_name)
    kernel = kernel_of(loaded(name), op, said.get("framework"))
    given = {name: said[name] for name in ("budget", "seed", "limit", "inputs") if said.get(name) is not None}
    assertion = assertion_of(op, kernel, Asked(dtype, listed(said.get("orders")) or None, **given))
    with ExitStack() as stack:
        stack.enter_context(catalogued(op, kernel))
        stack.enter_context(started_here(kernel.target, dtype))
        outcomes = tuple(
            tried(kernel, assertion, order, list(_beside(kernel, assertion, order, said.get("targets"))))
            for order in assertion.orders
        )
        failing = [finding for outcome in outcomes for finding in outcome.failing]
        whole = explained(failing[0], assertion) if failing else None
        script = write_script(whole.finding, kernel, Path(FOLDER))[0] if whole else None
    return Tested(name, kernel, assertion, outcomes, whole, script)


def _beside(kernel: Kernel, assertion: Assertion, order: str, targets: str | None) -> Iterator[Any]:
    """The first call of the op on each target that computes it; none of the function's own."""
    from ulpfuzz.fuzzer.cell import Subject
    from ulpfuzz.fuzzer.frameworks.targets.target import supported, targets_named

    for target in targets_named(targets):
        calls = [i for i in supported(assertion.op, target, assertion.dtype, order, assertion.params) if i.call != kernel.call]
        if calls and not target.runs_in_host:
            yield Subject(str(target), calls[0])


def _print(one: Tested) -> None:
    from rich.text import Text

    from ulpfuzz.fuzzer.cli.screen import console, grid, styled
    from ulpfuzz.fuzzer.findings import numbers
    from ulpfuzz.fuzzer.testing.failure import message_of

    table = grid("call", "target", "order", "verdicts", "worst ulps", "proved")
    for outcome in one.outcomes:
        rows = [(one.kernel.name, str(one.kernel.target), outcome.verdicts, outcome.worst_ulps, outcome.findings, "")]
        rows += [
            (b.subject.implementation.call, b.subject.target, b.verdicts, b.worst_ulps, b.findings, b.error)
            for b in outcome.beside
        ]
        for name, target, verdicts, worst, findings, error in rows:
            table.add_row(
                Text(name), target, outcome.order, f"{verdicts:,}", numbers.measure(worst), _verdict(findings, error, styled)
            )
    screen = console()
    screen.print(
        Text(
            f"{one.name} as {one.assertion.op.name}, {one.assertion.dtype}, seed {one.assertion.seed}, {one.assertion.inputs} inputs",
            style="bold",
        )
    )
    screen.print(table)
    if one.explained is not None:
        alone = replace(one.assertion, orders=(one.explained.finding.order,))  # here all orders are tried
        told = message_of(one.kernel, alone, one.explained, one.failing[1:5], str(one.script or "none"))
        screen.print(Text(told))


def _verdict(findings: Sequence[Finding], error: str, styled: Any) -> Any:
    """The worst class that was proved, with its symptoms."""
    if error and not findings:
        return f"raises: {error[:60]}"
    if not findings:
        return styled("ok")
    worst = "unstable" if any(f.class_ == "unstable" for f in findings) else "inaccurate"
    symptoms = ", ".join(sorted({f.symptom for f in findings if f.class_ == worst}))
    return styled(worst).append(f": {symptoms}", style="default")


def _contract(one: Tested) -> dict[str, Any]:
    """The documented JSON of a tested function."""
    from ulpfuzz.fuzzer.findings.label import as_json
    from ulpfuzz.fuzzer.findings.strict_json import jsonable

    orders = [
        {
            "order": o.order, "verdicts": o.verdicts, "worst_ulps": o.worst_ulps, "findings": [as_json(f) for f in o.findings],
            "beyond_limit": [as_json(f) for f in o.beyond_limit], "beside": [_of_another(b) for b in o.beside],
        }
        for o in one.outcomes
    ]  # fmt: skip
    shown = one.explained
    told = {
        "impl": one.name, "function": one.kernel.name, "op": one.assertion.op.name, "dtype": one.assertion.dtype, "target": str(one.kernel.target),
        "params": dict(one.assertion.params), "seed": one.assertion.seed, "inputs": one.assertion.inputs, "limit": one.assertion.limit,
        "stable": not one.failing, "orders": orders, "shown": None if shown is None else as_json(shown.finding),
        "cause": None if shown is None or shown.diagnosis is None else {"cause": shown.diagnosis.cause, "text": shown.diagnosis.text},
        "advice": [] if shown is None else [{"way": a.way, "call": a.call, "text": a.text} for a in shown.advice],
        "script": None if one.script is None else str(one.script),
    }  # fmt: skip
    return {name: jsonable(value) for name, value in told.items()}


def _of_another(beside: Beside) -> dict[str, Any]:
    from ulpfuzz.fuzzer.findings.label import as_json

    return {
        "target": beside.subject.target, "call": beside.subject.implementation.call, "verdicts": beside.verdicts, "worst_ulps": beside.worst_ulps,
        "error": beside.error, "findings": [as_json(f) for f in beside.findings],
    }  # fmt: skip


def fails(fail_on: str, tested: Sequence[Tested]) -> bool:
    """Whether a function shows what `--fail-on` names: an unstable answer (or one beyond --limit) at all, at everyday numbers, or any certified
    one."""
    from ulpfuzz.fuzzer.defects.kind import kind_of

    if fail_on == "any":
        return any(one.failing or any(outcome.findings for outcome in one.outcomes) for one in tested)
    if fail_on == "ordinary":
        return any(kind_of(finding) == "ordinary" for one in tested for finding in one.failing)
    return any(one.failing for one in tested)
