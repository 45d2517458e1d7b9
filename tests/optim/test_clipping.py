"""Clipping beyond what is held against PyTorch: gradients that need none, are missing, or no numbers."""

import math

import numpy as np
import pytest

import autograd_core as ag
import optim


def parameter(gradient, dtype=np.float64):
    p = ag.tensor(np.zeros(np.shape(gradient), dtype), requires_grad=True)
    p.grad = ag.tensor(np.array(gradient, dtype))
    return p


def test_gradients_within_the_norm_are_left_to_the_bit():
    p, without = parameter([3.0, 4.0]), ag.zeros(3, requires_grad=True)
    total = optim.clip_grad_norm([p, without], 5.1)
    assert (total.dtype, total.shape, total.item()) == (np.float64, (), 5.0)
    assert p.grad.tolist() == [3.0, 4.0]
    assert without.grad is None


def test_a_single_tensor_and_no_gradients_at_all():
    p = parameter([3.0, 4.0])
    assert optim.clip_grad_norm(p, 1.0) == 5.0
    np.testing.assert_allclose(p.grad.numpy(), [0.6, 0.8], rtol=1e-6)
    optim.clip_grad_value(p, 0.7)
    np.testing.assert_allclose(p.grad.numpy(), [0.6, 0.7], rtol=1e-6)
    assert optim.clip_grad_norm([], 1.0) == optim.clip_grad_norm([ag.zeros(2, requires_grad=True)], 1.0) == 0.0


def test_a_model_s_iterator_may_be_given_once():
    parameters = [parameter([3.0]), parameter([4.0])]
    assert optim.clip_grad_norm(iter(parameters), 1.0) == 5.0
    assert sum(float(p.grad[0]) ** 2 for p in parameters) == pytest.approx(1.0)


@pytest.mark.parametrize("clip", [lambda p: optim.clip_grad_norm(p, 1.0), lambda p: optim.clip_grad_value(p, 0.1)])
def test_a_compiled_step_clips_by_the_numbers_of_its_own_run(clip):
    def step(w, x):
        w.grad = None
        (w * x).sum().backward()
        clip([w])
        w.assign(w - 0.1 * w.grad)

    plain, compiled = (ag.tensor(np.ones(3), requires_grad=True) for _ in range(2))
    program = ag.compile(lambda x: step(compiled, x))
    for scale in (0.01, 0.02, 0.03, 3.0, 0.01, 2.0):  # below the limits while it is captured, then above
        x = ag.tensor(np.array([1.0, -2.0, 0.5]) * scale)
        step(plain, x)
        program(x)
        assert compiled.tolist() == plain.tolist()


def test_whoever_holds_the_gradient_keeps_its_numbers():
    p, q = parameter(np.full(100, 3.0)), parameter(np.zeros(100))
    q.grad = p.grad.detach()  # two leaves may share one array
    seen = q.grad.numpy()
    optim.clip_grad_value([p], 1.0)
    assert p.grad.tolist() == [1.0] * 100
    assert q.grad.tolist() == seen.tolist() == [3.0] * 100


def test_float32_gradients_whose_squares_overflow_are_measured_and_clipped():
    p = parameter([3e30, 4e30], np.float32)
    assert optim.clip_grad_norm([p], 1.0) == pytest.approx(5e30, rel=1e-6)
    assert p.grad.dtype == np.float32
    np.testing.assert_allclose(p.grad.numpy(), [0.6, 0.8], rtol=1e-6)


def test_nonfinite_gradients_are_refused_on_request_and_left_alone():
    for bad, total in ((math.nan, "nan"), (math.inf, "inf")):
        p = parameter([1.0, bad])
        with pytest.raises(ag.ArgumentError, match=f"clip_grad_norm: the gradients' norm is {total}; .*detect_anomaly"):
            optim.clip_grad_norm([p], 0.1, error_if_nonfinite=True)
        np.testing.assert_array_equal(p.grad.numpy(), [1.0, bad])
    p = parameter([1.0, math.nan])
    assert math.isnan(optim.clip_grad_norm([p], 0.1))
    assert np.isnan(p.grad.numpy()).all()
    q = parameter([1.0, math.inf])
    assert optim.clip_grad_norm([q], 0.1) == math.inf
    np.testing.assert_array_equal(q.grad.numpy(), [0.0, math.nan])  # inf·0, as in PyTorch
    r = parameter([5.0, math.nan, -math.inf])
    optim.clip_grad_value([r], 2.0)
    np.testing.assert_array_equal(r.grad.numpy(), [2.0, math.nan, -2.0])


@pytest.mark.parametrize(
    ("clip", "message"),
    [
        (lambda p: optim.clip_grad_norm([p], -1.0), "clip_grad_norm: max_norm must be at least 0, got -1.0"),
        (lambda p: optim.clip_grad_norm([p], "1"), "clip_grad_norm: max_norm must be at least 0, got '1'"),
        (lambda p: optim.clip_grad_norm([p], math.nan), "clip_grad_norm: max_norm must be at least 0, got nan"),
        (lambda p: optim.clip_grad_norm([p], 1.0, norm_type=0), "clip_grad_norm: norm_type must be above 0, got 0"),
        (lambda p: optim.clip_grad_norm([p, 1.0], 1.0), "clip_grad_norm: takes tensors, .* got a float"),
        (lambda p: optim.clip_grad_norm(1.0, 1.0), r"clip_grad_norm: takes tensors, .* got a float"),
        (lambda p: optim.clip_grad_value([p], -1.0), "clip_grad_value: clip_value must be at least 0, got -1.0"),
        (lambda p: optim.clip_grad_value(["p"], 1.0), "clip_grad_value: takes tensors, .* got a str"),
    ],
)
def test_refused_arguments(clip, message):
    with pytest.raises(ag.ArgumentError, match=message):
        clip(parameter([1.0]))
