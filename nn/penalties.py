"""What is added to the loss so that weights stay small: the lectures' L2 and L1 (deck C), which spare the biases.

>>> import autograd_core as ag, nn
>>> net = nn.Sequential(nn.Linear(2, 1))
>>> net.load_state_dict({"0.weight": [[3.0, -4.0]], "0.bias": [9.0]})
LoadedKeys(missing_keys=[], unexpected_keys=[])
>>> nn.penalties.l2(net, 0.5).item(), nn.penalties.l1(net, 0.5, n=2).item()
(6.25, 1.75)
"""

from collections.abc import Callable
from typing import Any

import autograd_core as ag
from autograd_core import ArgumentError, Tensor
from nn.module import Module
from nn.parameter_groups import biases_of, weights_of


def l2(module: Module, strength: float, n: int = 1, biases: bool = False) -> Tensor:
    """λ/(2n) Σw², with λ the strength and n the number of training examples. Gradient: λ/n·w.

    A step of gradient descent with rate η then has w ← (1 - ηλ/n)w - η∂C/∂w: it is weight decay of λ/n, which the
    optimisers do at less cost. Of frozen parameters there is a penalty, but no gradient.
    """
    return _penalty("l2", module, lambda w: ag.sum(ag.square(w)), strength, n, biases) * 0.5


def l1(module: Module, strength: float, n: int = 1, biases: bool = False) -> Tensor:
    """λ/n Σ|w|. Gradient: λ/n·sign(w), which moves weights to 0 however small they are."""
    return _penalty("l1", module, lambda w: ag.sum(ag.abs(w)), strength, n, biases)


def _penalty(name: str, module: Module, size: Callable[[Any], Any], strength: float, n: int, biases: bool) -> Any:
    if not (strength >= 0 and n >= 1):
        raise ArgumentError(f"{name}: takes a strength of at least 0 and n of at least 1, got {strength} and {n}")
    parameters = weights_of(module) + (biases_of(module) if biases else [])
    if not parameters:
        raise ArgumentError(f"{name}: {type(module).__name__} has no weights to penalise")
    total = size(parameters[0])
    for parameter in parameters[1:]:
        total = total + size(parameter)
    return total * (strength / n)
