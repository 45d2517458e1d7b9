"""Safetensors files: named arrays and a few words of metadata, without pickle. Their readers know what they mean."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nn.atomic_write import write_atomically
from nn.errors import CheckpointError

Arrays = dict[str, npt.NDArray[Any]]

_DTYPES = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "I64": np.int64,
    "I32": np.int32,
    "I16": np.int16,
    "I8": np.int8,
    "U64": np.uint64,
    "U32": np.uint32,
    "U16": np.uint16,
    "U8": np.uint8,
    "BOOL": np.bool_,
}


def write_tensors(path: Path, arrays: Mapping[str, npt.NDArray[Any]], metadata: Mapping[str, str]) -> None:
    """Replace the file at `path` in one go. Raises `OutputError` if it cannot be written."""
    write_atomically(path, encoded(arrays, metadata))


def encoded(arrays: Mapping[str, npt.NDArray[Any]], metadata: Mapping[str, str]) -> bytes:
    """The content of such a file."""
    from safetensors.numpy import save

    # Copied, for safetensors writes memory as it lies, whatever the strides.
    return save({name: array.copy(order="C") for name, array in arrays.items()}, dict(metadata))


def read_tensors(path: Path, what: str) -> tuple[Arrays, dict[str, str]]:
    """The arrays of the file at `path`, and its metadata. bfloat16, which numpy lacks, is widened to float32.

    Raises `CheckpointError`, which calls the file a `what`, if it cannot be read or is damaged.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"cannot read the {what} {path}: {error.strerror or error}") from error
    return decoded(data, path, what)


def decoded(data: bytes, path: Path, what: str) -> tuple[Arrays, dict[str, str]]:
    """As `read_tensors`, of the content of a file that was at `path`."""
    from safetensors import SafetensorError, deserialize

    try:
        entries = deserialize(data)  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        if data.startswith((b"PK", b"\x80")):  # a zip file, a pickle
            raise CheckpointError(
                f"{path} is no {what}, but one of torch.save or pickle, which is not read here, for reading can run "
                "any code; write it there with safetensors.torch.save_file(net.state_dict(), path)"
            ) from error
        raise CheckpointError(f"{path} is no {what}, or a damaged one: {' '.join(str(error).split())}") from error
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])  # which deserialize has found to be whole
    return {name: _array(path, name, entry) for name, entry in entries}, header.get("__metadata__") or {}


def _array(path: Path, name: str, entry: dict[str, Any]) -> npt.NDArray[Any]:
    kind = entry["dtype"]
    if kind == "BF16":  # the upper half of a float32
        upper = np.frombuffer(entry["data"], np.uint16).astype(np.uint32)
        return (upper << 16).view(np.float32).reshape(entry["shape"])
    if kind not in _DTYPES:
        raise CheckpointError(f"{path}: {name} is of dtype {kind}, which numpy lacks; save it as float32")
    return np.frombuffer(entry["data"], _DTYPES[kind]).reshape(entry["shape"])
