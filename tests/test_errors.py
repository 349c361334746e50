"""Errors: every one of them crosses a process boundary, and tells a client what to do."""

import pickle

import pytest

import serve_app.api_client
import serve_app.embedded.folder  # noqa: F401
from connectors.errors import LimitExceeded, MetricFoundryError


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
