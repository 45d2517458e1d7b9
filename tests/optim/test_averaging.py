"""Averages of the weights: what they hold, when they are applied, and how they go on."""

import numpy as np
import pytest

import autograd_core as ag
import optim

AVERAGES = [lambda parameters: optim.ExponentialMovingAverage(parameters, decay=0.8), optim.EqualAverage]


def moved(parameters, step):
    for parameter in parameters:
        parameter.assign(np.full(parameter.shape, float(step)))


def parameters():
    return [ag.zeros((2, 50), requires_grad=True), ag.zeros((3,), requires_grad=True)]


def values(average, given):
    with average.applied():
        return [parameter.numpy().flat[0] for parameter in given]


def test_the_exponential_average_is_its_formula():
    given = parameters()
    average = optim.ExponentialMovingAverage(given, decay=0.8)
    expected = None
    for step in (3.0, 1.0, 7.0, -2.0):
        moved(given, step)
        average.update()
        expected = step if expected is None else 0.8 * expected + 0.2 * step
        assert values(average, given) == pytest.approx([expected, expected], rel=1e-6)


def test_the_equal_average_is_the_mean():
    given = parameters()
    average = optim.EqualAverage(given)
    for count, step in enumerate((3.0, 1.0, 8.0), start=1):
        moved(given, step)
        average.update()
        mean = sum((3.0, 1.0, 8.0)[:count]) / count
        assert values(average, given) == pytest.approx([mean, mean], rel=1e-6)


def test_applied_gives_the_parameters_back_even_after_an_error():
    given = parameters()
    average = optim.EqualAverage(given)
    average.update()
    moved(given, 4.0)
    with pytest.raises(RuntimeError, match="evaluation"), average.applied():
        assert given[0].numpy().max() == 0.0
        with average.applied():
            pass
        assert given[0].numpy().max() == 0.0
        raise RuntimeError("evaluation failed")
    assert given[0].numpy().min() == given[1].numpy().min() == 4.0
    assert given[0].requires_grad
    assert given[0].dtype == np.float32


def test_before_the_first_update_the_parameters_are_their_own_average():
    given = parameters()
    moved(given, 2.0)
    average = optim.ExponentialMovingAverage(given)
    assert values(average, given) == [2.0, 2.0]
    average.copy_to_parameters()
    assert given[0].numpy().min() == 2.0


def test_the_average_can_be_kept_for_good():
    given = parameters()
    average = optim.EqualAverage(given)
    for step in (1.0, 2.0):
        moved(given, step)
        average.update()
    average.copy_to_parameters()
    assert given[0].numpy().min() == 1.5
    moved(given, 0.0)
    assert values(average, given) == [1.5, 1.5]


@pytest.mark.parametrize("make", AVERAGES, ids=["exponential", "equal"])
def test_an_average_goes_on_from_its_state_to_the_bit(make):
    steps = np.random.default_rng(5).standard_normal((10, 2, 50)).astype(np.float32)
    for stop in (0, 1, 6):
        p = ag.zeros((2, 50), requires_grad=True)
        whole, first, second = (make([p]) for _ in range(3))
        for number, step in enumerate(steps):
            p.assign(step)
            whole.update()
            if number == stop:
                second.load_state_dict(first.state_dict())
            (first if number < stop else second).update()
        with whole.applied():
            expected = p.numpy()
        with second.applied():
            np.testing.assert_array_equal(p.numpy(), expected)


def test_refused_arguments_and_states():
    p, q = ag.zeros(3, requires_grad=True), ag.zeros(2, requires_grad=True)
    with pytest.raises(ag.ArgumentError, match="ExponentialMovingAverage: decay must be at least 0 and below 1, got 1"):
        optim.ExponentialMovingAverage([p], decay=1.0)
    with pytest.raises(ag.ArgumentError, match="EqualAverage: no parameters to average"):
        optim.EqualAverage([])
    with pytest.raises(ag.ArgumentError, match="EqualAverage: takes leaf tensors of floats, got a int"):
        optim.EqualAverage([3])
    with pytest.raises(ag.ArgumentError, match="EqualAverage: takes leaf tensors of floats"):
        optim.EqualAverage([p * 2])
    average, other = optim.EqualAverage([p]), optim.EqualAverage([q])
    average.update()
    with pytest.raises(
        ag.ArgumentError, match=r"EqualAverage: averages.0 must be numbers of shape \(2,\), got .* \(3,\)"
    ):
        other.load_state_dict(average.state_dict())
    with pytest.raises(ag.ArgumentError, match=r"EqualAverage: a state has the parts .* got \[\]"):
        other.load_state_dict({})
    assert other.updates == 0
    assert other.state_dict() == {"updates": 0, "averages": {}}


def test_an_update_within_a_compiled_step_is_refused():
    p = ag.tensor([1.0], requires_grad=True)
    average = optim.ExponentialMovingAverage([p])

    @ag.compile
    def step(x):
        y = x * 2.0
        average.update()
        return y

    with pytest.raises(ag.CompileError, match=r"average of the weights.*call update\(\) after the compiled step"):
        step(ag.ones(1))
    assert average.updates == 0
