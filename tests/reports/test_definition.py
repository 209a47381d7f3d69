"""The source of a definition: it is the definition, whole and alone, whatever made it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from ulpfuzz.oracles.arithmetic.special import functions
from ulpfuzz.oracles.definitions import definition
from ulpfuzz.reports.definition import Definition, definition_of
from ulpfuzz.reports.shim import shim

HALF = Fraction(1, 2)


def of_constant(m: Any, x: Any, unused: int = 3) -> Any:
    """x / 2."""
    return helper(m, x) * HALF


def helper(m: Any, x: Any) -> Any:  # type: ignore[unused-ignore]
    value: Any = m.num(x)
    return value


def made(scale: int, function: Any) -> Any:
    def inner(m: Any, x: Any) -> Any:
        return scale * function(m, x)

    inner.__doc__ = f"{scale} times a function."
    return inner


def sum(m: Any, x: list[Any]) -> Any:
    return m.sum(x)


def executed(told: Definition, **given: Any) -> Any:
    names: dict[str, Any] = dict(given)
    exec("\n".join([*told.imports, told.text]), names)
    return names[told.name]


class Plain:
    """An arithmetic over Python's numbers."""

    num, sum = staticmethod(lambda x: x), staticmethod(lambda x: x[0] + x[-1])


def test_what_a_function_needs_comes_before_it() -> None:
    told = definition_of(of_constant)
    assert told.imports == ("from fractions import Fraction",)
    assert told.text.index("HALF =") < told.text.index("def of_constant(m, x, unused=3):")
    assert "noqa" not in told.text
    assert "Any" not in told.text
    assert told.asks == {"num"}
    assert executed(told)(Plain, 3) == Fraction(3, 2)


def test_two_closures_of_one_factory_are_told_apart() -> None:
    twice, thrice = made(2, lambda m, x: x + 1), made(3, lambda m, x: x - 1)
    whole = made(5, made(7, twice))
    told = definition_of(thrice, name="thrice")
    assert executed(told)(Plain, 10) == 27
    assert '"""3 times a function."""' in told.text
    assert executed(definition_of(whole, name="whole"))(Plain, 10) == whole(Plain, 10) == 770


def test_two_lambdas_on_one_line() -> None:
    one, other = (lambda m, x: x + 1), (lambda m, x: x + 2)
    assert [executed(definition_of(f, name="f"))(Plain, 1) for f in (one, other)] == [2, 3]


def test_a_name_of_python_is_not_hidden() -> None:
    told = definition_of(sum)
    assert told.name == "sum_"
    assert executed(told)(Plain, [1, 2, 4]) == 5


def test_a_closure_over_what_no_source_says() -> None:
    with pytest.raises(ValueError, match="holds function = <object"):
        definition_of(made(2, object()))


def test_an_arithmetic_that_nobody_offers() -> None:
    with pytest.raises(ValueError, match=r"m\.unheard_of is nothing that a script can carry"):
        shim(["unheard_of"], {})


def test_every_definition_of_the_catalogue_is_carried() -> None:
    """By name, whoever made it: it compiles alone, its arithmetic is offered, and it keeps its argument names."""
    from ulpfuzz.fuzzer.catalog.registry import ops

    specials = {name: entry.mp for name, entry in functions().items()}
    for op in ops().values():
        whole = definition(op.definition)
        told = definition_of(whole, name=op.definition)
        carried = executed(told)
        count = whole.__code__.co_argcount + whole.__code__.co_kwonlyargcount
        assert carried.__code__.co_varnames[:count] == whole.__code__.co_varnames[:count], op.name
        assert (carried.__doc__ or "").split() == (whole.__doc__ or "").split(), op.name
        shim(told.asks, specials, nans=True, divides=told.divides)


def test_a_special_function_takes_its_helpers_with_it() -> None:
    text, _ = shim(["betainc_i"], {name: entry.mp for name, entry in functions().items()})
    assert "def mp_betainc_series" in text
    assert "TERMS = 3000" in text
    assert "gammainc" not in text
