"""How the numbers of a network are distributed: weights, gradients and activations, at one moment and over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd_core import ArgumentError
from nn.module import Module
from nn.plots.canvas import BLUE, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BINS = 40
_BINS_OVER_TIME = 64  # of each record; drawn with as many
_TAIL = 0.01  # of the numbers of a record, and
_RARE = 0.1  # of the records, that the common scale may leave out on either side
Distributions = Mapping[str, Mapping[str, NDArray[np.floating]]]


def histograms(found: Distributions, title: str = "") -> Figure:
    """A row for each name and a column for each kind, of what `nn.training.distributions` has found.

    Numbers that are not finite are counted in the panel's title. Raises `ArgumentError` if there are no numbers.
    """
    kinds = [kind for kind, arrays in found.items() if arrays]
    if not kinds:
        raise ArgumentError("histograms: found no numbers to draw; give what nn.training.distributions returns")
    rows = max(len(found[kind]) for kind in kinds)
    figure = new_figure(3.6 * len(kinds), 1.2 + 1.1 * rows, title, dpi=100)
    panels = figure.subplots(rows, len(kinds), squeeze=False)
    for column, kind in enumerate(kinds):
        for row, axes in enumerate(panels[:, column]):
            if row >= len(found[kind]):
                axes.set_axis_off()
                continue
            name, array = list(found[kind].items())[row]
            finite, lost = _finite(array)
            axes.hist(finite, bins=_BINS, color=BLUE)
            axes.set_title(f"{kind}: {name or 'output'}" + (f", {lost} not finite" if lost else ""), fontsize=8)
            axes.tick_params(labelsize=7)
            axes.set_yticks([])
            axes.spines[["top", "right", "left"]].set_visible(False)
    return figure


class _Record(NamedTuple):
    step: int
    shares: NDArray[np.float64]  # of the numbers below each edge; (bins + 1,)
    edges: NDArray[np.float64]
    lost: int  # numbers that are not finite


class Recorder:
    """Histograms of every parameter of `model`, and of its gradient, at the steps that it is told of.

    Call `record(step)` after `backward()`, or give it to a Trainer as `nn.training.RecordDistributions(recorder)`;
    `nn.plots.over_time(recorder)` draws it. A record keeps 130 numbers a parameter, whatever its size.
    Raises `ArgumentError` if the model has no parameters.
    """

    def __init__(self, model: Module) -> None:
        self._parameters = dict(model.named_parameters())
        if not self._parameters:
            raise ArgumentError(f"Recorder: {type(model).__name__} has no parameters to record")
        self.weights: dict[str, list[_Record]] = {name: [] for name in self._parameters}
        self.gradients: dict[str, list[_Record]] = {name: [] for name in self._parameters}

    def record(self, step: int) -> None:
        """Look at the weights, and at those gradients that are there. Steps must rise; `ArgumentError` if not."""
        seen = next(iter(self.weights.values()))
        if seen and step <= seen[-1].step:
            raise ArgumentError(f"record: steps must rise, got {step} after {seen[-1].step}")
        for name, parameter in self._parameters.items():
            self.weights[name].append(_recorded(step, parameter.numpy()))
            if parameter.grad is not None:
                self.gradients[name].append(_recorded(step, parameter.grad.numpy()))


def over_time(recorder: Recorder, names: Sequence[str] | None = None, title: str = "") -> Figure:
    """Weights on the left, gradients on the right, a row for each parameter: the darker, the more numbers are there.

    Time runs to the right. All records of a panel share a scale, which leaves out rare numbers that are far from
    the others. `names` says which parameters; without it there are all.
    Raises `ArgumentError` for a name that is not there, and if nothing has been recorded.
    """
    names = list(recorder.weights) if names is None else list(names)
    for name in names:
        if name not in recorder.weights:
            raise ArgumentError(f"over_time: there is no parameter {name!r}; there are {', '.join(recorder.weights)}")
    if not names or not all(recorder.weights[name] for name in names):
        raise ArgumentError("over_time: nothing has been recorded; call recorder.record(step) after backward()")
    figure = new_figure(9, 0.8 + 1.5 * len(names), title)
    panels = figure.subplots(len(names), 2, squeeze=False, sharex=True)
    for name, row in zip(names, panels, strict=True):
        for kind, records, axes in zip(
            ("weights", "gradients"), (recorder.weights[name], recorder.gradients[name]), row, strict=True
        ):
            axes.spines[["top", "right"]].set_visible(False)
            lost = sum(record.lost for record in records)
            axes.set_title(f"{kind}: {name}" + (f", {lost} not finite" if lost else ""), fontsize=9)
            axes.tick_params(labelsize=8)
            if records:
                steps, edges, density = _densities(records)
                axes.pcolormesh(steps, edges, density.T, cmap="Blues", vmin=0, rasterized=True)
            else:
                axes.text(0.5, 0.5, "no gradient", ha="center", va="center", transform=axes.transAxes)
    for axes in panels[-1]:
        axes.set_xlabel("step")
    return figure


def _finite(array: NDArray[np.floating]) -> tuple[NDArray[np.float64], int]:
    """The finite numbers, and how many others there are."""
    values = np.asarray(array, np.float64).ravel()
    finite = values[np.isfinite(values)]
    return finite, values.size - finite.size


def _recorded(step: int, array: NDArray[np.floating]) -> _Record:
    finite, lost = _finite(array)
    counts, edges = np.histogram(finite, bins=_BINS_OVER_TIME)
    return _Record(step, np.concatenate([[0.0], np.cumsum(counts) / max(finite.size, 1)]), edges, lost)


def _densities(records: list[_Record]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Borders of the steps (n + 1,) and of common bins (m + 1,), and each record's shares in them (n, m).

    Each column is divided by its own greatest, so that a record that is all in one bin does not whiten the others.
    """
    low = float(np.quantile([np.interp(_TAIL, r.shares, r.edges) for r in records], _RARE, method="lower"))
    high = float(np.quantile([np.interp(1 - _TAIL, r.shares, r.edges) for r in records], 1 - _RARE, method="higher"))
    if not low < high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, _BINS_OVER_TIME + 1)
    density = np.array([np.diff(np.interp(edges, r.edges, r.shares, left=0.0, right=1.0)) for r in records])
    density /= np.maximum(density.max(axis=1, keepdims=True), np.finfo(float).tiny)
    steps = np.array([record.step for record in records], float)
    between = (steps[1:] + steps[:-1]) / 2
    first, last = (between[0] - steps[0], steps[-1] - between[-1]) if len(steps) > 1 else (0.5, 0.5)
    return np.concatenate([[steps[0] - first], between, [steps[-1] + last]]), edges, density
