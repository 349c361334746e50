"""A dirty table: a column for each defect, each of a known size, beside healthy ones."""

import math
from datetime import date, datetime, timedelta

import polars as pl

ROWS = 400
TODAY = date(2026, 11, 23)  # the day of the jobs of tests
IBANS = ("DE89370400440532013000", "DE89370400440532013001")


def _with(values: list, odd: dict) -> list:
    """The values, with others at some rows (from 1)."""
    return [odd.get(row, value) for row, value in enumerate(values, 1)]


def orders() -> pl.DataFrame:
    """Rows 399 and 400 repeat rows 1 and 2; all other defects are named by the columns."""
    index = range(ROWS)
    day = date(2024, 1, 1)
    frame = pl.DataFrame(
        {
            "order_id": _with(list(index), {50: 7, 60: 7}),
            "healthy": [float(n * 37 % 101) for n in index],
            "comment": [f"note {n * 7919 % 1009} on order {n}" for n in index],
            "half_empty": [None if n % 2 else n % 11 for n in index],
            "some_empty": [None if n % 10 == 3 else n % 7 for n in index],
            "nothing": pl.Series([None] * ROWS, dtype=pl.String),
            "currency": ["EUR"] * ROWS,
            "mixed": [str(n % 9) if n % 10 == 0 else f"grade {n % 9}" for n in index],
            "city": _with(
                [("Berlin", "Paris", "Rome")[n % 3] for n in index],
                {4: "BERLIN", 5: "paris ", 6: "rome", 7: "BERLIN"},
            ),
            "padded": _with([f"item {n % 20}" for n in index], {9: " item 8", 10: "item 9\u00a0"}),
            "name": _with(["Müller", "Grün"] * (ROWS // 2), {20: "MÃ¼ller", 21: "Gr\ufffdn"}),
            "shipped": _with(
                [day + timedelta(days=n % 300) for n in index],
                {30: date(2031, 5, 1), 31: date(1024, 1, 1), 33: date(1900, 1, 1)},
            ),
            "due": [day + timedelta(days=5 * n) for n in index],
            "seen_at": _with(
                [datetime(2025, 1, 1, n % 24) for n in index],
                {40: datetime(1970, 1, 1), 41: datetime(1970, 1, 1), 42: datetime(2027, 1, 1)},
            ),
            "opened": [day + timedelta(days=n % 300) for n in index],
            "closed": _with(
                [day + timedelta(days=n % 300 + n % 5) for n in index],
                {60: day, 61: date(1900, 1, 1), 62: None, 63: day},
            ),
            "written": _with(
                [str(day + timedelta(days=n)) for n in index], {70: "2023-02-30", 71: "2024-13-01"}
            ),
            "temperature": _with([float(n % 25) for n in index], {80: -999.0, 81: -999.0}),
            "rating": _with([1 + n % 5 for n in index], {82: 999}),
            "price": _with([10.0 + n % 7 for n in index], {90: 5000.0, 91: float("nan")}),
            "weight": _with([1 + n % 9 for n in index], dict.fromkeys(range(130, 137), -1)),
            "paid": _with([20.0 + n % 50 for n in index], {140: -80.5, 141: -math.inf}),
            "far": _with([float(n % 2) for n in index], dict.fromkeys(range(100, 106), 50.0)),
            "channel": _with(["web"] * ROWS, {110: "shop", 111: "shop", 112: "phone"}),
            "customer": [f"customer {n % 60}" for n in index],
            "iban": _with([IBANS[0]] * ROWS, {120: IBANS[1]}),
            "mail": [f"person{n}@example.org" for n in index],
        },
        strict=False,
    )
    return pl.concat([frame.head(398), frame.head(2)])


def healthy() -> pl.DataFrame:
    """Numbers, codes, categories, free text and dates as they should be."""
    index = range(ROWS)
    return pl.DataFrame(
        {
            "id": index,
            "customer_id": [n * 7 % 90 for n in index],
            "amount": [((n * 7919) % 1009) / 10 for n in index],
            "share": [((n * 131) % 997) / 997 for n in index],
            "quantity": [n % 1000 for n in index],
            "change": [(n * 37 % 2001) - 1000 for n in index],
            "price_change": [(n * 37 % 401) - 1 for n in index],
            "outdoors": [(n * 7 % 400) / 10 - 0.25 for n in index],
            "flag": [n % 3 == 0 for n in index],
            "seldom": [int(n % 12 == 0) for n in index],
            "label": [(-1, 1)[n % 2] for n in index],
            "region": [("north", "south", "east")[n % 3] for n in index],
            "sku": [f"{'ABC'[n % 3]}-{n:05d}" for n in index],
            "zip": [f"{n * 997 % 90000 + 10000}" for n in index],
            "comment": [f"São Paulo, naïve café no. {n}; see “MANHÔ" for n in index],
            "born": [date(1930, 1, 1) + timedelta(days=47 * n) for n in index],
            "day": [date(1970, 1, 1) + timedelta(days=n) for n in index],
            "at": [datetime(2024, 5, 1) + timedelta(hours=n) for n in index],
            "due": [date(2026, 11, 1) + timedelta(days=n) for n in index],
            "year": [1990 + n % 35 for n in index],
        }
    )
