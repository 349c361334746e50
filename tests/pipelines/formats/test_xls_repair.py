"""XLS repair: what calamine makes of an old workbook is what the workbook says."""

import datetime as dt
import io
import struct

import pytest
import xlrd
from office_files import END, FAT, FREE, compound_file, xls
from python_calamine import CalamineWorkbook
from samples import MemoryObject

from pipelines.containers.limits import Limits
from pipelines.formats.base import Origin
from pipelines.formats.excel_workbook import Workbook
from pipelines.formats.xls_repair import repaired
from pipelines.formats.xls_stream import places, xls_stream

SERIAL = 38352.0  # 2004-12-31


def cells(content: bytes) -> list[list[object]]:
    """What calamine reads of the only sheet, as it is repaired."""
    return (
        CalamineWorkbook.from_filelike(io.BytesIO(repaired(content)))
        .get_sheet_by_index(0)
        .to_python()
    )


@pytest.mark.parametrize(
    ("number_format", "value"),
    [
        ((50, "0.0"), SERIAL),
        ((14, "0.00E+00"), SERIAL),
        ((59, "mmm d, yyyy"), dt.date(2004, 12, 31)),
        ((163, "yyyy\\-mm\\-dd"), dt.date(2004, 12, 31)),
        ((60, "[h]:mm"), dt.timedelta(days=38352)),
        ((164, "yyyy"), dt.date(2004, 12, 31)),
        ((164, "0.0"), SERIAL),
        ((0, "Standard"), SERIAL),
        ((14, ""), dt.date(2004, 12, 31)),
        ((2, ""), SERIAL),
    ],
)
def test_a_number_means_what_its_declared_format_says(number_format, value):
    """A format that the file declares wins over what Excel has under its number."""
    assert cells(xls([(0, 0, SERIAL)], number_format=number_format)) == [[value]]


@pytest.mark.parametrize("declared", [b"", b"\0", b"\0\0", b"\0\0\1"])
def test_a_format_that_is_cut_short_costs_no_other_repair(declared):
    """Its record may end with its key, within its length, or before its kind of text."""
    content = xls([(0, 0, "Año"), (1, 0, 1.5)], number_format=(60, declared), code_page=1252)
    as_unicode = xls([(0, 0, "Año"), (1, 0, 1.5)], number_format=(60, declared))

    assert repaired(content) == repaired(as_unicode) == as_unicode


def test_damage_to_any_word_raises_nothing():
    """What is unsound is left to its reader, and no byte is added or lost."""
    content = xls([(0, 0, "Año"), (1, 0, SERIAL)], number_format=(60, "yyyy"), code_page=1252)
    filled = [at for at in range(0, len(content) - 1, 2) if content[at : at + 2] != b"\0\0"]

    for at in filled:
        for word in (b"\xff\xff", b"\1\0"):
            damaged = content[:at] + word + content[at + 2 :]
            assert len(repaired(damaged)) == len(content)


@pytest.mark.parametrize("code_page", [1200, 1252, 932])
def test_texts_of_biff8_are_unicode_whatever_the_code_page(code_page):
    """A code page is declared by careless writers, and means nothing there."""
    assert cells(xls([(0, 0, "Año"), (1, 0, "日本")], code_page=code_page)) == [["Año"], ["日本"]]


@pytest.mark.parametrize("formula", [0x6, 0x206, 0x406])
def test_results_of_formulas_are_read_under_any_of_their_numbers(formula):
    """A formula that is numbered as in BIFF3 or BIFF4 has a value too."""
    content = xls([(0, 0, 1.5), (1, 0, 7)], formula=formula)

    assert cells(content) == [[1.5], [7.0]]
    assert [
        row[0].value for row in xlrd.open_workbook(file_contents=content).sheet_by_index(0)
    ] == [
        1.5,
        7,
    ]


@pytest.mark.parametrize("stream", ["Workbook", "WORKBOOK", "BOOK"])
def test_the_name_of_the_stream_may_be_in_capitals(stream):
    """Names in a compound file are the same in any case."""
    file = MemoryObject("a.xls", xls([(0, 0, "a"), (1, 0, 1.0)], stream=stream))

    (table,) = Workbook().tables(file, Origin(file.name), Limits())

    assert list(table.schema) == ["a"]


def test_what_is_sound_stays_the_same_object():
    """Nothing is copied where nothing has to change."""
    content = xls([(0, 0, 1.0)])

    assert repaired(content) is content


@pytest.mark.parametrize("damage", [b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\3\4"])
def test_what_is_no_old_workbook_is_left_to_its_reader(damage):
    """Repairing raises nothing."""
    assert repaired(damage) == damage


def test_places_are_those_of_the_sectors():
    """Each byte of the stream is where its place says."""
    content = compound_file({"Workbook": bytes(range(256)) * 40})
    found = places(content)

    assert found is not None
    assert [content[found.of(at)] for at in (0, 511, 512, 5000)] == [0, 255, 0, 136]


def test_places_in_short_sectors_are_found():
    """A short stream lies in sectors of 64 bytes, which lie in those of another one."""
    content = with_short_stream(bytes(range(200)), order=(2, 0, 3, 1))
    found = places(content)

    assert xls_stream(content) == bytes(range(200))
    assert found is not None
    assert [content[found.of(at)] for at in range(200)] == list(range(200))


def test_a_stream_that_is_cut_short_has_no_places():
    """What lies behind a gap is not where it seems."""
    content = compound_file({"Workbook": bytes(range(256)) * 40})

    assert places(content[:-700]) is None


def with_short_stream(stream: bytes, order: tuple[int, ...]) -> bytes:
    """A compound file whose only stream takes up these short sectors in turn."""
    pieces = {place: stream[64 * i : 64 * i + 64] for i, place in enumerate(order)}
    held = b"".join(pieces[place].ljust(64, b"\0") for place in sorted(pieces)).ljust(512, b"\0")
    following = dict(zip(order, (*order[1:], END), strict=True))
    sectors = [
        struct.pack("<4L", FAT, END, END, END).ljust(512, b"\xff"),
        entry("Root Entry", 5, 3, len(held), 1) + entry("Workbook", 2, order[0], len(stream)),
        b"".join(struct.pack("<L", following[place]) for place in range(len(order))),
        held,
    ]
    header = struct.pack(
        "<8s16x5H6xLLL4xLLLLL",
        *(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6),
        *(0, 1, 1, 4096, 2, 1, END, 0),
    )
    header += struct.pack("<109L", 0, *[FREE] * 108)
    padded = (sector.ljust(512, b"\xff" if i == 2 else b"\0") for i, sector in enumerate(sectors))
    return header + b"".join(padded)


def entry(name: str, kind: int, start: int, size: int, child: int = FREE) -> bytes:
    raw = (name + "\0").encode("utf-16-le")
    head = raw.ljust(64, b"\0") + struct.pack("<HBB3L", len(raw), kind, 1, FREE, FREE, child)
    return (head + bytes(36) + struct.pack("<LQ", start, size)).ljust(128, b"\0")
