import numpy as np
import pytest

import autograd_core as ag
import nn
from nn import functions as F
from nn import plots
from nn.plots.landscape import filter_normalised

X = np.array([[1.0, 0.0], [0.0, 1.0]])
BATCH = (X, np.array([[2.0], [-1.0]]))


def linear():
    net = nn.Linear(2, 1).double()
    net.load_state_dict({"weight": [[2.0, -1.0]], "bias": [0.0]})
    return net


def test_directions_are_as_long_as_each_filter():
    weight = np.arange(24.0).reshape(2, 3, 2, 2)
    direction = filter_normalised(np.random.default_rng(0), weight)
    np.testing.assert_allclose(
        np.linalg.norm(direction.reshape(2, -1), axis=1), np.linalg.norm(weight.reshape(2, -1), axis=1)
    )
    assert not filter_normalised(np.random.default_rng(0), np.zeros((2, 3))).any()


def test_the_middle_is_the_loss_of_the_weights_and_the_rest_the_parabola_around_it():
    net = linear()
    found = plots.landscape(net, F.mse_loss, BATCH, span=2.0, points=5)
    assert found.losses[2, 2] == 0 and (np.delete(found.losses.ravel(), 12) > 0).all()
    assert found.a.tolist() == [-2, -1, 0, 1, 2]
    # The loss is half the squared length of what is added; |direction|² = |weights|² = 5.
    np.testing.assert_allclose(found.losses[2], np.square(found.a) * 5 / 2)
    np.testing.assert_allclose(found.losses[:, 2], np.square(found.b) * 5 / 2)
    left, _, right = plots.loss_landscape(found).axes  # the scale between them
    assert left.lines[0].get_xydata().tolist() == [[0, 0]]
    assert right.name == "3d" and len(right.collections) == 1


def test_weights_and_mode_are_put_back_to_the_bit_after_an_error_too():
    net, calls = linear(), []
    before = net.weight.numpy()

    def failing(outputs, targets):
        calls.append(outputs.numpy())
        if len(calls) == 3:
            raise ZeroDivisionError
        return F.mse_loss(outputs, targets)

    with pytest.raises(ZeroDivisionError):
        plots.landscape(net, failing, BATCH, points=3)
    assert (calls[0] != calls[1]).any()
    np.testing.assert_array_equal(net.weight.numpy(), before)
    assert net.training and net.weight.grad is None


def test_losses_that_are_not_finite_are_left_out():
    net = linear()
    found = plots.landscape(net, F.mse_loss, BATCH, points=3)
    found.losses[0, 0] = np.inf
    left = plots.loss_landscape(found).axes[0]
    finite = found.losses[np.isfinite(found.losses)]
    assert left.collections[0].levels.max() < 1.5 * finite.max()  # a scale of what there is
    corner = [path.vertices for path in left.collections[0].get_paths() if len(path.vertices)]
    assert not any((vertices == -1).all(axis=1).any() for vertices in corner)


@pytest.mark.parametrize(
    ("net", "batch", "options", "message"),
    [
        (linear(), BATCH, {"points": 4}, "points must be odd"),
        (linear(), BATCH, {"span": 0.0}, "span above 0"),
        (linear(), (X,), {}, "takes a tuple"),
        (nn.PReLU(), BATCH, {}, "PReLU has no weights of two axes"),
    ],
)
def test_wrong_arguments_are_named(net, batch, options, message):
    with pytest.raises(ag.ArgumentError, match=f"landscape: .*{message}"):
        plots.landscape(net, F.mse_loss, batch, **options)
