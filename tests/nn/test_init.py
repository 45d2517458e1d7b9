"""Initialisers by PyTorch's names give a leaf the numbers of those in nn.initial, and leave what was computed alone."""

import numpy as np
import pytest

import autograd_core as ag
import nn

# name: (arguments, the same of nn.initial); nn.initial is held against formulas by test_initial.py
CASES = {
    "constant_": ((0.5,), lambda shape: nn.initial.constant(shape, 0.5)),
    "zeros_": ((), nn.initial.zeros),
    "ones_": ((), nn.initial.ones),
    "uniform_": ((-1.0, 3.0), lambda shape: nn.initial.uniform(shape, 2.0) + 1.0),
    "normal_": ((1.0, 2.0), lambda shape: nn.initial.normal(shape, 2.0) + 1.0),
    "trunc_normal_": ((0.0, 1.0, -1.0, 1.5), lambda shape: nn.initial.truncated_normal(shape, 0.0, 1.0, -1.0, 1.5)),
    "xavier_uniform_": ((2.0,), lambda shape: nn.initial.xavier_uniform(shape, 2.0)),
    "xavier_normal_": ((2.0,), lambda shape: nn.initial.xavier_normal(shape, 2.0)),
    "kaiming_uniform_": ((0.1, "fan_out"), lambda shape: nn.initial.he_uniform(shape, 0.1, "fan_out")),
    "kaiming_normal_": ((0.0, "fan_in", "relu"), lambda shape: nn.initial.he_normal(shape, 0.0, "fan_in", "relu")),
    "orthogonal_": ((3.0,), lambda shape: nn.initial.orthogonal(shape, 3.0)),
    "eye_": ((), nn.initial.eye),
    "dirac_": ((2,), lambda shape: nn.initial.dirac(shape, 2)),
    "sparse_": ((0.25, 2.0), lambda shape: nn.initial.sparse(shape, 0.25, 2.0)),
}


@pytest.mark.parametrize("name", CASES)
def test_a_leaf_is_given_the_numbers(name):
    arguments, initialiser = CASES[name]
    shape = (4, 3, 5) if name == "dirac_" else (4, 6)
    w = nn.Parameter(np.full(shape, 7.0))
    computed = w * w
    ag.manual_seed(3)
    assert getattr(nn.init, name)(w, *arguments) is w
    ag.manual_seed(3)
    np.testing.assert_array_equal(w.detach(), initialiser(shape))
    assert (w.requires_grad, w.is_leaf, w.dtype) == (True, True, np.float64)
    computed.sum().backward()
    np.testing.assert_array_equal(w.grad, np.full(shape, 14.0))


def test_every_initialiser_has_a_case():
    assert set(CASES) | {"calculate_gain"} == set(nn.init.__all__)


def test_they_draw_from_a_generator_and_refuse_what_was_computed():
    first, second = (nn.init.normal_(nn.Parameter(np.zeros(5)), generator=ag.Generator().manual_seed(1)) for _ in "ab")
    np.testing.assert_array_equal(first.detach(), second.detach())
    with pytest.raises(ag.GraphError, match="only leaves can be given new values"):
        nn.init.zeros_(first * 2)
