"""Linear algebra, under the names of the Python array API standard's `linalg`; the formulas are in `ops`.

All take matrices in the last two axes, as many as the axes before them hold, and differentiate to any order.
"""

from typing import TYPE_CHECKING

from autograd_core.missing_names import unknown_names
from autograd_core.ops import decompositions, norms, solving
from autograd_core.ops.decompositions import *
from autograd_core.ops.diagonals import diagonal, trace
from autograd_core.ops.linalg import cross, matmul, outer, tensordot, vecdot
from autograd_core.ops.norms import *
from autograd_core.ops.shaping import matrix_transpose
from autograd_core.ops.solving import *

__all__ = ["cross", "diagonal", "matmul", "matrix_transpose", "outer", "tensordot", "trace", "vecdot"]
__all__ += decompositions.__all__
__all__ += norms.__all__
__all__ += solving.__all__

if not TYPE_CHECKING:  # for which every name would exist
    __getattr__ = unknown_names(__name__, __all__)
