import numpy as np
import pytest

from nn.data.augmentation import RandomCrop, RandomHorizontalFlip

IMAGES = np.random.default_rng(1).random((400, 2, 6, 5), np.float32)


def generator():
    return np.random.default_rng(0)


def test_images_are_mirrored_with_the_probability_asked_for():
    result = RandomHorizontalFlip(0.25)(IMAGES, generator())
    mirrored = (result == IMAGES[..., ::-1]).all(axis=(1, 2, 3))
    kept = (result == IMAGES).all(axis=(1, 2, 3))
    assert (mirrored ^ kept).all()
    assert abs(mirrored.sum() - 100) < 5 * np.sqrt(400 * 0.25 * 0.75)


def test_crop_with_padding_moves_images_by_whole_pixels():
    images = IMAGES[:, :, :5]
    result = RandomCrop(5, padding=2, fill=9.0)(images, generator())
    assert result.shape == images.shape
    padded = np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2)), constant_values=9)
    seen = set()
    for image, whole in zip(result, padded, strict=True):
        (place,) = [
            (top, left)
            for top in range(5)
            for left in range(5)
            if (whole[:, top : top + 5, left : left + 5] == image).all()
        ]
        seen.add(place)
    assert len(seen) == 25


def test_crop_without_padding_cuts_out():
    assert RandomCrop(3)(IMAGES, generator()).shape == (400, 2, 3, 3)
    assert RandomCrop(3)(IMAGES[:, 0], generator()).shape == (400, 3, 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RandomHorizontalFlip(1.5), "RandomHorizontalFlip: p is 1.5, expected a number of 0 to 1"),
        (lambda: RandomCrop(0), "RandomCrop: size is 0"),
        (lambda: RandomCrop(3, padding=-1), "RandomCrop: padding is -1"),
        (lambda: RandomCrop(3, fill="x"), "RandomCrop: fill is 'x'"),
        (lambda: RandomCrop(8, padding=1)(IMAGES, generator()), "size is 8, but with padding the images are 8x7"),
    ],
)
def test_arguments_out_of_range_are_refused(make, message, refuses):
    with refuses(message):
        make()
