r"""SQL scripts: dumps of databases, which would pass for lines of text or for cells with commas.

A script is told by a statement that makes, fills or drops a table, and by nothing before it but
comments, commands of the program it is for (`\restrict` of psql, `REM` of SQL*Plus, `GO` of
sqlcmd), and statements that prepare for it. Each has to end as statements do, which no sentence in
a cell does.
"""

import re

from pipelines.formats.xml_encoding import head_in_utf8

FULL_HEAD = 64_000  # bytes: behind so many, a statement may go on
MOST_STATEMENTS = 200
FLAGS = re.IGNORECASE | re.DOTALL
NAME = rb"(?:[\w.$]|\"[^\"\n]*\"|`[^`\n]*`|\[[^\]\n]*\])++"
LIST = rb"\((?:[^;']|'[^']*')*\)[^;(),\t\n]*+"  # up to what ends a statement
BATCH_END = re.compile(rb"^[ \t]*GO[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
END = rb"\s*(?:;[ \t\r]*(?:\n|\Z)|(?<=\n)[ \t]*GO[ \t\r]*(?:\n|\Z))"
AGAIN = rb"|\s*(?<=\n)[ \t]*(?:INSERT|REPLACE)\s|\s*\Z"
VALUES = rb"\s*(?:\([^()]*\)\s*)?VALUES\s*"
INSERT = rb"(?:INSERT|REPLACE)\s+(?:(?:INTO|IGNORE|OVERWRITE|OR\s+\w+)\s+)*" + NAME + VALUES
SKIPPED = re.compile(
    rb"(?:\s|--[^\n]*(?:\n|\Z)|/\*(?:(?!\*/).)*\*/;?"
    rb"|(?:REM|PROMPT|DELIMITER|GO|\\[a-z]+)(?:[ \t][^\n]*)?\r?(?:\n|\Z))*+",
    FLAGS,
)
TELLING = re.compile(
    rb"CREATE\s+(?:OR\s+REPLACE\s+)?(?:(?:GLOBAL|LOCAL|TEMP|TEMPORARY|UNLOGGED|EXTERNAL)\s+)*"
    rb"TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?" + NAME + rb"\s*" + LIST + END
    + rb"|DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?" + NAME + rb"(?:\s+CASCADE)?" + END
    + rb"|COPY\s+" + NAME + rb"\s*(?:\([^()]*\)\s*)?FROM\s+stdin\b[^;\n]*;[ \t\r]*\n"
    + rb"|" + INSERT + LIST + rb"(?:" + END + AGAIN + rb")",
    FLAGS,
)  # fmt: skip
UNENDED = re.compile(INSERT + rb"\((?:[^;']|'(?:[^'\\]|\\.)*+')*+(?:'(?:[^'\\]|\\.)*+)?\Z", FLAGS)
PREPARING = (
    rb"(?:SET|USE|PRAGMA|BEGIN|START|COMMIT|SELECT|LOCK|UNLOCK|ALTER|CREATE|DROP|DELETE|TRUNCATE"
    rb"|COMMENT|GRANT|REVOKE|IF|EXEC|EXECUTE|PRINT|DECLARE|CALL)\b"
)
BEGIN = re.compile(PREPARING + rb"|(?:INSERT|REPLACE|COPY)\s", FLAGS)
STATEMENT = re.compile(
    PREPARING + rb"(?:[^;']|'[^']*')*?;[ \t\r]*\n|SET\s[^;\n]*\b(?:ON|OFF)[ \t\r]*\n", FLAGS
)
LINE = re.compile(rb"(?:SET|USE|PRINT|DECLARE|EXEC|EXECUTE)\b[^\n]*\n", FLAGS)
BATCH = re.compile(PREPARING + rb"(?:[^\n]*\n)+?[ \t]*GO[ \t\r]*(?:\n|\Z)", FLAGS)


def is_sql_script(head: bytes) -> bool:
    r"""Whether a file that begins so holds statements.

    >>> is_sql_script(b"USE [db]\nGO\nINSERT [t] ([a]) VALUES (1)\nGO\n")
    True
    >>> is_sql_script(b"Create table plan (first draft),open\nWrite intro,done\n")
    False
    """
    text = head_in_utf8(head).removeprefix(b"\xef\xbb\xbf")
    at = _behind(SKIPPED, text, 0)
    if BEGIN.match(text, at) is None:
        return False
    preparing = (LINE, BATCH) if BATCH_END.search(text) else (STATEMENT,)
    for _ in range(MOST_STATEMENTS):
        if TELLING.match(text, at) or (len(head) >= FULL_HEAD and UNENDED.match(text, at)):
            return True
        ends = (found.end() for each in preparing if (found := each.match(text, at)))
        at = _behind(SKIPPED, text, next(ends, len(text)))
    return False


def _behind(pattern: re.Pattern[bytes], text: bytes, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
