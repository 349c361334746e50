"""Semantic types of columns: what is claimed, what is not, and why a column is personal."""

import base64
import random
from datetime import date
from uuid import UUID

import polars as pl
import pytest

from pipelines.semantic_types.national_ids import (
    br_cpf,
    ch_ahv,
    cn_resident,
    de_steuer_id,
    es_dni,
    fi_hetu,
    fr_nir,
    gb_nhs,
    it_codice_fiscale,
    nl_bsn,
    pl_pesel,
    se_personnummer,
)
from pipelines.statistics import running_merge
from pipelines.statistics.budget import Budget
from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.semantics import Semantics
from pipelines.statistics.table_states import TableStates

RANDOM = random.Random(7)


def semantics(name, values):
    return Semantics.of(ColumnView(pl.Series(name, values), Budget()))


def claimed(name, values):
    return semantics(name, values).result().get("semanticType", {}).get("type")


def with_luhn(start, digits):
    """A number of so many digits that begins so and passes Luhn's test."""
    body = start + "".join(str(RANDOM.randrange(10)) for _ in range(digits - len(start) - 1))
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body)))
    total = sum(each - 9 if each > 9 else each for each in doubled)
    return f"{body}{-total % 10}"


def iban(country, bban):
    digits = "".join(str(int(symbol, 36)) for symbol in f"{bban}{country}00")
    return f"{country}{98 - int(digits) % 97:02d}{bban}"


IBANS = [iban("DE", f"{RANDOM.randrange(10**18):018d}") for _ in range(50)]
CARDS = [with_luhn(start, 16) for start in ("4", "51", "2221", "6011") for _ in range(10)]
BYTES = [RANDOM.randbytes(20 + n % 9) for n in range(40)]
CODES = ["US", "DE", "FR", "GB", "NL", "CH", "SE", "DK", "FI", "PL", "CZ"]

CLAIMED = {
    "email": ("x", [f"user.{n}+tag@mail.example.co.uk" for n in range(9)]),
    "url": ("x", ["https://example.com/a?b=c#d", "http://127.0.0.1:80/", "www.example.org/x"]),
    "ip_address": ("x", ["192.168.0.1", "8.8.8.8", "2001:db8::1", "::ffff:10.0.0.1", "::1"]),
    "mac_address": ("x", ["00:1B:44:11:3A:B7", "00-1b-44-11-3a-b8", "001b.4411.3ab9"]),
    "uuid": ("x", [str(UUID(int=RANDOM.getrandbits(128))) for _ in range(9)]),
    "phone": ("x", ["+49 30 1234567", "(415) 555-0132", "+442071838750", "415-555-0133"]),
    "iban": ("x", IBANS),
    "payment_card": ("x", CARDS),
    "country_code": ("x", CODES),
    "currency_code": ("x", ["USD", "EUR", "GBP", "JPY", "CHF", "AUD", "CAD"]),
    "language_code": ("lang", ["en", "de", "fr"]),
    "postal_code": ("zip", ["10115", "80331-1234", "SW1A 1AA", "K1A 0B1"]),
    "json": ("x", ['{"a": [1, 2]}', "[]", '{"b": {"c": null}}']),
    "base64": ("x", [base64.b64encode(each).decode() for each in BYTES]),
    "file_path": ("x", ["/usr/lib/x.so", r"C:\Users\x y\z.txt", "./a/b", r"\\host\share\f"]),
    "hash": ("x", [f"{RANDOM.getrandbits(128):032x}" for _ in range(20)]),
    "national_id": ("x", ["12345678Z", "X1234567L", "87654321X", "54362315K"]),
    "gtin": ("EAN", [f"{n:012d}{-(n % 10 * 3 + n // 10 * 1) % 10}" for n in range(10, 99)]),
    "isbn": ("isbn", ["0-306-40615-2", "978-0-306-40615-7", "080442957X"]),
    "person_name": ("first_name", ["Zoë", "O'Neil", "Jean-Luc", "李"]),
    "street_address": ("street", ["12 Main St", "Am Markt 3"]),
    "date_of_birth": ("dateOfBirth", [date(1990, 1, 2), date(2001, 3, 4)]),
    "latitude": ("lat", [48.1, -52.5, 0.0]),
    "longitude": ("pickup_longitude", [11.6, -179.9]),
}
NOT_CLAIMED = {
    "order numbers of 16 digits": ("x", [f"4{RANDOM.randrange(10**15):015d}" for _ in range(500)]),
    "the same as integers": ("x", [4 * 10**15 + n for n in range(500)]),
    "one number that passes Luhn": ("x", [CARDS[0]] * 50),
    "serial numbers with Luhn": ("imei", [with_luhn("35", 15) for _ in range(50)]),
    "hex colours": ("x", ["#a1b2c3", "#ffffff", "a1b2c3", "deadbeef"]),
    "versions": ("x", ["1.2.3.4", "1.2.4.0", "2.0.0.17", "1.2.3.5"]),
    "versions with large numbers": ("app_version", ["10.0.190.41", "10.0.190.42"]),
    "English words": ("x", ["IN", "NO", "IS", "AT", "TO", "BE", "SO", "MY", "ME", "IT", "US"]),
    "words in small letters": ("x", ["in", "no", "is", "at", "to", "be", "so", "de", "fr", "es"]),
    "a flag": ("x", ["NO"] * 40 + ["IN"] * 9),
    "words of three letters": ("x", ["ALL", "TRY", "THE", "AND", "FOR", "NOT", "YOU"]),
    "times": ("x", ["12:34:56", "01:02:03"]),
    "dates": ("x", ["2024-01-02", "2023-05-06"]),
    "fractions": ("x", ["1/2", "3/4"]),
    "articles by their number, not called so": ("x", ["4006381333931", "5901234123457"]),
    "what is told of students": ("student status", ["Full Time", "Part Time"]),
    "names of products": ("product_name", ["Anna", "Bob"]),
    "prose": ("x", ["a b c", "write to me", "+1 for this"]),
    "not quite e-mail": ("x", ["a@b", "@b.c", "a b@c.de", "a@@b.de", "a@b..de", ".a@b.de"]),
    "not quite IPs": ("x", ["256.1.1.1", "1.2.3", "1:2:3", "1::2::3", ":::"]),
    "camel case": ("x", [f"CustomerNumber{n:06d}" for n in range(50)]),
    "nine in ten": ("x", [f"u{n}@b.de" for n in range(89)] + [f"u{n}" for n in range(11)]),
    "a longitude out of range": ("longitude", [11.0, 181.0]),
    "lengths": ("x", [48.1, 11.6]),
    "braces": ("x", ["{a:1}", "{"]),
    "nothing": ("email", pl.Series([None, None], dtype=pl.String)),
}


@pytest.mark.parametrize("kind", CLAIMED)
def test_a_type_is_claimed(kind):
    """Values of a type are told as it, all of them, with a confidence between 0 and 1."""
    name, values = CLAIMED[kind]

    found = semantics(name, values).result()["semanticType"]

    assert found["type"] == kind
    assert found["coverage"] == 1
    assert found["checksum"] in (None, 1)
    assert 0.5 <= found["confidence"] <= 1


@pytest.mark.parametrize("case", NOT_CLAIMED)
def test_what_looks_alike_is_not_claimed(case):
    """Order numbers, colours, versions and words have no semantic type."""
    name, values = NOT_CLAIMED[case]

    assert claimed(name, values) is None


@pytest.mark.parametrize(
    "check, right, wrong",
    [
        (es_dni, ["12345678Z", "X1234567L", "54362315K"], ["12345678A", "Y1234567L"]),
        (it_codice_fiscale, ["RSSMRA85T10A562S", "RCCMNL83S18D969H"], ["RSSMRA85T10A562T"]),
        (fr_nir, ["295109912611193", "253072B07300470"], ["295109912611194"]),
        (br_cpf, ["390.533.447-05"], ["231.002.999-00", "111.111.111-11"]),
        (pl_pesel, ["44051401359"], ["44051401358"]),
        (nl_bsn, ["111222333", "941331490"], ["111222334", "000000000"]),
        (cn_resident, ["360426199101010071", "11010519491231002X"], ["360426199101010072"]),
        (de_steuer_id, ["36574261809", "86095742719"], ["36574261890"]),
        (se_personnummer, ["880320-0016", "811228-9874"], ["880320-0018"]),
        (fi_hetu, ["311280-888Y", "131052-308T"], ["131052-308U"]),
        (gb_nhs, ["943 476 5919", "4010232137"], ["943 476 5918", "0000000000"]),
        (ch_ahv, ["756.9217.0769.85"], ["756.9217.0769.84"]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_check_digits_of_national_ids(check, right, wrong):
    """Published examples hold, and a changed digit does not."""
    assert check(pl.Series(right)).all()
    assert not check(pl.Series(wrong)).any()


@pytest.mark.parametrize(
    "value, is_sound",
    [
        ("GB82 WEST 1234 5698 7654 32", True),
        ("NO9386011117947", True),
        ("MT84MALT011000012345MTLCAST001S", True),
        ("GB82 WEST 1234 5698 7654 33", False),
        ("DE8937040044053201300", False),
    ],
)
def test_an_iban_is_sound_by_its_digits_and_its_length(value, is_sound):
    """Modulo 97, and as long as its country says."""
    (tally,) = (each for each in semantics("iban", [value]).tallies if each.key == "iban")

    assert (tally.matched, tally.sound) == (1, int(is_sound))


def test_broken_checksums_are_counted_and_shown():
    """3 of 10,000 IBANs: the type stands, the share is exact, the wrong ones are named."""
    wrong = [f"{each[:-1]}{(int(each[-1]) + 1) % 10}" for each in IBANS[:3]]

    found = semantics("konto", IBANS * 200 + wrong).result()["semanticType"]

    assert found["type"] == "iban"
    assert found["checksum"] == 10_000 / 10_003
    assert found["broken"] == {"count": 3, "examples": sorted(wrong)}


def test_coverage_is_exact_over_all_rows():
    """However the values repeat, each counts as often as it stands."""
    values = ["a@b.de"] * 19_000 + [f"x{n}" for n in range(1000)] + [None] * 50

    assert semantics("x", values).result()["semanticType"]["coverage"] == 0.95


@pytest.mark.parametrize(
    "name, values, kind",
    [
        ("contact", ["a@b.de", "+49 30 1234567"] * 10, "email"),
        ("note", ["please write to a.b@c.de."] + ["nothing"] * 999, "email"),
        ("people", [{"mail": "a@b.de"}], "email"),
        ("people", [["a@b.de"]], "email"),
        ("card_number", [f"4{n:015d}" for n in range(100)], "payment_card"),
        ("patientName", ["Zoë Smith", "Li Wei"], "person_name"),
        ("student", ["Zoë Smith", "Li Wei", "O’Neil, J. R."], "person_name"),
        ("nhs_number", ["943 476 5919", "401 023 2137"], "national_id"),
        ("ssn", [123456789, 123456780], "national_id"),
        ("dob", [date(1990, 1, 1)], "date_of_birth"),
        ("tel", [49301234567, 49301234568], "phone"),
        ("phone", ["+49 30 1234567"] * 3 + ["unknown"] * 37, "phone"),
        ("birthday", ["1990-01-31", "not told", "not told"], "date_of_birth"),
        ("card", ["4111 1111 1111 1111"] + ["cash"] * 999, "payment_card"),
    ],
)
def test_a_column_is_personal(name, values, kind):
    """By its type, by its name and some values, or by one e-mail address in a thousand texts."""
    found = semantics(name, values).result()["personal"]

    assert found["kind"] == kind
    assert found["why"]


@pytest.mark.parametrize("name", ["site", "id", "amount"])
def test_what_is_no_persons_is_not_personal(name):
    """Links, ids and numbers are not."""
    assert "personal" not in semantics(name, ["https://a.de/x", str(UUID(int=7))] * 9).result()


@pytest.mark.parametrize(
    "name, values",
    [
        ("server", ["10.0.0.77"] + [f"web-{n}" for n in range(30)]),
        ("card", ["4111 1111 1111 1112"] + ["cash"] * 999),
        ("remark", ["+49 30 1234567"] * 3 + ["none"] * 37),
    ],
)
def test_a_name_alone_or_few_values_alone_say_nothing(name, values):
    """The name needs values that bear it out, and the values a name where they are few."""
    assert "personal" not in semantics(name, values).result()


HOSTILE = [
    "",
    " ",
    "\x00",
    "@" * 100_000,
    "a" * 100_000 + "@" + "b." * 50_000,
    "(" * 50_000,
    "[" * 200_000,
    '{"a":' * 5000,
    "4" * 100_000,
    "DE89" + "A" * 100_000,
    "١٢٣٤٥٦٧٨٩٠١٢٣٤٥٦",
    "４１１１１１１１１１１１１１１１",
    "DE٨٩370400440532013000",
    "1٢345678Z",
    "36574261٨09",
    "756.9217.0769.٨5",
    "4111111111111111".translate({ord("1"): "\u0661"}),
    "\ud7ff\U0010ffff",
    "a@b.de\n",
    "::::::::",
    "0" * 32,
]


@pytest.mark.parametrize(
    "name", ["x", "iban", "card", "phone", "ssn", "email", "country", "json", "bsn", "ahv"]
)
def test_hostile_cells_are_survived(name):
    """Long, deep, foreign and broken texts take no claim and raise nothing."""
    found = semantics(name, HOSTILE * 3)

    assert all(tally.sound <= tally.matched <= found.values for tally in found.tallies)
    assert found.result().get("semanticType") is None


@pytest.mark.parametrize("seed", range(5))
def test_neither_order_nor_cuts_matter(seed):
    """Rows in any order and any parts give one result, proofs and examples included."""
    mixed = [*IBANS, *CARDS, *HOSTILE, None]
    ibans = [*IBANS, "DE89370400440532013001", "x", *[None] * (len(mixed) - len(IBANS) - 2)]
    frame = pl.DataFrame({"mixed": mixed, "iban": ibans})
    whole = TableStates.of(frame, fragment=0, first_row=0)
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=seed)
    cuts = sorted(RANDOM.sample(range(frame.height), 4))

    parts = [
        TableStates.of(shuffled[start:end], fragment=0, first_row=start)
        for start, end in zip([0, *cuts], [*cuts, frame.height], strict=True)
    ]

    assert _semantics(running_merge.merged(parts)) == _semantics(whole)


def _semantics(states):
    return [state for column in states.columns for state in column if state.name == "semantics"]


def test_codes_beside_empty_cells_are_recognised_as_floats():
    """Where a column of integers lacks some, many writers make floats of it."""
    cards = [float(card) for card in CARDS]
    wrong = cards[0] + 1
    for values in ([*cards, None], [*cards, float("nan")]):
        found = semantics("x", values).result()
        assert found["semanticType"]["type"] == found["personal"]["kind"] == "payment_card"
    broken = semantics("card", [*cards, wrong]).result()["semanticType"]["broken"]

    assert broken == {"count": 1, "examples": [str(int(wrong))]}


@pytest.mark.parametrize(
    "values",
    [
        [float(card) + 0.5 for card in CARDS],
        [4e15 + n for n in range(500)],
        [2.0**60, 1e300, -1.0, float("inf")],
        [1.5, 2.5],
    ],
)
def test_other_floats_are_no_codes(values):
    """Fractions, numbers whose digits a float does not hold, and those that fail the check."""
    assert semantics("x", values).result() == {}


@pytest.mark.parametrize("kind", ["fr_nir", "cn_resident"])
def test_national_ids_of_digits_alone_are_recognised_as_integers(kind):
    """As they are read from a file where none has a letter or a blank."""
    if kind == "fr_nir":
        heads = [1_850_375_116_001 + 1_000_003 * n for n in range(30)]
        values, name = [head * 100 + 97 - head % 97 for head in heads], "insee"
    else:
        values = [int(f"36042619910101{n:03d}0") + d for n in range(30) for d in range(10)]
        texts = pl.Series([str(value) for value in values])
        values, name = (
            [v for v, ok in zip(values, cn_resident(texts), strict=True) if ok],
            "id_card",
        )

    found = semantics(name, values).result()

    assert found["semanticType"]["type"] == "national_id"
    assert found["personal"]["kind"] == "national_id"
