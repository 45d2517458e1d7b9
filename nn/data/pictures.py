"""Pictures from files, as pixels: one for a network to look at, or the raw material of a data set."""

import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.errors import PictureError

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "PPM", "TIFF", "WEBP")  # by Pillow's names
BILINEAR = 2  # Image.Resampling.BILINEAR, the mean over what becomes one pixel; Pillow is loaded when it is needed

# From there on a ground is light, and something on it is dark: far from what noise does.
_LIGHT, _CONTRAST = 128, 64


@dataclass(frozen=True)
class Picture:
    """Grey pixels for a network, uint8, 0 black and 255 white, and what was done to the picture, a line each."""

    pixels: NDArray[np.uint8]
    notes: tuple[str, ...] = ()


def read_picture(path: Path, size: tuple[int, int], *, invert: bool | None = None) -> Picture:
    """The picture at `path` in grey, scaled to `size` (height, width), light on dark as MNIST's digits are.

    Another size is scaled; other proportions are kept, and its ground fills what is missing. A picture that is dark on
    a light ground is inverted, as its edge and its darkest pixel tell; `invert` true or false says so instead. Colours
    become their luminance; behind what is transparent lies white if the strokes are dark, else black.
    Raises `PictureError` if it is no picture, or a damaged one.
    """
    from PIL import Image, ImageOps

    with opened(path) as picture:
        picture = ImageOps.exif_transpose(picture)  # a camera's pictures lie as the camera was held
        dark = _has_dark_ink(picture) if invert is None else invert
        grey = flattened(picture, "L", ground=255 if dark else 0)
    pixels, notes = np.asarray(grey), []
    ground, darkest = _ground(pixels), int(pixels.min())
    if darkest == pixels.max():
        notes.append("it is blank, one grey all over")
    if pixels.shape != size:
        height, width = size
        inner = ImageOps.contain(grey, (width, height), BILINEAR)
        grey = Image.new("L", (width, height), ground)
        grey.paste(inner, ((width - inner.width) // 2, (height - inner.height) // 2))
        filled = "" if inner.size == grey.size else f" and filled up to {height}x{width} with its ground"
        notes.append(f"scaled from {pixels.shape[0]}x{pixels.shape[1]} to {inner.height}x{inner.width} pixels{filled}")
        pixels = np.asarray(grey)
    if invert is None and ground >= _LIGHT and ground - darkest >= _CONTRAST:
        invert = True
        notes.append("dark on a light ground, so it was inverted; --no-invert leaves it as it is")
    return Picture(255 - pixels if invert else pixels, tuple(notes))


def _ground(pixels: NDArray[np.uint8]) -> int:
    """What the strokes are drawn on: the median along the edge."""
    return int(np.median(np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])))


def _has_dark_ink(picture: Any) -> bool:
    """Whether what is seen of a transparent picture is dark, so that it was drawn for a light ground."""
    if not picture.has_transparency_data:
        return False
    coloured = picture.convert("RGBA")
    opacity = np.asarray(coloured.getchannel("A"))
    dark = np.asarray(coloured.convert("RGB").convert("L")) < _LIGHT
    return bool(opacity.min() < 255 and 2 * int(opacity[dark].sum()) > int(opacity.sum()))


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The picture at `path`, if it is in one of the `FORMATS`; its pixels are read within.

    Raises `PictureError`, whatever Pillow finds wrong with it.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # Large is not wrong, and far too large is an error of its own.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(path, formats=FORMATS)
        with picture:
            yield picture
    except UnidentifiedImageError as error:
        raise PictureError(f"{path} is no picture; expected one of {', '.join(FORMATS)}") from error
    except PictureError as error:
        raise PictureError(f"{path} cannot be used: {error}") from error
    except OSError as error:
        raise PictureError(f"cannot read {path}: {error.strerror or error}") from error
    except (SyntaxError, ValueError, Image.DecompressionBombError) as error:  # what Pillow raises on damaged files
        raise PictureError(f"{path} is a damaged picture: {' '.join(str(error).split())}") from error


def flattened(picture: Any, mode: str, ground: int) -> Any:
    """The picture in Pillow's `mode`, "L" (grey) or "RGB", without transparency, 8 bits a channel.

    Raises `PictureError`, which `opened` completes by the path, where numbers of pixels have no known range.
    """
    from PIL import Image

    if picture.mode.startswith(("I", "F")):  # 16 bits a pixel, which Pillow would cut off rather than scale
        pixels = np.asarray(picture)
        if pixels.dtype.kind == "f" or pixels.min() < 0 or pixels.max() > 65535:
            raise PictureError("its pixels have more than 16 bits, so that it is not known what white is")
        return Image.fromarray((pixels.astype(np.uint32) // 257).astype(np.uint8)).convert(mode)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        opaque = Image.new("RGBA", picture.size, (ground, ground, ground, 255))
        picture = Image.alpha_composite(opaque, picture)
    return picture.convert(mode)
