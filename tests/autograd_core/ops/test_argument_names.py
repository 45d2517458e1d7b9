"""Axes go by either name, `axis` or `dim`, wherever a public function has them."""

import inspect

import numpy as np
import pytest

import autograd_core as ag
import nn

x = np.array([[3.0, 1.0, 2.0, 4.0], [2.0, 7.0, 1.0, 0.5]])
indices = np.array([[1, 0, 1, 0]])
FIRST = {  # what is called with something else than x alone
    "concat": ([x, x],),
    "cross": (x[[0, 1, 0]], x[[1, 0, 1]]),
    "cosine_similarity": (x, x[::-1]),
    "masked_softmax": (x, np.zeros_like(x)),
    "maxout": (x, 2),
    "pairwise_distance": (x, x[::-1]),
    "repeat": (x, 2),
    "roll": (x, 1),
    "split": (x, 2),
    "squeeze": (x[None],),
    "stack": ([x, x],),
    "take": (x, indices[0]),
    "take_along_axis": (x, indices),
    "topk": (x, 1),
    "unflatten": (x,),
    "vecdot": (x, x),
}
MORE = {"unflatten": {"sizes": (2, 1)}}
FUNCTIONS = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module, names in ((ag, ag.ops.names), (nn.functions, nn.functions.__all__))
    for name in names
}


def taken(function):
    """The names of axes among a function's arguments."""
    return [name for name in ("axis", "dim", "keepdims", "keepdim") if name in inspect.signature(function).parameters]


BOTH = {"axis": "dim", "keepdims": "keepdim", "dim": "axis", "keepdim": "keepdims"}
CASES = [
    (name, own)
    for name, function in FUNCTIONS.items()
    for own in taken(function)
    if name != "nn.functions.gumbel_softmax"  # which draws random numbers
    and name not in ("autograd_core.max", "autograd_core.min", "autograd_core.sort")  # where dim is PyTorch's: below
]


def leaves(result):
    return [np.asarray(y) for y in (result if isinstance(result, (tuple, list)) else [result])]


@pytest.mark.parametrize(("name", "own"), CASES, ids=[f"{name} {own}" for name, own in CASES])
def test_either_name_gives_the_same_and_both_are_refused(name, own):
    function, short = FUNCTIONS[name], name.rpartition(".")[2]
    first = FIRST.get(short, (x,))
    other, value = BOTH[own], True if own.startswith("keep") else 0
    more = MORE.get(short, {}) | ({"axis": 1} if name == "autograd_core.normalize" and own != "axis" else {})
    for convert in (np.asarray, ag.tensor):
        args = [
            [*map(convert, a)] if isinstance(a, list) else convert(a) if isinstance(a, np.ndarray) else a for a in first
        ]
        expected, found = (leaves(function(*args, **more, **{n: value})) for n in (own, other))
        for a, b in zip(expected, found, strict=True):
            np.testing.assert_array_equal(a, b)
        with pytest.raises(ag.ArgumentError, match=f"{own} and {other} are two names of one argument"):
            function(*args, **more, **{own: value, other: value})


def test_the_table_of_cases_is_not_short():
    assert len(CASES) > 50
    assert set(FIRST) <= {name.rpartition(".")[2] for name, _ in CASES}


def test_a_list_of_axes_is_taken_as_pytorch_takes_it():
    assert ag.mean(ag.tensor(x), dim=[0, 1]).item() == x.mean()


def test_axes_are_dim_or_dims_too():
    for convert in (np.asarray, ag.tensor):
        given = convert(x)
        np.testing.assert_array_equal(ag.fft.rfftn(given, dim=[1, 0]), ag.fft.rfftn(given, axes=(1, 0)))
        np.testing.assert_array_equal(ag.fft.fftshift(given, dim=-1), ag.fft.fftshift(given, axes=-1))
        np.testing.assert_array_equal(ag.permute_dims(given, dims=(1, 0)), x.T)
        np.testing.assert_allclose(ag.tensordot(given, given, dims=([1, 0], [1, 0])), (x * x).sum())
        for function in (ag.permute_dims, ag.fft.rfftn):
            with pytest.raises(ag.ArgumentError, match="axes and dim are two names of one argument"):
                function(given, axes=(1, 0), dim=(1, 0))


def test_along_a_dim_there_are_values_and_indices_as_in_pytorch_and_along_an_axis_values():
    for op, arg, of_two in ((ag.max, np.argmax, np.maximum), (ag.min, np.argmin, np.minimum)):
        for convert in (np.asarray, ag.tensor):
            given = convert(x)
            for pair in (op(given, 1), op(given, dim=1), op(given, -1, keepdims=True), op(given, 1, True)):
                np.testing.assert_array_equal(pair.indices.reshape(-1), arg(x, 1))
                np.testing.assert_array_equal(
                    pair.values.reshape(-1), np.take_along_axis(x, arg(x, 1)[:, None], 1)[:, 0]
                )
            assert pair.values.shape == pair.indices.shape == (2, 1)
            assert op(given, axis=1, keepdim=True).shape == (2, 1)
            assert op(given, dim=(0, 1)).shape == op(given, axis=[0, 1]).shape == ()
            np.testing.assert_array_equal(op(given, convert(x[::-1])), of_two(x, x[::-1]))
        for wrong in ({"axis": 1}, {"keepdim": True, "keepdims": True}):
            with pytest.raises(ag.ArgumentError, match="two names of one argument"):
                op(x, 1, **wrong)
        np.testing.assert_array_equal(getattr(np, op.__name__)(ag.tensor(x), 1), getattr(np, op.__name__)(x, 1))
    for pair in (ag.sort(ag.tensor(x), 1, True), ag.sort(x, dim=1, descending=True)):
        np.testing.assert_array_equal(pair.values, -np.sort(-x, 1))
        np.testing.assert_array_equal(pair.indices, np.argsort(-x, 1))
    np.testing.assert_array_equal(ag.sort(ag.tensor(x)), np.sort(x))
    np.testing.assert_array_equal(np.sort(ag.tensor(x), 0), np.sort(x, 0))
    with pytest.raises(ag.ArgumentError, match="axis and dim are two names"):
        ag.sort(x, 1, axis=1)


def test_the_pair_s_gradient_goes_to_the_index_that_it_names():
    w = ag.tensor([[1.0, 1.0]], requires_grad=True)
    (values, _), shared = ag.max(w, 1), ag.max(w, axis=1)
    (values + 2 * shared).backward()
    np.testing.assert_array_equal(w.grad, [[2.0, 1.0]])


def test_gradients_flow_under_either_name():
    w = ag.tensor(x, requires_grad=True)
    (ag.stack([w, w], dim=1).sum() + ag.max(w, axis=0, keepdim=True).sum()).backward()
    np.testing.assert_array_equal(w.grad, 2 + (x == x.max(axis=0)))


def test_norms_deviations_and_linspace_take_pytorchs_names():
    for convert in (np.asarray, ag.tensor):
        given = convert(x)
        np.testing.assert_allclose(ag.norm(given, p=1), np.abs(x).sum())
        for unbiased in (False, True):
            np.testing.assert_allclose(ag.std(given, dim=1, unbiased=unbiased), x.std(1, ddof=int(unbiased)))
            np.testing.assert_allclose(ag.var(given, ddof=int(unbiased)), x.var(ddof=int(unbiased)))
    assert ag.linspace(0, 1, steps=5).shape == (5,)
    np.testing.assert_array_equal(ag.cat((x, x), axis=1), np.concatenate((x, x), 1))
    for twice in (lambda: ag.norm(x, p=1, ord=1), lambda: ag.std(x, unbiased=True, correction=1)):
        with pytest.raises(ag.ArgumentError, match="two names of one argument"):
            twice()
    with pytest.raises(ag.ArgumentError, match="norm: ord is a number, got 'fro'; 'fro' is 2"):
        ag.norm(ag.tensor(x), p="fro")


def test_triangles_take_diagonal_for_k():
    for function in (ag.tril, ag.triu):
        np.testing.assert_array_equal(function(x, diagonal=1), function(x, k=1))
        with pytest.raises(ag.ArgumentError, match="k and diagonal are two names"):
            function(x, 1, diagonal=1)


def test_an_argument_that_an_op_has_not_is_refused_with_the_ops_name():
    with pytest.raises(TypeError, match=r"^relu: .*'inplace'; tensors are values.* leave inplace out"):
        ag.relu(ag.tensor(x), inplace=True)
    with pytest.raises(TypeError, match=r"^exp: .*'axes'$"):
        ag.exp(ag.tensor(x), axes=0)


def test_what_is_no_name_of_an_axis_is_refused_as_ever():
    for function in (ag.exp, ag.matmul, ag.flatten):
        with pytest.raises(TypeError, match="unexpected keyword argument 'dim'"):
            function(ag.tensor(x), dim=0)
