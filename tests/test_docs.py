"""Documents: what they list is what the code has."""

import subprocess
from dataclasses import fields
from pathlib import Path

from connectors.errors import LimitExceeded, ParserOutOfMemory, ParserTimedOut
from pipelines.containers.limits import Limits
from pipelines.formats import held_sheet, html_table, xml_table
from pipelines.formats.byte_range import MAX_ROW_BYTES
from pipelines.formats.html_grid import MOST_ELEMENTS
from pipelines.formats.html_table import LARGEST_PAGE_BYTES
from pipelines.formats.sqlite_connection import HEAP_BYTES, MOST_STEPS
from pipelines.formats.sqlite_views import MOST_PARTS
from pipelines.formats.xml_rows import MOST_ROW_ELEMENTS
from serve_app.settings import Settings
from tests.attackpack.attacks import ATTACKS

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / ".env.example"
SECURITY = ROOT / "docs" / "security.md"
OTHER_CODES = {
    "ratio_free_bytes": "limit.ratio",
    "reader_memory_bytes": ParserOutOfMemory.code,
    "reader_cpu_s": ParserTimedOut.code,
}


def listed() -> list[str]:
    lines = EXAMPLE.read_text().splitlines()
    return [line.split("=")[0] for line in lines if line and not line.startswith("#")]


def test_the_example_lists_every_setting_once():
    """`.env.example` names each setting and each limit."""
    names = [f"MF_{name.upper()}" for name in Settings.model_fields if name != "limits"]
    limits = [f"MF_LIMITS__{limit.name.upper()}" for limit in fields(Limits)]

    assert sorted(listed()) == sorted(names + limits)


def test_the_example_holds_the_defaults(monkeypatch, tmp_path):
    """Copied as it is to `.env`, it changes nothing."""
    for name in listed():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    assert Settings(_env_file=EXAMPLE) == Settings(_env_file=None)


def test_a_shell_reads_the_example_alike():
    """Sourced by sh, it gives the very values that the settings get."""
    from dotenv import dotenv_values

    command = f"set -a; . {EXAMPLE}; exec env -0"
    said = subprocess.run(["sh", "-ec", command], env={}, capture_output=True, check=True).stdout
    values = dict(each.split("=", 1) for each in said.decode().split("\0")[:-1])

    assert {name: values.get(name) for name in listed()} == dotenv_values(EXAMPLE)


def test_every_setting_says_what_it_is_for():
    for name, setting in Settings.model_fields.items():
        assert f"# {setting.description}\n" in EXAMPLE.read_text(), name


def test_every_limit_is_documented_with_its_default_and_code():
    """docs/security.md has a row for each, in the order of the code."""
    rows = [line.split(" | ")[:3] for line in SECURITY.read_text().splitlines()]
    told = [row for row in rows if row[0].startswith("| `")]
    expected = [
        [
            f"| `{limit.name}`",
            f"{limit.default:,}",
            f"`{OTHER_CODES.get(limit.name) or LimitExceeded('', limit=limit.name).stable_code}`",
        ]
        for limit in fields(Limits)
    ]

    assert told == expected


def test_bounds_that_are_no_settings_are_told_as_they_are():
    """Each number stands on the page beside its code."""
    page = SECURITY.read_text()

    for bound, code in (
        (f"{MAX_ROW_BYTES >> 20} MiB", "limit.row_bytes"),
        (f"{held_sheet.MOST_CELLS:,} cells", "limit.sheet_cells"),
        (f"{held_sheet.MOST_TEXT_BYTES >> 20} MiB of text", "limit.expanded_bytes"),
        (f"{LARGEST_PAGE_BYTES >> 20} MiB", "limit.document_bytes"),
        (f"{MOST_ELEMENTS:,} elements", "limit.elements"),
        (f"at most {MOST_ROW_ELEMENTS:,}", "limit.elements"),
        (f"{html_table.MOST_TABLES:,} tables", "limit.tables"),
        (f"{xml_table.MOST_TABLES} kinds", "limit.tables"),
        (f"{MOST_STEPS:,} steps", ParserTimedOut.code),
        (f"{HEAP_BYTES >> 20} MiB", ParserOutOfMemory.code),
        (f"{MOST_PARTS:,} parts", "limit.view_parts"),
    ):
        assert any(bound in line and f"`{code}`" in line for line in page.splitlines()), bound


def test_every_hostile_file_was_measured_and_answered_as_it_shall_be():
    """The table in docs/security.md is that of the attack pack."""
    rows = [line.strip("| ").split(" | ") for line in SECURITY.read_text().splitlines()]
    told = [(row[0], row[2]) for row in rows if len(row) == 5]

    assert [each for each in told if each[0] not in ("input", "---")] == [
        (each.name, f"{each.answer}; notice {each.notice}" if each.notice else each.answer)
        for each in ATTACKS
    ]


def test_no_document_holds_two_versions():
    """What a merge left for a person to decide was decided."""
    for path in [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("pipelines/schema/*.json"),
    ]:
        for line in path.read_text().splitlines():
            assert not line.startswith(("<<<<<<<", ">>>>>>>")), path


def test_no_document_names_a_machine():
    """Nothing published tells where it was made."""
    documents = [*ROOT.glob("*.md"), *ROOT.glob("*.y*ml"), *ROOT.glob("docs/**/*.md"), EXAMPLE]
    documents += ROOT.glob("requirements*.txt")

    for path in documents:
        text = path.read_text()
        assert "/work/" not in text, path
        assert "../shared" not in text, path
