"""Every elementwise op and reduction over drawn shapes, strides and dtypes: numpy's values, gradients that follow."""

import math

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from op_cases import CASES

import autograd_core as ag
from autograd_core.ops.definition import Elementwise
from autograd_core.ops.op import registry

few = settings(deadline=None, max_examples=12, derandomize=True, database=None)

ELEMENTWISE = sorted(
    name
    for name, op in registry.items()
    if isinstance(op, Elementwise)
    and op.__module__.startswith("autograd_core.ops.")
    and not name.startswith("bitwise_")
)  # those take no floats: test_bitwise.py
SMOOTH = [name for name in ELEMENTWISE if registry[name].differentiable and name != "polygamma"]


@st.composite
def arrays(draw, count, low=-2.0, high=2.0, dtypes=(np.float32, np.float64), largest=3):
    """`count` arrays whose shapes go together, with distinct numbers, and with whatever strides."""
    shapes = draw(hnp.mutually_broadcastable_shapes(num_shapes=count, max_dims=3, min_side=0, max_side=largest))
    dtype = draw(st.sampled_from(dtypes))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return [strided(draw, shape, low, high, dtype, rng) for shape in shapes.input_shapes]


def strided(draw, shape, low, high, dtype, rng):
    """Distinct numbers, none close to another or to a whole number, read forwards, backwards or with gaps."""
    steps = [draw(st.sampled_from([1, 2, -1, -2])) for _ in shape]
    whole = tuple(n * abs(step) for n, step in zip(shape, steps, strict=True))
    size = math.prod(whole)
    numbers = low + (high - low) * (rng.permutation(size) + 0.37 + 0.2 * rng.random()) / max(size, 1)
    array = numbers.reshape(whole).astype(dtype)
    if draw(st.booleans()):
        array = np.asfortranarray(array)
    return array[tuple(slice(None, None, step) for step in steps)]


def gradients(op, inputs, **keywords):
    leaves = [ag.tensor(x, requires_grad=True) for x in inputs]
    for leaf, x in zip(leaves, inputs, strict=True):
        leaf.data = x  # as it lies: a tensor would have copied it
    y = op(*leaves, **keywords)
    y.backward(np.ones_like(y.numpy()))
    return y.numpy(), [leaf.grad for leaf in leaves]


@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if hasattr(np, name) or CASES[name].numpy])
@few
@given(data=st.data())
def test_values_are_those_of_numpy(name, data):
    op = registry[name]
    inputs = data.draw(arrays(len(op.inputs), *CASES[name].domain))
    expected = (CASES[name].numpy or getattr(np, name))(*[x.astype(np.float64) for x in inputs])
    y = op(*map(ag.tensor, inputs)).numpy()
    assert y.shape == np.shape(expected)
    assert y.dtype == (inputs[0].dtype if expected.dtype.kind == "f" and name != "where" else y.dtype)
    exact = {"rtol": 1e-12, "atol": 1e-15} if y.dtype == np.float64 else {"rtol": 2e-6, "atol": 1e-6}
    if expected.dtype == bool:
        np.testing.assert_array_equal(y, expected)
    elif name not in ("floor_divide", "remainder") or y.dtype == np.float64:  # float32 may round to the next step
        np.testing.assert_allclose(y, expected, **exact)


@pytest.mark.parametrize("name", SMOOTH)
@few
@given(data=st.data())
def test_gradients_have_the_inputs_shape_and_dtype_whatever_its_strides(name, data):
    op = registry[name]
    inputs = data.draw(arrays(len(op.inputs), *CASES[name].domain))
    y, grads = gradients(op, inputs)
    same, same_grads = gradients(op, [np.ascontiguousarray(x).reshape(x.shape) for x in inputs])
    np.testing.assert_allclose(y, same, rtol=1e-6)
    for x, grad, same_grad in zip(inputs, grads, same_grads, strict=True):
        if grad is not None:
            assert grad.shape == x.shape
            assert grad.dtype == x.dtype
            np.testing.assert_allclose(grad.numpy(), same_grad.numpy(), rtol=3e-6, atol=1e-6)


@pytest.mark.parametrize("name", SMOOTH)
@settings(few, max_examples=4)
@given(data=st.data())
def test_first_and_second_gradients_equal_finite_differences(name, data):
    op = registry[name]
    low, high = CASES[name].domain
    inputs = data.draw(arrays(len(op.inputs), low, high, [np.float64], largest=2))
    if name == "remainder":
        inputs[0] = inputs[0] * 0.3 + 2.9  # between its jumps
    if len(inputs) > 1:  # no ties, and no bound below another
        inputs = [x + 0.0123 * i for i, x in enumerate(inputs)]
    if name == "where":
        ag.gradcheck(lambda a, b: ag.where(inputs[0] > 0, a, b), *inputs[1:], order=2)
    else:
        ag.gradcheck(op, *inputs, order=2)


REDUCTIONS = {"sum": np.sum, "mean": np.mean, "prod": np.prod, "max": np.max, "min": np.min, "var": np.var}
REDUCTIONS |= {"std": np.std, "any": np.any, "all": np.all}
REDUCTIONS |= {"norm": lambda x, axis, keepdims: np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))}
REDUCTIONS |= {"logsumexp": lambda x, axis, keepdims: np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))}


@pytest.mark.parametrize("name", REDUCTIONS)
@settings(few, max_examples=30)
@given(data=st.data())
def test_reductions_equal_numpys_over_any_axes(name, data):
    (x,) = data.draw(arrays(1))
    axes = data.draw(st.one_of(st.none(), hnp.valid_tuple_axes(x.ndim)))
    keepdims = data.draw(st.booleans())
    count = math.prod(x.shape if axes is None else [x.shape[a] for a in axes])
    if not count and name in ("max", "min"):
        with pytest.raises(ag.ShapeError, match=f"{name}: no"):
            getattr(ag, name)(x, axis=axes, keepdims=keepdims)
        return
    op = getattr(ag, name)
    y, reference = op(ag.tensor(x), axis=axes, keepdims=keepdims), x.astype(np.float64)
    if count:
        expected = REDUCTIONS[name](reference, axis=axes, keepdims=keepdims)
        np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12 if x.dtype == np.float64 else 2e-5, atol=1e-5)
    assert y.shape == np.sum(x, axis=axes, keepdims=keepdims).shape
    if registry[name].differentiable:
        assert y.dtype == x.dtype
        _, (grad,) = gradients(op, [x], axis=axes, keepdims=keepdims)
        assert grad.shape == x.shape
        assert grad.dtype == x.dtype
        if x.size and count > 1:
            ag.gradcheck(lambda t: op(t, axis=axes, keepdims=keepdims), reference, order=2)


@pytest.mark.parametrize("name", ["cumulative_sum", "cumulative_prod", "argmax", "argmin"])
@few
@given(data=st.data())
def test_what_goes_along_one_axis_equals_numpys(name, data):
    (x,) = data.draw(arrays(1).filter(lambda xs: xs[0].ndim and xs[0].size))
    axis = data.draw(st.integers(-x[0].ndim, x[0].ndim - 1) if x[0].ndim else st.just(0))
    theirs = {"cumulative_sum": np.cumsum, "cumulative_prod": np.cumprod}.get(name) or getattr(np, name)
    y = getattr(ag, name)(ag.tensor(x), axis=axis)
    np.testing.assert_allclose(y.numpy(), theirs(x, axis=axis), rtol=1e-12)
    if registry[name].differentiable:
        ag.gradcheck(lambda t: getattr(ag, name)(t, axis=axis), x, order=2)
        assert gradients(getattr(ag, name), [x], axis=axis)[1][0].shape == x.shape
