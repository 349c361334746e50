"""Measures: which columns of numbers measure something, and which are labels made of digits."""

import re

from pipelines.profile import ColumnProfile
from pipelines.semantic_types.kind import told

KEY = re.compile(r"\b(?:id|key|pk|uid|uuid|guid|identifier)\b")
NUMBERED = re.compile(
    r"\b(?:account|acct|invoice|order|customer|client|policy|contract|claim|ticket|serial|card|phone"
    r"|document|receipt|reference|ref|booking|flight|licen[cs]e|passport|tracking|part|article"
    r"|registration|membership|tax|vat) (?:no|nr|num|number)$"
)
JOINED = re.compile(
    r"\b(?:site|u?subj|subject|patient|cust|customer|client|user|person|employee|emp|order|invoice"
    r"|product|prod|item|store|account|device|session|event)id\b"
)
CODE = re.compile(r"\bcode$")
KIND = re.compile(r"\b(?:status|type|category)$")
TWO = 2  # values, which may count as no and yes
YEAR = re.compile(r"\b(?:year|yr|jahr|jaar|rok|anno|ano|año|annee|année)\b")
YEARS = range(1500, 2201)
LABELS = frozenset(
    {"postal_code", "national_id", "payment_card", "phone", "date_of_birth", "gtin", "isbn"}
)
DENSE = 2  # a counter skips fewer numbers than it gives out


def is_called_key(name: str) -> bool:
    """Whether a column's name says that it identifies.

    >>> [is_called_key(name) for name in ("customerId", "order_id", "idle", "Key")]
    [True, True, False, True]
    >>> [is_called_key(name) for name in ("SITEID", "Account Number", "line no", "paid")]
    [True, True, False, False]
    """
    words = told(name)
    return any(each.search(words) for each in (KEY, NUMBERED, JOINED))


def is_key(column: ColumnProfile) -> bool:
    """Whether a column of integers tells its rows apart, and is there to do so.

    It is called a key, or its values lie as close together as those of a counter do; what merely
    never repeats, as inhabitants of a country, is a measure.
    """
    figures = column.figures
    distinct, low, high = (figures.get(name) for name in ("distinctCount", "min", "max"))
    if column.type != "integer" or column.count < 2 or distinct != column.count:
        return False
    if is_called_key(column.name):
        return True
    return isinstance(low, int) and isinstance(high, int) and high - low < DENSE * column.count


def is_label(column: ColumnProfile) -> bool:
    """Whether the numbers of a column stand for things: keys, codes, numbers of persons.

    They have no mean that says anything, no outliers, and go with nothing as measures do.
    """
    if not column.is_numeric:
        return False
    if (column.figures.get("semanticType") or {}).get("type") in LABELS:
        return True
    is_whole = column.type == "integer" or bool(column.figures.get("integerValued"))
    is_called = is_called_key(column.name) or CODE.search(told(column.name)) is not None
    return is_whole and (is_called or is_kind(column))


def is_kind(column: ColumnProfile) -> bool:
    """Whether the numbers of a column are called kinds, as those of the HTTP status are.

    >>> [KIND.search(told(name)) is not None for name in ("httpStatus", "type_2", "prototype")]
    [True, False, False]
    """
    is_called = KIND.search(told(column.name)) is not None
    return column.is_numeric and is_called and column.figures.get("distinctCount") != TWO


def is_year(column: ColumnProfile) -> bool:
    """Whether the numbers of a column are calendar years, by its name and by their range."""
    ends = [column.figures.get(name) for name in ("min", "max")]
    if column.type != "integer" or not all(isinstance(end, int) for end in ends):
        return False
    return YEAR.search(told(column.name)) is not None and all(end in YEARS for end in ends)


def is_measure(column: ColumnProfile) -> bool:
    """Whether the numbers of a column measure something: neither labels, counters nor years."""
    return column.is_numeric and not (is_label(column) or is_key(column) or is_year(column))
