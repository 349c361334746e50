"""Relation: how strongly two columns go together, and what was compared to find it."""

from dataclasses import dataclass

DIGITS = 12  # beyond them, coefficients depend on how many threads multiplied the matrices


@dataclass(frozen=True, slots=True)
class Relation:
    """Two columns, a coefficient of -1 to 1, and the rows behind it."""

    left: str
    right: str
    strength: float
    rows: int


@dataclass(frozen=True, slots=True)
class Compared:
    """The strongest relations of one kind, strongest first, out of `pairs` that have one.

    Of `columns` that could take part, screening left `kept` to be compared.
    """

    listed: tuple[Relation, ...] = ()
    pairs: int = 0
    columns: int = 0
    kept: int = 0
