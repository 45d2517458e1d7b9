"""Pictures in folders, one folder a class, read from the disk when they are asked for."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.data.arguments import whole_number
from nn.data.pictures import BILINEAR, flattened, opened
from nn.errors import DataError

_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".pgm", ".ppm", ".tif", ".tiff", ".webp")


class ImageFolder:
    """The pictures under `root`, whose folders are the classes: root/cat/1.png, root/cat/old/2.jpg, root/dog/1.png.

    Classes are numbered by name in sorted order: `classes[labels[i]]` is the class of `paths[i]`. Example i is the pair
    of its pixels, uint8 of shape (3, height, width), or (height, width) if `grey`, and its class. With `size` (height,
    width) pictures are scaled to it, as they must be to make batches if they are not of one size.

    Files that are no pictures by their suffix, and what begins with a dot, are passed over. Raises `DataError` if there
    are no classes, or there is one without pictures; reading an example raises `PictureError` if it is damaged.
    """

    def __init__(self, root: str | Path, *, size: tuple[int, int] | None = None, grey: bool = False) -> None:
        if size is not None:
            if not (isinstance(size, tuple | list) and len(size) == 2):
                raise DataError(f"ImageFolder: size is {size!r}, expected (height, width)")
            for side in size:
                whole_number("ImageFolder: size", side, at_least=1)
        self.size, self.grey = size, grey
        root = Path(root)
        try:
            folders = sorted(entry for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith("."))
        except OSError as error:
            raise DataError(f"cannot look into {root}: {error.strerror or error}; expected a folder a class") from error
        if not folders:
            raise DataError(f"{root} has no folders; expected one a class, with its pictures in it")
        self.classes = tuple(folder.name for folder in folders)
        pictures = [_pictures_under(folder) for folder in folders]
        self.paths = tuple(path for paths in pictures for path in paths)
        self.labels = np.repeat(np.arange(len(folders)), [len(paths) for paths in pictures])

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], Any]:
        path = self.paths[index]
        with opened(path) as picture:
            picture = flattened(picture, "L" if self.grey else "RGB", ground=0)
            if self.size is not None:
                height, width = self.size
                picture = picture.resize((width, height), resample=BILINEAR)
            pixels = np.asarray(picture)
        return (pixels if self.grey else np.ascontiguousarray(pixels.transpose(2, 0, 1))), self.labels[index]


def _pictures_under(folder: Path) -> list[Path]:
    """All of them, at any depth, in sorted order."""

    def refuse(error: OSError) -> None:
        raise DataError(f"cannot look into {error.filename}: {error.strerror}") from error

    paths = sorted(
        Path(directory, name)
        for directory, _, names in os.walk(folder, onerror=refuse)
        for name in names
        if name.lower().endswith(_SUFFIXES) and not name.startswith(".")
    )
    if not paths:
        raise DataError(f"{folder} has no pictures ({', '.join(_SUFFIXES)}); remove it if it is no class")
    return paths
