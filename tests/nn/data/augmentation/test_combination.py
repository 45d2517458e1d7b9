import numpy as np
import pytest

from nn.data import Batches, augmentation
from nn.data.augmentation import (
    Augmentation,
    ColorJitter,
    Compose,
    Cutout,
    ElasticTransform,
    GaussianBlur,
    GaussianNoise,
    RandomAffine,
    RandomApply,
    RandomCrop,
    RandomHorizontalFlip,
)

EVERY_ONE = [
    ColorJitter(0.3, 0.3),
    Compose(RandomAffine(10), ElasticTransform(), GaussianNoise()),
    Cutout(5),
    ElasticTransform(),
    GaussianBlur(),
    GaussianNoise(),
    RandomAffine(20, (0.1, 0.1), (0.8, 1.2), 10),
    RandomApply(GaussianNoise(), 0.5),
    RandomCrop(14, padding=2),
    RandomHorizontalFlip(),
]
GREY = np.random.default_rng(0).integers(0, 256, (64, 14, 14), np.uint8)


def generator(seed=0):
    return np.random.default_rng(seed)


def test_no_augmentation_is_left_out_below():
    assert {type(step).__name__ for step in EVERY_ONE} | {"Augmentation", "Warp"} == set(augmentation.__all__)


@pytest.mark.parametrize("step", EVERY_ONE, ids=lambda step: type(step).__name__)
def test_every_one_keeps_layout_and_dtype_and_leaves_its_input_alone(step):
    floats = GREY / 255
    for images in (GREY, GREY[:, None].repeat(3, axis=1), floats, floats.astype(np.float32)):
        before = images.copy()
        result = step(images, generator())
        assert result.shape == images.shape
        assert result.dtype == images.dtype
        assert (result != images).any()
        assert not np.shares_memory(result, images)
        np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize("step", EVERY_ONE, ids=lambda step: type(step).__name__)
def test_every_one_is_a_function_of_images_and_generator(step):
    first, again, other = (step(GREY, generator(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert len({image.tobytes() for image in step(GREY[:1].repeat(64, axis=0), generator())}) > 1


@pytest.mark.parametrize("step", EVERY_ONE, ids=lambda step: type(step).__name__)
def test_every_one_takes_an_empty_batch_and_says_what_it_is(step):
    assert step(GREY[:0], generator()).shape == (0, 14, 14)
    assert repr(step).startswith(type(step).__name__ + "(")


@pytest.mark.parametrize("step", EVERY_ONE, ids=lambda step: type(step).__name__)
def test_uint8_comes_out_as_the_floats_it_stands_for(step):
    # float32 as inside, since a generator gives other numbers for other dtypes.
    floats = step(np.divide(GREY, 255, dtype=np.float32), generator())
    assert abs(step(GREY, generator()) - floats.clip(0, 1) * 255).max() <= 0.5 + 1e-4


def test_what_is_no_batch_of_images_is_refused(refuses):
    for images in (GREY[0], GREY.astype(np.int64), GREY.astype(np.float16), GREY[None, None]):
        with refuses("Cutout takes images (N, height, width)", f"{images.dtype} of shape {images.shape}"):
            Cutout(3)(images, generator())
    with refuses("Cutout takes a numpy array and a generator", "got list and Generator"):
        Cutout(3)([[[0.0]]], generator())
    with refuses("got ndarray and int"):
        Cutout(3)(GREY, 0)


def test_steps_are_done_in_order_each_with_its_own_fill():
    class Add(Augmentation):
        def apply(self, images, generator):
            return images + 1

    outside = RandomAffine(scale=(1e-3, 1e-3), fill=5.0)  # nothing but its fill is left
    result = Compose(Add(), outside, Add())(np.zeros((1, 4, 4)), generator())
    assert (result == 6).all()
    assert (Compose(outside, RandomAffine(scale=(1e-3, 1e-3), fill=2.0))(result, generator()) == 2).all()


def test_applied_now_and_then_the_rest_stays_as_it_is_to_the_bit():
    images = np.random.default_rng(1).random((400, 5, 5))
    changed = (RandomApply(GaussianNoise(), 0.3)(images, generator()) != images).any(axis=(1, 2))
    assert abs(changed.sum() - 120) < 5 * np.sqrt(400 * 0.3 * 0.7)
    assert not (RandomApply(GaussianNoise(), 0.0)(images, generator()) != images).any()


def test_combining_what_does_not_go_is_refused(refuses):
    with refuses("Compose takes augmentations like RandomAffine(...), got 3"):
        Compose(Cutout(2), 3)
    with refuses("RandomApply takes augmentations"):
        RandomApply(np.flip)
    with refuses("RandomApply: p is 2"):
        RandomApply(Cutout(2), p=2)
    with refuses("RandomApply: RandomCrop(size=3", "changes the size"):
        RandomApply(RandomCrop(3), 1.0)(GREY, generator())


def test_batches_of_a_resumed_epoch_are_augmented_as_if_never_left():
    augment = Compose(RandomAffine(10), ElasticTransform())
    settings = {"batch_size": 10, "seed": 4, "epoch": 3, "augment": augment}
    whole = list(Batches(GREY, np.arange(64), **settings))
    for (images, labels), (again, same) in zip(
        whole[4:], Batches(GREY, np.arange(64), start=4, **settings), strict=True
    ):
        np.testing.assert_array_equal(images, again)
        np.testing.assert_array_equal(labels, same)
