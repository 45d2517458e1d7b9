import numpy as np
import pytest

import autograd_core as ag


def test_a_tensors_methods_are_the_functions():
    x = ag.tensor([[1.0, 4.0], [2.0, 0.0]])
    for name in ("sum", "mean", "prod", "max", "min", "norm", "argmax", "argmin", "any", "all"):
        np.testing.assert_array_equal(getattr(x, name)(axis=1).numpy(), getattr(ag, name)(x, axis=1).numpy())
    for name in ("var", "std"):  # whose corrections differ, as PyTorch's and the array API's do
        np.testing.assert_array_equal(getattr(x, name)(axis=1), getattr(ag, name)(x, axis=1, correction=1))
        np.testing.assert_array_equal(getattr(x, name)(axis=1, correction=0), getattr(ag, name)(x, axis=1))


def test_clip_keeps_whole_numbers_whole():
    n = np.array([-3, 1, 9])
    assert ag.clip(n, 0).tolist() == [0, 1, 9]
    assert ag.clip(n, max=2).dtype == ag.clip(n, 0, 2).dtype == n.dtype


def test_a_product_with_zeros_can_be_differentiated_twice():
    x = ag.tensor(np.array([2.0, 0.0, 0.0, 5.0]), requires_grad=True)
    x.prod().backward(create_graph=True)
    slope = x.grad[1]  # x0·x2·x3
    x.grad = None
    slope.backward()
    assert x.grad.tolist() == [0.0, 0.0, 10.0, 0.0]


def test_running_sums_and_products_may_start_with_those_of_nothing():
    x = np.array([2.0, 3.0])
    assert ag.cumulative_sum(x, include_initial=True).tolist() == [0.0, 2.0, 5.0]
    assert ag.cumulative_prod(x, include_initial=True).tolist() == [1.0, 2.0, 6.0]


def test_a_count_passes_no_gradient_back_and_is_added_to_what_does():
    x = ag.tensor([[1.0, 0.0], [2.0, 3.0]], requires_grad=True)
    (ag.norm(x, ord=0, axis=1) * ag.sum(x)).sum().backward()
    assert x.grad.tolist() == [[3.0, 3.0], [3.0, 3.0]]


@pytest.mark.parametrize("ord", [2, 3])
def test_norms_neither_overflow_nor_underflow(ord):
    x = np.array([1.0, 2.0, -2.0])
    for scale in (1e-300, 1e-160, 1e160, 1e300):
        np.testing.assert_allclose(ag.norm(x * scale, ord=ord) / scale, ag.norm(x, ord=ord), rtol=1e-15)
    assert ag.norm(np.array([3.0, np.inf]), ord=ord) == np.inf
    assert np.isnan(ag.norm(np.array([3.0, np.nan]), ord=ord))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: ag.prod(x, axis=2), r"prod: axis 2 does not name distinct axes of shape \(2, 3\)"),
        (lambda x: ag.norm(x, axis=(0, -2)), r"norm: axis \(0, -2\) does not name distinct axes of shape \(2, 3\)"),
        (lambda x: ag.argmax(x, axis=5), r"argmax: axis 5 does not name distinct axes of shape \(2, 3\)"),
        (lambda x: ag.max(x, 5), r"^max: axis 5 does not name distinct axes of shape \(2, 3\)"),
        (lambda x: ag.min(x, dim=-3), r"^min: axis -3 does not name distinct axes of shape \(2, 3\)"),
        (lambda x: ag.std(x, axis=5), r"^std: axis 5 does not name distinct axes of shape \(2, 3\)"),
        (lambda x: ag.sort(x, axis=5), r"^sort: axis 5 is not one of the 2 axes of shape \(2, 3\)"),
        (lambda x: ag.count_nonzero(x, axis=5), r"^count_nonzero: axis 5 does not name distinct axes"),
        (lambda x: ag.cumulative_sum(x), r"cumulative_sum: axis=None does not name an axis of shape \(2, 3\)"),
        (lambda x: ag.cumulative_prod(x, axis=2), r"cumulative_prod: axis=2 does not name an axis of shape \(2, 3\)"),
    ],
)
def test_axes_that_are_not_there_are_named(call, message):
    with pytest.raises(ag.ArgumentError, match=message):
        call(ag.ones((2, 3)))
