import numpy as np
import pytest
from PIL import Image

from nn.data import Batches, ImageFolder, Subset
from nn.errors import PictureError

RED, GREY = np.zeros((4, 6, 3), np.uint8), np.full((4, 6), 90, np.uint8)
RED[..., 0] = 200


@pytest.fixture
def root(tmp_path):
    """Two classes of pictures in several formats and modes, and what does not belong to them."""
    (tmp_path / "dog" / "old").mkdir(parents=True)
    (tmp_path / "cat").mkdir()
    (tmp_path / ".cache").mkdir()
    Image.fromarray(RED).save(tmp_path / "dog" / "1.PNG", format="PNG")
    Image.fromarray(GREY).save(tmp_path / "dog" / "old" / "2.jpg", quality=100)
    Image.fromarray(GREY).save(tmp_path / "cat" / "b.bmp")
    Image.fromarray(RED).quantize(2).save(tmp_path / "cat" / "a.gif")
    (tmp_path / "cat" / "notes.txt").write_text("no picture")
    (tmp_path / "cat" / "._a.png").write_text("no picture")
    return tmp_path


def test_folders_are_classes_in_sorted_order(root):
    pictures = ImageFolder(root)
    assert len(pictures) == 4
    assert pictures.classes == ("cat", "dog")
    assert [str(path.relative_to(root)) for path in pictures.paths] == [
        "cat/a.gif",
        "cat/b.bmp",
        "dog/1.PNG",
        "dog/old/2.jpg",
    ]
    assert pictures.labels.tolist() == [0, 0, 1, 1]


def test_pictures_are_colours_with_the_channels_first(root):
    pictures = ImageFolder(root)
    grey = np.dstack([GREY] * 3)
    for index, expected in enumerate([RED, grey, RED, grey]):
        pixels, label = pictures[index]
        np.testing.assert_array_equal(pixels, expected.transpose(2, 0, 1))
        assert pixels.dtype == np.uint8
        assert label == pictures.labels[index]


def test_grey_and_scaled_on_request(root):
    pixels, _ = ImageFolder(root, grey=True)[1]
    np.testing.assert_array_equal(pixels, GREY)
    assert ImageFolder(root, size=(8, 5))[0][0].shape == (3, 8, 5)
    luminance, _ = ImageFolder(root, grey=True, size=(1, 1))[2]
    assert luminance.tolist() == [[round(0.299 * 200)]]


def test_pictures_are_read_when_asked_for_and_make_batches(root):
    (root / "cat" / "a.gif").write_bytes(b"gone bad")
    pictures = ImageFolder(root)
    intact = Subset(pictures, [3, 1, 2])
    ((images, labels),) = Batches(intact, batch_size=3, seed=0, shuffle=False)
    assert images.shape == (3, 3, 4, 6)
    assert labels.tolist() == [1, 0, 1]


def test_damaged_and_absent_pictures_are_named(root, refuses):
    pictures = ImageFolder(root)
    (root / "cat" / "a.gif").write_bytes(b"gone bad")
    with refuses("a.gif is no picture; expected one of PNG, JPEG", error=PictureError):
        pictures[0]
    (root / "cat" / "b.bmp").unlink()
    with refuses("cannot read", "b.bmp: No such file", error=PictureError):
        pictures[1]
    cut = (root / "dog" / "1.PNG").read_bytes()[:45]
    (root / "dog" / "1.PNG").write_bytes(cut)
    with refuses("1.PNG", error=PictureError):
        pictures[2]


def test_pictures_of_different_sizes_make_no_batch(root, refuses):
    Image.fromarray(GREY[:2]).save(root / "cat" / "b.bmp")
    with refuses("one shape, got (3, 2, 6) and (3, 4, 6)"):
        list(Batches(ImageFolder(root), batch_size=4, seed=0))
    assert next(iter(Batches(ImageFolder(root, size=(4, 4)), batch_size=4, seed=0)))[0].shape == (4, 3, 4, 4)


def test_folders_without_classes_or_pictures_are_refused(tmp_path, root, refuses):
    with refuses("cannot look into", "absent", "expected a folder a class"):
        ImageFolder(tmp_path / "absent")
    with refuses("has no folders; expected one a class"):
        ImageFolder(root / "cat")
    (root / "cow").mkdir()
    with refuses("cow has no pictures", "remove it if it is no class"):
        ImageFolder(root)


@pytest.mark.parametrize(
    ("size", "message"), [(28, "size is 28, expected (height, width)"), ((0, 4), "size is 0"), ((4.5, 4), "is 4.5")]
)
def test_sizes_out_of_range_are_refused(root, size, message, refuses):
    with refuses("ImageFolder: ", message):
        ImageFolder(root, size=size)
