"""A request names only keys of its own job."""

import pytest

from connectors.errors import PathOutsideJob
from serve_app.jobs.keys import key_inside, prefix_inside

FOLDER = "artifacts/j/"


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("manifest.json", "artifacts/j/manifest.json"),
        ("artifacts/j/manifest.json", "artifacts/j/manifest.json"),
        ("results/graphs/a..b.png", "artifacts/j/results/graphs/a..b.png"),
        ("input/ä b.csv", "artifacts/j/input/ä b.csv"),
    ],
)
def test_keys_inside(path, key):
    """Full keys and paths below the folder name the same object."""
    assert key_inside(FOLDER, path) == key


@pytest.mark.parametrize(
    "path",
    [
        "../k/manifest.json",
        "artifacts/k/manifest.json",
        "artifacts/j2/manifest.json",
        "artifacts/j/../k/x",
        "/etc/passwd",
        "/artifacts/j/x",
        "a/./b",
        "a/..",
        "a\\..\\b",
        "a\x00b",
        "a\nb",
        "x" * 1100,
    ],
)
def test_paths_that_leave_the_job(path):
    """Whatever way out is tried, it is refused, not repaired."""
    with pytest.raises(PathOutsideJob):
        key_inside(FOLDER, path)
    with pytest.raises(PathOutsideJob):
        prefix_inside(FOLDER, path)


@pytest.mark.parametrize(
    ("prefix", "listed"),
    [
        ("", FOLDER),
        ("artifacts/j", FOLDER),
        ("artifacts/j/", FOLDER),
        ("artifacts/j/res", "artifacts/j/res"),
        ("results/", "artifacts/j/results/"),
    ],
)
def test_prefixes(prefix, listed):
    """No prefix is the whole folder, and never a neighbour whose name begins alike."""
    assert prefix_inside(FOLDER, prefix) == listed
