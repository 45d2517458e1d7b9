"""The one schedule with a state: it falls when a measure of success no longer gets better."""

import math
from collections.abc import Mapping
from typing import Any

from autograd_core import ArgumentError
from optim.arguments import check_parts, loaded_number
from optim.kinds import AT_LEAST_0, FROM_0_TO_1, RATE, number, one_of, require


class ReduceOnPlateau:
    """The rate `lr`, times `factor` whenever `metric` has not got better for more than `patience` calls of `step`.

    Better is below (`mode="min"`) or above (`"max"`) the best so far by more than `threshold`, a share of it
    (`threshold_mode="rel"`) or a number (`"abs"`). After a fall, `cooldown` calls do not count. The rate stays above
    `min_lr`, and falls by less than `eps` are left out. Σε and Σε² depend on the training.

    >>> schedule = ReduceOnPlateau(1.0, patience=1)
    >>> for loss in (0.5, 0.4, 0.4, 0.4):
    ...     schedule.step(loss)
    >>> schedule(4)
    0.1
    """

    def __init__(
        self,
        lr: float,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
        eps: float = 1e-8,
    ) -> None:
        require("ReduceOnPlateau", RATE, lr=lr)
        require("ReduceOnPlateau", one_of("min", "max"), mode=mode)
        require("ReduceOnPlateau", one_of("rel", "abs"), threshold_mode=threshold_mode)
        require("ReduceOnPlateau", FROM_0_TO_1, factor=factor)
        require("ReduceOnPlateau", number("below 1", lambda x: x < 1), factor=factor)
        others = {"patience": patience, "threshold": threshold, "cooldown": cooldown, "min_lr": min_lr, "eps": eps}
        require("ReduceOnPlateau", AT_LEAST_0, **others)
        self._sign = 1.0 if mode == "min" else -1.0
        self._relative, self._threshold = threshold_mode == "rel", threshold
        self._factor, self._patience, self._cooldown = factor, patience, cooldown
        self._min_lr, self._eps = min_lr, eps
        self.lr = lr
        self._best = math.inf  # of the metric times the sign, so that less is better
        self._bad, self._cooling = 0, 0

    def __call__(self, step: int) -> float:
        """The rate now; it depends on the metrics so far, not on the number of steps."""
        return self.lr

    def step(self, metric: float) -> None:
        """Take note of a metric, such as the loss on the validation set after an epoch; nan is not better."""
        value = self._sign * float(metric)
        margin = self._threshold * abs(self._best) if self._relative else self._threshold
        if value < (self._best - margin if math.isfinite(self._best) else self._best):
            self._best, self._bad = value, 0
        else:
            self._bad += 1
        if self._cooling:
            self._cooling -= 1
            self._bad = 0
        if self._bad > self._patience:
            lower = max(self.lr * self._factor, self._min_lr)
            if self.lr - lower > self._eps:
                self.lr = lower
            self._bad, self._cooling = 0, self._cooldown

    def state_dict(self) -> dict[str, Any]:
        """The rate, the best metric times the mode's sign, and the calls since then and still to cool down."""
        return {"lr": self.lr, "best": self._best, "bad": self._bad, "cooling": self._cooling}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave. Raises `ArgumentError` for any other state, and changes nothing then."""
        check_parts("ReduceOnPlateau", state_dict, self.state_dict())
        loaded = {
            name: loaded_number("ReduceOnPlateau", name, state_dict[name], like)
            for name, like in (("lr", 0.0), ("best", 0.0), ("bad", 0), ("cooling", 0))
        }
        if not 0 <= loaded["lr"] < math.inf:
            raise ArgumentError(f"ReduceOnPlateau: lr of a state must be finite and at least 0, got {loaded['lr']}")
        self.lr, self._best, self._bad, self._cooling = loaded.values()
