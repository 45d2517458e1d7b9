"""The table of translations: op name -> the function that writes it as ONNX operators."""

from __future__ import annotations

from collections.abc import Callable

from nn.onnx.graph import Translation

TRANSLATIONS: dict[str, Translation] = {}
"""Every translation by the name of its op."""


def translates(*ops: str) -> Callable[[Translation], Translation]:
    """Decorator for the translation of these ops, of one's own or another way for one that there is.

    It is a function (graph, step, *inputs). `graph.add("Relu", x)` adds a node and returns the name of its output, and
    a translation returns such a name, or a tuple of them for an op with several outputs. An input is a
    `graph.Value`, whose `shape` and `dtype` are known, or a Python number; `step.attributes` are the op's arguments.

        @nn.onnx.translates("my_op")
        def _(graph, step, x):
            return graph.add("Tanh", x)
    """

    def add(function: Translation) -> Translation:
        for op in ops:
            TRANSLATIONS[op] = function
        return function

    return add
