"""Branches: `where` and its like over columns, where not every row is decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias, TypeVar

from ulpfuzz.oracles.arithmetic.composites import Composites
from ulpfuzz.oracles.arithmetic.protocol import Exact, Number
from ulpfuzz.oracles.enclosure import Column

Masks: TypeAlias = tuple[Column, Column]  # surely true, surely false


class Rows(Number, Protocol):
    """A number that is a column of enclosures; `bad` (None: nowhere) marks rows that are certainly undefined."""

    bad: Column | None


R = TypeVar("R", bound=Rows)


class Columns(Protocol[R]):
    """What Branches wants of the arithmetic that it is mixed into."""

    def num(self, value: R | Exact, /) -> R: ...

    def mul(self, a: R, b: R, /) -> R: ...

    def lt(self, x: R | Exact, y: R | Exact, /) -> Masks: ...

    def eq0(self, x: R | Exact, /) -> Masks: ...

    def hull(self, a: R, b: R, /) -> R:
        """What encloses both."""

    def pick(self, rows: Column, a: R, b: R, /) -> R:
        """a on these rows, b on the others."""

    def zeroed(self, number: R, dead: Column, /) -> R:
        """The number, exactly 0 on the rows `dead`."""

    def signs(self, down: Column, up: Column, /) -> R:
        """-1 where `down`, 1 where `up`, the interval [-1, 1] elsewhere."""

    def note_kink(self, rows: Column, /) -> None: ...


class Branches(Composites[R]):
    """Mixed into an arithmetic of columns."""

    def tie(self: Columns[R], x: R | Exact, y: R | Exact) -> Column:
        """Rows where x and y are certainly equal."""
        yes: Column = self.eq0(self.num(x) - self.num(y))[0]
        return yes

    def where(self: Columns[R], cond: Masks, yes: Callable[[], R | Exact], no: Callable[[], R | Exact]) -> R:
        """The branch that each row takes, the hull of both where cond leaves it open. A branch that no row may take is not evaluated."""
        sure, never = cond
        if sure.all():
            return self.num(yes())
        if never.all():
            return self.num(no())
        a, b = self.num(yes()), self.num(no())
        chosen = self.pick(sure, a, b)
        unsure = ~(sure | never)
        if unsure.any():
            chosen = self.pick(unsure, self.hull(a, b), chosen)
        chosen.bad = bad_of(cond, a.bad, b.bad)
        return chosen

    def annihilate(self: Columns[R], adjoint: R, partial: R) -> R:
        """adjoint * partial, but exactly 0 where the adjoint is exactly 0, whatever the partial is."""
        product = self.mul(adjoint, partial)
        dead = self.eq0(adjoint)[0]
        return self.zeroed(product, dead) if dead.any() else product

    def sign(self: Columns[R], x: R) -> R:
        """-1, 1, or the interval [-1, 1] where x may be zero."""
        down, up = self.lt(x, 0)[0], self.lt(0, x)[0]
        self.note_kink(self.eq0(x)[0])
        result = self.signs(down, up)
        result.bad = x.bad
        return result


def bad_of(cond: Masks, yes: Column | None, no: Column | None) -> Column | None:
    """Rows of a `where` that are certainly undefined: the branch taken is, or both are where it is undecided."""
    if yes is None and no is None:
        return None
    sure, never = cond
    first = sure & False if yes is None else yes
    second = sure & False if no is None else no
    bad: Column = sure & first | never & second | first & second
    return bad if bad.any() else None
