"""Errors: every one of them crosses a process boundary, and tells a client what to do."""

import pickle
import re
from dataclasses import fields
from pathlib import Path

import pytest

import serve_app.api_client
import serve_app.embedded.folder  # noqa: F401
from connectors.errors import LimitExceeded, MetricFoundryError
from pipelines.containers.limits import Limits

ROOT = Path(__file__).parents[1]
LIMIT = re.compile(r"""limit=["'](\w+)["']""")


def family(kind: type[MetricFoundryError]) -> list[type[MetricFoundryError]]:
    return [kind, *(each for child in kind.__subclasses__() for each in family(child))]


@pytest.mark.parametrize("kind", family(MetricFoundryError), ids=lambda kind: kind.__name__)
def test_an_error_survives_pickling(kind):
    """Class, message and context arrive, as Ray sends them from a worker."""
    error = kind("what happened", member="a.csv")

    arrived = pickle.loads(pickle.dumps(error))

    assert type(arrived) is kind
    assert str(arrived) == "what happened"
    assert arrived.context == error.context
    assert arrived.stable_code == error.stable_code


@pytest.mark.parametrize("kind", family(MetricFoundryError), ids=lambda kind: kind.__name__)
def test_an_error_has_a_code_and_a_hint(kind):
    """A client gets a word to match on and a sentence to follow."""
    error = kind("what happened")

    assert error.stable_code.replace(".", "").replace("_", "").isalnum()
    assert error.advice.endswith((".", "}/."))


def test_a_hint_of_the_moment_replaces_the_usual_one():
    assert LimitExceeded("too many", limit="columns", hint="Drop some.").advice == "Drop some."


def test_a_limit_that_is_a_setting_is_told_apart():
    """An operator can raise what begins with `max_`; nobody can raise the others."""
    setting, fixed = LimitExceeded("", limit="max_columns"), LimitExceeded("", limit="elements")

    assert "operator" in setting.advice
    assert "operator" not in fixed.advice
    assert (setting.stable_code, fixed.stable_code) == ("limit.columns", "limit.elements")


def test_limits_that_are_called_settings_are_settings():
    """Every `limit="max_..."` of the code is a field of the limits, and those alone are."""
    settings = {field.name for field in fields(Limits)}
    sources = [*ROOT.glob("pipelines/**/*.py"), *ROOT.glob("serve_app/**/*.py")]
    told = {name for source in sources for name in LIMIT.findall(source.read_text())}

    assert {name for name in told if name.startswith("max_")} <= settings
    assert not {f"max_{name}" for name in told} & settings
    assert {"max_columns", "elements"} <= told
