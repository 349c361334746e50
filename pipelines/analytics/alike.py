"""Alike: things that say the same, in groups that grow together."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Thing = TypeVar("Thing", bound=Hashable)


class Alike(Generic[Thing]):
    """Groups of things; each is alone until it is joined with another.

    >>> groups = Alike[str]()
    >>> groups.join("net", "gross"), groups.join("gross", "cost"), groups.join("net", "cost")
    (True, True, False)
    >>> groups.first("cost"), groups.first("weight")
    ('net', 'weight')
    """

    def __init__(self) -> None:
        self._before: dict[Thing, Thing] = {}

    def first(self, thing: Thing) -> Thing:
        """The one that speaks for the group of this one."""
        while thing in self._before:
            thing = self._before[thing]
        return thing

    def join(self, one: Thing, other: Thing) -> bool:
        """Make one group of two; False if they were one before."""
        one, other = self.first(one), self.first(other)
        if one != other:
            self._before[other] = one
        return one != other
