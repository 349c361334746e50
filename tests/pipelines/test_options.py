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


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"privcy": "mask"},
            "no option is called 'privcy'; there are: group, ml, quality",
        ),
        ({"ml": {"seed": 7}}, "no option of ml is called 'seed'; there are: enabled, target, rows"),
    ],
)
def test_a_misspelt_option_is_refused_with_those_that_there_are(options, said):
    """Else a file would be published with the values that its owner wanted masked."""
    with pytest.raises(ValidationError, match=said):
        JobOptions.model_validate(options)
