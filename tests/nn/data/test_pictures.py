import numpy as np
import pytest
from PIL import Image

from nn.data.pictures import read_picture

GREY = np.array([[0, 100, 255], [7, 200, 31]], np.uint8)


def saved(tmp_path, picture):
    path = tmp_path / "picture.png"
    picture.save(path)
    return path


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA"])
def test_grey_pixels_come_back_whatever_the_mode(tmp_path, mode):
    path = saved(tmp_path, Image.fromarray(GREY).convert(mode))
    pixels = read_picture(path, (2, 3))
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, GREY)


def test_black_and_white_and_palettes(tmp_path):
    black_and_white = Image.fromarray((GREY >= 128).astype(np.uint8) * 255)
    for mode in ("1", "P"):
        pixels = read_picture(saved(tmp_path, black_and_white.convert(mode)), (2, 3))
        np.testing.assert_array_equal(pixels, (GREY >= 128) * 255)


def test_sixteen_bits_are_scaled_not_cut_off(tmp_path):
    path = saved(tmp_path, Image.fromarray(GREY.astype(np.uint16) * 257))
    np.testing.assert_array_equal(read_picture(path, (2, 3)), GREY)


def test_where_a_picture_is_transparent_its_ground_shows(tmp_path):
    ink = Image.fromarray(np.array([[[255, 255, 255, 255], [9, 9, 9, 0]]], np.uint8))
    np.testing.assert_array_equal(read_picture(saved(tmp_path, ink), (1, 2)), [[255, 0]])
    ink = Image.fromarray(np.array([[[0, 0, 0, 255], [9, 9, 9, 0]]], np.uint8))
    np.testing.assert_array_equal(read_picture(saved(tmp_path, ink), (1, 2), invert=True), [[255, 0]])


def test_inverted(tmp_path):
    np.testing.assert_array_equal(read_picture(saved(tmp_path, Image.fromarray(255 - GREY)), (2, 3), invert=True), GREY)
