"""Networks of `Value`s: every neuron, weight and product a number of its own, to be looked at and drawn.

For lectures. The layers of `nn` compute the same with arrays, thousands of times faster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError, Value, default_generator
from nn.arguments import at_least

Activation = Callable[[Value], Value]


class _Part:
    """What has parameters."""

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Every weight and bias, by a dotted name such as layers.0.neurons.1.weights.2."""
        for name, part in self._named_parts():
            if isinstance(part, _Part):
                yield from ((f"{name}.{inner}", parameter) for inner, parameter in part.named_parameters())
            elif isinstance(part, Value):
                yield name, part

    def named_modules(self) -> Iterator[tuple[str, _Part]]:
        """This part (named "") and all within it, by dotted name."""
        yield "", self
        for name, part in self._named_parts():
            if isinstance(part, _Part):
                yield from ((f"{name}.{inner}".rstrip("."), module) for inner, module in part.named_modules())

    def _named_parts(self) -> Iterator[tuple[str, Any]]:
        for name, value in vars(self).items():
            entries = enumerate(value) if isinstance(value, list) else [("", value)]
            yield from ((f"{name}.{i}".rstrip("."), entry) for i, entry in entries)

    def parameters(self) -> list[Value]:
        """Every weight and bias: of each part in turn the weights, then the bias."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Set the gradients of all parameters to 0."""
        for parameter in self.parameters():
            parameter.grad = 0.0


class Neuron(_Part):
    """activation(Σ w·x + b), for `n_inputs` numbers; the weights start uniform in ±1, the bias at 0.

    >>> neuron = Neuron(2, activation=None)
    >>> for w, number in zip(neuron.parameters(), (2.0, -3.0, 0.5)):
    ...     w.data = number
    >>> y = neuron([1.0, 4.0])
    >>> y.backward()
    >>> y.data, [p.grad for p in neuron.parameters()]
    (-9.5, [1.0, 4.0, 1.0])
    """

    def __init__(self, n_inputs: int, activation: Activation | None = ag.tanh, label: str = "") -> None:
        at_least("Neuron", "n_inputs", n_inputs, 1)
        drawn = default_generator().uniform(-1.0, 1.0, n_inputs).tolist()
        self.weights = [Value(w, label=f"w{label}{i + 1}") for i, w in enumerate(drawn)]
        self.bias = Value(0.0, label=f"b{label}")
        self.activation = activation

    def __call__(self, x: Sequence[Any]) -> Value:
        """The output, for numbers or Values x."""
        if len(x) != len(self.weights):
            raise ShapeError(f"Neuron: takes {len(self.weights)} inputs, got {len(x)}")
        total = self.bias
        for w, input_ in zip(self.weights, x, strict=True):
            total = total + w * input_
        return total if self.activation is None else self.activation(total)

    def __repr__(self) -> str:
        return f"Neuron({len(self.weights)}, {_name(self.activation)})"


class Layer(_Part):
    """`n_outputs` neurons that see the same inputs."""

    def __init__(self, n_inputs: int, n_outputs: int, activation: Activation | None = ag.tanh, label: str = "") -> None:
        at_least("Layer", "n_outputs", n_outputs, 1)
        self.neurons = [Neuron(n_inputs, activation, f"{label}{i + 1}") for i in range(n_outputs)]

    def __call__(self, x: Sequence[Any]) -> list[Value]:
        """The neurons' outputs."""
        return [neuron(x) for neuron in self.neurons]

    def __repr__(self) -> str:
        return f"Layer({len(self.neurons[0].weights)}, {len(self.neurons)}, {_name(self.neurons[0].activation)})"


class MLP(_Part):
    """Layers of the given sizes, one after the other: MLP([1, 2, 1]) has one input, two hidden units, one output.

    >>> net = MLP([1, 2, 1])
    >>> len(net.parameters()), len(net([0.5]))
    (7, 1)
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: Activation | None = ag.tanh,
        output_activation: Activation | None = None,
    ) -> None:
        if len(sizes) < 2:
            raise ArgumentError(f"MLP: takes the numbers of inputs, hidden units and outputs, got {list(sizes)}")
        last = len(sizes) - 2
        self.layers = [
            Layer(sizes[i], sizes[i + 1], activation if i < last else output_activation, f"{i + 1}.")
            for i in range(last + 1)
        ]

    def __call__(self, x: Sequence[Any]) -> list[Value]:
        """The last layer's outputs."""
        values: Any = x
        for layer in self.layers:
            values = layer(values)
        return list(values)

    def __repr__(self) -> str:
        return f"MLP([{', '.join(map(repr, self.layers))}])"


def _name(activation: Any) -> str:
    return "linear" if activation is None else str(getattr(activation, "__name__", activation))
