import pytest
from pydantic import ValidationError

from pipelines.options import JobOptions


def test_nothing_asked_for_is_the_usual():
    options = JobOptions.model_validate({})

    assert options.group is True
    assert (options.ml.enabled, options.ml.target, options.ml.rows) == (True, None, 2000)


@pytest.mark.parametrize(
    "ml", [{"enabled": "no"}, {"target": ""}, {"target": 7}, {"rows": 10**6}, {"rows": 1.5}, []]
)
def test_options_of_the_wrong_kind_are_refused(ml):
    with pytest.raises(ValidationError):
        JobOptions.model_validate({"ml": ml})
