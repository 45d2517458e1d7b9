"""Arrays in, arrays out: the loops that need compiling. Nothing here knows of graphs or gradients' bookkeeping.

Callers have checked shapes and dtypes. The submodules load on first use, and Numba with them, so that
`import autograd_core` stays as cheap as `import numpy`.
"""

import importlib
from types import ModuleType

import numpy as np

# What kernels compute in: in the machine's own order of bytes, that is.
FLOATS = (np.dtype(np.float32), np.dtype(np.float64))

# Elements from which a kernel, in one pass and with several threads, beats numpy's loops one after the other.
LONG = 1 << 11
# The same where numpy would need several loops, as for a sigmoid.
LONG_FOR_SEVERAL = 1 << 8

# Multiplications up to which a matrix product is numpy's, whose BLAS then works on one thread and compiles nothing.
SMALL_PRODUCT = 1 << 18

_SUBMODULES = (
    "convolution",
    "correlation",
    "cumulative",
    "elementwise",
    "exponential",
    "gemm",
    "jit",
    "lane_sums",
    "launch",
    "matvec",
    "maxima",
    "memory",
    "normalisation",
    "pooling",
    "reduction",
    "scatter",
    "simd",
    "softmax",
    "sorting",
    "team",
    "threads",
    "vectors",
    "warmup",
)


def __getattr__(name: str) -> ModuleType:
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(_SUBMODULES)
