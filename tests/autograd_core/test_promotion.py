"""In which dtype inputs meet: kinds promote as in PyTorch, and nothing becomes float64 unasked."""

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core import tensor

whole = tensor([1, 2])
masks = tensor([True, False])
single = tensor([1.0, 2.0])
double = tensor(np.array([1.0, 2.0]))
double0d = tensor(np.array(2.0))


@pytest.mark.parametrize(
    ("call", "dtype"),
    [
        # what has no axes, Python's numbers, numpy's scalars and lists decide nothing beside an array
        (lambda: single * 2.5 + 1, np.float32),
        (lambda: single / np.sqrt(64), np.float32),
        (lambda: np.sqrt(64) * single, np.float32),
        (lambda: single + np.int64(3), np.float32),
        (lambda: single * double0d, np.float32),
        (lambda: double0d * single, np.float32),
        (lambda: [0.5, 0.25] * single, np.float32),
        (lambda: double * [0.1, 0.2], np.float64),
        (lambda: double * double0d, np.float64),
        # integers and bools take the float's dtype
        (lambda: single * whole, np.float32),
        (lambda: whole @ single, np.float32),
        (lambda: ag.concat([whole, single]), np.float32),
        (lambda: ag.where(masks, single, whole), np.float32),
        (lambda: single * masks, np.float32),
        (lambda: double * whole, np.float64),
        (lambda: ag.stack([tensor(1.0), 0.5, 1]), np.float32),
        # two kinds of floats meet in the wider one
        (lambda: single * double, np.float64),
        (lambda: single * np.ones(2), np.float64),
        # integers stay integers, and become default floats where they must
        (lambda: whole * 2, np.int64),
        (lambda: whole**2 // 3 % 2, np.int64),
        (lambda: ag.sum(whole), np.int64),
        (lambda: ag.where(masks, 1, 0), np.int64),
        (lambda: ag.round(whole), np.int64),
        (lambda: ag.polygamma(whole, single), np.float32),
        (lambda: whole + masks, np.int64),
        (lambda: whole * 0.5, np.float32),
        (lambda: masks * 0.5, np.float32),
        (lambda: whole * np.float64(0.5), np.float32),
        (lambda: whole / 2, np.float32),
        (lambda: ag.where(masks, 1.0, 0.0), np.float32),
        (lambda: ag.clip(whole, 0.5, 1.5), np.float32),
        (lambda: whole.mean(), np.float32),
        (lambda: (single > 1).mean(), np.float32),
        (lambda: ag.softmax(whole), np.float32),
        (lambda: ag.linalg.inv(whole * tensor([[1, 0], [0, 1]])), np.float32),
        # unless a dtype is asked for
        (lambda: whole.astype(np.float64), np.float64),
        (lambda: masks.astype(np.float16), np.float16),
    ],
)
def test_result_has_the_dtype_in_which_inputs_meet(call, dtype):
    assert call().dtype == dtype


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int16, np.uint16, np.int64, bool])
@pytest.mark.parametrize("function", [ag.exp, ag.sqrt, ag.sigmoid, ag.softplus, ag.mean, ag.std, ag.gelu])
def test_function_of_integers_is_that_of_default_floats(kind, function):
    pixels = tensor(np.array([0, 1, 5, 100]).astype(kind))
    expected = function(pixels.astype(np.float32))
    assert function(pixels).dtype == np.float32
    np.testing.assert_array_equal(function(pixels), expected)


def test_function_of_integers_follows_the_default_dtype():
    ag.set_default_dtype(np.float64)
    try:
        assert ag.exp(whole).dtype == (whole * 0.5).dtype == tensor([1.0]).dtype == np.float64
    finally:
        ag.set_default_dtype(np.float32)


def test_numbers_beside_float64_keep_their_digits():
    assert (double * np.float64(0.1)).tolist() == [0.1, 0.2]
    assert (double * [0.1, 0.1]).tolist() == [0.1, 0.2]
    assert ag.stack([tensor(np.array(0.1)), 0.1]).tolist() == [0.1, 0.1]


def test_gradients_have_the_dtypes_of_what_they_belong_to():
    w = tensor([1.0, 2.0], requires_grad=True)
    scale = tensor(np.array(3.0), requires_grad=True)  # float64, without axes
    (w * scale * whole * np.sqrt(4)).sum().backward()
    assert (w.grad.dtype, scale.grad.dtype) == (np.float32, np.float64)
    assert w.grad.tolist() == [6, 12]
    assert scale.grad.item() == 10
    (first,) = ag.gradients((w * scale).sum(), [scale], create_graph=True)
    first.backward()
    assert first.dtype == np.float64
    assert w.grad.tolist() == [7, 13]


def test_integers_and_bools_made_of_a_tensor_carry_no_gradient():
    x = tensor([1.5, 2.5], requires_grad=True)
    assert not x.astype(int).requires_grad
    assert not x.astype(bool).requires_grad
    assert x.astype(np.float64).requires_grad


def test_whole_numbers_index():
    table, batch = tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True), tensor([[0, 1], [1, 1]])
    table[batch].sum().backward()
    assert table.grad.tolist() == [[1, 1], [3, 3]]
    assert table[ag.arange(2), tensor([1, 0])].tolist() == [2, 3]


def test_creation_of_whole_numbers():
    assert ag.arange(3).dtype == ag.full(2, 7).dtype == np.int64
    assert ag.arange(0, 1, 0.5).dtype == ag.full(2, 7.0).dtype == ag.zeros(2).dtype == ag.eye(2).dtype == np.float32
    assert ag.full(2, True).dtype == bool
    assert ag.arange(3, requires_grad=True).dtype == ag.full(2, 7, requires_grad=True).dtype == np.float32
    assert ag.arange(3, dtype=np.float64).dtype == np.float64


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Linear(3, 2), (4, 3)),
        (nn.Linear(3, 2, bias=False), (4, 3)),
        (nn.Conv2d(1, 2, 3), (1, 1, 5, 5)),
        (nn.LSTM(3, 2), (4, 1, 3)),
    ],
)
def test_layer_refuses_inputs_that_would_make_the_network_float64(layer, shape):
    wide = np.ones(shape)
    for x in (wide, tensor(wide)):
        with pytest.raises(ag.DTypeError, match="the input is float64 and the weights are float32; bring"):
            layer(x)
    layer(wide.astype(np.float32))
    layer.double()
    layer(wide.astype(np.float32))  # no digit is lost


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (lambda: ag.tensor([1], dtype=np.int32) - 2**40, r"subtract: .*1099511627776.*\(int32\) to a wider dtype"),
        (lambda: ag.tensor([1], dtype=np.uint8) * -1, r"multiply: .*-1.*\(uint8\) to a wider dtype"),
        (lambda: ag.clip(ag.tensor([1], dtype=np.uint8), -1, 9), r"clip: .*-1.*\(uint8\) to a wider dtype"),
        (lambda: ag.tensor([1.0]) + 10**400, r"add: .*\(float32\) to a wider dtype"),
        (lambda: ag.tensor([300], dtype=np.uint8), "tensor: takes numbers.*300"),
    ],
)
def test_numbers_that_a_dtype_cannot_hold_are_refused_by_name(function, what):
    with pytest.raises(ag.DTypeError, match=what):
        function()
