"""Clipping: gradients made smaller before a step that they would make too large."""

import math
from collections.abc import Iterable

import numpy as np

from autograd_core import ArgumentError, Tensor, maximum, minimum, norm, update_rule
from optim.arguments import described, listed
from optim.kinds import ABOVE_0, AT_LEAST_0, require


@update_rule
def _scale(g, *, factor):
    return factor * g


@update_rule
def _clamp(g, *, least, most):
    return minimum(maximum(g, least), most)


def clip_grad_norm(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> float:
    """Shrink all gradients by one factor, so that the norm of them together is at most `max_norm`; return what it was.

    The factor is max_norm / (norm + 1e-6), as torch's (Pascanu, Mikolov and Bengio 2013). `norm_type` is any p of a
    p-norm, or inf. A norm that is nan makes all gradients nan and an infinite one makes them 0 or nan, unless
    `error_if_nonfinite`, which raises ArgumentError and leaves them alone.
    """
    require("clip_grad_norm", AT_LEAST_0, max_norm=max_norm)
    require("clip_grad_norm", ABOVE_0, norm_type=norm_type)
    gradients = _gradients("clip_grad_norm", parameters)
    norms = [float(norm(gradient.numpy(), ord=norm_type)) for gradient in gradients]
    total = float(norm(np.array(norms), ord=norm_type)) if norms else 0.0
    if error_if_nonfinite and not math.isfinite(total):
        raise ArgumentError(
            f"clip_grad_norm: the gradients' norm is {total}; find its origin with autograd_core.detect_anomaly(),"
            " or pass error_if_nonfinite=False"
        )
    factor = max_norm / (total + 1e-6)
    if not factor >= 1.0:
        for gradient in gradients:
            _scale(gradient, factor=factor)
    return total


def clip_grad_value(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Bring every element of the gradients between -`clip_value` and `clip_value`; nan stays nan."""
    require("clip_grad_value", AT_LEAST_0, clip_value=clip_value)
    for gradient in _gradients("clip_grad_value", parameters):
        _clamp(gradient, least=-clip_value, most=clip_value)


def _gradients(caller: str, parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    parameters = [parameters] if isinstance(parameters, Tensor) else listed(caller, parameters)
    for parameter in parameters:
        if not isinstance(parameter, Tensor):
            raise ArgumentError(f"{caller}: takes tensors, such as model.parameters(), got {described(parameter)}")
    return [parameter.grad for parameter in parameters if parameter.grad is not None]
