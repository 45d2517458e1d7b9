"""Linear algebra, under the names of the Python array API standard's `linalg`; the formulas are in `ops`.

All take matrices in the last two axes, as many as the axes before them hold, and differentiate to any order.
"""

from autograd_core.ops import decompositions, solving
from autograd_core.ops.decompositions import *
from autograd_core.ops.diagonals import diagonal, trace
from autograd_core.ops.linalg import matmul, outer, tensordot, vecdot
from autograd_core.ops.shaping import matrix_transpose
from autograd_core.ops.solving import *

__all__ = ["diagonal", "matmul", "matrix_transpose", "outer", "tensordot", "trace", "vecdot"]
__all__ += decompositions.__all__
__all__ += solving.__all__
