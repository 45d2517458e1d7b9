"""Images read at places that are computed: exact gradients in both, and what is refused; values: golden functions."""

import numpy as np
import pytest

import autograd_core as ag
from nn.functions import affine_grid, grid_sample, interpolate

rng = np.random.default_rng(0)
IMAGES, PLACES = rng.standard_normal((1, 2, 3, 4)), rng.uniform(-1.3, 1.3, (1, 3, 2, 2))


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
def test_first_and_second_gradients_in_images_and_places(mode, padding):
    ag.gradcheck(lambda x, at: grid_sample(x, at, mode, padding) ** 2, IMAGES, PLACES, order=2)


def test_the_matrix_of_a_transform_learns_through_the_places():
    theta = np.array([[[0.71, 0.23, 0.17], [-0.32, 0.83, -0.21]]])
    ag.gradcheck(lambda x, t: grid_sample(x, affine_grid(t, (1, 2, 2, 3))) ** 2, IMAGES, theta, order=2)


@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_an_even_grid_interpolates(mode, corners):
    even = affine_grid(np.eye(2, 3)[None], (1, 2, 6, 5), align_corners=corners)
    expected = interpolate(IMAGES, (6, 5), mode=mode, align_corners=corners)
    np.testing.assert_allclose(grid_sample(IMAGES, even, mode, "border", corners), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((IMAGES, PLACES, "cubic"), "mode must be one of bilinear, nearest, bicubic; got 'cubic'"),
        ((IMAGES, PLACES, "nearest", "wrap"), "padding_mode must be one of zeros, border, reflection; got 'wrap'"),
        ((IMAGES, PLACES[..., :1]), r"grid \(N, OH, OW, 2\), .* got shapes \(1, 2, 3, 4\) and \(1, 3, 2, 1\)"),
        ((IMAGES[:, :, :0], PLACES), r"the images of shape \(1, 2, 0, 4\) are empty"),
        ((IMAGES, PLACES.astype(np.float32)), "input and grid of one dtype, got float64 and float32"),
        ((np.ones((1, 1, 2, 2, 2)), np.ones((1, 1, 1, 1, 3)), "bicubic"), "bicubic is for images"),
    ],
)
def test_what_does_not_fit_is_refused(given, message):
    with pytest.raises(ag.AutogradError, match=f"grid_sample: .*{message}"):
        grid_sample(*given)
    with pytest.raises(ag.ShapeError, match=r"affine_grid: takes theta .* got \(1, 2, 2\) and \(1, 1, 4, 4\)"):
        affine_grid(np.ones((1, 2, 2)), (1, 1, 4, 4))
