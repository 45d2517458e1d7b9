import math

import numpy as np
import pytest

import autograd_core as ag


def test_gelu_is_exact_far_below_zero():
    x = ag.tensor(np.array([-3.0, -8.0, -20.0, -37.5]), requires_grad=True)
    y = ag.gelu(x)
    y.sum().backward()
    by_mpmath = [-0.00404969409489028358, -4.9767684594174272988e-15, -5.5072482372124673902e-88]
    np.testing.assert_allclose(y.tolist(), [*by_mpmath, -1.7270073785932330664e-306], rtol=1e-13)
    by_mpmath = [-0.011945647204183927, -3.9796072610867959891e-14, -1.1014360483133464042e-86]
    np.testing.assert_allclose(x.grad.tolist(), [*by_mpmath, -6.476271143055812623e-305], rtol=3e-13)


@pytest.mark.parametrize("repeat", [1, 2000])  # numpy computes short arrays, kernels long ones
@pytest.mark.parametrize(
    ("gate", "x", "y", "gradient"),  # by mpmath
    [
        (ag.gelu_tanh, -3.5, -0.00061619765537366340149, -0.0024226437601164313173),
        (ag.gelu_tanh, -8.0, -3.1077829375011167941e-21, -4.7147845041068498348e-20),
        (ag.gelu_tanh, -20.0, -3.3754509563110619496e-261, -2.9424328724945852127e-259),
        (ag.gelu_tanh, 0.7, 0.53057013470511670769, 0.97635721865610394515),
        (ag.mish, -5.0, -0.033576237730161705396, -0.026747498019901933504),
        (ag.mish, -30.0, -2.8072868906519210338e-12, -2.7137106609633923184e-12),
        (ag.mish, -700.0, -6.9017735806318395997e-302, -6.8919139040880798288e-302),
        (ag.mish, 12.5, 12.499999999652803991, 1.0000000006666137492),
    ],
)
def test_gates_are_exact_in_their_tails(gate, x, y, gradient, repeat):
    number, array = ag.Value(x), ag.tensor(np.full(repeat, x), requires_grad=True)
    gate(number).backward()
    result = gate(array)
    result.sum().backward()
    np.testing.assert_allclose([gate(x), *result.tolist()], y, rtol=2e-13)
    np.testing.assert_allclose([number.grad, *array.grad.tolist()], gradient, rtol=2e-13)


def test_gelu_sigmoid_stays_close_to_gelu():
    x = np.linspace(-6, 6, 241)
    assert 0.01 < np.max(np.abs(ag.gelu(x) - ag.gelu_sigmoid(x))) < 0.021


def test_softplus_is_exact_on_both_sides():
    np.testing.assert_allclose(ag.softplus(np.array([-700.0, 0.0, 30.0, 1e6])), [
        math.exp(-700.0), math.log(2.0), 30.0 + math.exp(-30.0), 1e6
    ], rtol=1e-14)  # fmt: skip


def test_selu_keeps_mean_and_variance():
    # E f and E f² under the normal distribution, by the rectangle rule.
    x = np.linspace(-12, 12, 200_001)
    weights = np.exp(-0.5 * x * x) * (x[1] - x[0]) / math.sqrt(2 * math.pi)
    y = ag.selu(x)
    assert abs(np.sum(weights * y)) < 1e-8
    assert abs(np.sum(weights * y * y) - 1) < 1e-8


def test_the_perceptrons_threshold_is_open_at_zero():
    assert ag.heaviside(np.array([-1.0, 0.0, 2.0])).tolist() == [0.0, 0.0, 1.0]
    assert ag.heaviside(np.array([-1.0, 0.0, 2.0]), 0.5).tolist() == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("slope", [0.01, 0.1])
def test_leaky_relu_passes_the_slope_below_zero(slope):
    x = ag.Value(-3.0)
    y = ag.leaky_relu(x, slope)
    y.backward()
    assert (y.data, x.grad) == (-3.0 * slope, slope)


def test_a_slope_can_be_learned_for_each_channel():
    x, slope = ag.tensor([[-1.0, 2.0], [-3.0, -4.0]]), ag.tensor([0.25, 0.5], requires_grad=True)
    y = ag.prelu(x, slope)
    y.sum().backward()
    assert y.tolist() == [[-0.25, 2.0], [-0.75, -2.0]]
    assert slope.grad.tolist() == [-4.0, -4.0]


def test_beta_of_swish_can_be_learned():
    ag.gradcheck(ag.swish, 0.7, 1.3, order=2)
    assert ag.swish is ag.silu


def test_glu_gates_one_half_by_the_other():
    x = ag.tensor([[1.0, 2.0, 0.0, 0.0]], requires_grad=True)
    y = ag.glu(x)
    y.sum().backward()
    assert y.tolist() == [[0.5, 1.0]]
    assert x.grad.tolist() == [[0.5, 0.5, 0.25, 0.5]]
    assert ag.glu(ag.ones((3, 4, 5)), axis=1).shape == (3, 2, 5)
    with pytest.raises(ag.ShapeError, match=r"glu: halves axis 1 of shape \(2, 3\), whose length is odd"):
        ag.glu(ag.ones((2, 3)))


def test_ops_on_halves_and_groups_refuse_a_value_and_lists_of_them():
    for op in (ag.glu, lambda x: ag.maxout(x, 2), ag.matrix_transpose):
        with pytest.raises(ag.DTypeError, match="works on arrays and a Value is a single number"):
            op(ag.Value(1.0))
        with pytest.raises(ag.DTypeError, match="takes a tensor, not a list of them"):
            op([ag.Value(1.0), ag.Value(2.0)])
    assert ag.glu([1.0, 0.0]) == 0.5


def test_maxout_takes_the_largest_of_each_group():
    x = ag.tensor([[1.0, 5.0, 2.0, -1.0, -3.0, -1.0]], requires_grad=True)
    y = ag.maxout(x, 3)
    y.sum().backward()
    assert y.tolist() == [[5.0, -1.0]]
    assert x.grad.tolist() == [[0.0, 1.0, 0.0, 0.5, 0.0, 0.5]]
    assert ag.maxout(ag.ones((6, 2)), 2, axis=0).shape == (3, 2)
    with pytest.raises(ag.ShapeError, match=r"maxout: axis 1 of shape \(1, 6\) does not divide into groups of 4"):
        ag.maxout(x, 4)
    with pytest.raises(ag.ArgumentError, match="maxout: pieces=0"):
        ag.maxout(x, 0)
