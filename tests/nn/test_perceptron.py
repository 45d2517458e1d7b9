"""The perceptron's rule stops on separable data, and NAND gates add (decks B and C)."""

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn.functions import polynomial_features
from nn.perceptron import half_adder, nand, threshold_unit

COVERS = {"Perceptron", "functions.polynomial_features"}
rng = np.random.default_rng(0)


def separable(n=100, features=3, margin=0.2):
    """Points on both sides of a plane, none nearer to it than the margin."""
    normal = rng.standard_normal(features)
    normal /= np.linalg.norm(normal)
    x = rng.uniform(-1, 1, (20 * n, features))
    distance = x @ normal - 0.1
    x, distance = x[abs(distance) > margin][:n], distance[abs(distance) > margin][:n]
    return x, np.sign(distance).astype(int)


def test_the_rule_moves_by_the_mistaken_point_with_no_rate():
    unit = nn.Perceptron(2)
    mistakes = unit.fit([[2.0, 1.0], [1.0, 3.0]], [1, -1], max_epochs=1)
    # (2, 1) with label 1 is wrong at w = 0: w = (2, 1), b = 1. Then (1, 3) with label -1 gives 6 > 0, wrong as well.
    assert (unit.weight.tolist(), unit.bias, mistakes) == ([1.0, -2.0], 0.0, 2)
    assert not unit.converged


def test_it_stops_on_separable_data_after_no_more_mistakes_than_novikoffs_bound():
    x, y = separable(margin=0.2)
    unit = nn.Perceptron(3)
    mistakes = unit.fit(x, y)
    assert unit.converged
    assert mistakes == unit.counts.sum() > 0
    np.testing.assert_array_equal(unit(x), y)
    # With the 1 that the bias stands for as a feature: R² ≤ 3 + 1, γ ≥ 0.2/√(1 + 0.1²).
    assert mistakes <= 4 * (1 + 0.1**2) / 0.2**2


def test_the_weights_are_a_combination_of_training_points():
    x, y = separable()
    unit = nn.Perceptron(3)
    unit.fit(x, y)
    np.testing.assert_allclose(unit.weight, (unit.counts * y) @ x, rtol=1e-12, atol=1e-12)
    assert unit.bias == (unit.counts * y).sum()


def test_xor_is_not_separable_but_with_a_product_as_a_feature_it_is():
    x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), [-1, 1, 1, -1]
    unit = nn.Perceptron(2)
    assert unit.fit(x, y, max_epochs=50) >= 50
    assert not unit.converged
    features = polynomial_features(x.astype(float), bias=False)
    unit = nn.Perceptron(5)
    unit.fit(features, y)
    assert unit.converged
    assert unit(features).tolist() == y


def test_fitting_again_starts_anew():
    x, y = separable()
    unit = nn.Perceptron(3)
    first = (unit.fit(x, y), unit.weight.tolist())
    assert (unit.fit(x, y), unit.weight.tolist()) == first


def test_the_circle_of_deck_b():
    x = rng.uniform(-2, 2, (200, 2))
    features = polynomial_features(ag.tensor(x), interaction=False).numpy()
    np.testing.assert_allclose(features, np.c_[np.ones(200), x, x**2])
    inside = features @ [-1, 0, 0, 1, 1] < 0
    np.testing.assert_array_equal(inside, np.hypot(*x.T) < 1)


def test_polynomial_features_are_all_products_and_have_gradients():
    x = ag.tensor([[2.0, 3.0, 5.0]])
    assert polynomial_features(x).tolist() == [[1, 2, 3, 5, 4, 6, 10, 9, 15, 25]]
    assert polynomial_features(x, degree=3, interaction=False, bias=False).tolist() == [[2, 3, 5, 4, 9, 25, 8, 27, 125]]
    assert polynomial_features(x).dtype == np.float32
    ag.gradcheck(lambda x: polynomial_features(x, degree=3), rng.standard_normal((2, 2)), order=2)


def test_threshold_unit_nand_and_half_adder_of_deck_c():
    a, b = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    assert threshold_unit([[1, 1], [1, 0]], [1, 1], -1).tolist() == [1, 0]  # on the threshold it is 0
    assert nand(a, b).tolist() == [1, 1, 1, 0]
    total, carry = half_adder(a, b)
    assert (2 * carry + total).tolist() == (a + b).tolist()


def test_what_does_not_fit_is_named():
    unit = nn.Perceptron(2)
    with pytest.raises(ag.ArgumentError, match=r"Perceptron: labels are -1 and 1, got \[0, 1\]; use 2·y - 1"):
        unit.fit([[0, 0], [1, 1]], [0, 1])
    with pytest.raises(
        ag.ShapeError, match=r"Perceptron: fit takes x \(n, 2\) and y \(n,\), got shapes \(2, 2\) and \(3,\)"
    ):
        unit.fit([[0, 0], [1, 1]], [1, 1, 1])
    with pytest.raises(ag.ShapeError, match=r"Perceptron: takes shape \(..., 2\), got shape \(3,\)"):
        unit([1, 2, 3])
    with pytest.raises(ag.ArgumentError, match="Perceptron: fit takes finite numbers, got some inf or nan"):
        unit.fit([[0, np.nan]], [1])  # no sum of it has the wrong sign, so it would pass for learned
    with pytest.raises(ag.DTypeError, match="Perceptron: takes numbers, got <U1"):
        unit(["a", "b"])
    with pytest.raises(ag.ArgumentError, match="in_features must be a whole number of at least 1, got 0"):
        nn.Perceptron(0)
    with pytest.raises(ag.ShapeError, match=r"polynomial_features: takes shape \(n, d\), got shape \(3,\)"):
        polynomial_features(ag.ones(3))
    with pytest.raises(ag.ArgumentError, match="degree must be a whole number of at least 1, got 0"):
        polynomial_features(ag.ones((3, 2)), degree=0)
