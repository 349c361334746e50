"""Characters and oddities of texts, against Python's own, wherever the column is cut."""

import random
import unicodedata

import polars as pl
import pytest

from pipelines.statistics.budget import Budget
from pipelines.statistics.characters import PIECE, SCRIPTS, Characters
from pipelines.statistics.column_view import ColumnView
from pipelines.statistics.oddities import Oddities

R = random.Random(8)
ALPHABET = "ABcd19  \t-é\u00df\u0416\u6771\u3042\u30a2\ud55c\u0e01\u05d0\u0627\u0391\U0001f600"
ALPHABET += "\xa0\u3000\x00"
MANY = ["".join(R.choices(ALPHABET, k=R.randrange(12))) for _ in range(6000)]
FEW = R.choices(MANY[:20], k=6000)
SPACE = "\t\n\v\f\r "


def figures(kind, texts, cut=0):
    series = pl.Series(texts, dtype=pl.String)
    parts = [kind.of(ColumnView(part, Budget())) for part in (series[:cut], series[cut:])]
    return parts[0].merge(parts[1]).result()


@pytest.mark.parametrize("cut", [0, 1, 2500])
@pytest.mark.parametrize("texts", [MANY, FEW], ids=["many", "few"])
def test_characters_and_words_are_those_that_python_counts(texts, cut):
    """Of every class and script, over all rows, whether texts repeat or not."""
    joined = "".join(texts)

    found = figures(Characters, texts, cut)

    assert found["characters"] == {
        "upper": sum("A" <= c <= "Z" for c in joined),
        "lower": sum("a" <= c <= "z" for c in joined),
        "digit": sum("0" <= c <= "9" for c in joined),
        "space": sum(c in SPACE for c in joined),
        "other": joined.count("-") + joined.count("\x00"),
        "beyondAscii": sum(ord(c) > 127 for c in joined),
    }
    assert found["words"] == sum(len(text.split()) for text in texts)
    assert found["meanWords"] == found["words"] / len(texts)
    named = {"CJK": "Han", "HANGUL": "Hangul"}
    named |= dict.fromkeys(("GRINNING", "NO-BREAK", "IDEOGRAPHIC"), "other")
    counts = dict.fromkeys(SCRIPTS, 0)
    for c in joined:
        if c.isalpha() or ord(c) > 127:
            first = unicodedata.name(c).split()[0]
            counts[named.get(first, first.title())] += 1
    assert found["scripts"] == {script: n for script, n in counts.items() if n}


def test_words_are_counted_across_the_pieces_that_bytes_are_read_in():
    """A word or a space may lie where one piece ends and the next begins."""
    texts = ["x" * (PIECE - 1) + " y", "z" * (PIECE - 3), " ", "a b"] + [str(n) for n in range(9)]

    assert figures(Characters, texts)["words"] == 14


ODD = {
    "empty": ["", ""],
    "blank": [" ", "\u00a0\t"],
    "padded": [" x", "x\u2003", "\tx"],
    "mojibake": ["ZÃ¼rich", "donâ€™t", "Ã\u00a9", "caf\ufffd", "Â£5"],
    "control": ["a\x00b", "\x1b[0m"],
}
SOUND = ["x", "NÃO", "Âge", "東京", "tab\tand\nline", "plain"]


@pytest.mark.parametrize("repeats", [1, 2000])
@pytest.mark.parametrize("kind, odd", [(kind, odd) for kind in ODD for odd in ODD[kind]])
def test_odd_texts_are_found_with_their_first_and_last_row(kind, odd, repeats):
    """Rows count from 1 and nulls have rows, whether texts repeat or all differ."""
    filler = SOUND * repeats
    texts = [None, *filler, odd, *filler, odd, None, *filler]
    first, last = 2 + len(filler), 3 + 2 * len(filler)

    for cut in (0, 1, first - 1, first, last, len(texts)):
        found = figures(Oddities, texts, cut)["oddities"]

        assert found == [
            {"what": "null", "count": 2, "firstRow": 1, "lastRow": last + 1},
            {"what": kind, "count": 2, "firstRow": first, "lastRow": last},
        ]


def test_numbers_that_are_none_are_found():
    """NaN and infinity, with nulls between."""
    x = pl.Series([1.0, None, float("inf"), float("nan"), 2.0, float("-inf")])

    found = Oddities.of(ColumnView(x, Budget())).result()["oddities"]

    assert [(f["what"], f["count"], f["firstRow"], f["lastRow"]) for f in found] == [
        ("null", 1, 2, 2),
        ("nan", 1, 4, 4),
        ("infinite", 2, 3, 6),
    ]


def test_sound_texts_are_not_odd():
    """Accents, other scripts, tabs and line breaks are no oddity."""
    assert figures(Oddities, SOUND)["oddities"] == []
