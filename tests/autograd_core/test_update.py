"""Update rules change what they say they change, and nothing that anybody else holds."""

import numpy as np
import pytest

import autograd_core as ag


@ag.update_rule
def momentum(g, /, p, v, *, rate):
    v = 0.5 * v - rate * g
    return p + v, v


@pytest.mark.parametrize("n", [3, 100_000])
def test_the_updated_tensors_get_the_formula_s_values(n):
    rng = np.random.default_rng(0)
    g, p, v = rng.standard_normal((3, n))
    tensors = [ag.tensor(a) for a in (g, p, v)]
    held = tensors[1].numpy()
    momentum(*tensors, rate=0.1)
    expected = 0.5 * v - 0.1 * g
    np.testing.assert_allclose(tensors[2].numpy(), expected, rtol=1e-14)
    np.testing.assert_allclose(tensors[1].numpy(), p + expected, rtol=1e-14)
    np.testing.assert_array_equal(tensors[0].numpy(), g)
    np.testing.assert_array_equal(held, p)


def test_wrong_arguments_are_refused():
    x = ag.ones(2)
    with pytest.raises(ag.ArgumentError, match=r"momentum: takes the tensors \('g', 'p', 'v'\), got 2"):
        momentum(x, x, rate=1.0)
    with pytest.raises(ag.ShapeError, match="momentum: tensors of one shape"):
        momentum(x, x, ag.ones(3), rate=1.0)
    with pytest.raises(ag.ArgumentError, match=r"momentum: takes the numbers \('rate',\), got \(\)"):
        momentum(x, x, x)
    with pytest.raises(ag.ArgumentError, match=r"momentum: takes the numbers \('rate',\), got \('rates',\)"):
        momentum.with_numbers({"rates": 1.0})
    with pytest.raises(ag.GraphError, match="momentum: only leaves can be updated"):
        momentum(x, x, ag.ones(2, requires_grad=True) * 2, rate=1.0)


def test_a_view_or_a_copy_held_elsewhere_keeps_its_numbers():
    p, v = ag.ones(5000), ag.zeros(5000)
    held = p.reshape(50, 100)
    momentum(ag.ones(5000), p, v, rate=0.5)
    assert held.numpy()[0, 0] == 1.0
    assert p.numpy()[0] == 0.5


def test_an_array_that_nobody_else_holds_is_updated_where_it_is():
    p, v = ag.ones(5000), ag.zeros(5000)
    before = p.array.ctypes.data
    momentum(ag.ones(5000), p, v, rate=0.5)
    assert p.array.ctypes.data == before


def test_what_is_computed_from_numbers_alone_is_computed_in_float64():
    @ag.update_rule
    def decay(g, /, p, *, beta):
        return p + (1.0 - beta) * g

    p = ag.zeros(5000)
    decay(ag.ones(5000), p, beta=0.999)
    assert p.numpy()[0] == np.float32(1.0 - 0.999)


@pytest.mark.parametrize("n", [3, 5000])
def test_numpys_numbers_leave_float32_as_it_is(n):
    p, v = ag.ones(n), ag.zeros(n)
    momentum.with_numbers({"rate": np.float64(0.5)})(ag.ones(n), p, v)
    assert p.dtype == v.dtype == np.float32
    assert p.numpy()[0] == 0.5


@pytest.mark.parametrize("n", [4, 5000])  # numpy's work and a kernel's
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_running_means_of_gradients_that_became_zero_do_not_stay_subnormal(n, dtype):
    tiny = np.finfo(dtype).tiny
    starts = np.resize(np.array([1.0, -4 * tiny, np.nan, -2 * tiny], dtype), n)
    p, v = ag.zeros(n, dtype=dtype), ag.tensor(starts)
    momentum(ag.zeros(n, dtype=dtype), p, v, rate=0.1)
    np.testing.assert_array_equal(v.numpy(), np.resize(np.array([0.5, -2 * tiny, np.nan, -tiny], dtype), n))
    momentum(ag.zeros(n, dtype=dtype), p, v, rate=0.1)
    np.testing.assert_array_equal(v.numpy(), np.resize(np.array([0.25, -tiny, np.nan, 0.0], dtype), n))


def test_compiled_updates_leave_nothing_subnormal():
    p, v = ag.zeros(5000), ag.full(5000, 64 * float(np.finfo("float32").tiny))

    @ag.compile
    def step(g):
        momentum(g, p, v, rate=0.1)

    for _ in range(8):
        step(ag.zeros(5000))
    assert (v.numpy() == 0.0).all()
