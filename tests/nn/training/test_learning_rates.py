import io

import numpy as np
import pytest
from PIL import Image

import autograd_core as ag
import nn
import optim
from nn.training import RateTrial, compare_learning_rates, learning_rates_png

RATES = (1e-4, 0.1, 0.3, 2.0, 1e20)


@pytest.fixture
def trials(line_data):
    return compare_learning_rates(
        lambda: nn.Linear(2, 1),
        nn.functions.mse_loss,
        lambda parameters, rate: optim.SGD(parameters, lr=rate),
        line_data,
        RATES,
        epochs=4,
        batch_size=8,
    )


def test_too_high_too_low_and_good(trials):
    assert [(trial.rate, trial.verdict) for trial in trials] == list(
        zip(RATES, ["too low", "good", "good", "too high", "too high"], strict=True)
    )
    assert len({trial.losses[0] for trial in trials}) == 1  # they start from the same weights
    assert [len(trial.losses) for trial in trials[:3]] == [5, 5, 5]
    assert trials[-1].losses[-1] == np.inf


def test_it_is_repeatable_and_leaves_the_random_numbers_alone(trials, line_data):
    state = ag.get_random_state()
    again = compare_learning_rates(
        lambda: nn.Linear(2, 1),
        nn.functions.mse_loss,
        lambda parameters, rate: optim.SGD(parameters, lr=rate),
        line_data,
        [0.3],
        epochs=4,
        batch_size=8,
    )
    assert again[0].losses == trials[2].losses
    assert ag.get_random_state() == state


def test_curves_are_drawn_one_a_rate(trials):
    picture = np.asarray(Image.open(io.BytesIO(learning_rates_png(trials, "rates"))).convert("RGB")).astype(int)
    for colour in ((0x1F, 0x77, 0xB4), (0x1B, 0x9E, 0x77), (0xD9, 0x5F, 0x02)):
        paler = 255 - 0.8 * (255 - np.array(colour))
        assert (np.abs(picture - paler).max(axis=-1) < 10).sum() > 50
    assert learning_rates_png([RateTrial(0.1, [1.0, -0.5], "good")]).startswith(b"\x89PNG")


@pytest.mark.parametrize("rates", [[], [0.1, 0.0], [float("nan")]])
def test_rates_must_be_above_zero(line_data, rates):
    with pytest.raises(ag.ArgumentError, match="takes rates above 0, got"):
        compare_learning_rates(lambda: None, None, None, line_data, rates)
