"""A network of the playground while it learns: mini-batch by mini-batch, with all that the page draws."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd_core as ag
from nn import functions
from nn.containers import Sequential
from nn.data import Batches
from nn.layers import Linear
from nn.playground.points import drawn
from nn.playground.settings import ACTIVATIONS, PENALTIES, Settings
from nn.responses import responses
from nn.training.protocols import Optimizer

RESOLUTION = 24  # of the maps, along a side
EXTENT = 1.2  # the maps go from -EXTENT to EXTENT, left to right and bottom to top
_POINTS = 200  # to learn from, and as many to judge by


class Session:
    """The network of `settings`; `optimizer(parameters, rate)` makes what updates it.

    The loss is the binary cross-entropy, plus the penalty in training. Same settings, same weights, to the bit.
    """

    def __init__(self, settings: Settings, optimizer: Callable[[list[Any], float], Optimizer]) -> None:
        self.settings = settings
        rng = np.random.default_rng([settings.seed, 0])
        self.train, self.test = (drawn(settings.data, _POINTS, settings.noise, rng) for _ in range(2))
        widths = [2, *settings.widths]
        with ag.seeded(settings.seed):
            parts = [
                part
                for inputs, units in zip(widths, settings.widths, strict=False)
                for part in (Linear(inputs, units), ACTIVATIONS[settings.activation]())
            ]
            self.model = Sequential(*parts, Linear(widths[-1], 1))
        self._parameters: list[Any] = self.model.parameters()
        self.optimizer = optimizer(self._parameters, settings.rate)
        self.steps, self.epochs = 0, 0.0
        self.diverged = False
        self._batches = self._mini_batches()

    def step(self, count: int = 1) -> None:
        """Learn from the next `count` mini-batches. Stops, with `diverged`, before a loss that is no finite number."""
        for _ in range(count):
            if self.diverged:
                return
            points, labels = next(self._batches)
            self.optimizer.zero_grad()
            loss = functions.binary_cross_entropy_with_logits(self.model(ag.tensor(points)), labels)
            penalty = PENALTIES[self.settings.penalty]
            if penalty is not None and self.settings.strength:
                loss = loss + penalty(self.model, self.settings.strength)
            self.diverged = not math.isfinite(loss.item())
            if self.diverged:
                return
            loss.backward()
            # A loss may be finite, and a step along its gradient not.
            steps = [self.settings.rate * parameter.grad.numpy() for parameter in self._parameters]
            self.diverged = not all(np.isfinite(step).all() for step in steps)
            if not self.diverged:
                self.optimizer.step()
                self.steps += 1
                self.epochs += len(points) / _POINTS

    def data(self) -> dict[str, Any]:
        """The points and their classes, which stay: [x₁, x₂, class] of each."""
        return {
            name: np.column_stack([points, labels]).astype(float).round(4).tolist()
            for name, (points, labels) in (("train", self.train), ("test", self.test))
        }

    def state(self) -> dict[str, Any]:
        """Where it stands: scores, weights, the gradients of the last mini-batch, and each neuron's map.

        A map is RESOLUTION² signed bytes in base64, rows from the top: what the neuron gives at each point of the
        plane, divided by the greatest size of it; of the output, 2p - 1 for the probability p of class 1.
        """
        layers: list[Any] = [part for part in self.model if isinstance(part, Linear)]
        return {
            "steps": self.steps,
            "epochs": round(self.epochs, 2),
            "diverged": self.diverged,
            "train": self._score(*self.train),
            "test": self._score(*self.test),
            "weights": [layer.weight.numpy().astype(float).tolist() for layer in layers],
            "biases": [layer.bias.numpy().astype(float).tolist() for layer in layers],
            "weight_gradients": [_gradient(layer.weight) for layer in layers],
            "bias_gradients": [_gradient(layer.bias) for layer in layers],
            "maps": self._maps(),
        }

    def _mini_batches(self) -> Iterator[tuple[Any, ...]]:
        epoch = 0
        while True:
            yield from Batches(*self.train, batch_size=self.settings.batch_size, seed=self.settings.seed, epoch=epoch)
            epoch += 1

    def _score(self, points: NDArray[Any], labels: NDArray[Any]) -> dict[str, float | None]:
        with ag.no_grad():
            logits = self.model(ag.tensor(points))
            loss = functions.binary_cross_entropy_with_logits(logits, labels).item()
        right = np.mean((logits.numpy() > 0) == (labels > 0.5))
        return {"loss": loss if math.isfinite(loss) else None, "accuracy": float(right)}

    def _maps(self) -> list[list[str]]:
        """Of each hidden layer's neurons, and of the output."""
        side = np.linspace(-EXTENT, EXTENT, RESOLUTION, dtype=np.float32)
        grid = np.stack(np.meshgrid(side, side[::-1]), axis=-1).reshape(-1, 2)
        calls = responses(self.model, grid)
        hidden = [call.after for call in calls[1:-1:2]]
        output = 2 * np.asarray(functions.sigmoid(calls[-1].after)) - 1
        return [[_bytes(column) for column in after.T] for after in hidden] + [[_bytes(output[:, 0], 1.0)]]


def _gradient(parameter: Any) -> list[Any] | None:
    return None if parameter.grad is None else parameter.grad.numpy().astype(float).tolist()


def _bytes(values: NDArray[np.floating], most: float | None = None) -> str:
    """Numbers from -most to most, by themselves the greatest of their sizes, as signed bytes; an infinity is `most`."""
    finite = np.nan_to_num(values.astype(np.float64))
    whole = np.rint(finite / (np.abs(finite).max() or 1.0 if most is None else most) * 127).astype(np.int8)
    return base64.b64encode(whole.tobytes()).decode()
