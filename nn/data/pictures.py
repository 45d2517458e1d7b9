"""Pictures from PNG files, as the pixels that the models were trained on: grey, light strokes on a dark ground."""

from __future__ import annotations

import warnings
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
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", Image.DecompressionBombWarning
            )  # the size is checked before the pixels are read
            picture = Image.open(path, formats=["PNG"])
        with picture:
            if (picture.height, picture.width) != size:
                raise PictureError(
                    f"{path} has {picture.height}x{picture.width} pixels, but the model takes {size[0]}x{size[1]};"
                    " cut it out or scale it first"
                )
            pixels = _grey(picture, ground=255 if invert else 0)
    except UnidentifiedImageError as error:
        raise PictureError(f"{path} is no PNG picture") from error
    except PictureError:
        raise
    except OSError as error:
        raise PictureError(f"cannot read {path}: {error.strerror or error}") from error
    except (SyntaxError, ValueError, Image.DecompressionBombError) as error:  # what Pillow raises on damaged files
        raise PictureError(f"{path} is a damaged picture: {' '.join(str(error).split())}") from error
    return 255 - pixels if invert else pixels


def _grey(picture: Any, ground: int) -> NDArray[np.uint8]:
    from PIL import Image

    if picture.mode.startswith("I"):  # 16 bits a pixel, which Pillow would cut off rather than scale
        return (np.asarray(picture).astype(np.uint32) // 257).astype(np.uint8)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        opaque = Image.new("RGBA", picture.size, (ground, ground, ground, 255))
        picture = Image.alpha_composite(opaque, picture)
    return np.asarray(picture.convert("L"))
