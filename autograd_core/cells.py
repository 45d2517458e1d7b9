"""Recurrent cells by name, for `run_cell` and for single steps; the formulas are in `ops`."""

from autograd_core.ops.recurrent import GRU, LSTM, RNN, Cell, ReLURNN, State

__all__ = ["GRU", "LSTM", "RNN", "Cell", "ReLURNN", "State"]
