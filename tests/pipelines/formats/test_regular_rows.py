"""Regular rows: what the fast reader accepts, the exact reader reads alike; the rest it refuses."""

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.formats import mended_rows, regular_rows
from pipelines.formats.records import Dialect
from pipelines.formats.rows import TextForm

FORM = TextForm("utf-8", Dialect(), ("n", "text", "m"))
CELLS = ("7", "07", "-0", "+5", "12", "-3", "", " ", "a", '"', '""', '5"', '"q"', '"a,b"', '"x\ny"')
PIECES = st.sampled_from([*CELLS, ",", ",", ",", "\n", "\n", "\r\n", "\r", "é", "1e3", "9" * 20])
ROW = st.tuples(*[st.sampled_from(CELLS)] * 3).map(",".join)


def texts(frame: pl.DataFrame) -> list[tuple[str, ...]]:
    return frame.select(pl.all().cast(pl.String).fill_null("")).rows()


def agree(body: bytes, form: TextForm = FORM) -> None:
    integers = {"n", "m"} & set(form.columns)
    for chosen in ((), integers):
        regular = regular_rows.read(body, form, None, is_last=True, integers=chosen)
        if regular is None or regular[0] is None:
            continue
        rows, taken = regular
        exact, exact_taken = mended_rows.read(body, form, None, is_last=True)
        assert texts(rows.frame) == texts(exact.frame)
        assert (taken, dict(rows.skipped)) == (exact_taken, dict(exact.skipped))
        assert not exact.rejects
        assert not exact.repaired


@settings(max_examples=1500, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join))
@example('1,5" pipe,1\n07,x,1\n')
@example("1,a\n07,x,1\n")
@example('1,"open\n2,x"y,3\n')
def test_any_bytes_are_read_alike_or_refused(text):
    """Quotes, line ends and missing cells wherever they may stand."""
    agree(text.encode())


@settings(max_examples=500, deadline=None)
@given(st.lists(ROW, max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_whole_rows_are_read_alike_or_refused(rows, newline, is_ended):
    """Rows of three cells each, which is what most files hold."""
    agree((newline.join(rows) + newline * is_ended).encode())


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(["7", "07", "", " ", '"7"', '""', '" "', "-1", "x"]), max_size=8))
def test_a_single_column_is_read_alike_or_refused(cells):
    """A blank line and an empty cell look the same there."""
    agree("\n".join(cells).encode() + b"\n", TextForm("utf-8", Dialect(), ("n",)))


@pytest.mark.parametrize(
    ("good", "odd"),
    [
        (b"1,a,1\n" * 3, b"07,b,2\n"),
        (b"1,a,1\n" * 3, b"+7,b,2\n"),
        (b"1,a,1\n" * 3, b"-0,b,2\n"),
        (b"1,a,1\n" * 3, b" 7,b,2\n"),
    ],
)
def test_a_code_is_never_read_as_a_number(good, odd):
    """Whatever would be written otherwise than it stands there is left as text."""
    rows, _ = regular_rows.read(good + odd, FORM, None, is_last=True, integers={"n", "m"})

    assert rows.frame["n"].dtype == pl.String
    assert rows.frame["n"][-1] == odd.split(b",")[0].decode()


@pytest.mark.parametrize("heavier", [b"1,a\n", b'1,5" pipe,1\n', b"\n"])
def test_what_makes_rows_heavier_does_not_hide_what_makes_them_lighter(heavier):
    """A missing delimiter weighs what a leading zero lacks, and still deceives nobody."""
    agree(b"1,a,1\n" + heavier + b"07,b,2\n")
    regular = regular_rows.read(
        b"1,a,1\n" + heavier + b"07,b,2\n", FORM, None, is_last=True, integers={"n", "m"}
    )

    assert regular is None or regular[0].frame["n"][-1] == "07"


def test_regular_rows_become_integers_at_once():
    """The fast way is really taken, with quotes, empty cells and both line ends too."""
    body = b'12,"a, b",-3\r\n,,0\r\n9223372036854775807,"say ""hi""",\r\n'

    rows, taken = regular_rows.read(body, FORM, None, is_last=True, integers={"n", "m"})

    assert rows.frame.schema == {"n": pl.Int64, "text": pl.String, "m": pl.Int64}
    assert rows.frame.rows() == [
        (12, "a, b", -3),
        (None, None, 0),
        (9223372036854775807, 'say "hi"', None),
    ]
    assert taken == len(body)


@pytest.mark.parametrize("lines", [3, 300])
def test_no_row_ends_within_a_cell_of_many_lines(lines):
    """Neither the first row behind a limit, nor the last one of what is there."""
    form = TextForm("utf-8", Dialect(), ("n", "text"))
    row = b'1,"' + b"x\n" * lines + b'"\n'

    found = regular_rows.read(row + b"2,y\n", form, 5, is_last=True)
    assert found is not None
    assert found[1] == len(row)
    assert found[0] is not None
    assert found[0].frame.rows() == [("1", "x\n" * lines)]

    found = regular_rows.read(b"0,z\n" + row[:-2], form, None, is_last=False)
    assert found is not None
    assert found[1] == 4
