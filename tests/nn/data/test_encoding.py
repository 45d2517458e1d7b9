import numpy as np
import pytest

from nn.data import one_hot, scale_pixels


def test_pixels_are_divided_by_255_exactly_rounded():
    pixels = np.arange(256, dtype=np.uint8).reshape(4, 8, 8)
    scaled = scale_pixels(pixels)
    assert scaled.dtype == np.float32
    assert scaled.shape == pixels.shape
    np.testing.assert_array_equal(scaled, (np.arange(256) / 255).astype(np.float32).reshape(4, 8, 8))


def test_scaling_twice_is_refused(refuses):
    with refuses("uint8", "float32", "already"):
        scale_pixels(scale_pixels(np.zeros(3, np.uint8)))


@pytest.mark.parametrize("dtype", [np.uint8, np.int64])
def test_one_hot_rows_have_their_one_at_the_label(dtype):
    rows = one_hot(np.array([1, 0, 2, 1], dtype), classes=4)
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0]])


def test_labels_may_be_a_list():
    np.testing.assert_array_equal(one_hot([1, 0], classes=2), [[0, 1], [1, 0]])


def test_no_labels_give_no_rows():
    assert one_hot(np.array([], np.uint8), classes=3).shape == (0, 3)


@pytest.mark.parametrize("label", [-1, 3])
def test_label_out_of_range_is_refused(label, refuses):
    with refuses("[0, 3)", str(label)):
        one_hot(np.array([0, label]), classes=3)


@pytest.mark.parametrize("labels", [np.array([0.0, 1.0]), np.array([[0, 1]]), np.array(1)])
def test_labels_of_another_form_are_refused(labels, refuses):
    with refuses("whole numbers of shape (N,)"):
        one_hot(labels, classes=3)
