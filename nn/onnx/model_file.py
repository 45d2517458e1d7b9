"""Reading an ONNX file: parsed and checked, with all of its numbers as arrays. Nothing in it is evaluated.

Numbers that lie in files beside it ("external data") are read only from regular files within its own directory.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nn.errors import OnnxError
from nn.onnx.library import onnx_library
from nn.onnx.operators.elementwise import DTYPES
from nn.onnx.operators.table import Node

OLDEST, NEWEST = 7, 24
"""The versions of ONNX's operators that are read."""

Array = npt.NDArray[Any]


class Declared(NamedTuple):
    """An input of the graph, as the file declares it. A length of None is open."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int | None, ...] | None


class ModelFile(NamedTuple):
    """What a file holds."""

    inputs: list[Declared]
    outputs: list[str]
    nodes: list[Node]
    initializers: dict[str, Array]
    metadata: dict[str, str]


def read_model(path: Path) -> ModelFile:
    """The content of the file at `path`. Raises OnnxError, in one line, for one that cannot be used."""
    onnx = onnx_library()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise OnnxError(f"cannot read the ONNX file {path}: {error.strerror or error}") from error
    proto = onnx.ModelProto()
    try:
        proto.ParseFromString(data)
    except Exception as error:  # protobuf's DecodeError, which depends on how protobuf was built
        raise OnnxError(f"{path} is no ONNX file, or a damaged one") from error
    if not proto.HasField("graph") or not proto.ir_version:
        raise OnnxError(f"{path} is no ONNX file, or a damaged one")
    try:
        return _Reader(onnx, path, proto).read()
    except OnnxError as error:
        raise OnnxError(f"{path}: {error}") from error.__cause__


class _Reader:
    def __init__(self, onnx: Any, path: Path, proto: Any) -> None:
        self._onnx = onnx
        self._directory = path.resolve().parent
        self._proto = proto

    def read(self) -> ModelFile:
        """All of it."""
        self._bring_inside()
        self._check()
        graph = self._proto.graph
        if graph.sparse_initializer:
            raise OnnxError("load: sparse tensors are not supported")
        initializers = {x.name: self._array(x) for x in graph.initializer}
        return ModelFile(
            [self._declared(x) for x in graph.input if x.name not in initializers],
            [x.name for x in graph.output],
            [self._node(x) for x in graph.node],
            initializers,
            {entry.key: entry.value for entry in self._proto.metadata_props},
        )

    def _check(self) -> None:
        versions = {entry.domain: entry.version for entry in self._proto.opset_import}
        self._opset = versions.get("", versions.get("ai.onnx", 0))
        if not OLDEST <= self._opset <= NEWEST:
            raise OnnxError(f"load: opset {self._opset} of the operators is not supported; write {OLDEST} to {NEWEST}")
        try:
            self._onnx.checker.check_model(self._proto)
            if self._proto.functions:
                import onnx.inliner

                self._proto = onnx.inliner.inline_local_functions(self._proto)
        except Exception as error:  # of several kinds, which are the library's own
            raise OnnxError(f"load: the file breaks ONNX's rules: {' '.join(str(error).split())}") from error

    def _node(self, proto: Any) -> Node:
        attributes = {}
        for attribute in proto.attribute:
            if attribute.type in (self._onnx.AttributeProto.GRAPH, self._onnx.AttributeProto.GRAPHS):
                raise OnnxError(
                    f"load: the node {proto.name!r} ({proto.op_type}) holds a graph of its own, for a branch or a "
                    "loop, which is not supported"
                )
            attributes[attribute.name] = self._attribute(attribute)
        kind = proto.op_type if proto.domain in ("", "ai.onnx") else f"{proto.domain}.{proto.op_type}"
        return Node(kind, proto.name, tuple(proto.input), tuple(proto.output), attributes, self._opset)

    def _attribute(self, proto: Any) -> Any:
        value = self._onnx.helper.get_attribute_value(proto)
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        if isinstance(value, self._onnx.TensorProto):
            return self._array(value)
        if isinstance(value, (float, int)):
            return value
        parts = list(value) if hasattr(value, "__iter__") else [value]
        return [part.decode("utf-8", "replace") if isinstance(part, bytes) else part for part in parts]

    def _array(self, proto: Any) -> Array:
        if proto.data_type not in DTYPES:
            known = {number: name for name, number in self._onnx.TensorProto.DataType.items()}
            name = known.get(proto.data_type, f"the unknown type number {proto.data_type}")
            raise OnnxError(
                f"load: the tensor {proto.name!r} holds {name}; there are floats of 32 and 64 bits, whole numbers "
                "and bools"
            )
        try:
            return np.array(self._onnx.numpy_helper.to_array(proto))
        except Exception as error:
            raise OnnxError(
                f"load: the tensor {proto.name!r} does not have the numbers that its shape takes"
            ) from error

    def _declared(self, proto: Any) -> Declared:
        kind = proto.type.tensor_type
        if not proto.type.HasField("tensor_type") or kind.elem_type not in DTYPES:
            raise OnnxError(
                f"load: the input {proto.name!r} is no tensor of floats of 32 or 64 bits, whole numbers or bools"
            )
        shape = None
        if kind.HasField("shape"):
            shape = tuple([d.dim_value if d.HasField("dim_value") else None for d in kind.shape.dim])
        return Declared(proto.name, np.dtype(DTYPES[kind.elem_type]), shape)

    # --- numbers in other files -----------------------------------------------------------------

    def _bring_inside(self) -> None:
        """Read numbers that lie in files beside this one into it."""
        external = self._onnx.TensorProto.EXTERNAL
        attributes = [attribute.t for node in self._proto.graph.node for attribute in node.attribute]
        for tensor in [*self._proto.graph.initializer, *attributes]:
            if tensor.data_location == external:
                tensor.raw_data = self._external(tensor)
                tensor.ClearField("data_location")
                tensor.ClearField("external_data")

    def _external(self, tensor: Any) -> bytes:
        where = {entry.key: entry.value for entry in tensor.external_data}
        wrong = f"load: the numbers of {tensor.name!r} should lie in the file {where.get('location', '')!r}"
        location = Path(where.get("location", ""))
        place = (self._directory / location).resolve()
        if location.is_absolute() or not place.is_relative_to(self._directory) or not place.is_file():
            raise OnnxError(f"{wrong}, which is no file in the directory of this one")
        if tensor.data_type not in DTYPES or any(n < 0 for n in tensor.dims):
            raise OnnxError(f"{wrong}, and are of a type or shape that is not supported")
        needed = int(np.prod([int(n) for n in tensor.dims], dtype=object)) * np.dtype(DTYPES[tensor.data_type]).itemsize
        try:
            offset = int(where.get("offset", "0"))
            length = int(where.get("length", str(needed)))
        except ValueError:
            raise OnnxError(f"{wrong}, at a place that is no number") from None
        if offset < 0 or length != needed or offset + needed > place.stat().st_size:
            raise OnnxError(f"{wrong}, which does not have the {needed} bytes for it at {offset}")
        with open(place, "rb") as file:
            file.seek(offset)
            return file.read(needed)
