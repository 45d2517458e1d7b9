import math

import numpy as np
import pytest

from nn.data.augmentation import Compose, ElasticTransform, RandomAffine, Warp
from nn.data.augmentation.warping import resample, warped

IMAGES = np.random.default_rng(1).random((3, 2, 6, 9))


def generator(seed=0):
    return np.random.default_rng(seed)


def ramp(count=1, size=64):
    """An image whose pixels say where they are: x + 1000·y."""
    y, x = np.mgrid[:size, :size].astype(float)
    return np.repeat((x + 1000 * y)[None, None], count, axis=0)


class Shift(Warp):
    """What is at (y, x) is read at (y + dy, x + dx)."""

    def __init__(self, dy, dx, fill=0.0):
        self.dy, self.dx, self.fill = dy, dx, fill

    def source(self, at, images, generator):
        return at[0] + self.dy, at[1] + self.dx


def read_by_loop(image, y, x, fill):
    """Bilinear reading as its definition says, pixel by pixel."""
    height, width = image.shape

    def pixel(row, column):
        return image[row, column] if 0 <= row < height and 0 <= column < width else fill

    result = np.empty(y.shape)
    for place in np.ndindex(y.shape):
        row, column = math.floor(y[place]), math.floor(x[place])
        down, right = y[place] - row, x[place] - column
        upper = pixel(row, column) * (1 - right) + pixel(row, column + 1) * right
        lower = pixel(row + 1, column) * (1 - right) + pixel(row + 1, column + 1) * right
        result[place] = upper * (1 - down) + lower * down
    return result


@pytest.mark.parametrize("fill", [0.0, 0.7])
def test_reading_between_pixels_is_bilinear_inside_across_the_border_and_outside(fill):
    y = generator(2).uniform(-4, 10, (3, 6, 9))
    x = generator(3).uniform(-4, 13, (3, 6, 9))
    y[0, 0, :6], x[0, 0, :6] = [-1, 5, 6, 0, -1e9, 2], [0, 8, 9, 8, 3, 1e9]  # on the borders, and far away
    result = np.empty_like(IMAGES)
    resample(IMAGES, (y, x), fill, out=result)
    for n, channel in np.ndindex(3, 2):
        np.testing.assert_allclose(result[n, channel], read_by_loop(IMAGES[n, channel], y[n], x[n], fill), atol=1e-14)


def test_without_any_change_images_stay_as_they_are_to_the_bit():
    for dtype in (np.float32, np.float64):
        images = IMAGES.astype(dtype)
        np.testing.assert_array_equal(RandomAffine()(images, generator()), images)
        np.testing.assert_array_equal(ElasticTransform(alpha=0)(images, generator()), images)


def test_whole_pixels_are_moved_exactly_and_fill_comes_in():
    moved = Shift(1, -2, fill=0.5)(IMAGES, generator())
    np.testing.assert_array_equal(moved[:, :, :-1, 2:], IMAGES[:, :, 1:, :-2])
    assert (moved[:, :, -1] == 0.5).all()
    assert (moved[:, :, :, :2] == 0.5).all()


def test_quarter_turns_are_counterclockwise():
    square = IMAGES[:, :, :, :6]
    for quarters in (1, 2, 3):
        turned = RandomAffine(degrees=(90 * quarters, 90 * quarters))(square, generator())
        np.testing.assert_allclose(turned, np.rot90(square, quarters, axes=(2, 3)), atol=1e-12)


def test_a_factor_of_two_shows_the_middle_twice_as_large():
    doubled = RandomAffine(scale=(2, 2))(ramp(), generator())[0, 0]
    centre = 31.5
    y, x = np.mgrid[:64, :64]
    np.testing.assert_allclose(doubled, (x - centre) / 2 + centre + 1000 * ((y - centre) / 2 + centre), rtol=1e-12)


def test_shear_moves_rows_along_themselves():
    sheared = RandomAffine(shear=(45, 45))(ramp(), generator())[0, 0]
    # By as much as they are from the centre, at 31.5: what is below it goes to the right.
    assert round(sheared[32, 32] - ramp()[0, 0, 32, 32], 9) == -0.5
    assert round(sheared[20, 32] - ramp()[0, 0, 20, 32], 9) == 11.5


def test_moves_turns_and_factors_are_drawn_for_each_image_within_their_limits():
    images = ramp(2000)
    limits = RandomAffine(translate=(0.1, 0.25))
    moves = ramp()[0, 0, 32, 32] - limits(images, generator())[:, 0, 32, 32]
    down = np.rint(moves / 1000)
    assert abs(down).max() == 16  # a quarter of 64
    across = RandomAffine(translate=(0.1, 0))(images, generator())[:, 0, 32, 32] - 32032
    assert 6.3 < abs(across).max() <= 6.4
    assert abs(across.mean()) < 5 * 6.4 / math.sqrt(3 * 2000)
    assert across.std() == pytest.approx(6.4 / math.sqrt(3), rel=0.05)

    factors = 1 / np.diff(RandomAffine(scale=(0.8, 1.25))(images, generator())[:, 0, 32, 31:33], axis=1)
    assert 0.8 <= factors.min() < 0.81 < 1.24 < factors.max() <= 1.25 + 1e-9

    sines = np.diff(RandomAffine(degrees=30)(images, generator())[:, 0, 32, 31:33], axis=1) // 1000 * -1e-3
    assert len(np.unique(sines)) > 1


def test_turns_stay_within_their_limits():
    across = RandomAffine(degrees=30)(ramp(2000) % 1000, generator())[:, 0]
    degrees = np.degrees(np.arcsin(across[:, 31, 32] - across[:, 32, 32]))
    assert -30 <= degrees.min() < -29.5 < 29.5 < degrees.max() <= 30 + 1e-9


def test_elastic_moves_are_smoothed_uniform_noise_as_in_the_paper():
    # Uniform in ±1 has the variance 1/3; smoothed by a Gaussian in the plane, 1/(4πσ²) of it is left.
    images = ramp(300)
    alpha, sigma = 34.0, 4.0
    moved = ElasticTransform(alpha, sigma)(images % 1000, generator())[:, 0] - images[:, 0] % 1000
    inner = moved[:, 20:44, 20:44]
    assert inner.std() == pytest.approx(alpha * math.sqrt(1 / 3 / (4 * math.pi * sigma**2)), rel=0.03)
    # Moves d apart along x correlate by exp(-d²/4σ²).
    for apart in (1, 4, 8):
        left, right = inner[:, :, :-apart].ravel(), inner[:, :, apart:].ravel()
        assert np.corrcoef(left, right)[0, 1] == pytest.approx(math.exp(-(apart**2) / (4 * sigma**2)), abs=0.03)


def test_moves_along_y_and_x_and_of_different_images_have_nothing_in_common():
    along_y, along_x = (
        ElasticTransform()(image, generator())[:, 0, 20:44, 20:44] - image[:, 0, 20:44, 20:44]
        for image in (ramp(200) // 1000, ramp(200) % 1000)
    )
    assert abs(np.corrcoef(along_y.ravel(), along_x.ravel())[0, 1]) < 0.05
    assert abs(np.corrcoef(along_x[0::2].ravel(), along_x[1::2].ravel())[0, 1]) < 0.05


def test_channels_of_an_image_move_alike():
    images = np.concatenate([ramp(4, size=16)] * 3, axis=1).astype(np.float32)
    result = Compose(RandomAffine(20), ElasticTransform())(images, generator())
    assert (result == result[:, :1]).all()
    assert (result[0] != result[1]).any()


def test_the_first_warp_comes_first():
    def quarter():
        return RandomAffine((90, 90))

    square = IMAGES[:, :, :, :6]
    np.testing.assert_allclose(
        Compose(quarter(), Shift(1, 0))(square, generator()),
        Shift(1, 0)(np.rot90(square, 1, axes=(2, 3)), generator()),
        atol=1e-12,
    )


def test_two_half_pixel_moves_are_read_once_and_do_not_blur():
    np.testing.assert_array_equal(
        Compose(Shift(0.5, 0), Shift(0.5, 0))(IMAGES, generator())[:, :, :-1], IMAGES[:, :, 1:]
    )


def test_images_of_a_large_batch_and_of_none():
    many = np.ones((500, 1, 28, 28), np.float32)
    moved = warped(many, [RandomAffine(translate=(0.1, 0.1)), ElasticTransform()], generator())
    assert moved.shape == many.shape
    assert moved.dtype == np.float32
    assert len({image.tobytes() for image in moved}) == 500
    assert RandomAffine(10)(many[:0], generator()).shape == (0, 1, 28, 28)
    big = RandomAffine(10)(np.ones((2, 200, 200)), generator())
    assert (big[0] != big[1]).any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RandomAffine(degrees="ten"), "RandomAffine: degrees is 'ten'"),
        (lambda: RandomAffine(degrees=(5, -5)), "degrees is (5, -5), expected (least, most)"),
        (lambda: RandomAffine(degrees=-5), "degrees is -5, expected a number of at least 0"),
        (lambda: RandomAffine(degrees=math.nan), "degrees is nan"),
        (lambda: RandomAffine(translate=0.1), "translate is 0.1, expected shares of (width, height)"),
        (lambda: RandomAffine(translate=(0, 3)), "translate is 3, expected a number of 0 to 1"),
        (lambda: RandomAffine(scale=1.2), "scale is 1.2, expected (least, most)"),
        (lambda: RandomAffine(scale=(0, 1)), "scale is 0"),
        (lambda: RandomAffine(shear=(-90, 0)), "shear is -90"),
        (lambda: RandomAffine(fill=math.inf), "fill is inf"),
        (lambda: ElasticTransform(alpha=-1), "ElasticTransform: alpha is -1"),
        (lambda: ElasticTransform(sigma=0), "ElasticTransform: sigma is 0"),
    ],
)
def test_arguments_out_of_range_are_refused(make, message, refuses):
    with refuses(message):
        make()
