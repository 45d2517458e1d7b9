"""The IDX format of the MNIST files: arrays to bytes and back, plain or gzipped. What they mean is not known here.

An IDX file is two zero bytes, one byte naming the element type, one byte with the number of dimensions, then each
dimension as a big-endian uint32, then the elements, big-endian and in C order (LeCun, "The MNIST database").
"""

import gzip
import io
import math
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn.atomic_write import write_atomically
from nn.errors import DataError

_DTYPE_OF_CODE: dict[int, np.dtype[Any]] = {
    0x08: np.dtype(np.uint8),
    0x09: np.dtype(np.int8),
    0x0B: np.dtype(np.int16),
    0x0C: np.dtype(np.int32),
    0x0D: np.dtype(np.float32),
    0x0E: np.dtype(np.float64),
}
_CODE_OF_DTYPE = {dtype: code for code, dtype in _DTYPE_OF_CODE.items()}

_GZIP_MAGIC = b"\x1f\x8b"  # an IDX file begins with two zero bytes, so the two can never be confused


def read_idx(path: str | Path) -> NDArray[Any]:
    """The array in the IDX file at `path`, which may be gzipped whatever its name.

    Raises `DataError` if the file cannot be read, or is not one whole IDX array and nothing else.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}; give an IDX file, plain or gzipped") from error
    return decode_idx(gunzip(data, str(path)), str(path))


def write_idx(path: str | Path, array: NDArray[Any]) -> None:
    """Write `array` to `path` as IDX, gzipped if the name ends in `.gz`; the same array gives the same bytes.

    Raises `OutputError` if it cannot be written; what was there before is kept then.
    """
    data = encode_idx(array)
    if str(path).endswith(".gz"):
        data = gzip.compress(data, mtime=0)
    write_atomically(Path(path), data)


def decode_idx(data: bytes, name: str) -> NDArray[Any]:
    """The array that the IDX bytes `data` hold, in the machine's own byte order; `name` is for the error message."""
    if len(data) < 4:
        raise DataError(f"{name} is no IDX file: it ends after {len(data)} bytes, inside the 4-byte magic number")
    zeros, code, ndim = struct.unpack(">HBB", data[:4])
    if zeros != 0 or code not in _DTYPE_OF_CODE or ndim == 0:
        raise DataError(
            f"{name} is no IDX file: its magic number is 0x{data[:4].hex()}, expected e.g. 0x00000803 for images"
            " or 0x00000801 for labels"
        )
    header_size = 4 + 4 * ndim
    if len(data) < header_size:
        raise DataError(f"{name} is truncated: it ends after {len(data)} bytes, inside its {header_size}-byte header")
    shape = struct.unpack(f">{ndim}I", data[4:header_size])
    dtype = _DTYPE_OF_CODE[code]
    # Python's integers do not overflow, so a header that claims 2^100 elements fails here and allocates nothing.
    expected_size = header_size + math.prod(shape) * dtype.itemsize
    if len(data) != expected_size:
        fault = "is truncated" if len(data) < expected_size else "has trailing bytes"
        raise DataError(
            f"{name} {fault}: its header promises {expected_size} bytes (shape {shape}, {dtype}), found {len(data)}"
        )
    elements = np.frombuffer(data, dtype.newbyteorder(">"), offset=header_size)
    return elements.astype(dtype).reshape(shape)


def encode_idx(array: NDArray[Any]) -> bytes:
    """`array` as plain IDX bytes; its dtype must be one that IDX has, and it needs at least one dimension."""
    code = _CODE_OF_DTYPE.get(array.dtype.newbyteorder("="))
    if code is None:
        names = ", ".join(dtype.name for dtype in _CODE_OF_DTYPE)
        raise DataError(f"IDX cannot hold {array.dtype}; convert the array to one of {names}")
    if array.ndim == 0:
        raise DataError("IDX cannot hold a scalar; give an array of one dimension or more")
    header = struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def gunzip(data: bytes, name: str, *, limit: int | None = None) -> bytes:
    """`data` decompressed if it is gzipped, else as it is; at most one byte more than `limit`, if given.

    The limit keeps a few hostile kilobytes from growing to fill the memory; who sets it compares sizes afterwards.
    """
    if not data.startswith(_GZIP_MAGIC):
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return stream.read() if limit is None else stream.read(limit + 1)
    except EOFError as error:
        raise DataError(f"{name} is truncated: its gzip stream ends early; get the file again") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{name} is damaged: {error} (gzip); get the file again") from error
