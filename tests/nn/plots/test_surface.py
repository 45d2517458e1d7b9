import numpy as np
import pytest

import autograd_core as ag
import optim
from nn import plots


def bowl(x, y):
    return x**2 + 4 * y**2


def test_descend_follows_the_gradient():
    path = plots.descend(bowl, (1.0, 1.0), lambda p: optim.SGD(p, lr=0.1), 2)
    np.testing.assert_allclose(path, [[1, 1], [0.8, 0.2], [0.64, 0.04]])


def test_paths_are_drawn_over_the_contours_with_start_and_minimum():
    path = np.array([[1.0, 1.0], [0.8, 0.2]])
    figure = plots.optimiser_paths(bowl, {"SGD": path}, (-2, 2, -1, 1), minimum=(0, 0), resolution=30)
    axes = figure.axes[0]
    line, start, minimum = axes.lines
    np.testing.assert_array_equal(line.get_xydata(), path)
    assert start.get_xydata().tolist() == [[1, 1]] and minimum.get_xydata().tolist() == [[0, 0]]
    outer = max(axes.collections[0].get_paths(), key=lambda p: len(p.vertices)).vertices
    heights = bowl(*outer.T)
    assert np.ptp(heights) < 0.05 * heights.max()  # a contour has one height
    assert plots.optimiser_paths(bowl, {"a": path}, (-2, 2, -1, 1), axes=axes, resolution=5) is figure


def test_wrong_arguments_are_named():
    with pytest.raises(ag.ArgumentError, match="takes at least one path"):
        plots.optimiser_paths(bowl, {}, (-1, 1, -1, 1))
    with pytest.raises(ag.ShapeError, match=r"a path has shape \(n, 2\), got \(2,\) for 'SGD'"):
        plots.optimiser_paths(bowl, {"SGD": [1.0, 2.0]}, (-1, 1, -1, 1))
    with pytest.raises(ag.ShapeError, match="start is a point"):
        plots.descend(bowl, (1.0,), lambda p: optim.SGD(p, lr=0.1), 2)
    with pytest.raises(ag.ArgumentError, match="steps must be"):
        plots.descend(bowl, (1.0, 1.0), lambda p: optim.SGD(p, lr=0.1), 0)
