"""Commands that ask: probe, one point or whole arrays through every target; judge, answers that somebody stored."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ulpfuzz.fuzzer.cli.array_option import arrays_option
from ulpfuzz.fuzzer.cli.json_option import FORMS, INPUTS_EXAMPLE, json_object
from ulpfuzz.fuzzer.cli.json_output import print_json
from ulpfuzz.fuzzer.cli.options import Json, Targets, limits
from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.signals import exit_status, keeping

if TYPE_CHECKING:
    from ulpfuzz.fuzzer.catalog.op import Op
    from ulpfuzz.fuzzer.cell import Cell
    from ulpfuzz.fuzzer.point.answered import Probe
    from ulpfuzz.fuzzer.point.array_files import Arrays
    from ulpfuzz.fuzzer.point.judged_rows import JudgedRows
    from ulpfuzz.fuzzer.point.row_source import Wanted

OpName = Annotated[str, typer.Argument(help="Its name; see `ulpfuzz ops`.")]
Params = Annotated[str | None, typer.Option("--params", metavar="JSON|@FILE|-", help="Param name to value; JSON as of --inputs.")]
Order = Annotated[str, typer.Option("--orders", metavar="O", help="One: value, grad, jvp or grad2.")]
Rows = Annotated[
    int | None, typer.Option("--rows", metavar="K", min=0, help="Of arrays: how many of the worst rows are shown. Default: 5.")
]
Proofs = Annotated[
    int | None,
    typer.Option(
        "--proofs", metavar="N", min=0,
        help="Of arrays: how many rows that are called wrong are certified, of each call. Default: as many as take 20 seconds, at most 256.",
    ),
]  # fmt: skip
#: Shown unless somebody says how many.
SHOWN = 5


def probe(
    op: OpName,
    inputs: Annotated[
        str,
        typer.Option(
            "--inputs",
            metavar="JSON|@FILE|-",
            help=f"Input name to number or list, {INPUTS_EXAMPLE}; @FILE reads it from a file, - from standard input. Files of arrays "
            "(.npy, .npz, .pt, .safetensors) too: whole arrays, the leading axes rows; x=@FILE:KEY,weight=@FILE names them.",
        ),
    ],
    dtype: Annotated[
        str | None,
        typer.Option(
            "--dtypes",
            metavar="D",
            help="One: float16, bfloat16, float32, float64; complex64, complex128. Default: of the arrays, else float32.",
        ),
    ] = None,
    params: Params = None,
    order: Order = "value",
    targets: Targets = None,
    case_timeout: Annotated[
        str | None,
        typer.Option(
            "--case-timeout", metavar="TIME", help="A framework call that takes longer (5s, 2m) is a hang. Default: 30s."
        ),
    ] = None,
    rows: Rows = None,
    proofs: Proofs = None,
    as_json: Json = False,
) -> None:
    """One point: the exact result, what every target answers, the error in ulps, and the verdict. Whole arrays: which rows are wrong."""
    call_timeout = limits(case_timeout, None)["case_timeout"]
    from ulpfuzz.fuzzer.catalog.registry import op_named
    from ulpfuzz.fuzzer.point import probe as point_probe

    if inputs == params == "-":
        raise UserError(f"standard input is read once: --inputs and --params cannot both be -; {FORMS}")
    record, arrays, settings = op_named(op), arrays_option("--inputs", inputs), json_object("--params", params)
    timeout = call_timeout or point_probe.CALL_TIMEOUT
    given = _inputs(record, order, arrays)
    if rows is None and not any(hasattr(values, "dtype") for values in given.values()):
        _show(point_probe.probe(op, dtype or _usual(record), given, settings, order, targets, case_timeout=timeout), as_json)
        return
    from ulpfuzz.fuzzer.point.point import cell_named
    from ulpfuzz.fuzzer.point.tensors import dtype_of

    cell = cell_named(op, dtype or dtype_of(given, record.dtypes) or _usual(record), settings, order)
    _show(_of_arrays(cell, given, targets, timeout, rows, proofs), as_json)


def _of_arrays(
    cell: Cell, given: Mapping[str, Any], targets: str | None, timeout: float, rows: int | None, proofs: int | None
) -> Probe | JudgedRows:
    """What the targets make of arrays; a single row, where nobody asks for rows, is a point."""
    from ulpfuzz.fuzzer.point import probe as point_probe
    from ulpfuzz.fuzzer.point.point import Point
    from ulpfuzz.fuzzer.point.probe_rows import probe_rows
    from ulpfuzz.fuzzer.point.tensors import tensors_of

    subjects, tensors = point_probe.subjects_on(cell, targets), tensors_of(cell, given)
    _say(tensors.rounded)
    if tensors.rows == 1 and rows is None:
        return point_probe.probe_point(cell, subjects, Point(tensors.batch(slice(0, 1)), False), timeout)
    with _wanted(rows, proofs) as wanted:
        return probe_rows(tensors, subjects, wanted, timeout)


def judge(
    op: OpName,
    inputs: Annotated[
        str,
        typer.Option(
            "--inputs", metavar="FILE|JSON|-", help="What it was computed of: .npy, .npz, .pt, .safetensors, JSON; FILE:KEY; x=FILE,y=FILE."
        ),
    ],
    answers: Annotated[
        str,
        typer.Option(
            "--answers", metavar="FILE|JSON|-", help="What was answered: files likewise. Of derivatives by the names of the inputs."
        ),
    ],
    dtype: Annotated[
        str | None, typer.Option("--dtypes", metavar="D", help="The format that is judged. Default: of the arrays.")
    ] = None,
    params: Params = None,
    order: Order = "value",
    contract: Annotated[
        str,
        typer.Option("--contract", metavar="FRAMEWORK", help="What the pages of torch, tensorflow or jax say of their own call holds too."),
    ] = "",
    flush: Annotated[
        str,
        typer.Option("--flush", metavar="inputs|outputs|both", help="Subnormal numbers that the implementation may read, or give, as 0."),
    ] = "",
    rows: Rows = None,
    proofs: Proofs = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Your own stored answers: which rows are wrong, by the exact result, and by how much."""
    from ulpfuzz.fuzzer.catalog.registry import op_named
    from ulpfuzz.fuzzer.point.judge_answers import Terms, judge_rows
    from ulpfuzz.fuzzer.point.named_arrays import answers_among
    from ulpfuzz.fuzzer.point.point import cell_named
    from ulpfuzz.fuzzer.point.tensors import answered_by, answers_of, dtype_of, tensors_of

    if [inputs, answers, params].count("-") > 1:
        raise UserError(f"standard input is read once: only one of --inputs, --answers and --params can be -; {FORMS}")
    record, policy = op_named(op), _flush_policy(flush)
    given = _inputs(record, order, arrays_option("--inputs", inputs, bare=True))
    answered = answers_among(answered_by(record, order), arrays_option("--answers", answers, bare=True))
    by_input = {f"the {order} by {name}": array for name, array in answered.items()} if isinstance(answered, dict) else {}
    every = {**given, **(by_input or {"the array of answers": answered})}
    cell = cell_named(op, dtype or dtype_of(every, record.dtypes) or _usual(record), json_object("--params", params), order)
    tensors, array = answers_of(tensors_of(cell, given, stored=True), answered)
    terms = Terms(contract, policy, answers)
    with _wanted(rows, proofs) as wanted:
        judged = judge_rows(tensors, array, terms, wanted)
    _show(judged, as_json)


def _usual(record: Op) -> str:
    """The dtype of numbers that are written."""
    return "float32" if "float32" in record.dtypes else record.dtypes[0]


def _inputs(record: Op, order: str, arrays: Arrays) -> dict[str, Any]:
    """The op's inputs among arrays. What a file holds beside them is left out, and said; of numbers as written every name counts."""
    from ulpfuzz.fuzzer.point.named_arrays import inputs_among

    if arrays.named and not any(hasattr(values, "dtype") for values in arrays.arrays.values()):
        return arrays.arrays
    inputs, others = inputs_among(record, order, arrays)
    if others:
        _say(
            [f"{arrays.source} holds more than {record.name} takes; left out: {', '.join(others[:8])}{', …' * (len(others) > 8)}"]
        )
    return inputs


def _say(lines: Sequence[str]) -> None:
    """Notes, on standard error: what was read otherwise than it stands there."""
    for line in lines:
        print(f"ulpfuzz: note: {line}", file=sys.stderr)


def _flush_policy(text: str) -> Any:
    from ulpfuzz.fuzzer.formats import UnknownName
    from ulpfuzz.fuzzer.judge.flush import FlushPolicy

    policies = {"": (False, False), "inputs": (True, False), "outputs": (False, True), "both": (True, True)}
    if text not in policies:
        raise UnknownName("flush", text, [name for name in policies if name])
    return FlushPolicy(*policies[text])


@contextmanager
def _wanted(rows: int | None, proofs: int | None) -> Iterator[Wanted]:
    from ulpfuzz.fuzzer.cli.progress import judging
    from ulpfuzz.fuzzer.point.row_source import Wanted

    with judging() as watch:
        yield Wanted(SHOWN if rows is None else rows, proofs, watch, keeping)


def _show(found: Probe | JudgedRows, as_json: bool) -> None:
    """Prints it; rows whose judge was interrupted end with the status of that."""
    from ulpfuzz.fuzzer.point.judged_rows import JudgedRows

    if as_json:
        print_json("judge" if isinstance(found, JudgedRows) else "probe", found.to_json())
    elif isinstance(found, JudgedRows):
        from ulpfuzz.fuzzer.cli.rows_screen import print_rows

        print_rows(found)
    else:
        _print_probe(found)
    if isinstance(found, JudgedRows) and found.interrupted:
        raise typer.Exit(exit_status())


def _print_probe(found: Any) -> None:
    from rich.text import Text

    from ulpfuzz.fuzzer.cli.screen import console, grid, styled
    from ulpfuzz.fuzzer.findings import numbers
    from ulpfuzz.fuzzer.findings.headline import array_of

    screen = console()
    params = "".join(f", {name}={value}" for name, value in found.params.items())
    screen.print(Text(f"{found.op}({', '.join(found.inputs)}{params}), {found.order}, {found.dtype}", style="bold"))
    for name, value in found.inputs.items():
        array = array_of(name, value, found.dtype)
        screen.print(Text(f"{name} = {array.decimal_text}"), Text(f"({array.hex_text})", style="dim"))
    at = found.worst
    where = f"[{at}] of {len(found.reference)}" if found.array and len(found.reference) > 1 else ""
    screen.print(Text(f"truth{where} = {found.reference[at]}"), Text(f"({found.certified_by})", style="dim"))
    limit = "no limit in ulps: judged by stability" if found.limit is None else f"limit {found.limit:g} ulps"
    screen.print(f"condition number {numbers.measure(found.condition)}; {limit}", style="dim", markup=False)
    table = grid("target", "call", "answer", "ulps", "verdict", "note")
    for mine in found.targets:
        verdict = styled(mine.shown)
        if mine.class_.is_finding:
            verdict.append(f", {mine.symptom.name}")
        answer, ulps = (
            ("", "")
            if mine.error
            else (numbers.decimal(mine.outputs[mine.worst], found.dtype), numbers.measure(mine.ulps[mine.worst]))
        )
        element = f"[{mine.worst}] " if where and not mine.error else ""
        table.add_row(mine.target, Text(mine.implementation), Text(f"{element}{answer}"), ulps, verdict, Text(_note(mine)))
    screen.print()
    screen.print(table)


def _note(mine: Any) -> str:
    parts = [mine.error] if mine.error else []
    if mine.label.reason:
        parts.append(mine.label.reason)
    if mine.beyond:
        parts.append(mine.beyond)
    if mine.together is not None:
        parts.append(mine.together.sentence)
    if mine.inconsistent:
        parts.append("depends on the length of the call")
    if mine.placement.length > 1 and mine.class_.is_finding:
        parts.append(f"at length {mine.placement.length}")
    if mine.flushed:
        parts.append("flushes subnormals")
    if mine.avoidable_by:
        parts.append(f"right: {', '.join(mine.avoidable_by)}")
    return "; ".join(parts)
