import numpy as np
import pytest

import autograd_core as ag
from nn import plots

OUTPUTS = np.array([[3.0, 0, 0], [0, 2, 0], [0, 9, 0], [0, 5, 0], [0, 0, 1]])
LABELS = np.array([0, 1, 0, 0, 2])


def test_counts_and_their_place():
    assert plots.confusion_counts(OUTPUTS, LABELS).tolist() == [[1, 2, 0], [0, 1, 0], [0, 0, 1]]
    (axes,) = plots.confusion_matrix(OUTPUTS, LABELS, names=["cat", "dog", "owl"]).axes
    assert {(text.get_position(), text.get_text()) for text in axes.texts} == {
        ((0, 0), "1"),
        ((1, 0), "2"),
        ((1, 1), "1"),
        ((2, 2), "1"),
    }
    assert axes.images[0].get_array().tolist() == [[0, 2, 0], [0, 0, 0], [0, 0, 0]]  # only mistakes are shaded
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "dog", "owl"]
    assert axes.get_title() == "60.00 % of 5 are right"


def test_the_worst_mistakes_come_first_with_what_was_said():
    images = np.arange(5)[:, None, None] * np.ones((5, 1, 2, 2))[:, 0]
    _, axes = plots.confusion_matrix(OUTPUTS, LABELS, images).axes
    assert [image.get_array().max() for image in axes.images] == [2, 3]
    assert [text.get_text() for text in axes.texts] == ["1: 100 %\nis 0", "1: 99 %\nis 0"]
    _, axes = plots.confusion_matrix(OUTPUTS, LABELS, images[:, None], worst=1).axes
    assert [image.get_array().max() for image in axes.images] == [2]


def test_without_mistakes_it_says_so():
    _, axes = plots.confusion_matrix(OUTPUTS[:2], LABELS[:2], np.ones((2, 2, 2))).axes
    assert [text.get_text() for text in axes.texts] == ["no mistakes"]


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((OUTPUTS, LABELS[:3]), {}, ag.ShapeError, r"got shapes \(5, 3\) and \(3,\)"),
        ((OUTPUTS, LABELS + 1), {}, ag.ArgumentError, "class numbers from 0 to 2"),
        ((OUTPUTS, LABELS * 1.0), {}, ag.ArgumentError, "class numbers from 0 to 2"),
        ((OUTPUTS, LABELS), {"names": ["a"]}, ag.ShapeError, "3 classes take as many names, got 1"),
        ((OUTPUTS, LABELS, np.ones((2, 2, 2))), {}, ag.ShapeError, r"as many images .* got \(2, 2, 2\)"),
    ],
)
def test_wrong_arguments_are_named(arguments, options, error, message):
    with pytest.raises(error, match=message):
        plots.confusion_matrix(*arguments, **options)
