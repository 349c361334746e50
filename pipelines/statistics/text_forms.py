r"""Text forms: what a text looks like, as patterns that polars, RE2 and DuckDB read alike.

Digits are those of ASCII, and white space is Unicode's, spelled out: `\d` and `\s` differ between
engines, and a count must be that of the SQL which lists the same rows.
"""

SPACE = (
    r"[\x09-\x0D\x20\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]"
)
PADDED = rf"\A{SPACE}|{SPACE}\z"

_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?|\.[0-9]+)"
NUMBER = rf"\A{SPACE}*{_NUMBER}(?:[eE][+-]?[0-9]{{1,3}})?{SPACE}*\z"
BOOLEAN = rf"\A{SPACE}*(?i:true|false|yes|no){SPACE}*\z"

_YEAR, _LEAP = (
    "[0-9]{4}",
    "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)",
)
_DAYS = (
    ("(?:0?[13578]|1[02])", "(?:0?[1-9]|[12][0-9]|3[01])", _YEAR),
    ("(?:0?[469]|11)", "(?:0?[1-9]|[12][0-9]|30)", _YEAR),
    ("0?2", "(?:0?[1-9]|1[0-9]|2[0-8])", _YEAR),
    ("0?2", "29", _LEAP),
)
_MARK, _CLOCK = "[-/.]", rf"(?:[T ][0-9:.+Z-]{{4,32}})?{SPACE}*\z"
_VALID = "|".join(
    form
    for month, day, year in _DAYS
    for form in (
        f"{year}{_MARK}{month}{_MARK}{day}",
        f"{day}{_MARK}{month}{_MARK}{year}",
        f"{month}{_MARK}{day}{_MARK}{year}",
    )
)
# What is written as a date, and what of it is one, whichever of day and month comes first.
DATE_LIKE = (
    rf"\A{SPACE}*(?:[0-9]{{4}}{_MARK}[0-9]{{1,2}}{_MARK}[0-9]{{1,2}}"
    rf"|[0-9]{{1,2}}{_MARK}[0-9]{{1,2}}{_MARK}[0-9]{{4}}){_CLOCK}"
)
DATE = rf"\A{SPACE}*(?:{_VALID}){_CLOCK}"

# UTF-8 that was read as Windows-1252 or Latin-1: two or three letters in the place of one, the
# second from 0x80 to 0xBF. Quotation marks are left out, for after a capital they are what they
# seem; and U+FFFD is a letter lost.
_TAIL = (
    r"[\x{80}-\x{BF}\x{20AC}\x{201A}\x{192}\x{201E}\x{2026}\x{2020}\x{2021}\x{2C6}\x{2030}\x{160}"
    r"\x{2039}\x{152}\x{17D}\x{2022}\x{2013}\x{2014}\x{2DC}\x{2122}\x{161}\x{203A}\x{153}\x{17E}"
    r"\x{178}]"
)
MOJIBAKE = (
    rf"\x{{C3}}{_TAIL}|\x{{C2}}[\x{{A0}}-\x{{BF}}]|\x{{E2}}[\x{{80}}\x{{20AC}}]"
    rf"|\x{{E2}}[\x{{82}}\x{{201A}}]\x{{AC}}|(?:[\x{{D0}}\x{{D1}}]{_TAIL}){{2}}"
    rf"|\x{{EF}}\x{{BB}}\x{{BF}}|\x{{EF}}\x{{BF}}\x{{BD}}"
    r"|\x{FFFD}"
)
