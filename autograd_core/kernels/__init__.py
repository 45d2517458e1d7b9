"""Arrays in, arrays out: the loops that need compiling. Nothing here knows of graphs or gradients' bookkeeping.

Callers have checked shapes and dtypes. The submodules load on first use, and Numba with them, so that
`import autograd_core` stays as cheap as `import numpy`.
"""

import importlib
from importlib.util import find_spec
from types import ModuleType

import numpy as np

from autograd_core.kernels.thresholds import LONG as LONG
from autograd_core.kernels.thresholds import LONG_FOR_SEVERAL as LONG_FOR_SEVERAL
from autograd_core.kernels.thresholds import SMALL_PRODUCT as SMALL_PRODUCT

# What kernels compute in: in the machine's own order of bytes, that is.
FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def __getattr__(name: str) -> ModuleType:
    if find_spec(f"{__name__}.{name}") is not None:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    from pkgutil import iter_modules

    return [module.name for module in iter_modules(__path__)]
