"""Load: an ONNX file as a module, whose forward pass is made of ops and so has gradients."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import autograd_core as ag
from autograd_core import ArgumentError, AutogradError, DTypeError, ShapeError, Tensor
from nn.errors import OnnxError
from nn.module import Module, Parameter
from nn.onnx.exporting import STATE
from nn.onnx.model_file import Array, Declared, ModelFile, read_model
from nn.onnx.operators import OPERATORS, Compute, Node

# Where what an operator is given is something to be learned, if it is a constant of floats.
_LEARNED_PLACES = {
    "Add": (0, 1),
    "BatchNormalization": (1, 2),
    "Conv": (1, 2),
    "ConvTranspose": (1, 2),
    "GRU": (1, 2, 3),
    "Gather": (0,),
    "Gemm": (0, 1, 2),
    "GroupNormalization": (1, 2),
    "InstanceNormalization": (1, 2),
    "LSTM": (1, 2, 3),
    "LayerNormalization": (1, 2),
    "MatMul": (0, 1),
    "Mul": (0, 1),
    "PRelu": (1,),
    "RMSNormalization": (1,),
    "RNN": (1, 2, 3),
}
_RUNNING_PLACES = {"BatchNormalization": (3, 4)}


class _Step(NamedTuple):
    """A node to be computed, and which tensors nobody needs after it."""

    node: Node
    compute: Compute
    done: tuple[str, ...]


class OnnxModule(Module):
    """The model of an ONNX file; `load` makes it.

    It is called with the file's inputs in order, `input_names`, and returns its output, or a tuple of its outputs,
    `output_names`. Its parameters and buffers have the names that the file has for them.
    """

    def __init__(self, file: ModelFile) -> None:
        self.input_names = [declared.name for declared in file.inputs]
        self.output_names = list(file.outputs)
        self._declared = file.inputs
        self._steps = _steps(file)
        self._constants: dict[str, Array] = {}
        self._held: dict[str, tuple[str, ...]] = {}  # where each parameter and buffer is
        learned, buffers = _state(file)
        for i, (name, array) in enumerate(file.initializers.items()):
            if name not in learned | buffers:
                self._constants[name] = array
                continue
            *path, last = _path(self, name) or ["unnamed", str(i)]
            owner: Module = self
            for part in path:
                child = vars(owner).get(part)
                if child is None:
                    child = _Part()
                    owner.add_module(part, child)
                owner = child
            if name in learned:
                setattr(owner, last, Parameter(array))
            else:
                owner.register_buffer(last, ag.tensor(array))
            self._held[name] = (*path, last)

    def forward(self, *inputs: Any) -> Any:
        if len(inputs) != len(self._declared):
            raise ArgumentError(f"OnnxModule: takes {', '.join(self.input_names)}, got {len(inputs)} inputs")
        known: dict[str, Any] = dict(self._constants)
        known |= {name: functools.reduce(getattr, path, self) for name, path in self._held.items()}
        for declared, x in zip(self._declared, inputs, strict=True):
            known[declared.name] = _fitting(declared, x)
        for node, compute, done in self._steps:
            try:
                made = compute(*[known[name] if name else None for name in node.inputs])
            except AutogradError as error:
                error.add_note(f"in the node {node.name!r} ({node.kind})")
                raise
            except (ArithmeticError, LookupError, MemoryError, TypeError, ValueError) as error:
                raise OnnxError(
                    f"the node {node.name!r} ({node.kind}) cannot be computed for these inputs: {error}"
                ) from error
            known.update(zip(node.outputs, made if isinstance(made, tuple) else (made,), strict=False))
            for name in done:
                del known[name]
        found = [_as_tensor(known[name]) for name in self.output_names]
        return found[0] if len(found) == 1 else tuple(found)


class _Part(Module):
    """A place for parameters whose names have the same beginning."""


def _as_tensor(x: Any) -> Tensor:
    return x if isinstance(x, Tensor) else ag.tensor(x)


def _fitting(declared: Declared, x: Any) -> Any:
    """An input, as the file declares it."""
    x = x if isinstance(x, Tensor) else ag.tensor(x)
    name, shape = declared.name, declared.shape
    if x.dtype != declared.dtype:
        raise DTypeError(f"OnnxModule: the input {name!r} is {declared.dtype}, got {x.dtype}; convert it with astype")
    if shape is not None and (
        len(shape) != x.ndim or any(n not in (None, m) for n, m in zip(shape, x.shape, strict=True))
    ):
        wanted = ", ".join(["any" if n is None else str(n) for n in shape])
        raise ShapeError(f"OnnxModule: the input {name!r} has shape ({wanted}), got {x.shape}")
    return x


def _steps(file: ModelFile) -> list[_Step]:
    """The nodes with what computes them. Errors: OnnxError that lists all operators that are unknown."""
    unknown = sorted({node.kind for node in file.nodes if node.kind not in OPERATORS})
    if unknown:
        raise OnnxError(f"load: there is no op for {', '.join(unknown)}; read the file with onnxruntime")
    _check_order(file)
    computed = {name for node in file.nodes for name in node.outputs if name}
    last = {name: i for i, node in enumerate(file.nodes) for name in (*node.outputs, *node.inputs) if name in computed}
    done: list[list[str]] = [[] for _ in file.nodes]
    for name, i in last.items():
        if name not in file.outputs:
            done[i].append(name)
    return [_Step(node, OPERATORS[node.kind](node), tuple(names)) for node, names in zip(file.nodes, done, strict=True)]


def _check_order(file: ModelFile) -> None:
    """Refuse a graph with something that is not there when it is needed: not every version of onnx's checker does."""
    known = {"", *file.initializers, *[declared.name for declared in file.inputs]}
    for node in file.nodes:
        missing = [name for name in node.inputs if name not in known]
        if missing:
            raise node.refused(f"its input {missing[0]!r} is not there when it is computed")
        known.update(node.outputs)
    missing = [name for name in file.outputs if not name or name not in known]
    if missing:
        raise OnnxError(f"load: nothing computes the output {missing[0]!r}")


def _state(file: ModelFile) -> tuple[set[str], set[str]]:
    """The initializers that are parameters, and buffers: as `export` says, else by what they are given to."""
    floats = {name for name, array in file.initializers.items() if array.dtype.kind == "f"}
    said = file.metadata.get(STATE)
    if said is None:
        return _given_to(file, _LEARNED_PLACES) & floats, _given_to(file, _RUNNING_PLACES) & floats
    try:
        parameters, buffers = [set(map(str, names)) for names in json.loads(said)]
    except (TypeError, ValueError):
        raise OnnxError(f"load: the file's list of parameters ({STATE}) is damaged") from None
    return parameters & floats, buffers & file.initializers.keys() - parameters


def _given_to(file: ModelFile, places: Mapping[str, tuple[int, ...]]) -> set[str]:
    """The initializers with axes that operators are given in these places."""
    given = {
        node.inputs[place] for node in file.nodes for place in places.get(node.kind, ()) if place < len(node.inputs)
    }
    return {name for name, array in file.initializers.items() if name in given and array.ndim}


def _path(root: Module, name: str) -> Sequence[str] | None:
    """Where a tensor of this name goes: the names of the modules and its own; None if it cannot have that name."""
    parts = name.split(".")
    place: Any = root
    for i, part in enumerate(parts):
        is_last = i == len(parts) - 1
        if not part or (place is not None and (hasattr(place, part) if is_last else not _leads_on(place, part))):
            return None
        if hasattr(OnnxModule, part):
            return None
        place = vars(place).get(part) if place is not None else None
    return parts


def _leads_on(place: Any, part: str) -> bool:
    """Whether there is a part of this name, or room for one."""
    return isinstance(vars(place).get(part), _Part) or not hasattr(place, part)


def load(path: str | PathLike[str]) -> OnnxModule:
    """The model of an ONNX file as a module, that runs and can be trained.

    It reads what `export` writes, and MLPs, CNNs and recurrent networks as PyTorch's exporters write them (opsets 7 to
    24). Parameters and buffers have the file's names, so that `load_state_dict` takes them to and from the model that
    was exported. In a file of `export` the parameters are those that the model had; in another, weights and biases of
    layers and all constants of floats that are added or multiplied. Dropout and batch normalisation are those of
    inference, in training too.

    Nothing in the file is evaluated; tensors in other files are read only from the file's own directory.
    Errors: OnnxError, in one line, for a file that cannot be read, is damaged, or has operators, types or attributes
    that are not supported; ModuleNotFoundError without `onnx`.
    """
    path = Path(path)
    file = read_model(path)
    try:
        return OnnxModule(file)
    except OnnxError as error:
        raise OnnxError(f"{path}: {error}") from error


__all__ = ["OnnxModule", "load"]
