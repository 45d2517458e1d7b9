import numpy as np
import pytest

from nn.data.preparation import FillMissing

nan = np.nan
TRAIN = np.array([[1.0, 5.0], [nan, 5.0], [2.0, 7.0], [6.0, nan], [nan, 9.0]])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("mean",), [3.0, 6.5]),
        (("median",), [2.0, 6.0]),
        (("most_frequent",), [1.0, 5.0]),  # the smallest of those that are equally frequent
        (("constant", -1.0), [-1.0, -1.0]),
    ],
)
def test_missing_values_become_what_the_training_data_say(arguments, expected):
    fill = FillMissing(*arguments).fit(TRAIN)
    test = np.array([[nan, nan], [4.0, nan], [nan, 4.0]])
    assert fill.transform(test).tolist() == [expected, [4.0, expected[1]], [expected[0], 4.0]]


def test_one_value_for_all_or_for_each_channel():
    assert FillMissing(axes=None).fit_transform(TRAIN)[1, 0] == 5.0
    images = np.stack([np.zeros((3, 2, 2)), np.ones((3, 2, 2))], axis=1)
    images[0, :, 0, 0] = nan
    assert FillMissing(axes=(0, 2, 3)).fit_transform(images)[0, :, 0, 0].tolist() == [0, 1]


def test_a_feature_that_is_always_missing_is_named(refuses):
    with refuses("FillMissing: feature 1 has no value in any example; leave it out"):
        FillMissing().fit([[1.0, nan], [2.0, nan]])


def test_arguments_that_do_not_go_together_are_refused(refuses):
    with refuses("strategy is 'mode', expected mean, median, most_frequent or constant"):
        FillMissing("mode")
    with refuses("value is None; give one with the strategy constant"):
        FillMissing("constant")
    with refuses("value is 3; give one with the strategy constant, and only then"):
        FillMissing("mean", value=3)
    with refuses("FillMissing: value is inf"):
        FillMissing("constant", value=np.inf)
    for axes in (1, (1,), (0, 2), (0, 0), ()):
        with refuses("FillMissing: axes are", "expected 0 (the examples), and others below 2"):
            FillMissing(axes=axes).fit(TRAIN)
