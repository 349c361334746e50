"""Documents: what they list is what the code has."""

from dataclasses import fields
from pathlib import Path

from pipelines.containers.limits import Limits
from serve_app.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / ".env.example"


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


def test_every_setting_says_what_it_is_for():
    for name, setting in Settings.model_fields.items():
        assert f"# {setting.description}\n" in EXAMPLE.read_text(), name


def test_no_document_names_a_machine():
    """Nothing published tells where it was made."""
    documents = [*ROOT.glob("*.md"), *ROOT.glob("*.y*ml"), *ROOT.glob("docs/**/*.md"), EXAMPLE]
    documents += ROOT.glob("requirements*.txt")

    for path in documents:
        text = path.read_text()
        assert "/work/" not in text, path
        assert "../shared" not in text, path
