import numpy as np
import pytest

from nn.data.augmentation import ColorJitter, Cutout, GaussianBlur, GaussianNoise

IMAGES = np.random.default_rng(1).random((200, 2, 12, 9))


def generator():
    return np.random.default_rng(0)


def test_brightness_is_a_factor_drawn_for_each_image():
    dim = IMAGES * 0.5
    factors = ColorJitter(brightness=0.4)(dim, generator()) / dim
    for factor in factors:
        np.testing.assert_allclose(factor, factor[0, 0, 0])
    assert 0.6 <= factors.min() < 0.65 < 1.35 < factors.max() <= 1.4
    assert ColorJitter(brightness=0.4)(IMAGES, generator()).max() == 1


def test_contrast_stretches_about_the_mean_of_the_image():
    grey = 0.4 + 0.2 * IMAGES
    result = ColorJitter(contrast=0.5)(grey, generator())
    means = grey.mean(axis=(1, 2, 3), keepdims=True)
    np.testing.assert_allclose(result.mean(axis=(1, 2, 3), keepdims=True), means)
    factors = (result - means) / (grey - means)
    assert 0.5 <= factors.min() < 0.55 < 1.45 < factors.max() <= 1.5 + 1e-9


def test_blur_is_a_gaussian_and_keeps_a_flat_image_flat():
    spot = np.zeros((1, 1, 41, 51))
    spot[0, 0, 20, 25] = 1
    y, x = np.mgrid[-20:21, -25:26]
    expected = np.exp(-(y**2 + x**2) / (2 * 1.7**2))
    np.testing.assert_allclose(GaussianBlur(1.7)(spot, generator())[0, 0], expected / expected.sum(), atol=1e-12)
    np.testing.assert_allclose(GaussianBlur()(np.ones((4, 12, 9)), generator()), 1)


def test_blur_is_drawn_for_each_image():
    rough = GaussianBlur((0.1, 3.0))(np.repeat(IMAGES[:1], 100, axis=0), generator()).std(axis=(1, 2, 3))
    assert rough.min() < 0.4 * IMAGES[0].std()
    assert rough.max() > 0.9 * IMAGES[0].std()


def test_noise_has_the_deviation_asked_for_in_every_pixel_on_its_own():
    noise = GaussianNoise(0.3, clip=False)(IMAGES, generator()) - IMAGES
    assert noise.std() == pytest.approx(0.3, rel=0.02)
    assert abs(noise.mean()) < 5 * 0.3 / np.sqrt(noise.size)
    assert abs(np.corrcoef(noise[:, 0].ravel(), noise[:, 1].ravel())[0, 1]) < 0.04
    clipped = GaussianNoise(0.3)(IMAGES, generator())
    assert (clipped.min(), clipped.max()) == (0, 1)


def test_cutout_makes_one_square_in_each_image_in_all_channels():
    holes = Cutout(4, value=0.5)(np.ones((500, 2, 12, 9)), generator()) == 0.5
    assert (holes[:, 0] == holes[:, 1]).all()
    areas = holes[:, 0].sum(axis=(1, 2))
    assert areas.max() == 16
    assert areas.min() == 4  # centred on a corner, where half of each side is outside
    for hole in holes[:, 0]:
        rows, columns = hole.any(axis=1), hole.any(axis=0)
        assert (hole == rows[:, None] & columns).all()
        assert (np.diff(np.flatnonzero(rows)) == 1).all()
    assert holes[:, 0].any(axis=0).all()  # everywhere, sooner or later


@pytest.mark.parametrize("step", [ColorJitter(0.1), GaussianNoise()])
def test_standardised_images_are_not_clipped_unnoticed(step, refuses):
    with refuses("takes images in [0, 1] (or uint8), got values from -0.5 to 3", "standardise afterwards"):
        step(np.array([[[-0.5, 3.0]]]), generator())
    with refuses("[0, 1]"):
        step(np.array([[[np.nan, 0.5]]]), generator())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ColorJitter(brightness=-0.1), "ColorJitter: brightness is -0.1"),
        (lambda: ColorJitter(contrast=None), "ColorJitter: contrast is None"),
        (lambda: GaussianBlur((2.0, 1.0)), "GaussianBlur: sigma is (2.0, 1.0), expected (least, most)"),
        (lambda: GaussianBlur(0), "GaussianBlur: sigma is 0"),
        (lambda: GaussianNoise(-1), "GaussianNoise: sigma is -1"),
        (lambda: Cutout(0), "Cutout: size is 0, expected a whole number of at least 1"),
        (lambda: Cutout(2.5), "Cutout: size is 2.5"),
        (lambda: Cutout(4, value=np.nan), "Cutout: value is nan"),
    ],
)
def test_arguments_out_of_range_are_refused(make, message, refuses):
    with refuses(message):
        make()
