"""Every op in the registry, first and second order, against finite differences; an op without a case fails."""

import numpy as np
import pytest
from op_cases import CASES

import autograd_core as ag
from autograd_core.ops.definition import Elementwise
from autograd_core.ops.op import registry

ANSWERS = sorted(  # with True or False
    name
    for name, op in registry.items()
    if isinstance(op, Elementwise) and not op.differentiable and not name.startswith(("bitwise_", "nextafter"))
    if name in CASES
)


def test_every_op_has_a_case():
    own = {name for name, op in registry.items() if op.__module__.startswith("autograd_core.")}
    missing = sorted(own - CASES.keys())
    assert not missing, f"add {', '.join(missing)} to tests/autograd_core/ops/op_cases.py"
    assert not CASES.keys() - own
    unchecked = {name for name, case in CASES.items() if not case.checks}
    assert unchecked == {name for name in own if not registry[name].differentiable}


@pytest.mark.parametrize(
    ("function", "inputs"),
    [pytest.param(*case, id=f"{name}-{i}") for name in CASES for i, case in enumerate(CASES[name].checks)],
)
def test_first_and_second_gradients_equal_finite_differences(function, inputs):
    ag.gradcheck(function, *inputs, order=2)


BY_NUMPY = [name for name, case in CASES.items() if case.numpy and not isinstance(registry[name], Elementwise)]


@pytest.mark.parametrize("name", BY_NUMPY)  # elementwise ones: test_shapes.py
def test_values_of_array_ops_are_those_of_numpy(name):
    for function, inputs in CASES[name].checks:
        np.testing.assert_allclose(function(*inputs), CASES[name].numpy(*inputs), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    "name", [n for n in CASES if isinstance(registry[n], Elementwise) and n != "where" and CASES[n].checks]
)
def test_elementwise_ops_agree_on_floats_values_arrays_and_tensors(name):
    op = registry[name]
    for x in (0.3, 1.7, -0.8, 0.0):
        args = [x, 0.6, 0.9][: len(op.inputs)]
        with np.errstate(all="ignore"):
            expected = np.float64(op(*map(np.array, args)))
        for y in (op(*args), op(*map(ag.Value, args)), op(*[ag.tensor(np.array(a)) for a in args])):
            found = float(y.data if isinstance(y, ag.Value) else y)
            np.testing.assert_allclose(found, expected, rtol=2e-15, equal_nan=True)


@pytest.mark.parametrize("name", ANSWERS)
def test_comparisons_give_bools_and_no_graph(name):
    count = len(registry[name].inputs)
    result = registry[name](*[ag.Value(1.0), 2.0][:count])
    assert isinstance(result, bool)
    tensors = registry[name](*[ag.ones(3, requires_grad=True), ag.zeros(3)][:count])
    assert tensors.dtype == bool
    assert not tensors.requires_grad
