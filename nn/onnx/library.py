"""The library `onnx`, loaded when it is first needed."""

from __future__ import annotations

from typing import Any


def onnx_library() -> Any:
    """The module `onnx`. Raises ModuleNotFoundError without it, which says what brings it."""
    try:
        import onnx
        import onnx.checker
        import onnx.helper
        import onnx.numpy_helper
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            'nn.onnx needs onnx, which is not installed; pip install "autograd-core[onnx]" brings it'
        ) from error
    return onnx
