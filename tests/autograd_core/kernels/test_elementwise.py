"""Kernels made of rows: what a row reads from outside is what it is now, whatever the length of the array."""

import importlib
import math
import sys

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.kernels import elementwise
from autograd_core.ops.op import registry

SHORT, LONG = 3, 5000
slope = 0.1


def leak(x):
    return slope * x


def twice(x):
    return 2.0 * leak(x)


def result(function, n, *numbers):
    """function(ones, *numbers) as the kernel of n elements computes it, or numpy that of a few."""
    op = ag.elementwise(function)
    try:
        (y,) = {*op(np.ones(n), *numbers).tolist()}
    finally:
        del registry[op.name]
    return y


@pytest.fixture
def module():
    """This module, whose globals the test may change."""
    this = sys.modules[__name__]
    before = dict(vars(this))
    yield this
    vars(this).clear()
    vars(this).update(before)


@pytest.mark.parametrize("n", [SHORT, LONG])
def test_number_from_outside_is_read_at_every_call(module, n):
    assert result(leak, n) == 0.1
    module.slope = 0.5
    assert result(leak, n) == 0.5
    assert result(twice, n) == 1.0  # also within a function that the row calls
    module.slope = 2
    assert result(twice, n) == 4.0


@pytest.mark.parametrize("n", [SHORT, LONG])
def test_function_that_is_replaced_takes_its_kernel_along(module, n):
    assert result(twice, n) == 0.2
    module.leak = lambda x: 7.0 * x
    assert result(twice, n) == 14.0

    def leak(x):
        return 3.0 * x

    module.leak = leak
    assert result(twice, n) == 6.0


@pytest.mark.parametrize("n", [SHORT, LONG])
def test_number_that_becomes_an_array_is_used_as_one(module, n):
    assert result(leak, n) == 0.1
    module.slope = np.full(n, 3.0)
    assert result(leak, n) == 3.0
    module.slope = 0.25
    assert result(leak, n) == 0.25


@pytest.mark.parametrize("n", [SHORT, LONG])
def test_variable_of_the_function_around_is_read_at_every_call(n):
    factor = 2.0

    def scaled(x):
        return (factor - 1.0) * x

    assert result(scaled, n) == 1.0
    factor = 5.0
    assert result(scaled, n) == 4.0


def test_functions_made_alike_keep_their_own_numbers():
    def scale_by(factor):
        def scaled(x):
            return factor * x

        return scaled

    two, three = scale_by(2.0), scale_by(3.0)
    assert [result(f, LONG) for f in (two, three, two)] == [2.0, 3.0, 2.0]


@pytest.mark.parametrize("n", [SHORT, LONG])
def test_number_of_another_module_is_read_at_every_call(n, tmp_path, monkeypatch):
    (tmp_path / "settings_of_a_user.py").write_text("SLOPE = 0.5\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "settings_of_a_user", raising=False)
    settings = importlib.import_module("settings_of_a_user")

    def scaled(x):
        return settings.SLOPE * x * math.pi / math.pi

    assert result(scaled, n) == 0.5
    settings.SLOPE = 4.0
    assert result(scaled, n) == 4.0


@pytest.mark.parametrize("n", [SHORT, LONG])
def test_forward_and_gradient_use_the_same_number(module, n):
    @ag.elementwise
    def sloped(x):
        return slope * x

    @sloped.local_gradient("x")
    def _(x):
        return slope + 0.0 * x

    try:
        for module.slope in (0.1, 0.5):
            x = ag.tensor(np.full(n, -1.0), requires_grad=True)
            y = sloped(x)
            y.sum().backward()
            assert y.numpy()[0] == -module.slope
            assert x.grad.numpy()[0] == module.slope
    finally:
        del registry["sloped"]


@pytest.mark.parametrize("n", [SHORT, LONG])
def test_update_rule_reads_numbers_from_outside_at_every_step(module, n):
    @ag.update_rule
    def descend(g, /, p, *, rate):
        return p - rate * slope * g

    g, p = ag.ones(n, dtype=np.float64), ag.ones(n, dtype=np.float64)
    descend(g, p, rate=1.0)
    assert p.numpy()[0] == 1.0 - 0.1
    module.slope = 0.5
    descend(g, p, rate=1.0)
    assert p.numpy()[0] == 1.0 - 0.1 - 0.5


def test_what_is_computed_from_outside_numbers_is_rounded_last(module):
    def complement(x):
        return (1.0 - slope) * x

    module.slope = 1e-8
    op = ag.elementwise(complement)
    del registry[op.name]
    x = np.full(LONG, 1e8, np.float32)
    assert op(x)[0] == np.float32(1.0 - 1e-8) * np.float32(1e8)


def test_file_that_was_edited_after_its_import_makes_no_kernel(tmp_path, monkeypatch):
    file = tmp_path / "rows_of_a_user.py"
    file.write_text("def doubled(x):\n    return 2.0 * x\n")
    monkeypatch.syspath_prepend(tmp_path)
    doubled = importlib.import_module("rows_of_a_user").doubled
    file.write_text("def doubled(x):\n    return 3.0 * x\n# longer, so that its size differs\n")
    with pytest.raises(elementwise.NoKernelError, match="its file has changed since it was imported"):
        elementwise.run(doubled, (np.ones(9),))
    assert result(doubled, LONG) == 2.0


def test_function_that_numba_refuses_is_not_compiled_again_and_again(monkeypatch):
    def strange(x):
        return x.hex()

    with pytest.raises(elementwise.NoKernelError, match="strange"):
        elementwise.run(strange, (np.ones(9),))
    (kernel,) = [kernel for kernel in elementwise._kernels.values() if kernel._function is strange]
    monkeypatch.setattr(kernel, "_compiled", None)
    with pytest.raises(elementwise.NoKernelError, match="strange"):
        elementwise.run(strange, (np.ones(9),))


calls = 0


def counting(x):
    global calls
    calls += 1
    return 2.0 * x


def setting(x):
    global calls
    calls = 5
    return 2.0 * x


@pytest.mark.parametrize("function", [counting, setting])
@pytest.mark.parametrize("n", [SHORT, LONG])
def test_function_that_assigns_to_a_name_from_outside_is_called_by_numpy(function, n, module):
    module.calls = 0
    assert result(function, n) == 2.0
    assert module.calls == {counting: 1, setting: 5}[function]


def test_function_that_assigns_to_a_variable_around_it_is_called_by_numpy():
    count = 0

    def counted(x):
        nonlocal count
        count = count + 1
        return 2.0 * x

    assert result(counted, LONG) == 2.0
    assert count == 1


real = 0.5


def shadowing(x):
    real = 2.0 * x  # a variable of its own, though the attribute below makes the global look used
    return real + x.real


def test_variable_named_as_a_global_number_is_its_own():
    assert result(shadowing, SHORT) == result(shadowing, LONG) == 3.0
