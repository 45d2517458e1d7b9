import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ag
from autograd_core.kernels import softmax

NONE = -1  # the label to ignore


def mean(x, labels):
    return softmax.cross_entropy(x, labels, True, NONE, True)[0]


def gradient_of_mean(x, labels):
    one, count = np.ones((), x.dtype), np.array(len(x), x.dtype)
    return softmax.cross_entropy_gradient(one, x, labels, count, NONE, True)


def by_definition(x, labels):
    """Loss and gradient in float64, with a gradient of 1 from above."""
    x = x.astype(np.float64)
    shares = np.exp(x - x.max(1, keepdims=True))
    total = shares.sum(1, keepdims=True)
    rows = np.arange(len(x))
    losses = np.log(total[:, 0]) + x.max(1) - x[rows, labels]
    shares /= total
    shares[rows, labels] -= 1
    return losses.mean(), shares / len(x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (7, 10), (1, 5000), (3001, 12), (2, 9000)])
def test_loss_and_gradient_equal_the_definition(dtype, shape):
    rng = np.random.default_rng(0)
    x, labels = rng.normal(0, 5, shape).astype(dtype), rng.integers(0, shape[1], shape[0])
    loss, gradient = by_definition(x, labels)
    few = 30 * np.finfo(dtype).eps
    np.testing.assert_allclose(mean(x, labels), loss, rtol=few, atol=few)
    ours = gradient_of_mean(x, labels)
    assert ours.dtype == dtype
    np.testing.assert_allclose(ours, gradient, rtol=few, atol=few / len(x))


@pytest.mark.parametrize("n", [5, 300, 30_000])  # by numpy, by a kernel in one task, and in several
def test_what_is_ignored_does_not_count(n):
    rng = np.random.default_rng(0)
    x, labels = rng.normal(0, 3, (n, 4)), rng.integers(0, 4, n)
    x[labels == 2] = np.nan
    counts = labels != 2
    for reduction, count in (("mean", np.sum(counts)), ("sum", 1)):
        leaf, rest = ag.tensor(x, requires_grad=True), ag.tensor(x[counts], requires_grad=True)
        loss = ag.softmax_cross_entropy(leaf, labels, ignore_index=2, reduction=reduction)
        expected = ag.softmax_cross_entropy(rest, labels[counts]) * (np.sum(counts) / count)
        np.testing.assert_allclose(loss.item(), expected.item(), rtol=1e-12)
        loss.backward()
        expected.backward()
        np.testing.assert_allclose(leaf.grad.numpy()[counts], rest.grad.numpy(), rtol=1e-12, atol=1e-16)
        assert (leaf.grad.numpy()[~counts] == 0).all()


@pytest.mark.parametrize("n", [5, 300])
def test_the_mean_of_nothing_is_nan_and_its_gradient_0(n):
    x = ag.tensor(np.ones((n, 4)), requires_grad=True)
    loss = ag.softmax_cross_entropy(x, np.full(n, -100), ignore_index=-100)
    assert np.isnan(loss.item())
    loss.backward()
    assert (x.grad.numpy() == 0).all()
    assert ag.softmax_cross_entropy(x, np.full(n, 3), ignore_index=3, reduction="sum").item() == 0
    with pytest.raises(ag.ArgumentError, match="reduction must be mean or sum, got 'none'"):
        ag.softmax_cross_entropy(x, np.zeros(n, int), reduction="none")


def test_large_numbers_do_not_overflow_and_infinite_ones_do_not_hide():
    labels = np.array([0, 1])
    x = np.array([[3e4, -3e4], [3e4, -3e4]], np.float32)
    assert mean(x, labels) == 3e4
    x = np.array([[1.0, -np.inf], [-np.inf, 2.0]])
    assert mean(x, labels) == 0.0
    np.testing.assert_array_equal(gradient_of_mean(x, labels), np.zeros((2, 2)))
    for bad in (np.nan, np.inf):
        x = np.array([[1.0, bad], [0.0, 0.0]])
        assert not np.isfinite(mean(x, labels))
        assert np.isnan(gradient_of_mean(x, labels)[0, 1])


def test_the_number_of_threads_changes_no_bit():
    rng = np.random.default_rng(1)
    x, labels = rng.normal(0, 3, (5000, 17)).astype(np.float32), rng.integers(0, 17, 5000)
    threads = ag.get_num_threads()
    results = []
    try:
        for count in (1, 2, 3):
            ag.set_num_threads(count)
            loss = mean(x, labels)
            results.append((loss.tobytes(), gradient_of_mean(x, labels).tobytes()))
    finally:
        ag.set_num_threads(threads)
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("n", [3, 300])  # by numpy, and by a kernel
def test_labels_that_are_no_classes_are_refused(n):
    x = ag.ones((n, 4), requires_grad=True)
    for labels, error, says in [
        (np.full(n, 4), ag.ArgumentError, "labels go from 0 to 3, got some from 4 to 4"),
        (np.full(n, -1), ag.ArgumentError, "labels go from 0 to 3, got some from -1 to -1"),
        (np.zeros(n), ag.DTypeError, "labels are whole numbers that name classes, got float64"),
        (np.zeros(n + 1, int), ag.ShapeError, rf"takes x \(n, classes\) and labels \(n,\), got shapes \({n}, 4\)"),
    ]:
        with pytest.raises(error, match=says):
            ag.softmax_cross_entropy(x, labels)


def test_labels_of_any_whole_type_and_layout_are_taken():
    x = ag.tensor(np.random.default_rng(2).normal(size=(40, 4)))
    labels = np.arange(40) % 4
    expected = ag.softmax_cross_entropy(x, labels)
    spread = np.repeat(labels, 2)[::2]
    for other in (labels.astype(np.uint8), labels.astype(np.int32), spread, labels.tolist()):
        assert ag.softmax_cross_entropy(x, other).item() == expected.item()


FUNCTIONS = {"softmax": ag.softmax, "log_softmax": ag.log_softmax, "logsumexp": ag.logsumexp}


def values_and_gradient(function, x, g, **how):
    leaf = ag.tensor(x, requires_grad=True)
    y = function(leaf, **how)
    y.backward(ag.tensor(g[: y.size].reshape(y.shape).astype(x.dtype)))
    return y.numpy(), leaf.grad.numpy()


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(
    st.sampled_from(
        [((300,), -1), ((40, 10), 1), ((3, 5, 70), 2), ((4, 30, 9), (1, 2)), ((2, 5000), 1), ((900, 1), 1)]
    ),
    st.sampled_from([1.0, 50.0]),
    st.integers(0, 2**32),
)
@settings(deadline=None, max_examples=25)
def test_rows_equal_those_that_numpy_computes(name, dtype, case, spread, seed):
    """No kernel takes longdouble."""
    shape, axis = case
    rng = np.random.default_rng(seed)
    x, g = (spread * rng.standard_normal(shape)).astype(dtype), rng.standard_normal(math.prod(shape))
    ours = values_and_gradient(FUNCTIONS[name], x, g, axis=axis)
    exact = values_and_gradient(FUNCTIONS[name], x.astype(np.longdouble), g, axis=axis)
    for found, expected in zip(ours, exact, strict=True):
        assert (found.dtype, found.shape) == (dtype, expected.shape)
        few = 20 * np.finfo(dtype).eps
        np.testing.assert_allclose(found, expected.astype(np.float64), rtol=few * (1 + spread), atol=few * spread)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_rows_with_infinities_and_nans(name):
    x = np.zeros((6, 60))
    x[0, 3], x[1, 3], x[2, 3], x[3], x[4, 1:] = np.nan, np.inf, -np.inf, -np.inf, -np.inf
    x[5] = 1e4
    g = np.random.default_rng(0).standard_normal(x.size)
    with np.errstate(all="ignore"):
        by_kernel = values_and_gradient(FUNCTIONS[name], x, g)
        by_numpy = values_and_gradient(FUNCTIONS[name], x.astype(np.longdouble), g)
    for found, expected in zip(by_kernel, by_numpy, strict=True):
        np.testing.assert_allclose(found, expected.astype(np.float64), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_rows_in_any_layout_and_at_any_number_of_threads_have_the_same_bits(name):
    rng = np.random.default_rng(1)
    x, g = rng.standard_normal((700, 90)).astype(np.float32), rng.standard_normal(63000)
    threads, results = ag.get_num_threads(), []
    try:
        for count, layout in ((1, "C"), (2, "C"), (3, "C"), (2, "F")):
            ag.set_num_threads(count)
            found = values_and_gradient(FUNCTIONS[name], np.asarray(x, order=layout), g)
            results.append([array.tobytes() for array in found])
    finally:
        ag.set_num_threads(threads)
    assert results[0] == results[1] == results[2] == results[3]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_second_gradients_of_rows_for_kernels(name):
    x = np.random.default_rng(2).standard_normal((3, 90))
    ag.gradcheck(lambda x: FUNCTIONS[name](x) ** 2, x, order=2, step=1e-5)
