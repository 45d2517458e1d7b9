"""Looking into a network: how its weights, gradients and activations are distributed, and which units no longer learn.

Decks A and C: a sigmoid that saturates and a ReLU that is never above zero pass next to no gradient back.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_core as ag
from autograd_core import ArgumentError, Tensor
from nn.layers.activation import Hardsigmoid, Sigmoid, _Activation
from nn.module import Module
from nn.responses import responses

_STEEPEST = {Sigmoid: 1 / 4, Hardsigmoid: 1 / 6}  # the largest slope, where it is not 1 or about 1
_FLAT = 0.01  # of the largest slope: a sigmoid beyond ±6, a tanh beyond ±3


@dataclass(frozen=True)
class Activity:
    """What one activation layer does with some examples."""

    name: str  # of the layer in the model
    layer: str  # its class
    mean: float  # of the outputs
    std: float
    flat: float  # share of the outputs whose local gradient is below a hundredth of the activation's steepest
    dead: float  # share of the units that are flat for every example

    def __str__(self) -> str:
        return (
            f"{self.name} ({self.layer}): outputs {self.mean:.3g} ± {self.std:.3g},"
            f" {100 * self.flat:.1f} % flat, {100 * self.dead:.1f} % of the units dead"
        )


def activity(model: Module, *inputs: Any) -> list[Activity]:
    """How every activation layer of `model` responds to `inputs`, in the order they are called, in evaluation mode.

    A sigmoid or tanh that is flat is saturated; half of a ReLU's outputs are flat in health, but a unit that is so for
    every example is dead. Units are channels where outputs have the shape (N, channels, height, width), and else all
    but the first axis. Raises `ArgumentError` if the model has no activation layers (activations that are called as
    functions are not seen).
    """
    found: list[Activity] = []
    for name, module, before, after in responses(model, *inputs):
        if not isinstance(module, _Activation):
            continue
        slopes = ag.grad(lambda x, forward=module.forward: ag.sum(forward(x)))(Tensor(before)).numpy()
        flat = np.abs(slopes) < _FLAT * _STEEPEST.get(type(module), 1.0)
        others = (0, *range(2, flat.ndim)) if flat.ndim > 3 else (0,)
        dead = flat.all(axis=others)
        found.append(
            Activity(
                name,
                type(module).__name__,
                float(after.mean()),
                float(after.std()),
                float(flat.mean()),
                float(dead.mean()),
            )
        )
    if not found:
        raise ArgumentError(f"activity: {type(model).__name__} has no activation layers, such as nn.ReLU(), to look at")
    return found


def distributions(model: Module, *inputs: Any) -> dict[str, dict[str, NDArray[Any]]]:
    """All numbers there are, by kind and name: `weights`, `gradients` (of what has one) and `activations`.

    Activations are the outputs, for `inputs`, of every module that has no parts, in evaluation mode; without inputs
    there are none.
    """
    parameters = dict(model.named_parameters())
    found: dict[str, dict[str, NDArray[Any]]] = {
        "weights": {name: parameter.numpy() for name, parameter in parameters.items()},
        "gradients": {
            name: parameter.grad.numpy() for name, parameter in parameters.items() if parameter.grad is not None
        },
        "activations": {},
    }
    if inputs:
        found["activations"] = {name: after for name, module, _, after in responses(model, *inputs)}
    return found
