"""Hard tables: seeded, and each a corner of arithmetic, of time or of typing."""

import base64
import datetime as dt
import io
import math
import random
import string
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 2000
EDGE = 2**63


def tables() -> Iterator[tuple[str, bytes]]:
    """Names and contents of files."""
    for name, columns in _parquet().items():
        stream = io.BytesIO()
        pq.write_table(pa.table(columns), stream, row_group_size=700)
        yield f"{name}.parquet", stream.getvalue()
    for name, text in _delimited().items():
        yield f"{name}.csv", text.encode("utf-8")
    yield "meanings.csv", _meanings().encode("utf-8")
    yield "forms.csv", _forms().encode("utf-8")


def _parquet() -> dict[str, dict[str, Any]]:
    r, g = random.Random(5), np.random.default_rng(5)
    noise = g.normal(size=ROWS)
    several = [None if n % 7 == 0 else n for n in range(ROWS)]
    day, utc = dt.date(1970, 1, 1), "UTC"
    zoned = pa.array([r.randrange(-(2**41), 2**41) for _ in range(ROWS)], pa.int64())
    return {
        "offsets": {
            "big": 1e15 + g.normal(size=ROWS),
            "billion": 1e9 + noise,
            "id": pa.array([2**60 + n * 3 for n in range(ROWS)], pa.int64()),
            "tiny": 1 + noise * 1e-12,
            "mixed": np.concatenate([[1e300, -1e300], noise[2:]]),
        },
        "scales": {
            "denormal": [5e-324 * r.randrange(9) for _ in range(ROWS)],
            "small": noise * 1e-200,
            "large": noise * 1e200,
            "huge": [r.choice([-1, 1]) * 1.5e308 for _ in range(ROWS)],
            "wide": [10.0 ** r.randrange(-300, 300) for _ in range(ROWS)],
            "cancels": [(-1) ** n * 1e16 + n % 3 for n in range(ROWS)],
        },
        "odd_floats": {
            "mixed": [
                r.choice([math.nan, math.inf, -math.inf, 1.5, -2.0, 0.0, -0.0, None])
                for _ in range(ROWS)
            ],
            "all_nan": [math.nan] * ROWS,
            "all_inf": [math.inf] * ROWS,
            "zeros": [r.choice([0.0, -0.0]) for _ in range(ROWS)],
            "single": pa.array(noise.astype(np.float32)),
            "half": pa.array(noise.astype(np.float16)),
        },
        "integer_edges": {
            "int64": pa.array(
                [r.choice([-EDGE, EDGE - 1, 0, 1, 2**53, 2**53 + 1]) for _ in range(ROWS)]
            ),
            "uint64": pa.array(
                [r.choice([0, 2 * EDGE - 1, EDGE, 7]) for _ in range(ROWS)], pa.uint64()
            ),
            "int8": pa.array([r.randrange(-128, 128) for _ in range(ROWS)], pa.int8()),
            "gaps": pa.array(several, pa.int64()),
            "near": pa.array([EDGE - 1 - n for n in range(ROWS)], pa.int64()),
        },
        "decimals": {
            "long": pa.array(
                [Decimal(f"{r.randrange(10**28)}.{r.randrange(10**10):010d}") for _ in range(ROWS)],
                pa.decimal128(38, 10),
            ),
            "money": pa.array(
                [Decimal(r.randrange(10**6)) / 100 for _ in range(ROWS)], pa.decimal128(12, 2)
            ),
            "offset": pa.array(
                [Decimal(10**20 + r.randrange(1000)) / 100 for _ in range(ROWS)],
                pa.decimal128(30, 2),
            ),
            "thin": pa.array(
                [Decimal(r.randrange(1, 10**4)).scaleb(-30) for _ in range(ROWS)],
                pa.decimal128(38, 30),
            ),
        },
        "old_and_far_dates": {
            "before": pa.array(
                [r.randrange(-1_500_000, -600_000) for _ in range(ROWS)], pa.int32()
            ).cast(pa.date32()),
            "after": pa.array(
                [r.randrange(2_900_000, 4_000_000) for _ in range(ROWS)], pa.int32()
            ).cast(pa.date32()),
            "epochs": pa.array(
                [r.choice([0, -25_567, -25_569, 2_932_896, -719_162]) for _ in range(ROWS)],
                pa.int32(),
            ).cast(pa.date32()),
            "months": [day.replace(year=1950 + n % 80, month=1 + n % 12) for n in range(ROWS)],
            "years": [day.replace(year=1900 + n % 120) for n in range(ROWS)],
            "future": [day + dt.timedelta(days=20_000 + r.randrange(2000)) for _ in range(ROWS)],
        },
        "instants": {
            "paris": zoned.cast(pa.timestamp("us", "Europe/Paris")),
            "new_york": zoned.cast(pa.timestamp("ms", "America/New_York")),
            "utc": zoned.cast(pa.timestamp("us", utc)),
            "kathmandu": zoned.cast(pa.timestamp("ns", "Asia/Kathmandu")),
            "local": zoned.cast(pa.timestamp("us")),
            "nanos": pa.array([r.randrange(10**18) for _ in range(ROWS)], pa.int64()).cast(
                pa.timestamp("ns")
            ),
            "seconds": pa.array([r.randrange(10**9) for _ in range(ROWS)], pa.int64()).cast(
                pa.timestamp("s")
            ),
            "clock": pa.array([r.randrange(86_400) * 10**6 for _ in range(ROWS)], pa.int64()).cast(
                pa.time64("us")
            ),
            "lasts": pa.array(
                [r.randrange(-(10**9), 10**12) for _ in range(ROWS)], pa.int64()
            ).cast(pa.duration("us")),
        },
        "nested": {
            "lists": pa.array(
                [
                    None if n % 11 == 0 else [r.choice([None, 1, 2]) for _ in range(n % 5)]
                    for n in range(ROWS)
                ]
            ),
            "structs": pa.array(
                [
                    None if n % 13 == 0 else {"a": r.choice([None, 1.5]), "b": r.choice("xyz")}
                    for n in range(ROWS)
                ]
            ),
            "maps": pa.array(
                [[(r.choice("abc"), n % 3)] for n in range(ROWS)], pa.map_(pa.string(), pa.int64())
            ),
            "bytes": [r.randbytes(r.randrange(4)) for _ in range(ROWS)],
            "words": pa.array([[r.choice(["a", "b", ""])] * (n % 3) for n in range(ROWS)]),
        },
        "empty_columns": {
            "null": pa.nulls(ROWS),
            "none": pa.array([None] * ROWS, pa.float64()),
            "no_text": pa.array([None] * ROWS, pa.string()),
            "no_date": pa.array([None] * ROWS, pa.date32()),
            "constant": [7] * ROWS,
            "two": [n % 2 == 0 for n in range(ROWS)],
            "rare": [1.0] + [0.0] * (ROWS - 1),
        },
        "sampled": _sampled(r, g),
        "groups": {
            "x": np.repeat([0.0, 9.0, 30.0], ROWS // 4) + g.normal(size=ROWS // 4 * 3),
            "z": [None if n % 50 == 0 else r.gauss(1e6, 3) for n in range(ROWS // 4 * 3)],
        },
        "one_row": {"n": [1.5], "t": ["a"], "d": [day], "b": [True], "l": [[1]]},
        "no_rows": {
            "n": pa.array([], pa.float64()),
            "t": pa.array([], pa.string()),
            "d": pa.array([], pa.date32()),
        },
        "one_column": {"n": noise},
        "texts": {
            "empty_or_null": [r.choice(["", None, " ", "a", "a ", "A"]) for _ in range(ROWS)],
            "unicode": [
                "".join(
                    r.choice("aZ9é Ωя漢字👍🏽ǅʰ٣\u0301\u00a0\u3000\ufeff") for _ in range(n % 9)
                )
                for n in range(ROWS)
            ],
            "long": ["x" * (n % 1500) for n in range(ROWS)],
            "codes": [
                f"{r.choice(string.ascii_uppercase)}{r.choice('abc')}-{n:05d}" for n in range(ROWS)
            ],
            "control": [
                r.choice(["a\tb", "a\x00b", "a\nb", "\x1b[31m", "tab\t"]) for _ in range(ROWS)
            ],
            "cities": [
                r.choice(
                    ["Berlin", "berlin", " Berlin", "BERLIN", "Köln", "KÖLN", "Straße", "STRASSE"]
                )
                for _ in range(ROWS)
            ],
        },
        "related": {
            "x": noise,
            "y": noise * 2 + g.normal(size=ROWS) * 1e-7,
            "z": -(noise**3),
            "copy": noise,
            "holes": [None if n % 3 else float(v) for n, v in enumerate(noise)],
            "class": [r.choice("abcd") for _ in range(ROWS)],
            "same_class": ["q" if v > 0 else "p" for v in noise],
            "flag": [bool(v > 0.5) for v in noise],
            "steps": [int(v * 3) for v in noise],
        },
        "repeats": {
            "a": [n % 50 for n in range(ROWS)],
            "b": [math.nan if n % 50 else -0.0 for n in range(ROWS)],
            "c": [None if n % 2 else 0.0 for n in range(ROWS)],
        },
        "many_distinct": {
            "text": [f"{r.random():.12f}" for _ in range(150_000)],
            "number": g.normal(size=150_000),
            "far_out": np.append(g.normal(size=149_990), np.arange(1, 11) * 1e6),
            "skewed": [int(r.paretovariate(0.7)) for _ in range(150_000)],
        },
        "trend": {
            "at": pa.array(range(ROWS), pa.int64()),
            "value": [n * 0.1 for n in range(ROWS)],
            "target": [r.choice(["yes", "no"]) if v > 1 else "no" for v in noise],
        },
        "predicted": {"x": noise, "z": g.normal(size=ROWS), "y": noise * 3 + g.normal(size=ROWS)},
    }


def _sampled(r: random.Random, g: np.random.Generator) -> dict[str, Any]:
    """More rows than the sample has, related in every way, with cells that are empty."""
    rows = 9000
    x, levels = g.normal(size=rows), r.choices("abcdef", k=rows)
    return {
        "x": x,
        "y": [None if n % 9 == 0 else v * 2 + r.gauss(0, 1) for n, v in enumerate(x.tolist())],
        "cubed": x**3,
        "copy": x,
        "level": [None if n % 11 == 0 else v for n, v in enumerate(levels)],
        "like_level": [v if r.random() < 0.7 else r.choice("xyz") for v in levels],
        "by_level": [ord(v) + r.gauss(0, 2) for v in levels],
        "flag": [v in "ab" for v in levels],
        "odd": [r.choice([math.nan, math.inf, 1.0, 2.0, None]) for _ in range(rows)],
    }


def _delimited() -> dict[str, str]:
    r = random.Random(6)
    return {
        "nulls": "a,b,c\n"
        + "".join(
            f"{r.choice(['1', 'NA', '', 'null'])},{r.choice(['x', '', 'N/A'])},{n}\n"
            for n in range(500)
        ),
        "numbers": "n,m,t\n"
        + "".join(
            f"{r.uniform(-999, 999):.4f},{r.randrange(10**6)},{r.choice(['1', 'x', '2020-1-3'])}\n"
            for _ in range(3000)
        ),
        "near_repeats": "a,b\n"
        + "".join(f"{n // 2},{'x' if n % 4 else 'x '}\n" for n in range(900)),
        "one_value": "a\n5\n",
        "header_only": "a,b\n",
    }


def _meanings() -> str:
    """Columns of most semantic types, with some values that break their form or check digits."""
    r = random.Random(6)

    def digits(count: int) -> str:
        return "".join(r.choices(string.digits, k=count))

    def hexed(count: int) -> str:
        return "".join(r.choices("0123456789abcdef", k=count))

    def luhn(body: str) -> str:
        doubled = (int(d) * (2 - n % 2) for n, d in enumerate(reversed(body)))
        return body + str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)

    def iban() -> str:
        country, bban = r.choice([("DE", digits(18)), ("NL", f"ABNA{digits(10)}")])
        whole = "".join(str(int(c, 36)) for c in f"{bban}{country}00")
        return f"{country}{98 - int(whole) % 97:02d}{bban}"

    def dni() -> str:
        number = r.randrange(10**8)
        return f"{number:08d}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"

    def cpf() -> str:
        body = [r.randrange(10) for _ in range(9)]
        for n in (10, 11):
            body.append(sum(d * (n - at) for at, d in enumerate(body)) * 10 % 11 % 10)
        text = "".join(map(str, body))
        return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}"

    def pesel() -> str:
        born = f"{r.randrange(50, 99)}{r.randrange(1, 13):02d}{r.randrange(1, 29):02d}{digits(4)}"
        weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
        return born + str(-sum(int(d) * w for d, w in zip(born, weights, strict=True)) % 10)

    def bsn() -> str:
        while True:
            body = f"{r.randrange(1, 10)}{digits(7)}"
            rest = sum(int(d) * w for d, w in zip(body, range(9, 1, -1), strict=True)) % 11
            if rest < 10:
                return f"{body}{rest}"

    def steuer() -> str:
        body, rest = f"{r.randrange(1, 10)}{digits(9)}", 10
        for digit in body:
            rest = ((int(digit) + rest) % 10 or 10) * 2 % 11
        return f"{body}{(11 - rest) % 10}"

    def codice() -> str:
        """Of A, B, 0 and 1 alone: on odd places these count 1, 0, 1 and 0, else 0, 1, 0 and 1."""
        body = "".join(r.choices("AB", k=6)) + "0" + r.choice("01") + "A"
        body += f"{r.choice(['01', '10', '11'])}{r.choice('AB')}" + "".join(r.choices("01", k=3))
        values = {"A": 0, "B": 1, "0": 0, "1": 1}
        total = sum(values[c] if n % 2 else 1 - values[c] for n, c in enumerate(body))
        return body + string.ascii_uppercase[total % 26]

    def nir() -> str:
        body = f"{r.choice('12')}{r.randrange(50, 99)}{r.randrange(1, 13):02d}{r.randrange(10, 95)}"
        body += digits(6)
        return f"{body}{97 - int(body) % 97:02d}"

    def gs1(body: str) -> str:
        total = sum(int(d) * (1 if n % 2 else 3) for n, d in enumerate(reversed(body)))
        return body + str(-total % 10)

    def isbn() -> str:
        if r.random() < 0.5:
            return gs1(f"978{digits(9)}")
        body = digits(9)
        rest = -sum(int(d) * (10 - n) for n, d in enumerate(body)) % 11
        return f"{body[:1]}-{body[1:5]}-{body[5:]}-{'X' if rest == 10 else rest}"

    def nhs() -> str:
        while True:
            body = digits(9)
            rest = -sum(int(d) * (10 - n) for n, d in enumerate(body)) % 11
            if rest < 10:
                return f"{body[:3]} {body[3:6]} {body[6:]}{rest}"

    makers = {
        "mail": lambda: f"u{digits(4)}.{hexed(3)}@{r.choice(['a.example.org', 'b-c.de'])}",
        "link": lambda: f"https://example.org/{hexed(5)}?q={digits(2)}",
        "key": lambda: "-".join(hexed(n) for n in (8, 4, 4, 4, 12)),
        "device": lambda: ":".join(hexed(2) for _ in range(6)),
        "host": lambda: ".".join(str(r.randrange(256)) for _ in range(4)),
        "host6": lambda: f"2001:db8::{hexed(3)}:{hexed(4)}".replace(":0", ":1"),
        "iban": iban,
        "card": lambda: luhn(f"4{digits(14)}"),
        "dni": dni,
        "cpf": cpf,
        "pesel": pesel,
        "bsn": bsn,
        "steuer_id": steuer,
        "codice_fiscale": codice,
        "ssn": lambda: f"{r.randrange(100, 600)}-{r.randrange(10, 99)}-{r.randrange(1000, 9999)}",
        "nino": lambda: f"AB {r.randrange(10, 99)} {r.randrange(10, 99)} {r.randrange(10, 99)} C",
        "insee": nir,
        "phone": lambda: r.choice(
            [f"+49 30 {digits(7)}", f"(0711) {digits(6)}", f"0{digits(9)} x7"]
        ),
        "contact": lambda: r.choice(
            [f"+44-20{digits(8)}", f"({r.randrange(200, 999)}) 555-{digits(4)}"]
        ),
        "full_name": lambda: " ".join(
            [r.choice(["Zoë", "Ann-Marie", "Ömer"]), r.choice(["O\u2019Neil", "Lee"])]
        ),
        "nhs_number": nhs,
        "ean": lambda: r.choice([gs1(digits(12)), gs1(digits(11)), gs1(digits(7))]),
        "isbn": isbn,
        "student": lambda: f"{r.choice(['Zoë', 'Li', 'Ann-Marie'])} {r.choice(['Lee', 'Ng'])}",
        "nation": lambda: r.choice(["DE", "FR", "GB", "US", "AT", "CH", "SE"]),
        "country": lambda: r.choice(["DEU", "FRA", "gbr", "USA", "CHE"]),
        "currency": lambda: r.choice(["EUR", "USD", "CHF", "DEM", "jpy", "XCG"]),
        "lang": lambda: r.choice(["de", "EN", "fr", "zh"]),
        "locale": lambda: r.choice(["de-DE", "en_US", "zh-Hant-TW", "pt-BR"]),
        "token": lambda: base64.b64encode(r.randbytes(r.randrange(12, 40))).decode(),
        "folder": lambda: r.choice(
            [
                f"/srv/{hexed(4)}/a b",
                f"C:\\{hexed(3)}\\x",
                f"\\\\host\\{hexed(2)}",
                f"./a/{hexed(2)}",
            ]
        ),
        "street": lambda: f"Lindenstraße {r.randrange(1, 99)}",
        "zip": lambda: r.choice([f"{r.randrange(10000, 99999)}", "SW1A 1AA", "1234 AB", "D-10115"]),
        "digest": lambda: hexed(64),
        "payload": lambda: r.choice(['{""a"": 1}', "[]", '{""b"": [2]}']),
        "latitude": lambda: f"{r.uniform(-90, 90):.5f}",
        "longitude": lambda: f"{r.uniform(-180, 180):.5f}",
    }
    odd = ("", "x", "a@b", "1.2.3.4.5", "00000000A", "NL00ABNA0000000000")
    lines = [",".join(makers)]
    for _ in range(ROWS):
        cells = (make() if r.random() > 0.03 else r.choice(odd) for make in makers.values())
        lines.append(",".join(f'"{cell}"' for cell in cells))
    return "\n".join(lines) + "\n"


def _forms() -> str:
    """Texts that are written as numbers, dates and truths, or nearly, and some read wrongly."""
    r = random.Random(7)

    def date() -> str:
        marks, year = r.choices("-/.", k=2), r.choice([0, 1900, 2000, 2023, 2024, 9999])
        parts = [f"{year:04d}", str(r.randrange(14)), f"{r.randrange(33):02d}"]
        order = r.choice([(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
        text = "".join(a + b for a, b in zip((parts[n] for n in order), [*marks, ""], strict=True))
        return text + r.choice(["", "", " 12:30", "T01:02:03Z", " noon", "T1"])

    def number() -> str:
        body = "".join(r.choices("0123456789,.", k=r.randrange(1, 9)))
        return r.choice(["", "+", "-", " "]) + body + r.choice(["", "e5", "E-12", "e1234", "e"])

    words = ["true", "FALSE", "Yes", "no", " no ", "nope", "\u017fo", "yes\u00a0", "y"]
    words += ["1" * 70, " " * 70 + "7", "no" + " " * 40, " " * 70 + "2024-02-30"]
    garbled = [
        "Z\u00c3\u00bcrich",
        "don\u00e2\u20ac\u2122t",
        "\u00e2\x80\x99",
        "\u00c2\u00a35",
        "a\ufffd",
    ]
    garbled += [
        "\u00d0\u0178\u00d1\u20ac",
        "\u00d0\u0178",
        "\u00c3",
        "S\u00c3O",
        "\u00c3\u2019",
        "\u00e2ge",
    ]
    makers = (date, number, lambda: r.choice(words), lambda: r.choice(garbled))
    rows = (",".join(f'"{r.choice(makers)()}"' for _ in range(3)) for _ in range(3000))
    return "a,b,c\nx,x,x\n" + "\n".join(rows) + "\n"
