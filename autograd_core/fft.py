"""Fourier transforms, under the names of the Python array API standard's `fft`; the formulas are in `ops`.

A complex number is a pair of real ones, in a last axis of 2: there is no complex dtype, and so `rfft` gives shape
(..., n//2 + 1, 2), where numpy gives (..., n//2 + 1). All differentiate to any order.
"""

from typing import TYPE_CHECKING

from autograd_core.creation import fftfreq, rfftfreq
from autograd_core.missing_names import unknown_names
from autograd_core.ops import fourier
from autograd_core.ops.fourier import *

__all__ = ["fftfreq", "rfftfreq"]
__all__ += fourier.__all__

if not TYPE_CHECKING:  # for which every name would exist
    __getattr__ = unknown_names(__name__, __all__)
