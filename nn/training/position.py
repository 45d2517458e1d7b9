"""Where a training is, and what is remembered of it: plain numbers, so that they can be stored and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Score = dict[str, float]  # "loss" and each metric, as means over the examples


@dataclass(frozen=True)
class EpochRecord:
    """What is remembered of an epoch. `train` is the mean over the epoch, while the model was still changing."""

    epoch: int  # counted from 1
    train: Score
    validation: Score | None
    learning_rate: float  # of its last step
    examples: int
    seconds: float  # spent on its mini-batches, without validation

    @property
    def judged(self) -> Score:
        """The validation score, or without validation data that on the training data."""
        return self.train if self.validation is None else self.validation


@dataclass
class Totals:
    """Sums over examples, from which means are made at any time."""

    sums: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, total: float, count: int) -> None:
        """Count `count` more numbers that sum to `total`."""
        self.sums[name] = self.sums.get(name, 0.0) + total
        self.counts[name] = self.counts.get(name, 0) + count

    def means(self) -> Score:
        """The mean of each name."""
        return {name: total / self.counts[name] for name, total in self.sums.items()}


@dataclass
class Position:
    """Where a training is: between two steps, with the sums over the mini-batches of the epoch so far."""

    epoch: int = 0  # epochs finished
    batch: int = 0  # mini-batches finished of the next one
    step: int = 0  # updates of the weights so far, in all epochs
    examples: int = 0  # in those mini-batches
    seconds: float = 0.0
    totals: Totals = field(default_factory=Totals)
    history: list[EpochRecord] = field(default_factory=list)
    stopped: str = ""  # why it ended before its last epoch
    ended: bool = False  # and callbacks have been told so

    def to_json(self) -> dict[str, Any]:
        """As dictionaries, lists, numbers and text."""
        return asdict(self)

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> Position:
        """What `to_json` gave. Raises TypeError, KeyError or ValueError if it did not."""
        history = [EpochRecord(**record) for record in values["history"]]
        return Position(**{**values, "totals": Totals(**values["totals"]), "history": history})
