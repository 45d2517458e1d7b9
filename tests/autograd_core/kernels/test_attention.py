"""Attention in one launch against the products and the softmax that it is made of."""

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import kernels
from autograd_core.ops import attending

rng = np.random.default_rng(0)


def operands(batch, length, keys, width, columns, dtype=np.float64):
    shapes = (length, width), (keys, width), (keys, columns)
    return [rng.standard_normal((*batch, *shape)).astype(dtype) for shape in shapes]


# Rows that fill no tile, columns that fill no vector, one query, more keys than a block is deep, and more queries.
@pytest.mark.parametrize(
    "sizes", [(17, 40, 19, 33), (1, 70, 300, 3), (50, 9, 16, 7), (12, 400, 24, 10), (400, 12, 8, 5)]
)
@pytest.mark.parametrize("batch", [(), (3,), (2, 3)], ids=len)
@pytest.mark.parametrize("causal", [False, True])
def test_values_and_gradients_are_those_of_products(causal, batch, sizes):
    arrays, length, keys = operands(batch, *sizes), *sizes[:2]
    blocked = rng.standard_normal((length, keys))
    blocked[0], blocked[:, 1] = -np.inf, -np.inf
    for bias in (np.zeros(()), blocked, blocked[-1]):
        results = []
        for function in (attending._attention, attending._by_products):
            leaves = [ag.tensor(x, requires_grad=True) for x in arrays]
            y, weights = function(*leaves, bias, 0.4, causal)
            ag.sum(y * np.cos(np.arange(y.size)).reshape(y.shape)).backward()
            results.append([weights.numpy(), y.numpy(), *[leaf.grad.numpy() for leaf in leaves]])
        for found, expected in zip(*results, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)


def test_heads_may_be_columns_of_one_matrix_and_come_back_as_such():
    joined = rng.standard_normal((2, 20, 3 * 4 * 8))
    apart = np.split(joined, 3, axis=-1)
    q, k, v = (x.reshape(2, 20, 4, 8).transpose(0, 2, 1, 3) for x in apart)
    y = ag.attention(q, k, v)
    np.testing.assert_array_equal(y, ag.attention(*(x.copy() for x in (q, k, v))))
    assert y.transpose(0, 2, 1, 3).flags.c_contiguous


def test_bits_do_not_depend_on_the_number_of_threads():
    (q, k, v), before, found = operands((3, 5), 33, 40, 16, 16, np.float32), ag.get_num_threads(), []
    try:
        for threads in (1, 2):
            ag.set_num_threads(threads)
            y, weights = kernels.attention.attend(q, k, v, None, 0.25, True)
            found.append([x.tobytes() for x in (y, *kernels.attention.attend_back(y, q, k, v, weights, 0.25, True))])
    finally:
        ag.set_num_threads(before)
    assert found[0] == found[1]


def test_a_query_that_may_look_nowhere_gets_0_and_nan_stays_in_its_row():
    q, k, v = operands((2,), 8, 24, 16, 16)
    bias = np.zeros((8, 24))
    bias[3] = -np.inf
    q[0, 5] = np.nan
    y = ag.attention(q, k, v, bias)
    assert not y[:, 3].any()
    assert np.isnan(y[0, 5]).all()
    assert np.isfinite(np.delete(y, 5, axis=1)).all() and np.isfinite(y[1]).all()


def test_a_bias_has_no_gradient_here_and_one_in_nn():
    from nn.functions import scaled_dot_product_attention

    q, k, v = operands((), 8, 24, 16, 16)
    bias = ag.tensor(rng.standard_normal((8, 24)), requires_grad=True)
    expected = ag.attention(q, k, v, bias.numpy())
    y = scaled_dot_product_attention(q, k, v, bias)
    np.testing.assert_allclose(y.detach(), expected, rtol=1e-10)
    y.sum().backward()
    assert bias.grad.numpy().any()
    with pytest.raises(
        ag.ShapeError, match=r"attention: takes query .*, got shapes \(8, 16\), \(24, 15\) and \(24, 16\)"
    ):
        ag.attention(q, k[:, 1:], v)


def test_vmap_has_all_examples_as_heads():
    q, k, v = (ag.tensor(x) for x in operands((4, 2), 8, 24, 16, 16))

    def loss(q, k, v):
        return ag.sum(ag.attention(q, k, v, causal=True) ** 2)

    for in_axes in ((0, 0, 0), (0, None, 0), (None, None, 0)):
        inputs = [x if axis == 0 else x[0] for x, axis in zip((q, k, v), in_axes, strict=True)]
        found = ag.vmap(ag.grad(loss, (0, 1, 2)), in_axes)(*inputs)
        for i in range(4):
            alone = ag.grad(loss, (0, 1, 2))(
                *[x[i] if axis == 0 else x for x, axis in zip(inputs, in_axes, strict=True)]
            )
            for all_of_them, one in zip(found, alone, strict=True):
                np.testing.assert_allclose(all_of_them[i].numpy(), one.numpy(), rtol=1e-9, atol=1e-11)
