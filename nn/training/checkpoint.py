"""A training on disk: safetensors with the arrays, and all else as JSON in its metadata. Nothing in it is ever run.

The tensors are named by their place in the state: `model.<name>`, `optimizer.state.<parameter>.<name>`. A checksum over
arrays and JSON tells a damaged file from a whole one, since safetensors itself only notices damage to its header.
"""

from __future__ import annotations

import hashlib
import json
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograd_core import ArgumentError
from nn.atomic_write import write_atomically
from nn.errors import CheckpointError, StateError
from nn.module import Module
from nn.tensor_file import Arrays, decoded, encoded, read_tensors
from nn.training.position import Position
from nn.training.protocols import Stateful

FORMAT = "autograd-core training"
VERSION = 2  # of the layout; there were only trials with 1

_ARRAY = "$tensor"  # stands in the JSON where the file's tensor of that name belongs


@dataclass(frozen=True)
class Checkpoint:
    """A training's state (`Trainer.state_dict`), and what whoever wrote it wants to find again: `notes`, as JSON."""

    state: Mapping[str, Any]
    notes: Mapping[str, Any]
    path: Path | None = None  # of the file that it was read from, for messages

    def save(self, path: str | Path) -> None:
        """Replace the file at `path` in one go. Raises `OutputError` if it cannot be written."""
        write_atomically(Path(path), self.to_bytes())

    def to_bytes(self) -> bytes:
        """What `save` writes."""
        arrays: Arrays = {}
        state = _without_arrays(self.state, (), arrays)
        content = json.dumps({"state": state, "notes": self.notes})
        metadata = {
            "format": FORMAT,
            "version": str(VERSION),
            "content": content,
            "sha256": _checksum(arrays, content),
        }
        return encoded(arrays, metadata)

    def restore_model(self, model: Module) -> Module:
        """`model` with the saved weights; averaged ones are in the state of what averages. Raises `CheckpointError`."""
        try:
            model.load_state_dict(self.state["model"])
        except (StateError, KeyError) as error:
            raise self.error(f"the checkpoint does not fit the model it names: {error}") from error
        return model

    def restore(self, trainer: Stateful) -> None:
        """Have `trainer` go on from here. Raises `CheckpointError`, which names the file, if the state does not fit."""
        try:
            trainer.load_state_dict(self.state)
        except CheckpointError as error:
            raise self.error(str(error)) from error

    @property
    def position(self) -> Position:
        """Where the training was. Raises `CheckpointError`."""
        try:
            return Position.from_json(self.state["position"])
        except (ArgumentError, KeyError) as error:
            raise self.error(f"the position of the training is damaged: {error}") from error

    def error(self, problem: str) -> CheckpointError:
        """What is wrong, with the file that it is wrong in."""
        return CheckpointError(problem if self.path is None else f"{self.path}: {problem}")

    @staticmethod
    def load(path: str | Path) -> Checkpoint:
        """The checkpoint at `path`. Raises `CheckpointError` if there is none, or it is damaged, foreign or too new."""
        return Checkpoint._of(*read_tensors(Path(path), "checkpoint"), Path(path))

    @staticmethod
    def from_bytes(data: bytes, path: Path) -> Checkpoint:
        """As `load`, of what `to_bytes` gave; messages call it `path`."""
        return Checkpoint._of(*decoded(data, path, "checkpoint"), path)

    @staticmethod
    def _of(arrays: Arrays, metadata: Mapping[str, str], path: Path) -> Checkpoint:
        if metadata.get("format") != FORMAT:
            raise CheckpointError(f"{path} is no checkpoint of a training, but some other safetensors file")
        version = metadata.get("version", "")
        if not version.isdecimal():
            raise CheckpointError(f"{path} is damaged: its version is {version!r}")
        if int(version) != VERSION:
            known = "newer" if int(version) > VERSION else "older"
            advice = "update autograd-core to read it" if int(version) > VERSION else "train anew"
            raise CheckpointError(f"{path} is of version {version}, {known} than the {VERSION} known here; {advice}")
        content = metadata.get("content", "")
        if metadata.get("sha256") != _checksum(arrays, content):
            raise CheckpointError(f"{path} is damaged: its checksum is wrong; go back to an older copy")
        try:
            parts = json.loads(content)
            for name in ("state", "notes"):
                if not isinstance(parts[name], dict):
                    raise TypeError(f"its {name} must be a dictionary, got {reprlib.repr(parts[name])}")
            return Checkpoint(state=_with_arrays(parts["state"], arrays), notes=parts["notes"], path=path)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise CheckpointError(f"{path} lacks what a checkpoint holds: {type(error).__name__}: {error}") from error


def _without_arrays(state: Any, place: tuple[str, ...], arrays: Arrays) -> Any:
    """`state` with each array replaced by its name; the arrays go into `arrays`."""
    if isinstance(state, np.ndarray):
        name = ".".join(place)
        if name in arrays:
            raise CheckpointError(f"two arrays of the state are called {name}; rename one")
        arrays[name] = state
        return {_ARRAY: name}
    if isinstance(state, Mapping):
        return {str(key): _without_arrays(value, (*place, str(key)), arrays) for key, value in state.items()}
    if isinstance(state, (list, tuple)):
        return [_without_arrays(value, (*place, str(index)), arrays) for index, value in enumerate(state)]
    if isinstance(state, np.generic):
        return state.item()
    if state is None or isinstance(state, (str, bool, int, float)):
        return state
    raise CheckpointError(
        f"{'.'.join(place)} of the state is a {type(state).__name__}; a checkpoint holds arrays, numbers and text"
    )


def _with_arrays(state: Any, arrays: Arrays) -> Any:
    if isinstance(state, dict):
        if state.keys() == {_ARRAY}:
            return arrays[state[_ARRAY]]
        return {key: _with_arrays(value, arrays) for key, value in state.items()}
    if isinstance(state, list):
        return [_with_arrays(value, arrays) for value in state]
    return state


def _checksum(arrays: Arrays, content: str) -> str:
    digest = hashlib.sha256(content.encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"\n{name} {array.dtype} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
