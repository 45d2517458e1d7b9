"""How each ONNX operator is computed: one row an operator, a file a family."""

from nn.onnx.operators import elementwise, products, recurrence, reduction, shaping, windows  # noqa: F401 - the rows
from nn.onnx.operators.table import OPERATORS, Compute, Node

__all__ = ["OPERATORS", "Compute", "Node"]
