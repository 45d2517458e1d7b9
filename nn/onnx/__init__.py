"""ONNX: models as files that other programs run, and files of other programs as modules (the extra `onnx`).

    nn.onnx.export(net, x, "net.onnx", dynamic={0: "batch"})
    net = nn.onnx.load("net.onnx")

The library `onnx` is loaded at the first call. How ops are written is in `translations`, how operators are read in
`operators`.
"""

from typing import TYPE_CHECKING

from autograd_core import unknown_names
from nn.onnx.exporting import export
from nn.onnx.loading import OnnxModule, load
from nn.onnx.translations import translates

__all__ = ["OnnxModule", "export", "load", "translates"]

if not TYPE_CHECKING:  # for which every name would exist
    __getattr__ = unknown_names(__name__, __all__)
