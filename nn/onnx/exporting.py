"""Export: a model as an ONNX file, by one forward pass that is traced."""

from __future__ import annotations

import inspect
import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, AutogradError, Place, Tensor, Trace
from nn.arguments import kind_of
from nn.atomic_write import write_atomically
from nn.errors import OnnxError
from nn.file_endings import check_ending
from nn.modes import evaluating
from nn.module import Module, Parameter
from nn.onnx.graph import Graph
from nn.onnx.library import onnx_library
from nn.onnx.program import Program
from nn.onnx.sizes import Sample, Shape, Size
from nn.onnx.translations import TRANSLATIONS

OPSET = 20
"""The version of ONNX's operators that is written."""
IR_VERSION = 9  # the first with this opset: older programs read it

STATE = "autograd_core.state"  # the key under which a file names the parameters among its initializers, and buffers
_LARGEST = 2**31 - 1  # bytes of a message of protobuf

Dynamic = Mapping[Any, Any]


def export(
    model: Module,
    inputs: Any,
    path: str | PathLike[str],
    *,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    dynamic: Dynamic | None = None,
) -> None:
    """Write the model as an ONNX file (opset 20), which onnxruntime and others run.

    `inputs` is what the model is called with: a tensor or array, or a tuple of such (and of nested ones, None and
    numbers, which stay as they are). The forward pass runs on them, in evaluation mode, and every op that it computes
    is written; it runs twice, to see that it computes the same. Each module is put back into its mode afterwards.
    Parameters and buffers keep the names of `state_dict()`. What Python decides in `forward` is written as it was
    decided for these inputs: an `if` by the branch taken, a loop by its turns; a warning names each line that looked at
    numbers computed from the inputs.

    `dynamic` leaves lengths of axes open: `{0: "batch"}` that of axis 0 of every input, or, by the names of inputs,
    `{"x": {0: "batch", 1: "time"}}`. Axes of one name have one length. The model is run at three more sizes of each,
    and at every one it must compute the same ops; without `dynamic` the file takes the shapes given, and no other.

    Names are those of forward's parameters and "output", "output_1", ... or a dictionary's keys, unless given.
    The file is checked by the library `onnx`, and written whole or not at all.
    Errors: OnnxError for an op without translation, or a model that depends on an open size in another way than a graph
    can express, with its line; OutputError if the file cannot be written; ArgumentError for a name that ends as
    another kind of file does, such as `.pt`; ModuleNotFoundError without `onnx`.
    """
    onnx = onnx_library()
    if not isinstance(model, Module):
        raise ArgumentError(f"export: takes a module, its inputs and a path, got {kind_of(model)} for the module")
    check_ending("export", Path(path), ".onnx")
    given = _Inputs(model, inputs, input_names)
    axes = _open_axes(given, dynamic)
    with evaluating(model):
        program = _program(model, given, axes)
    graph = Graph(program, TRANSLATIONS)
    state = dict(model._named_tensors())
    for name in state:
        graph.take(name)
    for place, name, symbols in zip(program.arguments, given.names, axes, strict=True):
        if name in state:
            raise ArgumentError(f"export: {name!r} names an input and a parameter; give other input_names")
        graph.add_input(place, name, symbols)
    graph.translate()
    outputs = _outputs(graph, program, output_names, given.names)
    parameters = {name for name, tensor in state.items() if isinstance(tensor, Parameter)}
    names = [sorted(parameters), sorted(model.state_dict().keys() - parameters)]
    proto = _model_proto(onnx, graph, given.names, outputs, type(model).__name__, names)
    data = proto.SerializeToString()
    if len(data) > _LARGEST:
        raise OnnxError(f"export: the model has {len(data):,} bytes, and an ONNX file at most {_LARGEST:,}")
    try:
        onnx.checker.check_model(proto, full_check=True)
    except Exception as error:  # of several kinds, which are the library's own
        raise OnnxError(f"export: the library onnx finds the file wrong, which is a defect here: {error}") from error
    write_atomically(Path(path), data)


class _Inputs:
    """What the model is called with: the tensors in it, their names, and how to call it with others."""

    def __init__(self, model: Module, inputs: Any, names: Sequence[str] | None) -> None:
        self._model = model
        self._tree = inputs if isinstance(inputs, tuple) else (inputs,)
        self.arrays: list[Any] = []
        found: list[str] = []
        for name, argument in zip(self._parameters(), self._tree, strict=False):
            leaves = [x for x in _leaves(argument) if hasattr(x, "ndim")]
            self.arrays += [x.detach() if isinstance(x, Tensor) else np.asarray(x) for x in leaves]
            found += [name] if len(leaves) == 1 else [f"{name}_{i}" for i in range(len(leaves))]
        if not self.arrays:
            raise ArgumentError("export: give the inputs as tensors or arrays, of the shapes that the model takes")
        self.names = _checked_names("input_names", names if names is not None else found, len(self.arrays))

    def _parameters(self) -> list[str]:
        """The names of forward's parameters, as many as there are inputs."""
        count = len(self._tree)
        parameters = list(inspect.signature(self._model.forward).parameters.values())
        named = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][:count]
        return named + [f"input_{i}" for i in range(len(named), count)]

    def trace(self, arrays: Sequence[Any]) -> Trace:
        """The model's forward pass with these in the place of its tensors."""

        def forward(*tensors: Any) -> Any:
            rest = iter(tensors)
            return self._model(*[_replaced(argument, rest) for argument in self._tree])

        return ag.traced(forward, *arrays, fixed=dict(self._model._named_tensors()).values())


def _leaves(tree: Any) -> list[Any]:
    if isinstance(tree, (tuple, list)):
        return [leaf for part in tree for leaf in _leaves(part)]
    return [tree]


def _replaced(tree: Any, rest: Iterator[Any]) -> Any:
    if isinstance(tree, (tuple, list)):
        return type(tree)(_replaced(part, rest) for part in tree)
    return next(rest) if hasattr(tree, "ndim") else tree


def _checked_names(what: str, names: Sequence[str], count: int) -> list[str]:
    names = [names] if isinstance(names, str) else list(names)
    if len(names) != count or len(set(names)) != count or not all(isinstance(n, str) and n for n in names):
        raise ArgumentError(f"export: {what} must be {count} different names, got {names!r}")
    return names


# --- open axes --------------------------------------------------------------------------------


def _open_axes(given: _Inputs, dynamic: Dynamic | None) -> list[dict[int, str]]:
    """For each input, its open axes and what their sizes are called."""
    if dynamic is None:
        return [{} for _ in given.names]
    if not isinstance(dynamic, Mapping):
        raise ArgumentError(f'export: dynamic is {{0: "batch"}}, or {{"input": {{0: "batch"}}}}; got {dynamic!r}')
    by_name = dynamic if any(isinstance(key, str) for key in dynamic) else dict.fromkeys(given.names, dynamic)
    unknown = [name for name in by_name if name not in given.names]
    if unknown:
        raise ArgumentError(f"export: dynamic names the input {unknown[0]!r}; there are {', '.join(given.names)}")
    found = []
    for name, array in zip(given.names, given.arrays, strict=True):
        axes = by_name.get(name, {})
        symbols = {}
        for axis, symbol in axes.items() if isinstance(axes, Mapping) else [(None, None)]:
            if not isinstance(axis, int) or not isinstance(symbol, str) or not symbol.isidentifier():
                raise ArgumentError(f"export: dynamic[{name!r}] has names of axes by number, got {axes!r}")
            if not -array.ndim <= axis < array.ndim:
                raise ArgumentError(f"export: dynamic has axis {axis} for {name!r}, of shape {array.shape}")
            symbols[axis % array.ndim] = symbol
        found.append(symbols)
    return found


def _program(model: Module, given: _Inputs, axes: Sequence[dict[int, str]]) -> Program:
    """What the model computes, at the sizes given and at others of each open axis."""
    base = given.trace(given.arrays)
    sizes: dict[str, int] = {}
    first: set[str] = set()
    for symbols, array in zip(axes, given.arrays, strict=True):
        for axis, symbol in symbols.items():
            if sizes.setdefault(symbol, array.shape[axis]) != array.shape[axis]:
                raise ArgumentError(
                    f"export: {symbol!r} is {sizes[symbol]} in one input, {array.shape[axis]} in another"
                )
            first |= {symbol} if axis == 0 else set()
    samples, others = [Sample("", 0)], [_quietly(given, given.arrays)]
    for symbol, size in sizes.items():
        if not size:
            raise ArgumentError(f"export: {symbol!r} has size 0; give inputs that are not empty")
        # 1 among them, for code that treats a single example otherwise; of an inner axis it may be too few.
        sizes_tried = [size + 1, size + 3, *([1] if symbol in first and size > 1 else [size + 4])]
        for other in sizes_tried:
            arrays = [_resized(x, symbols, symbol, other) for x, symbols in zip(given.arrays, axes, strict=True)]
            samples.append(Sample(symbol, other))
            others.append(_tried(given, arrays, symbol, size, other))
    state = dict(model._named_tensors())
    return Program(base, others, samples, sizes, state)


def _tried(given: _Inputs, arrays: list[Any], symbol: str, size: int, other: int) -> Trace:
    try:
        return _quietly(given, arrays)
    except AutogradError as error:
        raise OnnxError(
            f"export: the model runs with {symbol!r} of {size} and not of {other} ({error}); export with fixed sizes"
        ) from error


def _quietly(given: _Inputs, arrays: Sequence[Any]) -> Trace:
    """A run without the warnings that the first one gave."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return given.trace(arrays)


def _resized(x: Any, symbols: dict[int, str], symbol: str, size: int) -> Any:
    """The input with another length along these axes, of the elements that there are."""
    for axis, its in symbols.items():
        if its == symbol:
            x = ag.take(x, np.arange(size) % x.shape[axis], axis=axis)
    return x


# --- what is written --------------------------------------------------------------------------


def _outputs(
    graph: Graph, program: Program, names: Sequence[str] | None, inputs: Sequence[str]
) -> list[tuple[str, Place]]:
    """The name and place of each output; nodes are added or renamed for it."""
    flat = list(_named_results(program.result, ""))
    own = [name or "output" for name, _ in flat]
    wanted = _checked_names("output_names", own if names is None else names, len(flat))
    found = []
    for name, (_, place) in zip(wanted, flat, strict=True):
        taken = graph.take(name)
        if taken != name and names is not None:
            raise ArgumentError(f"export: the name {name!r} of an output is that of something else; choose another")
        value = graph.value(place)
        graph.nodes.append(graph.onnx.helper.make_node("Identity", [graph.name(value)], [taken], name=taken))
        found.append((taken, place))
    return found


def _named_results(tree: Any, prefix: str) -> Iterator[tuple[str, Place]]:
    if isinstance(tree, Place):
        yield prefix, tree
    elif isinstance(tree, dict):
        for key, part in tree.items():
            yield from _named_results(part, f"{prefix}.{key}" if prefix else str(key))
    else:
        for i, part in enumerate(tree):
            yield from _named_results(part, f"{prefix}_{i}" if prefix else f"output_{i}" if i else "output")


def _model_proto(
    onnx: Any,
    graph: Graph,
    inputs: Sequence[str],
    outputs: Sequence[tuple[str, Place]],
    name: str,
    state: list[list[str]],
) -> Any:
    helper, program = onnx.helper, graph.program
    nodes = _needed(graph.nodes, {name for name, _ in outputs})
    _drop_identities(nodes, {name for name, _ in outputs}, graph)
    used = {name for node in nodes for name in node.input}
    initializers = {name: array for name, array in graph.initializers.items() if name in used}
    proto = helper.make_graph(
        nodes,
        name,
        [_info(helper, name, program, place) for name, place in zip(inputs, program.arguments, strict=True)],
        [_info(helper, name, program, place) for name, place in outputs],
        [
            onnx.numpy_helper.from_array(np.ascontiguousarray(x).reshape(x.shape), name)
            for name, x in initializers.items()
        ],
    )
    model = helper.make_model(
        proto,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="autograd-core",
    )
    helper.set_model_props(model, {STATE: json.dumps([[n for n in names if n in used] for names in state])})
    return model


def _info(helper: Any, name: str, program: Program, place: Place) -> Any:
    shape: Shape = program.shapes[place]
    kind = helper.np_dtype_to_tensor_dtype(program.dtypes[place])
    return helper.make_tensor_value_info(name, kind, [str(n) if isinstance(n, Size) else n for n in shape])


def _needed(nodes: list[Any], wanted: set[str]) -> list[Any]:
    """The nodes that the outputs depend on."""
    found = []
    for node in reversed(nodes):
        if not wanted.isdisjoint(node.output):
            wanted.update(node.input)
            found.append(node)
    return found[::-1]


def _drop_identities(nodes: list[Any], outputs: set[str], graph: Graph) -> None:
    """Give a node's result the name of the output that it is, where nothing else is called so."""
    makers = {name: node for node in nodes for name in node.output}
    readers: dict[str, int] = {}
    for node in nodes:
        for name in node.input:
            readers[name] = readers.get(name, 0) + 1
    for node in [node for node in nodes if node.op_type == "Identity" and node.output[0] in outputs]:
        inner, name = node.input[0], node.output[0]
        if inner in makers and inner not in outputs and readers[inner] == 1:
            maker = makers[inner]
            maker.output[list(maker.output).index(inner)] = name
            nodes.remove(node)
