"""What a person sees of a training: one live bar where the output is a terminal, and a line for each epoch."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from tqdm import tqdm

from nn.training.trainer import EpochRecord, Position, Score, Trainer

_BAR = "{desc} |{bar}| {percentage:3.0f} %, {rate_noinv_fmt}, {remaining} left{postfix}"


class TerminalReport:
    """An observer of a training that shows it; use it in a `with` statement, which takes the bar away at the end.

    The bar runs over all epochs, so that the time left is that of the whole training. It goes to stderr, and is hidden
    if that is no terminal; the lines go to stdout.
    """

    def __init__(self, trainer: Trainer, position: Position) -> None:
        self._epochs = trainer.epochs
        self._examples = len(trainer.train)
        done = position.epoch * self._examples + min(position.batch * trainer.batch_size, self._examples)
        self._bar = tqdm(
            total=self._epochs * self._examples,
            initial=done,
            desc=self._epoch_name(position),
            unit=" images",
            unit_scale=True,
            bar_format=_BAR,
            dynamic_ncols=True,
            leave=False,
            disable=None,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.close()

    def batch_ended(self, position: Position, examples: int, seen: int) -> None:
        """Move the bar; loss and accuracy are the means over the epoch so far."""
        if not self._bar.disable:
            score = Score(position.loss_sum / seen, position.correct / seen)
            self._bar.set_postfix_str(_brief(score), refresh=False)
            self._bar.update(examples)

    def epoch_ended(self, position: Position) -> None:
        """Print a line above the bar."""
        record = position.history[-1]
        with tqdm.external_write_mode(file=sys.stdout):
            print(self._line(record), flush=True)
        if position.epoch < self._epochs:
            self._bar.set_description_str(self._epoch_name(position), refresh=False)

    def _epoch_name(self, position: Position) -> str:
        return f"epoch {min(position.epoch + 1, self._epochs)}/{self._epochs}"

    def _line(self, record: EpochRecord) -> str:
        speed = self._examples / max(record.seconds, 1e-9)
        return (
            f"epoch {record.epoch}/{self._epochs}: {_brief(record.train)};"
            f" validation {_brief(record.validation).removeprefix('loss ')}; {speed:,.0f} images/s"
        )


def describe(score: Score) -> str:
    """A score as people read it."""
    return f"loss {score.loss:.4f}, accuracy {100 * score.accuracy:.2f} %"


def _brief(score: Score) -> str:
    return f"loss {score.loss:.4f}, {100 * score.accuracy:.2f} %"  # so that a line fits into a terminal of 80 columns
