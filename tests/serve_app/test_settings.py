"""Settings: what cannot work is refused at once, by the name of its variable."""

import os

import pytest

from connectors.errors import Misconfigured
from serve_app.settings import Settings, load

NUMBERS = [
    name for name, field in Settings.model_fields.items() if field.annotation in (int, float)
]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, tmp_path):
    """Neither the environment nor a `.env` of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("MF_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_the_usual_settings_fit():
    assert load() == Settings(_env_file=None)
    assert len(NUMBERS) > 10


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["-1", "nan", "inf", ""])
def test_no_number_may_be_nonsense(monkeypatch, name, value):
    """A retention of -1 days would remove every job that has ended."""
    variable = f"MF_{name.upper()}"
    monkeypatch.setenv(variable, value)

    with pytest.raises(Misconfigured, match=rf"{variable}\b"):
        load()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MF_PORT", "0"),
        ("MF_PORT", "65536"),
        ("MF_RUNNERS", "0"),
        ("MF_LEASE_S", "2"),
        ("MF_RETENTION_DAYS", "1e9"),
        ("MF_UPLOAD_TTL_S", "604801"),
        ("MF_LIMITS", "{"),
        ("MF_LIMITS__MAX_COLUMNS", "0"),
        ("MF_LIMITS__MAX_CELL_BYTES", "many"),
        ("MF_CORS_ORIGINS", "[http://localhost:5173"),
        ("MF_CORS_ORIGINS", "[5173]"),
        ("MF_HOME", __file__),
    ],
)
def test_what_cannot_work_is_named(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)

    with pytest.raises(Misconfigured, match=rf"{variable}\b"):
        load()


def test_all_that_does_not_fit_is_named_at_once(monkeypatch):
    monkeypatch.setenv("MF_PORT", "eighty")
    monkeypatch.setenv("MF_RUNNERS", "-2")

    with pytest.raises(Misconfigured, match=r"MF_PORT.*MF_RUNNERS"):
        load()


def test_home_may_begin_at_the_home_of_the_user(monkeypatch, tmp_path):
    """In `.env` too, where no shell expands it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".env").write_text("MF_HOME=~/data\n")

    assert load().home == tmp_path / "data"


@pytest.mark.parametrize(
    ("value", "origins"),
    [
        ("http://localhost:5173", ("http://localhost:5173",)),
        ("http://a.example, http://b.example", ("http://a.example", "http://b.example")),
        ('["http://a.example", "http://b.example"]', ("http://a.example", "http://b.example")),
        ("", ()),
    ],
)
@pytest.mark.parametrize("name", ["cors_origins", "allowed_hosts"])
def test_a_list_has_commas_or_is_json(monkeypatch, name, value, origins):
    monkeypatch.setenv(f"MF_{name.upper()}", value)

    assert getattr(load(), name) == origins
