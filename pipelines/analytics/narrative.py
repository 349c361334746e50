"""Narrative: what a person would say of the data, most important first, each with its figure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pipelines.analytics import data_quality
from pipelines.analytics.alike import Alike
from pipelines.analytics.findings import Findings
from pipelines.analytics.observations import Name, Parts, Sentence, observations
from pipelines.analytics.profile import completeness
from pipelines.analytics.related import Column, cut, near, related
from pipelines.analytics.wording import count, percent, size
from pipelines.artifacts import result_key

HIGHLIGHTS = 12
OF_A_KIND = 4
ONCE = {"constant"}  # of these kinds one is told, and the others named
MANY = 8  # sentences of a kind, of which one is told for all
NAMED = 3  # columns of those that are left out
OF_FAR = {"outlier", "tail", "numeric_range"}
NEARLY = 0.9999  # the share of filled cells from which the empty ones are counted
FILLING, ENOUGH = 10, 6  # sentences lighter than this are told where there are few others


def narrate(findings: Findings) -> dict[str, Any]:
    """The payload of nl_report."""
    retelling = findings.retelling
    return {
        **({"retelling": retelling.to_wire()} if retelling else {}),
        "summary": " ".join(str(sentence) for sentence in summary(findings)),
        "highlights": [str(sentence) for sentence in highlights(findings)],
        "reportArtifacts": {
            "text": result_key(findings.job_id, "report.txt"),
            "html": result_key(findings.job_id, "report.html"),
            "workbook": result_key(findings.job_id, "report.xlsx"),
        },
    }


def sentences(findings: Findings) -> list[Sentence]:
    """The narrative."""
    return [*summary(findings), *highlights(findings)]


def summary(findings: Findings) -> list[Sentence]:
    """What the data is, how sound it is, and whether all of it was read."""
    told = (_extent(findings), _soundness(findings), _reading(findings))
    return [Sentence(0, "summary", parts) for parts in told if parts]


def highlights(findings: Findings) -> list[Sentence]:
    """The weightiest observations, at most four of a kind; the last names those left out.

    Of a kind of which there are very many, as of columns of a wide table, one stands for all.
    """
    said = sorted(
        (*observations(findings), *related(findings)), key=lambda sentence: -sentence.weight
    )
    found = list(_once(said, near(findings)))
    total = Counter(sentence.kind for sentence in found)
    chosen: list[Sentence] = []
    left: dict[str, list[Sentence]] = {}
    told: Counter[str] = Counter()
    for sentence in found:
        is_told_once = sentence.kind in ONCE or total[sentence.kind] > MANY
        most = 1 if is_told_once else OF_A_KIND
        is_filling = sentence.weight < FILLING and len(chosen) >= ENOUGH
        if told[sentence.kind] < most and len(chosen) < HIGHLIGHTS and not is_filling:
            told[sentence.kind] += 1
            chosen.append(sentence)
        else:
            left.setdefault(sentence.kind, []).append(sentence)
    last = {sentence.kind: place for place, sentence in enumerate(chosen)}
    more = cut(findings)
    for kind, place in last.items():
        if kind in left:
            parts = (*chosen[place].parts, *_likewise(left[kind], is_cut=kind in more))
            chosen[place] = replace(chosen[place], parts=parts)
    return chosen


def _once(said: list[Sentence], groups: Alike[Column]) -> Iterator[Sentence]:
    """Without what is told of far values again: of their tail, of a column nearly the same."""
    told = set()
    for sentence in said:
        if sentence.kind in OF_FAR and sentence.table and sentence.column:
            about = groups.first((sentence.table, sentence.column))
            if about in told:
                continue
            told.add(about)
        yield sentence


def _likewise(left: list[Sentence], *, is_cut: bool) -> Parts:
    """How many more there are, and which columns the first of them speak of."""
    more = f" {'At least ' if is_cut else ''}{len(left):,} more like it"
    columns = list(dict.fromkeys(sentence.column for sentence in left))
    names = [Name(column) for column in columns[:NAMED] if column is not None]
    if None in columns:
        return (f"{more}.",)
    apart: list[str | Name] = []
    for place, name in enumerate(names):
        apart += [(" and " if place == len(names) - 1 else ", ") if place else "", name]
    if len(columns) == len(left) <= NAMED:
        return (f"{more}: ", *apart[1:], ".")
    told = ", of " if len(columns) <= NAMED else ", among them of "
    return (f"{more}{told if len(columns) < len(left) else ', among them '}", *apart[1:], ".")


def _extent(findings: Findings) -> Parts:
    name = Name(findings.source_name)
    read = f" ({size(findings.bytes_read)} read)" if findings.bytes_read else ""
    if not findings.tables:
        return name, f" holds no table that could be read{read}."
    rows = count(sum(table.rows for table in findings.tables), "row")
    columns = count(sum(len(table.columns) for table in findings.tables), "column")
    if len(findings.tables) == 1:
        return name, f" holds {rows} and {columns}{read}."
    tables = count(len(findings.tables), "table")
    return name, f" holds {tables}, together {rows} and {columns}{read}."


def _soundness(findings: Findings) -> Parts:
    if not any(table.rows and table.columns for table in findings.tables):
        return ()
    filled = _filled(findings)
    quality = data_quality.payload(findings.tables, findings.quality)
    counted = quality["severitySummary"]["bySeverity"]
    words = {"ERROR": "error", "WARNING": "warning", "INFO": "remark"}
    found = [count(counted[key], word) for key, word in words.items() if counted.get(key)]
    verdict = _listed(found) if found else "nothing wrong"
    return (f"{filled}; quality checks found {verdict} (score {percent(quality['score'])}).",)


def _filled(findings: Findings) -> str:
    share = completeness(findings.tables)
    if share == 1:
        return "Every cell holds a value"
    if share <= NEARLY:
        return f"{percent(share)} of the cells hold a value"
    empty = sum(column.null_count for table in findings.tables for column in table.columns)
    cells = sum(table.rows * len(table.columns) for table in findings.tables)
    return f"All but {empty:,} of {count(cells, 'cell')} hold a value"


def _reading(findings: Findings) -> Parts:
    rows = findings.rows
    told = []
    if findings.failures:
        told.append(f"{count(len(findings.failures), 'file')} could not be read")
    if rows.rejected:
        told.append(f"{count(rows.rejected, 'row')} could not be read (the rejects keep them)")
    if rows.repaired:
        told.append(f"{count(rows.repaired, 'row')} had to be repaired")
    if told:
        words = _listed(told)
        return (f"{words[0].upper()}{words[1:]}.",)
    return ("Every row was read as it stands.",) if rows.parsed else ()


def _listed(words: list[str]) -> str:
    """Words in a row, as they are spoken.

    >>> _listed(["1 error", "2 warnings", "1 remark"])
    '1 error, 2 warnings and 1 remark'
    """
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
