"""Linear algebra, under the names of the Python array API standard's `linalg`; the formulas are in `ops`.

All take matrices in the last two axes, as many as the axes before them hold, and differentiate to any order.
"""

from autograd_core.ops.decompositions import cholesky, eigh, eigvalsh, qr, svd, svdvals
from autograd_core.ops.diagonals import diagonal, trace
from autograd_core.ops.linalg import matmul, outer, tensordot, vecdot
from autograd_core.ops.shaping import matrix_transpose
from autograd_core.ops.solving import det, inv, matrix_power, pinv, slogdet, solve

__all__ = [
    "cholesky",
    "det",
    "diagonal",
    "eigh",
    "eigvalsh",
    "inv",
    "matmul",
    "matrix_power",
    "matrix_transpose",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
]
