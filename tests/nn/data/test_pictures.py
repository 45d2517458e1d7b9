import numpy as np
import pytest
from PIL import Image, ImageDraw

from nn.data.pictures import read_picture
from nn.errors import PictureError

GREY = np.array([[0, 100, 255], [7, 200, 31]], np.uint8)


def saved(tmp_path, picture):
    path = tmp_path / "picture.png"
    picture.save(path)
    return path


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA"])
def test_grey_pixels_come_back_whatever_the_mode(tmp_path, mode):
    path = saved(tmp_path, Image.fromarray(GREY).convert(mode))
    picture = read_picture(path, (2, 3))
    assert picture.pixels.dtype == np.uint8
    assert picture.notes == ()
    np.testing.assert_array_equal(picture.pixels, GREY)


def test_black_and_white_and_palettes(tmp_path):
    black_and_white = Image.fromarray((GREY >= 128).astype(np.uint8) * 255)
    for mode in ("1", "P"):
        pixels = read_picture(saved(tmp_path, black_and_white.convert(mode)), (2, 3), invert=False).pixels
        np.testing.assert_array_equal(pixels, (GREY >= 128) * 255)


def test_sixteen_bits_are_scaled_not_cut_off(tmp_path):
    path = saved(tmp_path, Image.fromarray(GREY.astype(np.uint16) * 257))
    np.testing.assert_array_equal(read_picture(path, (2, 3), invert=False).pixels, GREY)


@pytest.mark.parametrize("invert", [None, False])
def test_light_ink_on_a_transparent_ground_is_on_black(tmp_path, invert):
    picture = read_picture(saved(tmp_path, transparent(ink=255)), (3, 3), invert=invert)
    np.testing.assert_array_equal(picture.pixels, [[0, 0, 0], [0, 255, 0], [0, 0, 0]])
    assert picture.notes == ()


@pytest.mark.parametrize("invert", [None, True])
def test_dark_ink_on_a_transparent_ground_is_on_white_and_inverted(tmp_path, invert):
    picture = read_picture(saved(tmp_path, transparent(ink=0)), (3, 3), invert=invert)
    np.testing.assert_array_equal(picture.pixels, [[0, 0, 0], [0, 255, 0], [0, 0, 0]])


def transparent(ink):
    pixels = np.full((3, 3, 4), (9, 9, 9, 0), np.uint8)
    pixels[1, 1] = (ink, ink, ink, 255)
    return Image.fromarray(pixels)


def test_light_strokes_on_a_dark_card_with_transparent_corners_stay(tmp_path):
    card = seven(28, (255, 255, 255, 255), (20, 20, 20, 255), "RGBA")
    card.putpixel((0, 0), (0, 0, 0, 0))
    assert read_picture(saved(tmp_path, card), (28, 28)).notes == ()


def test_inverted(tmp_path):
    picture = read_picture(saved(tmp_path, Image.fromarray(255 - GREY)), (2, 3), invert=True)
    np.testing.assert_array_equal(picture.pixels, GREY)
    assert picture.notes == ()  # it was asked for


def seven(side, ink, ground, mode="L"):
    """A 7 as somebody draws it."""
    picture = Image.new(mode, (side, side), ground)
    points = [(0.3 * side, 0.3 * side), (0.7 * side, 0.3 * side), (0.45 * side, 0.75 * side)]
    ImageDraw.Draw(picture).line(points, fill=ink, width=max(1, side // 10))
    return picture


INVERTED = "dark on a light ground, so it was inverted; --no-invert leaves it as it is"
SCALED = "scaled from 280x280 to 28x28 pixels"


@pytest.mark.parametrize(
    ("picture", "notes"),
    [
        (seven(280, 0, 255), (SCALED, INVERTED)),
        (seven(280, 255, 0), (SCALED,)),
        (seven(280, (20, 20, 20), (230, 230, 230), "RGB"), (SCALED, INVERTED)),
        (seven(280, (0, 0, 0, 255), (255, 255, 255, 0), "RGBA"), (SCALED, INVERTED)),
        (seven(280, (255, 255, 255, 255), (0, 0, 0, 0), "RGBA"), (SCALED,)),
        (Image.fromarray(np.asarray(seven(280, 0, 255)).astype(np.uint16) * 257), (SCALED, INVERTED)),
        (seven(28, 255, 0), ()),
        (seven(28, 0, 255), (INVERTED,)),
        (seven(28, 100, 60), ()),  # light on dark, if not by much
    ],
)
def test_a_digit_comes_out_light_on_dark_in_the_size_of_the_model(tmp_path, picture, notes):
    found = read_picture(saved(tmp_path, picture), (28, 28))
    assert found.notes == notes
    assert (found.pixels.shape, found.pixels.dtype) == ((28, 28), np.uint8)
    ground, stroke = int(found.pixels[0, 0]), int(found.pixels[8, 14])
    assert stroke > ground + 30
    assert found.pixels[25, 5] == ground


def test_ten_pixels_a_side_that_become_one_are_averaged(tmp_path):
    blocks = np.kron(np.arange(0, 120, 10, dtype=np.uint8).reshape(3, 4), np.ones((10, 10), np.uint8))
    found = read_picture(saved(tmp_path, Image.fromarray(blocks)), (3, 4))
    np.testing.assert_allclose(found.pixels, np.arange(0, 120, 10).reshape(3, 4), atol=8)


def test_proportions_are_kept_and_the_ground_fills_what_is_missing(tmp_path):
    wide = Image.new("L", (400, 100), 230)
    wide.paste(30, (100, 40, 300, 60))
    found = read_picture(saved(tmp_path, wide), (28, 28))
    scaled = "scaled from 100x400 to 7x28 pixels and filled up to 28x28 with its ground"
    assert found.notes == (scaled, INVERTED)
    assert set(found.pixels[:10].ravel()) == {25}
    assert found.pixels[13, 14] > 150


@pytest.mark.parametrize("shape", [(1, 3000), (3000, 1), (1, 1)])
def test_a_line_or_a_point_is_a_picture_too(tmp_path, shape):
    assert read_picture(saved(tmp_path, Image.new("L", shape)), (28, 28)).pixels.shape == (28, 28)


def test_a_blank_picture_is_read_and_said_to_be_blank(tmp_path):
    found = read_picture(saved(tmp_path, Image.new("L", (28, 28), 255)), (28, 28))
    assert found.notes == ("it is blank, one grey all over",)


def test_a_camera_held_upright_gives_an_upright_picture(tmp_path):
    lying, exif = Image.fromarray(np.repeat(GREY, 8, axis=1)), Image.Exif()
    exif[0x0112] = 3  # upside down
    path = tmp_path / "picture.png"
    lying.save(path, exif=exif)
    np.testing.assert_array_equal(read_picture(path, (2, 24)).pixels, np.asarray(lying)[::-1, ::-1])


def test_pixels_without_a_known_white_are_refused(tmp_path):
    path = tmp_path / "picture.tiff"
    for pixels in (np.full((2, 3), 0.5, np.float32), np.full((2, 3), 100_000, np.int32)):
        Image.fromarray(pixels).save(path)
        with pytest.raises(PictureError, match=r"picture.tiff cannot be used: its pixels have more than 16 bits"):
            read_picture(path, (2, 3))


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"%PDF-1.4"])
def test_what_is_no_picture_is_refused_by_name(tmp_path, content):
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    with pytest.raises(PictureError, match=r"picture.png is no picture; expected one of PNG, JPEG, "):
        read_picture(path, (2, 3))
