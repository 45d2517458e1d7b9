"""A module's weights on disk, as safetensors: files move to and from PyTorch and all else that reads the format.

    nn.save_weights(net, "net.safetensors")                            # here
    net.load_state_dict(safetensors.torch.load_file("net.safetensors"))  # there, and
    safetensors.torch.save_file(net.state_dict(), "net.safetensors")

and back with `nn.load_weights`. What PyTorch's optimiser has gathered comes along by another file,

    state = optimizer.state_dict()                                     # there
    arrays = {f"{i}.{name}": torch.as_tensor(x) for i, of in state["state"].items() for name, x in of.items()
              if x is not None}
    safetensors.torch.save_file(arrays, "adam.safetensors", {"param_groups": json.dumps(state["param_groups"])})
    nn.load_optimizer_state(optimizer, "adam.safetensors")             # here

To go on with a training, there are its own checkpoints: `nn.training.checkpoint`.
"""

import json
from os import PathLike
from pathlib import Path
from typing import Any

from nn.arguments import kind_of
from nn.errors import CheckpointError, StateError
from nn.file_endings import check_ending
from nn.module import LoadedKeys, Module
from nn.tensor_file import read_tensors, write_tensors

FORMAT = "autograd-core weights"
VERSION = 1  # a reader takes its own and older ones


def save_weights(module: Module, path: str | PathLike[str]) -> None:
    """Write all parameters and persistent buffers under their dotted names to `path`, whole or not at all.

    Errors: OutputError if it cannot be written, ArgumentError for a name that ends as another kind of file does, such
    as `.pt`; what was there before is kept then.
    """
    if not isinstance(module, Module):
        raise StateError(f"save_weights: takes a module and a path, got {kind_of(module)} for the module")
    check_ending("save_weights", Path(path), ".safetensors")
    write_tensors(Path(path), module.state_dict(), {"format": FORMAT, "version": str(VERSION)})


def load_weights(module: Module, path: str | PathLike[str], strict: bool = True) -> LoadedKeys:
    """Take over parameters and persistent buffers from a file that `save_weights` or another program wrote.

    Numbers of another precision are brought to the module's own. Without `strict`, names that only one side has are
    left alone, and returned.
    Errors: CheckpointError for a file that cannot be read, is damaged, or newer than this program; StateError lists
    every name that is missing, unexpected or of another shape. Nothing is changed then.
    """
    if not isinstance(module, Module):
        raise StateError(f"load_weights: takes a module and a path, got {kind_of(module)} for the module")
    path = Path(path)
    arrays, metadata = read_tensors(path, "file of weights")
    found = metadata.get("format", "")
    if found == FORMAT and metadata.get("version") not in [str(version) for version in range(1, VERSION + 1)]:
        raise CheckpointError(
            f"{path} is of version {metadata.get('version')}, and {VERSION} is the newest known here; "
            "update autograd-core to read it"
        )
    if found.startswith("autograd-core ") and found != FORMAT:
        raise CheckpointError(
            f"{path} is of the format {found!r}, not weights alone; from a training's checkpoint "
            "nn.training.checkpoint.Checkpoint.load(path).restore_model(module) takes them"
        )
    try:
        return module.load_state_dict(arrays, strict)
    except StateError as error:
        raise StateError(f"{path}: {error}") from error


def load_optimizer_state(optimizer: Any, path: str | PathLike[str]) -> None:
    """Have an optimiser go on from the state that PyTorch's optimiser of the same name had gathered.

    The file has an array `number.name` for each entry of the state of each parameter, by the parameters' order, and
    the groups, as JSON, in its metadata: see the head of this module for how PyTorch writes it.
    Errors: CheckpointError for a file that cannot be read, or lacks the groups; ArgumentError for a state that does not
    fit. Nothing is changed then.
    """
    path = Path(path)
    arrays, metadata = read_tensors(path, "file of an optimiser's state")
    try:
        groups = json.loads(metadata["param_groups"])
    except (KeyError, ValueError) as error:
        raise CheckpointError(
            f'{path} has no param_groups in JSON in its metadata; save it with {{"param_groups": json.dumps(...)}}'
        ) from error
    state: dict[str, dict[str, Any]] = {}
    for key, array in arrays.items():
        number, _, name = key.partition(".")
        state.setdefault(number, {})[name] = array
    optimizer.load_state_dict({"state": state, "param_groups": groups})
