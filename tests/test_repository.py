"""Repository: what is committed is text that people wrote, but for a few named files."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BINARY = {
    "docs/images/report.png": 200_000,
    "pipelines/analytics/templates/DejaVuSans.ttf": 800_000,
}
MOST_TEXT = 500_000  # bytes; the pinned requirements with their hashes are the largest


def committed() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return [name for name in listed.stdout.split("\0") if name]


def is_light_text(name: str) -> bool:
    content = (ROOT / name).read_bytes()
    if name in BINARY:
        return len(content) <= BINARY[name]
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return len(content) <= MOST_TEXT and b"\0" not in content


def test_a_committed_file_is_text_or_named_here() -> None:
    assert [name for name in committed() if not is_light_text(name)] == []


def test_no_file_is_named_that_is_not_there() -> None:
    assert set(BINARY) <= set(committed())
