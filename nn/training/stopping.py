"""Early stopping: the number of epochs is chosen by the validation examples (decks A, C, E)."""

import math
from collections.abc import Mapping
from typing import Any

from autograd_core import ArgumentError
from nn.arguments import at_least
from nn.training.callback import Callback
from nn.training.trainer import Trainer


class EarlyStopping(Callback):
    """Ends the training when `monitor` has not become better for `patience` epochs, and restores the best weights.

    `monitor` is "loss" or one of the trainer's metrics, on the validation data or, without any, on the training data.
    Better is less for `mode="min"`, more for `mode="max"`; by default it is more for what ends in "accuracy". Only what
    is better by more than `min_delta` counts. With `restore_best`, the model has the weights of the best epoch when the
    training ends, be it early or not (with an `average`, those of the model itself).
    """

    def __init__(
        self,
        monitor: str = "loss",
        *,
        patience: int = 5,
        min_delta: float = 0.0,
        mode: str | None = None,
        restore_best: bool = True,
    ) -> None:
        at_least("EarlyStopping", "patience", patience, 1)
        if not min_delta >= 0:
            raise ArgumentError(f"EarlyStopping: min_delta must be at least 0, got {min_delta!r}")
        mode = mode or ("max" if monitor.endswith("accuracy") else "min")
        if mode not in ("min", "max"):
            raise ArgumentError(f"EarlyStopping: mode must be 'min' or 'max', got {mode!r}")
        self._monitor, self._patience, self._min_delta = monitor, patience, min_delta
        self._sign, self._restore_best = (1.0 if mode == "min" else -1.0), restore_best
        self.best_epoch = 0
        self._best = math.inf  # times the sign, so that less is better
        self._best_weights: Mapping[str, Any] | None = None

    @property
    def best(self) -> float:
        """The best value so far."""
        return self._sign * self._best

    def epoch_ended(self, trainer: Trainer) -> None:
        record = trainer.history[-1]
        if self._monitor not in record.judged:
            raise ArgumentError(
                f"EarlyStopping: there is no {self._monitor!r} to monitor; the trainer gives {', '.join(record.judged)}"
            )
        value = self._sign * record.judged[self._monitor]
        if value < self._best - self._min_delta:
            self._best, self.best_epoch = value, record.epoch
            if self._restore_best:
                self._best_weights = trainer.model.state_dict()
        elif record.epoch - self.best_epoch >= self._patience:
            trainer.stop(
                f"{self._monitor} was best in epoch {self.best_epoch} and has not improved for {self._patience} epochs"
            )

    def training_ended(self, trainer: Trainer) -> None:
        if self._best_weights is not None:
            trainer.model.load_state_dict(self._best_weights)

    def state_dict(self) -> dict[str, Any]:
        """The best epoch, its value and its weights."""
        return {"best": self._best, "best_epoch": self.best_epoch, "best_weights": self._best_weights}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take them over. Errors: ArgumentError for what `state_dict` never gives."""
        best, weights = state_dict["best"], state_dict["best_weights"]
        if type(best) not in (int, float) or math.isnan(best):
            raise ArgumentError(f"EarlyStopping: best must be a number, got {best!r}")
        if weights is not None and not isinstance(weights, Mapping):
            raise ArgumentError(f"EarlyStopping: best_weights must be a dictionary of arrays, got {weights!r}")
        self.best_epoch = at_least("EarlyStopping", "best_epoch", state_dict["best_epoch"], 0)
        self._best, self._best_weights = float(best), weights
