import pytest

import autograd_core as ag
from nn import plots
from nn.training import RateTrial
from nn.training.position import EpochRecord


def record(epoch, validated=True):
    validation = {"loss": 2.0 / epoch, "accuracy": 0.4} if validated else None
    return EpochRecord(epoch, {"loss": 1 / epoch, "accuracy": 0.5}, validation, 0.1, 10, 1.0)


def test_history_draws_each_number_against_its_epoch():
    loss, accuracy = plots.history([record(1), record(2)], "a title").axes
    training, validation = loss.lines
    assert training.get_xydata().tolist() == [[1, 1], [2, 0.5]]
    assert validation.get_xydata().tolist() == [[1, 2], [2, 1]]
    assert accuracy.lines[0].get_ydata().tolist() == [50, 50]
    assert accuracy.get_ylabel() == "accuracy (%)"
    assert loss.figure.get_suptitle() == "a title"


def test_history_without_validation_has_one_curve_a_panel():
    assert [len(axes.lines) for axes in plots.history([record(1, validated=False)]).axes] == [1, 1]


def test_rates_that_diverge_leave_the_picture_and_say_so():
    trials = [RateTrial(0.1, [2.0, 1.0], "good"), RateTrial(9.0, [2.0, 50.0, float("inf")], "too high")]
    (axes,) = plots.learning_rates(trials).axes
    assert [line.get_ydata().tolist() for line in axes.lines] == [[2, 1], [2, 50]]
    assert axes.lines[1].get_label() == "9: too high, diverged"
    assert axes.get_ylim()[1] < 50


def test_nothing_to_draw_is_refused():
    with pytest.raises(ag.ArgumentError, match="history: takes the records of at least one epoch"):
        plots.history([])
    with pytest.raises(ag.ArgumentError, match="learning_rates: takes at least one trial"):
        plots.learning_rates([])
