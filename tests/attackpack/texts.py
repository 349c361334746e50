"""Texts: hostile CSV and JSON."""

from functools import partial

from tests.attackpack.attack import Attack, Repeated

ROWS = b"a,b,c\n" + b"1,two,3.5\n" * 1000
GIB = 1 << 30


def lines(value: bytes) -> bytes:
    """JSON Lines of which one in the middle has this value."""
    return b'{"a":1}\n' * 100 + b'{"a":' + value + b"}\n" + b'{"a":1}\n' * 100


def array(value: bytes) -> bytes:
    return b'[{"a":1},{"a":' + value + b'},{"a":1}]'


def deep(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def wide(columns: int) -> bytes:
    head = b",".join(b"c%d" % i for i in range(columns))
    return head + b"\n" + b"\n".join([b"1" + b",1" * (columns - 1)] * 3) + b"\n"


def mixed_widths() -> bytes:
    """Rows that fill all of 5,000 columns, then rows that fill two."""
    rows = wide(5000)
    return rows + b"\n".join(rows.split(b"\n")[1:4] * 7) + b"\n" + b"1,2\n" * 400_000


def other_keys(row: bytes) -> bytes:
    """100,000 rows with 3,000 different keys, of which each row has one."""
    return b"\n".join(row % (number % 3000) for number in range(100_000)) + b"\n"


MIXED = b"a,b\r\n1,2\n3,4\r5,6\r\n7,8\n" * 1000
ATTACKS = (
    Attack("a million columns.csv", partial(wide, 1_000_000), "limit.columns"),
    Attack("5,000 columns.csv", partial(wide, 5000), "3 rows", seconds=10),
    Attack(
        "a cell of 1 GB.csv",
        lambda: Repeated("x.csv", ROWS, b"x" * 1024, 1 << 20),
        "limit.row_bytes",
    ),
    Attack(
        "a quoted cell of 1 GB.csv",
        lambda: Repeated("x.csv", ROWS + b'1,"', b"x" * 1023 + b"\n", 1 << 20),
        "1,049,576 rows",
        seconds=10,
    ),
    Attack("a cell of 20 MB.csv", lambda: ROWS + b"1," + b"x" * 20_000_000 + b",2\n", "1,001 rows"),
    Attack(
        "a lone quote and 20 MB.csv",
        lambda: ROWS + b'1,"two,3\n' + b"1,two,3.5\n" * 2_000_000,
        "2,001,001 rows",
        seconds=10,
    ),
    Attack(
        "a lone quote in every row.csv",
        lambda: b"a,b\n" + b'1,"x\n' * 500_000,
        "500,000 rows",
        seconds=10,
    ),
    Attack(
        "a wide header above short rows.csv",
        lambda: wide(20_000).split(b"\n")[0] + b"\n" + b"1,2\n" * 400_000,
        "limit.empty_cells",
    ),
    Attack("wide rows above short ones.csv", mixed_widths, "limit.empty_cells"),
    Attack(
        "two of 200 cells in each row.csv",
        lambda: wide(200) + b"1,2\n" * 100_000,
        "100,003 rows",
        seconds=10,
    ),
    Attack("another key in each row.jsonl", lambda: other_keys(b'{"k%d":1}'), "limit.empty_cells"),
    Attack(
        "another key in each row.json",
        lambda: b"[" + other_keys(b'{"k%d":1},') + b"{}]",
        "limit.empty_cells",
    ),
    Attack(
        "another key in each nested object.jsonl",
        lambda: other_keys(b'{"a":{"k%d":1}}'),
        "100,000 rows",
    ),
    Attack("another key in each line.log", lambda: other_keys(b"a=1 k%d=2"), "limit.empty_cells"),
    Attack("quotes and nothing else.csv", lambda: b"a,b\n" + b'"' * 5_000_000, "1 row"),
    Attack("NULs in a cell.csv", lambda: ROWS + b"1,t\0w\0o,3\n" + ROWS, "2,001 rows"),
    Attack("nothing but NULs.csv", lambda: bytes(1 << 20), "format.unknown"),
    Attack("mixed line ends.csv", lambda: MIXED, "4,000 rows"),
    Attack("nothing but delimiters.csv", lambda: b"," * 5_000_000, "1 row"),
    Attack("nothing but line ends.csv", lambda: b"\n" * 20_000_000, "input.empty"),
    Attack(
        "a row of every length.csv",
        lambda: b"\n".join(b"1" + b",1" * i for i in range(3000)),
        "500 rows",
        seconds=10,
    ),
    Attack(
        "text in no encoding.csv",
        lambda: ROWS + bytes(range(128, 256)) * 1000 + b",1,2\n",
        "1,001 rows",
    ),
    Attack(
        "half a character.csv",
        lambda: b"\xff\xfe" + "a,b\n1,2\n".encode("utf-16-le") + b"\0",
        "2 rows",
    ),
    Attack("20,000 brackets deep.jsonl", lambda: lines(deep(20_000)), "200 rows"),
    Attack("a million brackets deep.jsonl", lambda: lines(deep(1_000_000)), "200 rows"),
    Attack("a million brackets deep.json", lambda: array(deep(1_000_000)), "limit.json_depth"),
    Attack(
        "a million objects deep.json",
        lambda: array(b'{"a":' * 1_000_000 + b"1" + b"}" * 1_000_000),
        "limit.json_depth",
    ),
    Attack("a million open brackets.json", lambda: b"[" * 1_000_000, "limit.json_depth"),
    Attack("a million digits.jsonl", lambda: lines(b"9" * 1_000_000), "201 rows"),
    Attack("a million digits.json", lambda: array(b"9" * 1_000_000), "3 rows"),
    Attack("an exponent of a billion.json", lambda: array(b"1e1000000000"), "3 rows"),
    Attack("a key given twice.jsonl", lambda: lines(b'1,"a":2'), "201 rows", "rows.repaired"),
    Attack("NaN and infinity.jsonl", lambda: lines(b"NaN") + lines(b"-Infinity"), "402 rows"),
    Attack("lone surrogates.jsonl", lambda: lines(b'"\\ud800"'), "201 rows", "rows.repaired"),
    Attack(
        "a million keys in a row.json",
        lambda: b"[{" + b",".join(b'"k%d":1' % i for i in range(1_000_000)) + b"}]",
        "limit.columns",
    ),
    Attack(
        "a new key in each of 100,000 rows.jsonl",
        lambda: b"".join(b'{"k%d":1}\n' % i for i in range(100_000)),
        "limit.columns",
    ),
    Attack(
        "a text of 100 MB.json",
        lambda: Repeated("x.json", b'[{"a":"', b"x" * 1024, 100 << 10, b'"}]'),
        "limit.cell_bytes",
    ),
    Attack(
        "a line of 1 GB.jsonl",
        lambda: Repeated("x.jsonl", b'{"a":1}\n{"a":"', b"x" * 1024, 1 << 20, b'"}\n'),
        "limit.cell_bytes",
    ),
    Attack(
        "80 brackets deep.json",
        lambda: array(b'{"a":[' * 40 + b"]}" * 40),
        "3 rows",
    ),
)
