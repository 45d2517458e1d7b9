"""What an estimator's settings stand for: the network, and its optimiser."""

import copy
import functools
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import optim
from autograd_core import ArgumentError
from nn.arguments import at_least, kind_of
from nn.containers import Sequential
from nn.layers import Identity, Linear, ReLU, Sigmoid, Tanh
from nn.module import Module
from nn.parameter_groups import biases_of, weights_of

ACTIVATIONS: Mapping[str, Callable[[], Module]] = {
    "identity": Identity,
    "logistic": Sigmoid,
    "relu": ReLU,
    "tanh": Tanh,
}
OPTIMIZERS: Mapping[str, Callable[..., Any]] = {
    "adam": optim.Adam,
    "sgd": functools.partial(optim.SGD, momentum=0.9, nesterov=True),
}
"""scikit-learn's names, with what they mean there; a class or function goes in their place."""


def network_of(module: Any, hidden_layer_sizes: Any, activation: Any, features: int, outputs: int) -> Module:
    """A network of its own: a copy of `module`, what the function `module(features, outputs)` makes, or an MLP."""
    if module is None:
        return _mlp(_sizes(hidden_layer_sizes), _named("activation", activation, ACTIVATIONS), features, outputs)
    network = copy.deepcopy(module) if isinstance(module, Module) else None
    if network is None and callable(module):
        network = module(features, outputs)
    if not isinstance(network, Module):
        raise ArgumentError(f"module must be an nn.Module or a function that makes one, got {kind_of(module)}")
    return network


def optimizer_of(optimizer: Any, network: Module, learning_rate: float, weight_decay: float) -> Any:
    """The optimiser of all parameters, which decays the weights and leaves the biases."""
    make = _named("optimizer", optimizer, OPTIMIZERS)
    if not weight_decay:
        return make(network.parameters(), lr=learning_rate)
    weights = {"params": weights_of(network), "weight_decay": weight_decay}
    groups: list[dict[str, Any]] = [weights, {"params": biases_of(network)}]
    return make([group for group in groups if group["params"]], lr=learning_rate)


def _mlp(hidden: Sequence[int], activation: Callable[[], Module], features: int, outputs: int) -> Module:
    layers: list[Module] = []
    for fan_in, fan_out in itertools.pairwise((features, *hidden)):
        layers += [Linear(fan_in, fan_out), activation()]
    return Sequential(*layers, Linear((features, *hidden)[-1], outputs))


def _sizes(hidden: Any) -> list[int]:
    sizes = list(hidden) if isinstance(hidden, Iterable) else [hidden]
    return [at_least("hidden_layer_sizes", "each size", size, 1) for size in sizes]


def _named(what: str, given: Any, names: Mapping[str, Callable[..., Any]]) -> Callable[..., Any]:
    found = names.get(given) if isinstance(given, str) else given
    if not callable(found) or isinstance(found, Module):
        raise ArgumentError(f"{what} must be one of {', '.join(names)}, or a class or function, got {given!r}")
    return found
