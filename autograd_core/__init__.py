"""Reverse-mode automatic differentiation: `Value` for numbers, `Tensor` for arrays, one row of code for each op."""

import math
from typing import TYPE_CHECKING, Any

from autograd_core import cells, cuda, dtypes, ops, value_list  # noqa: F401 - value_list gives Value its ops on lists
from autograd_core.creation import (
    arange,
    empty,
    empty_like,
    eye,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from autograd_core.devices import device, wanted_dtype
from autograd_core.dtypes import *
from autograd_core.dtypes import bool as bool
from autograd_core.errors import (
    AnomalyError,
    ArgumentError,
    AutogradError,
    CompileError,
    DTypeError,
    ExpressionError,
    GradcheckError,
    GraphError,
    MappedError,
    NoLengthError,
    OutOfRangeError,
    ShapeError,
)
from autograd_core.generator import default_generator, get_random_state, manual_seed, seeded, set_random_state
from autograd_core.kernels.threads import get_num_threads, set_num_threads
from autograd_core.missing_names import late_names, unknown_names
from autograd_core.nearest_name import did_you_mean
from autograd_core.op_functions import *
from autograd_core.operators import Operators
from autograd_core.ops.argument_names import axis_or_dim
from autograd_core.ops.definition import array_op, elementwise
from autograd_core.ops.shaping import check_one_float
from autograd_core.recording import (
    allow_winograd,
    depends_on,
    detect_anomaly,
    enable_grad,
    forget_programs,
    no_grad,
    refuse_to_compile,
)
from autograd_core.sampling import bernoulli, multinomial, normal, rand, randint, randn, randperm
from autograd_core.tensor import Tensor, asarray, from_dlpack, get_default_dtype, set_default_dtype, tensor
from autograd_core.update import Update, UpdateRule, apply_updates, update_rule
from autograd_core.value import Value

if TYPE_CHECKING:
    from autograd_core import fft, linalg
    from autograd_core.check import gradcheck
    from autograd_core.compiler import compile
    from autograd_core.functions_elsewhere import *
    from autograd_core.inspection import __array_namespace_info__, can_cast, finfo, iinfo, isdtype, result_type
    from autograd_core.mapping import vmap
    from autograd_core.seeded_generator import Generator
    from autograd_core.show import draw, explain
    from autograd_core.tracing import Call, Place, Trace, traced
    from autograd_core.transforms import checkpoint, grad, gradients, hessian, hvp, jacobian, jvp, value_and_grad, vjp


def _draw(root: Any, *limit: int, **options: Any) -> Any:
    from autograd_core import show  # what few programs use, and a sixth of the time to import

    return show.draw(root, *limit, **options)


def _step(root: Any, title: str, **options: Any) -> Any:
    from autograd_core import show

    return show.step(root, title, **options)


Operators.draw = staticmethod(_draw)
Operators.stepper = staticmethod(_step)

custom_op = array_op  # the name that users of other libraries look for
# Public as well, but for `import *`, which should not take a program's own e.
e, inf, nan, pi, newaxis = math.e, math.inf, math.nan, math.pi, None

__array_api_version__ = "2024.12"  # of the Python array API standard; docs/array-api.md says what is left out

# What few programs use, by the module that is loaded when it is asked for: with all of them an import, after numpy's,
# takes 66 ms rather than 19.
_LATE = {
    "check": ["gradcheck"],
    "compiler": ["compile"],
    "inspection": ["__array_namespace_info__", "can_cast", "finfo", "iinfo", "isdtype", "result_type"],
    "mapping": ["vmap"],
    "seeded_generator": ["Generator"],
    "show": ["draw", "explain"],
    "tracing": ["Call", "Place", "Trace", "traced"],
    "transforms": [
        "checkpoint", "grad", "gradients", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp",
    ],
}  # fmt: skip
_PLACES = {name: f"autograd_core.{module}" for module, names in _LATE.items() for name in names}
_PLACES |= {name: f"autograd_core.{name}" for name in ("fft", "linalg")}

# PyTorch's names, which must not hide Python's own in this file.
_DTYPES_ELSEWHERE = {"double": float64, "float": float32, "int": int32, "long": int64}


if not TYPE_CHECKING:  # for which every name would exist

    def __getattr__(name: str) -> Any:
        if name in _DTYPES_ELSEWHERE:
            return _DTYPES_ELSEWHERE[name]
        if name not in _PLACES:
            import autograd_core.functions_elsewhere as elsewhere  # `from` would ask here for the module first

            if name in elsewhere.__all__:
                return getattr(elsewhere, name)
        return late_names(__name__, _PLACES, __all__)(name)


__all__ = [
    "AnomalyError",
    "ArgumentError",
    "AutogradError",
    "Call",
    "CompileError",
    "DTypeError",
    "ExpressionError",
    "Generator",
    "GradcheckError",
    "GraphError",
    "MappedError",
    "NoLengthError",
    "OutOfRangeError",
    "Place",
    "ShapeError",
    "Tensor",
    "Trace",
    "Update",
    "UpdateRule",
    "Value",
    "__array_namespace_info__",
    "allow_winograd",
    "apply_updates",
    "arange",
    "array_op",
    "asarray",
    "axis_or_dim",
    "bernoulli",
    "can_cast",
    "cells",
    "check_one_float",
    "checkpoint",
    "compile",
    "cuda",
    "custom_op",
    "default_generator",
    "depends_on",
    "detect_anomaly",
    "device",
    "did_you_mean",
    "draw",
    "elementwise",
    "empty",
    "empty_like",
    "enable_grad",
    "explain",
    "eye",
    "fft",
    "finfo",
    "forget_programs",
    "from_dlpack",
    "full",
    "full_like",
    "get_default_dtype",
    "get_num_threads",
    "get_random_state",
    "grad",
    "gradcheck",
    "gradients",
    "hessian",
    "hvp",
    "iinfo",
    "isdtype",
    "jacobian",
    "jvp",
    "late_names",
    "linalg",
    "linspace",
    "manual_seed",
    "multinomial",
    "no_grad",
    "normal",
    "ones",
    "ones_like",
    "rand",
    "randint",
    "randn",
    "randperm",
    "refuse_to_compile",
    "result_type",
    "seeded",
    "set_default_dtype",
    "set_num_threads",
    "set_random_state",
    "tensor",
    "traced",
    "unknown_names",
    "update_rule",
    "value_and_grad",
    "vjp",
    "vmap",
    "wanted_dtype",
    "zeros",
    "zeros_like",
]
__all__ += dtypes.__all__
__all__ += ops.names
