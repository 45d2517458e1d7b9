"""Reverse-mode automatic differentiation: `Value` for numbers, `Tensor` for arrays, one row of code for each op."""

from autograd_core import linalg, ops
from autograd_core.check import gradcheck
from autograd_core.creation import arange, eye, full, full_like, linspace, ones, ones_like, zeros, zeros_like
from autograd_core.errors import (
    ArgumentError,
    AutogradError,
    DTypeError,
    ExpressionError,
    GradcheckError,
    GraphError,
    ShapeError,
)
from autograd_core.generator import default_generator, get_random_state, manual_seed, set_random_state
from autograd_core.graph import enable_grad, no_grad
from autograd_core.ops import *
from autograd_core.ops.definition import array_op, elementwise
from autograd_core.show import draw, explain
from autograd_core.tensor import Tensor, get_default_dtype, set_default_dtype, tensor
from autograd_core.update import update_rule
from autograd_core.value import Value

__all__ = [
    "ArgumentError",
    "AutogradError",
    "DTypeError",
    "ExpressionError",
    "GradcheckError",
    "GraphError",
    "ShapeError",
    "Tensor",
    "Value",
    "arange",
    "array_op",
    "default_generator",
    "draw",
    "elementwise",
    "enable_grad",
    "explain",
    "eye",
    "full",
    "full_like",
    "get_default_dtype",
    "get_random_state",
    "gradcheck",
    "linalg",
    "linspace",
    "manual_seed",
    "no_grad",
    "ones",
    "ones_like",
    "set_default_dtype",
    "set_random_state",
    "tensor",
    "update_rule",
    "zeros",
    "zeros_like",
]
__all__ += ops.__all__
