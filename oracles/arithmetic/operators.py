"""Operators: + - * / of a number that wraps one of FLINT's, the same table for balls and for series of them."""

from __future__ import annotations

from typing import Any, Generic, Self, TypeVar

from flint import arb, arb_series

from ulpfuzz.oracles.arithmetic.protocol import Exact

V = TypeVar("V", arb, arb_series)


class Operators(Generic[V]):
    """A number `v` of FLINT's with the operators of the protocol. A subclass says how it reads exact numbers.

    A number of the same class is read without a call: at 128 bits a product takes FLINT 33 ns, and Python ten times that around it.
    """

    __slots__ = ("v",)
    v: V

    def __init__(self, v: V) -> None:
        self.v = v

    @staticmethod
    def bare(value: Any) -> V:
        """FLINT's number of an exact one."""
        raise NotImplementedError

    def __neg__(self) -> Self:
        return self.__class__(-self.v)

    def __add__(self, other: Self | Exact) -> Self:
        return self.__class__(self.v + (other.v if isinstance(other, Operators) else self.bare(other)))

    __radd__ = __add__

    def __sub__(self, other: Self | Exact) -> Self:
        return self.__class__(self.v - (other.v if isinstance(other, Operators) else self.bare(other)))

    def __rsub__(self, other: Exact) -> Self:
        return self.__class__(self.bare(other) - self.v)

    def __mul__(self, other: Self | Exact) -> Self:
        return self.__class__(self.v * (other.v if isinstance(other, Operators) else self.bare(other)))

    __rmul__ = __mul__

    def __truediv__(self, other: Self | Exact) -> Self:
        return self.__class__(self.v / (other.v if isinstance(other, Operators) else self.bare(other)))

    def __rtruediv__(self, other: Exact) -> Self:
        return self.__class__(self.bare(other) / self.v)
