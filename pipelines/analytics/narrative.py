"""Narrative: what a person would say of the data, most important first, each with its figure."""

from collections import Counter
from dataclasses import replace
from typing import Any

from pipelines.analytics import data_quality
from pipelines.analytics.findings import Findings
from pipelines.analytics.observations import Name, Parts, Sentence, observations
from pipelines.analytics.profile import completeness
from pipelines.analytics.related import related
from pipelines.analytics.wording import count, percent, size
from pipelines.artifacts import result_key

HIGHLIGHTS = 12
OF_A_KIND = 4


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
    """The weightiest observations, at most four of a kind; the last counts those left out."""
    chosen: list[Sentence] = []
    kinds: Counter[str] = Counter()
    found = (*observations(findings), *related(findings))
    for sentence in sorted(found, key=lambda sentence: -sentence.weight):
        kinds[sentence.kind] += 1
        if kinds[sentence.kind] <= OF_A_KIND and len(chosen) < HIGHLIGHTS:
            chosen.append(sentence)
    kinds.subtract(sentence.kind for sentence in chosen)
    last = {sentence.kind: place for place, sentence in enumerate(chosen)}
    for kind, place in last.items():
        if kinds[kind]:
            parts = (*chosen[place].parts, f" {kinds[kind]:,} more like it.")
            chosen[place] = replace(chosen[place], parts=parts)
    return chosen


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
    share = completeness(findings.tables)
    filled = (
        "Every cell holds a value" if share == 1 else f"{percent(share)} of the cells hold a value"
    )
    quality = data_quality.payload(findings.tables, findings.quality)
    counted = quality["severitySummary"]["bySeverity"]
    words = {"ERROR": "error", "WARNING": "warning", "INFO": "remark"}
    found = [count(counted[key], word) for key, word in words.items() if counted.get(key)]
    verdict = _listed(found) if found else "nothing wrong"
    return (f"{filled}; quality checks found {verdict} (score {percent(quality['score'])}).",)


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
