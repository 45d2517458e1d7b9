import numpy as np
import pytest

from autograd_core import ShapeError
from nn.training import METRICS


def test_accuracy_of_labels_one_hot_rows_and_positions_of_a_sequence():
    outputs = np.array([[0.1, 0.9, 0.0], [0.8, 0.1, 0.1], [0.2, 0.2, 0.6]])
    assert METRICS["accuracy"](outputs, np.array([1, 2, 2])).tolist() == [True, False, True]
    assert METRICS["accuracy"](outputs, np.eye(3)[[1, 2, 2]]).tolist() == [True, False, True]
    assert METRICS["accuracy"](outputs[None].swapaxes(1, 2), np.array([[1, 2, 2]])).tolist() == [[True, False, True]]


def test_binary_accuracy_is_of_logits():
    right = METRICS["binary_accuracy"](np.array([[2.0], [-0.1], [0.3]]), np.array([[1.0], [0.0], [0.0]]))
    assert right.tolist() == [[True], [True], [False]]


def test_errors_are_an_example_each():
    outputs, targets = np.array([1.0, -2.0]), np.array([0.5, 1.0])
    assert METRICS["absolute_error"](outputs, targets).tolist() == [0.5, 3.0]
    assert METRICS["squared_error"](outputs, targets).tolist() == [0.25, 9.0]


@pytest.mark.parametrize("name", METRICS)
def test_nothing_is_broadcast(name):
    with pytest.raises(ShapeError, match=rf"{name}: .* got.* \(3, 1\) and \(2,\)"):
        METRICS[name](np.zeros((3, 1)), np.zeros(2))
