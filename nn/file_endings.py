"""What the ending of a file's name says that the file holds, where it is to hold something else."""

from pathlib import Path

from autograd_core import ArgumentError

_OF_ONE_KIND = {
    *(".safetensors", ".onnx", ".tflite", ".gguf", ".keras", ".h5", ".hdf5", ".json", ".npy", ".npz"),
    *(".pt", ".pth", ".bin", ".ckpt", ".pickle", ".pkl"),
}
"""Endings by which people and programs tell how to read a file of weights or a model."""


def check_ending(caller: str, path: Path, ending: str) -> None:
    """Refuse a path that says, by its ending, that the file is of another kind than the one of this `ending`.

    A name without an ending, or with one of its own such as `.v2`, says nothing of the kind, and is taken.
    Errors: ArgumentError, which says what to call it.
    """
    found = path.suffix.lower()
    if found != ending and found in _OF_ONE_KIND:
        raise ArgumentError(
            f"{caller}: it writes a file of the kind {ending}, which readers of {found} files cannot read, got "
            f"{path.name!r}; call it {path.with_suffix(ending).name!r}"
        )
