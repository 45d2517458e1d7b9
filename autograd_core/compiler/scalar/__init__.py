"""Compiling functions of Values: their graph as flat arrays, gone through by kernels without Python for each node."""

from autograd_core.compiler.scalar.arguments import OfArraysError as OfArraysError
from autograd_core.compiler.scalar.arguments import is_float as is_float
from autograd_core.compiler.scalar.compiled import ScalarFunction as ScalarFunction
from autograd_core.compiler.scalar.compiled import value_and_gradients as value_and_gradients
from autograd_core.compiler.scalar.witness import Witness as Witness
