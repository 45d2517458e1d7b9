"""Pictures from files, as pixels: one for a network to look at, or the raw material of a data set."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import PictureError


def read_picture(path: Path, size: tuple[int, int], *, invert: bool = False) -> NDArray[np.uint8]:
    """The PNG at `path` as grey pixels of shape `size` (height, width), 0 black and 255 white.

    MNIST's digits are white on black; `invert` is for dark ones on a light ground. Colours become their luminance, and
    where a picture is transparent its ground shows. Raises `PictureError` if it is no such picture.
    """
    with opened(path, ("PNG",)) as picture:
        if (picture.height, picture.width) != size:  # before the pixels are read
            raise PictureError(
                f"{path} has {picture.height}x{picture.width} pixels, but the model takes {size[0]}x{size[1]};"
                " cut it out or scale it first"
            )
        pixels = np.asarray(flattened(picture, "L", ground=255 if invert else 0))
    return 255 - pixels if invert else pixels


@contextlib.contextmanager
def opened(path: Path, formats: tuple[str, ...]) -> Iterator[Any]:
    """The picture at `path`, if it is in one of Pillow's `formats`; its pixels are read within.

    Raises `PictureError`, whatever Pillow finds wrong with it.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # Large is not wrong, and far too large is an error of its own.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(path, formats=formats)
        with picture:
            yield picture
    except UnidentifiedImageError as error:
        raise PictureError(f"{path} is no {' or '.join(formats)} picture") from error
    except PictureError:
        raise
    except OSError as error:
        raise PictureError(f"cannot read {path}: {error.strerror or error}") from error
    except (SyntaxError, ValueError, Image.DecompressionBombError) as error:  # what Pillow raises on damaged files
        raise PictureError(f"{path} is a damaged picture: {' '.join(str(error).split())}") from error


def flattened(picture: Any, mode: str, ground: int) -> Any:
    """The picture in Pillow's `mode`, "L" (grey) or "RGB", without transparency, 8 bits a channel."""
    from PIL import Image

    if picture.mode.startswith("I"):  # 16 bits a pixel, which Pillow would cut off rather than scale
        return Image.fromarray((np.asarray(picture).astype(np.uint32) // 257).astype(np.uint8)).convert(mode)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        opaque = Image.new("RGBA", picture.size, (ground, ground, ground, 255))
        picture = Image.alpha_composite(opaque, picture)
    return picture.convert(mode)
