"""Recurrent layers over sequences, RNN, LSTM and GRU, and their cells for single steps."""

import math
import warnings
from typing import Any, Generic, TypeVar

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, ShapeError, Tensor, cells
from nn import functions, initial
from nn.arguments import as_tensor, at_least
from nn.functions import recurrence
from nn.functions.noise import check_probability
from nn.module import Module, Parameter

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNCell"]

State = TypeVar("State")  # h alone, or of an LSTM the pair (h, c)

_NONLINEARITIES = {"tanh": cells.RNN, "relu": cells.ReLURNN}


def _rnn(layer: str, nonlinearity: str) -> cells.Cell:
    if nonlinearity not in _NONLINEARITIES:
        raise ArgumentError(f"{layer}: nonlinearity must be tanh or relu, got {nonlinearity!r}")
    return _NONLINEARITIES[nonlinearity]


def _set_weights(module: Module, cell: cells.Cell, inputs: int, hidden: int, bias: bool, suffix: str) -> None:
    """Weights and biases of a cell, from the uniform distribution between ±1/√hidden."""
    rows = cell.gates * hidden
    shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, inputs), "weight_hh": (rows, hidden)}
    if bias:
        shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
    for name, shape in shapes.items():
        setattr(module, name + suffix, Parameter(initial.fan_in_uniform(shape, hidden)))


def _weights(module: Module, suffix: str) -> list[Any]:
    return [getattr(module, name + suffix, None) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]


class _OfCells(Module, Generic[State]):
    """What layers and single cells share."""

    cell: cells.Cell

    def _parts(self, hx: Any) -> tuple[Any, ...] | None:
        """The parts of a state that was given: h alone, or of an LSTM the pair (h, c)."""
        if hx is None:
            return None
        if self.cell.parts == 1:
            if isinstance(hx, tuple):
                raise ArgumentError(f"{type(self).__name__}: the state is h alone, got a tuple of {len(hx)}")
            return (as_tensor(hx),)
        if not (isinstance(hx, (tuple, list)) and len(hx) == 2):
            raise ArgumentError(f"{type(self).__name__}: the state is a pair (h, c), got a {type(hx).__name__}")
        return tuple([as_tensor(part) for part in hx])

    def _state(self, parts: cells.State) -> State:
        """A state of these parts, as it is given and returned."""
        state: Any = parts[0] if len(parts) == 1 else tuple(parts)
        return state

    def flops(self, inputs: tuple[Any, ...], output: Any) -> int:
        """A multiplication and an addition for each weight and step; what gates do to single numbers is left out."""
        weights = sum([parameter.size for parameter in self.parameters() if parameter.ndim == 2])
        return int(2 * math.prod(np.shape(inputs[0])[:-1]) * weights)


class _Recurrent(_OfCells[State]):
    """What the three have in common: layers, directions, and the ways to give sequences and states."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ) -> None:
        kind = type(self).__name__
        self.input_size = at_least(kind, "input_size", input_size, 1)
        self.hidden_size = at_least(kind, "hidden_size", hidden_size, 1)
        self.num_layers = at_least(kind, "num_layers", num_layers, 1)
        self.bias, self.batch_first, self.bidirectional = bias, batch_first, bidirectional
        self.dropout = check_probability(kind, dropout)
        if dropout and num_layers == 1:
            above = 3 if isinstance(self, RNN) else 2  # RNN calls this from its own __init__
            warnings.warn(f"{kind}: dropout acts between layers, and there is only one", stacklevel=above)
        width = input_size
        for number in range(num_layers):
            for suffix in self._suffixes(number):
                _set_weights(self, self.cell, width, hidden_size, bias, suffix)
            width = hidden_size * len(self._suffixes(number))

    def _suffixes(self, layer: int) -> list[str]:
        """How the names of a layer's weights end, one a direction."""
        return [f"_l{layer}", f"_l{layer}_reverse"] if self.bidirectional else [f"_l{layer}"]

    def forward(self, x: Any, hx: State | None = None) -> tuple[Tensor, State]:
        x, given = as_tensor(x), self._parts(hx)
        if x.ndim not in (2, 3) or x.shape[-1] != self.input_size or 0 in x.shape:
            axes = "(N, L, in)" if self.batch_first else "(L, N, in)"
            raise ShapeError(
                f"{type(self).__name__}: takes shape {axes}, or (L, in) for one sequence, with L and N at least 1 and "
                f"in = {self.input_size}, got shape {x.shape}"
            )
        single = x.ndim == 2
        if single:
            x = ag.expand_dims(x, 1)
            given = None if given is None else tuple([ag.expand_dims(part, 1) for part in given])
        elif self.batch_first:
            x = ag.permute_dims(x, (1, 0, 2))
        states = self._initial(x, given)
        last: list[cells.State] = []
        for number in range(self.num_layers):
            directions = []
            for reverse, suffix in enumerate(self._suffixes(number)):
                weights = _weights(self, suffix)
                h, state = recurrence.layer(self.cell, x, states[len(last)], *weights, reverse=reverse == 1)
                directions.append(h)
                last.append(state)
            x = ag.concat(directions, axis=-1) if self.bidirectional else directions[0]
            if number + 1 < self.num_layers:
                x = functions.dropout(x, self.dropout, self.training)
        final = [ag.stack(list(parts)) for parts in zip(*last, strict=True)]
        if single:
            return x[:, 0], self._state([part[:, 0] for part in final])
        return ag.permute_dims(x, (1, 0, 2)) if self.batch_first else x, self._state(final)

    def _initial(self, x: Any, given: tuple[Any, ...] | None) -> list[cells.State]:
        """The state before the first step, of each layer and direction."""
        count = self.num_layers * (2 if self.bidirectional else 1)
        shape = (count, x.shape[1], self.hidden_size)
        if given is None:
            return [(np.zeros(shape[1:], x.dtype),) * self.cell.parts] * count
        for part in given:
            if part.shape != shape:
                raise ShapeError(
                    f"{type(self).__name__}: an initial state has shape (layers·directions, N, hidden_size) = {shape}, "
                    f"without N for one sequence; got shape {part.shape}"
                )
        return [tuple([part[i] for part in given]) for i in range(count)]


class RNN(_Recurrent[Tensor]):
    """Elman's network: h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu. Returns (output, h_n).

    Shapes: x (L, N, input_size), h_0 and h_n (layers·directions, N, hidden_size), by default zeros -> output
    (L, N, directions·hidden_size), the h of the last layer at each step. With `batch_first` x and output are
    (N, L, ...); without the axis N it is one sequence. Weights weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0,
    those backwards in time with _reverse, the next layer's with l1.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ) -> None:
        self.nonlinearity, self.cell = nonlinearity, _rnn("RNN", nonlinearity)
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)


class GRU(_Recurrent[Tensor]):
    """Gated recurrent units; see `autograd_core.cells.GRU` for the formulas, and `RNN` for shapes and names."""

    cell = cells.GRU


class LSTM(_Recurrent[tuple[Tensor, Tensor]]):
    """Long short-term memory; see `autograd_core.cells.LSTM` for the formulas, and `RNN` for shapes and names.

    The state is a pair (h, c). Returns (output, (h_n, c_n)).
    """

    cell = cells.LSTM


class _Cell(_OfCells[State]):
    def __init__(self, input_size: int, hidden_size: int, bias: bool = True) -> None:
        kind = type(self).__name__
        self.input_size = at_least(kind, "input_size", input_size, 1)
        self.hidden_size = at_least(kind, "hidden_size", hidden_size, 1)
        self.bias = bias
        _set_weights(self, self.cell, input_size, hidden_size, bias, "")

    def forward(self, x: Any, hx: State | None = None) -> State:
        x, given = as_tensor(x), self._parts(hx)
        kind = type(self).__name__
        if x.ndim not in (1, 2) or x.shape[-1] != self.input_size:
            raise ShapeError(f"{kind}: takes shape (N, {self.input_size}) or ({self.input_size},), got {x.shape}")
        shape = (*x.shape[:-1], self.hidden_size)
        state = (np.zeros(shape, x.dtype),) * self.cell.parts if given is None else given
        for part in state:
            if part.shape != shape:
                raise ShapeError(f"{kind}: the state for x of shape {x.shape} has shape {shape}, got {part.shape}")
        return self._state(recurrence.step(self.cell, x, state, *_weights(self, "")))


class RNNCell(_Cell[Tensor]):
    """One step of an `RNN`. Shapes: x (N, input_size), h (N, hidden_size) -> h'; N may be missing in both."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh") -> None:
        self.nonlinearity, self.cell = nonlinearity, _rnn("RNNCell", nonlinearity)
        super().__init__(input_size, hidden_size, bias)


class GRUCell(_Cell[Tensor]):
    """One step of a `GRU`. Shapes: x (N, input_size), h (N, hidden_size) -> h'; N may be missing in both."""

    cell = cells.GRU


class LSTMCell(_Cell[tuple[Tensor, Tensor]]):
    """One step of an `LSTM`. Shapes: x (N, input_size), h and c (N, hidden_size) -> (h', c'); N may be missing."""

    cell = cells.LSTM
