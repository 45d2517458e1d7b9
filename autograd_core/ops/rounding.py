"""Elementwise ops that round to whole numbers: constant between their steps, so all local gradients are 0.

Learning goes through a rounded number only with a gradient of one's own, for instance
`x + (round(x) - x).detach()`, the straight-through estimator.
"""

# The rows are named as the Python array API standard names them, `round` among them.

import numpy as np

from autograd_core.ops.definition import elementwise

__all__ = ["ceil", "floor", "round", "trunc"]

# numpy's functions rather than Python's, which make integers and so lose -0 and refuse inf and nan.


@elementwise(array=np.floor)
def floor(x):
    """The largest whole number ≤ x. Local gradient 0."""
    return float(np.floor(x))


@elementwise(array=np.ceil)
def ceil(x):
    """The smallest whole number ≥ x. Local gradient 0."""
    return float(np.ceil(x))


@elementwise(array=np.trunc)
def trunc(x):
    """The nearest whole number towards 0. Local gradient 0."""
    return float(np.trunc(x))


def _rint(x):
    return x if x.dtype.kind in "iu" else np.rint(x)  # which makes floats of integers, other than floor


@elementwise(array=_rint)
def round(x):
    """The nearest whole number, of two equally near the even one. Local gradient 0."""
    return float(np.rint(x))


@floor.local_gradient("x")
@ceil.local_gradient("x")
@trunc.local_gradient("x")
@round.local_gradient("x")
def _():
    return 0.0
