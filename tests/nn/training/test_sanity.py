import copy
import math

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn.errors import SanityError
from nn.training import check_first_loss, check_gradients, check_regularisation_raises_loss, overfit_tiny_subset

cross_entropy = nn.functions.cross_entropy


@pytest.fixture
def batch(sample):
    from nn.training.pictures import as_input

    return as_input(sample.train.images[:64]), sample.train.labels[:64]


@pytest.fixture
def model():
    ag.manual_seed(0)
    return nn.models.lenet5()


@pytest.fixture
def left_alone(model):
    """Fails unless the check leaves model and random numbers as they are."""
    before, state = {name: array.copy() for name, array in model.state_dict().items()}, ag.get_random_state()
    yield
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    assert ag.get_random_state() == state
    assert all(module.training for module in model.modules())


def test_the_first_loss_of_ten_classes_is_ln_10(model, batch, left_alone):
    assert check_first_loss(model, cross_entropy, batch) == pytest.approx(math.log(10), rel=0.05)


def test_a_last_layer_that_starts_too_large_is_found(model, batch):
    model[-1].weight.assign(100 * model[-1].weight.numpy())
    with pytest.raises(SanityError, match=r"the first loss is \d.*, expected about 2\.303; does the last layer start"):
        check_first_loss(model, cross_entropy, batch)


def test_what_is_no_classifier_says_what_it_expects(line_data):
    model = nn.Linear(2, 1)
    x, y = line_data
    with pytest.raises(ag.ArgumentError, match="are no classes"):
        check_first_loss(model, nn.functions.mse_loss, (x, y))
    model.weight.assign(np.zeros((1, 2), np.float32))
    model.bias.assign(np.zeros(1, np.float32))
    expected = float((y**2).mean())
    first = check_first_loss(model, nn.functions.mse_loss, (x, y), expected=expected, tolerance=1e-6)
    assert first == pytest.approx(expected)


def squares(model, strength):
    return sum((ag.sum(parameter * parameter) for parameter in model.parameters()), 0.0) * strength


def test_the_loss_rises_with_regularisation(model, batch, left_alone):
    plain, added = check_regularisation_raises_loss(model, cross_entropy, lambda m: squares(m, 0.01), batch)
    assert added - plain == pytest.approx(
        0.01 * sum(float((w**2).sum()) for w in model.state_dict().values()), rel=1e-4
    )
    with pytest.raises(SanityError, match="the penalty adds 0 to a loss of 2"):
        check_regularisation_raises_loss(model, cross_entropy, lambda m: squares(m, 0.0), batch)


def test_twenty_examples_are_learned_by_heart(model, batch, left_alone):
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    losses = overfit_tiny_subset(model, cross_entropy, optimizer, batch, steps=60)
    assert len(losses) == 60
    assert losses[0] == pytest.approx(math.log(10), rel=0.05)
    assert losses[-1] < 0.01
    assert optimizer.state == {}


def test_a_network_whose_graph_is_cut_cannot(model, batch):
    class Cut(nn.Module):
        def __init__(self):
            self.model = model

        def forward(self, x):
            return self.model(x).detach() + self.model[-1].bias

    cut = Cut()
    with pytest.raises(SanityError, match=r"after 30 steps on 20 examples the loss is .* is the graph cut"):
        overfit_tiny_subset(cut, cross_entropy, optim.Adam(cut.parameters(), lr=3e-3), batch, steps=30)


def test_gradients_of_a_model_agree_with_differences(batch):
    ag.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 2, 5), nn.BatchNorm2d(2), nn.Tanh(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(1152, 10)
    )
    few = tuple(array[:4] for array in batch)
    before, state = copy.deepcopy(model.state_dict()), ag.get_random_state()
    check_gradients(model, cross_entropy, few, entries=3)
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    assert ag.get_random_state() == state


def test_a_wrong_gradient_is_named_with_its_parameter(batch):
    @ag.elementwise
    def wrong(x):
        return x * x

    @wrong.local_gradient("x")
    def _(x):
        return x  # half of what it should be

    class Wrong(nn.Module):
        def forward(self, x):
            return wrong(x)

    ag.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 4), Wrong(), nn.Linear(4, 10))
    with pytest.raises(ag.GradcheckError, match=r"1\.weight, at its entries \[.*\]: "):
        check_gradients(model, cross_entropy, batch)


def test_frozen_parameters_have_no_gradient_to_check(model, batch):
    few = tuple(array[:2] for array in batch)
    model.freeze()
    check_gradients(model, cross_entropy, few)
