"""`&`, `|`, `^` and `~`, and the ops that they are, agree with numpy's."""

import operator

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Value, tensor

TWO = {operator.and_: ag.bitwise_and, operator.or_: ag.bitwise_or, operator.xor: ag.bitwise_xor}
BOOLS = np.array([True, True, False, False]), np.array([True, False, True, False])
INTEGERS = np.array([5, -7, 0, 255]), np.array([3, 12, -1, 256])


@pytest.mark.parametrize("symbol", TWO)
@pytest.mark.parametrize(("a", "b"), [BOOLS, INTEGERS, (BOOLS[0], INTEGERS[1]), (INTEGERS[0], INTEGERS[1][:, None])])
def test_symbols_and_ops_are_numpys(symbol, a, b):
    expected = symbol(a, b)
    for found in (
        symbol(tensor(a), tensor(b)),
        symbol(a, tensor(b)),
        symbol(tensor(a), b),
        TWO[symbol](tensor(a), b),
        getattr(np, TWO[symbol].__name__)(tensor(a), b),
    ):
        assert isinstance(found, ag.Tensor)
        assert found.dtype == expected.dtype
        assert not found.requires_grad
        np.testing.assert_array_equal(found.numpy(), expected)
    np.testing.assert_array_equal(TWO[symbol](a, b), expected)


@pytest.mark.parametrize("x", [BOOLS[0], INTEGERS[0]])
def test_not_turns_every_bit(x):
    for found in (~tensor(x), ag.bitwise_invert(tensor(x)), np.invert(tensor(x))):
        assert found.dtype == x.dtype
        np.testing.assert_array_equal(found.numpy(), ~x)


def test_python_numbers_keep_the_dtype_of_the_tensor_beside_them():
    small = tensor(np.array([5, 6], np.int8))
    assert ((small & 4).tolist(), (4 & small).dtype, (1 | small).tolist()) == ([4, 4], np.int8, [5, 7])
    assert (tensor(BOOLS[0]) ^ True).tolist() == (~BOOLS[0]).tolist()
    assert (True ^ tensor(BOOLS[0])).dtype == bool


def test_numbers_give_numbers():
    assert (ag.bitwise_and(6, 3), ag.bitwise_or(True, False), ag.bitwise_invert(5)) == (2, True, -6)
    assert ag.bitwise_invert(True) is False
    assert ag.logical_xor(True, 2.0) is False


def test_masks_are_combined():
    x = tensor([-1.0, 0.5, 2.0], requires_grad=True)
    ag.where((x > 0) & ~(x > 1) | (x == 2.0), x * x, 0.0).sum().backward()
    assert x.grad.tolist() == [0, 1, 4]


def test_an_update_in_place_makes_a_new_mask():
    mask = kept = tensor(BOOLS[0])
    mask &= tensor(BOOLS[1])
    assert mask.tolist() == [True, False, False, False]
    assert kept.tolist() == BOOLS[0].tolist()


@pytest.mark.parametrize("floats", [tensor([1.0, 2.0]), np.array([1.0, 2.0]), 1.0, Value(1.0)])
def test_floats_are_refused_with_advice(floats):
    mask = tensor([True, False])
    for call in (lambda: mask & floats, lambda: floats & mask, lambda: ag.bitwise_and(floats, 1)):
        with pytest.raises(
            ag.DTypeError, match=r"bitwise_and: takes bools and integers, not .*float.*take logical_and"
        ):
            call()


def test_what_is_no_bit_is_refused_by_each_op():
    x = tensor([1.0])
    for call, name in (
        (lambda: x | x, "bitwise_or"),
        (lambda: x ^ x, "bitwise_xor"),
        (lambda: ~x, "bitwise_invert"),
        (lambda: ~Value(1.0), "bitwise_invert"),
        (lambda: tensor([True]) | "a", "bitwise_or"),
        (lambda: tensor([True]) | None, "bitwise_or"),
    ):
        with pytest.raises(ag.DTypeError, match=f"{name}: takes bools and integers, not"):
            call()
    with pytest.raises(ag.ShapeError, match="bitwise_and: inputs of shapes"):
        tensor([True, False]) & tensor([True, False, True])


def test_shifts_are_of_integers():
    bits = tensor(np.array([1, -5, 96], np.int8))
    assert (bits << 1).tolist() == [2, -10, -64]
    assert (bits >> tensor(np.array([0, 1, 5], np.int8))).tolist() == [1, -3, 3]
    assert (1 << ag.arange(3)).tolist() == [1, 2, 4]
    assert (ag.bitwise_left_shift(3, 2), ag.bitwise_right_shift(np.array([9]), 2).item()) == (12, 2)
    for call in (lambda: bits << 1.0, lambda: tensor([True]) << 1, lambda: Value(1.0) >> 1):
        with pytest.raises(ag.DTypeError, match=r"bitwise_(left|right)_shift: takes integers, not .*; convert bools"):
            call()
