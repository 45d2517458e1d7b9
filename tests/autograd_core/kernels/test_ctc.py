"""Connectionist temporal classification: the kernel where layers' tests do not reach."""

import numpy as np
import pytest

import autograd_core as ag

rng = np.random.default_rng(0)
FRAMES, LABELS = np.array([40, 25, 31]), np.array([17, 0, 8])  # of a place more than vectors have, none, and of as many
LOG_PROBS, TARGETS = rng.standard_normal((40, 3, 5)), rng.integers(1, 5, (3, 17))


def both(log_probs, targets=TARGETS, **how):
    """The losses, and the gradient of their sum."""
    x = ag.tensor(log_probs, requires_grad=True)
    losses = ag.ctc_loss(x, targets, FRAMES[: len(targets)], LABELS, **how)
    losses.sum().backward()
    return losses.numpy(), x.grad.numpy()


def test_bits_do_not_depend_on_the_number_of_threads():
    before, found = ag.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            ag.set_num_threads(threads)
            found.append([part.tobytes() for part in both(LOG_PROBS)])
    finally:
        ag.set_num_threads(before)
    assert found[0] == found[1] == found[2]


def test_examples_and_ways_to_give_targets_make_no_difference():
    losses, gradient = both(LOG_PROBS)
    joined = np.concatenate([row[:count] for row, count in zip(TARGETS, LABELS, strict=True)])
    for found, expected in zip(both(LOG_PROBS, joined), (losses, gradient), strict=True):
        np.testing.assert_array_equal(found, expected)
    for n, (frames, count) in enumerate(zip(FRAMES, LABELS, strict=True)):
        alone = ag.ctc_loss(LOG_PROBS[:frames, n : n + 1], TARGETS[n : n + 1, :count], [frames], [count])
        np.testing.assert_array_equal(alone[0], losses[n])
        # Each frame is at one class, and there are none beyond the last one.
        np.testing.assert_allclose(gradient[:frames, n].sum(axis=1), -1, rtol=1e-12)
        assert not gradient[frames:, n].any()
    np.testing.assert_array_equal(both(LOG_PROBS, per_label=True)[0], losses / np.maximum(LABELS, 1))


def test_nan_stays_in_its_example_and_is_not_taken_for_impossible():
    log_probs = LOG_PROBS.copy()
    log_probs[3, 0] = np.nan
    losses, gradient = both(log_probs, zero_infinity=True)
    assert np.isnan(losses[0]) and np.isnan(gradient[:, 0, TARGETS[0]]).all()
    assert np.isfinite(losses[1:]).all() and np.isfinite(gradient[:, 1:]).all()


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float16, 2e-3), (np.float32, 1e-6)])
def test_other_dtypes_have_sums_of_float64(dtype, tolerance):
    log_probs = LOG_PROBS.astype(dtype)
    for found, expected in zip(both(log_probs), both(log_probs.astype(np.float64)), strict=True):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def test_log_probs_and_dtypes_that_do_not_fit_are_named():
    with pytest.raises(ag.ShapeError, match=r"ctc_loss: takes log_probs \(T, N, C\), got shape \(40, 5\)"):
        ag.ctc_loss(LOG_PROBS[:, 0], TARGETS, FRAMES, LABELS)
    with pytest.raises(ag.DTypeError, match="ctc_loss: target_lengths are whole numbers, got float64"):
        ag.ctc_loss(LOG_PROBS, TARGETS, FRAMES, LABELS * 1.0)
