"""Points, arrays, functions of one's own, releases, and lists of what there is."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from ulpfuzz.fuzzer.catalog.coverage import Row
from ulpfuzz.fuzzer.cli.contracts.finding_json import FindingJson


class PlacementJson(TypedDict):
    """Where a row stood in its call."""

    #: Rows of the call.
    length: int
    position: int
    #: The step in memory between neighbours, in numbers.
    stride: int


class FunctionalJson(TypedDict):
    """A functional of the outputs that is wrong, where each output alone is explained."""

    name: str
    #: The outputs that it is over: first, and one past the last.
    outputs: list[int]
    #: What an ulp of each output does to it, C99 hex.
    ulp: str
    output: float
    #: The truth, decimal.
    reference: str
    ulps: float
    excess: float


ProbedCall = TypedDict(
    "ProbedCall",
    {
        "target": str, "implementation": str, "output": float | list[float] | None, "output_hex": str | list[str] | None,
        "ulps": float | list[float] | None, "limit": float | None, "class": str, "symptom": str, "measured_class": str, "reason": str,
        "avoidable_by": list[str], "error": NotRequired[str], "worst": NotRequired[int], "classes": NotRequired[list[str]],
        "symptoms": NotRequired[list[str]], "placement": NotRequired[PlacementJson], "functional": NotRequired[FunctionalJson],
        "inconsistent": NotRequired[bool], "flushed": NotRequired[bool],
    },
)  # fmt: skip
ProbedCall.__doc__ = """What one call on one target answered: numbers, or lists of them in C order where the result is an array; null where it raised
("error"). "class" is a label where there is one, "measured_class" what the judge measured; "worst" the element that they speak of."""


class ProbeJson(TypedDict):
    """One point."""

    op: str
    params: dict[str, Any]
    dtype: str
    order: str
    #: Name -> C99 hex of the rounded numbers, nested as they were given.
    inputs: dict[str, Any]
    #: The exact result, decimal; of an array a list.
    reference: str | list[str]
    #: "arb+mpmath", for example.
    certified_by: str
    #: sum_j |x_j d_j f / f| at the worst element; null where unknown.
    condition: float | None
    #: Of an array: the element that the verdicts speak of.
    worst: NotRequired[int]
    targets: list[ProbedCall]


class Bin(TypedDict):
    """Elements whose error is at most "up_to" ulps, and more than the bin before."""

    #: "0", "0.5", "4", "inf" (a wrong kind), "unknown".
    up_to: str
    elements: int


class RaisedRow(TypedDict):
    """A row at which the call raised."""

    row: list[int]
    error: str


class CallRowsJson(TypedDict):
    """One call's answers to all rows."""

    target: str
    implementation: str
    #: Rows that were judged.
    judged: int
    #: Rows by class or label of their worst element.
    rows: dict[str, int]
    #: Rows that the judge calls wrong, beyond those that were certified.
    not_certified: int
    #: Elements by class.
    elements: dict[str, int]
    histogram: list[Bin]
    worst_ulps: float | None
    worst_row: list[int]
    #: Rows that are certified to be wrong, the worst first.
    defects: list[list[int]]
    #: Those that are not certified.
    suspects: list[list[int]]
    raised: list[RaisedRow]
    #: Why rows were not judged.
    error: str


RowVerdictJson = TypedDict(
    "RowVerdictJson",
    {
        "target": str, "implementation": str, "class": str, "symptom": str, "reason": str, "error": NotRequired[str],
        "output": NotRequired[int], "element": NotRequired[str], "answer": NotRequired[float], "answer_hex": NotRequired[str],
        "reference": NotRequired[str], "certified_by": NotRequired[str], "ulps": NotRequired[float | None], "condition": NotRequired[float | None],
        "measured_class": NotRequired[str],
    },
)  # fmt: skip
RowVerdictJson.__doc__ = """What one call answered in one row, by its worst element ("output" in C order, "element" as it is written); where it
raised, "error" alone."""


class WorstRow(TypedDict):
    """One of the worst rows."""

    row: list[int]
    #: Name -> C99 hex, nested.
    inputs: dict[str, Any]
    #: Targets none of whose calls is wrong there.
    right: list[str]
    targets: list[RowVerdictJson]


class RowsJson(TypedDict):
    """All rows of arrays."""

    op: str
    params: dict[str, Any]
    dtype: str
    order: str
    #: The leading axes.
    shape: list[int]
    rows: int
    #: T in ulps; null where nobody publishes one.
    limit: float | None
    #: Whether Ctrl-C ended it early.
    interrupted: bool
    #: Inputs whose numbers were rounded to the dtype, in words.
    rounded: list[str]
    targets: list[CallRowsJson]
    worst: list[WorstRow]


ReproJson = TypedDict(
    "ReproJson",
    {
        "id": str, "still_fails": bool, "target": str, "version": str, "class": str, "measured_class": str, "reason": str, "symptom": str,
        "ulps": float, "output": float, "output_hex": str, "reference": str, "message": str,
    },
)  # fmt: skip
ReproJson.__doc__ = "A finding, run again now."


class BesideJson(TypedDict):
    """A framework's own call on the same inputs."""

    target: str
    call: str
    verdicts: int
    worst_ulps: float
    #: Its message where it raised.
    error: str
    findings: list[FindingJson]


class TestedOrder(TypedDict):
    """A function at one order."""

    order: str
    verdicts: int
    worst_ulps: float
    findings: list[FindingJson]
    #: Findings beyond `--limit`.
    beyond_limit: list[FindingJson]
    beside: list[BesideJson]


class ShortCause(TypedDict):
    """Why an answer is wrong."""

    cause: str
    text: str


class ShortAdvice(TypedDict):
    """A way out that was tried."""

    way: str
    call: str
    text: str


class TestedJson(TypedDict):
    """A function of one's own (`run --impl`)."""

    #: As it was named on the command line.
    impl: str
    function: str
    op: str
    dtype: str
    target: str
    params: dict[str, Any]
    seed: int
    #: ordinary or all.
    inputs: str
    limit: float | None
    #: Whether nothing was proved against it.
    stable: bool
    orders: list[TestedOrder]
    #: The finding that it fails by, at its simplest case.
    shown: FindingJson | None
    cause: ShortCause | None
    advice: list[ShortAdvice]
    #: The script that shows it.
    script: str | None


TriedRelease = TypedDict(
    "TriedRelease",
    {
        "release": str, "verdict": Literal["good", "bad", "skip"], "answer": float, "answer_hex": str, "ulps": float, "class": str, "symptom": str,
        "message": str,
    },
)  # fmt: skip
TriedRelease.__doc__ = "A release that was judged, or why it could not be."


class BisectJson(TypedDict):
    """The release that brought or mended a defect."""

    finding: str
    package: str
    #: All that may be judged.
    releases: list[str]
    #: null where there is none.
    change: Literal["brought", "mended"] | None
    first_bad: str | None
    last_good: str | None
    first_good: str | None
    last_bad: str | None
    #: Releases between the two that cannot be judged.
    between: list[str]
    tried: list[TriedRelease]


class RangeJson(TypedDict):
    """An interval that holds all values, or all slopes, whatever the input; its ends are formulas."""

    of: str
    low: str
    high: str
    source: str


class OpJson(TypedDict):
    """An op of the catalogue."""

    name: str
    family: str
    topics: list[str]
    #: Names, in their order.
    inputs: list[str]
    #: Name -> scalar, vector, matrix, tensor.
    shapes: dict[str, str]
    #: Name -> its axes: letters, or sizes.
    axes: dict[str, list[str | int]]
    #: Name -> the least and the greatest number.
    domains: dict[str, list[float]]
    #: Name -> usual values, the default first.
    params: dict[str, Any]
    orders: list[str]
    dtypes: list[str]
    #: The class of its accuracy limit.
    accuracy: str
    ranges: list[RangeJson]
    #: Framework -> its calls.
    implementations: dict[str, list[str]]
    #: The page of the function.
    source: str
    #: By what the definition was checked.
    verified: str


class CoverageTotals(TypedDict):
    """Public callables by what the catalogue does with them."""

    public: int
    covered: int
    alias: int
    excluded: int
    missing: int
    #: Of those that compute with floats, what is covered.
    share: float


class CoverageJson(TypedDict):
    """What of the frameworks' public surface is fuzzed."""

    totals: CoverageTotals
    rows: list[Row]
