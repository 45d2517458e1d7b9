"""A sigmoid unit that is wrong and sure learns slowly from the quadratic loss, and fast from cross-entropy (deck C)."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim


def outputs_while_learning(loss, w, b, rate, epochs=300):
    """The output for the input 1, which should become 0, of σ(w·1 + b), epoch by epoch."""
    unit = nn.Sequential(nn.Linear(1, 1), nn.Sigmoid()).double()
    unit.load_state_dict({"0.weight": [[w]], "0.bias": [b]})
    optimizer, outputs = optim.SGD(unit.parameters(), lr=rate), []
    for _ in range(epochs):
        optimizer.zero_grad()
        y = unit([[1.0]])
        outputs.append(y.item())
        loss(y, [[0.0]]).backward()
        optimizer.step()
    return np.array([*outputs, unit([[1.0]]).item()])


def epochs_until(outputs, target):
    return int(np.argmax(outputs < target))


def test_the_quadratic_loss_learns_least_where_the_error_is_largest():
    # w = b = 2 gives 0.98, where σ' is 0.018; w = 0.6, b = 0.9 gives 0.82, where it is 0.15.
    far = outputs_while_learning(nn.QuadraticLoss(), 2.0, 2.0, rate=0.15)
    near = outputs_while_learning(nn.QuadraticLoss(), 0.6, 0.9, rate=0.15)
    assert (far[0], near[0]) == pytest.approx((0.982, 0.818), abs=5e-4)
    assert (far[-1], near[-1]) == pytest.approx((0.20, 0.09), abs=5e-3)
    assert near[0] - near[10] > 5 * (far[0] - far[10])


def test_cross_entropy_learns_most_where_the_error_is_largest():
    far = outputs_while_learning(nn.BCELoss(), 2.0, 2.0, rate=0.15)
    quadratic = outputs_while_learning(nn.QuadraticLoss(), 2.0, 2.0, rate=0.15)
    assert epochs_until(far, 0.5) < 20 < 120 < epochs_until(quadratic, 0.5)


def test_the_first_gradients_are_the_formulas_of_deck_c():
    a = 1 / (1 + np.exp(-4.0))
    for loss, expected in ((nn.QuadraticLoss(), a * a * (1 - a)), (nn.BCELoss(), a)):  # (a - y)σ'(z)x and (a - y)x
        w = ag.tensor(np.array([[2.0]]), requires_grad=True)
        loss(ag.sigmoid(w * 1.0 + 2.0), [[0.0]]).backward()
        assert w.grad.item() == pytest.approx(expected, rel=1e-12)
