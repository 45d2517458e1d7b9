"""Where a training is, and what is remembered of it: plain numbers, so that they can be stored and shown."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from autograd_core import ArgumentError

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

    def add_row(self, names: Sequence[str], row: Sequence[float]) -> None:
        """Count what a row has: for each name a total, and of how many numbers."""
        for name, total, count in zip(names, row[::2], row[1::2], strict=True):
            if count:
                self.add(name, total, int(count))

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
        """What `to_json` gave. Raises `ArgumentError`, which names the field, if it did not."""
        checked = _fields("position", values, Position)
        totals = _fields("totals", checked["totals"], Totals)
        sums, counts = score_of("totals.sums", totals["sums"]), totals["counts"]
        if not isinstance(counts, Mapping) or counts.keys() != sums.keys():
            raise _wrong("totals.counts", f"a dictionary with the names of totals.sums, {sorted(sums)}", counts)
        for name, count in counts.items():
            _whole(f"totals.counts.{name}", count, 1)
        history = checked["history"]
        if not isinstance(history, Sequence) or isinstance(history, str):
            raise _wrong("history", "a list", history)
        if not isinstance(checked["stopped"], str):
            raise _wrong("stopped", "text", checked["stopped"])
        if not isinstance(checked["ended"], bool):
            raise _wrong("ended", "true or false", checked["ended"])
        for name in ("epoch", "batch", "step", "examples"):
            _whole(name, checked[name], 0)
        seconds = _number("seconds", checked["seconds"], least=0.0)
        records = [_record(f"history.{index}", record) for index, record in enumerate(history)]
        return Position(**{**checked, "seconds": seconds, "totals": Totals(sums, dict(counts)), "history": records})


_MOST = 2**53  # so far floats count; no training takes as many steps


def _record(place: str, values: Any) -> EpochRecord:
    checked = _fields(place, values, EpochRecord)
    for name, least in (("epoch", 1), ("examples", 0)):
        _whole(f"{place}.{name}", checked[name], least)
    for name in ("learning_rate", "seconds"):
        checked[name] = _number(f"{place}.{name}", checked[name], least=0.0)
    checked["train"] = score_of(f"{place}.train", checked["train"])
    if checked["validation"] is not None:
        checked["validation"] = score_of(f"{place}.validation", checked["validation"])
    return EpochRecord(**checked)


def _fields(place: str, values: Any, kind: type) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    if not isinstance(values, Mapping) or values.keys() != names:
        raise _wrong(place, f"a dictionary of {', '.join(sorted(names))}", values)
    return dict(values)


def score_of(place: str, values: Any) -> Score:
    """A score from what JSON made of it. Raises `ArgumentError`, which calls it `place`, if it is none."""
    if not isinstance(values, Mapping):
        raise _wrong(place, "a dictionary of numbers", values)
    return {str(name): _number(f"{place}.{name}", value) for name, value in values.items()}


def _whole(place: str, value: Any, least: int) -> None:
    if type(value) is not int or not least <= value <= _MOST:
        raise _wrong(place, f"a whole number from {least} to {_MOST}", value)


def _number(place: str, value: Any, least: float | None = None) -> float:
    fit = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not fit or (least is not None and not least <= value < math.inf) or (isinstance(value, int) and value > _MOST):
        raise _wrong(place, "a number" if least is None else f"a finite number of at least {least:g}", value)
    return value  # type: ignore[no-any-return]


def _wrong(place: str, expected: str, value: Any) -> ArgumentError:
    return ArgumentError(f"{place} must be {expected}, got {reprlib.repr(value)}")
