"""Weights and biases apart, by their names: initialisers, penalties and optimisers treat them differently."""

from collections.abc import Iterator

from autograd_core import ArgumentError
from nn.arguments import kind_of
from nn.module import Module, Parameter


def is_bias(name: str) -> bool:
    """Whether the last part of a parameter's dotted name says so: bias, in_proj_bias, bias_ih_l0."""
    return "bias" in name.rpartition(".")[2].split("_")


def weights_of(module: Module) -> list[Parameter]:
    """Every parameter but the biases. With `biases_of` for groups of an optimiser, of which one has no decay."""
    return [parameter for name, parameter in named_parameters_of(module) if not is_bias(name)]


def biases_of(module: Module) -> list[Parameter]:
    """Every bias."""
    return [parameter for name, parameter in named_parameters_of(module) if is_bias(name)]


def named_parameters_of(module: Module) -> Iterator[tuple[str, Parameter]]:
    """Every parameter by its name; what is no module has none."""
    if not isinstance(module, Module):
        raise ArgumentError(f"takes a module, whose parameters have names, got {kind_of(module)}")
    return module.named_parameters()
