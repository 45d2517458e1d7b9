"""What holds for all that this thread computes: the switches."""

import threading

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.recording import thread


@pytest.fixture(autouse=True)
def nothing_stays_switched():
    yield
    assert not thread.recording.winograd


def test_winograd_holds_in_a_block_or_until_it_is_called_off():
    with ag.allow_winograd():
        assert thread.recording.winograd
        with ag.allow_winograd(False):
            assert not thread.recording.winograd
        assert thread.recording.winograd
    assert not thread.recording.winograd
    ag.allow_winograd()
    assert thread.recording.winograd
    ag.allow_winograd(False)


def test_winograd_is_given_back_by_a_block_that_fails_and_by_one_entered_again():
    switch = ag.allow_winograd()
    with pytest.raises(ZeroDivisionError), switch:
        raise ZeroDivisionError
    assert not thread.recording.winograd
    with switch, switch:
        assert thread.recording.winograd
    assert not thread.recording.winograd


def test_winograd_decorates_and_is_off_until_the_function_runs():
    @ag.allow_winograd()
    def allowed():
        return thread.recording.winograd

    assert not thread.recording.winograd
    assert allowed()
    assert allowed()


def test_winograd_is_each_threads_own():
    seen = []
    with ag.allow_winograd():
        other = threading.Thread(target=lambda: seen.append(thread.recording.winograd))
        other.start()
        other.join()
    assert seen == [False]


@pytest.mark.parametrize("wrong", [None, 1, "yes"])
def test_winograd_takes_true_or_false(wrong):
    with pytest.raises(ag.ArgumentError, match="allow_winograd: expected True or False, got"):
        ag.allow_winograd(wrong)


def test_winograd_is_a_program_of_its_own_with_the_bits_of_the_uncompiled_step():
    rng = np.random.default_rng(0)
    w = ag.tensor(rng.standard_normal((64, 64, 3, 3), np.float32), requires_grad=True)
    x = ag.tensor(rng.standard_normal((16, 64, 10, 10), np.float32))

    def step(x):
        w.grad = None
        y = ag.relu(ag.conv2d(ag.conv2d(x, w), w, padding=1))
        y.sum().backward()
        return y, w.grad

    compiled, results = ag.compile(step), {}
    for allowed in (False, True, False):
        with ag.allow_winograd(allowed):
            results[allowed] = [t.numpy().copy() for t in step(x)]
            for _ in range(4):
                for ours, uncompiled in zip(compiled(x), results[allowed], strict=True):
                    np.testing.assert_array_equal(ours.numpy(), uncompiled)
    for ours, defined in zip(results[True], results[False], strict=True):
        assert (ours != defined).any()
        np.testing.assert_allclose(ours, defined, rtol=1e-4, atol=1e-3 * np.abs(defined).max())
