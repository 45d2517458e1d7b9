"""Connectionist temporal classification: the sum over all paths, exact gradients, and what is refused."""

import itertools
import math

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn.functions import ctc_loss

LOG_PROBS = np.random.default_rng(0).standard_normal((4, 3, 3))  # of no distribution
TARGETS, FRAMES, LABELS = np.array([[1, 2], [2, 2], [1, 0]]), np.array([4, 3, 2]), np.array([2, 2, 1])


def by_all_paths(log_probs, target):
    total = 0.0
    for path in itertools.product(range(log_probs.shape[1]), repeat=len(log_probs)):
        if [label for label, _ in itertools.groupby(path) if label] == list(target):
            total += math.exp(sum(log_probs[t, label] for t, label in enumerate(path)))
    return -math.log(total)


def losses(x):
    return ctc_loss(x, TARGETS, FRAMES, LABELS, reduction="none")


def test_the_loss_is_minus_log_of_the_sum_over_all_paths_that_spell_the_target():
    expected = [by_all_paths(LOG_PROBS[: FRAMES[n], n], TARGETS[n, : LABELS[n]]) for n in range(3)]
    np.testing.assert_allclose(losses(LOG_PROBS), expected, rtol=1e-14)


def test_first_and_second_gradients_are_exact_for_any_numbers():
    ag.gradcheck(lambda x: losses(x) ** 2, LOG_PROBS, order=2)


def test_compiled_steps_take_other_labels_and_lengths():
    x = ag.tensor(LOG_PROBS, requires_grad=True)

    def step(targets, frames, labels):
        loss = ctc_loss(x, targets, frames, labels)
        loss.backward()
        return loss

    compiled = ag.compile(step)
    for shift in (0, 1, 2):
        given = np.roll(TARGETS, shift, 0), np.roll(FRAMES, shift), np.roll(LABELS, shift)
        results = []
        for run in (step, compiled):
            x.grad = None
            loss = run(*given)
            results.append([loss.numpy(), x.grad.numpy()])
        for eager, ours in zip(*results, strict=True):
            np.testing.assert_array_equal(ours, eager)


@pytest.mark.parametrize(("zero_infinity", "loss"), [(False, np.inf), (True, 0.0)])
def test_what_no_path_spells_is_infinite_or_left_out(zero_infinity, loss):
    x = ag.tensor(LOG_PROBS[:2, :2], requires_grad=True)
    found = ctc_loss(x, [[1, 1], [1, 2]], [2, 2], [2, 2], reduction="none", zero_infinity=zero_infinity)
    assert found.numpy()[0] == loss
    found.sum().backward()
    expected = np.zeros(2) if zero_infinity else np.full(2, np.nan)
    np.testing.assert_array_equal(x.grad.numpy()[0, 0, :2], expected)
    np.testing.assert_allclose(x.grad.numpy()[:, 1].sum(axis=1), -1)


def test_probabilities_of_0_and_hopeless_guesses_do_no_harm():
    hopeless = np.full((60, 1, 3), -800.0, np.float32)
    hopeless[:, :, 0] = 0
    x = ag.tensor(hopeless, requires_grad=True)
    loss = ctc_loss(x, [[1, 2] * 10], [60], [20], reduction="sum")
    np.testing.assert_allclose(loss.numpy(), 800 * 20 - math.log(math.comb(60, 20)), rtol=1e-6)
    loss.backward()
    np.testing.assert_allclose(x.grad.numpy().sum(axis=(0, 1)), [-40, -10, -10], rtol=1e-5)
    never = np.full((2, 1, 3), -np.inf)  # but for the path 12
    never[[0, 1], 0, [1, 2]] = 0
    x = ag.tensor(never, requires_grad=True)
    loss = ctc_loss(x, [[1, 2]], [2], [2])
    loss.backward()
    assert loss.item() == 0
    np.testing.assert_array_equal(x.grad.numpy(), np.where(never == 0, -0.5, 0))


def test_one_example_needs_no_axis_for_it():
    both = [
        ctc_loss(LOG_PROBS[:, 0], [1, 2], 4, 2, reduction="none"),
        ctc_loss(LOG_PROBS[:, :1], [[1, 2]], [4], [2], reduction="none"),
    ]
    assert [y.shape for y in both] == [(), (1,)]
    assert both[0] == both[1][0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((TARGETS, [4, 3], LABELS), r"takes input_lengths \(3,\), one for each example, got shape \(2,\)"),
        ((TARGETS, [5, 3, 2], LABELS), "input_lengths go from 1 to 4, got 2 to 5"),
        ((TARGETS, FRAMES, [2, 3, 1]), "target_lengths go from 0 to 2, got 1 to 3"),
        ((TARGETS[:2], FRAMES, LABELS), r"takes targets \(3, S\), or \(5,\), one after the other"),
        (([1, 2, 2, 2], FRAMES, LABELS), r"in all; got shape \(4,\)"),
        ((TARGETS + 1, FRAMES, LABELS), "targets go from 0 to 2, got some from 2 to 3"),
        ((TARGETS - 1, FRAMES, LABELS), "the targets have the label 0, which is the blank"),
        ((TARGETS * 1.0, FRAMES, LABELS), "targets are whole numbers, got float64"),
    ],
)
def test_what_does_not_fit_is_refused(given, message):
    with pytest.raises(ag.AutogradError, match=f"ctc_loss: .*{message}"):
        ctc_loss(LOG_PROBS, *given)


def test_an_unknown_blank_and_reduction_are_refused():
    with pytest.raises(ag.ArgumentError, match="blank is one of the 3 classes, from 0; got 3"):
        nn.CTCLoss(blank=3)(LOG_PROBS, TARGETS, FRAMES, LABELS)
    with pytest.raises(ag.ArgumentError, match="reduction must be one of mean, sum, none; got 'all'"):
        nn.CTCLoss(reduction="all")
