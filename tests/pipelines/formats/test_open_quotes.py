"""Open quotes: lines that leave a cell open cost no more than others, however many there are."""

import pytest

from pipelines.formats import open_quotes, records, stray_quotes
from pipelines.formats.records import Dialect

COMMA = Dialect()
FORM = records._form(COMMA)
FEW_LOOKS = 12  # at each line


class Counted(list[str]):
    """Lines that count how often one of them is taken."""

    looks = 0

    def __getitem__(self, key):
        self.looks += 1 if isinstance(key, int) else len(range(*key.indices(len(self))))
        return super().__getitem__(key)


@pytest.mark.parametrize(
    ("pattern", "width"),
    [
        (',"y z","y z,\n', 4),
        ('"1","x\n', 2),
        ('1,"x","y\n', 3),
        ('x,1\n,y z"x,,"\n', 4),
        ('1,"x\n', 2),
        ('1,"x\n2,y\n', 2),
    ],
)
def test_each_line_is_looked_at_a_few_times(pattern, width):
    """Whatever the quotes seem to open; they were once read anew from each line on."""
    lines = Counted((pattern * 12_000).splitlines(keepends=True))

    found = list(records.read(lines, COMMA, is_last=True, width=width))

    assert [record.line for record in found] == list(range(len(lines)))
    assert lines.looks < FEW_LOOKS * len(lines)


def test_rows_with_a_quote_alone_stay_apart():
    """In the first cell as in any other, beside rows without one, at the end of the text."""
    lines = ['"a,1\n', '"b,2\n', "c,3\n", 'd,"4\n', "e,5\r\n", 'f,"6\n']

    found = list(records.read(lines, COMMA, is_last=True, width=2))

    assert [record.cells for record in found] == [
        ['"a', "1"],
        ['"b', "2"],
        ["c", "3"],
        ["d", '"4'],
        ["e", "5"],
        ["f", '"6'],
    ]


def test_a_cell_over_lines_stays_whole_below_stray_quotes():
    """What had to be given up before says nothing of it."""
    lines = ['1,"x\n'] * 4 + ["2,y\n", '3,"of\n', "two,\n", 'lines"\n', "4,z\n"]

    found = list(records.read(lines, COMMA, is_last=True, width=2))

    assert [record.cells for record in found[-3:]] == [
        ["2", "y"],
        ["3", "of\ntwo,\nlines"],
        ["4", "z"],
    ]


def test_a_line_alone_is_told_by_its_only_quote():
    alone = stray_quotes.alone('"', "|")

    assert all(map(alone.fullmatch, ['"a|b\n', 'a|"b|c\r\n', 'a|"b']))
    assert not any(map(alone.fullmatch, ['a|b"\n', 'a|"\n', 'a|"|b\n', 'a|"b"\n', "a|b\n", 'a,"b']))


def test_what_closes_a_record_is_found_once():
    """From each line on that leaves it open, with the flaws on the way, up to a line too far."""
    fed: list[str] = []

    def reader(lines):
        return records._cells((fed.append(line) or line for line in lines), FORM)

    def strict(lines):
        return records._cells(lines, FORM, strict=True)

    lines = ["a\n", 'b","c\n', 'd"x,"e\n', "f\n", 'g"\n', "h\n"]
    told = open_quotes.OpenQuotes(lines, '"', reader, strict)

    assert [told.closing(place, 9) for place in range(6)] == [4, 4, 4, 4, 4, None]
    assert fed == [f'"{line}' for line in lines if '"' in line]
    assert told.closing(5, 5) is None
    assert [place for place in range(6) if told.is_flawed(place)] == [0, 1, 2]


def test_quotes_that_mean_nothing_are_in_no_line():
    """Nor is what stands for them there, if only carriage returns end lines."""
    lines = ["a,b\r", "\n\n1,2\r"]

    found = list(records.read(lines, Dialect(quote=None, newline="\r"), is_last=True, width=2))

    assert [record.line for record in found] == [0, 1]
