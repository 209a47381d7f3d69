"""Row: a commit of the study, and whether it can be replayed."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

#: Of the study's columns, in our words.
ROOT_CAUSES = ("overflow", "precision", "underflow", "invalid", "other")
PATCH_CLASSES = ("rewrite", "algorithm", "precision", "check", "limit_range", "other", "test_only")
#: Why a row is not replayed, or only in part, in words.
REASONS = {
    "api_check": "an API's check of its arguments: refusing or passing on, no arithmetic",
    "compiler": "code of a compiler or its graph passes, no arithmetic of an op",
    "compiler_ub": "undefined behaviour of C++ whose wrapped value is right: no value shows it",
    "docs": "documentation alone",
    "estimator_semantics": "what an estimator means, no floating-point cause: replayed by the value of its surrogate",
    "external_algorithm": "geometry of another library, whose old code is not described",
    "feature": "a new feature, no old method",
    "fix_is_tradeoff": "one default for another, each unstable somewhere: both are found, a third method is the right one",
    "hardware": "what a device's launch or its division does, a convention and no mathematics",
    "integer_indexing": "index arithmetic on the shapes of tensors of over 2^31 elements: replayed at 16 bits where there is a value",
    "io_parsing": "reading files or text",
    "list_logic": "logic of lists, no arithmetic",
    "memory_alloc": "allocation of memory",
    "nondeterminism": "an order of execution, no method",
    "old_formula_unknown": "the coefficients of the old approximation are not documented",
    "performance": "speed alone",
    "revert": "the commit takes a faulty attempt back: replayed with a right method of ours",
    "scheduling": "how work is divided, which no result shows: replayed by the amount of work",
    "test_inputs": "the inputs of a test alone",
    "test_only": "a test alone: replayed where its reference is a method",
    "test_tolerance": "the tolerance of a test alone",
    "timing": "a timer",
    "unclear": "the commit does not tell",
    "warning_only": "the commit adds a warning: replayed with a right method of ours",
}


@dataclass(frozen=True)
class Row:
    """A commit of the study DeepStability, and whether it can be replayed."""

    #: Of the database, 1 to 252.
    index: int
    #: The framework.
    library: str
    #: The hash of the commit.
    commit: str
    #: Topics, in the words of the study.
    topic1: str
    topic2: str
    #: In the words of the study.
    root_cause: str
    #: How it was mended, in the words of the study.
    patch_class: str
    #: Canonical name, "" where there is none.
    op: str
    #: forward or grad.
    order: str
    #: yes, partly or no.
    replayable: str
    #: Why it cannot be replayed, or not wholly; see REASONS.
    reason: str
    #: The ops of the catalogue that it speaks of.
    catalogue: tuple[str, ...] = ()


@cache
def rows() -> dict[int, Row]:
    """All rows by their index."""
    text = (files("ulpfuzz.corpus") / "deepstability.csv").read_text(encoding="utf-8")
    found = {}
    for line in csv.DictReader(text.splitlines()):
        index, names = int(line.pop("index")), tuple(line.pop("catalogue").split())
        found[index] = Row(index, **line, catalogue=names)
    return found
