"""Clipping: gradients made smaller before a step that they would make too large."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_core import ArgumentError, Tensor, array_op, maximum, minimum, norm, update_rule, zeros
from optim.arguments import described, listed
from optim.kinds import ABOVE_0, AT_LEAST_0, require


@array_op(outputs=("total", "factor"))
def _norm_of_all(*gradients, norm_type, max_norm, refusing):
    """The norm of all numbers together, in float64, and what they are to be multiplied by."""
    norms = [float(norm(g, ord=norm_type)) for g in gradients]
    total = float(norm(np.array(norms), ord=norm_type))
    if refusing and not math.isfinite(total):
        raise ArgumentError(
            f"clip_grad_norm: the gradients' norm is {total}; find its origin with autograd_core.detect_anomaly(),"
            " or pass error_if_nonfinite=False"
        )
    return np.array(total), np.array(max_norm / (total + 1e-6))


@array_op
def _clipped(g, factor, /):
    """g times the factor; as it is, if that is not below 1."""
    return g[...] if factor >= 1.0 else g * g.dtype.type(factor)


_norm_of_all.not_differentiable()
_clipped.not_differentiable("factor")  # there is no rule for g, so a gradient that was recorded is refused
for _op in (_norm_of_all, _clipped):
    _op.promotes = False


@update_rule
def _clamp(g, *, least, most):
    return minimum(maximum(g, least), most)


def clip_grad_norm(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """Shrink all gradients by one factor, so that the norm of them together is at most `max_norm`; return what it was.

    The norm is a float64 tensor of a single number, so that a compiled step may clip too; float() makes a number of it.
    The factor is max_norm / (norm + 1e-6), as torch's (Pascanu, Mikolov and Bengio 2013). `norm_type` is any p of a
    p-norm, or inf. A norm that is nan makes all gradients nan and an infinite one makes them 0 or nan, unless
    `error_if_nonfinite`, which raises ArgumentError and leaves them alone.
    """
    require("clip_grad_norm", AT_LEAST_0, max_norm=max_norm)
    require("clip_grad_norm", ABOVE_0, norm_type=norm_type)
    owners = _owners("clip_grad_norm", parameters)
    if not owners:
        return zeros((), dtype=np.float64)
    gradients = [owner.grad for owner in owners]
    total, factor = _norm_of_all(*gradients, norm_type=norm_type, max_norm=max_norm, refusing=error_if_nonfinite)
    for owner, gradient in zip(owners, gradients, strict=True):
        owner.grad = _clipped(gradient, factor)
    return total  # type: ignore[no-any-return]


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """PyTorch's name of `clip_grad_norm`; `foreach`, a way to compute it there, makes no difference."""
    return clip_grad_norm(parameters, max_norm, norm_type, error_if_nonfinite)


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """PyTorch's name of `clip_grad_value`; `foreach`, a way to compute it there, makes no difference."""
    clip_grad_value(parameters, clip_value)


def clip_grad_value(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Bring every element of the gradients between -`clip_value` and `clip_value`; nan stays nan."""
    require("clip_grad_value", AT_LEAST_0, clip_value=clip_value)
    for owner in _owners("clip_grad_value", parameters):
        _clamp(owner.grad, least=-clip_value, most=clip_value)


def _owners(caller: str, parameters: Tensor | Iterable[Tensor]) -> list[Any]:
    """The parameters that have a gradient."""
    parameters = [parameters] if isinstance(parameters, Tensor) else listed(caller, parameters)
    for parameter in parameters:
        if not isinstance(parameter, Tensor):
            raise ArgumentError(f"{caller}: takes tensors, such as model.parameters(), got {described(parameter)}")
    return [parameter for parameter in parameters if parameter.grad is not None]
