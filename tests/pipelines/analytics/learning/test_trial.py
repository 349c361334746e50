import numpy as np
import pytest
from sklearn.metrics import f1_score, mean_absolute_error, r2_score, root_mean_squared_error

from pipelines.analytics.learning.task import Task
from pipelines.analytics.learning.trial import Trial, beats, measure_of, scores


def classes(answers, count=3):
    answers = np.asarray(answers, float)
    return Task("t", "classification", np.arange(len(answers)), answers, tuple(range(count)))


def numbers(answers):
    answers = np.asarray(answers, float)
    return Task("t", "regression", np.arange(len(answers)), answers)


@pytest.mark.parametrize("seed", range(5))
def test_scores_of_classes_are_those_of_scikit_learn(seed):
    draw = np.random.RandomState(seed)
    actual, said = draw.randint(0, 3, 50), draw.rand(50, 3)

    found = scores(said, actual.astype(float), classes(actual))

    predicted = said.argmax(axis=1)
    assert found["accuracy"] == (predicted == actual).mean()
    assert found["macroF1"] == pytest.approx(f1_score(actual, predicted, average="macro"))


def test_scores_of_numbers_are_those_of_scikit_learn():
    draw = np.random.RandomState(0)
    actual, said = draw.randn(50), draw.randn(50)

    found = scores(said, actual, numbers(actual))

    assert found["r2"] == pytest.approx(r2_score(actual, said))
    assert found["rmse"] == pytest.approx(root_mean_squared_error(actual, said))
    assert found["mae"] == pytest.approx(mean_absolute_error(actual, said))


def trial(name, right, folds, actual):
    said = np.eye(2)[np.where(right, actual, 1 - actual)]
    return Trial(name, {"accuracy": folds, "macroF1": folds}, said)


def test_a_difference_within_the_spread_of_the_folds_beats_nothing():
    actual = np.arange(300) % 2
    model = trial("m", np.arange(300) % 10 < 8, (0.95, 0.5, 0.95), actual)
    guess = trial("b", np.arange(300) % 2 == 0, (0.5, 0.75, 0.5), actual)

    assert not beats(model, guess, classes(actual, 2))


def test_a_difference_that_few_rows_make_beats_nothing():
    """The folds agree, but so could three coins."""
    actual = np.arange(60) % 2
    model = trial("m", np.arange(60) % 20 < 11, (0.55, 0.55, 0.55), actual)
    guess = trial("b", np.arange(60) % 2 == 0, (0.5, 0.5, 0.5), actual)

    assert not beats(model, guess, classes(actual, 2))


def test_a_large_and_steady_difference_beats_guessing():
    actual = np.arange(300) % 2
    model = trial("m", np.arange(300) % 10 < 8, (0.8, 0.81, 0.79), actual)
    guess = trial("b", np.arange(300) % 2 == 0, (0.5, 0.5, 0.5), actual)

    assert beats(model, guess, classes(actual, 2))


def test_four_fifths_of_one_class_make_accuracy_a_poor_judge():
    assert measure_of(classes([0] * 79 + [1] * 21, 2)) == "accuracy"
    assert measure_of(classes([0] * 80 + [1] * 20, 2)) == "macroF1"
    assert measure_of(numbers([1, 2])) == "r2"
