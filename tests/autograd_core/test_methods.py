"""Methods in both libraries' forms, and what tells these apart; a call of each method is in the table of names."""

import inspect
import json
import pickle

import numpy as np
import pytest

import autograd_core as ag

X = np.array([[3.0, 1.0, 1.0], [2.0, 7.0, -1.0]])
Z = np.arange(24.0).reshape(2, 3, 4) % 7
x, z, v, s = ag.tensor(X), ag.tensor(Z), ag.tensor(X[0]), ag.tensor(X[:, :2])
i = np.array([[0, 2], [1, 0]])

# (call, what it gives): both forms of a method, which PyTorch has only one of, or numpy
FORMS = [
    (lambda: x.sum(axis=0), X.sum(axis=0)),
    (lambda: x.sum(0), X.sum(axis=0)),
    (lambda: x.sum((0, 1)), X.sum()),
    (lambda: x.sum(axis=1, keepdims=True), X.sum(axis=1, keepdims=True)),
    (lambda: x.sum(dim=1, keepdims=True), X.sum(axis=1, keepdims=True)),
    (lambda: x.mean(dtype=np.float32), X.mean(dtype=np.float32)),
    (lambda: x.max(axis=1), X.max(axis=1)),
    (lambda: x.max((0, 1)), X.max()),
    (lambda: x.max(ag.tensor(X[::-1])), np.maximum(X, X[::-1])),
    (lambda: x.max(X[::-1]), np.maximum(X, X[::-1])),
    (lambda: x.max(-1).indices, X.argmax(axis=1)),
    (lambda: x.max(dim=1, keepdim=True).values, X.max(axis=1, keepdims=True)),
    (lambda: x.min(dim=0, keepdims=True).indices, X.argmin(axis=0)[None]),
    (lambda: x.sort(axis=0), np.sort(X, axis=0)),
    (lambda: x.sort().values, np.sort(X)),
    (lambda: x.sort(descending=True).indices, np.array([[0, 1, 2], [1, 0, 2]])),
    (lambda: x.std(), X.std(ddof=1)),
    (lambda: x.std(ddof=0), X.std()),
    (lambda: x.std(unbiased=False), X.std()),
    (lambda: x.std(False), X.std()),
    (lambda: x.std(1, True), X.std(axis=1, ddof=1)),
    (lambda: x.std(axis=1, correction=0), X.std(axis=1)),
    (lambda: x.var((0, 1), keepdim=True), X.var(keepdims=True, ddof=1)),
    (lambda: ag.std(x), X.std()),
    (lambda: x.norm(), np.linalg.norm(X)),
    (lambda: x.norm("fro"), np.linalg.norm(X)),
    (lambda: x.norm(axis=1), np.linalg.norm(X, axis=1)),
    (lambda: x.norm(float("inf"), 1), np.abs(X).max(axis=1)),
    (lambda: x.norm(ord=1, axis=1, keepdims=True), np.abs(X).sum(axis=1, keepdims=True)),
    (lambda: z.transpose(0, 1), Z.swapaxes(0, 1)),
    (lambda: z.transpose(dim0=0, dim1=-1), Z.swapaxes(0, -1)),
    (lambda: z.transpose(), Z.T),
    (lambda: z.transpose(2, 0, 1), Z.transpose(2, 0, 1)),
    (lambda: z.transpose((2, 0, 1)), Z.transpose(2, 0, 1)),
    (lambda: x.transpose((0, 1)), X),
    (lambda: x.transpose(0, 1), X.T),
    (lambda: v.repeat(2), np.tile(X[0], 2)),
    (lambda: v.repeat(2, axis=0), X[0].repeat(2)),
    (lambda: x.repeat((2, 1)), np.tile(X, (2, 1))),
    (lambda: x.repeat_interleave(np.array([1, 2]), axis=0), X.repeat([1, 2], axis=0)),
    (lambda: z.squeeze(0), Z),
    (lambda: z[:1].squeeze(axis=0), Z[0]),
    (lambda: z[:1].squeeze((0, 1)), Z[0]),
    (lambda: z.permute((2, -3, 1)), Z.transpose(2, 0, 1)),
    (lambda: z.flatten(0, 1), Z.reshape(6, 4)),
    (lambda: z.view((6, 4)), Z.reshape(6, 4)),
    (lambda: v.expand(2, 1, 3), np.broadcast_to(X[0], (2, 1, 3))),
    (lambda: z.flip((0, 2)), Z[::-1, :, ::-1]),
    (lambda: z.flip(0, 2), Z[::-1, :, ::-1]),
    (lambda: z.diagonal(), Z.diagonal()),
    (lambda: z.diagonal(1, 1, 2), Z.diagonal(1, 1, 2)),
    (lambda: ag.diagonal(z), Z.diagonal(0, 1, 2)),
    (lambda: z.trace(), Z.trace()),
    (lambda: v.diag(-1), np.diag(X[0], -1)),
    (lambda: s.diag(1), np.diag(X[:, :2], 1)),
    (lambda: x.dot(v), X.dot(X[0])),
    (lambda: x.gather(1, i[:, :1]), np.take_along_axis(X, i[:, :1], 1)),
    (lambda: x.gather(0, ag.tensor([[1, 0]])), np.array([[2.0, 1.0]])),
    (lambda: x.scatter(1, i, ag.tensor(X * 10)), np.array([[30.0, 1, 10], [70, 20, -1]])),
    (lambda: x.take_along_dim(i), X.ravel()[[0, 2, 1, 0]]),
    (lambda: x.masked_select(X[0] > 1), np.array([3.0, 2.0])),
    (lambda: x.narrow(1, -2, 2), X[:, 1:]),
    (lambda: x.div(2, rounding_mode="trunc"), np.trunc(X / 2)),
    (lambda: x.to("cpu", np.float32), X.astype(np.float32)),
    (lambda: x.to(device="cpu", dtype="float32"), X.astype(np.float32)),
    (lambda: x.to(ag.zeros(1)), X.astype(np.float32)),
]


@pytest.mark.parametrize(("call", "expected"), FORMS)
def test_both_forms_of_a_call(call, expected):
    found = call()
    assert found.dtype == np.asarray(expected).dtype
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_parts_are_those_of_pytorch():
    def lengths(parts):
        return [part.shape[-1] for part in parts]

    assert lengths(z.split(3, dim=-1)) == lengths(z.split([3, 1], axis=-1)) == [3, 1]
    assert lengths(z.chunk(3, -1)) == [2, 2]
    assert lengths(ag.split(z, 4, axis=-1)) == [1, 1, 1, 1]
    assert [part.tolist() for part in v.unbind()] == X[0].tolist()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: x.sum(0, axis=1), "sum: axis and dim are two names of one argument"),
        (lambda: x.sum(0, True, keepdims=True), "sum: keepdims and keepdim are two names of one argument"),
        (lambda: x.max(0, True, keepdims=True), "max: keepdims and keepdim are two names"),
        (lambda: x.max(dim=0, axis=0), "max: axis and dim are two names"),
        (lambda: x.softmax(0, axis=0), "softmax: axis and dim are two names"),
        (lambda: x.std(correction=1, ddof=1), "std: correction, ddof and unbiased are names of one argument"),
        (lambda: x.std(0, 2), "std: unbiased is true or false, got 2; give correction=2"),
        (lambda: x.norm(1, ord=1), "norm: ord and p are two names"),
        (lambda: x.norm("nuc"), "norm: p is a number or 'fro', got 'nuc'"),
        (lambda: x.transpose(dim0=0), "transpose: takes both dim0 and dim1"),
        (lambda: x.transpose(0, 2), "transpose: axis 2 is not one of the 2 axes"),
        (lambda: z.repeat(2), r"repeat: takes a number for each axis of shape \(2, 3, 4\)"),
        (lambda: z.repeat(2, 2, axis=0), "repeat: with axis it takes one count"),
        (
            lambda: z.split([1, 1], dim=2),
            r"split: the lengths \[1, 1\] do not add up to the 4 of axis 2",
        ),
        (lambda: z.split(0), "split: parts have a length of at least 1"),
        (lambda: z.chunk(0), "chunk: takes at least one part"),
        (lambda: z.squeeze(axis=0), "squeeze: axis 0 of shape .* is longer than 1"),
        (lambda: x.expand(3), r"expand: shape \(2, 3\) cannot be expanded to \(3,\)"),
        (lambda: v.expand(-1, 3), "expand: shape"),
        (lambda: x.view(np.float32), "view: takes a shape"),
        (lambda: z.t(), "t: takes at most two axes"),
        (lambda: z.diag(), "diag: takes a vector or a matrix"),
        (lambda: x.size(2), "size: axis 2 is not one of the 2 axes"),
        (lambda: x.gather(1, i.astype(float)), "gather: an index is made of whole numbers"),
        (lambda: x.gather(0, ag.zeros((2, 4), dtype=int)), "gather: an index of shape .* does not name places"),
        (lambda: x.scatter(1, i, ag.zeros((1, 2))), "scatter: a source of shape .* is shorter than the index"),
        (lambda: x.masked_fill(X, 0.0), "masked_fill: a mask is made of bools, got float64"),
        (lambda: x.narrow(1, 2, 2), "narrow: there are no 2 from 2 on along axis 1"),
        (lambda: x.div(x, rounding_mode="up"), "div: rounding_mode must be None, 'trunc' or 'floor'"),
        (lambda: x.mm(v), r"mm: takes tensors with 2 and 2 axes, got shapes \(2, 3\) and \(3,\)"),
        (lambda: x.to("float65"), "to: there is no device 'float65'"),
        (lambda: x.to(np.float64, np.float32), "to: takes a device and a dtype"),
        (lambda: x.to(3.5), "to: takes a dtype such as np.float64"),
    ],
)
def test_what_cannot_be_meant_is_refused(call, message):
    with pytest.raises(ag.AutogradError, match=message):
        call()


# Of methods that are more than one op, the gradient; ops have tests of theirs.
@pytest.mark.parametrize(
    "function",
    [
        lambda t: t.max(dim=1).values ** 2,
        lambda t: t.sort(dim=1).values ** 3,
        lambda t: t.std(dim=1),
        lambda t: t.gather(1, i) ** 2,
        lambda t: t.scatter(1, i, t * 2) ** 2,
        lambda t: t.scatter_add(1, i, t**2) ** 2,
        lambda t: t.index_add(1, i[0], t[:, :2], alpha=2.0) ** 2,
        lambda t: t.masked_fill(X > 1, 2.0) ** 2,
        lambda t: t.diagonal() ** 2,
        lambda t: t[0].diag(1) ** 2,
        lambda t: t.clone() ** 2,
        lambda t: t.repeat(2, 1, 1) ** 2,
        lambda t: t.div(t + 10),
    ],
)
def test_gradients(function):
    t = ag.tensor(np.array([[0.5, -1.0, 2.0], [1.5, 3.0, -2.5]]), requires_grad=True)
    ag.gradcheck(function, t, order=2)


def test_the_pair_s_gradient_goes_to_the_index_that_it_names_and_that_of_values_is_shared():
    t = ag.tensor([[1.0, 2.0, 2.0]], requires_grad=True)
    t.max(dim=1).values.sum().backward()
    assert t.grad.tolist() == [[0, 1, 0]]
    t.grad = None
    t.max(axis=1).sum().backward()
    assert t.grad.tolist() == [[0, 0.5, 0.5]]


def test_a_clone_keeps_its_numbers_when_the_leaf_is_given_others():
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    before, same = w.clone(), w.contiguous()
    w.assign([5.0, 6.0])
    assert before.tolist() == [1, 2]
    assert same is w
    before.sum().backward()
    assert w.grad.tolist() == [1, 1]


def test_a_conversion_to_what_it_is_is_the_tensor_itself():
    assert x.to("cpu") is x.double() is x.cpu() is x
    assert x.to(np.float64, copy=True) is not x


def test_the_size_is_a_number_and_a_call():
    assert x.size == 6
    assert x.size() == (2, 3)
    assert x.size(-1) == x.size(dim=1) == 3
    assert json.dumps(x.size) == "6"
    assert pickle.loads(pickle.dumps(x.size))(0) == 2
    assert np.zeros(x.size).shape == (6,)


def test_questions_about_numbers_are_refused_in_a_compiled_step():
    for ask in (lambda t: t.equal(t), lambda t: t.allclose(t)):
        step = ag.compile(lambda t, ask=ask: t * 2 if ask(t) else t)
        with pytest.raises(ag.CompileError, match="is Python's work"):
            for _ in range(3):
                step(ag.ones(3))


def test_editors_see_signatures_and_what_a_method_does():
    assert str(inspect.signature(ag.Tensor.abs)) == "(self: 'Any') -> 'Tensor'"
    assert inspect.getdoc(ag.Tensor.abs).startswith("See `autograd_core.abs`: ")
    assert list(inspect.signature(ag.Tensor.sum).parameters)[1:3] == ["dim", "keepdim"]


@pytest.mark.parametrize("shape", [(5,), (4, 3), (3, 1, 4)])
def test_quantiles_and_medians_are_numpys_and_the_lower_middle(shape):
    array = np.random.default_rng(0).standard_normal(shape)
    x = ag.tensor(array)
    for dim in (None, *range(len(shape)), -1):
        for q in (0.0, 0.3, 1.0, [0.25, 0.5, 0.9]):
            for keepdim in (False, True):
                found = x.quantile(q, dim, keepdim)
                np.testing.assert_allclose(found, np.quantile(array, q, dim, keepdims=keepdim), rtol=1e-12)
                assert found.shape == np.quantile(array, q, dim, keepdims=keepdim).shape
                np.testing.assert_array_equal(x.quantile(q, axis=dim, keepdims=keepdim), found)
        np.testing.assert_array_equal(x.median(axis=dim, keepdims=True), x.quantile(0.5, dim, True))
        lower = np.quantile(array, 0.5, dim, method="lower", keepdims=True)
        found = x.median(dim, keepdim=True)
        values = found if dim is None else found.values
        np.testing.assert_array_equal(values, lower)
        if dim is not None:
            np.testing.assert_array_equal(np.take_along_axis(array, found.indices.numpy(), dim), lower)
            assert x.median(dim).values.shape == x.median(dim).indices.shape == array.max(dim).shape
    ag.gradcheck(lambda x: (x.quantile([0.3, 0.6], 0) ** 2).sum() + x.median() ** 2 + x.median(0)[0].sum(), x, order=2)


def test_a_nan_is_the_median_and_every_quantile_and_of_nothing_there_is_none():
    x = ag.tensor([[1.0, np.nan, 3.0], [1.0, 2.0, 3.0]])
    np.testing.assert_array_equal(x.median(1).values, [np.nan, 2.0])
    np.testing.assert_array_equal(x.median(1).indices, [1, 1])
    np.testing.assert_array_equal(x.quantile(0.1, 1).isnan(), [True, False])
    assert x.median().isnan().item()
    for call in (lambda: ag.zeros((2, 0)).median(1), lambda: ag.zeros((0,)).quantile(0.5)):
        with pytest.raises(ag.ShapeError, match="there is none of no elements"):
            call()
    for q in (1.5, float("nan"), [[0.5]]):
        with pytest.raises(ag.ArgumentError, match="quantile: q is a number from 0 to 1"):
            x.quantile(q)
    with pytest.raises(ag.DTypeError, match="median: takes floating-point numbers, got int64"):
        ag.arange(3).median(axis=0)
    with pytest.raises(ag.ArgumentError, match="median: axis and dim are two names"):
        x.median(1, axis=1)
    with pytest.raises(ag.DTypeError, match="quantile: takes floating-point numbers, got int64"):
        ag.arange(3).quantile(0.5)
