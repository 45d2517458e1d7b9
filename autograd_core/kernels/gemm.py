"""Matrix product."""

import numpy as np


def matmul(a, b, out=None):
    """a @ b for arrays of two or more axes; leading axes broadcast."""
    return np.matmul(a, b, out=out)
