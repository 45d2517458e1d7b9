import numpy as np
import pytest

import autograd_core as ag
from nn import plots


def test_errors_are_those_of_the_taylor_series():
    forward, central = plots.finite_difference_errors(lambda x: x**3, 2.0, [0.1, 0.01])
    np.testing.assert_allclose(forward, [6 * 0.1 + 0.1**2, 6 * 0.01 + 0.01**2], rtol=1e-8)
    np.testing.assert_allclose(central, [0.1**2, 0.01**2], rtol=1e-8)


def test_errors_of_exactly_0_are_left_out_of_the_logarithmic_picture():
    figure = plots.finite_difference_error(lambda x: x * x, 0.0, steps=[0.25, 0.5])
    forward, central = figure.axes[0].lines
    assert forward.get_xydata().tolist() == [[0.25, 0.25], [0.5, 0.5]]
    assert central.get_xydata().tolist() == []
    assert figure.axes[0].get_xscale() == figure.axes[0].get_yscale() == "log"


def test_the_best_step_is_near_the_roots_of_the_rounding():
    figure = plots.finite_difference_error(ag.sin, 1.0, title="sin")
    best = [line.get_xdata()[line.get_ydata().argmin()] for line in figure.axes[0].lines]
    assert 1e-10 < best[0] < 1e-6 and 1e-7 < best[1] < 1e-3
    assert figure.axes[0].get_title() == "sin"


def test_wrong_arguments_are_named():
    with pytest.raises(ag.ArgumentError, match="takes steps above 0"):
        plots.finite_difference_error(ag.sin, 1.0, steps=[0.0])
    with pytest.raises(ag.ArgumentError, match="made of ops, so that it gives a Value; got float"):
        plots.finite_difference_error(lambda x: 1.0, 1.0)
