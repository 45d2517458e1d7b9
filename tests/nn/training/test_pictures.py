import numpy as np
import pytest

from nn.data import one_hot
from nn.training.objective import OBJECTIVES
from nn.training.pictures import Pictures


@pytest.mark.parametrize("name", OBJECTIVES)
def test_pictures_are_scaled_and_have_the_targets_of_the_loss(sample, name):
    pictures = Pictures(sample.test, OBJECTIVES[name], 10)
    images, targets = pictures.batch(slice(3, 7))
    assert (images.shape, images.dtype) == ((4, 1, 28, 28), np.float32)
    np.testing.assert_array_equal(images[:, 0], sample.test.images[3:7] / np.float32(255))
    labels = sample.test.labels[3:7]
    np.testing.assert_array_equal(targets, one_hot(labels, 10) if name == "quadratic" else labels)
    image, target = pictures[3]
    np.testing.assert_array_equal(image, images[0])
    np.testing.assert_array_equal(target, targets[0])
    assert len(pictures) == 100
