"""Recurrent layers over sequences, RNN, LSTM and GRU, and their cells for single steps."""

import math
import warnings
from typing import Any, Generic, TypeVar

import numpy as np

import autograd_core as ag
from autograd_core import ArgumentError, DTypeError, ShapeError, Tensor, cells
from nn import functions, initial
from nn.arguments import as_tensor, at_least
from nn.functions import recurrence
from nn.functions.noise import check_probability
from nn.module import Module, Parameter
from nn.packed_sequences import PackedSequence, pad_packed_sequence, repacked

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNCell"]

State = TypeVar("State")  # h alone, or of an LSTM the pair (h, c)

_NONLINEARITIES = {"tanh": cells.RNN, "relu": cells.ReLURNN}


def _rnn(layer: str, nonlinearity: str) -> cells.Cell:
    if nonlinearity not in _NONLINEARITIES:
        raise ArgumentError(f"{layer}: nonlinearity must be tanh or relu, got {nonlinearity!r}")
    return _NONLINEARITIES[nonlinearity]


def _set_weights(
    module: Module, cell: cells.Cell, inputs: int, hidden: int, bias: bool, suffix: str, projected: int = 0
) -> None:
    """Weights and biases of a cell, from the uniform distribution between ±1/√hidden."""
    rows = cell.gates * hidden
    shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, inputs), "weight_hh": (rows, projected or hidden)}
    if bias:
        shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
    if projected:
        shapes |= {"weight_hr": (projected, hidden)}
    for name, shape in shapes.items():
        setattr(module, name + suffix, Parameter(initial.fan_in_uniform(shape, hidden)))


def _weights(module: Module, suffix: str) -> list[Any]:
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
    return [getattr(module, name + suffix, None) for name in names]


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
        x = inputs[0].data if isinstance(inputs[0], PackedSequence) else inputs[0]
        return int(2 * math.prod(np.shape(x)[:-1]) * weights)


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
            above = 2 if isinstance(self, GRU) else 3  # the others call this from their own __init__
            warnings.warn(f"{kind}: dropout acts between layers, and there is only one", stacklevel=above)
        width = input_size
        for number in range(num_layers):
            for suffix in self._suffixes(number):
                _set_weights(self, self.cell, width, hidden_size, bias, suffix, self.proj_size)
            width = self._width * len(self._suffixes(number))

    proj_size = 0

    @property
    def _width(self) -> int:
        """The width of h."""
        return self.proj_size or self.hidden_size

    def _suffixes(self, layer: int) -> list[str]:
        """How the names of a layer's weights end, one a direction."""
        return [f"_l{layer}", f"_l{layer}_reverse"] if self.bidirectional else [f"_l{layer}"]

    def forward(self, x: Any, hx: State | None = None, lengths: Any = None) -> tuple[Tensor, State]:
        """(Output, the last state): see the class. `lengths` (N,) are those of padded sequences, from 0 to L."""
        if isinstance(x, PackedSequence):
            return self._of_packed(x, hx, lengths)
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
        if lengths is not None:
            lengths = self._lengths(lengths, x, single)
            within = ag.expand_dims(np.arange(len(x))[:, None] < lengths, -1)
            x = ag.where(within, x, 0.0)  # what stands in the padding must not reach weights, were it nan
        x, final = self._run(x, given, lengths)
        if single:
            return x[:, 0], self._state([part[:, 0] for part in final])
        return ag.permute_dims(x, (1, 0, 2)) if self.batch_first else x, self._state(final)

    def _of_packed(self, sequence: PackedSequence, hx: Any, lengths: Any) -> Any:
        """The same of a packed sequence: the output is packed likewise, states are in the order before packing."""
        kind = type(self).__name__
        if lengths is not None:
            raise ArgumentError(f"{kind}: a packed sequence knows its lengths; pass them with padded ones alone")
        x, lengths = pad_packed_sequence(sequence)
        if x.ndim != 3 or x.shape[-1] != self.input_size:
            raise ShapeError(
                f"{kind}: takes a packed sequence with data of shape (Σ lengths, {self.input_size}), got shape "
                f"{np.shape(sequence.data)}"
            )
        output, final = self._run(x, self._parts(hx), lengths)
        return repacked(output, sequence), self._state(final)

    def _lengths(self, lengths: Any, x: Any, single: bool) -> Any:
        """Lengths that were given, whole numbers; run_cell looks at how large they are, in compiled steps too."""
        lengths = lengths if hasattr(lengths, "dtype") else np.asarray(lengths)
        if single or lengths.shape != x.shape[1:2]:
            raise ShapeError(
                f"{type(self).__name__}: takes one length for each sequence of a mini-batch, (N,), got shape "
                f"{lengths.shape} for {1 if single else x.shape[1]} sequences{' without the axis N' * single}"
            )
        if lengths.dtype.kind not in "iu":
            raise DTypeError(f"{type(self).__name__}: lengths are whole numbers, got {lengths.dtype}")
        return lengths

    def _run(self, x: Any, given: tuple[Any, ...] | None, lengths: Any) -> tuple[Any, list[Any]]:
        """(Output (L, N, ...), the parts of the last state), from the parts of an initial state if there is one."""
        states = self._initial(x, given)
        last: list[cells.State] = []
        for number in range(self.num_layers):
            directions = []
            for reverse, suffix in enumerate(self._suffixes(number)):
                h, state = recurrence.layer(
                    self.cell, x, states[len(last)], *_weights(self, suffix), lengths=lengths, reverse=reverse == 1
                )
                directions.append(h)
                last.append(state)
            x = ag.concat(directions, axis=-1) if self.bidirectional else directions[0]
            if number + 1 < self.num_layers:
                x = functions.dropout(x, self.dropout, self.training)
        return x, [ag.concat(list(parts)) for parts in zip(*last, strict=True)]

    def _initial(self, x: Any, given: tuple[Any, ...] | None) -> list[cells.State]:
        """The state before the first step, of each layer and direction."""
        count = self.num_layers * (2 if self.bidirectional else 1)
        widths = [self._width, self.hidden_size][: self.cell.parts]
        shapes = [(count, x.shape[1], width) for width in widths]
        if given is None:
            return [tuple([np.zeros(shape[1:], x.dtype) for shape in shapes])] * count
        for part, shape in zip(given, shapes, strict=True):
            if part.shape != shape:
                axes = f"(layers·directions, N, {'proj_size' if shape[2] != self.hidden_size else 'hidden_size'})"
                raise ShapeError(
                    f"{type(self).__name__}: an initial state has shape {axes} = {shape}, without N for one sequence; "
                    f"got shape {part.shape}"
                )
        return [tuple([part[i] for part in given]) for i in range(count)]


class RNN(_Recurrent[Tensor]):
    """Elman's network: h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu. Returns (output, h_n).

    Shapes: x (L, N, input_size), h_0 and h_n (layers·directions, N, hidden_size), by default zeros -> output
    (L, N, directions·hidden_size), the h of the last layer at each step. With `batch_first` x and output are
    (N, L, ...); without the axis N it is one sequence. Weights weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0,
    those backwards in time with _reverse, the next layer's with l1.

    Sequences of different lengths come padded, with `lengths` (N,), or as a `PackedSequence` of `nn.utils.rnn`, which
    the output then is, too. Each is what it would be alone: the direction backwards in time starts at its own end, h_n
    is the h after its own last step, its output beyond that is 0, and what stands there in x counts for nothing.

    >>> import autograd_core as ag
    >>> output, h_n = RNN(3, 2)(ag.ones((4, 2, 3)), lengths=[4, 1])
    >>> output[1:, 1].tolist(), (h_n[0, 1] == output[0, 1]).tolist()
    ([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]], [True, True])
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

    The state is a pair (h, c). Returns (output, (h_n, c_n)). With `proj_size` the h of every step is multiplied with
    weight_hr_l0 (proj_size, hidden_size) and has that width, in outputs and states, while c keeps its own.
    """

    cell = cells.LSTM

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
    ) -> None:
        self.proj_size = at_least("LSTM", "proj_size", proj_size, 0)
        if self.proj_size >= at_least("LSTM", "hidden_size", hidden_size, 1):
            raise ArgumentError(f"LSTM: proj_size must be less than hidden_size = {hidden_size}, got {proj_size}")
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)


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
        return self._state(recurrence.step(self.cell, x, state, *_weights(self, "")[:4]))


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
