import numpy as np
import pytest

from nn.training.objective import OBJECTIVES


@pytest.mark.parametrize("name", OBJECTIVES)
def test_probabilities_of_every_objective_sum_to_one_even_at_the_extremes(name):
    outputs = np.array([[0, 0, 0], [1e4, -1e4, 0], [1, 2, 3]], np.float32)
    if name == "quadratic":
        outputs = np.clip(outputs, 0, 1)
    probabilities = OBJECTIVES[name].probabilities(outputs)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(probabilities[0], 1 / 3)
    assert probabilities[1].argmax() == 0
