import numpy as np
import pytest

import autograd_core as ag
import nn
from nn import plots

EXTENT = (-1.0, 1.0, -1.0, 1.0)


def half_plane():
    """Class 1 where x₁ > 0.25."""
    net = nn.Sequential(nn.Linear(2, 1), nn.Dropout(0.5))
    net.load_state_dict({"0.weight": [[20.0, 0.0]], "0.bias": [-5.0]})
    return net


def boundary_of(figure):
    """All points of the lines that are drawn."""
    return np.concatenate([path.vertices for c in figure.axes[0].collections for path in c.get_paths()])


def test_the_line_is_where_the_logit_is_0_in_evaluation_mode():
    net = half_plane()
    figure = plots.decision_boundary(net, extent=EXTENT, resolution=41)
    np.testing.assert_allclose(boundary_of(figure)[:, 0], 0.25, atol=1e-6)
    assert net.training


def test_colours_say_which_class_and_how_surely():
    pixels = plots.decision_boundary(half_plane(), extent=EXTENT, resolution=41).axes[0].images[0].get_array()
    left, middle, right = pixels[20, 0], pixels[20, 25], pixels[20, -1]
    assert left[2] > left[0] and right[0] > right[2]  # blue is class 0, orange class 1
    np.testing.assert_allclose(middle, 1.0, atol=1e-6)  # p = ½: white


def test_functions_that_give_probabilities_and_one_number_a_class():
    sigmoid = plots.decision_boundary(
        lambda p: 1 / (1 + np.exp(-9 * p[:, 1])), extent=EXTENT, resolution=21, probabilities=True
    )
    np.testing.assert_allclose(boundary_of(sigmoid)[:, 1], 0, atol=1e-6)
    three = plots.decision_boundary(
        lambda p: np.stack([0 * p[:, 0], p[:, 0] - 0.5, -p[:, 0] - 0.5], 1), extent=EXTENT, resolution=41
    )
    assert set(np.abs(boundary_of(three)[:, 0]).round(6)) == {0.5}


def test_points_are_drawn_in_the_colour_of_their_label_and_give_the_extent():
    points = [[0.0, 0.0], [2.0, 1.0], [4.0, 2.0]]
    axes = plots.decision_boundary(half_plane(), points, [0, 1, 1], resolution=5).axes[0]
    scatter = axes.collections[-1]
    assert scatter.get_offsets().tolist() == points
    first, second, third = scatter.get_facecolors()
    assert (second == third).all() and (first != second).any()
    np.testing.assert_allclose(axes.get_xlim(), (-0.32, 4.32))


def test_it_draws_into_axes_that_are_given():
    figure = plots.decision_boundary(half_plane(), extent=EXTENT, resolution=5)
    axes = figure.axes[0]
    assert plots.decision_boundary(half_plane(), extent=EXTENT, resolution=5, axes=axes, title="again") is figure
    assert len(axes.images) == 2 and axes.get_title() == "again"


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((), {}, ag.ArgumentError, "takes points to draw, or extent"),
        ((None, [1]), {}, ag.ArgumentError, "labels belong to points"),
        (([[1.0, 2.0, 3.0]],), {}, ag.ShapeError, r"points have shape \(n, 2\), got \(1, 3\)"),
        (([[1.0, 2.0]], [1, 0]), {}, ag.ShapeError, "1 points take as many labels"),
        (([[1.0, 2.0]], [0.5]), {}, ag.ArgumentError, "labels are class numbers"),
        (([[1.0, 2.0]], [2]), {}, ag.ArgumentError, "tells 2 classes apart, got label 2"),
        ((), {"extent": EXTENT, "resolution": 1}, ag.ArgumentError, "resolution must be a whole number of at least 2"),
    ],
)
def test_wrong_arguments_are_named(arguments, options, error, message):
    with pytest.raises(error, match=f"decision_boundary: .*{message}"):
        plots.decision_boundary(half_plane(), *arguments, **options)


def test_a_model_of_the_wrong_shape_is_named():
    with pytest.raises(ag.ShapeError, match=r"makes of 4 points one number or one a class each, got shape \(4, 2, 1\)"):
        plots.decision_boundary(lambda p: p[..., None], extent=EXTENT, resolution=2)
