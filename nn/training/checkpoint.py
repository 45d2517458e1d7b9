"""A training on disk: safetensors with the arrays, and all else as JSON in its metadata. Nothing in it is ever run.

The tensors are `model.<name>` and `optimizer.<parameter>.<name>`. A checksum over arrays and JSON tells a damaged file
from a whole one, since safetensors itself only notices damage to its header.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_core import AutogradError, set_random_state
from nn.atomic_write import write_atomically
from nn.errors import CheckpointError, StateError
from nn.module import Module
from nn.training.settings import Settings
from nn.training.trainer import EpochRecord, Optimizer, Position, Score

FORMAT = "autograd-core training"
VERSION = 1  # of the layout; a reader takes its own and older ones

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Checkpoint:
    """Everything a training needs to go on to the bit, or a model to be used.

    `optimizer` and `model` are state dictionaries, `random_state` what `autograd_core.get_random_state` gives.
    """

    settings: Settings
    position: Position
    random_state: str
    model: Mapping[str, NDArray[Any]]
    optimizer: Mapping[str, Any]

    def save(self, path: Path) -> None:
        """Replace the file at `path` in one go. Raises `OutputError` if it cannot be written."""
        from safetensors.numpy import save

        state = self.optimizer["state"]
        arrays: Arrays = {f"model.{name}": array for name, array in self.model.items()}
        numbers: dict[str, dict[str, Any]] = {}
        for index, entries in state.items():
            numbers[str(index)] = {}
            for name, value in entries.items():
                if isinstance(value, np.ndarray):
                    arrays[f"optimizer.{index}.{name}"] = value
                else:
                    numbers[str(index)][name] = value
        content = json.dumps(
            {
                "settings": asdict(self.settings),
                "position": asdict(self.position),
                "random_state": self.random_state,
                "optimizer": {"numbers": numbers, "param_groups": self.optimizer["param_groups"]},
            }
        )
        arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        metadata = {
            "format": FORMAT,
            "version": str(VERSION),
            "content": content,
            "sha256": _checksum(arrays, content),
        }
        write_atomically(path, save(arrays, metadata))

    def build_model(self) -> Module:
        """The model as it was saved. Raises `CheckpointError` if its weights do not fit."""
        model = self.settings.build_model()
        self._restore_model(model)
        return model

    def restore(self, model: Module, optimizer: Optimizer) -> None:
        """Put a training back where it was. Raises `CheckpointError` if the state does not fit it."""
        self._restore_model(model)
        try:
            optimizer.load_state_dict(self.optimizer)
            set_random_state(self.random_state)
        except AutogradError as error:
            raise CheckpointError(f"the checkpoint does not fit the training it names: {error}") from error

    def _restore_model(self, model: Module) -> None:
        try:
            model.load_state_dict(self.model)
        except StateError as error:
            raise CheckpointError(f"the checkpoint does not fit the model it names: {error}") from error

    @staticmethod
    def load(path: Path) -> Checkpoint:
        """The checkpoint at `path`. Raises `CheckpointError` if there is none, or it is damaged, foreign or too new."""
        arrays, metadata = _read(path)
        if metadata.get("format") != FORMAT:
            raise CheckpointError(f"{path} is no checkpoint of this program, but some other safetensors file")
        version = metadata.get("version", "")
        if not version.isdecimal():
            raise CheckpointError(f"{path} is damaged: its version is {version!r}")
        if int(version) > VERSION:
            raise CheckpointError(
                f"{path} is of version {version}, newer than the {VERSION} known here; update autograd-core to read it"
            )
        content = metadata.get("content", "")
        if metadata.get("sha256") != _checksum(arrays, content):
            raise CheckpointError(f"{path} is damaged: its checksum is wrong; go back to an older copy")
        try:
            return _assemble(arrays, json.loads(content))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CheckpointError(f"{path} lacks what a checkpoint holds: {type(error).__name__}: {error}") from error


def _read(path: Path) -> tuple[Arrays, dict[str, str]]:
    from safetensors import SafetensorError, safe_open

    try:
        with open(path, "rb"):  # safe_open's own errors do not say why
            pass
        with safe_open(path, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except OSError as error:
        raise CheckpointError(f"cannot read the checkpoint {path}: {error.strerror or error}") from error
    except SafetensorError as error:
        raise CheckpointError(f"{path} is no checkpoint, or a damaged one: {' '.join(str(error).split())}") from error


def _checksum(arrays: Arrays, content: str) -> str:
    digest = hashlib.sha256(content.encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"\n{name} {array.dtype} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _assemble(arrays: Arrays, content: dict[str, Any]) -> Checkpoint:
    position = content["position"]
    history = [
        EpochRecord(**{**record, "train": Score(*record["train"]), "validation": Score(*record["validation"])})
        for record in position["history"]
    ]
    state: dict[int, dict[str, Any]] = {
        int(index): entries for index, entries in content["optimizer"]["numbers"].items()
    }
    model: Arrays = {}
    for name, array in arrays.items():
        owner, _, rest = name.partition(".")
        if owner == "model":
            model[rest] = array
        else:
            index, _, entry = rest.partition(".")
            state[int(index)][entry] = array
    return Checkpoint(
        settings=Settings.from_json(content["settings"]),
        position=Position(**{**position, "history": history}),
        random_state=content["random_state"],
        model=model,
        optimizer={"state": state, "param_groups": content["optimizer"]["param_groups"]},
    )
