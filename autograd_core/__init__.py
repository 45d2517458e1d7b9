"""Reverse-mode automatic differentiation: `Value` for numbers, `Tensor` for arrays, one row of code for each op."""

from autograd_core import ops
from autograd_core.errors import ArgumentError, AutogradError, DTypeError, ExpressionError, GraphError, ShapeError
from autograd_core.graph import enable_grad, no_grad
from autograd_core.ops import *
from autograd_core.tensor import Tensor, get_default_dtype, set_default_dtype, tensor
from autograd_core.value import Value

__all__ = [
    "ArgumentError",
    "AutogradError",
    "DTypeError",
    "ExpressionError",
    "GraphError",
    "ShapeError",
    "Tensor",
    "Value",
    "enable_grad",
    "get_default_dtype",
    "no_grad",
    "set_default_dtype",
    "tensor",
]
__all__ += ops.__all__
